package tlsinfo

import (
	"slices"
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
	if r := c.Info(0); len(r.Alerts) != MaxAlerts || r.Missing&hanalyze.MissingLimit == 0 || lines[MaxAlerts] != "c2s 112 limit tls_alerts" {
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
