package h2

import (
	"encoding/binary"
	"strings"

	"hanalyze"
)

// dispatch gives a complete frame to the function of its type; p is the payload. All functions tell the frame, then what
// it means. Of a frame not seen whole, only field blocks are read, as far as they go.
func (c *Conn) dispatch(h *half, p []byte) {
	f := &h.f
	f.State = c.stateOf(h, f.StreamID)
	switch f.Type {
	case FrameHeaders:
		c.headersFrame(h, p)
		return
	case FramePushPromise:
		c.pushPromiseFrame(h, p)
		return
	case FrameContinuation:
		c.continuationFrame(h, p)
		return
	}
	if !f.whole() {
		c.lossy = true // it may have been settings or a reset
		c.tellFrame(h)
		return
	}
	switch f.Type {
	case FramePriority:
		c.priorityFrame(h, p)
	case FrameRSTStream:
		c.rstStreamFrame(h, p)
	case FrameSettings:
		c.settingsFrame(h, p)
	case FramePing:
		c.pingFrame(h, p)
	case FrameGoAway:
		c.goAwayFrame(h, p)
	case FrameWindowUpdate:
		c.windowUpdateFrame(h, p)
	case FrameAltSvc:
		c.altSvcFrame(h, p)
	case FrameOrigin:
		c.originFrame(h, p)
	case FramePriorityUpdate:
		c.priorityUpdateFrame(h, p)
	default: // RFC 9113 §5.5: unknown types are ignored
		c.tellFrame(h)
	}
}

// wantConnection complains of a frame that belongs to the connection but names a stream.
func (c *Conn) wantConnection(h *half) {
	if h.f.StreamID != 0 {
		c.complain(h, BadStreamID, "on stream %d, belongs to the connection", h.f.StreamID)
	}
}

// wantStream complains of a frame on stream 0 that belongs to a stream, and reports whether it is on one.
func (c *Conn) wantStream(h *half) bool {
	if h.f.StreamID == 0 {
		c.complain(h, BadStreamID, "on stream 0, belongs to a stream")
	}
	return h.f.StreamID != 0
}

// wantSize complains of a payload that has not the one length its type allows, and reports whether it has.
func (c *Conn) wantSize(h *half, p []byte, n int) bool {
	if len(p) != n {
		c.complain(h, BadSize, "%d bytes instead of %d", len(p), n)
	}
	return len(p) == n
}

// beginData is RFC 9113 §6.1, up to the pad length.
func (c *Conn) beginData(h *half) {
	if c.wantStream(h) {
		c.checkData(h)
		c.checkFlow(h)
	}
	switch {
	case !h.f.has(FlagPadded):
		c.startData(h)
	case h.left == 0:
		c.complain(h, BadSize, "no room for the pad length")
		c.startData(h)
	default:
		h.phase = phasePad
	}
}

func (c *Conn) padLength(h *half, pad byte) {
	h.left--
	h.pad = int(pad)
	h.f.PadBytes = h.pad
	if h.pad > h.left {
		c.complain(h, BadPadding, "padding of %d exceeds the %d bytes left", h.pad, h.left)
		h.pad = h.left
	}
	c.startData(h)
}

// startData tells the frame: its payload is told as it arrives.
func (c *Conn) startData(h *half) {
	f := &h.f
	if s := c.streams.get(f.StreamID); s != nil && f.has(FlagEndStream) {
		c.move(s, h.dir, sendEnd)
	}
	f.State = c.stateOf(h, f.StreamID)
	c.tellFrame(h)
	h.phase = phaseData
	if h.left == 0 {
		c.endData(h)
	}
}

// data tells a piece of the payload.
func (c *Conn) data(h *half, b []byte) (n int) {
	n = min(h.left, len(b))
	body := min(n, h.left-h.pad)
	h.left -= n
	if id := h.f.StreamID; body > 0 && id != 0 {
		if s := c.streams.get(id); s != nil {
			c.watchNested(&s.half[h.dir], b[:body])
			s.half[h.dir].body += uint64(body)
		}
		ev := c.event(KindData, h, id)
		ev.Data = b[:body]
		c.emit(ev)
	}
	if h.left == 0 {
		c.endData(h)
	}
	return n
}

// watchNested compares the beginning of a body, of which b comes next, with the preface.
func (c *Conn) watchNested(sh *streamHalf, b []byte) {
	if sh.body != uint64(sh.preface) || sh.gap {
		return
	}
	for len(b) > 0 && sh.preface < prefaceSeen && b[0] == Preface[sh.preface] {
		b, sh.preface = b[1:], sh.preface+1
	}
	c.nested = c.nested || sh.preface == prefaceSeen
}

func (c *Conn) endData(h *half) {
	h.phase = phaseHeader
	c.spend(h)
	if h.f.has(FlagEndStream) && h.f.StreamID != 0 {
		c.endStream(h, h.f.StreamID)
	}
}

// unpad splits a payload into what lies before the padding, as far as it was seen, and counts the padding
// (RFC 9113 §6.1). It reports false where nothing can be said of the payload.
func (c *Conn) unpad(h *half, p []byte) (rest []byte, ok bool) {
	f := &h.f
	if !f.has(FlagPadded) {
		return p, true
	}
	if len(p) == 0 {
		if f.whole() {
			c.complain(h, BadSize, "no room for the pad length")
		}
		return nil, false
	}
	f.PadBytes = int(p[0])
	end := f.Length - f.PadBytes
	if end < 1 {
		c.complain(h, BadPadding, "padding of %d exceeds the %d bytes left", f.PadBytes, f.Length-1)
		return nil, false
	}
	return p[1:min(end, len(p))], true
}

