// Package h2 reads HTTP/2 (RFC 9113) with HPACK (RFC 7541) as an observer of both directions: bytes go in, events come
// out. It describes what a server would refuse and goes on, it survives gaps and joins connections in the middle, and it
// never shows a field it is not certain of.
//
// What happens where: conn.go cuts directions into frames, payload.go has one function per frame type, headers.go turns
// field blocks into heads and trailers with hpack.go and table.go, stream.go holds the state machine of streams, loss.go
// deals with gaps and finds frame borders again, sniff.go recognises the protocol.
package h2

import (
	"bytes"
	"fmt"

	"hanalyze"
)

// Preface is what a client sends first (RFC 9113 §3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

const (
	// MaxFieldBlock bounds an encoded field block, CONTINUATION included. Real blocks reach tens of kilobytes (17 KB of
	// cookies in one known capture); servers refuse more than 8 KiB to 1 MiB.
	MaxFieldBlock = 1 << 20

	// maxControl bounds the payload kept of any other frame but DATA: the frame size every peer must accept.
	maxControl = 16 << 10

	// maxContinuations is how many CONTINUATION frames a block may have before it is called a flood (CVE-2024-27316).
	maxContinuations = 128

	// MaxMalformed bounds the complaints about one direction: after a hundred, the reader knows.
	MaxMalformed = 100

	// keepCarry is the largest carry that a direction holds on to between frames.
	keepCarry = 32 << 10

	// defaultFrameSize and largestFrameSize are the limits of RFC 9113 §4.2.
	defaultFrameSize = 16 << 10
	largestFrameSize = 1<<24 - 1
)

// prefaceSeen is how much of the preface at the beginning of a stream's body tells that another HTTP/2 connection is in it.
const prefaceSeen = len("PRI * HTTP/2.0")

// Conn reads one connection. It is not safe for concurrent use. Its zero value is not usable; see NewConn.
type Conn struct {
	emit    func(*Event)
	half    [2]half
	streams streams

	// lossy says that frames may have passed unseen, in either direction: what looks like a violation of stream states
	// or settings may be none.
	lossy bool

	// certain says that the connection is known to be HTTP/2 from its first byte; joined that it is seen from the middle.
	certain, joined bool

	// nested says that a stream carries another HTTP/2 connection. Its frames cannot be told from those of this one, so that
	// no border is looked for after a loss.
	nested bool

	opened     uint64 // streams that were opened or promised
	concurrent int    // streams of the client that are open or half-closed
	peak       int    // most of them at a time

	limits Limits
	ev     Event
}

// Limits counts how often each limit was reached.
type Limits struct {
	FieldBlocks     uint64 // field blocks longer than MaxFieldBlock
	HeaderLists     uint64 // field lists longer than MaxHeaderList
	TableEntries    uint64 // HPACK entries forgotten because of MaxTable
	Streams         uint64 // streams forgotten because of MaxStreams
	Malformed       uint64 // complaints not told because of MaxMalformed
	ControlPayloads uint64 // payloads longer than maxControl, of which only the beginning was read
	PendingSettings uint64 // SETTINGS frames beyond maxPending that the peer left unacknowledged
	HuntWindows     uint64 // places that were not taken for a frame border because maxHunt bytes did not decide
}

// problem is a complaint about the current frame.
type problem struct {
	code   Code
	stream uint32
	detail string
}

// phase is what the next byte of a direction belongs to.
type phase uint8

const (
	phasePreface phase = iota // the client's preface
	phaseStart                // the header of the first frame
	phaseHeader               // a frame header
	phasePad                  // the pad length of a DATA frame
	phaseData                 // the payload of a DATA frame
	phasePayload              // the payload of any other frame
	phaseHunt                 // anywhere: frame borders are lost
	phaseEnded                // the direction has ended
)

// half is one direction.
type half struct {
	dir    hanalyze.Dir
	phase  phase
	offset int64  // of the next byte, gaps of known length included
	frames uint64 // frame headers seen
	carry  []byte // a split preface, frame header or payload; while hunting, what is undecided

	f     Frame // the current frame
	start int64 // its offset
	left  int   // payload bytes of it to come
	pad   int   // of these, padding at the end of a DATA frame
	keep  int   // how long its payload may become in carry

	dec   decoder    // of the field blocks sent in this direction
	block fieldBlock // the field block under way
	maxID uint32     // highest stream this end opened
	hunt  hunt
	sent  settings // what this end announced

	byType [otherType + 1]uint64 // frames by type
	window window                // of the connection, for what this end sends
	shut   int                   // streams whose window this end has used up

	problems []problem // found in the current frame, told after it
	told     int       // complaints so far
}

