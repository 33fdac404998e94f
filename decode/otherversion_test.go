package decode

import (
	"strings"
	"testing"

	"hanalyze"
)

// Client and server that speak different versions of HTTP are told so, once, and not that they break the rules of each.
func TestOtherVersion(t *testing.T) {
	request := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	settings := []byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100}
	for _, tt := range []struct {
		name string
		play func(p *h2Play)
		want string
	}{
		{"HTTP/1 to a server of HTTP/2", func(p *h2Play) {
			p.data(hanalyze.C2S, request)
			p.data(hanalyze.S2C, settings)
		}, "http.other_version"},
		{"the server begins", func(p *h2Play) {
			p.data(hanalyze.S2C, settings)
			p.data(hanalyze.C2S, request)
		}, "http.other_version"},
		{"HTTP/2 to a server of HTTP/1", func(p *h2Play) {
			p.c.buf.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
			p.c.check(p.c.fr.WriteSettings())
			p.client()
			p.data(hanalyze.S2C, []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
		}, "http.other_version"},
		{"HTTP/2 to a server of something else", func(p *h2Play) {
			p.c.buf.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
			p.client()
			p.data(hanalyze.S2C, []byte("220 mail.example.test ESMTP\r\n"))
		}, "h2.malformed"},
		{"HTTP/1 to a server of something else", func(p *h2Play) {
			p.data(hanalyze.C2S, request)
			p.data(hanalyze.S2C, []byte("\x00\x00\x07\x04\x00\x00\x00\x00\x00 not a whole number of settings"))
		}, "http.malformed"},
	} {
		p := newH2Play(t)
		tt.play(p)
		p.close("fin")
		if got := strings.Join(p.notices(), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
