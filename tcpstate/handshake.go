package tcpstate

import (
	"time"

	"hanalyze"
)

// maxShift is the largest window scale an end may use, RFC 7323 §2.3.
const maxShift = 14

// handshake is what is known of the opening. The server's half of the round trip is from the last SYN to the first
// SYN-ACK and the client's from the last SYN-ACK to the first ACK, so that no timeout is taken for a round trip.
type handshake struct {
	synAt, firstSYNACK, lastSYNACK, ackAt hanalyze.Time

	firstSYN, lastSYN hanalyze.Time   // the client's, valid iff syns > 0
	syns              uint32          // SYNs of the client, without ACK
	backoff           []hanalyze.Span // times between them

	syn, synAck, ack bool // the times are valid
	scaled           bool // the shifts of both windows are known
	tfo              tfo
}

// offer is what one end's SYN said.
type offer struct {
	isn         uint32
	mss         uint16
	windowScale uint8
	hasScale    bool
	sack        bool
	timestamps  bool
}

// tfo is how far TCP Fast Open went, RFC 7413 §3.
type tfo uint8

const (
	tfoNone tfo = iota
	tfoCookieRequest
	tfoDataOnSYN
	tfoAccepted
)

var tfoNames = [...]string{"none", "cookie_request", "data_on_syn", "accepted"}

// serverRTT is the round trip between the capture point and the server.
func (h *handshake) serverRTT() (d time.Duration, ok bool) {
	return h.firstSYNACK.Sub(h.synAt), h.syn && h.synAck && h.firstSYNACK >= h.synAt
}

// clientRTT is the round trip between the capture point and the client.
func (h *handshake) clientRTT() (d time.Duration, ok bool) {
	return h.ackAt.Sub(h.lastSYNACK), h.synAck && h.ack && h.ackAt >= h.lastSYNACK
}

// rtt is the round trip between client and server: both halves, or 0 when one is not known.
func (h *handshake) rtt() time.Duration {
	server, ok := h.serverRTT()
	client, ok2 := h.clientRTT()
	if !ok || !ok2 {
		return 0
	}
	return server + client
}

// syn takes a segment with SYN and without RST.
func (c *Conn) syn(d hanalyze.Dir, s *Segment) (Class, mark) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	acks := s.Flags&hanalyze.ACK != 0
	if c.asksAgain(h, peer, s) {
		h.state, peer.state, peer.reset = synSent, listen, false
		c.teardown, c.reset = teardown{}, nil
	}
	switch {
	case h.synSeen && s.Seq != h.syn,
		!h.synSeen && h.state >= established,
		h.based && (s.Seq-h.next > maxAhead || h.next-s.Seq > maxAhead),
		h.reset || peer.reset || c.open && h.state == closed,
		acks && peer.synSeen && (s.Ack <= peer.syn || s.Ack > peer.next):
		// RFC 9293 figure 8: a SYN from an older connection; or one that would begin the next.
		c.stale(d, s)
		return ClassOldDuplicate, mark{}
	}
	class := c.repeatedSYN(d, s)
	if class == ClassDuplicatePacket {
		return class, mark{}
	}
	if !h.synSeen {
		h.synSeen, h.syn = true, s.Seq
		h.offer = offer{
			isn: s.WireSeq, mss: s.Options.MSS, windowScale: s.Options.WindowScale, hasScale: s.Options.HasWindowScale,
			sack: s.Options.SACKPermitted, timestamps: s.Options.HasTS,
		}
	}
	h.expect(s.end())
	h.next, h.opened = max(h.next, s.end()), max(h.opened, s.end())
	h.window = s.Window
	if class == ClassNew {
		h.sent.data(s, s.Len)
		h.loss.newest.advance(s)
	}
	h.loss.lastSent = s.Meta.Time
	c.scale()
	if acks {
		return class, c.synAck(d, s)
	}
	h.bareSYN = true
	h.syns++
	h.state = h.state.after(sendsSYN)
	c.handshake.noteSYN(d, s)
	return class, mark{step: synStep, phase: handshakePhase, retry: h.syns - 1}
}

// asksAgain reports whether s is the SYN that was refused, once more: Windows tries a closed port three times.
func (c *Conn) asksAgain(h, peer *half, s *Segment) bool {
	return c.teardown.refused && h.bareSYN && s.Seq == h.syn && s.Flags&hanalyze.ACK == 0 && peer.reset && !h.reset &&
		h.state == closed
}

// repeatedSYN classes a SYN and counts it when it was sent before.
func (c *Conn) repeatedSYN(d hanalyze.Dir, s *Segment) Class {
	h := &c.half[d]
	first := h.syns == 0
	if s.Flags&hanalyze.ACK != 0 {
		first = h.synAcks == 0
	}
	if first {
		return ClassNew
	}
	if quiet := c.quiet(h, s); h.loss.newest.copied(s, quiet) && (s.Options.HasTS || quiet < quietFloor) {
		c.duplicated(d, s)
		return ClassDuplicatePacket
	}
	c.retransmitted(d, s, s.Len)
	return ClassRetransmission
}

