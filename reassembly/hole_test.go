package reassembly

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestHoleGivenUpAfterAck(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `
		> . seq=101 ack=501 "a"
		> . seq=111 ack=501 "k"
		> . seq=121 ack=501 "u"
		< . seq=501 ack=112`)
	p.lines = nil
	for n := range 2 * holeSlack {
		p.run(`< . seq=501 ack=112`)
		if len(p.lines) > 0 {
			if n < holeSlack-2 {
				t.Fatalf("given up after %d packets", n)
			}
			break
		}
	}
	last := p.lines
	p.lines = last[:min(2, len(last))]
	p.want(`
		c2s 5 missing 9 gap
		c2s 5 "k"`)
	p.run(`> . seq=112 ack=501 "lmnopqrst"`)
	p.want(`
		c2s 22 "lmnopqrst"
		c2s 22 "u"`)
	if s := p.Stats(); s.Holes != 1 || s.HolesGivenUp != 1 || s.GapBytes != 9 || s.BytesDropped != 0 {
		t.Errorf("%+v", s)
	}
}

// The receiver's answer, unlike its bare ACK, ends the wait at once: it must not be told before the question. Only where the
// two came within the time that capture queues run apart may the data still be on its way.
func TestHoleGivenUpBeforeAnswer(t *testing.T) {
	for _, tt := range []struct{ name, wait, want string }{
		{"at once", "", `
			s2c 5 "answer"`},
		{"a while later", "+3ms ", `
			c2s 4 missing 9 gap
			c2s 4 "k"
			s2c 5 "answer"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, Limits{})
			p.run(opened + `> . seq=110 ack=501 "k"`)
			p.lines = nil
			p.run(tt.wait + `< . seq=501 ack=111 "answer"`)
			p.want(tt.want)
		})
	}
}

// What the receiver acknowledged before anything behind it was seen is missing from the capture: a question behind it is
// told before its answer, however soon that comes.
func TestHoleAcknowledgedBefore(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened)
	p.lines = nil
	p.run(`
		< . seq=501 ack=110 "first answer"
		> . seq=110 ack=513 "k"
		< . seq=513 ack=111 "answer"`)
	p.want(`
		s2c 4 "first answer"
		c2s 5 missing 9 gap
		c2s 5 "k"
		s2c 6 "answer"`)
}

// An acknowledgment inside the hole proves nothing of its rest.
func TestHoleWaitsForAck(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `> . seq=111 ack=501 "k"`)
	p.lines = nil
	p.run(strings.Repeat("< . seq=501 ack=110\n", 100))
	p.want("")
	p.run(`> . seq=101 ack=501 "abcdefghij"`)
	p.want(`
		c2s 105 "abcdefghij"
		c2s 105 "k"`)
}

func TestFINBehindHoleGivenUp(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `> FA seq=111 ack=501`)
	p.lines = nil
	p.run(strings.Repeat("< . seq=501 ack=112\n", 2*holeSlack))
	if len(p.lines) != 2 || !strings.HasSuffix(p.lines[0], "missing 10 gap") || !strings.HasSuffix(p.lines[1], "end") {
		t.Errorf("%q", p.lines)
	}
}

func TestHoleOfOneSidedCapture(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(`
		> . seq=101 ack=501 "a"
		> . seq=103 ack=501 "c"`)
	p.lines = nil
	for i := range oneSidedSlack {
		p.run(fmt.Sprintf(`> . seq=%d ack=501 "x"`, 104+i))
	}
	if len(p.lines) < 2 || p.lines[0] != "c2s 2 missing 1 gap" || p.lines[1] != `c2s 2 "c"` {
		t.Errorf("%q", p.lines)
	}
}

func TestHalfBudget(t *testing.T) {
	p := newPlay(t, Limits{HalfBytes: 3 * pageCost})
	p.run(opened + `
		> . seq=103 ack=501 "c"
		> . seq=105 ack=501 "e"
		> . seq=107 ack=501 "g"`)
	p.lines = nil
	p.run(`> . seq=109 ack=501 "i"`)
	p.want(`
		c2s 4 missing 2 limit
		c2s 4 "c"`)
	if s := p.Stats(); s.HalfBudget != 1 || s.BytesDropped != 2 {
		t.Errorf("%+v", s)
	}
	p.end()
	if m := p.conns[0].Missing; m&hanalyze.MissingLimit == 0 {
		t.Errorf("missing %b", m)
	}
}

// The oldest hole pays, not the flow that reached the budget.
func TestTotalBudget(t *testing.T) {
	p := newPlay(t, Limits{TotalBytes: 2 * pageCost})
	other := strings.NewReplacer(">", "> :40001", "<", "< :40001")
	p.run(opened + other.Replace(opened) + `
		> . seq=103 ack=501 "c"
		> :40001 . seq=103 ack=501 "C"`)
	p.lines = nil
	p.run(`> :40001 . seq=105 ack=501 "E"`)
	p.want(`
		c2s 7 missing 2 limit
		c2s 7 "c"`)
	p.run(`> :40001 . seq=107 ack=501 "G"`)
	p.want(`
		c2s 8 missing 2 limit
		c2s 8 "C"`)
	if s := p.Stats(); s.TotalBudget != 2 || s.BytesDropped != 4 {
		t.Errorf("%+v", s)
	}
}

func TestContendersBounded(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `> . seq=103 ack=501 "c"` + strings.Repeat("\n> . seq=103 ack=501 \"X\"", maxContenders+5))
	p.run(`> . seq=101 ack=501 "ab"`)
	n := 0
	for _, l := range p.lines {
		n += strings.Count(l, "tcp.overlap_differs")
	}
	if s := p.Stats(); s.OverlapsSkipped != 5 || s.OverlapsDiffer != maxContenders || n != maxNotices || p.held != 0 {
		t.Errorf("%d notices, %d held, %+v", n, p.held, s)
	}
}

// A connection that always has a hole ends the episode before gopacket's numbers reach the wrap.
func TestExtent(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened)
	p.lines = nil
	const step, steps = 1 << 28, 12
	for i := range steps {
		seq := uint32(101 + (i+1)*step)
		p.run(fmt.Sprintf(`> . seq=%d ack=501 "<%d>"`, seq, i))
		p.run(strings.Repeat(fmt.Sprintf("< . seq=501 ack=%d\n", seq-step+2), 2*holeSlack))
	}
	p.end()
	got := strings.Join(p.lines, "\n")
	for i := range steps {
		if strings.Count(got, fmt.Sprintf("<%d>", i)) != 1 {
			t.Errorf("piece %d is not told once:\n%s", i, got)
		}
	}
	if s := p.Stats(); s.Holes != 2 || s.HolesGivenUp != steps {
		t.Errorf("%+v", s)
	}
	if p.Stats().BytesDropped == 0 {
		t.Error("the extent was never reached")
	}
}

// Bytes wait only for bytes that come: what the capture lacks, the receiver had.
func TestWaited(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `
		> . seq=101 ack=501 "a"
		> . seq=103 ack=501 "c"
		> . seq=104 ack=501 "d"
		> . seq=102 ack=501 "b"
		> . seq=110 ack=501 "k"
		> . seq=109 ack=501 "j"`)
	if d := cmp.Diff([]string{"c2s 5", "c2s 6"}, p.waits); d != "" {
		t.Error(d)
	}
	for range 4 * holeSlack {
		p.run(`< . seq=501 ack=111`)
	}
	p.run(`> . seq=111 ack=501 "l"`)
	if len(p.waits) != 2 {
		t.Errorf("after a gap: %v", p.waits)
	}
}

// A sender that acknowledges what was not told had read it.
func TestUnshown(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(opened + `
		> . seq=101 ack=501 "a"
		< . seq=501 ack=102 "x"
		> . seq=102 ack=502 "b"
		> . seq=103 ack=504 "c"
		< . seq=502 ack=104 "yz"
		> . seq=104 ack=504 "d"`)
	if d := cmp.Diff([]string{"c2s 7: 2"}, p.unshown); d != "" {
		t.Error(d)
	}
}
