package decode

import "hanalyze"

// span is the time from a to b, unknown unless both are. What ends before it begins took no time: the peer did not wait.
func span(a, b hanalyze.Meta) hanalyze.Span {
	if a.Packet == 0 || b.Packet == 0 {
		return hanalyze.Span{}
	}
	return hanalyze.Known(max(0, b.Time.Sub(a.Time)))
}

// times are the moments of an exchange: first and last byte of each direction, and of its interim answers. Packet 0 is
// unknown.
type times struct {
	begin, end   [2]hanalyze.Meta
	interimBegin hanalyze.Meta
	interimEnd   hanalyze.Meta
}

// putOff says that the answer in direction d, which ends at m, was an interim one: the final answer is to come, and counts.
func (t *times) putOff(d hanalyze.Dir, m hanalyze.Meta) {
	if t.interimBegin.Packet == 0 {
		t.interimBegin = t.begin[d]
	}
	t.interimEnd = m
	t.begin[d] = hanalyze.Meta{}
}

// timing splits an exchange as HAR does.
func (t *times) timing() hanalyze.HTTPTiming {
	const c, s = hanalyze.C2S, hanalyze.S2C
	return hanalyze.HTTPTiming{
		Send: span(t.begin[c], t.end[c]), Wait: span(t.end[c], t.begin[s]), Receive: span(t.begin[s], t.end[s]), Total: span(t.begin[c], t.end[s]),
	}
}

// bounds returns the first and the last packet.
func (t *times) bounds() (first, last hanalyze.Meta) {
	for _, m := range [...]hanalyze.Meta{t.begin[0], t.begin[1], t.end[0], t.end[1], t.interimBegin, t.interimEnd} {
		if m.Packet == 0 {
			continue
		}
		if first.Packet == 0 || m.Packet < first.Packet {
			first = m
		}
		if m.Packet > last.Packet {
			last = m
		}
	}
	return first, last
}
