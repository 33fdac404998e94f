package dns

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"hanalyze"
)

// typical is a usual answer: a CNAME, two addresses and OPT.
func typical(t testing.TB) []byte {
	return wire(t, `1234 8180 0001 0003 0000 0001 www.example.com. 0001 0001
		c00c 0005 0001 0000003c 0007 04 "edge" c010
		c02d 0001 0001 0000003c 0004 c0000201
		c02d 0001 0001 0000003c 0004 c0000202
		00 0029 04d0 00008000 0000`)
}

func TestParse(t *testing.T) {
	b := typical(t)
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		b[i] = 0xdb // b is borrowed
	}
	in := func(name, typ string, data string) hanalyze.DNSRR {
		return hanalyze.DNSRR{Name: name, Type: typ, Class: "IN", TTL: 60, Data: data}
	}
	want := &Message{
		ID: 0x1234, Response: true, Flags: hanalyze.DNSFlags{RD: true, RA: true},
		Questions: []hanalyze.DNSQuestion{{Name: "www.example.com", Type: "A", Class: "IN"}},
		Answers: []hanalyze.DNSRR{
			in("www.example.com", "CNAME", "edge.example.com"),
			in("edge.example.com", "A", "192.0.2.1"),
			in("edge.example.com", "A", "192.0.2.2"),
		},
		EDNS: &hanalyze.EDNS{UDPSize: 1232, DO: true},
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

// Every prefix of a message gives what is readable and says where it breaks off.
func TestParseCut(t *testing.T) {
	b := typical(t)
	whole, _ := Parse(b)
	for n := range b {
		m, err := Parse(b[:n])
		if err == nil || m.Err == nil || m.Err.Offset > n {
			t.Fatalf("cut to %d: %v", n, err)
		}
		if k := len(m.Answers); !cmp.Equal(m.Answers, whole.Answers[:k]) && k > 0 {
			t.Errorf("cut to %d: %+v", n, m.Answers)
		}
		switch code := m.Err.Code; {
		case n < 12 && code != "short_header", n >= 12 && n < 33 && code != "question_truncated" && code != "name_truncated",
			n >= 33 && len(m.Questions) != 1, n >= 33 && code != "rr_truncated" && code != "name_truncated":
			t.Errorf("cut to %d: %v", n, err)
		}
	}
}

func TestHeaderBits(t *testing.T) {
	for bits, want := range map[uint16]string{
		0x0000: "QUERY NOERROR {AA:false TC:false RD:false RA:false AD:false CD:false Conflict:false Tentative:false} false",
		0x8583: "QUERY NXDOMAIN {AA:true TC:false RD:true RA:true AD:false CD:false Conflict:false Tentative:false} true",
		0xa275: "NOTIFY REFUSED {AA:false TC:true RD:false RA:false AD:true CD:true Conflict:false Tentative:false} true",
		0x7d0f: "OPCODE15 RCODE15 {AA:true TC:false RD:true RA:false AD:false CD:false Conflict:false Tentative:false} false",
	} {
		m, err := Parse(binary.BigEndian.AppendUint16([]byte{0, 1}, bits))
		if err == nil || m.Err.Code != "short_header" {
			t.Errorf("%x: %v", bits, err)
		}
		b := append(binary.BigEndian.AppendUint16([]byte{0, 1}, bits), make([]byte, 8)...)
		m, err = Parse(b)
		if got := fmt.Sprintf("%s %s %+v %v", OpcodeName(m.Opcode), RcodeName(m.Rcode), m.Flags, m.Response); got != want || err != nil {
			t.Errorf("%04x: %s, want %s, %v", bits, got, want, err)
		}
	}
}

func TestMDNSClassBits(t *testing.T) {
	b := wire(t, `0000 8400 0001 0001 0000 0000 a.local. 0001 8001  c00c 0001 8001 00000078 0004 0a000001`)
	m, _ := ParseMDNS(b)
	if !m.Questions[0].UnicastResponse || !m.Answers[0].CacheFlush || m.Questions[0].Class != "IN" || m.Answers[0].Class != "IN" {
		t.Errorf("mDNS: %+v", m)
	}
	m, _ = Parse(b)
	if m.Questions[0].UnicastResponse || m.Answers[0].CacheFlush || m.Questions[0].Class != "CLASS32769" {
		t.Errorf("DNS: %+v", m)
	}
}

// The class that is left when mDNS has taken its bit is the one that counts: a record of class ANY needs no data.
func TestMDNSClassWithoutData(t *testing.T) {
	b := wire(t, `0000 8400 0000 0001 0000 0000 a.local. 0005 80ff 00000078 0000`)
	if m, err := ParseMDNS(b); err != nil || m.Answers[0].Class != "ANY" || m.Answers[0].Data != "" {
		t.Errorf("mDNS: %+v, %v", m, err)
	}
	if m, err := Parse(b); err == nil || m.Err.Code != "name_truncated" || m.Answers[0].Data != `\# 0` {
		t.Errorf("DNS: %+v, %v", m, err)
	}
}

func TestSignatures(t *testing.T) {
	tsig := wire(t, `0001 0000 0001 0000 0000 0001 a. 0001 0001  k. 00fa 00ff 00000000 0013 h. 00005f000000 012c 0000 0001 0000 0000`)
	m, err := Parse(tsig)
	if err != nil || !m.TSIG || m.SIG0 || len(m.Additional) != 1 {
		t.Errorf("TSIG: %+v %v", m, err)
	}
	sig0 := wire(t, `0001 2800 0001 0000 0000 0001 a. 0006 0001  . 0018 00ff 00000000 0015 0000 08 00 00000000 5f000000 5e000000 0001 k.`)
	m, err = Parse(sig0)
	if err != nil || !m.SIG0 || m.TSIG {
		t.Errorf("SIG(0): %+v %v", m, err)
	}
}

func TestTrailingBytes(t *testing.T) {
	m, err := Parse(append(typical(t), 1, 2, 3))
	if err != nil || m.Trailing != 3 {
		t.Errorf("%d %v", m.Trailing, err)
	}
}

// A section of empty records ends at MaxRRs.
func TestMaxRRs(t *testing.T) {
	rr := wire(t, ". 000a 00ff 00000000 0000")
	b := append(wire(t, "0001 8000 0000 ffff 0000 0000"), bytes.Repeat(rr, 5900)...)
	m, err := Parse(b)
	if len(m.Answers) != MaxRRs || m.Missing != hanalyze.MissingLimit || err != nil {
		t.Errorf("%d answers, missing %b, %v", len(m.Answers), m.Missing, err)
	}
}

// Compressed names and bitmaps that would make megabytes of text end at MaxText, give or take one name or bitmap octet.
func TestMaxText(t *testing.T) {
	label := append([]byte{63}, bytes.Repeat([]byte{0xff}, 63)...)
	question := append(wire(t, "0001 8000 0001 ffff 0000 0000"), bytes.Repeat(label, 3)...)
	question = append(question, 0, 0, 1, 0, 1)
	names := question
	for len(names) < 65000 {
		names = append(names, 1, 'a', 0xc0, 12, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0)
	}
	hip := append([]byte{0, 0, 0, 0}, bytes.Repeat([]byte{1, 'a', 0xc0, 12}, 15000)...)
	window := append([]byte{0xff, 32}, bytes.Repeat([]byte{0xff}, 32)...)
	bitmap := append([]byte{0}, bytes.Repeat(window, 1900)...)
	for name, b := range map[string][]byte{
		"names": names, "bitmap": answer(47, bitmap), "hip": append(question[:len(question):len(question)], answer(55, hip)[27:]...),
	} {
		m := &Message{}
		p := parser{msg: b, m: m}
		p.message()
		if n := p.text.Len(); n < MaxText || n > MaxText+maxName*4+8*10 {
			t.Errorf("%s: %d bytes of text", name, n)
		}
		if m.Missing != hanalyze.MissingLimit || m.Err != nil {
			t.Errorf("%s: missing %b, %v", name, m.Missing, m.Err)
		}
	}
}

// x/net's builder makes messages, and Parse must read what went in.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		o, want := randomMessage(r)
		b, err := o.Pack()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(b)
		if err != nil {
			t.Fatalf("%v\n%s\n%x", err, o.GoString(), b)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got)\n%s\n%s", d, o.GoString())
		}
	}
}

