package troublelink

import (
	"slices"
	"testing"
	"time"

	"hanalyze"
)

// roundTrips are the round trips of what a host sent, at its own capture point: from a segment that was sent once to the
// first packet that acknowledges it and none behind it.
func (t *Trace) roundTrips(side Side) (all []time.Duration) {
	type sent struct {
		end uint32
		at  time.Time
	}
	waiting := map[flow][]sent{}
	for _, e := range t.At(side) {
		p := &t.Packets[e.Packet]
		if p.From == side {
			f := p.flow()
			switch {
			case p.Again:
				waiting[f] = nil // Karn: an ACK may now answer either copy, and those of later segments waited for it
			case p.Len > 0:
				waiting[f] = append(waiting[f], sent{p.Seq + uint32(p.takes()), e.Time})
			}
			continue
		}
		f := flow{p.Dst, p.Src}
		n := 0
		for n < len(waiting[f]) && int32(p.Ack-waiting[f][n].end) >= 0 {
			n++
		}
		if n > 0 {
			all = append(all, e.Time.Sub(waiting[f][n-1].at))
			waiting[f] = waiting[f][n:]
		}
	}
	slices.Sort(all)
	return all
}

// clockSlack is the difference of two clock readings that belong together.
const clockSlack = 100 * time.Microsecond

// judgeRTT compares round trips. None can be shorter than the link's delay. hanalyze takes a few samples of each flight where
// the truth has all, but those at its head, which wait least: so the minimum is not above the true median. And the median is
// not above the longest. Nearer than that they need not be: hosts that wait for the processor make flights uneven.
func judgeRTT(t *testing.T, trace *Trace, side Side, r *records, delay time.Duration) {
	t.Helper()
	truth := trace.roundTrips(side)
	for _, c := range r.conns {
		s := [2]*hanalyze.TCPSide{c.TCP.Client, c.TCP.Server}[side]
		if s == nil || s.RTT == nil || len(r.conns) > 1 {
			continue
		}
		least, _ := s.RTT.Min.Get()
		median, _ := s.RTT.P50.Get()
		if least < delay-clockSlack {
			t.Errorf("at the %s: a round trip of %v is told, and the link takes %v", side, least, delay)
		}
		if len(truth) == 0 {
			continue
		}
		if n := len(truth); least > truth[n/2]+clockSlack || median > truth[n-1]+clockSlack {
			t.Errorf("at the %s: round trips are told to be at least %v, mostly %v; they are %v, %v and %v", side, least, median, truth[0], truth[n/2], truth[n-1])
		}
	}
}
