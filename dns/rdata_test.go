package dns

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// wire reads a sketch of bytes: words of hexadecimal, "text" without blanks, and names that end in a dot.
func wire(t testing.TB, sketch string) (b []byte) {
	t.Helper()
	for _, w := range strings.Fields(sketch) {
		switch {
		case w == ".":
			b = append(b, 0)
		case strings.HasPrefix(w, `"`):
			b = append(b, strings.Trim(w, `"`)...)
		case strings.HasSuffix(w, "."):
			for _, l := range strings.Split(w[:len(w)-1], ".") {
				b = append(append(b, byte(len(l))), l...)
			}
			b = append(b, 0)
		default:
			v, err := hex.DecodeString(w)
			if err != nil {
				t.Fatalf("%q: %v", w, err)
			}
			b = append(b, v...)
		}
	}
	return b
}

// answer returns a response with one record of the given type and data.
func answer(typ uint16, data []byte) []byte {
	b := []byte{0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}
	b = append(b, "\x01q\x07example\x00"...)
	b = binary.BigEndian.AppendUint16(b, typ)
	b = append(b, 0, 1)
	b = append(b, 0xc0, 12)
	b = binary.BigEndian.AppendUint16(b, typ)
	b = append(b, 0, 1, 0, 0, 0, 60)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

// presentations shows each type's data. Where an RFC has an example, it is the RFC's.
var presentations = []struct {
	typ  uint16
	data string // see wire
	want string
}{
	{1, "c0000201", "192.0.2.1"},
	{2, "ns1.example.", "ns1.example"},
	{2, ".", "."},
	{3, "a.", "a"},
	{4, "a.", "a"},
	{5, `03 "www" c00c`, "www.q.example"},
	{5, "c00c", "q.example"},
	{6, "ns.example. root.example. 7864c0df 00001c20 00000e10 00127500 00000e10",
		"ns.example root.example 2019868895 7200 3600 1209600 3600"},
	{7, "a.", "a"},
	{8, "a.", "a"},
	{9, "a.", "a"},
	{10, "00ff", `\# 2 00ff`},
	{10, "", `\# 0`},
	{11, "c0000201 06 0000000040", "192.0.2.1 6 33"},
	{11, "c0000201 11", "192.0.2.1 17"},
	{12, "host.example.", "host.example"},
	{13, `05 "Intel" 05 "Linux"`, `"Intel" "Linux"`},
	{14, "a. b.", "a b"},
	{15, "000a mx.example.", "10 mx.example"},
	{16, `03 "a;b" 00 04 225c0a5f`, `"a;b" "" "\"\\\010_"`},
	{17, "a. b.", "a b"},
	{18, "0001 afs.example.", "1 afs.example"},
	{19, `0c "311061700956"`, `"311061700956"`},
	{20, `0f "150862028003217" 03 "004"`, `"150862028003217" "004"`},
	{20, `0f "150862028003217"`, `"150862028003217"`},
	{21, "0002 relay.", "2 relay"},
	{22, "47000580005a0000000001e133ffffff00016100", "0x47000580005a0000000001e133ffffff00016100"},
	{23, "a.", "a"},
	{24, "0000 05 00 00000000 5f000000 5e000000 1234 key. 0102", "TYPE0 5 0 0 " + rfcTime(0x5f000000) + " " + rfcTime(0x5e000000) + " 4660 key AQI="},
	{25, "0100 03 05 010203", "256 3 5 AQID"},
	{25, "c000 03 05", "49152 3 5"},
	{26, "000a a.it. b.it.", "10 a.it b.it"},
	{27, `08 "-32.6882" 08 "116.8652" 04 "10.0"`, `"-32.6882" "116.8652" "10.0"`},
	{28, "20010db8000000000000000000000001", "2001:db8::1"},
	{28, "00000000000000000000ffffc0000201", "::ffff:192.0.2.1"},
	// RFC 1876 appendix: 42 21 54 N 71 06 18 W -24m 30m
	{29, "00 33 16 13 " + fmt.Sprintf("%08x %08x %08x", 1<<31+(42*3600+21*60+54)*1000, 1<<31-(71*3600+6*60+18)*1000, 10000000-2400),
		"42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"},
	{30, "big.foo.tld. 40000000", "big.foo.tld A"}, // RFC 2535 §5.2
	{30, "big.foo.tld. 40010002", "big.foo.tld A MX NXT"},
	{31, "01ff", "01ff"},
	{32, "01ff", "01ff"},
	{33, "0001 0002 01bb srv.example.", "1 2 443 srv.example"},
	{34, "00 39246f", "39246f"},
	{34, `01 "15551234567"`, "+15551234567"},
	{35, `0064 0032 01 "s" 08 "http+I2R" 00 _http._tcp.a.`, `100 50 "s" "http+I2R" "" _http._tcp.a`},
	{36, "0001 kx.", "1 kx"},
	{37, "0001 0102 05 616263", "1 258 5 YWJj"},
	{38, "00 20010db8000000000000000000000001", "0 2001:db8::1"},
	{38, "40 0000000000000001 prefix.example.", "64 ::1 prefix.example"},
	{38, "80 prefix.example.", "128 prefix.example"},
	{39, "target.example.", "target.example"},
	{40, "01 00 00 616263", "1 0 0 YWJj"},
	// RFC 3123 §5
	{42, "0001 15 03 c0a820 0001 1c 83 c0a826", "1:192.168.32.0/21 !1:192.168.38.0/28"},
	{42, "0002 08 01 ff", "2:ff00::/8"},
	{42, "", ""},
	{43, "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118", "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
	{44, "02 01 1234", "2 1 1234"},
	// RFC 4025 §3.2
	{45, "0a 01 02 c0000226 010351", "10 1 2 192.0.2.38 AQNR"},
	{45, "0a 00 02 010351", "10 0 2 . AQNR"},
	{45, "0a 03 00 mygateway.example.com.", "10 3 0 mygateway.example.com"},
	{45, "0a 02 00 20010db8000000000000000000000001", "10 2 0 2001:db8::1"},
	// RFC 4034 §3.3
	{46, "0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52 example.com. a0", "A 5 3 86400 20030322173103 20030220173103 2642 example.com oA=="},
	// RFC 4034 §4.3
	{47, "host.example.com. 00 06 400100000003 04 1b 000000000000000000000000000000000000000000000000000020", "host.example.com A MX RRSIG NSEC TYPE1234"},
	{47, "a.", "a"},
	{48, "0101 03 08 03010001", "257 3 8 AwEAAQ=="},
	{49, "000201636f", "AAIBY28="},
	// RFC 5155 Appendix A
	{50, "01 01 000c 04 aabbccdd 14 1779a5e8f2f7ee4e5e2bf9f1b7c7b7c3ff1a2b3c 00 06 400000000002", "1 1 12 aabbccdd " + base32Of("1779a5e8f2f7ee4e5e2bf9f1b7c7b7c3ff1a2b3c") + " A RRSIG"},
	{51, "01 00 000c 04 aabbccdd", "1 0 12 aabbccdd"},
	{51, "01 00 0000 00", "1 0 0 -"},
	{52, "03 01 01 d2abde", "3 1 1 d2abde"},
	{53, "03 01 01 d2abde", "3 1 1 d2abde"},
	{55, "02 02 0003 2001 010203 rvs.example.com. b.", "2 2001 AQID rvs.example.com b"},
	{55, "02 02 0003 2001 010203", "2 2001 AQID"},
	{56, `01 "x"`, `"x"`},
	{57, "0000 01 01 01", "0 1 1 AQ=="},
	{58, "a. b.", "a b"},
	{59, "0000 00 00 00", "0 0 0 00"},
	{60, "0000 03 00 00", "0 3 0 AA=="},
	{61, "010203", "AQID"},
	{62, "00000042 0003 00 04 60000008", "66 3 A NS AAAA"},
	{63, "7848a8fa 01 01 c68090d9", "2018027770 1 1 c68090d9"},
	// RFC 9460 Appendix D.2
	{64, "0000 foo.example.com.", "0 foo.example.com"},
	{64, "0001 .", "1 ."},
	{64, "0010 foo.example.com. 0003 0002 0035", "16 foo.example.com port=53"},
	{64, `0001 foo.example.com. 029b 0005 "hello"`, `1 foo.example.com key667="hello"`},
	{64, `0001 foo.example.com. 029b 0009 "hello" d2 "qoo"`, `1 foo.example.com key667="hello\210qoo"`},
	{64, "0001 foo.example.com. 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
		"1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1"},
	{64, `0010 foo.example.org. 0000 0004 0001 0004 0001 0009 02 "h2" 05 "h3-19" 0004 0004 c0000201`,
		`16 foo.example.org mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1`},
	{64, `0010 foo.example.org. 0001 000c 08 "f\oo,bar" 02 "h2"`, `16 foo.example.org alpn="f\\\\oo\\,bar,h2"`},
	{65, `0001 . 0001 0003 02 "h2" 0002 0000 0005 0003 010203 0007 0006 "/q{?d}" 0008 0000 0009 0004 11ec 001d 0191 0000`,
		`1 . alpn="h2" no-default-alpn ech=AQID dohpath="/q{?d}" ohttp tls-supported-groups=4588,29 key401`},
	{66, "003b 01 14ef notify.example.", "CDS NOTIFY 5359 notify.example"},
	{66, "003b 02 14ef notify.example.", "CDS 2 5359 notify.example"},
	{67, "01", "AQ=="},
	{68, "01", "AQ=="},
	{65, `0001 . 000a 0009 03 "dns" 04 "core"`, `1 . docpath="dns,core"`},
	{65, "0001 . 000a 0000", "1 . docpath"},
	{99, `06 "v=spf1"`, `"v=spf1"`},
	{104, "000a 00144fffff20ee64", "10 0014:4fff:ff20:ee64"},
	{105, "000a 0a010200", "10 10.1.2.0"},
	{106, "000a 20010db81140 1000", "10 2001:0db8:1140:1000"},
	{107, "000a l64-subnet1.example.com.", "10 l64-subnet1.example.com"},
	{108, "00005e00532a", "00-00-5e-00-53-2a"},
	{109, "00005eef1000002a", "00-00-5e-ef-10-00-00-2a"},
	{249, "gss-tsig. 5f000000 5f000001 0003 0010 0002 0102 0000", "gss-tsig " + rfcTime(0x5f000000) + " " + rfcTime(0x5f000001) + " 3 BADSIG 2 AQI= 0"},
	{250, "hmac-sha256. 00005f000000 012c 0003 010203 1234 0010 0000", "hmac-sha256 1593835520 300 3 AQID 4660 BADSIG 0"},
	{250, "hmac-sha256. 00005f000000 012c 0000 1234 0012 0002 0102", "hmac-sha256 1593835520 300 0 4660 BADTIME 2 AQI="},
	{256, `000a 0001 "ftp://ftp1.example.com/public"`, `10 1 "ftp://ftp1.example.com/public"`},
	{257, `00 05 "issue" "ca1.example.net"`, `0 issue "ca1.example.net"`},
	{257, `80 05 "issue"`, `128 issue ""`},
	{258, `01 "x"`, `"x"`},
	{259, `00000001 00000002 03 09 "image/gif" 010203`, `1 2 3 "image/gif" AQID`},
	{259, "499602d2 00000002 03 00", `1234567890 2 3 ""`},
	// RFC 8777 §4.3.1
	{260, "0a 01 cb00710f", "10 0 1 203.0.113.15"},
	{260, "0a 82 20010db8000000000000000000000015", "10 1 2 2001:db8::15"},
	{260, "80 03 amtrelays.example.com.", "128 0 3 amtrelays.example.com"},
	{260, "0a 00", "10 0 0 ."},
	{261, `01 "x"`, `"x"`},
	{262, `01 "x"`, `"x"`},
	{263, `01 "x"`, `"x"`},
	{264, "0000000000002710", "10000"},
	{32768, "0001 05 01 ff", "1 5 1 ff"},
	{32769, "0001 05 01 ff", "1 5 1 ff"},
	{65280, "c0ffee", `\# 3 c0ffee`},
}

func rfcTime(sec uint32) string {
	var t text
	t.time(sec)
	return t.String()
}

func base32Of(s string) string {
	b, _ := hex.DecodeString(s)
	return base32Hex.EncodeToString(b)
}

func TestPresentation(t *testing.T) {
	seen := map[uint16]bool{}
	for _, c := range presentations {
		seen[c.typ] = true
		m, err := Parse(answer(c.typ, wire(t, c.data)))
		if err != nil {
			t.Errorf("%s %s: %v", TypeName(c.typ), c.data, err)
			continue
		}
		if got := m.Answers[0]; got.Data != c.want || got.Name != "q.example" || got.Type != TypeName(c.typ) || got.TTL != 60 {
			t.Errorf("%s %s\n got %+v\nwant %s", TypeName(c.typ), c.data, got, c.want)
		}
	}
	for typ := range 1 << 16 {
		if lookup(uint16(typ)).form != nil && !seen[uint16(typ)] {
			t.Errorf("%s has a form and no example", TypeName(uint16(typ)))
		}
	}
}

// Every example cut short, or with a byte after it, must be told malformed or read differently, but never beyond its end.
func TestPresentationCut(t *testing.T) {
	for _, c := range presentations {
		full := wire(t, c.data)
		for n := range full {
			m, err := Parse(answer(c.typ, full[:n]))
			if len(m.Answers) != 1 {
				t.Fatalf("%s %s cut to %d: no answer, %v", TypeName(c.typ), c.data, n, err)
			}
			got := m.Answers[0].Data
			if (err != nil) != (strings.HasPrefix(got, `\#`) && lookup(c.typ).form != nil) {
				t.Errorf("%s %s cut to %d: %q, %v", TypeName(c.typ), c.data, n, got, err)
			}
		}
	}
}

func TestMalformedData(t *testing.T) {
	for _, c := range []struct {
		typ  uint16
		data string
		code string
	}{
		{1, "c000020100", "rdata_malformed"},
		{5, "a. 00", "rdata_malformed"},
		{16, "", "rdata_malformed"},
		{29, "01 33 16 13 00000000 00000000 00000000", "rdata_malformed"},
		{29, "00 a3 16 13 00000000 00000000 00000000", "rdata_malformed"},
		{42, "0003 08 01 ff", "rdata_malformed"},
		{42, "0001 21 01 ff", "rdata_malformed"},
		{45, "0a 04 02 00", "rdata_malformed"},
		{47, "a. 00 00", "rdata_malformed"},
		{47, "a. 00 21 000000000000000000000000000000000000000000000000000000000000000000", "rdata_malformed"},
		{64, "0001 . 0003 0002 0035 0001 0003 02 6832", "rdata_malformed"},
		{64, "0001 . 0003 0002 0035 0003 0002 0035", "rdata_malformed"},
		{64, "0001 . 0001 0000", "rdata_malformed"},
		{64, "0001 . 0001 0001 00", "rdata_malformed"},
		{64, "0001 . 0004 0000", "rdata_malformed"},
		{64, "0001 . 0002 0001 00", "rdata_malformed"},
		{64, "0001 . 0003 0003 003500", "rdata_malformed"},
		{30, "a. 0000000000000000000000000000000001", "rdata_malformed"},
		{34, "02 00", "rdata_malformed"},
		{38, "81 00", "rdata_malformed"},
		{5, "c0ff", "name_pointer_forward"},
		{5, "40", "name_label_type"},
		{15, "0001 c003", "name_pointer_header"},
		{15, "0001 05", "name_truncated"},
	} {
		data := wire(t, c.data)
		m, err := Parse(answer(c.typ, data))
		if m.Err == nil || m.Err.Code != c.code || err != error(m.Err) {
			t.Errorf("%s %s: %v, want %s", TypeName(c.typ), c.data, err, c.code)
		}
		want := fmt.Sprintf(`\# %d %x`, len(data), data)
		if got := m.Answers[0].Data; strings.TrimSpace(want) != got {
			t.Errorf("%s %s: %q, want %q", TypeName(c.typ), c.data, got, want)
		}
	}
}

// RFC 2136 §2.4 and §2.5: in an update, records of class ANY and NONE may have no data.
func TestUpdateWithoutData(t *testing.T) {
	b := answer(1, nil)
	b[2] = 0x28
	class := len(b) - 10 + 2
	for v, ok := range map[byte]bool{classANY: true, classNONE: true, 1: false} {
		b[class+1] = v
		m, err := Parse(b)
		if (err == nil) != ok || ok && m.Answers[0].Data != "" {
			t.Errorf("class %s: %+v %v", ClassName(uint16(v)), m.Answers, err)
		}
		if OpcodeName(m.Opcode) != "UPDATE" {
			t.Error(m.Opcode)
		}
	}
}

func TestTextPieces(t *testing.T) {
	for n := range 200 {
		b := bytes.Repeat([]byte{0xa5, 1, 0x7f}, 67)[:n]
		var x text
		x.hex(b)
		if x.String() != hex.EncodeToString(b) {
			t.Fatalf("hex of %d bytes: %s", n, x.String())
		}
	}
}
