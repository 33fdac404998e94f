package websocket

import "hanalyze"

// Conn reads the two directions of one connection after its opening handshake. It is not safe for concurrent use.
type Conn struct {
	emit    func(*Event)
	ev      Event // the one event, reused
	params  Params
	half    [2]half
	scratch []byte // of unmasked bytes
}

// half is one direction.
type half struct {
	state   state
	offset  int64 // of the next byte to take
	carry   [maxHeader]byte
	carried int

	frame   header
	start   int64 // offset of the frame
	left    int64 // of its payload
	message message
	control control
	closed  bool // a close frame was seen
	found   bool // frame borders were found again: the next header that makes no sense means that they were not
	unread  int64
	hunt    hunter
	inflate *inflater // nil without compression
}

// state says what the next byte of a direction is taken for.
//
// A frame goes inHeader → inPayload → inHeader. Lost bytes that hide where the next frame begins lead to hunting, which
// leads back when a chain of frames is found. dead, after a length that cannot be, and ended are final.
type state uint8

const (
	inHeader state = iota
	inPayload
	hunting
	dead
	ended
)

// message is a text or binary message that is not complete; open says that there is one.
type message struct {
	open       bool
	op         Opcode
	compressed bool
	start      int64
	frames     int64
	wire, lost int64
	how        How
	text       textCheck
	packed     []byte // compressed payload
}

// control is a control frame that is not complete.
type control struct {
	payload [maxControl]byte
	n       int
	lost    int64
}

// scratchSize is how much is unmasked at once: few calls for a segment, and it stays in the processor's first cache.
const scratchSize = 4 << 10

// keepPacked is the capacity kept for the next compressed message.
const keepPacked = 16 << 10

// NewConn returns a parser that tells what it finds to emit, from within Feed, Gap and End. The Event and its Data are
// borrowed until emit returns. emit must not call the Conn.
func NewConn(p Params, emit func(*Event)) *Conn {
	c := &Conn{emit: emit, params: p}
	if p.Deflate {
		for d := range c.half {
			c.half[d].inflate = newInflater(p.Side[d])
		}
	}
	return c
}

// Feed reads the next bytes of direction d and takes all of them. b is borrowed until Feed returns.
func (c *Conn) Feed(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	for rest := b; len(rest) > 0; {
		rest = rest[c.step(d, h, rest):]
	}
	return len(b)
}

// step takes some of b, which is not empty.
func (c *Conn) step(d hanalyze.Dir, h *half, b []byte) (n int) {
	switch h.state {
	case inHeader:
		return c.stepHeader(d, h, b)
	case inPayload:
		n = int(min(int64(len(b)), h.left))
		c.payload(d, h, b[:n])
		h.pass(n)
		if h.left -= int64(n); h.left == 0 {
			c.endFrame(d, h)
		}
		return n
	case hunting:
		c.stepHunt(d, h, b)
	case dead:
		h.unread += int64(len(b))
		h.pass(len(b))
	case ended:
	}
	return len(b)
}

func (h *half) pass(n int) { h.offset += int64(n) }

// stepHeader collects a header and, when it is complete, begins its frame.
func (c *Conn) stepHeader(d hanalyze.Dir, h *half, b []byte) (n int) {
	for {
		want := headerSize(h.carry[:h.carried])
		if h.carried >= 2 && h.carried == want {
			break
		}
		if n == len(b) {
			return n
		}
		took := copy(h.carry[h.carried:want], b[n:])
		h.carried += took
		n += took
		h.pass(took)
	}
	f := parseHeader(h.carry[:h.carried])
	h.start = h.offset - int64(h.carried)
	h.carried = 0
	c.beginFrame(d, h, f)
	return n
}

// Gap says that n bytes of d are missing, -1 for an unknown number.
func (c *Conn) Gap(d hanalyze.Dir, n int64) {
	h := &c.half[d]
	if h.state == inPayload && n > 0 {
		lost := min(n, h.left)
		c.lose(d, h, lost)
		h.offset += lost
		n -= lost
		if h.left -= lost; h.left == 0 {
			c.endFrame(d, h)
		}
		if n == 0 {
			return
		}
	}
	h.offset += max(n, 0)
	switch h.state {
	case hunting:
		h.hunt.gap(h.offset)
	case inHeader, inPayload:
		c.lostBorders(d, h)
	case dead, ended:
	}
}

