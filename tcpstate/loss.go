package tcpstate

import (
	"time"

	"hanalyze"
)

// maxTimed bounds the segments of a direction that wait for their ACK to give a round-trip sample. A window of more gives
// no more information than eight samples per round trip do.
const maxTimed = 8

// maxHoles bounds the holes remembered per direction. SACK, which reports at most four at a time, fills them in order;
// sixteen leave room for bursts. The oldest gives way.
const maxHoles = 16

// Reordering. A hole filled sooner than a sender could have learned of the loss was filled by a late segment.
const (
	// minReorder is how long a segment may be late when the round trip is not known or shorter: Wireshark's 3 ms.
	minReorder = 3 * time.Millisecond
	// maxReorder bounds how long a segment may be late when its IP identification says that it was sent first.
	maxReorder = time.Second
	// maxIDStep is the distance up to which IP identifications of one sender are taken to be consecutive: hosts that
	// draw them at random fall within it once in 500 packets.
	maxIDStep = 64
)

// Fast retransmit: RFC 5681 §3.2 waits for three duplicate ACKs; senders with SACK react from two on (RFC 6675 §4, early
// retransmit).
const (
	fastDups     = 3
	fastSACKDups = 2
)

// loss is what is needed to tell what a direction sends again from what it sends late or never.
type loss struct {
	timed   [maxTimed]timed // segments sent once and not acknowledged, oldest first from timed[head]
	head, n uint8

	lastSent   hanalyze.Time // when it last sent bytes
	resent     int64         // offset it last sent again
	resentAt   hanalyze.Time // when
	everResent bool          // resent and resentAt are valid
	recover    int64         // fast recovery goes on until this offset is acknowledged

	holes        []hole // bytes never seen before next, oldest first
	holesDropped uint64
	gapDropped   int64 // their bytes

	srtt, rttvar time.Duration // RFC 6298 §2, as seen from the capture point
	sampled      bool
}

// timed is a segment that waits for its ACK.
type timed struct {
	end int64
	at  hanalyze.Time
}

// hole is a range of offsets never seen, found when something behind it was.
type hole struct {
	from, to int64
	at       hanalyze.Time // when what is behind it was seen
	id       uint16        // the IP identification of that, 0 when there is none
	lost     bool          // the receiver has it: it is missing from the capture only
}

// classify places a segment with neither RST nor SYN in the sequence space.
func (c *Conn) classify(d hanalyze.Dir, s *Segment) Class {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	end := s.end()
	if end == s.Seq {
		return c.classifyEmpty(d, s)
	}
	if end <= h.next {
		return c.classifyOld(d, s)
	}
	class := ClassNew
	switch {
	case s.Seq == h.next && s.Len == 1 && peer.hasAck && peer.window == 0:
		h.probed = true
		return ClassWindowProbe
	case s.Seq > h.next:
		c.skip(d, s)
		class = ClassAhead
	case s.Seq < h.next && !h.loss.fill(s).filled:
		c.retransmitted(d, s)
		class = ClassRetransmission
	}
	if s.Len > 0 && c.handshake.scaled && peer.hasAck && end >= peer.edge {
		c.tally.windowFull++
	}
	h.next, h.probed = end, false
	h.loss.lastSent = s.Meta.Time
	if class == ClassNew && s.Len > 0 {
		h.loss.time(end, s.Meta.Time)
	}
	return class
}

// skip notes that everything from next up to s was sent and not seen.
func (c *Conn) skip(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	h.loss.open(hole{from: h.next, to: s.Seq, at: s.Meta.Time, id: s.id()})
	if peer.hasAck {
		c.history.gaps(d, h.loss.lost(peer.ack))
	}
}

// classifyEmpty tells what a segment without bytes and FIN is for.
func (c *Conn) classifyEmpty(d hanalyze.Dir, s *Segment) Class {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	switch {
	case s.Seq > h.next && !(peer.finKnown && s.Seq == h.next+1): // of which the second may be a FIN: see inferFIN
		c.skip(d, s)
		h.next = s.Seq
	case s.Seq == h.next-1 && c.idle(h, peer):
		return c.probe(peer)
	case h.hasAck && s.Flags&hanalyze.ACK != 0 && s.Ack == h.ack && peer.next > s.Ack && s.Window != 0 &&
		(s.Window == h.window || s.Options.SACKs > 0):
		c.tally.duplicateAcks++
		h.dupRun++
		h.sacked = s.Options.SACKs > 0
		return ClassDuplicateAck
	}
	return ClassPureAck
}

// classifyOld tells why bytes from before next were sent.
func (c *Conn) classifyOld(d hanalyze.Dir, s *Segment) Class {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	if s.Len == 1 && s.Seq == h.next-1 && s.Flags&hanalyze.FIN == 0 && c.idle(h, peer) {
		return c.probe(peer)
	}
	if s.Flags&hanalyze.FIN != 0 && h.finKnown && h.fins == 0 && s.Seq+s.Len == h.fin {
		c.tally.outOfOrder++ // a FIN inferred from its ACK, which overtook it
		return ClassOutOfOrder
	}
	fill := h.loss.fill(s)
	if fill.filled && c.late(d, s, fill) {
		c.tally.outOfOrder++
		return ClassOutOfOrder
	}
	c.retransmitted(d, s)
	return ClassRetransmission
}

// idle reports whether h is open and everything it sent is acknowledged: what it repeats now only asks for an answer.
func (c *Conn) idle(h, peer *half) bool {
	return h.state >= established && !h.finKnown && peer.hasAck && peer.ack == h.next
}

