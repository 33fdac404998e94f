package main

import "math"

// own reports whether our figure is what our definition gives on the packets, reckoned again in the plainest way.
func (e *end) own(figure string, ours float64) bool {
	switch figure {
	case "max owin":
		return ours == e.inFlight()
	case "rexmt data pkts", "rexmt data bytes", "outoforder pkts":
		return e.classed()
	case "RTT min", "RTT max":
		return ours == 0 && e.side.RTT == nil || e.timed(ours)
	case "RTT samples":
		return ours <= e.count((*packet).data)
	}
	return true
}

// inFlight is the largest number of payload bytes sent and not acknowledged. Before the peer's first ACK that is all that was
// sent; bytes beyond the peer's window show that an ACK is missing from the capture.
func (e *end) inFlight() float64 {
	var most, acked, edge int64
	known, scaled := false, e.count(isSYN) > 0 && e.peer.count(isSYN) > 0
	for _, p := range e.c.packets {
		switch {
		case p.Class == "invalid" || p.Class == "old_duplicate":
		case p.Dir != e.dir && p.has('A') && !p.has('R'):
			if known = true; p.Ack > acked {
				acked = p.Ack
			}
			edge = max(edge, p.Ack+p.WindowBytes)
		case p.Dir == e.dir && p.data() && (p.Class == "new" || p.Class == "ahead"):
			if !known && acked == 0 {
				acked = p.start()
			}
			if end := p.start() + p.Len; !known || !scaled || end <= edge {
				most = max(most, end-acked)
			}
		}
	}
	if !known {
		return 0
	}
	return float64(most)
}

func isSYN(p *packet) bool { return p.has('S') }

// classed reports whether each packet of bytes seen before is called so, unless it is a copy, a probe or without payload,
// and no other is.
func (e *end) classed() bool {
	for _, p := range e.packets {
		if !p.data() {
			continue
		}
		again := p.unseen() < p.Len
		switch p.Class {
		case "retransmission":
			if !again && !p.sentLater() {
				return false
			}
		case "duplicate_packet":
			if !p.copied() {
				return false
			}
		case "new", "ahead", "out_of_order":
			if again && p.unseen() == 0 {
				return false
			}
		}
	}
	return true
}

// timed reports whether ms is the time between a segment with payload and the first ACK that covers it.
func (e *end) timed(ms float64) bool {
	for _, p := range e.packets {
		if !p.data() {
			continue
		}
		for _, q := range e.c.packets[p.at:] {
			if q.Dir != p.Dir && q.has('A') && q.Ack >= p.start()+p.Len {
				if math.Abs(float64(q.TS.Sub(p.TS))/1e6-ms) < 1e-6 {
					return true
				}
				break
			}
		}
	}
	return false
}
