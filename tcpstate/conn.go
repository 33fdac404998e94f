package tcpstate

import (
	"math"

	"hanalyze"
)

// maxAhead bounds how far a segment may jump ahead of everything seen before: the largest window RFC 7323 §2.3 allows.
// A segment beyond it belongs to another incarnation or is forged, and is not let touch the sequence space.
const maxAhead = 1 << 30

// Conn follows one connection. The zero Conn is not ready: call Init, or use New. It is 3.4 KB, to be part of
// another struct; it allocates at the first step, at the first hole in the sequence space, and in Report.
type Conn struct {
	half  [2]half
	phase phase
	mid   bool // the capture began after the connection did
	begun bool // a segment was seen
	open  bool // both ends have been open, since openAt

	handshake        handshake
	teardown         teardown
	history          history
	incidents        incidents
	silence          silence
	duplicatePackets uint64

	openAt hanalyze.Time
	reset  *reset        // the RST that ended it
	resets uint64        // segments with RST
	last   lastSeen      // the last segment but RSTs
	lastBy hanalyze.Dir  // who sent the last segment
	lastAt hanalyze.Time // when

	steps        []hanalyze.TCPStep
	stepsDropped uint64
}

// half is what is known of one end, from what it sends and what its peer acknowledges.
type half struct {
	state state

	based      bool // next is valid
	hasAck     bool // ack, edge and window are valid
	synSeen    bool // it sent a SYN, with or without ACK
	bareSYN    bool // it sent a SYN without ACK
	finKnown   bool // it sent a FIN; fin is valid
	finAcked   bool // the peer acknowledged the FIN
	reset      bool // it sent a valid RST
	owesSYN    bool // the peer repeated its SYN-ACK: the next ACK is the handshake's once more
	owesFIN    bool // the peer repeated its FIN: the next ACK is the FIN's once more
	barred     bool // an ICMP error says that its SYN did not get through
	summed     bool // one of its checksums was right
	challenged bool // it was sent a SYN or RST that it cannot accept
	probed     bool // it sent a byte into a closed window, which may have been taken
	shift      uint8

	next    int64 // offset after the last one it was seen to send: a lower bound of its SND.NXT
	opened  int64 // offset after its SYN and what the SYN carried; without a SYN, its first offset
	ack     int64 // highest offset it acknowledged: a lower bound of its RCV.NXT
	edge    int64 // right edge of the window it offers
	wildAck int64 // offset it acknowledged that cannot be, 0: none
	syn     int64 // offset of its SYN, valid iff synSeen
	fin     int64 // offset of its FIN, valid iff finKnown

	window uint16 // last window field
	dupRun uint32 // duplicate ACKs since ack last moved

	syns, synAcks, fins, rsts uint32 // segments of each kind seen
	acksOfSYN, acksOfFIN      uint32 // handshake and teardown ACKs seen
	finAt                     hanalyze.Time
	stay                      stay

	origin origin
	offer  offer
	sent   sent
	timing timing
	loss   loss
	recent recent
	stall  stall
}

// New returns a Conn that is ready. midStream says that the capture began after the connection did.
func New(midStream bool) *Conn {
	c := new(Conn)
	c.Init(midStream)
	return c
}

// Init makes c ready for a new connection, whatever it was used for before.
func (c *Conn) Init(midStream bool) {
	*c = Conn{mid: midStream, steps: c.steps[:0]}
	c.half[hanalyze.S2C].state = listen
}

// Over reports whether both ends are done: closed, in TIME-WAIT, or reset.
func (c *Conn) Over() bool { return c.begun && c.half[0].state.done() && c.half[1].state.done() }

// State returns the state of the end that sends in direction d.
func (c *Conn) State(d hanalyze.Dir) hanalyze.TCPState { return stateNames[c.half[d].state] }

