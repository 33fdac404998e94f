package tcpstate

import (
	"time"

	"hanalyze"
)

// maxRecent is how many segments of a direction are compared with the next: mirror ports interleave the copies of a burst.
const maxRecent = 8

// How far apart two copies of one packet are captured at most.
const (
	// sameIDSpan is for packets whose IP identification says that they are the same: the way through a router, or two
	// queues of a mirror port.
	sameIDSpan = 10 * time.Millisecond
	// noIDSpan is for IPv6 and for an identification of 0 (RFC 6864 §4.1: atomic datagrams need none) or one that never
	// changes. No sender repeats itself so soon, but it may well send two equal ACKs, so those are never taken for copies.
	noIDSpan = 100 * time.Microsecond
)

// recent remembers the last segments of one direction, to tell a packet captured twice.
type recent struct {
	last   [maxRecent]packet
	at     uint8
	varies bool // identifications have been seen to change
}

// packet is what two copies of a packet have in common. The TTL is not part of it: a mirror port may see both sides of a
// router.
type packet struct {
	time       hanalyze.Time
	seq, ack   uint32 // low bits of the offsets
	ts, length uint32
	flags      hanalyze.TCPFlags
	window, id uint16
	used       bool
}

// seen reports whether s is a copy of a recent packet, and remembers it if not. A segment that begins at next or beyond
// cannot be one: nothing of it was seen.
func (r *recent) seen(s *Segment, next int64) bool {
	id, span := s.id(), noIDSpan
	if id != 0 && r.varies {
		span = sameIDSpan
	}
	if old := s.Seq < next || s.Len == 0; old && (span == sameIDSpan || s.end() > s.Seq) {
		for i := range r.last {
			if r.last[i].copiedBy(s, id, span) {
				return true
			}
		}
	}
	if before := &r.last[(r.at-1)%maxRecent]; before.used && before.id != id {
		r.varies = true
	}
	r.last[r.at%maxRecent] = packet{
		s.Meta.Time, uint32(s.Seq), uint32(s.Ack), s.Options.TSVal, uint32(s.Len), s.Flags, s.Window, id, true,
	}
	r.at++
	return false
}

// copiedBy reports whether s, with the identification id, is another copy of p, not further away than span.
func (p *packet) copiedBy(s *Segment, id uint16, span time.Duration) bool {
	if p.seq != uint32(s.Seq) || p.id != id || p.ack != uint32(s.Ack) || p.length != uint32(s.Len) ||
		p.flags != s.Flags || p.window != s.Window || p.ts != s.Options.TSVal || !p.used {
		return false
	}
	after := s.Meta.Time.Sub(p.time)
	return -span <= after && after <= span
}
