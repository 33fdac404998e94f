package decode

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/h2"
)

// heard is a BodySink that writes down what it is shown.
type heard struct {
	strings.Builder
	what string
	data []byte
	out  *strings.Builder
}

func (h *heard) Data(b []byte) { h.data = append(h.data, b...) }

func (h *heard) Gap(n int64) {
	h.flush()
	fmt.Fprintf(h, " gap %d", n)
}

func (h *heard) End(whole bool, why hanalyze.Missing) {
	h.flush()
	fmt.Fprintf(h.out, "%s:%s whole=%v %s\n", h.what, h.String(), whole, missing(why))
}

func (h *heard) flush() {
	if len(h.data) > 0 {
		fmt.Fprintf(h, " %q", h.data)
		h.data = nil
	}
}

// hear returns a player that writes down all bodies.
func hear(t testing.TB, out *strings.Builder) *player {
	p := newPlayer(t, hanalyze.TCP, 80)
	p.decoder.cfg.Body = func(_ *hanalyze.Flow, r *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) BodySink {
		if d == hanalyze.C2S && m != r.Request || d == hanalyze.S2C && m != r.Response {
			t.Errorf("the message is not the record's")
		}
		return &heard{what: fmt.Sprintf("%s %s%s", d, r.PathQuery, m.ContentType), out: out}
	}
	return p
}

const (
	askPost = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
	askGet  = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
)

func TestBodiesOfHTTP1(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		play       func(p *player)
	}{
		{"request and answer", "c2s /a: \"hello\" whole=true complete\ns2c /atext/plain: \"abc\" whole=true complete\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askPost))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"))
		}},
		{"chunks in pieces", "s2c /b: \"abcdef\" whole=true complete\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"))
			p.data(hanalyze.S2C, []byte("ab\r\n4\r\ncd"))
			p.data(hanalyze.S2C, []byte("ef\r\n0\r\n\r\n"))
		}},
		{"no body", "", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"))
		}},
		{"a gap of known length", "s2c /b: \"ab\" gap 3 \"fg\" whole=false missing=gap\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab"))
			p.gap(hanalyze.S2C, 3, hanalyze.MissingGap)
			p.data(hanalyze.S2C, []byte("fg"))
		}},
		{"a gap of unknown length", "s2c /b: \"ab\" whole=false missing=snaplen\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab"))
			p.gap(hanalyze.S2C, -1, hanalyze.MissingSnaplen)
			p.data(hanalyze.S2C, []byte("fg"))
		}},
		{"until the end", "s2c /b: \"ab\" whole=true complete\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\n\r\nab"))
			p.end(hanalyze.S2C)
		}},
		{"cut by the server", "s2c /b: \"ab\" whole=false complete\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab"))
			p.end(hanalyze.S2C)
		}},
		{"cut by the end of the capture", "s2c /b: \"ab\" whole=false missing=end_of_capture\n", func(p *player) {
			p.data(hanalyze.C2S, []byte(askGet))
			p.data(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab"))
			p.close("end_of_capture")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			p := hear(t, &out)
			tc.play(p)
			if !p.closed {
				p.close("fin")
			}
			if got := out.String(); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

// frame2 writes an HTTP/2 frame.
func frame2(kind, flags byte, stream byte, payload string) []byte {
	return append([]byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, stream}, payload...)
}

func TestBodiesOfHTTP2(t *testing.T) {
	const data, headers, rst, settings, end, endHeaders = 0, 1, 3, 4, 1, 4
	get, ok := "\x82\x86\x84\x41\x01x", "\x88" // GET http / x; 200
	begin := func(p *player) {
		p.data(hanalyze.C2S, append([]byte(h2.Preface), frame2(settings, 0, 0, "")...))
		p.data(hanalyze.S2C, frame2(settings, 0, 0, ""))
		p.data(hanalyze.C2S, frame2(headers, end|endHeaders, 1, get))
		p.data(hanalyze.S2C, frame2(headers, endHeaders, 1, ok))
	}
	for _, tc := range []struct {
		name, want string
		play       func(p *player)
	}{
		{"whole", "s2c /: \"abcde\" whole=true complete\n", func(p *player) {
			p.data(hanalyze.S2C, frame2(data, 0, 1, "abc"))
			p.data(hanalyze.S2C, frame2(data, end, 1, "de"))
		}},
		{"reset", "s2c /: \"abc\" whole=false complete\n", func(p *player) {
			p.data(hanalyze.S2C, frame2(data, 0, 1, "abc"))
			p.data(hanalyze.S2C, frame2(rst, 0, 1, "\x00\x00\x00\x08"))
		}},
		{"gap inside a frame", "s2c /: \"a\" gap 1 \"cde\" whole=false missing=gap\n", func(p *player) {
			f := frame2(data, 0, 1, "abc")
			p.data(hanalyze.S2C, f[:10])
			p.gap(hanalyze.S2C, 1, hanalyze.MissingGap)
			p.data(hanalyze.S2C, f[11:])
			p.data(hanalyze.S2C, frame2(data, end, 1, "de"))
		}},
		{"gap over frames", "s2c /: \"abc\" gap -1 whole=false missing=gap\n", func(p *player) {
			p.data(hanalyze.S2C, frame2(data, 0, 1, "abc"))
			p.gap(hanalyze.S2C, 100, hanalyze.MissingGap)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			p := hear(t, &out)
			begin(p)
			tc.play(p)
			p.close("fin")
			if got := out.String(); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

// counter is a BodySink that checks the order of its calls and counts the bytes.
type counter struct {
	t      testing.TB
	n      int64
	gapped bool
	ended  bool
}

func (c *counter) Data(b []byte) { c.call(); c.n += int64(len(b)) }
func (c *counter) Gap(int64)     { c.call(); c.gapped = true }

func (c *counter) End(whole bool, _ hanalyze.Missing) {
	c.call()
	if c.ended = true; whole && c.gapped {
		c.t.Error("a body with a gap is called whole")
	}
}

func (c *counter) call() {
	if c.ended {
		c.t.Error("called after End")
	}
}

// TestBodiesOfConversations checks in all conversations that every body that was begun has an end, and that of a body
// without gaps as many bytes were shown as its record tells.
func TestBodiesOfConversations(t *testing.T) {
	for _, s := range readScenes(t) {
		t.Run(s.file, func(t *testing.T) {
			p := newPlayer(t, hanalyze.TCP, 8080)
			p.flow.MidStream = s.midStream
			all := map[*hanalyze.HTTPMessage]*counter{}
			p.decoder.cfg.Body = func(_ *hanalyze.Flow, _ *hanalyze.HTTP, _ hanalyze.Dir, m *hanalyze.HTTPMessage) BodySink {
				if all[m] != nil {
					t.Error("asked twice")
				}
				all[m] = &counter{t: t}
				return all[m]
			}
			p.steps(s.Steps, nil)
			p.close(s.why)
			for m, c := range all {
				if !c.ended || !c.gapped && uint64(c.n) != m.BodyBytes {
					t.Errorf("ended %v, %d bytes of %d", c.ended, c.n, m.BodyBytes)
				}
			}
		})
	}
}