// NewConn returns a Conn for a connection that begins with the client's preface, or that is joined in the middle.
// emit is called inside Feed, Gap and End.
func NewConn(emit func(*Event)) *Conn {
	c := &Conn{emit: emit}
	for d := range c.half {
		h := &c.half[d]
		h.dir = hanalyze.Dir(d)
		h.phase = phaseStart
		h.dec = newDecoder()
		h.sent = defaultSettings()
	}
	c.half[hanalyze.C2S].phase = phasePreface
	return c
}

// NewUpgraded returns a Conn for the bytes after an HTTP/1.1 Upgrade to h2c (RFC 7540 §3.2): the client still sends its
// preface, the server begins with SETTINGS. payload is the HTTP2-Settings header, base64url decoded, which the 101
// acknowledges; it is borrowed. The request became stream 1, which the client has closed on its side.
func NewUpgraded(emit func(*Event), payload []byte) *Conn {
	c := NewConn(emit)
	client, server := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	for ; len(payload) >= 6; payload = payload[6:] {
		client.sent.apply(consumeSetting(payload))
	}
	client.sent.obeyed, client.sent.acked = client.sent.announced, true
	server.dec.setLimit(uint64(client.sent.obeyed.tableSize))
	s := c.streams.add(1)
	c.opened = 1
	c.move(s, hanalyze.C2S, sendHeaders)
	c.move(s, hanalyze.C2S, sendEnd)
	s.half[hanalyze.C2S].head = true
	s.half[hanalyze.S2C].noBody = true // the request's method is not known here: it may have been HEAD
	client.maxID = 1
	c.certain = true
	return c
}

// Limits returns how often each limit was reached so far.
func (c *Conn) Limits() Limits {
	l := c.limits
	l.TableEntries = c.half[0].dec.forgot + c.half[1].dec.forgot
	return l
}

// Feed takes all of b, which is borrowed, as the next bytes in direction d, and returns len(b).
func (c *Conn) Feed(d hanalyze.Dir, b []byte) (n int) {
	c.feed(&c.half[d], b)
	return len(b)
}

// Offset is that of the next byte of direction d, gaps of known length included.
func (c *Conn) Offset(d hanalyze.Dir) int64 { return c.half[d].offset }

// Hunting reports whether bytes of direction d are kept, or may be, until it is known where a frame begins: what they say is
// told later, with Event.At.
func (c *Conn) Hunting(d hanalyze.Dir) bool {
	switch c.half[d].phase {
	case phasePreface, phaseStart, phaseHunt:
		return true
	case phaseHeader, phasePad, phaseData, phasePayload, phaseEnded:
	}
	return false
}

// Unfinished returns the stream of the frame under way in direction d, 0 if there is none, or none on a stream; split says
// that a frame has begun of which not even the header is complete.
func (c *Conn) Unfinished(d hanalyze.Dir) (stream uint32, split bool) {
	h := &c.half[d]
	switch h.phase {
	case phasePad, phaseData, phasePayload:
		return h.f.StreamID, false
	case phaseHeader, phaseStart:
		return 0, len(h.carry) > 0
	case phasePreface, phaseHunt, phaseEnded:
	}
	return 0, false
}

// Begun returns the offset of the frame under way in direction d, if one has begun.
func (c *Conn) Begun(d hanalyze.Dir) (offset int64, ok bool) {
	h := &c.half[d]
	switch h.phase {
	case phasePad, phaseData, phasePayload:
		return h.start, true
	case phaseHeader, phaseStart:
		return h.offset - int64(len(h.carry)), len(h.carry) > 0
	case phasePreface, phaseHunt, phaseEnded:
	}
	return 0, false
}

// InData reports whether bytes of a DATA frame are to come in direction d.
func (c *Conn) InData(d hanalyze.Dir) bool {
	return c.half[d].phase == phasePad || c.half[d].phase == phaseData
}