// consumePriority reads the five bytes of RFC 7540 §6.3; the weight is 1 to 256.
func (c *Conn) consumePriority(h *half, p []byte) {
	dep := binary.BigEndian.Uint32(p)
	h.f.HasPriority = true
	h.f.Priority = hanalyze.HTTP2Priority{
		DependsOn: dep &^ (1 << 31),
		Exclusive: dep>>31 != 0,
		Weight:    uint16(p[4]) + 1,
	}
	if h.f.Priority.DependsOn == h.f.StreamID && h.f.StreamID != 0 {
		c.complain(h, BadPriority, "stream %d depends on itself", h.f.StreamID)
	}
}

// priorityFrame is RFC 9113 §6.3.
func (c *Conn) priorityFrame(h *half, p []byte) {
	c.wantStream(h)
	if c.wantSize(h, p, 5) {
		c.consumePriority(h, p)
	}
	c.tellFrame(h)
}

// rstStreamFrame is RFC 9113 §6.4.
func (c *Conn) rstStreamFrame(h *half, p []byte) {
	f := &h.f
	ok := c.wantStream(h)
	if !c.wantSize(h, p, 4) || !ok {
		c.tellFrame(h)
		return
	}
	f.read = true
	f.ErrorCode = ErrorCode(binary.BigEndian.Uint32(p))
	s := c.streams.get(f.StreamID)
	if s != nil {
		c.move(s, h.dir, sendReset)
	} else if f.State == Idle {
		c.complain(h, BadStreamState, "stream %d is idle", f.StreamID)
	}
	f.State = c.stateOf(h, f.StreamID)
	c.tellFrame(h)
	ev := c.event(KindReset, h, f.StreamID)
	ev.ErrorCode = f.ErrorCode
	c.emit(ev)
	c.streams.settle(s)
}

// pingFrame is RFC 9113 §6.7.
func (c *Conn) pingFrame(h *half, p []byte) {
	c.wantConnection(h)
	if c.wantSize(h, p, 8) {
		h.f.read = true
		copy(h.f.Ping[:], p)
	}
	c.tellFrame(h)
}

// goAwayFrame is RFC 9113 §6.8.
func (c *Conn) goAwayFrame(h *half, p []byte) {
	c.wantConnection(h)
	f := &h.f
	if len(p) < 8 {
		c.complain(h, BadSize, "%d bytes, at least 8 expected", len(p))
		c.tellFrame(h)
		return
	}
	f.read = true
	f.LastStreamID = binary.BigEndian.Uint32(p) &^ (1 << 31)
	f.ErrorCode = ErrorCode(binary.BigEndian.Uint32(p[4:]))
	f.Debug = printable(p[8:])
	c.tellFrame(h)
	ev := c.event(KindGoAway, h, f.StreamID)
	ev.LastStreamID, ev.ErrorCode, ev.Data, ev.Detail = f.LastStreamID, f.ErrorCode, p[8:], f.Debug
	c.emit(ev)
}

// windowUpdateFrame is RFC 9113 §6.9.
func (c *Conn) windowUpdateFrame(h *half, p []byte) {
	f := &h.f
	if c.wantSize(h, p, 4) {
		f.Increment = binary.BigEndian.Uint32(p) &^ (1 << 31)
		if f.Increment == 0 {
			c.complain(h, BadWindow, "increment of 0")
		}
		c.checkIncrement(h)
	}
	if f.State == Idle {
		c.complain(h, BadStreamState, "stream %d is idle", f.StreamID)
	}
	c.tellFrame(h)
	c.extend(h, f.StreamID, f.Increment)
}

// altSvcFrame is RFC 7838 §4: on stream 0 with an origin, on a stream without.
func (c *Conn) altSvcFrame(h *half, p []byte) {
	f := &h.f
	origin, rest, ok := consumeString16(p)
	if !ok {
		c.complain(h, BadPayload, "origin exceeds the payload")
		c.tellFrame(h)
		return
	}
	if (f.StreamID == 0) == (len(origin) == 0) {
		c.complain(h, BadPayload, "an origin belongs on stream 0 and there only")
	}
	f.Origin, f.FieldValue = string(origin), string(rest)
	c.tellFrame(h)
}

// originFrame is RFC 8336 §2.
func (c *Conn) originFrame(h *half, p []byte) {
	c.wantConnection(h)
	var origins strings.Builder
	for len(p) > 0 {
		origin, rest, ok := consumeString16(p)
		if !ok {
			c.complain(h, BadPayload, "origin exceeds the payload")
			break
		}
		if origins.Len() > 0 {
			origins.WriteByte(' ')
		}
		origins.Write(origin)
		p = rest
	}
	h.f.Origin = origins.String()
	c.tellFrame(h)
}

// consumeString16 reads a string with a length of two bytes.
func consumeString16(p []byte) (s, rest []byte, ok bool) {
	if len(p) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(p))
	if n > len(p)-2 {
		return nil, nil, false
	}
	return p[2 : 2+n], p[2+n:], true
}

// priorityUpdateFrame is RFC 9218 §7.1.
func (c *Conn) priorityUpdateFrame(h *half, p []byte) {
	c.wantConnection(h)
	f := &h.f
	if len(p) < 4 {
		c.complain(h, BadSize, "%d bytes, at least 4 expected", len(p))
		c.tellFrame(h)
		return
	}
	f.Prioritized = binary.BigEndian.Uint32(p) &^ (1 << 31)
	if f.Prioritized == 0 {
		c.complain(h, BadStreamID, "prioritizes stream 0")
	}
	f.FieldValue = string(p[4:])
	c.tellFrame(h)
}
