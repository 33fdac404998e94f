package decode

import (
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// A response is cut when its server leaves before END_STREAM. That clients leave, and that the end of something complete
// does not come, is no news.
func TestCutResponse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields []string
		bytes  int
		first  hanalyze.Dir // who closes first
		ending string
		cut    bool
		notice string
	}{
		{"the server leaves", []string{":status", "200", "content-length", "100"}, 60, hanalyze.S2C, "fin", true, "The response of GET / ended after 60 of 100 body bytes (stream 1)"},
		{"the server leaves, no length", []string{":status", "200"}, 60, hanalyze.S2C, "fin", true, "The response of GET / ended without its end (stream 1)"},
		{"the server leaves after the head", []string{":status", "200"}, 0, hanalyze.S2C, "fin", true, "The response of GET / ended without its end (stream 1)"},
		{"all of the length came", []string{":status", "200", "content-length", "60"}, 60, hanalyze.S2C, "fin", false, ""},
		{"gRPC wants its trailers", []string{":status", "200", "content-length", "60", "content-type", "application/grpc"}, 60, hanalyze.S2C, "fin", true,
			"The response of GET / ended after 60 of 60 body bytes (stream 1)"},
		{"the client leaves", []string{":status", "200"}, 60, hanalyze.C2S, "fin", true, ""},
		{"reset", []string{":status", "200"}, 60, 2, "reset", true, ""},
		{"the capture ends", []string{":status", "200"}, 60, 2, "end_of_capture", false, ""},
	} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/")
		p.client()
		p.s.headers(1, false, tt.fields...)
		p.server()
		if tt.bytes > 0 {
			p.s.data(1, false, tt.bytes)
			p.server()
		}
		last := p.now.Packet
		if tt.first < 2 {
			p.end(tt.first)
			p.end(tt.first.Reverse())
		}
		p.close(tt.ending)
		x := p.exchanges()[0]
		if x.Response.Cut != tt.cut || x.Last.Packet != last {
			t.Errorf("%s: cut %v, last packet %d, want %d", tt.name, x.Response.Cut, x.Last.Packet, last)
		}
		if got := p.details("http.cut"); got != tt.notice {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// details are those of the notices of an identifier.
func (p *player) details(id string) string {
	var list []string
	for _, r := range p.records {
		if n, ok := r.(*hanalyze.Notice); ok && n.ID == id {
			list = append(list, n.Detail)
		}
	}
	return strings.Join(list, "; ")
}

// A client that leaves in the middle of a request cuts it, unless the server has refused it by then.
func TestCutRequest(t *testing.T) {
	for _, tt := range []struct{ status, notice string }{
		{"200", "The request of POST / ended after 5 of 10 body bytes (stream 1)"},
		{"413", ""},
		{"", "The request of POST / ended after 5 of 10 body bytes (stream 1)"},
	} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/", "content-length", "10")
		p.c.data(1, false, 5)
		p.client()
		if tt.status != "" {
			p.s.headers(1, true, ":status", tt.status)
			p.server()
		}
		p.end(hanalyze.C2S)
		p.end(hanalyze.S2C)
		p.close("fin")
		if x := p.exchanges()[0]; !x.Request.Cut || x.Response != nil && x.Response.Cut {
			t.Errorf("%s: %+v %+v", tt.status, x.Request, x.Response)
		}
		if got := p.details("http.cut"); got != tt.notice {
			t.Errorf("%s: %q", tt.status, got)
		}
	}
}

// Where bytes are missing, nobody knows what was cut, and what ended was not.
func TestNotCut(t *testing.T) {
	for _, tt := range []struct {
		name string
		play func(p *h2Play)
	}{
		{"a gap", func(p *h2Play) { p.gap(hanalyze.S2C, 20, hanalyze.MissingGap) }},
		{"a gap of the other direction", func(p *h2Play) { p.gap(hanalyze.C2S, 20, hanalyze.MissingGap) }},
		{"reset", func(p *h2Play) { p.s.check(p.s.fr.WriteRSTStream(1, xhttp2.ErrCodeInternal)); p.server() }},
		{"ended", func(p *h2Play) { p.s.data(1, true, 1); p.server() }},
	} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/")
		p.client()
		p.s.headers(1, false, ":status", "200")
		p.s.data(1, false, 10)
		p.server()
		tt.play(p)
		p.end(hanalyze.S2C)
		p.end(hanalyze.C2S)
		p.close("fin")
		if x := p.exchanges()[0]; x.Response.Cut || p.details("http.cut") != "" {
			t.Errorf("%s: %+v, %q", tt.name, x.Response, p.details("http.cut"))
		}
	}
}

// A server that has answered asks by RST_STREAM with NO_ERROR not to be sent the rest of the request: nothing is cancelled.
func TestAnsweredReset(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  bool // of the answer
		code xhttp2.ErrCode
		want bool
	}{
		{"after the answer", true, xhttp2.ErrCodeNo, true},
		{"in the middle of the answer", false, xhttp2.ErrCodeNo, false},
		{"with an error", true, xhttp2.ErrCodeInternal, false},
	} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/")
		p.c.data(1, false, 5)
		p.client()
		p.s.headers(1, tt.end, ":status", "413")
		p.server()
		answered := p.now.Time
		p.s.check(p.s.fr.WriteRSTStream(1, tt.code))
		p.server()
		last := p.now.Packet
		p.close("fin")
		x := p.exchanges()[0]
		if x.Reset == nil || x.Reset.Answered != tt.want || x.Last.Packet != last {
			t.Errorf("%s: %+v, last packet %d", tt.name, x.Reset, x.Last.Packet)
		}
		if got, _ := x.Timing.Receive.Get(); tt.end && got != 0 {
			t.Errorf("%s: received for %v, the answer was one packet at %v", tt.name, got, answered)
		}
	}
}

// A client that gives up had sent its request when it had sent it, not when it gave up.
func TestCancelledRequestTimes(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	p.c.get(1, "/")
	p.client()
	p.now.Time = p.now.Time.Add(time.Second)
	p.c.check(p.c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	p.client()
	p.close("fin")
	x := p.exchanges()[0]
	if d, known := x.Timing.Send.Get(); !known || d != 0 || x.Last.Packet != 5 {
		t.Errorf("%v %v, packets %d to %d", d, known, x.Start.Packet, x.Last.Packet)
	}
}
