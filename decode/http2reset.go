package decode

import (
	"hanalyze"
	"hanalyze/h2"
)

// maxWithheld bounds the exchanges of a direction that were given up and are not told yet: as many as a connection may have
// streams, for a client may cancel all of them before the server's next packet.
const maxWithheld = maxExchanges

// noError is the code of an RST_STREAM that complains of nothing.
const noError h2.ErrorCode = 0

// withheld are exchanges that one end gave up with RST_STREAM, oldest first. What the other end had sent on their streams
// by then may be in a hole, which shows only when that direction goes on: until then nobody knows what they lack.
type withheld []*exchange2

// reset ends an exchange with RST_STREAM.
func (h *http2) reset(e *h2.Event, now hanalyze.Meta) {
	x := h.open[e.StreamID]
	if x == nil {
		return
	}
	limit := uint32(0)
	if n := h.conn.StreamLimit(); n != nil {
		limit = *n
	}
	h.floods.reset(e, x, now, limit)
	answered := e.Dir == hanalyze.S2C && e.ErrorCode == noError && x.end[hanalyze.S2C].Packet != 0
	x.Reset = &hanalyze.HTTPReset{By: e.Dir.Sender(), ErrorCode: e.ErrorCode.String(), Answered: answered}
	x.RetrySafe = e.Dir == hanalyze.S2C && e.ErrorCode == h2.RefusedStream && x.Status == 0
	if x.end[e.Dir].Packet == 0 {
		x.end[e.Dir] = now
	}
	x.last = now
	x.flooded = h.floods.resets.over && x.Status == 0
	h.remove(x)
	if other := e.Dir.Reverse(); x.end[other].Packet == 0 && !x.flooded {
		h.withhold(other, x)
		return
	}
	h.settle(x)
}

// doubtReset leaves open whether x was reset: clients send RST_STREAM with NO_ERROR on streams that are complete, too, and
// what completed x may be missing.
func (x *exchange2) doubtReset() {
	if x.Reset != nil && !x.Reset.GoAway && x.Reset.ErrorCode == noError.String() && x.Missing != 0 {
		x.Reset = nil
	}
}

// withhold keeps x until direction d goes on.
func (h *http2) withhold(d hanalyze.Dir, x *exchange2) {
	w := &h.resets[d]
	if len(*w) == maxWithheld {
		h.cutWait(w)
	}
	*w = append(*w, x)
}

// release tells the exchanges that waited for direction d, which goes on: why says what is missing of it there.
func (h *http2) release(d hanalyze.Dir, why hanalyze.Missing) {
	if n := h.doubted[d]; n != nil {
		h.doubted[d] = nil
		if why == 0 && h.sure() {
			h.s.emit(n)
		} else {
			h.told[h2.BadStreamState] = false
		}
	}
	w, now := h.resets[d], h.s.now
	if len(w) == 0 {
		return
	}
	h.resets[d] = nil
	for _, x := range w {
		x.Missing |= why
		if why != 0 && !h.closing {
			x.body[d].gap(-1)
		}
		h.s.now = x.last // it was over then
		h.settle(x)
	}
	h.s.now = now
}
