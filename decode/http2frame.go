package decode

import (
	"hanalyze"
	"hanalyze/h2"
)

// frame tells of one frame. h2 tells a DATA frame by its header; its record waits for the payload.
func (h *http2) frame(e *h2.Event) {
	h.tellPartial(e.Dir, h.replay[e.Dir].at(e.Offset, h.s.now))
	r := &hanalyze.HTTP2Frame{Envelope: h.s.envelope(h.replay[e.Dir].first(e.Offset, h.s.now), h.now), Dir: e.Dir}
	e.Frame.Fill(r)
	r.Missing = h.cut(r.Missing)
	if e.Frame.Type == h2.FrameData && e.Frame.Length > 0 {
		h.partial[e.Dir] = r
		return
	}
	h.s.emit(r)
}

// tellWhole tells the DATA frame under way in direction d if nothing of it is to come.
func (h *http2) tellWhole(d hanalyze.Dir) {
	if h.partial[d] != nil && !h.conn.InData(d) {
		h.tellPartial(d, h.s.now)
	}
}

// tellPartial tells the DATA frame under way in direction d, if there is one: it ended, or stopped, with packet last.
func (h *http2) tellPartial(d hanalyze.Dir, last hanalyze.Meta) {
	if r := h.partial[d]; r != nil {
		r.Last = last
		h.partial[d] = nil
		h.s.emit(r)
	}
}