func (c *Conn) feed(h *half, b []byte) {
	for len(b) > 0 {
		n := c.step(h, b)
		h.offset += int64(n)
		b = b[n:]
	}
}

// step consumes bytes of b or changes the phase. It sees offset as that of b[0].
func (c *Conn) step(h *half, b []byte) (n int) {
	switch h.phase {
	case phasePreface:
		return c.preface(h, b)
	case phaseStart, phaseHeader:
		return c.header(h, b)
	case phasePad:
		c.padLength(h, b[0])
		return 1
	case phaseData:
		return c.data(h, b)
	case phasePayload:
		return c.payload(h, b)
	case phaseHunt:
		return c.search(h, b)
	case phaseEnded:
	}
	return len(b)
}

// preface compares the client's first bytes with the preface, as far as they are there.
func (c *Conn) preface(h *half, b []byte) (n int) {
	at := len(h.carry)
	for n < len(b) && at < len(Preface) && b[n] == Preface[at] {
		n, at = n+1, at+1
	}
	if at == len(Preface) {
		h.carry = h.carry[:0]
		h.phase = phaseStart
		c.certain = true
		c.emit(c.event(KindPreface, h, 0))
		return n
	}
	h.carry = append(h.carry, b[:n]...)
	if n < len(b) {
		c.join(h)
	}
	return n
}

// header completes a frame header.
func (c *Conn) header(h *half, b []byte) (n int) {
	hdr := b
	n = headerLen
	if len(h.carry) > 0 || len(b) < headerLen {
		n = min(headerLen-len(h.carry), len(b))
		h.carry = append(h.carry, b[:n]...)
		if len(h.carry) < headerLen {
			return n
		}
		hdr = h.carry
	}
	f := parseHeader(hdr)
	first := h.phase == phaseStart
	if first && !c.startsWith(h, &f) {
		h.carry = append(h.carry[:0], hdr[:headerLen]...)
		if c.certain {
			ev := c.event(KindMalformed, h, 0)
			ev.Code, ev.Detail = BadFirstFrame, fmt.Sprintf("begins with %q instead of a frame", h.carry)
			if bytes.HasPrefix(h.carry, []byte("HTTP/1.")) {
				ev.Code = HTTP1Answer
			}
			c.emit(ev)
		}
		c.join(h)
		return n
	}
	h.carry = h.carry[:0]
	h.start = h.offset + int64(n) - headerLen
	c.begin(h, f, first)
	return n
}

// startsWith reports whether f can be the first frame of a direction: SETTINGS, or, where the preface tells that this is
// HTTP/2, anything of a sensible length, which text is not.
func (c *Conn) startsWith(h *half, f *Frame) bool {
	if c.certain {
		return f.Length <= c.huntLimit(h.dir)
	}
	return f.Type == FrameSettings && f.Flags == 0 && !c.joined && c.plausible(h, f)
}

// begin starts the frame f.
func (c *Conn) begin(h *half, f Frame, first bool) {
	h.f = f
	h.frames++
	h.byType[min(f.Type, otherType)]++
	h.left, h.pad = f.Length, 0
	h.phase = phasePayload
	if first && (f.Type != FrameSettings || f.has(FlagAck)) {
		c.complain(h, BadFirstFrame, "%v is the first frame", f.Type)
	}
	if limit := c.frameSizeLimit(h.dir); f.Length > limit {
		c.complain(h, BadSize, "%d bytes, the peer accepts %d", f.Length, limit)
	}
	c.checkContinuation(h)
	switch f.Type {
	case FrameData:
		c.beginData(h)
		return
	case FrameHeaders:
		ev := c.event(KindHeadBegin, h, f.StreamID)
		ev.Late = c.stateOf(h, f.StreamID) == Closed
		c.emit(ev)
		h.keep = MaxFieldBlock
	case FramePushPromise, FrameContinuation:
		h.keep = MaxFieldBlock
	case FramePriority, FrameRSTStream, FrameSettings, FramePing, FrameGoAway, FrameWindowUpdate, FrameAltSvc, FrameOrigin, FramePriorityUpdate:
		h.keep = maxControl
	default:
		h.keep = 0
	}
	if h.left == 0 {
		c.finish(h, nil)
	}
}