func randomMessage(r *rand.Rand) (o dnsmessage.Message, want *Message) {
	o.Header = dnsmessage.Header{
		ID: uint16(r.Uint32()), Response: r.IntN(2) == 1, OpCode: dnsmessage.OpCode(r.IntN(7)), RCode: dnsmessage.RCode(r.IntN(16)),
		Authoritative: r.IntN(2) == 1, Truncated: r.IntN(2) == 1, RecursionDesired: r.IntN(2) == 1,
		RecursionAvailable: r.IntN(2) == 1, AuthenticData: r.IntN(2) == 1, CheckingDisabled: r.IntN(2) == 1,
	}
	want = &Message{
		ID: o.ID, Response: o.Response, Opcode: uint8(o.OpCode), Rcode: uint16(o.RCode),
		Flags: hanalyze.DNSFlags{
			AA: o.Authoritative, TC: o.Truncated, RD: o.RecursionDesired, RA: o.RecursionAvailable, AD: o.AuthenticData, CD: o.CheckingDisabled,
		},
	}
	for range r.IntN(3) {
		n := randomName(r)
		typ := uint16(1 + r.IntN(300))
		o.Questions = append(o.Questions, dnsmessage.Question{Name: n, Type: dnsmessage.Type(typ), Class: 1})
		want.Questions = append(want.Questions, hanalyze.DNSQuestion{Name: presented(n), Type: TypeName(typ), Class: "IN"})
	}
	for _, s := range []struct {
		o    *[]dnsmessage.Resource
		want *[]hanalyze.DNSRR
	}{{&o.Answers, &want.Answers}, {&o.Authorities, &want.Authority}, {&o.Additionals, &want.Additional}} {
		for range r.IntN(5) {
			rr, data := randomData(r)
			h := dnsmessage.ResourceHeader{Name: randomName(r), Class: 1, TTL: r.Uint32()}
			*s.o = append(*s.o, dnsmessage.Resource{Header: h, Body: rr})
			typ := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", rr), "*dnsmessage."), "Resource")
			if typ == "Unknown" {
				typ = "TYPE65280"
			}
			*s.want = append(*s.want, hanalyze.DNSRR{Name: presented(h.Name), Type: typ, Class: "IN", TTL: h.TTL, Data: data})
		}
	}
	return o, want
}

