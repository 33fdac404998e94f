package decode

import (
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// A client cancels a download while bytes of the server are missing, which nobody knows before the server goes on.
func TestResetBeforeGap(t *testing.T) {
	const body = 20
	for _, c := range []struct {
		name string
		then func(p *h2Play)
		want hanalyze.Missing
	}{
		{"the server goes on", func(p *h2Play) { p.s.check(p.s.fr.WritePing(true, [8]byte{})); p.server() }, 0},
		{"a hole in the server's bytes", func(p *h2Play) { p.gap(hanalyze.S2C, 100, hanalyze.MissingGap) }, hanalyze.MissingGap},
		{"the server closes", func(p *h2Play) { p.end(hanalyze.S2C) }, 0},
		{"the flow is closed", func(*h2Play) {}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := cancelled(t, body)
			if n := len(p.exchanges()); n != 0 {
				t.Fatalf("%d exchanges are told before the server went on", n)
			}
			last := p.now.Packet
			c.then(p)
			p.close("fin")
			all := p.exchanges()
			if len(all) != 1 {
				t.Fatalf("%d exchanges", len(all))
			}
			x := all[0]
			if x.Missing != c.want || x.Response.BodyBytes != body || x.Reset == nil || x.Last.Packet != last {
				t.Errorf("missing %q, %d bytes, reset %v, last packet %d, want %q, %d, packet %d", missing(x.Missing),
					x.Response.BodyBytes, x.Reset, x.Last.Packet, missing(c.want), body, last)
			}
		})
	}
}

// cancelled plays a download of which body bytes are seen when the client cancels it.
func cancelled(t *testing.T, body int) *h2Play {
	p := newH2Play(t)
	p.open(nil, nil)
	p.c.get(1, "/")
	p.client()
	p.s.headers(1, false, ":status", "200")
	p.s.data(1, false, body)
	p.server()
	p.c.check(p.c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	p.client()
	return p
}

// Where the capture ends before the server goes on, nobody knows what it had sent.
func TestResetAtEndOfCapture(t *testing.T) {
	p := cancelled(t, 20)
	p.close("end_of_capture")
	if x := p.exchanges()[0]; x.Missing != hanalyze.MissingEndOfCapture {
		t.Errorf("missing %q", missing(x.Missing))
	}
}

// A stream whose other side was complete is told at once, and those that wait are bounded.
func TestResetAtOnce(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	p.c.get(1, "/")
	p.client()
	p.s.check(p.s.fr.WriteRSTStream(1, xhttp2.ErrCodeRefusedStream))
	p.server()
	if n := len(p.exchanges()); n != 1 {
		t.Errorf("%d exchanges", n)
	}
	h := p.stream.layer.(*http2)
	for i := range maxWithheld + 10 {
		x := &exchange2{record: new(record)}
		x.StreamID, x.Status = uint32(2*i+3), 200
		x.message(hanalyze.S2C)
		h.withhold(hanalyze.S2C, x)
	}
	if n := len(h.resets[hanalyze.S2C]); n != maxWithheld {
		t.Errorf("%d wait", n)
	}
	all := p.exchanges()
	if len(all) != 11 || all[10].Missing&hanalyze.MissingLimit == 0 {
		t.Errorf("%d exchanges are told", len(all))
	}
}

// Some clients send RST_STREAM with NO_ERROR when all is done: without the frames that say so, it is not known for a reset.
func TestResetWithoutError(t *testing.T) {
	for _, lost := range []bool{false, true} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/")
		p.client()
		p.s.headers(1, false, ":status", "200")
		p.server()
		p.s.data(1, true, 20)
		if b := p.s.take(); lost {
			p.gap(hanalyze.S2C, int64(len(b)), hanalyze.MissingGap)
		} else {
			p.data(hanalyze.S2C, b)
		}
		p.c.check(p.c.fr.WriteRSTStream(1, xhttp2.ErrCodeNo))
		p.client()
		p.close("fin")
		if all := p.exchanges(); len(all) != 1 || all[0].Reset != nil {
			t.Errorf("lost %v: %d exchanges, reset %+v", lost, len(all), all[0].Reset)
		}
	}
}

// An answer on a stream that nobody opened breaks the rules, unless the request is in a hole, which shows only later.
func TestDoubtedComplaint(t *testing.T) {
	for _, lost := range []bool{false, true} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.s.headers(1, true, ":status", "200")
		p.server()
		if got := p.notices(); len(got) > 0 {
			t.Errorf("told at once: %v", got)
		}
		if lost {
			p.gap(hanalyze.C2S, 40, hanalyze.MissingGap)
		}
		p.c.check(p.c.fr.WritePing(false, [8]byte{}))
		p.client()
		p.close("fin")
		if got := p.notices(); (len(got) == 0) != lost {
			t.Errorf("lost %v: %v", lost, got)
		}
	}
}
