package tcpstate

import (
	"time"

	"hanalyze"
)

// maxHoles bounds the holes remembered per direction. A queue that is too short for slow start drops every other segment:
// 128 holes are a window of 370 KB then. The oldest gives way.
const maxHoles = 128

// Reordering. A hole filled sooner than a sender could have learned of the loss was filled by a late segment.
const (
	// minReorder is how long a segment may be late when the round trip is not known or shorter: Wireshark's 3 ms.
	minReorder = 3 * time.Millisecond
	// maxReorder bounds how long a segment may be late when nothing but the order of sending says so.
	maxReorder = time.Second
)

// loss is what is needed to tell what a direction sends again from what it sends late or never. Its cold parts are not
// allocated before something is lost, late or resent.
type loss struct {
	lastSent    hanalyze.Time // when it last sent bytes
	progressed  hanalyze.Time // when the peer last acknowledged something new
	heard       hanalyze.Time // when the peer last signalled a loss
	newest      stamp         // of the segment sent last, among those seen
	recovery    recovery
	healed      hanalyze.Time // when the peer last acknowledged something sent again
	healedBelow int64         // what lies below was sent before that
	probeEnd    int64         // end of the last tail loss probe: there is one at a time, RFC 8985 §7.3
	blocked     blocked

	holes        []hole // bytes never seen before next, oldest first
	holesDropped uint64
	dropped      int64 // their bytes
	droppedTo    int64 // where the last of them ended

	resent *resent // nil while nothing was sent again
	sacked scoreboard
}

// hole is a range of offsets never seen, found when something behind it was.
type hole struct {
	from, to int64
	at       hanalyze.Time // when what is behind it was seen
	stamp    stamp         // of that
	acked    bool          // the receiver has it: it is missing from the capture only
}

// classify places a segment with neither RST nor SYN in the sequence space.
func (c *Conn) classify(d hanalyze.Dir, h, peer *half, s *Segment) Class {
	end := s.end()
	if end == s.Seq {
		return c.classifyEmpty(d, h, peer, s)
	}
	if end <= h.next {
		return c.classifyOld(d, s)
	}
	class := ClassNew
	fresh := s.Seq + s.Len - h.next // bytes never seen
	switch {
	case s.Seq == h.next && s.Len == 1 && peer.hasAck && peer.window == 0:
		h.probed = true
		return ClassWindowProbe
	case s.Seq > h.next:
		c.skip(d, s)
		class, fresh = ClassAhead, s.Len
	case s.Seq < h.next:
		if !h.loss.fill(s).filled {
			c.retransmitted(d, s, h.next-s.Seq)
			class = ClassRetransmission
		}
	}
	h.next, h.probed = end, false
	h.loss.lastSent = s.Meta.Time
	h.loss.newest.advance(s)
	h.sent.data(s, fresh)
	if class != ClassRetransmission && s.Len > 0 {
		h.timing.time(timed{end: end, at: s.Meta.Time})
	}
	return class
}

// skip notes that everything from next up to s was sent and not seen.
func (c *Conn) skip(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	h.loss.open(hole{from: h.next, to: s.Seq, at: s.Meta.Time, stamp: stampOf(s)})
	h.loss.blocked.begin(s.Seq, s.Meta.Time)
	if peer.hasAck {
		c.missed(d, peer.ack, s.Meta.Packet)
	}
}

// classifyEmpty tells what a segment without bytes and FIN is for.
func (c *Conn) classifyEmpty(d hanalyze.Dir, h, peer *half, s *Segment) Class {
	older := h.loss.newest.after(s, c.quiet(h, s))
	if !older {
		h.loss.newest.advance(s)
	}
	switch {
	case s.Seq > h.next && !(peer.finKnown && s.Seq == h.next+1): // of which the second may be a FIN: see inferFIN
		c.skip(d, s)
		h.next = s.Seq
	case s.Seq == h.next-1 && c.idle(h, peer):
		return peer.probeClass()
	case h.hasAck && s.Flags&hanalyze.ACK != 0 && s.Ack == h.ack && peer.next > s.Ack && s.Window != 0 && !older &&
		(s.Window == h.window || s.Options.SACKs > 0):
		h.sent.duplicateAcks++
		h.dupRun++
		peer.loss.heard = s.Meta.Time
		return ClassDuplicateAck
	}
	return ClassPureAck
}

