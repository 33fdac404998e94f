package tcpstate

import (
	"time"

	"hanalyze"
)

// idleBefore is how long both ends must have been silent for a reset to be told as one of an idle connection: longer than
// a round trip and most timeouts, shorter than the idle limits of NATs, proxies and servers.
const idleBefore = time.Second

// lastSeen is the kind of segment seen last, for what a reset came after.
type lastSeen uint8

const (
	afterNothing lastSeen = iota
	afterSYN
	afterSYNACK
	afterHandshake // the ACK that completed the opening
	afterData
	afterAck
	afterFIN
)

var afterNames = [...]string{"nothing", "syn", "syn_ack", "handshake", "data", "acknowledgment", "fin"}

// reset is the RST that ended a connection, as it was found.
type reset struct {
	frame    uint64
	phase    string
	after    string
	silence  time.Duration
	unread   int64
	evidence evidence
	ttl      uint8
	doubt    *doubt // nil when its sequence number was the expected one
}

// remember notes a segment, after it was classed, as the one before whatever comes next.
func (c *Conn) remember(d hanalyze.Dir, s *Segment, m mark) {
	c.lastAt, c.lastBy = s.Meta.Time, d
	switch {
	case s.Flags&(hanalyze.SYN|hanalyze.FIN|hanalyze.RST) == 0 && m.step != ackStep:
		c.last = afterAck
		if s.Len > 0 {
			c.last = afterData
		}
	case s.Flags&hanalyze.RST != 0:
		return
	case s.Flags&hanalyze.FIN != 0:
		c.last = afterFIN
	case s.Flags.Has(hanalyze.SYN | hanalyze.ACK):
		c.last = afterSYNACK
	case s.Flags&hanalyze.SYN != 0:
		c.last = afterSYN
	case s.Len > 0:
		c.last = afterData
	default:
		c.last = afterHandshake
	}
	c.half[d].origin.note(s)
}

// rst takes a segment with RST.
func (c *Conn) rst(d hanalyze.Dir, s *Segment) (Class, mark) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	c.resets++
	if !c.validReset(d, s) {
		// Who has closed answers what was still on its way with as many RSTs: nothing is wrong with that.
		if !h.finKnown && !h.reset {
			c.incidents.note(hanalyze.IncidentInvalidReset, d, s.Meta.Packet)
			peer.challenged = peer.state > synSent
		}
		return ClassInvalid, mark{}
	}
	class := ClassNew
	if h.rsts > 0 {
		class = ClassRetransmission
	}
	if !c.teardown.over() {
		c.ends(d, s)
	}
	if peer.state == timeWait {
		c.teardown.assassinated = true
	}
	h.reset = true
	h.rsts++
	h.state, peer.state = h.state.after(resets), peer.state.after(resets)
	return class, mark{step: rstStep, phase: resetPhase, retry: h.rsts - 1}
}

// ends takes the RST that ends the connection, before the states change.
func (c *Conn) ends(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	r := &reset{
		frame:    s.Meta.Packet,
		phase:    c.resetPhase(),
		after:    afterNames[c.last],
		unread:   c.unread(d, s),
		ttl:      s.TTL,
		evidence: c.unlike(d, s),
	}
	if c.open && peer.hasAck && s.Seq > h.next {
		r.doubt = &doubt{states: [2]state{c.half[0].state, c.half[1].state}, teardown: c.teardown}
	}
	if c.last != afterNothing {
		r.silence = max(s.Meta.Time.Sub(c.lastAt), 0)
	}
	switch {
	case c.open && r.silence >= idleBefore:
		r.after = "idle"
	case c.last == afterData && r.unread > 0:
		r.after = "unread_data"
	}
	if c.forgot(d, s) {
		c.incidents.note(hanalyze.IncidentHalfOpen, d, s.Meta.Packet)
	}
	c.teardown.reset(d, h, peer)
	c.teardown.begin(s.Meta.Time)
	c.reset = r
}

// resetPhase names the phase that a RST ends.
func (c *Conn) resetPhase() string {
	switch {
	case c.teardown.fins > 0:
		return phaseNames[teardownPhase]
	case c.open || c.mid:
		return phaseNames[dataPhase]
	}
	return phaseNames[handshakePhase]
}

// unread counts the bytes that the receiver of the RST had sent and its sender had not acknowledged, not with the RST either.
func (c *Conn) unread(d hanalyze.Dir, s *Segment) int64 {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	taken := max(h.ack, peer.opened)
	if s.Flags&hanalyze.ACK != 0 {
		taken = max(taken, s.Ack)
	}
	sent := peer.next
	if peer.finKnown {
		sent = min(sent, peer.fin)
	}
	return max(sent-taken, 0)
}

