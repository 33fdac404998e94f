package tcpstate

import (
	"time"

	"hanalyze"
)

// sent counts what one end sent. Packets captured twice, and the byte of a probe, are not part of it.
type sent struct {
	streamBytes   uint64 // each once
	allBytes      uint64 // repetitions included
	maxSegment    int64
	outOfOrder    uint64
	duplicateAcks uint64
	sacks, dsacks uint64
	unseenAt      uint64 // packet that first acknowledged bytes of it never seen, 0: none

	first, last hanalyze.Time // data, valid iff maxSegment > 0
}

// data takes a segment of whose bytes so many were never seen before.
func (n *sent) data(s *Segment, fresh int64) {
	if s.Len == 0 {
		return
	}
	n.streamBytes += uint64(fresh)
	n.allBytes += uint64(s.Len)
	if n.maxSegment == 0 {
		n.first = s.Meta.Time
	}
	n.maxSegment = max(n.maxSegment, s.Len)
	n.last = s.Meta.Time
}

// rates are the payload bits per second between the first and the last data, with and without repetitions: 0 when there
// is no time between them.
func (n *sent) rates() (throughput, goodput uint64) {
	took := n.last.Sub(n.first)
	if took <= 0 {
		return 0, 0
	}
	perSecond := func(bytes uint64) uint64 { return uint64(float64(bytes) * 8 / took.Seconds()) }
	return perSecond(n.allBytes), perSecond(n.streamBytes)
}

// reportSide tells what the end that sends in direction d did.
func (c *Conn) reportSide(r *hanalyze.TCPSide, d hanalyze.Dir, why string) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	n := &h.sent
	*r = hanalyze.TCPSide{
		StreamBytes:     n.streamBytes,
		Retransmissions: h.loss.resent.report(),
		OutOfOrder:      n.outOfOrder,
		MaxSegment:      uint64(n.maxSegment),
		RTT:             h.timing.samples.report(),
		DuplicateAcks:   n.duplicateAcks,
		SACKs:           n.sacks,
		DSACKs:          n.dsacks,
	}
	if h.loss.resent != nil {
		r.ResentBytes = h.loss.resent.bytes
	}
	r.GapBytes, r.LostBytes = h.unseen(peer, why)
	r.Throughput, r.Goodput = n.rates()
	h.stall.report(r, c.handshake.scaled)
	if peer.hasAck { // else its ACKs are not part of the capture
		r.MaxInFlight = uint64(h.stall.maxInFlight)
	}
}

// dataTime is the time from the first payload to the last, of either end.
func (c *Conn) dataTime() (d time.Duration, ok bool) {
	a, b := &c.half[0].sent, &c.half[1].sent
	switch {
	case a.maxSegment == 0 && b.maxSegment == 0:
		return 0, false
	case b.maxSegment == 0:
		return a.last.Sub(a.first), true
	case a.maxSegment == 0:
		return b.last.Sub(b.first), true
	}
	return max(a.last, b.last).Sub(min(a.first, b.first)), true
}