func randomName(r *rand.Rand) dnsmessage.Name {
	labels := []string{"www", "example", "com", "EXAMPLE", "a-b_c", "mail", "x y", `q"`, "ü", "net", "a\\b"}
	s := ""
	for range r.IntN(6) {
		s += labels[r.IntN(len(labels))] + "."
	}
	if s == "" {
		s = "."
	}
	return dnsmessage.MustNewName(s)
}

func presented(n dnsmessage.Name) string {
	if n.String() == "." {
		return "."
	}
	return strings.NewReplacer(" ", `\032`, "ü", `\195\188`, `\`, `\\`, `"`, `\"`).Replace(strings.TrimSuffix(n.String(), "."))
}

func randomData(r *rand.Rand) (dnsmessage.ResourceBody, string) {
	n, n2, u := randomName(r), randomName(r), r.Uint32()
	var ip [16]byte
	for i := range ip {
		ip[i] = byte(r.Uint32())
	}
	switch r.IntN(10) {
	case 0:
		return &dnsmessage.AResource{A: [4]byte(ip[:4])}, netip.AddrFrom4([4]byte(ip[:4])).String()
	case 1:
		return &dnsmessage.AAAAResource{AAAA: ip}, netip.AddrFrom16(ip).String()
	case 2:
		return &dnsmessage.CNAMEResource{CNAME: n}, presented(n)
	case 3:
		return &dnsmessage.NSResource{NS: n}, presented(n)
	case 4:
		return &dnsmessage.PTRResource{PTR: n}, presented(n)
	case 5:
		return &dnsmessage.MXResource{Pref: uint16(u), MX: n}, fmt.Sprintf("%d %s", uint16(u), presented(n))
	case 6:
		return &dnsmessage.SOAResource{NS: n, MBox: n2, Serial: u, Refresh: 1, Retry: 2, Expire: 3, MinTTL: 4},
			fmt.Sprintf("%s %s %d 1 2 3 4", presented(n), presented(n2), u)
	case 7:
		return &dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: uint16(u), Target: n}, fmt.Sprintf("1 2 %d %s", uint16(u), presented(n))
	case 8:
		return &dnsmessage.TXTResource{TXT: []string{"v=1 a", "", `"`}}, `"v=1 a" "" "\""`
	}
	return &dnsmessage.UnknownResource{Type: 65280, Data: ip[:]}, fmt.Sprintf(`\# 16 %x`, ip)
}