// forgot reports whether the sender of a RST no longer knew a connection that it never closed. RFC 9293 §3.10.7.1: who
// has no connection answers a segment that carries an ACK with a bare RST of that very number, while who aborts a
// connection it still has acknowledges.
func (c *Conn) forgot(d hanalyze.Dir, s *Segment) bool {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	return s.Flags&hanalyze.ACK == 0 && c.last == afterData && !h.finKnown && !h.reset && !peer.finKnown &&
		h.state >= established && c.lastBy == d.Reverse() && s.Seq == peer.ack
}

// validReset obeys RFC 9293 §3.5.2 and RFC 5961 §3.2 as far as the middle can: in SYN-SENT a RST must acknowledge the
// SYN; elsewhere its sequence number must lie in the receiver's window. The receiver may have taken more than it has
// acknowledged, so a number it could not expect any more may still pass here. One ahead of everything seen passes too, as
// the capture may lack what came before it, until its sender goes on: see doubt.
func (c *Conn) validReset(d hanalyze.Dir, s *Segment) bool {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	switch {
	case peer.state == synSent && !h.synSeen:
		return s.Flags&hanalyze.ACK != 0 && (!peer.synSeen || s.Ack > peer.syn && s.Ack <= peer.next)
	case !peer.hasAck:
		return true
	}
	edge := max(peer.edge, h.next)
	if !c.handshake.scaled {
		edge = max(edge, peer.ack+int64(peer.window)<<maxShift)
	}
	return s.Seq >= peer.ack && s.Seq <= edge
}

// doubt is what was before a RST whose number is in the receiver's window and not the one it expects, as far as was seen.
// RFC 5961 §3.2: the receiver answers it with a challenge ACK and goes on, and so does its supposed sender.
type doubt struct {
	states   [2]state
	teardown teardown
}

// outlived takes a segment that follows the RST that ended the connection. Who goes on after its RST has hardly sent it.
func (c *Conn) outlived(d hanalyze.Dir, s *Segment) {
	h, r := &c.half[d], c.reset
	switch {
	case s.Flags&hanalyze.RST != 0:
	case d != c.teardown.by:
		if r.doubt != nil && s.Len == 0 && s.Ack == h.ack {
			h.challenged = true
		}
	case r.doubt != nil && c.continues(d, s):
		c.revive(d)
	case s.Flags&hanalyze.SYN != 0, s.Len > 0 && s.Seq >= h.next:
		r.evidence |= spokeAfter
		if o := (origin{low: s.TTL, high: s.TTL}); !h.origin.seen && o.away(r.ttl) {
			r.evidence |= unlikeTTL // it had said nothing before its RST to compare it with
		}
	}
}

// continues reports whether a segment continues what its sender was seen to send.
func (c *Conn) continues(d hanalyze.Dir, s *Segment) bool {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	return s.Flags&(hanalyze.SYN|hanalyze.ACK) == hanalyze.ACK && s.Seq <= h.next && s.end() >= h.next && s.Ack <= peer.next
}

// revive takes back a RST that has ended nothing: its receiver did not accept it and its supposed sender knows nothing of
// it.
func (c *Conn) revive(d hanalyze.Dir) {
	c.incidents.note(hanalyze.IncidentInvalidReset, d, c.reset.frame)
	for e := range c.half {
		c.half[e].state = c.reset.doubt.states[e]
		c.half[e].reset = false
	}
	c.teardown = c.reset.doubt.teardown
	c.reset = nil
	c.phase = dataPhase
}

// challenge takes the next segment of an end that had to answer a SYN or RST it could not accept: RFC 5961 §3.2 and §4.2
// ask for an ACK that says nothing new.
func (c *Conn) challenge(d hanalyze.Dir, s *Segment) {
	h := &c.half[d]
	h.challenged = false
	if s.Len == 0 && s.Flags&(hanalyze.SYN|hanalyze.FIN|hanalyze.RST|hanalyze.ACK) == hanalyze.ACK && s.Ack == h.ack {
		c.incidents.note(hanalyze.IncidentChallengeACK, d, s.Meta.Packet)
	}
}

// reportReset tells of the RST that ended the connection, nil when none did.
func (c *Conn) reportReset() *hanalyze.TCPReset {
	if c.reset == nil {
		return nil
	}
	by, e := c.teardown.by, c.reset.evidence
	if c.half[by.Reverse()].ack > c.half[by].next {
		e &^= unlikeSequence // its receiver has what came before it: only the capture lacks it
	}
	return &hanalyze.TCPReset{
		By:        by.Sender(),
		Frame:     c.reset.frame,
		Phase:     c.reset.phase,
		After:     c.reset.after,
		Silence:   hanalyze.Known(c.reset.silence),
		Unread:    uint64(c.reset.unread),
		Count:     uint64(c.resets),
		Injection: e.report(),
	}
}
