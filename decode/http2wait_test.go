package decode

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// Bytes of three streams are sent; some are lost and sent again. Who waited for whose bytes?
func TestHeadOfLine(t *testing.T) {
	// The frames behind the heads: 20 bytes of stream 1, of 3, of 5, then the ends of all.
	const frame = 9 + 20
	for _, c := range []struct {
		name       string
		start, end int // the bytes lost at first
		want       map[uint32]hanalyze.Span
	}{
		{"nothing", 0, 0, map[uint32]hanalyze.Span{}},
		{"one frame", 0, frame, map[uint32]hanalyze.Span{3: spanMS(2), 5: spanMS(2)}},
		{"the middle of a frame", 12, 15, map[uint32]hanalyze.Span{3: spanMS(2), 5: spanMS(2)}},
		{"part of a frame header", 3, 7, map[uint32]hanalyze.Span{3: spanMS(2), 5: spanMS(2)}},
		{"from one frame into the header of the next", 20, frame + 4, map[uint32]hanalyze.Span{5: spanMS(2)}},
		{"two frames", 0, 2 * frame, map[uint32]hanalyze.Span{5: spanMS(2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newH2Play(t)
			p.open(nil, nil)
			for _, id := range []uint32{1, 3, 5} {
				p.c.get(id, "/")
			}
			p.client()
			for _, id := range []uint32{1, 3, 5} {
				p.s.headers(id, false, ":status", "200")
			}
			p.server()
			for _, id := range []uint32{1, 3, 5} {
				p.s.data(id, false, 20)
			}
			b := p.s.take()
			if c.end == 0 {
				p.data(hanalyze.S2C, b)
			} else {
				if c.start > 0 {
					p.data(hanalyze.S2C, b[:c.start])
				}
				came := p.tick() // what follows the loss
				p.tick()
				p.data(hanalyze.S2C, b[c.start:c.end])
				p.stream.Waited(hanalyze.S2C, came)
				p.stream.Data(hanalyze.S2C, p.now, b[c.end:]) // with the packet that filled the hole
			}
			for _, id := range []uint32{1, 3, 5} {
				p.s.data(id, true, 1)
			}
			p.server()
			p.account()
			got := map[uint32]hanalyze.Span{}
			for _, x := range p.exchanges() {
				if !x.Timing.HeadOfLine.IsZero() {
					got[x.StreamID] = x.Timing.HeadOfLine
				}
			}
			if d := cmp.Diff(c.want, got, spans); d != "" {
				t.Error(d)
			}
		})
	}
}

// Where the client's first bytes are missing, its requests may be found only after they were answered: they belong together.
func TestAnswerBeforeRequest(t *testing.T) {
	for _, found := range []bool{true, false} {
		p := newH2Play(t)
		p.s.check(p.s.fr.WriteSettings())
		p.gap(hanalyze.C2S, 33, hanalyze.MissingGap)
		p.c.get(1, "/")
		if found {
			p.client()
		}
		p.s.headers(1, false, ":status", "200")
		p.s.data(1, true, 10)
		p.server()
		p.c.check(p.c.fr.WriteSettingsAck())
		p.c.get(3, "/")
		if found {
			p.client()
		}
		p.close("fin")
		for _, x := range p.exchanges() {
			paired := x.Method == "GET" && x.Status == 200 && x.Pairing == "certain"
			if x.StreamID == 1 && (x.Missing != hanalyze.MissingGap || paired != found) {
				t.Errorf("found %v: %s", found, text([]hanalyze.Record{x}, true))
			}
		}
		if n := len(p.exchanges()); found && n != 2 || !found && n != 1 {
			t.Errorf("found %v: %d exchanges", found, n)
		}
	}
}
