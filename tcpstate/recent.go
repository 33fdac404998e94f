package tcpstate

import (
	"time"

	"hanalyze"
)

// maxRecent is how many segments of a direction are compared with the next: mirror ports interleave the copies of a burst.
const maxRecent = 4

// How far apart two copies of one packet are captured at most.
const (
	// sameIDSpan is for packets whose IP identification says that they are the same: the way through a router.
	sameIDSpan = time.Millisecond
	// noIDSpan is for IPv6 and for an identification of 0 (RFC 6864 §4.1: atomic datagrams need none). No sender
	// repeats itself so soon, but it may well send two equal ACKs, so those are never taken for copies.
	noIDSpan = 100 * time.Microsecond
)

// recent remembers the last segments of one direction, to tell a packet captured twice.
type recent struct {
	last [maxRecent]packet
	at   uint8
}

// packet is what two copies of a packet have in common. The TTL is not part of it: a mirror port may see both sides of a
// router.
type packet struct {
	time           hanalyze.Time
	seq, ack, ts   uint32
	length         uint32
	flags          hanalyze.TCPFlags
	window, id     uint16
	seen, copyable bool
}

// seen reports whether s is a copy of a recent packet, and remembers it if not.
func (r *recent) seen(s *Segment) bool {
	p := packet{
		time: s.Meta.Time, seq: s.WireSeq, ack: uint32(s.Ack), ts: s.Options.TSVal, length: uint32(s.Len),
		flags: s.Flags, window: s.Window, id: s.id(), seen: true,
	}
	p.copyable = p.id != 0 || s.end() > s.Seq
	if p.copyable {
		for i := range r.last {
			if r.last[i].seq == p.seq && p.copyOf(&r.last[i]) {
				return true
			}
		}
	}
	r.last[r.at%maxRecent] = p
	r.at++
	return false
}

// copyOf reports whether p and q are the same packet.
func (p *packet) copyOf(q *packet) bool {
	after := p.time.Sub(q.time)
	p2 := *p
	p2.time = q.time
	if p2 != *q {
		return false
	}
	if p.id != 0 {
		return after >= -sameIDSpan && after <= sameIDSpan
	}
	return after >= -noIDSpan && after <= noIDSpan
}
