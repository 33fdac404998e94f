package tlsinfo

import (
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

func feedAll(t *testing.T, steps ...[]byte) (c *Conn, lines []string) {
	t.Helper()
	c = NewConn(func(e *Event) { lines = append(lines, line(e)) })
	for _, b := range steps {
		c.Feed(hanalyze.C2S, b)
	}
	return c, lines
}

func TestApplicationDataAllocatesNothing(t *testing.T) {
	n := 0
	c := NewConn(func(e *Event) { n += e.Bytes })
	r := record(recordAppData, make([]byte, 16000))
	if allocs := testing.AllocsPerRun(100, func() { c.Feed(hanalyze.C2S, r[:3]); c.Feed(hanalyze.C2S, r[3:]) }); allocs != 0 || n != 101*16000 {
		t.Errorf("%v allocations, %d bytes", allocs, n)
	}
}

// The largest hello there can be, in records of every size: all is read, and what is not told is said to be.
func TestLargestHello(t *testing.T) {
	h := hello{version: version12, id: make([]byte, 255), cookie: nil, exts: []extension{{extServerName, sniBody("large.example")}}}
	for range 65534 / 2 {
		h.ciphers = append(h.ciphers, 0x1301)
	}
	h.exts = append(h.exts, extension{extPadding, make([]byte, 65535-4-len(h.exts[0].body)-4)})
	body := h.client(t)
	if len(body) < 131_000 {
		t.Fatal(len(body))
	}
	msg := handshakeMessage(msgClientHello, body)
	for _, size := range []int{1, 1000, 1 << 14} {
		var stream []byte
		for part := range slices.Chunk(msg, size) {
			stream = append(stream, record(recordHandshake, part)...)
		}
		c := NewConn(func(e *Event) {
			if e.Kind == EventLimit || e.Kind == EventMalformed {
				t.Errorf("%s", line(e))
			}
		})
		for part := range slices.Chunk(stream, 1460) {
			c.Feed(hanalyze.C2S, part)
		}
		r := c.Info(0)
		if r.SNI != "large.example" || len(r.ClientHello.Ciphers) != MaxNames || r.Missing != hanalyze.MissingLimit || r.ClientHello.HelloBytes != uint64(len(body)) {
			t.Errorf("records of %d bytes: %q, %d suites, missing %b", size, r.SNI, len(r.ClientHello.Ciphers), r.Missing)
		}
	}
}

// RFC 5246 §6.2.1: a record may hold several alerts, or a part of one; what is as long as an encrypted one is none in the clear.
func TestAlertsInRecords(t *testing.T) {
	hello := record(recordHandshake, handshakeMessage(msgClientHello, browser().client(t)))
	both := []string{"alert warning no_renegotiation", "alert fatal handshake_failure"}
	for _, c := range []struct {
		name    string
		records [][]byte
		want    []string
	}{
		{"two in one", [][]byte{record(recordAlert, []byte{1, 100, 2, 40})}, both},
		{"byte by byte", [][]byte{record(recordAlert, []byte{1}), record(recordAlert, []byte{100}), record(recordAlert, []byte{2, 40})}, both},
		{"one and a half", [][]byte{record(recordAlert, []byte{1, 100, 2}), record(recordAlert, []byte{40})}, both},
		{"encrypted", [][]byte{record(recordAlert, make([]byte, 18))}, []string{"encrypted_alert"}},
	} {
		var got []string
		conn := NewConn(func(e *Event) {
			if e.Dir == hanalyze.S2C {
				_, words, _ := strings.Cut(line(e), " ")
				_, words, _ = strings.Cut(words, " ")
				got = append(got, words)
			}
		})
		conn.Feed(hanalyze.C2S, hello)
		for _, r := range c.records {
			conn.Feed(hanalyze.S2C, r[:6])
			conn.Feed(hanalyze.S2C, r[6:])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	conn, _ := feedAll(t, hello)
	half := record(recordAlert, []byte{2, 40})
	conn.Feed(hanalyze.S2C, half[:6])
	conn.Gap(hanalyze.S2C, 1)
	conn.Feed(hanalyze.S2C, half)
	if r := conn.Info(0); len(r.Alerts) != 1 || r.Alerts[0].Description != "handshake_failure" {
		t.Errorf("behind half an alert: %+v", r.Alerts)
	}
}

// More keys and names are offered than are told.
func TestLists(t *testing.T) {
	psks := func(n int) []byte {
		var list []byte
		for range n {
			list = append(list, 0, 1, 7, 0, 0, 0, 1)
		}
		list = append([]byte{byte(len(list) >> 8), byte(len(list))}, list...)
		return append(list, 0, 1, 0)
	}
	many := func(n int) []byte { return append([]byte{byte(2 * n >> 8), byte(2 * n)}, make([]byte, 2*n)...) }
	for _, c := range []struct {
		ext     extension
		want    int
		missing hanalyze.Missing
		of      func(h *hanalyze.ClientHello) int
	}{
		{extension{extPreSharedKey, psks(MaxPSKs)}, MaxPSKs, 0, func(h *hanalyze.ClientHello) int { return len(h.PSKs) }},
		{extension{extPreSharedKey, psks(MaxPSKs + 1)}, MaxPSKs, hanalyze.MissingLimit, func(h *hanalyze.ClientHello) int { return len(h.PSKs) }},
		{extension{extSignatureAlgorithmsCert, many(MaxNames)}, MaxNames, 0, func(h *hanalyze.ClientHello) int { return len(h.CertSignatures) }},
		{extension{extSignatureAlgorithmsCert, many(MaxNames + 1)}, MaxNames, hanalyze.MissingLimit, func(h *hanalyze.ClientHello) int { return len(h.CertSignatures) }},
	} {
		conn, _ := feedAll(t, record(recordHandshake, handshakeMessage(msgClientHello, hello{version: version12, ciphers: []uint16{1}, exts: []extension{c.ext}}.client(t))))
		if r := conn.Info(0); c.of(r.ClientHello) != c.want || r.Missing != c.missing {
			t.Errorf("%s: %d of %d bytes, missing %b", ExtensionName(c.ext.typ), c.of(r.ClientHello), len(c.ext.body), r.Missing)
		}
	}
}

// A hello above MaxHello and a chain above MaxCertificates are passed over, and what follows is read.
func TestMessageLimits(t *testing.T) {
	for _, c := range []struct {
		typ   uint8
		limit int
	}{{msgClientHello, MaxHello}, {msgCertificate, MaxCertificates}} {
		hello := handshakeMessage(msgClientHello, browser().client(t))
		big := slices.Concat(hello, handshakeMessage(c.typ, make([]byte, c.limit+1)), hello)
		var stream []byte
		for part := range slices.Chunk(big, 1<<14) {
			stream = append(stream, record(recordHandshake, part)...)
		}
		conn, lines := feedAll(t, stream)
		if len(lines) != 3 || lines[2][len(lines[2])-15:] != "www.example.com" || conn.Info(0).Missing != hanalyze.MissingLimit {
			t.Errorf("%q, missing %b", lines, conn.Info(0).Missing)
		}
	}
}

func TestChainLimit(t *testing.T) {
	one := []byte{0, 0, 2, 0x30, 0}
	list := slices.Repeat(one, MaxChain+1)
	body := append([]byte{0, byte(len(list) >> 8), byte(len(list))}, list...)
	c, lines := feedAll(t, record(recordHandshake, handshakeMessage(msgCertificate, body)))
	if got := len(c.Info(0).ClientCerts); got != MaxChain || lines[0] != "c2s 5 limit "+LimitChain {
		t.Errorf("%d certificates, %q", got, lines)
	}
}

func TestAlertLimit(t *testing.T) {
	c, lines := feedAll(t, slices.Repeat(record(recordAlert, []byte{1, 90}), MaxAlerts+3))
	if r := c.Info(0); len(r.Alerts) != MaxAlerts || r.Missing&hanalyze.MissingLimit == 0 || lines[MaxAlerts] != "c2s 117 limit tls_alerts" {
		t.Errorf("%d alerts, %q", len(r.Alerts), lines)
	}
}

func TestNamesLimit(t *testing.T) {
	h := hello{version: version12, ciphers: make([]uint16, MaxNames+1)}
	c, _ := feedAll(t, record(recordHandshake, handshakeMessage(msgClientHello, h.client(t))))
	if r := c.Info(0); len(r.ClientHello.Ciphers) != MaxNames || r.Missing != hanalyze.MissingLimit {
		t.Errorf("%d names, missing %b", len(r.ClientHello.Ciphers), r.Missing)
	}
}

func TestSniff(t *testing.T) {
	client := record(recordHandshake, handshakeMessage(msgClientHello, browser().client(t)))
	data := record(recordAppData, make([]byte, 20))
	for _, c := range []struct {
		name     string
		c2s, s2c []byte
		want     Verdict
	}{
		{"nothing", nil, nil, Maybe},
		{"hello", client, nil, Yes},
		{"hello answered in plain text", client, []byte("HTTP/1.1 400 Bad Request\r\n"), Yes},
		{"hello cut", client[:9], nil, Maybe},
		{"one byte", client[:1], nil, Maybe},
		{"HTTP", []byte("GET / HTTP/1.1\r\n"), nil, No},
		{"SSH", nil, []byte("SSH-2.0-x\r\n"), No},
		{"application data", nil, slices.Concat(data, data), Yes},
		{"application data, then something else", slices.Concat(data, []byte("GET ")), nil, No},
		{"record too long", []byte{23, 3, 3, 0xff, 0xff}, nil, No},
		{"TPKT", []byte{3, 0, 0, 19, 14}, nil, No},
		{"SSL 2.0", []byte{0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 5}, nil, Yes},
		{"SSL 2.0 with bad lengths", []byte{0x80, 29, 1, 3, 1, 0, 3, 0, 0, 0, 16}, nil, No},
		{"hello in records of three bytes", []byte{22, 3, 1, 0, 3, 1, 0, 0}, nil, Yes},
	} {
		if got := Sniff(c.c2s, c.s2c); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	dtls := datagram(0, 0, msgClientHello, 40, 0, make([]byte, 40))
	if SniffDatagram(dtls, nil) != Yes || SniffDatagram(client, nil) != No || SniffDatagram(nil, nil) != Maybe || SniffDatagram(dtls[:20], nil) != No {
		t.Error("SniffDatagram")
	}
}
