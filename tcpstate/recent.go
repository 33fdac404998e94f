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
	keys   [maxRecent]uint64 // of last: what is compared first
	last   [maxRecent]packet
	at     uint8
	varies bool // identifications have been seen to change
}

// packet is what two copies of a packet have in common besides the key. The TTL is not part of it: a mirror port may see
// both sides of a router.
type packet struct {
	time            hanalyze.Time
	ack, ts, length uint32
	flags           hanalyze.TCPFlags
}

// keyOf joins the sequence number, the identification and the window of a segment, which are never all zero: the lowest
// bit is set.
func keyOf(s *Segment, id uint16) uint64 {
	return uint64(uint32(s.Seq))<<32 | uint64(id)<<16 | uint64(s.Window) | 1
}

// seen reports whether s is a copy of a recent packet, and remembers it if not. A segment that begins at next or beyond
// cannot be one: nothing of it was seen. Neither can one that was sent after the newest of its direction.
func (r *recent) seen(s *Segment, next int64, newest *stamp) bool {
	id := s.id()
	key := keyOf(s, id)
	if (s.Seq < next || s.Len == 0) && !newest.follows(id) {
		span := noIDSpan
		if id != 0 && r.varies {
			span = sameIDSpan
		}
		if span == sameIDSpan || s.end() > s.Seq {
			for i := range r.keys {
				if r.keys[i] == key && r.last[i].copiedBy(s, span) {
					return true
				}
			}
		}
	}
	if before := r.keys[(r.at-1)%maxRecent]; uint16(before>>16) != id && before != 0 {
		r.varies = true
	}
	i := r.at % maxRecent
	r.keys[i] = key
	p := &r.last[i]
	p.time, p.ack, p.ts, p.length, p.flags = s.Meta.Time, uint32(s.Ack), s.Options.TSVal, uint32(s.Len), s.Flags
	r.at++
	return false
}

// copiedBy reports whether s, whose key is that of p, is another copy of it, not further away than span.
func (p *packet) copiedBy(s *Segment, span time.Duration) bool {
	if p.ack != uint32(s.Ack) || p.length != uint32(s.Len) || p.flags != s.Flags || p.ts != s.Options.TSVal {
		return false
	}
	after := s.Meta.Time.Sub(p.time)
	return -span <= after && after <= span
}
