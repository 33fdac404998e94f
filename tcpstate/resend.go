package tcpstate

import (
	"time"

	"hanalyze"
)

// Why a segment was sent again. A sender has three reasons: its timer ran out (RFC 6298), the receiver signalled a loss
// by duplicate ACKs or SACK (RFC 5681, RFC 6675, RFC 8985), or it probes whether the tail of a burst arrived (RFC 8985 §7).
// Each shows in what came before: a signal, or a silence. What recovery begins goes on until everything that was
// outstanding when it began is acknowledged.
//
// A needless retransmission shows at once when an ACK or SACK of its bytes has passed already. Otherwise it shows later: by
// the receiver's report of bytes that came twice (D-SACK, RFC 2883), by an ACK that echoes the timestamp of the first copy
// (Eifel, RFC 3522), or by an ACK that comes sooner than any round trip can be.

const (
	// fastDups is how many duplicate ACKs start a fast retransmission, RFC 5681 §3.2.
	fastDups = 3
	// timerFloor is the least silence taken for a retransmission timeout while the receiver signals: Linux's shortest is
	// 200 ms.
	timerFloor = 150 * time.Millisecond
	// quietFloor is the same where nothing but a timer can have moved the sender. Data centres set it as low as that.
	quietFloor = 20 * time.Millisecond
	// minProbe is the least silence before a tail loss probe: Linux arms no timer for less than two jiffies.
	minProbe = time.Millisecond
	// maxProbe is the longest: RFC 8985 §7.2 gives 1 s where the round trip is not known.
	maxProbe = 1100 * time.Millisecond
	// maxHandshake is the longest half of a handshake taken for a round trip: the first timeout of RFC 6298 §2.1.
	maxHandshake = time.Second
	// minSamples is how many round trips must have been measured before one can be called too short.
	minSamples = 3
	// maxCopies bounds the packets captured twice of which a direction remembers that the receiver may report them.
	maxCopies = 4
	// maxResent bounds the retransmissions of a direction that wait for a proof that they were needless.
	maxResent = 16
)

// cause is why a segment was sent again.
type cause uint8

const (
	causeOther cause = iota
	causeTimeout
	causeFast
	causeProbe
	causeSpurious
	numCauses
)

var causeIncidents = [numCauses]string{
	hanalyze.IncidentResent, hanalyze.IncidentTimeout, hanalyze.IncidentFast, hanalyze.IncidentTailProbe,
	hanalyze.IncidentSpurious,
}

// causeNames are the names of Verdict.Cause.
var causeNames = [numCauses]string{"", "rto", "fast", "tail_loss_probe", "spurious"}

// recovery goes on until the offset is acknowledged.
type recovery struct {
	until int64
	why   cause // causeOther: there is none
}

// resent remembers the latest retransmissions of a direction.
type resent struct {
	counts [numCauses]uint64
	bytes  uint64
	copies [maxCopies]span // bytes last captured twice, which the receiver may report
	ring   [maxResent]resend
	n      uint64 // all there were; the last maxResent of them are in the ring
}

// resend is one retransmission.
type resend struct {
	from, to int64
	bytes    int64
	before   int64 // everything below was sent before it
	at       hanalyze.Time
	ts       uint32
	packet   uint64
	why      cause
	fresh    bool // some of its bytes had not been seen before
	first    bool // it was the first segment not acknowledged: the ACK it causes echoes its own timestamp
	hasTS    bool
	weighed  bool // the ACK it causes has been seen
	judged   bool // known to be needless
	timer    bool // a timer that ran out sent it, rather than the recovery it is part of
}

