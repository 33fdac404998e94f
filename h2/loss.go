package h2

import (
	"encoding/binary"

	"hanalyze"
)

const (
	// maxHunt bounds the bytes looked at before a place is taken for a frame border or not: three frames of the size
	// that every peer must accept.
	maxHunt = 3*(defaultFrameSize+headerLen) + headerLen

	// huntChunk is how much a hunt takes at a time.
	huntChunk = 16 << 10

	// huntFrames is how many frame headers must make sense in a row.
	huntFrames = 3

	// idSlack is how far stream numbers may run ahead in a gap; firstID what they may have reached before the capture.
	idSlack = 20_000
	firstID = 1 << 24
)

// hunt is the state of a direction that looks for a frame border. The bytes undecided are in carry.
type hunt struct {
	at      int   // carry[:at] is rejected
	skipped int64 // bytes rejected so far
}

// Gap tells that n bytes are missing in direction d, -1 if nobody knows how many. A gap inside a payload leaves frame
// borders intact; after any other, they must be found again, and the HPACK table of the direction is forgotten.
func (c *Conn) Gap(d hanalyze.Dir, n int64) {
	h := &c.half[d]
	if n == 0 || h.phase == phaseEnded {
		return
	}
	known := n
	if n < 0 {
		known = 1<<63 - 1
	}
	if inside := h.phase == phasePad || h.phase == phaseData || h.phase == phasePayload; inside {
		k := min(known, int64(h.left))
		c.absorb(h, k, n < 0)
		known -= k
		h.offset += k
	}
	if known == 0 {
		return
	}
	if n > 0 {
		h.offset += known
	}
	c.loseBorders(h, n)
}

// absorb skips k bytes of the payload under way.
func (c *Conn) absorb(h *half, k int64, unknown bool) {
	switch h.phase {
	case phasePad: // how much of the payload is padding will not be known
		h.pad = h.left
		h.f.Missing |= hanalyze.MissingGap
		c.startData(h)
		c.tellGap(h, h.f.StreamID, -1)
	case phaseData:
		body := min(k, int64(h.left-h.pad))
		if s := c.streams.get(h.f.StreamID); s != nil {
			s.half[h.dir].body += uint64(body)
		}
		if unknown {
			body = -1
		}
		if body != 0 {
			c.tellGap(h, h.f.StreamID, body)
		}
	default:
		h.f.Missing |= hanalyze.MissingGap
		h.keep = len(h.carry)
	}
	h.left -= int(k)
	switch {
	case h.left > 0:
	case h.phase == phasePayload:
		c.finish(h, h.carry)
	default:
		c.endData(h)
	}
}

// tellGap tells that bytes of a stream's body are missing.
func (c *Conn) tellGap(h *half, id uint32, n int64) {
	if s := c.streams.get(id); s != nil {
		s.half[h.dir].gap = true
	}
	ev := c.event(KindGap, h, id)
	ev.N = n
	ev.Missing = hanalyze.MissingGap
	c.emit(ev)
}

// loseBorders tells a gap of n bytes that took frame borders with it, and of which streams anything may be missing.
func (c *Conn) loseBorders(h *half, n int64) {
	c.abandonBlock(h, hanalyze.MissingGap)
	c.forget(h)
	c.tellGap(h, 0, n)
	for s := c.streams.open.first; s != nil; s = s.next {
		if sh := &s.half[h.dir]; !sh.ended && !sh.lost {
			sh.lost = true
			c.tellGap(h, s.id, -1)
		}
	}
	h.carry = h.carry[:0]
	h.hunt = hunt{}
	h.phase = phaseHunt
}

// join begins to hunt in a direction that does not start like a connection; carry holds its first bytes.
func (c *Conn) join(h *half) {
	if !c.certain {
		c.joined = true
		c.half[h.dir.Reverse()].dec.lose()
	}
	c.forget(h)
	h.phase = phaseHunt
}

// forget gives up what a direction's unseen frames may have changed.
func (c *Conn) forget(h *half) {
	c.lossy = true
	h.dec.lose()
	for d := range c.half {
		c.half[d].dec.limitKnown = false
		c.half[d].dec.mustResize = false
		c.half[d].sent.pending, c.half[d].sent.untracked = nil, true
	}
}

// search takes bytes of b into the hunt and, when a border is found, reads on from there.
func (c *Conn) search(h *half, b []byte) (n int) {
	n = min(len(b), huntChunk)
	h.carry = append(h.carry, b[:n]...)
	if c.scan(h, false) {
		c.resume(h, h.offset+int64(n))
		return n
	}
	if h.hunt.at > len(h.carry)/2 {
		h.carry = h.carry[:copy(h.carry, h.carry[h.hunt.at:])]
		h.hunt.at = 0
	}
	return n
}

// searchLast looks for a border in what is left when a direction ends.
func (c *Conn) searchLast(h *half) {
	if c.scan(h, true) {
		c.resume(h, h.offset)
	}
}

// scan moves on to the next place that may be a border and reports whether it is one.
func (c *Conn) scan(h *half, last bool) bool {
	if c.nested {
		h.hunt.skipped += int64(len(h.carry) - h.hunt.at)
		h.hunt.at = len(h.carry)
		return false
	}
	ids := c.idLimit()
	limit := c.huntLimit(h.dir)
	for ; h.hunt.at < len(h.carry); h.hunt.at, h.hunt.skipped = h.hunt.at+1, h.hunt.skipped+1 {
		b := h.carry[h.hunt.at:min(len(h.carry), h.hunt.at+maxHunt)]
		k := chain{dir: h.dir, limit: limit, ids: ids, last: last, aligned: h.hunt.skipped == 0}
		switch k.check(b) {
		case Yes:
			return true
		case Maybe:
			if len(b) < maxHunt {
				return false
			}
			c.limits.HuntWindows++
		case No:
		}
	}
	return false
}

