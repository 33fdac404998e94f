package tlsinfo

import (
	"fmt"
	"slices"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

func quicHello() hello {
	h := browser()
	h.exts = append(h.exts, extension{extQUICParameters, []byte{1, 1, 9}})
	return h
}

// The messages of a handshake of QUIC, as an observer with all keys has them.
func TestHandshakeConn(t *testing.T) {
	server := hello{version: version12, ciphers: []uint16{0x1301}, exts: []extension{{extSupportedVersions, []byte{3, 4}}}}
	conv := &convo.Conversation{Title: t.Name(), Steps: []convo.Step{
		{Dir: hanalyze.C2S, Data: handshakeMessage(msgClientHello, quicHello().client(t))},
		{Dir: hanalyze.S2C, Data: slices.Concat(handshakeMessage(msgServerHello, server.server(t)),
			handshakeMessage(msgCertificateVerify, make([]byte, 70)), handshakeMessage(msgFinished, make([]byte, 32)))},
		{Dir: hanalyze.C2S, Data: handshakeMessage(msgFinished, make([]byte, 32))},
	}}
	var c *HandshakeConn
	create := func(emit convo.Emit) convo.Parser {
		c = NewHandshakeConn(func(e *Event) { emit(line(e), nil) })
		return c
	}
	whole := conv.Play(create, nil)
	if r := c.Info(0); r.JA4[0] != JA4QUIC || !r.Established || r.Version != "1.3" || r.SNI != "www.example.com" || r.Missing != 0 {
		t.Errorf("%+v\n%s", r, whole)
	}
	conv.CheckCuts(t, create, whole)
}

// A hole in a body costs that message alone, one anywhere else the rest of the direction.
func TestHandshakeConnGap(t *testing.T) {
	msg := handshakeMessage(msgClientHello, quicHello().client(t))
	for _, g := range []struct {
		from, n int
		known   bool
		hellos  int
	}{{10, 5, true, 1}, {4, len(msg) - 4, true, 1}, {0, len(msg), true, 0}, {2, 3, true, 0}, {10, 5, false, 0}, {len(msg) - 1, 2, true, 0}} {
		hellos := 0
		c := NewHandshakeConn(func(e *Event) {
			if e.Kind == EventClientHello {
				hellos++
				if string(e.ClientHello.QUICParameters) != "\x01\x01\x09" {
					t.Errorf("transport parameters %x", e.ClientHello.QUICParameters)
				}
			}
		})
		both := slices.Concat(msg, msg)
		c.Feed(hanalyze.C2S, both[:g.from])
		if g.known {
			c.Gap(hanalyze.C2S, int64(g.n))
		} else {
			c.Gap(hanalyze.C2S, -1)
		}
		c.Feed(hanalyze.C2S, both[g.from+g.n:])
		if hellos != g.hellos || c.Info(0).Missing&hanalyze.MissingGap == 0 {
			t.Errorf("%+v: %d hellos", g, hellos)
		}
	}
}

// What is too long, or no handshake message, is not kept.
func TestHandshakeConnLimits(t *testing.T) {
	var lines []string
	c := NewHandshakeConn(func(e *Event) { lines = append(lines, line(e)) })
	c.Feed(hanalyze.C2S, handshakeMessage(msgClientHello, make([]byte, MaxHello+1)))
	c.Feed(hanalyze.C2S, []byte{99, 0, 0, 0, 1})
	c.Feed(hanalyze.C2S, make([]byte, 1<<20))
	want := []string{"c2s 0 limit " + LimitMessage, fmt.Sprintf("c2s %d malformed ", 4+MaxHello+1) + MalformedHandshake + " unknown handshake type 0x0063"}
	if !slices.Equal(lines, want) || len(c.half[0].body) != 0 {
		t.Errorf("%q", lines)
	}
}

func FuzzHandshakeConn(f *testing.F) {
	f.Add(handshakeMessage(msgClientHello, quicHello().client(f)), uint16(3), int8(0))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16, gap int8) {
		c := NewHandshakeConn(func(*Event) {})
		at := min(int(cut), len(b))
		c.Feed(hanalyze.C2S, b[:at])
		c.Gap(hanalyze.C2S, max(int64(gap), -1))
		c.Feed(hanalyze.C2S, b[at:])
		c.Info(0)
	})
}
