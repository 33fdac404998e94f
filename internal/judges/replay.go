package main

import "time"

// replay is tcptrace's account of an end, taken from our packets by its own definitions: every segment that takes sequence
// space counts, SYN and FIN included, whatever it was sent for. Where the replay gives what tcptrace gives, the definition
// makes the difference to ours.
type replay struct {
	sent    []*sent
	seen    spans
	resent  float64 // segments with bytes seen before
	bytes   float64 // these bytes
	late    float64 // segments with new bytes before the highest
	owin    float64 // largest window
	samples []float64
	highest int64
	acked   int64 // the peer's last acknowledgment, valid iff anyAck
	anyAck  bool
	syn     bool
	data    spans // bytes seen, without SYN and FIN
	last    int64 // offset after the last byte, by the last FIN or RST
	closed  bool  // last is valid
}

// sent is a segment that waits for its ACK.
type sent struct {
	from, to int64
	at       time.Time
	again    bool
	acked    bool
}

// span is a range of offsets; spans are apart, in order.
type span struct{ from, to int64 }

type spans []span

// add adds a range and returns how much of it was there already.
func (s *spans) add(from, to int64) (old int64) {
	merged := span{from, to}
	var out spans
	for _, x := range *s {
		switch {
		case x.to < from || x.from > to:
			out = append(out, x)
			continue
		case x.to > from && x.from < to:
			old += min(x.to, to) - max(x.from, from)
		}
		merged = span{min(merged.from, x.from), max(merged.to, x.to)}
	}
	*s = append(out, merged)
	return old
}

// playBack replays the packets of e's connection.
func playBack(e *end) *replay {
	r := new(replay)
	for _, p := range e.c.packets {
		if p.Dir == e.dir {
			r.send(p)
		} else if p.has('A') {
			r.acknowledge(p)
		}
	}
	return r
}

// send takes a packet of the end itself.
func (r *replay) send(p *packet) {
	if p.has('F') || p.has('R') {
		r.last, r.closed = p.Seq+p.Len, true
	}
	switch {
	case p.has('R'):
		return
	case p.end() == p.Seq:
		r.owin = max(r.owin, r.window(p))
		return
	}
	r.syn = r.syn || p.has('S')
	r.data.add(p.start(), p.start()+p.Len)
	old := r.seen.add(p.Seq, p.end())
	if old == 0 {
		r.owin = max(r.owin, r.window(p))
	}
	switch {
	case old > 0:
		r.resent++
		r.bytes += float64(old)
	case p.Seq < r.highest:
		r.late++
	}
	r.highest = max(r.highest, p.end())
	for _, s := range r.sent {
		if s.from < p.end() && s.to > p.Seq {
			s.again, s.at = true, p.TS
		}
	}
	if old < p.end()-p.Seq {
		r.sent = append(r.sent, &sent{from: p.Seq, to: p.end(), at: p.TS, again: old > 0})
	}
}

// window is what tcptrace calls the outstanding window: one more than what is outstanding. Before the first ACK that is
// everything since the SYN, or without one the segment alone.
func (r *replay) window(p *packet) float64 {
	switch {
	case r.anyAck:
		return float64(uint64(p.Seq + p.Len - r.acked + 1)) // wraps below zero
	case r.syn:
		return float64(p.Seq + p.Len + 1)
	}
	return float64(p.Len)
}

// missed is the length of the stream, which ends where the last FIN or RST says, without the bytes seen. It wraps below zero.
func (r *replay) missed() float64 {
	if !r.closed {
		return 0
	}
	n := r.last - 1
	for _, s := range r.data {
		n -= s.to - s.from
	}
	return float64(uint64(n))
}

// acknowledge takes an ACK of the peer: it is a sample of the segment that ends exactly there, when it was sent once and
// nothing before it was sent again since.
func (r *replay) acknowledge(p *packet) {
	r.acked, r.anyAck = p.Ack, true
	for _, s := range r.sent {
		if s.acked || s.to > p.Ack {
			continue
		}
		if s.to == p.Ack && !s.again && !r.recovered(s) {
			r.samples = append(r.samples, float64(p.TS.Sub(s.at))/1e6)
		}
		s.acked = true
	}
}

// recovered reports whether an earlier segment was sent after s.
func (r *replay) recovered(s *sent) bool {
	for _, q := range r.sent {
		if q.to <= s.from && q.again && q.at.After(s.at) {
			return true
		}
	}
	return false
}

// extremes are the smallest and the largest sample, 0 without any.
func (r *replay) extremes() (least, most float64) {
	for i, s := range r.samples {
		if i == 0 || least == 0 { // it takes a minimum of 0 for none yet
			least = s
		}
		least, most = min(least, s), max(most, s)
	}
	return least, most
}

// figure is what the replay says of one of tcptrace's figures.
func (r *replay) figure(name string) (value float64, ok bool) {
	least, most := r.extremes()
	switch name {
	case "rexmt data pkts":
		return r.resent, true
	case "rexmt data bytes":
		return r.bytes, true
	case "outoforder pkts":
		return r.late, true
	case "missed data":
		return r.missed(), true
	case "max owin":
		return r.owin, true
	case "RTT samples":
		return float64(len(r.samples)), true
	case "RTT min":
		return least, true
	case "RTT max":
		return most, true
	}
	return 0, false
}