// classifyOld tells why bytes from before next were sent.
func (c *Conn) classifyOld(d hanalyze.Dir, s *Segment) Class {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if s.Len == 1 && s.Seq == h.next-1 && s.Flags&hanalyze.FIN == 0 && c.idle(h, peer) {
		return peer.probeClass()
	}
	if s.Flags&hanalyze.FIN != 0 && h.finKnown && h.fins == 0 && s.Seq+s.Len == h.fin {
		c.overtaken(d, s, 0) // a FIN inferred from its ACK, which overtook it
		return ClassOutOfOrder
	}
	if c.repeatsFIN(d, s) {
		return ClassPureAck
	}
	fill := h.loss.fill(s)
	older := h.loss.newest.after(s, c.quiet(h, s))
	switch {
	case fill.filled && c.late(d, s, fill, older), older && h.loss.holesDropped > 0:
		by := time.Duration(0) // when it is not known how late it is
		if fill.filled {
			by = s.Meta.Time.Sub(fill.at)
		}
		c.overtaken(d, s, by)
		h.timing.clear() // the ACK answers this segment rather than one that waits
		h.timing.time(timed{end: s.end(), at: s.Meta.Time})
		h.sent.data(s, fill.bytes)
		return ClassOutOfOrder
	case older && !fill.filled && c.outrun(d, s):
		c.overtaken(d, s, 0)
		return ClassOutOfOrder
	case older && !fill.filled:
		c.duplicated(d, s)
		return ClassDuplicatePacket
	}
	c.retransmitted(d, s, s.Len-fill.bytes)
	h.sent.data(s, fill.bytes)
	return ClassRetransmission
}

// repeatsFIN reports whether s is the acknowledgment of the peer's FIN by an end that has closed: BSD and Windows put their
// own FIN into it once more. Nothing was lost, and no timer ran.
func (c *Conn) repeatsFIN(d hanalyze.Dir, s *Segment) bool {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	return s.Flags&hanalyze.FIN != 0 && s.Len == 0 && h.fins > 0 && peer.finKnown && h.ack <= peer.fin && s.Ack > peer.fin &&
		c.quiet(h, s) < timerFloor
}

// overtaken counts a segment that came after later ones.
func (c *Conn) overtaken(d hanalyze.Dir, s *Segment, by time.Duration) {
	c.half[d].sent.outOfOrder++
	x := c.incidents.note(hanalyze.IncidentOutOfOrder, d, s.Meta.Packet)
	x.bytes += uint64(s.Len)
	x.took(by)
}

// duplicated counts a packet that the network or the capture delivered twice.
func (c *Conn) duplicated(d hanalyze.Dir, s *Segment) {
	x := c.incidents.note(hanalyze.IncidentDuplicate, d, s.Meta.Packet)
	x.bytes += uint64(s.Len)
	if s.Len > 0 {
		c.half[d].loss.log().copies[c.duplicatePackets%maxCopies] = span{s.Seq, s.end()}
	}
	c.duplicatePackets++
}

// idle reports whether h is open and everything it sent is acknowledged: what it repeats now only asks for an answer.
func (c *Conn) idle(h, peer *half) bool {
	return h.state >= established && !h.finKnown && peer.hasAck && peer.ack == h.next
}

// probeClass tells a probe of h's closed window from one of an idle connection: only the window makes the difference.
func (h *half) probeClass() Class {
	if h.window == 0 {
		return ClassWindowProbe
	}
	return ClassKeepAlive
}

// late reports whether a segment that fills a hole was overtaken, rather than lost and sent again. The stamps of the
// sender decide where they can; older tells that they place s before the newest segment. Else only a receiver's signal, or
// a timeout, can have moved the sender to send again. Its reaction takes a round trip from the capture point, and nothing
// is overtaken by so much: half of it divides the two.
func (c *Conn) late(d hanalyze.Dir, s *Segment, f fill, older bool) bool {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if h.loss.newest.before(s) {
		return false
	}
	after := s.Meta.Time.Sub(f.at)
	switch f.stamp.compare(s) {
	case sentBefore:
		return after < maxReorder
	case sentAfter:
		return false
	}
	switch {
	case older:
		return after < maxReorder
	case after < minReorder:
		return true
	case h.loss.heard < f.at:
		return peer.hasAck && after < timerFloor || after < min(c.handshake.rtt(), maxReorder)
	}
	return after < c.wayTo(d)/2
}