// probe tells a probe of a closed window from one of an idle connection: only the window makes the difference.
func (c *Conn) probe(peer *half) Class {
	if peer.window == 0 {
		return ClassWindowProbe
	}
	c.tally.keepAlives++
	return ClassKeepAlive
}

// late reports whether a segment that fills a hole was overtaken, rather than lost and sent again.
func (c *Conn) late(d hanalyze.Dir, s *Segment, f fill) bool {
	after := s.Meta.Time.Sub(f.at)
	if id := s.id(); id != 0 && f.id != 0 {
		switch step := int16(id - f.id); {
		case step < 0 && step >= -maxIDStep:
			return after < maxReorder
		case step > 0 && step <= maxIDStep:
			return false
		}
	}
	return after < max(minReorder, min(c.handshake.rtt(), maxReorder))
}

// retransmitted counts a segment sent again, by cause. What is neither spurious nor fast nor late enough for a timeout
// counts only in the total: tail loss probes, and losses whose signs were not captured.
func (c *Conn) retransmitted(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	l, r := &h.loss, &c.tally.retransmissions
	end, rto := s.end(), c.rto(d)
	since := s.Meta.Time.Sub(l.sentAt(end))
	again := l.everResent && l.resent == s.Seq
	if again {
		since = s.Meta.Time.Sub(l.resentAt)
	}
	signalled := peer.dupRun >= fastDups || peer.dupRun >= fastSACKDups && peer.sacked || s.Seq < l.recover
	r.Total++
	switch {
	case peer.hasAck && peer.ack >= end:
		r.Spurious++
	case signalled && !(again && since >= rto): // a retransmission that was lost too has only the timeout left
		r.Fast++
		l.recover = h.next
	case since >= rto:
		r.RTO++
		l.recover = 0
	}
	l.resent, l.resentAt, l.everResent, l.lastSent = s.Seq, s.Meta.Time, true, s.Meta.Time
	l.n = 0 // Karn: an ACK may now answer either copy, and those of later segments waited for this one
}

// id is the IP identification, or 0 when the segment has none that tells anything.
func (s *Segment) id() uint16 {
	if s.HasIPID {
		return s.IPID
	}
	return 0
}

// time makes a segment wait for its ACK, if there is room.
func (l *loss) time(end int64, at hanalyze.Time) {
	if l.n < maxTimed {
		l.timed[(l.head+l.n)%maxTimed] = timed{end, at}
		l.n++
	}
}

// acknowledged removes the timed segments that ack covers and returns when the last of them was sent: the ACK answers
// that one, and the earlier ones only waited with it.
func (l *loss) acknowledged(ack int64) (at hanalyze.Time, ok bool) {
	for l.n > 0 && l.timed[l.head].end <= ack {
		at, ok = l.timed[l.head].at, true
		l.head = (l.head + 1) % maxTimed
		l.n--
	}
	if ack >= l.recover {
		l.recover = 0
	}
	return at, ok
}

// sentAt is when the bytes up to end were first sent, as far as it is remembered, else when anything was last sent.
func (l *loss) sentAt(end int64) hanalyze.Time {
	for i := range l.n {
		if t := &l.timed[(l.head+i)%maxTimed]; t.end >= end {
			return t.at
		}
	}
	return l.lastSent
}

// measure updates the smoothed round trip, RFC 6298 §2.2 and §2.3.
func (l *loss) measure(r time.Duration) {
	switch {
	case r < 0: // the capture's clock went back
	case !l.sampled:
		l.sampled, l.srtt, l.rttvar = true, r, r/2
	default:
		l.rttvar += (max(l.srtt-r, r-l.srtt) - l.rttvar) / 4
		l.srtt += (r - l.srtt) / 8
	}
}

// open remembers a hole.
func (l *loss) open(o hole) {
	if l.holes == nil {
		l.holes = make([]hole, 0, maxHoles)
	}
	if len(l.holes) == maxHoles {
		l.holesDropped++
		l.gapDropped += l.holes[0].to - l.holes[0].from
		l.holes = append(l.holes[:0], l.holes[1:]...)
	}
	l.holes = append(l.holes, o)
}

// fill is how a segment met the holes.
type fill struct {
	filled bool
	at     hanalyze.Time // of the newest hole it filled
	id     uint16        // of that hole
}

// fill takes the bytes of s out of the holes. A hole that is split keeps both parts while there is room for them.
func (l *loss) fill(s *Segment) (f fill) {
	from, to := s.Seq, s.end()
	for i := 0; i < len(l.holes); i++ {
		o := &l.holes[i]
		if to <= o.from || from >= o.to {
			continue
		}
		f = fill{true, o.at, o.id}
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
	return f
}

// lost marks the holes that ack covers and returns how many of them are new: the receiver has those bytes, so nobody
// will send them again.
func (l *loss) lost(ack int64) (n int) {
	for i := range l.holes {
		if o := &l.holes[i]; !o.lost && o.to <= ack {
			o.lost = true
			n++
		}
	}
	return n
}

// gapBytes counts the bytes of the direction that were never seen: holes that stayed open, and what the peer acknowledged
// beyond everything seen.
func (h *half) gapBytes(peer *half) uint64 {
	n := h.loss.gapDropped
	for _, o := range h.loss.holes {
		n += o.to - o.from
	}
	if h.based && peer.hasAck {
		n += max(0, peer.ack-h.next)
	}
	return uint64(n)
}