// lose says that n bytes of the payload of the current frame are missing. What a compressed message lacks is told at its end.
func (c *Conn) lose(d hanalyze.Dir, h *half, n int64) {
	switch {
	case h.frame.op.control():
		h.control.lost += n
	case h.message.open && !h.frame.op.reserved():
		m := &h.message
		m.wire += n
		m.lost += n
		m.text.off = true
		m.packed = nil
		if !m.compressed {
			c.tell(d, Event{Kind: DataGap, Offset: m.start, N: n})
		}
	}
}

// lostBorders says that nobody knows where the next frame begins.
func (c *Conn) lostBorders(d hanalyze.Dir, h *half) {
	h.carried, h.control = 0, control{}
	if h.message.open {
		h.message.wire = -1
		c.endMessage(d, h, EndGap)
	}
	if h.inflate != nil {
		h.inflate.lose()
	}
	h.state, h.found = hunting, false
	h.hunt = hunter{from: h.offset, base: h.offset, next: h.offset}
	c.tell(d, Event{Kind: Lost, Offset: h.offset})
}

// End says that d ended.
func (c *Conn) End(d hanalyze.Dir) {
	h := &c.half[d]
	if h.state == ended {
		return
	}
	if h.message.open {
		c.endMessage(d, h, EndCut)
	}
	if h.state == hunting {
		h.unread = h.offset - h.hunt.from
	}
	if h.unread > 0 {
		c.tell(d, Event{Kind: Unread, Offset: h.offset - h.unread, N: h.unread})
	}
	h.state, h.hunt = ended, hunter{}
}

// tell emits e, which is d's.
func (c *Conn) tell(d hanalyze.Dir, e Event) {
	e.Dir = d
	c.ev = e
	c.emit(&c.ev)
	c.ev = Event{}
}

func (c *Conn) malformed(d hanalyze.Dir, h *half, v Violation, detail string) {
	c.tell(d, Event{Kind: Malformed, Offset: h.start, Violation: v, Detail: detail})
}

// beginFrame judges a header and makes its frame the current one.
func (c *Conn) beginFrame(d hanalyze.Dir, h *half, f header) {
	v, detail := f.violation(d, c.params.Deflate, c.params.Strange)
	switch {
	case v == "":
	case h.found: // not frames after all
		h.state, h.unread = dead, h.offset-h.start
		return
	default:
		c.malformed(d, h, v, detail)
	}
	if f.absurd {
		h.state = dead
		return
	}
	h.frame, h.left, h.state = f, f.length, inPayload
	if h.closed {
		c.malformed(d, h, BadAfterClose, "a "+f.op.String()+" frame after the close frame")
	}
	switch {
	case f.op.control():
		h.control = control{}
	case !f.op.reserved():
		c.beginFragment(d, h)
	}
	if h.left == 0 {
		c.endFrame(d, h)
	}
}

// beginFragment begins a message, or goes on with one (RFC 6455 §5.4).
func (c *Conn) beginFragment(d hanalyze.Dir, h *half) {
	f, m := &h.frame, &h.message
	switch continues := f.op == OpContinuation; {
	case continues && m.open:
		m.frames++
		return
	case continues && !h.found:
		c.malformed(d, h, BadFragment, "a continuation of no message")
	case m.open:
		c.malformed(d, h, BadFragment, "a message within another")
		c.endMessage(d, h, EndBroken)
	}
	h.message = message{open: true, op: f.op, compressed: c.params.Deflate && f.rsv&rsv1 != 0, start: h.start, frames: 1, packed: m.packed[:0]}
	if h.found && f.op == OpContinuation {
		m.how = EndGap // it began where nothing could be read
	}
	// Reserved bits of an extension nobody knows may mean anything: the message is only measured.
	h.message.text.off = f.op != OpText || c.params.Strange && f.rsv != 0
	c.tell(d, Event{Kind: MessageBegin, Offset: h.start, Op: m.op, Compressed: m.compressed})
}

// payload takes a piece of the current frame's payload.
func (c *Conn) payload(d hanalyze.Dir, h *half, b []byte) {
	pos := h.frame.length - h.left
	switch {
	case h.frame.op.control():
		if h.control.lost > 0 {
			return
		}
		n := copy(h.control.payload[h.control.n:], b)
		if h.frame.masked {
			unmask(h.control.payload[h.control.n:], b[:n], h.frame.mask, pos)
		}
		h.control.n += n
	case h.frame.op.reserved():
	case h.message.compressed:
		c.collect(h, b, pos)
	default:
		c.pieces(d, h, b, pos)
	}
}

// collect keeps a piece of a compressed message, unmasked.
func (c *Conn) collect(h *half, b []byte, pos int64) {
	m := &h.message
	m.wire += int64(len(b))
	switch {
	case m.lost > 0 || m.how == EndLimit:
	case len(m.packed)+len(b) > maxCompressed:
		m.packed, m.how = nil, EndLimit
	default:
		n := len(m.packed)
		m.packed = append(m.packed, b...)
		if h.frame.masked {
			unmask(m.packed[n:], b, h.frame.mask, pos)
		}
	}
}

