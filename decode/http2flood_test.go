package decode

import (
	"bytes"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// notices are the identifiers of all notices so far, each once.
func (p *player) notices() (ids []string) {
	for _, r := range p.records {
		if n, ok := r.(*hanalyze.Notice); ok && !strings.Contains(strings.Join(ids, " "), n.ID) {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// Each kind of flood is named, and what it exceeds is not.
func TestFloods(t *testing.T) {
	raw := func(w *h2Writer, ft xhttp2.FrameType, g xhttp2.Flags, stream uint32, b ...byte) {
		w.check(w.fr.WriteRawFrame(ft, g, stream, b))
	}
	for _, c := range []struct {
		id   string
		many int // frames that are a flood
		send func(p *h2Play, i int)
	}{
		{"h2.ping_flood", 200, func(p *h2Play, _ int) { p.c.check(p.c.fr.WritePing(false, [8]byte{})) }},
		{"h2.settings_flood", 200, func(p *h2Play, _ int) { p.c.check(p.c.fr.WriteSettings()) }},
		{"h2.empty_data_flood", 200, func(p *h2Play, _ int) { p.c.data(1, false, 0) }},
		{"h2.priority_flood", 200, func(p *h2Play, _ int) { raw(p.c, xhttp2.FramePriority, 0, 1, 0, 0, 0, 0, 9) }},
		{"h2.window_update_flood", 200, func(p *h2Play, _ int) { p.c.check(p.c.fr.WriteWindowUpdate(0, 1)) }},
		{"h2.continuation_flood", 200, func(p *h2Play, i int) {
			if i == 0 {
				raw(p.c, xhttp2.FrameHeaders, 0, 3, 0x82, 0x86, 0x84)
			}
			raw(p.c, xhttp2.FrameContinuation, 0, 3, 0x41, 1, 'a')
		}},
		{"h2.rapid_reset", 200, func(p *h2Play, i int) {
			id := uint32(2*i + 3)
			p.c.get(id, "/")
			p.c.check(p.c.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel))
		}},
		{"h2.provoked_resets", 200, func(p *h2Play, i int) {
			id := uint32(2*i + 3)
			p.c.get(id, "/")
			p.client()
			p.s.check(p.s.fr.WriteRSTStream(id, xhttp2.ErrCodeProtocol))
			p.now.Time -= 1_000_000
			p.server()
			p.now.Time -= 1_000_000
		}},
	} {
		t.Run(c.id, func(t *testing.T) {
			for _, n := range []int{floodBurst - 2, c.many} {
				p := newH2Play(t)
				p.c.fr.AllowIllegalWrites = true
				p.open(nil, nil)
				p.c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/")
				for i := range n {
					c.send(p, i)
				}
				if p.c.buf.Len() > 0 {
					p.client()
				}
				p.close("fin")
				got := strings.Join(p.notices(), " ")
				if want := n == c.many; strings.Contains(got, c.id) != want || strings.Count(got, "flood") > 1 {
					t.Errorf("%d frames: notices %q", n, got)
				}
			}
		})
	}
}

// A flood of cancelled streams makes few records, and an honest client none of the findings.
func TestRapidResetRecords(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	for i := range uint32(5000) {
		p.c.get(2*i+1, "/")
		p.c.check(p.c.fr.WriteRSTStream(2*i+1, xhttp2.ErrCodeCancel))
	}
	p.client()
	p.close("fin")
	if n := len(p.exchanges()); n > floodBurst+1 {
		t.Errorf("%d records", n)
	}
	if n := p.decoder.Counters().Limits()["h2_exchanges_untold"]; n != uint64(5000-len(p.exchanges())) {
		t.Errorf("%d untold", n)
	}
}

// A download with a WINDOW_UPDATE for each piece read, and cancelled streams now and then, is no flood.
func TestNoFlood(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	for i := range uint32(2000) {
		id := 2*i + 1
		p.c.get(id, "/")
		p.client()
		p.s.headers(id, false, ":status", "200")
		p.s.data(id, false, 100)
		p.server()
		p.c.check(p.c.fr.WriteWindowUpdate(0, 100))
		p.c.check(p.c.fr.WriteWindowUpdate(id, 100))
		p.c.check(p.c.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel))
		p.client()
	}
	p.close("fin")
	if got := p.notices(); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

// Streams on which something comes after their end do not pile up.
func TestExchangeLimit(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	for i := range uint32(2 * maxExchanges) {
		id := 2*i + 1
		p.c.get(id, "/")
		p.s.headers(id, true, ":status", "204")
	}
	p.client()
	p.server()
	var b bytes.Buffer
	for i := range uint32(2 * maxExchanges) {
		p.s.headers(2*i+1, true, ":status", "204")
		b.Write(p.s.take())
	}
	p.data(hanalyze.S2C, b.Bytes())
	if n := len(p.stream.layer.(*http2).order); n > maxExchanges {
		t.Errorf("%d exchanges are open", n)
	}
	p.close("fin")
}