// resume reads carry from the border found; end is the offset behind carry.
func (c *Conn) resume(h *half, end int64) {
	b := h.carry[h.hunt.at:]
	saved := h.offset
	h.carry = nil
	h.phase = phaseHeader
	h.offset = end - int64(len(b))
	h.start = h.offset
	ev := c.event(KindResync, h, 0)
	ev.N = h.hunt.skipped
	c.emit(ev)
	c.feed(h, b)
	h.offset = saved
}

// idLimit is the highest stream number that is plausible.
func (c *Conn) idLimit() uint32 {
	top := max(c.half[0].maxID, c.half[1].maxID)
	if top == 0 || c.joined {
		return max(firstID, top+idSlack)
	}
	return top + idSlack
}

// huntLimit is the longest payload that is plausible in direction d.
func (c *Conn) huntLimit(d hanalyze.Dir) int {
	return min(c.half[d.Reverse()].sent.maxFrameSize(), maxHunt)
}

// plausible reports whether f may be a frame of direction h.
func (c *Conn) plausible(h *half, f *Frame) bool {
	k := chain{dir: h.dir, limit: c.huntLimit(h.dir), ids: c.idLimit()}
	return k.frame(f)
}

// chain judges whether bytes are frames in a row, by rules stricter than RFC 9113: what is legal but improbable is refused.
type chain struct {
	dir     hanalyze.Dir
	limit   int    // longest payload
	ids     uint32 // highest stream
	last    bool   // nothing follows b
	aligned bool   // b begins where a gap or the capture's view of the direction begins
}

// check judges b: Yes when huntFrames headers make sense in a row, or when b ends with its last frame after two of them,
// after one if that one carries fields and b is aligned.
func (k *chain) check(b []byte) Verdict {
	open := uint32(0) // stream of the field block under way
	for n := 0; ; n++ {
		if len(b) > 0 && int(b[0])<<16 > k.limit {
			return No
		}
		if len(b) < headerLen {
			return k.atEnd(n, b)
		}
		f := parseHeader(b)
		if b[5]&0x80 != 0 || !k.frame(&f) {
			return No
		}
		isContinuation := f.Type == FrameContinuation
		if open != 0 && (!isContinuation || f.StreamID != open) || isContinuation && open == 0 && (n > 0 || f.Length == 0) {
			return No
		}
		if n+1 == huntFrames {
			return Yes
		}
		b = b[headerLen:]
		if len(b) < f.Length {
			return k.atEnd(0, b)
		}
		if !payloadPlausible(&f, b[:f.Length]) {
			return No
		}
		b = b[f.Length:]
		open = 0
		switch f.Type {
		case FrameHeaders, FramePushPromise, FrameContinuation:
			if !f.has(FlagEndHeaders) {
				open = f.StreamID
			}
			k.aligned = k.aligned && f.Type == FrameHeaders
		default:
			k.aligned = false
		}
	}
}

// atEnd judges after n whole frames, when the bytes left are not enough for another.
func (k *chain) atEnd(n int, left []byte) Verdict {
	switch {
	case !k.last:
		return Maybe
	case len(left) == 0 && (n >= 2 || n == 1 && k.aligned):
		return Yes
	}
	return No
}

// frame judges a frame header.
func (k *chain) frame(f *Frame) bool {
	if f.Length > k.limit || f.StreamID > k.ids || f.Flags&^flagsOf(f.Type) != 0 {
		return false
	}
	onStream := f.StreamID != 0
	switch f.Type {
	case FrameData:
		return onStream && (f.Length > 0 || f.has(FlagEndStream)) && (f.Length > 0 || !f.has(FlagPadded))
	case FrameHeaders:
		return onStream && (f.Length > 0 || !f.has(FlagEndHeaders)) && (k.dir == hanalyze.S2C || f.StreamID%2 == 1)
	case FrameContinuation:
		return onStream
	case FramePriority:
		return onStream && f.Length == 5
	case FrameRSTStream:
		return onStream && f.Length == 4
	case FrameSettings:
		return !onStream && f.Length%6 == 0 && (f.Length == 0 || !f.has(FlagAck))
	case FramePushPromise:
		return onStream && f.Length > 4 && k.dir == hanalyze.S2C && f.StreamID%2 == 1
	case FramePing:
		return !onStream && f.Length == 8
	case FrameGoAway:
		return !onStream && f.Length >= 8
	case FrameWindowUpdate:
		return f.Length == 4
	case FrameAltSvc, FrameOrigin:
		return k.dir == hanalyze.S2C && f.Length >= 2
	case FramePriorityUpdate:
		return !onStream && f.Length >= 4 && k.dir == hanalyze.C2S
	}
	return false
}

// payloadPlausible judges a payload.
func payloadPlausible(f *Frame, p []byte) bool {
	if f.has(FlagPadded) && (len(p) == 0 || int(p[0]) >= len(p)) {
		return false // HEADERS may be empty where CONTINUATION follows, but not with a pad length in it
	}
	switch f.Type {
	case FrameWindowUpdate, FramePushPromise:
		v := binary.BigEndian.Uint32(p)
		return f.has(FlagPadded) || v != 0 && v>>31 == 0
	case FrameGoAway:
		return p[0]>>7 == 0
	}
	return true
}
