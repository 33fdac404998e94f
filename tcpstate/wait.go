package tcpstate

import (
	"time"

	"hanalyze"
)

// What holds a sender back shows when it is let go: if bytes follow at once, they had waited.

// reason is what may hold a sender back.
type reason uint8

const (
	free   reason = iota // nothing that is known
	small                // its last segment was not full: with Nagle's algorithm it waits for the ACK (RFC 9293 §3.7.4)
	narrow               // the peer's window has no room for a full segment
	full                 // the peer's window is full
	acked                // it waited for an ACK, which came late
	moved                // it waited for the window, which moved
)

// wait is what a sender waits for since its last segment.
type wait struct {
	why          reason
	began, ended hanalyze.Time // ended is valid iff why is acked or moved
	edge         int64         // of the window that holds it back, valid iff why is narrow, full or moved
	frame        uint64        // the segment that began it, or the ACK that was late
}

// A delayed acknowledgment comes within these bounds. RFC 9293 §3.8.6.3 allows less than 500 ms; Linux waits for 40 ms or
// more, less what its timer's grain takes.
const (
	minDelayedAck = 35 * time.Millisecond
	maxDelayedAck = 500 * time.Millisecond
	// muchLonger is how many round trips between the ends an ACK must take to be a delayed one.
	muchLonger = 4
	// atOnce is how soon a sender goes on that was only waiting, apart from the way to it and back.
	atOnce = 2 * time.Millisecond
)

// letsGo takes a segment of direction d, whose ACK may be what its peer waits for.
func (c *Conn) letsGo(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	w := &peer.stall.wait
	lasted := s.Meta.Time.Sub(w.began)
	switch {
	case w.why == acked && s.Len > 0:
		w.why = free // what follows may be an answer to these bytes
	case (w.why == narrow || w.why == full) && h.edge > w.edge:
		if w.why == full {
			c.incidents.find(hanalyze.IncidentWindowFull, d.Reverse()).took(lasted)
		}
		w.why, w.ended = moved, s.Meta.Time
	case w.why == small && h.ack >= peer.next:
		w.why = free
		if s.Len == 0 && minDelayedAck <= lasted && lasted <= maxDelayedAck && lasted >= muchLonger*(c.wayTo(d)+c.wayTo(d.Reverse())) {
			*w = wait{why: acked, began: w.began, ended: s.Meta.Time, frame: s.Meta.Packet}
		}
	}
}

// goesOn takes the first new bytes after a wait.
func (c *Conn) goesOn(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	x := &h.stall
	w := x.wait
	x.wait = wait{}
	lasted := w.ended.Sub(w.began)
	soon := s.Meta.Time.Sub(w.ended) <= atOnce+c.wayTo(d)+c.wayTo(d)/2
	switch {
	case w.why == small && s.Len < x.segment && s.Flags&hanalyze.FIN == 0:
		x.nodelay = true
	case w.why == acked && soon && s.Len < x.segment && !x.nodelay:
		c.incidents.note(hanalyze.IncidentDelayedAck, d.Reverse(), w.frame).took(lasted - c.wayTo(d.Reverse()))
	case w.why == moved && soon && lasted >= scalingHurts && peer.stall.maxWindow >= nearlyMax:
		if by, ok := c.unscaled(); ok {
			c.incidents.note(hanalyze.IncidentNoScaling, by, w.frame).took(lasted)
		}
	}
}

// wayTo is the round trip between the capture point and the end that sends in direction d: the shortest that was seen, or 0
// when none was.
func (c *Conn) wayTo(d hanalyze.Dir) time.Duration {
	way, known := c.handshake.clientRTT()
	if d == hanalyze.S2C {
		way, known = c.handshake.serverRTT()
	}
	samples := &c.half[d.Reverse()].timing.samples
	if samples.count > 0 && (!known || samples.min < way) {
		return samples.min
	}
	if !known {
		return 0
	}
	return way
}
