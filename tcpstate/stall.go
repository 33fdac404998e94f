package tcpstate

import (
	"time"

	"hanalyze"
)

// stall is what one end did that made somebody wait, and what it waits for itself. As a receiver it offers windows
// (window.go), as a sender it is held back by windows and by acknowledgments (wait.go).
type stall struct {
	offered     bool   // field and window are valid
	measured    bool   // minWindow and maxWindow are valid: it offered a window of known scale after its SYN
	closed      bool   // its window is closed, since closedAt
	nodelay     bool   // it sent a small segment while one was outstanding: no Nagle algorithm
	asked       Class  // the probe it sent and that was not answered yet: ClassKeepAlive or ClassWindowProbe, else 0
	field       uint16 // the last window field
	zeroWindows uint32
	fulls       uint32
	probes      uint32
	keepAlives  uint32
	updates     uint32

	probeAcks, keepAliveAcks uint32 // its answers to the peer's probes

	ack                  int64 // highest offset it had acknowledged, before the segment being watched
	window               int64 // the last window it offered, scaled
	largest              int64 // the largest, that of its SYN included
	minWindow, maxWindow int64
	closedAt             hanalyze.Time

	segment     int64 // the largest payload the peer's SYN lets it send in one segment, 0 when that is not known
	maxInFlight int64
	fullEdge    int64 // the edge of the peer's window that it filled last
	wait        wait
}

// watch sees every segment after it was classed and the states were moved; duplicates of a capture are left out.
func (c *Conn) watch(d hanalyze.Dir, h, peer *half, s *Segment, class Class) {
	if class > ClassWindowProbe {
		return // what both ends ignore makes nobody wait
	}
	if s.Meta.Time.Sub(c.silence.last) > c.silence.quiet {
		c.broken(d, s, class)
	}
	c.silence.last = s.Meta.Time
	if s.Flags&(hanalyze.SYN|hanalyze.FIN|hanalyze.RST) != 0 {
		c.silence.closing = c.silence.closing || s.Flags&hanalyze.SYN == 0
		if s.Flags&hanalyze.FIN == 0 {
			c.watchSYN(d, s)
			return
		}
	}
	if s.Len > 0 {
		c.watchData(d, h, peer, s, class)
	}
	if class >= ClassKeepAlive {
		c.asks(d, s, class)
	}
	if s.Flags&hanalyze.ACK != 0 {
		c.watchAck(d, h, peer, s, class)
	}
}

// watchSYN takes what a SYN says of segments and windows; a RST says nothing of them.
func (c *Conn) watchSYN(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if s.Flags&hanalyze.RST != 0 {
		return
	}
	h.stall.maxInFlight = max(h.stall.maxInFlight, s.Len)
	h.stall.window, h.stall.largest, h.stall.ack = int64(s.Window), int64(s.Window), h.ack
	if h.synSeen && peer.synSeen {
		h.stall.segment, peer.stall.segment = h.offer.room(peer.offer), peer.offer.room(h.offer)
	}
}

// room is the largest payload of a segment to an end that offered to, from one that offered o.
func (o offer) room(to offer) int64 {
	const (
		defaultMSS    = 536 // RFC 9293 §3.7.1: what an end that says nothing takes
		timestampsLen = 12  // RFC 7323 appendix A: on every segment, once both agreed
	)
	mss := int64(to.mss)
	if mss == 0 {
		mss = defaultMSS
	}
	if o.timestamps && to.timestamps {
		mss -= timestampsLen
	}
	return max(mss, 1)
}

// watchData takes a segment that carries bytes.
func (c *Conn) watchData(d hanalyze.Dir, h, peer *half, s *Segment, class Class) {
	x := &h.stall
	if class > ClassAhead {
		return
	}
	acked := peer.ack
	if !peer.hasAck {
		acked = h.opened
	}
	end := s.Seq + s.Len
	edge := acked + maxAhead
	if peer.hasAck && c.handshake.scaled {
		edge = peer.edge
	}
	if end <= edge { // else the ACK that allowed it is missing
		x.maxInFlight = max(x.maxInFlight, end-acked)
	}
	if x.wait.why != free {
		c.goesOn(d, s)
	}
	switch {
	case peer.hasAck && c.handshake.scaled && end+max(x.segment, 1) > peer.edge:
		c.reach(d, s)
	case s.Len < x.segment:
		x.wait = wait{why: small, began: s.Meta.Time}
	}
}