// retransmitted counts a segment of which so many bytes were sent before, by cause.
func (c *Conn) retransmitted(d hanalyze.Dir, s *Segment, bytes int64) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	l := &h.loss
	why, timer := c.whyResent(d, s)
	r := l.log()
	r.counts[why]++
	r.bytes += uint64(max(bytes, 0))
	x := c.incidents.find(causeIncidents[why], d)
	if why != causeTimeout || timer || x == nil { // of a recovery only the timeout that began it is an occurrence
		x = c.incidents.note(causeIncidents[why], d, s.Meta.Packet)
	}
	x.bytes += uint64(max(bytes, 0))
	if timer {
		x.took(c.quiet(h, s))
	}
	r.ring[r.n%maxResent] = resend{
		from: s.Seq, to: s.end(), bytes: s.Len, before: h.next, at: s.Meta.Time, ts: s.Options.TSVal,
		packet: s.Meta.Packet, why: why, fresh: bytes < s.Len,
		first: peer.hasAck && s.Seq <= peer.ack, hasTS: s.Options.HasTS, judged: why == causeSpurious,
		timer: timer,
	}
	r.n++
	l.lastSent = s.Meta.Time
	l.newest.advance(s)
	// Karn's algorithm: an ACK may now answer either copy, and those of later segments waited for this one. The timestamp
	// tells which copy it answers.
	h.timing.clear()
	if s.Options.HasTS && s.Len > 0 {
		h.timing.time(timed{end: s.end(), at: s.Meta.Time, ts: s.Options.TSVal, twice: true})
	}
}

// log is where a direction's repetitions are kept, made when there is one.
func (l *loss) log() *resent {
	if l.resent == nil {
		l.resent = new(resent)
	}
	return l.resent
}

// quiet is how long h neither sent bytes nor heard anything that would make it send.
func (c *Conn) quiet(h *half, s *Segment) time.Duration {
	return s.Meta.Time.Sub(max(h.loss.lastSent, h.loss.progressed, h.loss.heard))
}

// roundTrip estimates the round trip between the ends: both halves at the capture point, by data where it gave samples, else
// by the handshake, which may have waited for something that the capture lacks and so is believed up to maxHandshake.
func (c *Conn) roundTrip() time.Duration {
	server, _ := c.handshake.serverRTT()
	client, _ := c.handshake.clientRTT()
	server, client = min(server, maxHandshake), min(client, maxHandshake)
	if t := &c.half[hanalyze.C2S].timing; t.samples.count > 0 {
		server = t.srtt
	}
	if t := &c.half[hanalyze.S2C].timing; t.samples.count > 0 {
		client = t.srtt
	}
	return server + client
}

// whyResent tells the cause of a retransmission, and whether a timer that ran out was it. It begins the recovery that the
// retransmission is part of.
func (c *Conn) whyResent(d hanalyze.Dir, s *Segment) (why cause, timer bool) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	l := &h.loss
	rtt, quiet := c.roundTrip(), c.quiet(h, s)
	first := !peer.hasAck || s.Seq <= peer.ack
	last := s.end() == h.next
	signalled := l.signalled(s, peer)
	healed := s.Seq < l.healedBelow && s.Meta.Time.Sub(l.healed) <= rtt+minProbe
	patience := max(timerFloor, rtt+rtt/8)
	if !signalled {
		patience = max(quietFloor, rtt+rtt/8)
	}
	expired := first && quiet >= patience
	switch {
	case peer.hasAck && peer.ack >= s.end() || l.sacked.covers(s.Seq, s.end()):
		return causeSpurious, false
	case s.Flags.Has(hanalyze.SYN|hanalyze.ACK) && peer.loss.lastSent > l.lastSent:
		return causeOther, false // it answers a repeated SYN
	case s.Flags&hanalyze.SYN != 0 && peer.rsts > 0:
		return causeOther, false // it was answered
	case s.Flags&hanalyze.SYN != 0: // which has no other cause
		return causeTimeout, true
	case last && peer.ack >= l.probeEnd && c.sackable() && (l.recovery.why == causeOther || !first) && !signalled &&
		quiet >= max(minProbe, rtt+rtt/4) && quiet <= max(maxProbe, 3*rtt):
		l.probeEnd = s.end()
		return causeProbe, true
	case last && !first && l.sacked.meets(s.Seq, s.end()): // a fast one never repeats what the receiver has
		l.probeEnd = s.end()
		return causeProbe, true
	case expired:
		l.recovery = recovery{h.next, causeTimeout}
		return causeTimeout, true
	case s.Seq < l.recovery.until:
		return l.recovery.why, false
	case signalled, healed:
		// RFC 8985 §6.2: the receiver has a retransmission that was sent later than this segment.
		l.recovery = recovery{h.next, causeFast}
		return causeFast, false
	case quiet >= max(timerFloor, rtt+rtt/8):
		return causeTimeout, true
	}
	return causeOther, false
}