// Segment takes the next segment of the connection, sent in direction d, in capture order. s is borrowed. A segment of
// class duplicate_packet, old_duplicate or invalid changes no state, unless it is the first and so begins the connection.
func (c *Conn) Segment(d hanalyze.Dir, s *Segment) (v Verdict) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if !c.begun {
		c.history.begin(d)
	}
	c.history.note(d, s)
	if s.Flags&hanalyze.ACK != 0 && s.Ack > c.history.dir[d.Reverse()].acked {
		c.history.acked(d, s.Ack, peer.next, peer.loss.holes)
	}
	if h.recent.seen(s, h.next, &h.loss.newest) {
		c.duplicated(d, s)
		v.Class = ClassDuplicatePacket
		return v
	}
	was, peerWas, phaseWas := h.state, peer.state, c.phase
	if !c.begun {
		c.begin(d, s)
	}
	if c.reset != nil {
		c.outlived(d, s)
	}
	if h.challenged {
		c.challenge(d, s)
	}
	if s.Sum != SumUnknown {
		c.summed(d, s)
	}

	var m mark
	switch {
	case s.Flags&hanalyze.RST != 0:
		v.Class, m = c.rst(d, s)
	case s.Flags&hanalyze.SYN != 0:
		v.Class, m = c.syn(d, s)
	default:
		v.Class, m = c.transfer(d, h, peer, s)
	}
	if v.Class == ClassRetransmission && s.Flags&hanalyze.RST == 0 {
		v.Cause = h.loss.resent.cause()
	}
	c.watch(d, h, peer, s, v.Class)
	c.remember(d, s, m)

	if m.phase != noPhase {
		c.phase = m.phase
	}
	if h.state != was || peer.state != peerWas || c.phase != phaseWas || m.step != noStep {
		c.moved(s.Meta.Time)
		v.Changed = true
		v.Step = c.step(d, s, m)
	}
	return v
}

// begin takes the first segment as evidence of what came before it.
func (c *Conn) begin(d hanalyze.Dir, s *Segment) {
	c.begun = true
	h, peer := &c.half[d], &c.half[d.Reverse()]
	switch {
	case s.Flags&hanalyze.RST != 0:
	case s.Flags.Has(hanalyze.SYN | hanalyze.ACK):
		h.state, peer.state = listen, synSent // the SYN it answers was not captured
	case s.Flags&hanalyze.SYN != 0:
		if h.state == listen { // the caller took the sender of the first SYN for the server
			h.state, peer.state = closed, listen
		}
	default:
		c.mid = true
		h.state, peer.state = established, established
		c.phase = dataPhase
	}
}

// expect makes at the offset of h's next byte when nothing is known of h yet.
func (h *half) expect(at int64) {
	if !h.based {
		h.based, h.next, h.opened = true, at, at
	}
}

// transfer takes a segment with neither RST nor SYN.
func (c *Conn) transfer(d hanalyze.Dir, h, peer *half, s *Segment) (Class, mark) {
	acks := s.Flags&hanalyze.ACK != 0
	h.expect(s.Seq)
	if acks {
		peer.expect(s.Ack)
	}
	switch {
	case s.end()-h.next > maxAhead, acks && s.Ack-peer.next > maxAhead, acks && c.wild(h, peer, s):
		c.incidents.note(hanalyze.IncidentImplausible, d, s.Meta.Packet)
		return ClassInvalid, mark{}
	case h.next-s.Seq > maxAhead:
		return ClassOldDuplicate, mark{}
	case acks && peer.state == synSent && peer.synSeen && !h.synSeen && (s.Ack <= peer.syn || s.Ack > peer.next):
		// RFC 9293 figure 9: the other end is still in an older connection.
		if s.Len == 0 {
			c.incidents.note(hanalyze.IncidentChallengeACK, d, s.Meta.Packet)
			c.incidents.note(hanalyze.IncidentHalfOpen, d.Reverse(), s.Meta.Packet)
		}
		return ClassOldDuplicate, mark{}
	}

	class := c.classify(d, h, peer, s)
	if class == ClassDuplicatePacket {
		return class, mark{}
	}
	var m mark
	switch {
	case class == ClassKeepAlive:
		m.phase = keepAlivePhase
	case s.Len > 0:
		m.phase = dataPhase
	}
	if h.state < established || peer.state < established {
		c.settle(d, s, &m)
	}
	if acks {
		c.acknowledge(d, h, peer, s, &m)
	}
	if s.Flags&hanalyze.FIN != 0 {
		c.finish(d, s, &m)
	}
	return class, m
}