// frameSizeLimit is the longest payload the receiver of direction d accepts.
func (c *Conn) frameSizeLimit(d hanalyze.Dir) int {
	if c.lossy {
		return largestFrameSize
	}
	return c.half[d.Reverse()].sent.maxFrameSize()
}

// payload collects the payload of a frame that is read whole.
func (c *Conn) payload(h *half, b []byte) (n int) {
	n = min(h.left, len(b))
	h.left -= n
	if h.left == 0 && len(h.carry) == 0 && h.keep >= n {
		c.finish(h, b[:n])
		return n
	}
	take := min(n, h.keep-len(h.carry))
	h.carry = append(h.carry, b[:take]...)
	if take < n && h.keep > 0 && h.f.Missing == 0 {
		h.f.Missing |= hanalyze.MissingLimit
		if h.keep == maxControl {
			c.limits.ControlPayloads++
		} else {
			c.limits.FieldBlocks++
		}
	}
	if h.left == 0 {
		c.finish(h, h.carry)
	}
	return n
}

// finish dispatches a frame, of which p is the payload as far as it was seen, and makes ready for the next.
func (c *Conn) finish(h *half, p []byte) {
	h.phase = phaseHeader
	h.left = 0
	c.dispatch(h, p)
	h.carry = h.carry[:0]
	if cap(h.carry) > keepCarry {
		h.carry = nil
	}
}

// End tells that direction d ends here: closed, or the capture is over. Streams that were not ended stay so.
func (c *Conn) End(d hanalyze.Dir) {
	h := &c.half[d]
	if h.phase == phaseHunt {
		c.searchLast(h)
	}
	switch h.phase {
	case phasePreface, phaseStart, phaseHeader:
		if len(h.carry) > 0 {
			c.truncated(h, 0, -1)
		}
	case phasePad, phaseData:
		c.truncated(h, h.f.StreamID, int64(h.left))
	case phasePayload:
		left := int64(h.left)
		h.f.Missing |= hanalyze.MissingEndOfCapture
		c.finish(h, h.carry)
		c.truncated(h, h.f.StreamID, left)
	case phaseHunt, phaseEnded:
	}
	c.abandonBlock(h, hanalyze.MissingEndOfCapture)
	h.phase = phaseEnded
	h.carry = nil
}

func (c *Conn) truncated(h *half, stream uint32, left int64) {
	ev := c.event(KindTruncated, h, stream)
	ev.N = left
	ev.Missing = hanalyze.MissingEndOfCapture
	c.emit(ev)
}

// event returns the Conn's Event, reset to the current frame of h.
func (c *Conn) event(k Kind, h *half, stream uint32) *Event {
	c.ev = Event{Kind: k, Dir: h.dir, StreamID: stream, Ordinal: h.frames, Offset: h.start, At: h.start + headerLen + int64(h.f.Length-h.left)}
	return &c.ev
}

// complain notes that something is wrong with the current frame of h. tellProblems tells it.
func (c *Conn) complain(h *half, code Code, format string, args ...any) {
	c.complainOf(h, code, h.f.StreamID, format, args...)
}

func (c *Conn) complainOf(h *half, code Code, stream uint32, format string, args ...any) {
	if h.f.Malformed == "" {
		h.f.Malformed = string(code)
	}
	if h.told >= MaxMalformed {
		c.limits.Malformed++
		return
	}
	h.told++
	detail := fmt.Sprintf(format, args...)
	if h.f.Malformed == string(code) {
		h.f.Malformed = string(code) + ": " + detail
	}
	h.problems = append(h.problems, problem{code, stream, fmt.Sprintf("frame %d (%v): %s", h.frames, h.f.Type, detail)})
}

// tellProblems emits what complain noted.
func (c *Conn) tellProblems(h *half) {
	for _, p := range h.problems {
		ev := c.event(KindMalformed, h, p.stream)
		ev.Code, ev.Detail = p.code, p.detail
		c.emit(ev)
	}
	h.problems = h.problems[:0]
}

// tellFrame emits the current frame and what is wrong with it.
func (c *Conn) tellFrame(h *half) {
	ev := c.event(KindFrame, h, h.f.StreamID)
	ev.Frame = &h.f
	ev.Missing = h.f.Missing
	c.emit(ev)
	c.tellProblems(h)
}
