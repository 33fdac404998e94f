package decode

import (
	"bytes"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// tunnelled plays an HTTP/2 connection whose stream 1 is a tunnel opened with the given fields; each step goes through it.
func tunnelled(t *testing.T, p *player, status string, fields []string, steps func(send func(d hanalyze.Dir, b []byte, end bool))) {
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingEnableConnectProtocol, Val: 1}))
	p.data(hanalyze.C2S, c.take())
	p.data(hanalyze.S2C, s.take())
	c.headers(1, false, append([]string{":method", "CONNECT"}, fields...)...)
	p.data(hanalyze.C2S, c.take())
	answered := false
	steps(func(d hanalyze.Dir, b []byte, end bool) {
		w := c
		if d == hanalyze.S2C {
			if w = s; !answered {
				answered = true
				s.headers(1, false, ":status", status)
			}
		}
		w.check(w.fr.WriteData(1, end, b))
		p.data(d, w.take())
	})
}

var webSocketFields = []string{":protocol", "websocket", ":scheme", "https", ":authority", "h2.example", ":path", "/chat", "sec-websocket-version", "13"}

// outline tells types, paths and completeness.
func outline(records []hanalyze.Record) string {
	var b strings.Builder
	for _, r := range records {
		b.WriteString(r.RecordType() + " " + r.Head().Path)
		switch r := r.(type) {
		case *hanalyze.HTTP:
			b.WriteString(" " + r.Method + " " + missing(r.Missing))
		case *hanalyze.WebSocket:
			b.WriteString(" " + r.URL + " " + missing(r.Missing))
		case *hanalyze.WebSocketMessage:
			b.WriteString(" " + r.Dir.String() + " " + r.Opcode + " " + missing(r.Missing))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func checkOutline(t *testing.T, p *player, want string) {
	t.Helper()
	if d := diff(strings.TrimLeft(want, "\n"), outline(p.records)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// RFC 8441: WebSocket on a stream of HTTP/2. What the client sends ahead of the answer waits for it.
func TestWebSocketOverHTTP2(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 443)
	tunnelled(t, p, "200", webSocketFields, func(send func(hanalyze.Dir, []byte, bool)) {
		send(hanalyze.C2S, []byte("\x81\x82\x00\x00\x00\x00hi\x88\x82\x00\x00"), false)
		send(hanalyze.S2C, []byte("\x81\x02hi"), false)
		send(hanalyze.C2S, []byte("\x00\x00\x03\xe8"), true)
		send(hanalyze.S2C, []byte("\x88\x02\x03\xe8"), true)
	})
	p.close("fin")
	checkOutline(t, p, `
websocket_message http2>websocket c2s text complete
websocket_message http2>websocket s2c text complete
websocket_message http2>websocket c2s close complete
websocket_message http2>websocket s2c close complete
http http2 CONNECT complete
websocket http2>websocket wss://h2.example/chat complete
`)
}

// Where the request or its answer is missing, the bytes of the server may have come through a tunnel or as a body.
func TestFramingUnknown(t *testing.T) {
	for _, c := range []struct {
		name            string
		method, framing string
		lost            hanalyze.Dir
	}{
		{"the request", "CONNECT", "", hanalyze.C2S},
		{"the answer to CONNECT", "CONNECT", "", hanalyze.S2C},
		{"the answer to GET", "GET", "frames", hanalyze.S2C},
	} {
		p := newH2Play(t)
		p.open(nil, nil)
		for d, w := range [...]*h2Writer{p.c, p.s} {
			d := hanalyze.Dir(d)
			if d == hanalyze.C2S {
				w.headers(1, false, ":method", c.method, ":scheme", "https", ":authority", "a", ":path", "/", ":protocol", "websocket")
			} else {
				w.headers(1, false, ":status", "200")
			}
			if b := w.take(); d == c.lost {
				p.gap(d, int64(len(b)), hanalyze.MissingGap)
			} else {
				p.data(d, b)
			}
			w.data(1, false, 20)
			w.data(1, false, 20)
			w.data(1, true, 20)
			p.data(d, w.take())
		}
		p.close("fin")
		for _, x := range p.exchanges() {
			if x.Response == nil || x.Response.Framing != c.framing {
				t.Errorf("without %s: %+v", c.name, x.Response)
			}
		}
	}
}

// A refused tunnel carries nothing: what was sent ahead is dropped.
func TestTunnelRefused(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 443)
	tunnelled(t, p, "403", webSocketFields, func(send func(hanalyze.Dir, []byte, bool)) {
		send(hanalyze.C2S, []byte("\x81\x82\x00\x00\x00\x00hi"), true)
		send(hanalyze.S2C, []byte("no"), true)
	})
	p.close("fin")
	checkOutline(t, p, "http http2 CONNECT complete\n")
	if top := p.stream; top.derived != 0 || top.derivedQueued != 0 {
		t.Errorf("%d streams, %d bytes are still counted", top.derived, top.derivedQueued)
	}
}

// Plain CONNECT: TLS and HTTP/1 in tunnels find their decoders, and a gap in a tunnel is a gap of what it carries.
func TestTunnelThroughHTTP2(t *testing.T) {
	fields := []string{":authority", "a.example:443"}
	t.Run("tls", func(t *testing.T) {
		p := newPlayer(t, hanalyze.TCP, 443)
		tunnelled(t, p, "200", fields, func(send func(hanalyze.Dir, []byte, bool)) {
			for _, s := range recordTLS(t, 0) {
				send(s.Dir, s.Data, false)
			}
		})
		p.close("fin")
		checkOutline(t, p, "tls http2>tls\nhttp http2 CONNECT complete\n")
	})
	t.Run("http1", func(t *testing.T) {
		p := newPlayer(t, hanalyze.TCP, 443)
		tunnelled(t, p, "200", fields, func(send func(hanalyze.Dir, []byte, bool)) {
			send(hanalyze.C2S, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), false)
			send(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), false)
			send(hanalyze.S2C, bytes.Repeat([]byte("a"), 500), false)
			p.gap(hanalyze.S2C, 9+500, hanalyze.MissingGap) // a frame
			send(hanalyze.C2S, []byte("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"), false)
		})
		p.close("end_of_capture")
		checkOutline(t, p, `
http http2>http1 GET missing=gap
http http2 CONNECT missing=gap,end_of_capture
http http2>http1 GET missing=gap,end_of_capture
`)
	})
}

// Streams inside streams are bounded in number and depth, and in what they queue together.
func TestDerivedLimits(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 443)
	var all []*Stream
	for range maxDerived + 5 {
		if s := p.stream.derive(); s != nil {
			all = append(all, s)
		}
	}
	if n := p.decoder.Counters().Limits()["streams_inside_not_opened"]; len(all) != maxDerived || n != 5 {
		t.Fatalf("%d streams, %d refused", len(all), n)
	}
	for _, s := range all {
		s.Data(hanalyze.C2S, p.tick(), make([]byte, 8<<10))
	}
	if n := p.stream.derivedQueued; n > maxDerivedQueue || n < maxDerivedQueue-8<<10 {
		t.Errorf("%d bytes are queued", n)
	}
	for _, s := range all {
		s.Close(p.tick(), "fin")
	}
	if p.stream.derivedQueued != 0 || p.stream.derived != 0 {
		t.Errorf("%d bytes of %d streams are left", p.stream.derivedQueued, p.stream.derived)
	}
	s := p.stream
	for range maxLayers + 1 {
		inner := s.derive()
		if inner == nil {
			return
		}
		inner.begin(func(*Stream) layer { return ignore{} })
		s = inner
	}
	t.Error("no end of depth")
}
