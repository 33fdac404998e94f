package tcpstate

import (
	"time"

	"hanalyze"
)

// minBlocked is the least wait worth telling. Shorter ones are packets that overtook each other.
const minBlocked = time.Millisecond

// blocked is the time during which bytes that the receiver of a direction had could not be read, because bytes before them
// were missing (head-of-line blocking): from the first sign, a hole in the capture or a SACK, to the ACK that passes them.
type blocked struct {
	on    bool
	at    int64 // offset of the first byte that waits
	since hanalyze.Time
}

// begin notes that bytes from at on wait.
func (b *blocked) begin(at int64, now hanalyze.Time) {
	if !b.on {
		*b = blocked{true, at, now}
	}
}

// forget ends a wait that was none: the receiver had what comes before at all the time.
func (b *blocked) forget(at int64) {
	if b.on && b.at == at {
		b.on = false
	}
}

// unblock takes an ACK of the bytes of direction d.
func (c *Conn) unblock(d hanalyze.Dir, s *Segment) {
	b := &c.half[d].loss.blocked
	if !b.on || s.Ack < b.at {
		return
	}
	b.on = false
	if wait := s.Meta.Time.Sub(b.since); wait >= minBlocked {
		x := c.incidents.note(hanalyze.IncidentHeadOfLine, d, s.Meta.Packet)
		x.bytes += uint64(s.Ack - b.at)
		x.took(wait)
	}
}