// signalled reports whether the receiver has told that it lacks s: by enough duplicate ACKs, or by having something that
// was sent later.
func (l *loss) signalled(s *Segment, peer *half) bool {
	return peer.dupRun >= fastDups || l.sacked.top > s.Seq && l.sacked.top > peer.ack
}

// sackable reports whether both ends agreed to SACK, or nobody knows.
func (c *Conn) sackable() bool {
	a, b := &c.half[0], &c.half[1]
	return (!a.synSeen || a.offer.sack) && (!b.synSeen || b.offer.sack)
}

// needless notes the proof that a retransmission was needless. A sender that learns so of a timeout ends its recovery
// (RFC 4015, RFC 5682).
func (c *Conn) needless(d hanalyze.Dir, x *resend) {
	l := &c.half[d].loss
	r := l.resent
	x.judged = true
	if x.timer && l.recovery.why == causeTimeout {
		l.recovery = recovery{}
	}
	r.counts[x.why]--
	r.counts[causeSpurious]++
	c.incidents.note(hanalyze.IncidentSpurious, d, x.packet).bytes += uint64(x.bytes)
}

// reported takes a D-SACK: the receiver of direction d had bytes from left to right twice. Either the network resend them,
// as was seen, or the latest copy that was sent again is the needless one.
func (c *Conn) reported(d hanalyze.Dir, left, right int64) {
	r := c.half[d].loss.resent
	if r == nil {
		return
	}
	for i, x := range r.copies {
		if x.left < right && left < x.right {
			r.copies[i] = span{}
			return
		}
	}
	for i := range min(r.n, maxResent) {
		x := &r.ring[(r.n-1-i)%maxResent]
		if x.from < right && x.to > left && !x.judged {
			c.needless(d, x)
			return
		}
	}
}

// outrun reports whether s, which was sent before others already seen, is the first copy of bytes whose repetition came
// before it. That one was needless then.
func (c *Conn) outrun(d hanalyze.Dir, s *Segment) bool {
	r := c.half[d].loss.resent
	if r == nil {
		return false
	}
	for i := range min(r.n, maxResent) {
		x := &r.ring[i]
		if x.fresh && x.from < s.end() && s.Seq < x.to {
			x.fresh = false
			if !x.judged {
				c.needless(d, x)
			}
			return true
		}
	}
	return false
}

// weigh judges the retransmissions of direction d that an ACK s of its peer, the first beyond them, answers.
func (c *Conn) weigh(d hanalyze.Dir, s *Segment) {
	l := &c.half[d].loss
	r := l.resent
	for i := range min(r.n, maxResent) {
		x := &r.ring[(r.n-1-i)%maxResent]
		if x.weighed || x.to > s.Ack {
			continue
		}
		x.weighed = true
		l.healed, l.healedBelow = s.Meta.Time, max(l.healedBelow, x.before)
		if x.judged {
			continue
		}
		if x.hasTS && s.Options.HasTS && s.Options.TSEcr != 0 {
			if x.first && int32(s.Options.TSEcr-x.ts) < 0 {
				c.needless(d, x)
			}
		} else if s.Meta.Time.Sub(x.at) < c.shortest(d)/2 {
			c.needless(d, x)
		}
	}
}

// shortest is the shortest round trip of direction d from the capture point, 0 while too little is known of it.
func (c *Conn) shortest(d hanalyze.Dir) time.Duration {
	r := &c.half[d].timing.samples
	first, known := c.handshake.serverRTT()
	if d == hanalyze.S2C {
		first, known = c.handshake.clientRTT()
	}
	switch {
	case r.count == 0, r.count < minSamples && !known:
		return 0
	case !known:
		return r.min
	}
	return min(r.min, first)
}

// cause names why the latest retransmission was sent.
func (r *resent) cause() string { return causeNames[r.ring[(r.n-1)%maxResent].why] }

// report tells the counts of a direction, nil when nothing was sent again.
func (r *resent) report() *hanalyze.Retransmissions {
	if r == nil || r.n == 0 {
		return nil
	}
	return &hanalyze.Retransmissions{
		Total: r.n, RTO: r.counts[causeTimeout], Fast: r.counts[causeFast], TailLossProbe: r.counts[causeProbe],
		Spurious: r.counts[causeSpurious], Other: r.counts[causeOther],
	}
}
