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
	if p.end() == p.Seq || p.has('R') {
		return
	}
	old := r.seen.add(p.Seq, p.end())
	switch {
	case old > 0:
		r.resent++
		r.bytes += float64(old)
	case p.Seq < r.highest:
		r.late++
	}
	r.highest = max(r.highest, p.end())
	r.owin = max(r.owin, r.window(p))
	for _, s := range r.sent {
		if s.from < p.end() && s.to > p.Seq {
			s.again, s.at = true, p.TS
		}
	}
	if old < p.end()-p.Seq {
		r.sent = append(r.sent, &sent{from: p.Seq, to: p.end(), at: p.TS, again: old > 0})
	}
}

// window is what tcptrace calls the outstanding window: one more than what is outstanding, and before the first ACK the
// segment alone.
func (r *replay) window(p *packet) float64 {
	if !r.anyAck {
		return float64(p.end() - p.Seq)
	}
	return float64(p.end() - r.acked + 1)
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
		if i == 0 {
			least, most = s, s
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
