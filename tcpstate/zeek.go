package tcpstate

import "hanalyze"

// zeekState is what Zeek takes an end of a connection to be in: six states, moved by flags alone, without a look at
// sequence numbers. history and conn_state are defined by it, so it is followed beside the states of RFC 9293 and never
// mixed with them.
//
// An originator's SYN leads to SYN-SENT, whatever the responder sends with SYN makes both ends established, a FIN closes
// and a RST resets its sender. Whoever does something else first is partial, unless it acknowledges an established peer:
// then only its SYN was missed.
type zeekState uint8

const (
	zeekInactive zeekState = iota
	zeekSynSent
	zeekSynAckSent // the originator answered with SYN-ACK
	zeekPartial    // seen, but not its opening
	zeekEstablished
	zeekClosed
	zeekReset
)

// zeekEnd is what Zeek knows of one end.
type zeekEnd struct {
	state, before zeekState
	start         int64 // offset of its SYN, or before its first segment
	last          int64 // offset after the last one seen
	fin           int64 // offset of its last FIN, valid iff hasFIN
	hasFIN        bool
}

// zeekJump is the largest step of a SYN's or RST's sequence number that Zeek believes.
const zeekJump = 1 << 20

func (z *zeekEnd) enter(s zeekState) {
	if z.state != s {
		z.before, z.state = z.state, s
	}
}

// seen reports whether the end's opening was seen, or an end that needs none.
func (z *zeekEnd) seen() bool { return z.state != zeekInactive && z.state != zeekPartial }

// clean reports whether the end is established, or was until its FIN.
func (z *zeekEnd) clean() bool {
	return z.state == zeekEstablished || z.state == zeekClosed && z.before == zeekEstablished
}

// begin takes the sequence number of an end's segment before anything else of it. A SYN inside a connection that is not
// over is taken for the one that sets it up.
func (z *zeekEnd) begin(s *Segment) {
	syn := s.Flags&hanalyze.SYN != 0
	switch {
	case z.state == zeekInactive && !syn:
		z.start, z.last = s.Seq-1, s.Seq
	case syn && (z.state < zeekClosed || z.state == zeekReset && z.before == zeekInactive):
		z.start, z.last = s.Seq, zeekEndOf(s)
	}
}

// zeekEndOf is the offset after a segment; what a RST carries is no part of the stream.
func zeekEndOf(s *Segment) int64 {
	if s.Flags&hanalyze.RST != 0 {
		return s.end() - s.Len
	}
	return s.end()
}

// advance moves last and reports whether the segment brings bytes but nothing beyond what was seen: Zeek calls that a
// retransmission, late and duplicate packets and probes with a byte included.
func (z *zeekEnd) advance(s *Segment) (again bool) {
	end := zeekEndOf(s)
	step := end - z.last
	switch {
	case s.Flags&(hanalyze.SYN|hanalyze.RST) != 0 && (step > zeekJump || step < -zeekJump):
		return false
	case s.Flags&hanalyze.FIN != 0 && z.last == z.start+1: // nothing between SYN and FIN was seen
		z.last = end
	case z.state == zeekReset:
		return false
	case step > 0:
		z.last = end
	default:
		return s.Len > 0
	}
	return false
}

// move changes the states of both ends by a segment that z sent.
func (z *zeekEnd) move(peer *zeekEnd, d hanalyze.Dir, s *Segment) {
	fin, rst := s.Flags&hanalyze.FIN != 0, s.Flags&hanalyze.RST != 0
	switch z.state {
	case zeekInactive:
		z.appear(peer, d, s)
	case zeekPartial, zeekEstablished:
		bare := s.Flags&(hanalyze.SYN|hanalyze.ACK) == hanalyze.SYN
		if bare && z.state == zeekPartial && peer.state == zeekInactive {
			z.enter(zeekSynSent)
		}
		if fin && !rst && peer.state == zeekReset && peer.before == zeekClosed {
			peer.enter(zeekClosed) // it had closed before its RST
		}
		fallthrough
	case zeekSynSent, zeekSynAckSent:
		if fin && !(rst && z.state >= zeekPartial) {
			z.enter(zeekClosed)
		}
		if rst {
			z.enter(zeekReset)
		}
	case zeekClosed:
		if rst && peer.state != zeekClosed {
			z.enter(zeekReset)
		}
	case zeekReset:
	}
}

// appear takes an end's first segment.
func (z *zeekEnd) appear(peer *zeekEnd, d hanalyze.Dir, s *Segment) {
	syn, ack := s.Flags&hanalyze.SYN != 0, s.Flags&hanalyze.ACK != 0
	switch {
	case syn && d == hanalyze.S2C:
		if peer.state == zeekSynSent || peer.state == zeekSynAckSent {
			peer.enter(zeekEstablished)
		}
		z.enter(zeekEstablished)
	case syn && ack:
		z.enter(zeekSynAckSent)
	case syn && peer.state == zeekEstablished: // captured after its answer
		z.enter(zeekEstablished)
	case syn:
		z.enter(zeekSynSent)
	}
	if s.Flags&hanalyze.FIN != 0 {
		z.enter(zeekClosed)
	}
	if s.Flags&hanalyze.RST != 0 {
		z.enter(zeekReset)
	}
	switch {
	case z.state != zeekInactive:
	case d == hanalyze.S2C && s.Len == 0 && peer.state == zeekSynSent: // some acknowledge a SYN before they answer it
	case ack && peer.state == zeekEstablished:
		z.enter(zeekEstablished)
	default:
		z.enter(zeekPartial)
	}
}

// zeekState is Zeek's conn_state, decided as its script base/protocols/conn does: resets first, the responder's before
// the originator's, then closings, then how far the opening went.
func (c *Conn) zeekState() string {
	orig, resp := &c.history.dir[hanalyze.C2S].end, &c.history.dir[hanalyze.S2C].end
	switch o, r := orig.state, resp.state; {
	case r == zeekReset && (o == zeekSynSent || o == zeekSynAckSent || o == zeekReset && c.zeekEmpty()):
		return "REJ"
	case r == zeekReset && !orig.seen():
		return "RSTRH"
	case r == zeekReset:
		return "RSTR"
	case o == zeekReset && resp.seen():
		return "RSTO"
	case o == zeekReset && c.history.abandoned():
		return "RSTOS0"
	case o == zeekReset:
		return "OTH"
	case o == zeekClosed && r == zeekClosed:
		return "SF"
	case o == zeekClosed && resp.seen():
		return "S2"
	case o == zeekClosed:
		return "SH"
	case r == zeekClosed && orig.seen():
		return "S3"
	case r == zeekClosed:
		return "SHR"
	case o == zeekSynSent && r == zeekInactive:
		return "S0"
	case o == zeekEstablished && r == zeekEstablished:
		return "S1"
	}
	return "OTH"
}

// zeekEmpty reports whether neither end sent a byte, by the sequence numbers of its own segments and of its peer's ACKs.
func (c *Conn) zeekEmpty() bool {
	for d := range c.half {
		z, peer := &c.history.dir[d].end, &c.half[1-d]
		size := z.last - z.start - 1
		if peer.hasAck {
			size = max(size, peer.ack-z.start-1)
		}
		if z.hasFIN && size > 0 {
			size--
		}
		if z.state != zeekInactive && size > 0 {
			return false
		}
	}
	return true
}