// pieces tells a piece of a message that is not compressed.
func (c *Conn) pieces(d hanalyze.Dir, h *half, b []byte, pos int64) {
	h.message.wire += int64(len(b))
	if !h.frame.masked {
		c.data(d, h, b)
		return
	}
	if c.scratch == nil {
		c.scratch = make([]byte, scratchSize)
	}
	for len(b) > 0 {
		n := min(len(b), len(c.scratch))
		unmask(c.scratch, b[:n], h.frame.mask, pos)
		c.data(d, h, c.scratch[:n])
		b = b[n:]
		pos += int64(n)
	}
}

// data tells bytes of a message as they were meant.
func (c *Conn) data(d hanalyze.Dir, h *half, b []byte) {
	if !h.message.text.off {
		h.message.text.feed(b)
	}
	c.tell(d, Event{Kind: Data, Offset: h.message.start, Op: h.message.op, Data: b})
}

// endFrame ends the current frame, whose payload is over.
func (c *Conn) endFrame(d hanalyze.Dir, h *half) {
	h.state = inHeader
	switch f := &h.frame; {
	case f.op == OpClose:
		c.endClose(d, h)
	case f.op == OpPing || f.op == OpPong:
		c.tell(d, Event{Kind: Control, Offset: h.start, Op: f.op, Data: h.control.payload[:h.control.n], LostBytes: h.control.lost})
	case f.op.reserved() || !f.fin:
	default:
		c.endMessage(d, h, Complete)
	}
}

// endClose tells a close frame, RFC 6455 §5.5.1.
func (c *Conn) endClose(d hanalyze.Dir, h *half) {
	b, lost := h.control.payload[:h.control.n], h.control.lost
	e := Event{Kind: Close, Offset: h.start, LostBytes: lost}
	if len(b) >= 2 {
		e.Code = uint16(b[0])<<8 | uint16(b[1])
	}
	switch {
	case lost > 0:
	case len(b) == 1:
		c.malformed(d, h, BadClose, "a close frame of one byte")
	case len(b) >= 2:
		e.Reason = string(b[2:])
		if !MayBeSent(e.Code) {
			c.malformed(d, h, BadClose, "a close code that must not be sent")
		}
		var t textCheck
		if t.feed(b[2:]); t.wrong() {
			c.malformed(d, h, BadText, "a close reason that is not UTF-8")
		}
	}
	h.closed = true
	c.tell(d, e)
}

// endMessage tells the end of the open message.
func (c *Conn) endMessage(d hanalyze.Dir, h *half, how How) {
	m := &h.message
	if how == Complete && m.lost > 0 {
		how = EndGap
	}
	if how == Complete {
		how = m.how
	}
	size := m.wire
	if m.compressed {
		size, how = c.decompress(d, h, how)
	}
	if how == Complete && m.text.wrong() {
		c.tell(d, Event{Kind: Malformed, Offset: m.start, Violation: BadText, Detail: "a text message that is not UTF-8"})
	}
	e := Event{Kind: MessageEnd, Offset: m.start, Op: m.op, Compressed: m.compressed,
		Frames: m.frames, WireBytes: m.wire, Bytes: size, LostBytes: m.lost, How: how}
	packed := m.packed[:0]
	if cap(packed) > keepPacked {
		packed = nil
	}
	h.message = message{packed: packed}
	c.tell(d, e)
}

// decompress tells what a compressed message says. It returns its size, -1 when that is not known.
func (c *Conn) decompress(d hanalyze.Dir, h *half, how How) (int64, How) {
	m := &h.message
	if how != Complete {
		if how == EndLimit {
			c.tell(d, Event{Kind: Malformed, Offset: m.start, Violation: LimitCompressed})
		}
		h.inflate.lose()
		return -1, how
	}
	size, v := h.inflate.message(m.packed, func(b []byte, known bool) {
		if !known {
			how = EndUnknown
			m.text.off = true
			c.tell(d, Event{Kind: DataGap, Offset: m.start, N: int64(len(b))})
			return
		}
		c.data(d, h, b)
	})
	switch v {
	case "":
		return size, how
	case LimitDeflate:
		how = EndLimit
	default:
		how = EndBroken
	}
	c.tell(d, Event{Kind: Malformed, Offset: m.start, Violation: v, Detail: "a message that cannot be decompressed"})
	return -1, how
}