// open remembers a hole.
func (l *loss) open(o hole) {
	if len(l.holes) == maxHoles {
		l.holesDropped++
		l.dropped += l.holes[0].to - l.holes[0].from
		l.droppedTo = max(l.droppedTo, l.holes[0].to)
		l.holes = append(l.holes[:0], l.holes[1:]...)
	}
	l.holes = append(l.holes, o)
}

// split tells how many bytes of the hole are acknowledged, and how many are not.
func (o *hole) split(acked int64) (gap, lost int64) {
	gap = min(max(acked-o.from, 0), o.to-o.from)
	return gap, o.to - o.from - gap
}

// endsInFIN reports whether the last hole is the one offset before next that a FIN takes, and closes it if so.
func (l *loss) endsInFIN(next int64) bool {
	n := len(l.holes) - 1
	if n < 0 || l.holes[n].from != next-1 || l.holes[n].to != next || l.holes[n].acked {
		return false
	}
	l.holes = l.holes[:n]
	l.blocked.forget(next)
	return true
}

// fill is how a segment met the holes.
type fill struct {
	filled bool
	at     hanalyze.Time // of the newest hole it filled
	stamp  stamp         // of that hole
	bytes  int64         // bytes of it never seen before
}

// fill takes the bytes of s out of the holes. A hole that is split keeps both parts while there is room for them.
func (l *loss) fill(s *Segment) (f fill) {
	from, to := s.Seq, s.end()
	for i := 0; i < len(l.holes); i++ {
		o := &l.holes[i]
		if to <= o.from || from >= o.to {
			continue
		}
		f.filled, f.at, f.stamp = true, o.at, o.stamp
		f.bytes += max(0, min(s.Seq+s.Len, o.to)-max(from, o.from))
		switch {
		case from > o.from && to < o.to:
			rest := *o
			o.to, rest.from = from, to
			l.open(rest)
			return f
		case from > o.from:
			o.to = from
		case to < o.to:
			o.from = to
		default:
			l.holes = append(l.holes[:i], l.holes[i+1:]...)
			i--
		}
	}
	if !f.filled && from < l.droppedTo { // as likely as not it fills one that had to give way
		f.bytes = min(s.Len, l.dropped)
		l.dropped -= f.bytes
	}
	return f
}

// missed notes which holes of direction d ack covers: the receiver has those bytes, so nobody will send them again. The
// given packet shows it.
func (c *Conn) missed(d hanalyze.Dir, ack int64, packet uint64) {
	l := &c.half[d].loss
	for i := range l.holes {
		if o := &l.holes[i]; !o.acked && o.to <= ack {
			o.acked = true
			c.incidents.note(hanalyze.IncidentGap, d, packet)
			l.blocked.forget(o.to)
		}
	}
}

// unseen counts the bytes of h that were never seen: gap of them the peer acknowledged, so the capture lacks them, and
// lost of them it did not. Where nothing of the peer was captured, nobody could acknowledge, and the capture is to blame.
// While the connection goes on nothing is lost for good.
func (h *half) unseen(peer *half, why string) (gap, lost uint64) {
	g, l := int64(0), h.loss.dropped
	if peer.ack >= h.loss.droppedTo {
		g, l = l, 0
	}
	for i := range h.loss.holes {
		a, b := h.loss.holes[i].split(peer.ack)
		g, l = g+a, l+b
	}
	if !peer.hasAck {
		g, l = g+l, 0
	} else if h.based {
		g += max(0, peer.ack-h.next)
	}
	if why != "fin" && why != "reset" && why != "timeout" {
		l = 0
	}
	return uint64(g), uint64(l)
}

// unseenIncidents tells at the end what only then is known to be missing: what was acknowledged beyond everything seen,
// and what nobody acknowledged.
func (c *Conn) unseenIncidents(d hanalyze.Dir, end hanalyze.Meta, why string) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	gap, lost := h.unseen(peer, why)
	if x := c.incidents.find(hanalyze.IncidentGap, d); x != nil {
		x.bytes = gap
	} else if gap > 0 {
		at := h.sent.unseenAt
		if at == 0 {
			at = end.Packet
		}
		c.incidents.note(hanalyze.IncidentGap, d, at).bytes = gap
	}
	if lost > 0 {
		c.incidents.note(hanalyze.IncidentLost, d, end.Packet).bytes = lost
	}
}
