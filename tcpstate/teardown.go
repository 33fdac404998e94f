package tcpstate

import "hanalyze"

// teardown is what is known of the end of the connection. fin_1 and fin_2 are named by the order in which they were seen.
type teardown struct {
	fins     int          // ends known to have closed, 0 to 2
	first    hanalyze.Dir // who closed first, valid iff fins > 0
	merged   bool         // fin_2 carried the first ACK of fin_1
	crossed  bool         // fin_2 did not acknowledge fin_1: both closed at the same time
	aborted  bool         // a RST ended it before both had closed
	refused  bool         // the RST answered the SYN
	by       hanalyze.Dir // who sent the RST, valid iff aborted
	segments uint64       // segments it took

	at           hanalyze.Time // of the first FIN or RST
	began        bool          // at is valid
	assassinated bool          // a RST came to an end in TIME-WAIT
	reused       bool          // a SYN reopened it in TIME-WAIT
}

// begin notes when the first FIN or RST was seen.
func (t *teardown) begin(at hanalyze.Time) {
	if !t.began {
		t.began, t.at = true, at
	}
}

// over reports whether nothing is left to be ended.
func (t *teardown) over() bool { return t.aborted || t.fins == 2 }

// finStep and finAckStep name the FIN of the end that sends in direction d, and the ACK of that FIN.
func (t *teardown) finStep(d hanalyze.Dir) step {
	if d == t.first {
		return fin1Step
	}
	return fin2Step
}

func (t *teardown) finAckStep(d hanalyze.Dir) step { return t.finStep(d) + 1 }

// reset takes the RST of h that ends the connection, before the states change.
func (t *teardown) reset(d hanalyze.Dir, h, peer *half) {
	t.aborted, t.by = true, d
	t.refused = peer.state == synSent && !h.synSeen
	t.segments++
}

// closes notes that the end that sends in direction d has closed at offset fin.
func (c *Conn) closes(d hanalyze.Dir, fin int64) {
	h := &c.half[d]
	h.finKnown, h.fin = true, fin
	if c.teardown.fins == 0 {
		c.teardown.first = d
	}
	c.teardown.fins++
	h.state = h.state.after(sendsFIN)
}

// inferFIN concludes that the peer's FIN was not captured: h, which has closed or closes now, acknowledges exactly one
// offset beyond everything seen of the peer. A single lost byte of data would look the same, but is much rarer.
func (c *Conn) inferFIN(d hanalyze.Dir, s *Segment) {
	peer := &c.half[d.Reverse()]
	if peer.finKnown || peer.reset || c.half[d].reset || peer.state < established {
		return
	}
	if s.Ack == peer.next && peer.loss.endsInFIN(peer.next) { // and its sender has gone on behind it, with an empty ACK
		peer.next--
	}
	if s.Ack == peer.next+1 {
		c.closes(d.Reverse(), peer.next)
		peer.next++
	}
}

// acknowledgeFIN takes an ACK of the peer's FIN.
func (c *Conn) acknowledgeFIN(d hanalyze.Dir, s *Segment, m *mark) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	switch {
	case !peer.finAcked:
		peer.finAcked = true
		taken := finTaken
		if h.finKnown && s.Seq > h.fin {
			taken = finTakenAfter
		}
		h.state, peer.state = h.state.after(takesFIN), peer.state.after(taken)
	case !h.owesFIN || s.Len > 0 || s.Flags&hanalyze.FIN != 0:
		return
	}
	h.owesFIN = false
	m.step, m.phase, m.retry = c.teardown.finAckStep(d.Reverse()), teardownPhase, h.acksOfFIN
	h.acksOfFIN++
	if s.Flags&hanalyze.FIN == 0 {
		c.teardown.segments++
	}
}

// finish takes a FIN, after the acknowledgment of the same segment.
func (c *Conn) finish(d hanalyze.Dir, s *Segment, m *mark) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	t := &c.teardown
	fin := s.Seq + s.Len
	switch {
	case h.finKnown && fin != h.fin, !h.finKnown && t.aborted:
		return
	case !h.finKnown:
		c.closes(d, fin)
		if t.fins == 2 {
			t.merged = m.step == fin1AckStep
			t.crossed = !peer.finAcked
		}
	}
	if h.fins == 0 {
		h.finAt = s.Meta.Time
		t.begin(s.Meta.Time)
	}
	h.fins++
	t.segments++
	peer.owesFIN = h.fins > 1 && peer.acksOfFIN > 0
	if h.fins > 1 && m.step != noStep {
		return // a repeated FIN whose news is the ACK it carries
	}
	m.step, m.phase, m.retry = t.finStep(d), teardownPhase, h.fins-1
	m.merged = t.merged && m.step == fin2Step
}