// synAck takes what a SYN with ACK says beyond its SYN.
func (c *Conn) synAck(d hanalyze.Dir, s *Segment) mark {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	h.synAcks++
	if h.synAcks > 1 && peer.acksOfSYN > 0 {
		peer.owesSYN = true
	}
	peer.expect(s.Ack)
	if peer.synSeen && s.Ack > peer.syn+1 {
		c.handshake.tfo = tfoAccepted
	}
	h.offers(s.Ack, int64(s.Window)) // RFC 7323 §2.2: the window of a SYN is never scaled
	if !h.hasAck || s.Ack > h.ack {
		h.hasAck, h.ack = true, s.Ack
	}
	h.state = h.state.after(sendsSYNACK)
	peer.state = peer.state.after(synTaken)
	if peer.hasAck && peer.ack > h.syn {
		h.state = h.state.after(synTaken) // both sent a SYN-ACK, and the peer's is on its way here
	}
	if !h.bareSYN { // else the opening is simultaneous, and this is nobody's round trip
		c.handshake.noteSYNACK(s)
	}
	return mark{step: synackStep, phase: handshakePhase, retry: h.synAcks - 1}
}

// scale settles the window shifts: RFC 7323 §2.2, both ends scale or neither does, so one SYN without the option is enough
// to know that neither does.
func (c *Conn) scale() {
	a, b := &c.half[0], &c.half[1]
	switch {
	case a.synSeen && !a.offer.hasScale, b.synSeen && !b.offer.hasScale:
		c.handshake.scaled = true
	case a.synSeen && b.synSeen:
		c.handshake.scaled = true
		a.shift, b.shift = min(a.offer.windowScale, maxShift), min(b.offer.windowScale, maxShift)
	}
}

// settle moves ends that have not been open yet, by a segment with neither SYN nor RST.
func (c *Conn) settle(d hanalyze.Dir, s *Segment, m *mark) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	was, peerWas := h.state, peer.state
	if s.Flags&hanalyze.ACK != 0 {
		h.state = h.state.after(takesSYN)
		if !peer.synSeen || s.Ack > peer.syn {
			peer.state = peer.state.after(synTaken)
		}
		if s.Ack > peer.opened {
			peer.state = peer.state.after(sendsData)
		}
	}
	// RFC 7413 §4.2.2: after Fast Open the server may send before its SYN-ACK is acknowledged.
	if s.Len > 0 && c.handshake.tfo != tfoAccepted {
		h.state = h.state.after(sendsData)
	}
	if was == synSent && h.state == established || peerWas == synReceived && peer.state == established && peer.synSeen {
		h.acksOfSYN++
		m.step, m.phase = ackStep, handshakePhase
		c.handshake.noteACK(s)
	}
}

// acknowledgeSYN labels the ACK that a repeated SYN-ACK is answered with.
func (c *Conn) acknowledgeSYN(h *half, s *Segment, m *mark) {
	h.owesSYN = false
	if s.Len == 0 && s.Flags&hanalyze.FIN == 0 {
		m.step, m.phase, m.retry = ackStep, handshakePhase, h.acksOfSYN
		h.acksOfSYN++
	}
}

func (h *handshake) noteSYN(d hanalyze.Dir, s *Segment) {
	if d == hanalyze.C2S {
		h.retried(s.Meta.Time)
	}
	if h.synAck {
		return
	}
	h.syn, h.synAt = true, s.Meta.Time
	switch {
	case s.Len > 0:
		h.tfo = max(h.tfo, tfoDataOnSYN)
	case s.Options.TFO == TFORequest:
		h.tfo = max(h.tfo, tfoCookieRequest)
	}
}

// retried keeps the time since the client's SYN before this one.
func (h *handshake) retried(now hanalyze.Time) {
	switch {
	case h.syns == 0:
		h.firstSYN = now
	case len(h.backoff) < hanalyze.MaxBackoff:
		h.backoff = append(h.backoff, hanalyze.Known(max(now.Sub(h.lastSYN), 0)))
	}
	h.syns++
	h.lastSYN = now
}

// stale notes a SYN of an older connection, or of one its sender would have instead of this one. A receiver that is open
// answers it with a challenge ACK (RFC 5961 §4.2).
func (c *Conn) stale(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if h.reset || peer.reset || s.Flags&hanalyze.ACK != 0 {
		return
	}
	c.incidents.note(hanalyze.IncidentStaleSYN, d, s.Meta.Packet)
	peer.challenged = peer.state >= established
}

func (h *handshake) noteSYNACK(s *Segment) {
	if h.ack {
		return
	}
	if !h.synAck {
		h.synAck, h.firstSYNACK = true, s.Meta.Time
	}
	h.lastSYNACK = s.Meta.Time
}

func (h *handshake) noteACK(s *Segment) {
	if h.synAck && !h.ack {
		h.ack, h.ackAt = true, s.Meta.Time
	}
}
