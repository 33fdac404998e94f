package reassembly

import "hanalyze"

// maxAhead bounds how far ahead of what is expected a segment may be: no window is larger (RFC 7323 §2.3).
const maxAhead = 1 << 30

// half is one direction of a connection.
type half struct {
	isn     uint32 // wire sequence number of offset 0, valid iff known
	known   bool
	started bool // next is where the stream is: the opening was captured, or data
	finSeen bool
	ended   bool          // End was told
	next    int64         // offset of the next byte in order
	fin     int64         // offset of the FIN, valid iff finSeen
	acked   int64         // highest offset the peer has acknowledged
	ackedAt hanalyze.Time // when it did first
	told    hanalyze.Meta // Meta of what was told last
	hole    *hole         // nil while everything is in order
}

// place makes wire the ISN, or the number of the first byte if it is not a SYN's.
func (h *half) place(wire uint32, syn bool) {
	h.isn, h.known, h.next = wire, true, 1
	if !syn {
		h.isn--
	}
}

// untouched reports whether nothing but a SYN is known of h, and the peer has not acknowledged that.
func (h *half) untouched() bool {
	return h.next == 1 && h.hole == nil && !h.ended && h.acked < 1
}

// offset turns a wire sequence number into the offset nearest to the expected one (RFC 1982 arithmetic).
func (h *half) offset(wire uint32) int64 {
	return h.next + int64(int32(wire-h.isn-uint32(h.next)))
}

// reach is the offset behind the last that was captured of h, holes or not.
func (h *half) reach() int64 {
	end := h.next
	if h.hole != nil {
		end = h.hole.end(h)
	}
	if h.finSeen {
		end = max(end, h.fin+1)
	}
	return end
}

// data takes n bytes of d at offset off, of which b were captured.
func (t *Tracker) data(f *flow, d hanalyze.Dir, off int64, b []byte, n int64, m hanalyze.Meta) {
	h := &f.tcp.half[d]
	if !h.started {
		h.started, h.next = true, off
	}
	if h.finSeen {
		n = min(n, h.fin-off)
	}
	if old := h.next - off; old > 0 {
		off, n, b = h.next, n-old, b[min(old, int64(len(b))):]
	}
	if n <= 0 {
		return
	}
	b = b[:min(int64(len(b)), n)]
	switch {
	case h.hole == nil && off == h.next:
		t.pass(f, d, b, n, m)
	case off-h.next > maxAhead:
		t.stats.Implausible++
		t.stats.BytesDropped += uint64(len(b))
	default:
		t.hold(f, d, off, b, n, m)
	}
}

// pass tells the next n bytes of d, of which b were captured.
func (t *Tracker) pass(f *flow, d hanalyze.Dir, b []byte, n int64, m hanalyze.Meta) {
	h := &f.tcp.half[d]
	h.told = m
	if len(b) > 0 {
		h.next += int64(len(b))
		f.handler.Data(d, m, b)
	}
	if cut := n - int64(len(b)); cut > 0 {
		h.next += cut
		t.gap(f, d, m, cut, hanalyze.MissingSnaplen)
	}
}

// gap tells that n bytes of d are missing.
func (t *Tracker) gap(f *flow, d hanalyze.Dir, m hanalyze.Meta, n int64, why hanalyze.Missing) {
	switch why {
	case hanalyze.MissingSnaplen:
		t.stats.SnaplenBytes += uint64(n)
	case hanalyze.MissingLimit:
		t.stats.BytesDropped += uint64(n)
	default:
		t.stats.GapBytes += uint64(n)
	}
	f.missing |= why
	f.handler.Gap(d, m, n, why)
}

// fin takes a FIN of d at offset off. The first one counts.
func (t *Tracker) fin(f *flow, d hanalyze.Dir, off int64) {
	h := &f.tcp.half[d]
	if !h.started {
		h.started, h.next = true, off
	}
	if h.finSeen || off < h.next || off-h.next > maxAhead || h.hole != nil && off < h.hole.end(h) {
		return
	}
	h.finSeen, h.fin = true, off
	if off > h.next && h.hole == nil {
		t.newHole(f, d, h.fin)
	}
	t.end(f, d, f.last)
}

// end tells the end of d once its stream has reached the FIN.
func (t *Tracker) end(f *flow, d hanalyze.Dir, m hanalyze.Meta) {
	h := &f.tcp.half[d]
	if h.finSeen && !h.ended && h.next >= h.fin {
		h.ended = true
		f.handler.End(d, m)
	}
}

// settleAll tells what is left of a connection that ends: what waits behind holes, and what the peer acknowledged but the
// capture never showed.
func (t *Tracker) settleAll(f *flow, why string) {
	reason := hanalyze.MissingGap
	if why == CloseEvicted {
		reason = hanalyze.MissingLimit
	}
	for i := range f.tcp.half {
		d := hanalyze.Dir(i)
		h := &f.tcp.half[d]
		for h.hole != nil {
			t.giveUp(f, d, reason)
		}
		// The last number acknowledged may be that of a FIN the capture missed: it surely is when both ends closed, and
		// most likely when nothing else is missing.
		n := h.acked - h.next
		if why == CloseFIN || n == 1 {
			n--
		}
		if h.known && !h.ended && n > 0 {
			h.next += n
			t.gap(f, d, f.last, n, hanalyze.MissingGap)
		}
	}
}