// The text is one allocation, and so are the message and each list.
func TestAllocs(t *testing.T) {
	b := typical(t)
	if n := testing.AllocsPerRun(100, func() { Parse(b) }); n > 5 {
		t.Errorf("%v allocations: message, text, questions, answers, EDNS", n)
	}
	if n := testing.AllocsPerRun(100, func() { Plausible(b) }); n > 0 {
		t.Errorf("Plausible: %v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	msg := typical(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		Parse(msg)
	}
}

func BenchmarkPlausible(b *testing.B) {
	msg := typical(b)
	for b.Loop() {
		Plausible(msg)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(typical(f))
	for _, c := range presentations {
		f.Add(answer(c.typ, wire(f, c.data)))
	}
	for _, c := range edns {
		f.Add(query(wire(f, c.data)))
	}
	f.Add(dso(f, "0001 3000", `0040 0010 05 "_http" 04 "_tcp" 00 000c 0001 0003 0001 00`))
	f.Add(dso(f, "0000 3000", `0041 0021 01 "a" 00 0001 0001 0000003c 0004 c0000201 c010 001c 0001 fffffffe 0000 0001 0008 00000001 00000002`))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 1<<16-1)]
		given := bytes.Clone(b)
		m, err := Parse(b)
		if !bytes.Equal(given, b) {
			t.Fatal("Parse wrote to its input")
		}
		if (err == nil) != (m.Err == nil) || m.Err != nil && (m.Err.Offset < 0 || m.Err.Offset > len(b)) {
			t.Fatalf("%v, %+v", err, m.Err)
		}
		// Where mDNS takes the top bit out of a class, the class it leaves decides what data there should be.
		if multicast, _ := ParseMDNS(b); !topBits(multicast) && !cmp.Equal(m, multicast) {
			t.Fatalf("as mDNS (-DNS +mDNS):\n%s", cmp.Diff(m, multicast))
		}
		for _, q := range m.Questions {
			if n := len(unescape(t, q.Name)); n > maxName {
				t.Fatalf("%d octets: %q", n, q.Name)
			}
		}
		checkOracle(t, b, m)
	})
}

// topBits reports whether a class had the top bit set that mDNS takes out.
func topBits(m *Message) bool {
	for _, q := range m.Questions {
		if q.UnicastResponse {
			return true
		}
	}
	for _, rr := range slices.Concat(m.Answers, m.Authority, m.Additional) {
		if rr.CacheFlush {
			return true
		}
	}
	return false
}

// checkOracle compares the questions with x/net's where both can read them.
func checkOracle(t *testing.T, b []byte, m *Message) {
	var p dnsmessage.Parser
	if _, err := p.Start(b); err != nil {
		return
	}
	qs, err := p.AllQuestions()
	if err != nil || m.Err != nil {
		return
	}
	for i, q := range qs {
		if i == MaxRRs {
			break
		}
		want := strings.TrimSuffix(q.Name.String(), ".")
		if got := string(unescape(t, m.Questions[i].Name)); got != want {
			t.Fatalf("question %d: %q, x/net %q", i, got, want)
		}
	}
}

// unescape undoes the presentation form; dots between labels stay.
func unescape(t *testing.T, s string) (b []byte) {
	if s == "." {
		return nil
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f {
			t.Fatalf("raw %q in %q", c, s)
		}
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if i++; s[i] < '0' || s[i] > '9' {
			b = append(b, s[i])
			continue
		}
		b = append(b, (s[i]-'0')*100+(s[i+1]-'0')*10+s[i+2]-'0')
		i += 2
	}
	return b
}