// wild reports whether s acknowledges bytes that were never seen and cannot have been sent: its sender's own window did not
// admit them, or the handshake is not over (RFC 9293 §3.10.7.4). Where the capture itself paused the next acknowledgment
// says the same again, and is believed.
func (c *Conn) wild(h, peer *half, s *Segment) bool {
	if s.Ack <= peer.next {
		return false
	}
	early := peer.state == synReceived && peer.synSeen && s.Ack > peer.next+1
	if !early && (!c.handshake.scaled || !h.hasAck || s.Ack <= h.edge+math.MaxUint16<<h.shift) {
		return false
	}
	again := h.wildAck != 0 && s.Ack >= h.wildAck
	h.wildAck = s.Ack
	return !again
}

// acknowledge takes the acknowledgment and window fields of a segment without SYN.
func (c *Conn) acknowledge(d hanalyze.Dir, h, peer *half, s *Segment, m *mark) {
	if h.owesSYN {
		c.acknowledgeSYN(h, s, m)
	}
	if peer.probed && s.Ack == peer.next+1 { // the probe's byte fitted after all
		peer.probed = false
		peer.next++
	}
	if s.Flags&hanalyze.FIN != 0 || h.finKnown {
		c.inferFIN(d, s)
	}
	if peer.finKnown && s.Ack > peer.fin {
		c.acknowledgeFIN(d, s, m)
	}
	h.offers(s.Ack, int64(s.Window)<<h.shift)
	c.hear(d, h, peer, s)
	h.window = s.Window
}

// hear takes what an acknowledgment says of the bytes of its receiver.
func (c *Conn) hear(d hanalyze.Dir, h, peer *half, s *Segment) {
	l := &peer.loss
	if s.Options.SACKs > 0 {
		c.selective(d, s)
	} else {
		l.sacked.n = 0
	}
	if h.hasAck && s.Ack <= h.ack {
		return
	}
	h.hasAck, h.ack, h.dupRun = true, s.Ack, 0
	l.progressed = s.Meta.Time
	if s.Ack >= l.recovery.until {
		l.recovery = recovery{}
	}
	if l.resent != nil {
		c.weigh(d.Reverse(), s)
	}
	peer.timing.acknowledged(s)
	if len(l.holes) > 0 {
		c.missed(d.Reverse(), s.Ack, s.Meta.Packet)
	}
	c.unblock(d.Reverse(), s)
	if s.Ack > peer.next && peer.sent.unseenAt == 0 {
		peer.sent.unseenAt = s.Meta.Packet
	}
}

// offers takes a window of so many bytes from ack on. Its right edge never moves left (RFC 9293 §3.8.6: "shrinking the
// window" is to be expected of nobody).
func (h *half) offers(ack, window int64) {
	if edge := ack + window; !h.hasAck || edge > h.edge {
		h.edge = edge
	}
}

// step makes the record of a segment that changed something, after it did.
func (c *Conn) step(d hanalyze.Dir, s *Segment, m mark) *hanalyze.TCPStep {
	var t *hanalyze.TCPStep
	switch {
	case m.step == noStep:
		t = new(hanalyze.TCPStep)
	case len(c.steps) == hanalyze.MaxTCPSteps:
		t = new(hanalyze.TCPStep)
		c.stepsDropped++
	default:
		if c.steps == nil {
			c.steps = make([]hanalyze.TCPStep, 0, usualSteps)
		}
		c.steps = append(c.steps, hanalyze.TCPStep{})
		t = &c.steps[len(c.steps)-1]
	}
	*t = hanalyze.TCPStep{
		Frame: s.Meta.Packet, TS: s.Meta.Time, Dir: d, Flags: flagLetters(s.Flags),
		Phase: phaseNames[c.phase], Step: stepNames[m.step], Merged: m.merged, Retry: uint64(m.retry),
		ClientState: c.State(hanalyze.C2S), ServerState: c.State(hanalyze.S2C),
	}
	return t
}

// usualSteps is what an undisturbed connection has: three of the handshake and four of the teardown.
const usualSteps = 7

// Dropped counts what the limits of one Conn kept out of its report.
type Dropped struct {
	Steps   uint64 // steps beyond hanalyze.MaxTCPSteps
	History uint64 // history letters beyond maxHistory
	Holes   uint64 // holes beyond maxHoles: late arrivals in them are told as retransmissions
}

// Dropped returns the counts of what was left out.
func (c *Conn) Dropped() Dropped {
	return Dropped{
		Steps:   c.stepsDropped,
		History: c.history.dropped,
		Holes:   c.half[0].loss.holesDropped + c.half[1].loss.holesDropped,
	}
}
