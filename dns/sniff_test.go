package dns

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func TestPlausible(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       bool
	}{
		{"query", "0001 0100 0001 0000 0000 0000 www.example.com. 0001 0001", true},
		{"query with OPT", "0001 0120 0001 0000 0000 0001 a. 0001 0001 . 0029 04d0 00000000 0000", true},
		{"query for the root", "0001 0000 0001 0000 0000 0000 . 0002 0001", true},
		{"version.bind", "0001 0000 0001 0000 0000 0000 version.bind. 0010 0003", true},
		{"notify", "0001 2400 0001 0000 0000 0000 example. 0006 0001", true},
		{"update", "0001 2800 0001 0000 0001 0000 example. 0006 0001 c00c 0001 00ff 00000000 0000", true},
		{"mDNS questions", "0000 0000 0002 0000 0000 0000 a.local. 000c 8001 b.local. 000c 0001", true},
		{"mDNS announcement", "0000 8400 0000 0001 0000 0000 a.local. 0001 8001 00000078 0004 0a000001", true},
		{"error without a question", "0001 8001 0000 0000 0000 0000", true},
		{"DSO keepalive", "0001 3000 0000 0000 0000 0000 0001 0008 00003a98 00003a98", true},
		{"inverse query of an old client", "87ee 0980 0000 0001 0000 0000 00 0001 0001 00007a69 0004 04030201", true},
		{"nothing", "", false},
		{"header cut", "0001 0100 0001 0000 0000", false},
		{"no entries", "0001 0000 0000 0000 0000 0000", false},
		{"no entries, no error", "0001 8000 0000 0000 0000 0000", false},
		{"opcode 7", "0001 3800 0001 0000 0000 0000 a. 0001 0001", false},
		{"opcode 3", "0001 1800 0001 0000 0000 0000 a. 0001 0001", false},
		{"Z bit", "0001 0140 0001 0000 0000 0000 a. 0001 0001", false},
		{"rcode in a query", "0001 0101 0001 0000 0000 0000 a. 0001 0001", false},
		{"RA in a query", "0001 0180 0001 0000 0000 0000 a. 0001 0001", false},
		{"AA in a query", "0001 0500 0001 0000 0000 0000 a. 0001 0001", false},
		{"counts beyond the length", "0001 0100 0001 0000 0000 0001 a. 0001 0001", false},
		{"unknown type", "0001 0100 0001 0000 0000 0000 a. 0400 0001", false},
		{"unknown class", "0001 0100 0001 0000 0000 0000 a. 0001 0002", false},
		{"compressed first name", "0001 0100 0001 0000 0000 0000 c00c 0001 0001 0000", false},
		{"name over the end", "0001 0100 0001 0000 0000 0000 3f61626364656667", false},
		{"data over the end", "0000 8400 0000 0001 0000 0000 a.local. 0001 8001 00000078 0005 0a000001", false},
		{"record in a query", "0000 0000 0000 0001 0000 0000 a.local. 0001 8001 00000078 0004 0a000001", false},
		{"NetBIOS query", `0001 0110 0001 0000 0000 0000 20 "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" 00 0021 0001`, false},
		{"NetBIOS registration", `0001 2910 0001 0000 0000 0001 20 "FHEPFCELEHFCEPFFFACACACACACACABL" 00 0020 0001 c00c 0020 0001 000493e0 0006 8000c0a80001`, false},
		{"SRV with 32 letters", `0001 0100 0001 0000 0000 0000 20 "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAZ" 00 0021 0001`, true},
	} {
		b := wire(t, c.data)
		if got := Plausible(b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := SniffDatagram(b) == Yes; got != c.want {
			t.Errorf("%s: SniffDatagram %v", c.name, got)
		}
		// On a stream the verdict never turns from a decided one to another as bytes come in.
		stream := append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
		last := Maybe
		for n := 1; n <= len(stream); n++ {
			v := Sniff(stream[:n], nil)
			if v != Sniff(nil, stream[:n]) || last != Maybe && v != last {
				t.Errorf("%s: %v after %d bytes, %v before", c.name, v, n, last)
			}
			last = v
		}
		if len(b) > 0 && (last == Yes) != c.want || last == Maybe && len(b) > 0 {
			t.Errorf("%s: Sniff %v", c.name, last)
		}
	}
}

func TestSniff(t *testing.T) {
	query := append([]byte{0, 25}, wire(t, "0001 0100 0001 0000 0000 0000 example. 0002 0001")...)
	for _, c := range []struct {
		c2s, s2c string
		want     Verdict
	}{
		{"", "", Maybe},
		{"\x00", "", Maybe},
		{string(query), "", Yes},
		{string(query), "\x00", Yes},
		{string(query), "HTTP/1.1 200 OK\r\n", No},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", No},
		{"SSH-2.0-OpenSSH_9.6\r\n", "", No},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00\x00\x00", "", No},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", No},
		{"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "", No},
		{"\x00\x85\xffSMB\x72\x00\x00\x00\x00\x18\x53\xc8\x00\x00", "", No},
	} {
		if got := Sniff([]byte(c.c2s), []byte(c.s2c)); got != c.want {
			t.Errorf("%q %q: %v, want %v", c.c2s, c.s2c, got, c.want)
		}
	}
}

// Of random bytes fewer than one in a million pass; of bytes that are all small, fewer than one in a thousand.
func TestFalsePositives(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 1500)
	for alphabet, rounds := range map[int]int{256: 1_000_000, 16: 100_000, 3: 100_000} {
		passed := 0
		for range rounds {
			n := r.IntN(128)
			for i := 0; i < n; i++ {
				b[i] = byte(r.IntN(alphabet))
			}
			if Plausible(b[:n]) {
				passed++
			}
		}
		t.Logf("of %d values: %d of %d pass", alphabet, passed, rounds)
		if alphabet == 256 && passed > 0 || passed > rounds/1000 {
			t.Errorf("of %d values: %d of %d pass", alphabet, passed, rounds)
		}
	}
}

func TestSniffNetBIOS(t *testing.T) {
	const name = `20 "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"` // "*", RFC 1001 §14.1
	query := wire(t, "1234 0010 0001 0000 0000 0000 "+name+" 00 0021 0001")
	for n := range query {
		if n < len(query)-2 && SniffNetBIOS(query[:n]) != No {
			t.Errorf("cut to %d", n)
		}
	}
	for sketch, want := range map[string]Verdict{
		"1234 0110 0001 0000 0000 0000 " + name + " 00 0020 0001":                             Yes,
		"1234 8580 0000 0001 0000 0000 " + name + " 00 0020 0001 000493e0 0006 0000 c0a80101": Yes,
		"1234 0110 0001 0000 0000 0000 " + name + ` 04 "corp" 03 "lan" 00 0020 0001`:          Yes,
		"1234 0110 0001 0000 0000 0000 " + name + " 00 0001 0001":                             No,
		"1234 0110 0001 0000 0000 0000 www.example.com. 0020 0001":                            No,
		"1234 0110 0001 0000 0000 0000 " + name + ` c0`:                                       No,
	} {
		b := wire(t, sketch)
		if got := SniffNetBIOS(b); got != want {
			t.Errorf("%s: %v", sketch, got)
		}
		if want == Yes && Plausible(b) {
			t.Errorf("%s is DNS too", sketch)
		}
	}
}