// watchAck takes the acknowledgment and the window of a segment.
func (c *Conn) watchAck(d hanalyze.Dir, h, peer *half, s *Segment, class Class) {
	if peer.stall.asked != 0 {
		c.answers(h, peer, s)
	}
	if peer.stall.wait.why != free {
		c.letsGo(d, s)
	}
	if s.Ack == h.ack && class != ClassOutOfOrder { // else it is older than what is known
		if s.Window != h.stall.field || !h.stall.offered {
			c.offer(d, s, class)
		}
		h.stall.ack = s.Ack
	}
}

// asks takes a probe.
func (c *Conn) asks(d hanalyze.Dir, s *Segment, class Class) {
	x := &c.half[d].stall
	x.asked = class
	if class == ClassWindowProbe {
		x.probes++
		c.incidents.note(hanalyze.IncidentWindowProbe, d, s.Meta.Packet)
		return
	}
	x.keepAlives++
	c.incidents.note(hanalyze.IncidentKeepAlive, d, s.Meta.Packet)
}

// answers takes a segment of h after a probe of its peer. Only an ACK without bytes is there for the probe alone.
func (c *Conn) answers(h, peer *half, s *Segment) {
	asked := peer.stall.asked
	peer.stall.asked = 0
	switch {
	case s.Len > 0 || s.Flags&hanalyze.FIN != 0:
	case asked == ClassWindowProbe:
		h.stall.probeAcks++
	default:
		h.stall.keepAliveAcks++
	}
}

// endStalls ends what is still waited for when the connection does, with the packet last.
func (c *Conn) endStalls(last hanalyze.Meta) {
	for d := range c.half {
		dir, x := hanalyze.Dir(d), &c.half[d].stall
		if x.closed {
			c.opens(dir, last.Time)
		}
		if x.wait.why == full {
			c.incidents.find(hanalyze.IncidentWindowFull, dir).took(last.Time.Sub(x.wait.began))
		}
		x.wait = wait{}
	}
}

// report fills in what the record tells of an end's windows and stalls. Unless windows are scaled by a known shift, only
// a closed one says how small it was, and none how large.
func (x *stall) report(side *hanalyze.TCPSide, scaled bool) {
	side.WindowFull, side.WindowProbes, side.KeepAlives = uint64(x.fulls), uint64(x.probes), uint64(x.keepAlives)
	side.WindowProbeAcks, side.KeepAliveAcks = uint64(x.probeAcks), uint64(x.keepAliveAcks)
	side.ZeroWindows, side.WindowUpdates = uint64(x.zeroWindows), uint64(x.updates)
	if x.measured {
		low, high := uint64(x.minWindow), uint64(x.maxWindow)
		side.MinWindow = &low
		if scaled {
			side.MaxWindow = &high
		}
	}
}

// silence is what is known of the times when neither end spoke.
type silence struct {
	last    hanalyze.Time // the last packet
	quiet   time.Duration // silences up to this one change nothing: the smaller of longest and idleAfter
	longest time.Duration // while the connection was open and neither end had closed
	closing bool          // an end has closed
}

// idleAfter is how long both ends are silent before the connection is called idle: a person notices a second, and no
// retransmission timeout of a fresh connection is longer (RFC 6298 §2.1).
const idleAfter = time.Second

// broken takes the segment that ended a silence. A silence in which somebody waited for an acknowledgment or for a window
// is no idleness, but it is told by what was waited for.
func (c *Conn) broken(d hanalyze.Dir, s *Segment, class Class) {
	y := &c.silence
	if !c.open || y.closing {
		return
	}
	lasted := s.Meta.Time.Sub(y.last)
	y.longest = max(y.longest, lasted)
	y.quiet = min(y.longest, idleAfter-1)
	if lasted < idleAfter {
		return
	}
	h, peer := &c.half[d], &c.half[d.Reverse()]
	waited := class == ClassRetransmission || peer.hasAck && s.Seq > peer.ack || peer.next > h.stall.ack
	if !waited && !h.stall.closed && !peer.stall.closed {
		c.incidents.note(hanalyze.IncidentIdle, d, s.Meta.Packet).took(lasted)
	}
}
