package h2

import (
	"encoding/binary"

	"hanalyze"
)

// fieldBlock is a field block under way: HEADERS or PUSH_PROMISE without END_HEADERS, then CONTINUATION (RFC 9113 §4.3).
type fieldBlock struct {
	open     bool
	stream   uint32 // the stream its frames are on
	promised uint32 // PUSH_PROMISE: the stream it is about
	end      bool   // HEADERS had END_STREAM
	frames   int
	wire     int              // bytes of the block so far
	buf      []byte           // of these, what was kept: all, unless missing
	missing  hanalyze.Missing // why buf stops before the end
}

// about is the stream that the fields belong to.
func (b *fieldBlock) about() uint32 {
	if b.promised != 0 {
		return b.promised
	}
	return b.stream
}

// headersFrame is RFC 9113 §6.2.
func (c *Conn) headersFrame(h *half, p []byte) {
	f := &h.f
	ok := c.wantStream(h)
	p, padOK := c.unpad(h, p)
	if f.has(FlagPriority) && padOK {
		if len(p) >= 5 {
			c.consumePriority(h, p)
		} else if f.whole() {
			c.complain(h, BadSize, "no room for the priority")
			padOK = false
		}
		p = p[min(5, len(p)):]
	}
	c.interrupt(h)
	if !ok {
		h.dec.lose() // an endpoint would give up here, and the block may have changed the table
		c.tellFrame(h)
		return
	}
	s := c.headersStream(h)
	if f.has(FlagEndStream) {
		c.move(s, h.dir, sendEnd)
	}
	f.State = s.seenFrom(h.dir)
	h.block = fieldBlock{open: true, stream: f.StreamID, end: f.has(FlagEndStream), buf: h.block.buf[:0]}
	c.fragment(h, p, padOK)
}

// pushPromiseFrame is RFC 9113 §6.6.
func (c *Conn) pushPromiseFrame(h *half, p []byte) {
	f := &h.f
	ok := c.wantStream(h)
	p, padOK := c.unpad(h, p)
	if len(p) >= 4 && padOK {
		f.Promised = binary.BigEndian.Uint32(p) &^ (1 << 31)
		p = p[4:]
	} else if padOK && f.whole() {
		c.complain(h, BadSize, "no room for the promised stream")
	}
	c.interrupt(h)
	if !ok || f.Promised == 0 {
		if f.Promised == 0 && f.whole() {
			c.complain(h, BadStreamID, "promises stream 0")
		}
		h.dec.lose()
		c.tellFrame(h)
		return
	}
	c.promise(h)
	h.block = fieldBlock{open: true, stream: f.StreamID, promised: f.Promised, buf: h.block.buf[:0]}
	c.fragment(h, p, padOK)
}

// continuationFrame is RFC 9113 §6.10.
func (c *Conn) continuationFrame(h *half, p []byte) {
	b := &h.block
	if b.open && b.stream != h.f.StreamID {
		c.interrupt(h)
	}
	if !b.open {
		h.dec.lose() // the rest of a block whose beginning is not known
		c.tellFrame(h)
		return
	}
	b.frames++
	if b.frames == maxContinuations+1 {
		c.complain(h, BadContinuation, "more than %d in one block", maxContinuations)
	}
	c.fragment(h, p, true)
}

// checkContinuation complains when a field block is interrupted or a CONTINUATION has none: RFC 9113 §6.10 wants the
// frames of a block to follow each other.
func (c *Conn) checkContinuation(h *half) {
	b := &h.block
	switch isContinuation := h.f.Type == FrameContinuation; {
	case b.open && (!isContinuation || h.f.StreamID != b.stream):
		c.complain(h, BadContinuation, "interrupts the field block of stream %d", b.stream)
	case !b.open && isContinuation && c.lossy:
		h.f.Missing |= hanalyze.MissingGap
	case !b.open && isContinuation:
		c.complain(h, BadContinuation, "continues no field block")
	}
}

// fragment adds a part of the field block under way and, with END_HEADERS, completes it. Where the payload made no
// sense, ok is false and the block cannot be read.
func (c *Conn) fragment(h *half, p []byte, ok bool) {
	f, b := &h.f, &h.block
	b.wire += len(p)
	last := f.has(FlagEndHeaders)
	if last && b.wire == len(p) && b.missing == 0 {
		c.completeBlock(h, p, !ok || !f.whole())
		return
	}
	if b.missing == 0 {
		room := MaxFieldBlock - len(b.buf)
		if len(p) > room {
			p = p[:room]
			b.missing |= hanalyze.MissingLimit
			c.limits.FieldBlocks++
		}
		b.buf = append(b.buf, p...)
	}
	b.missing |= f.Missing
	if last {
		c.completeBlock(h, b.buf, !ok || b.missing != 0)
		return
	}
	c.tellFrame(h)
}

// completeBlock decodes the block under way, tells the frame that completed it and what it says.
func (c *Conn) completeBlock(h *half, enc []byte, partial bool) {
	h.f.Missing |= h.block.missing
	head := c.readBlock(h, enc, partial)
	h.f.Missing |= head.missing
	h.f.Fields = head.fields
	h.f.State = c.stateOf(h, h.f.StreamID)
	c.tellFrame(h)
	c.tellHead(h, &head, h.f.Missing)
}

// interrupt ends a block that something else than its CONTINUATION follows.
func (c *Conn) interrupt(h *half) { c.abandonBlock(h, 0) }

// abandonBlock ends a block whose rest will not come, and tells the fields known.
func (c *Conn) abandonBlock(h *half, why hanalyze.Missing) {
	if !h.block.open {
		return
	}
	h.block.missing |= why
	head := c.readBlock(h, h.block.buf, true)
	c.tellHead(h, &head, h.block.missing|head.missing)
	c.tellProblems(h)
}

// head is a field block read: what it is, and what it says.
type head struct {
	block
	role   Role
	status uint16
}

// readBlock decodes the block under way and closes it.
func (c *Conn) readBlock(h *half, enc []byte, partial bool) head {
	b := &h.block
	b.open = false
	r := head{block: h.dec.decode(enc, partial)}
	if r.err != nil {
		c.complainOf(h, BadCompression, b.about(), "%v", r.err)
	}
	if r.missing&hanalyze.MissingLimit != 0 {
		c.limits.HeaderLists++
	}
	if cap(b.buf) > keepCarry {
		b.buf = nil
	}
	s := c.streams.get(b.about())
	if s == nil { // evicted meanwhile
		s = &stream{id: b.about(), joined: true}
	}
	c.classify(h, s, &r)
	if r.role == RoleTrailers && !b.end && !partial {
		c.complainOf(h, BadFields, b.about(), "trailers without END_STREAM")
	}
	if wrong := checkFields(r.fields, r.role, partial || r.missing != 0 || r.err != nil); wrong != "" {
		c.complainOf(h, BadFields, b.about(), "%s", wrong)
	}
	return r
}

// tellHead emits the head and, with END_STREAM, the end of the stream.
func (c *Conn) tellHead(h *half, r *head, missing hanalyze.Missing) {
	b := &h.block
	ev := c.event(KindHeaders, h, b.about())
	ev.Role, ev.Status, ev.Fields = r.role, r.status, r.fields
	ev.HeaderBytes, ev.ListBytes, ev.EndStream, ev.Missing = b.wire, r.listed, b.end, missing
	c.emit(ev)
	if b.end && missing&hanalyze.MissingEndOfCapture == 0 {
		c.endStream(h, b.stream)
	}
}

// classify finds the role of a field section and notes what it says about the body (RFC 9113 §8.1).
func (c *Conn) classify(h *half, s *stream, r *head) {
	sh := &s.half[h.dir]
	facts := readFields(r.fields)
	switch {
	case h.block.promised != 0:
		r.role = RolePush
		s.half[hanalyze.C2S].head = true
		c.noteRequest(s, &facts)
		return
	case sh.head && sh.unclear && (facts.pseudo || facts.unresolvedFirst && !h.block.end):
		r.role, r.status = RoleResponse, facts.status // the one before was an interim answer
		sh.noBody = true
		if r.status >= 100 && r.status < 200 && !h.block.end {
			r.role = RoleInterim
			return
		}
	case sh.head:
		r.role = RoleTrailers
		return
	case (s.joined || sh.gap) && !facts.pseudo && !facts.unresolvedFirst && len(r.fields) > 0:
		r.role = RoleTrailers // the head came before the capture, or in a gap: a head begins with pseudo-fields
		sh.head = true
		return
	case h.dir == hanalyze.C2S:
		r.role = RoleRequest
		c.noteRequest(s, &facts)
		if facts.protocol && !c.lossy && !c.half[hanalyze.S2C].sent.connect {
			c.complainOf(h, BadFields, h.block.about(), ":protocol, which the server's settings do not allow (RFC 8441 §3)")
		}
	case facts.status >= 100 && facts.status < 200 && !h.block.end:
		r.role, r.status = RoleInterim, facts.status
		return
	default:
		r.role, r.status = RoleResponse, facts.status
		// RFC 9110 §6.4.1: no content in answers to HEAD, and in 204 and 304.
		sh.noBody = sh.noBody || s.head || facts.status == 204 || facts.status == 304
	}
	sh.head = true
	sh.unclear = r.role == RoleResponse && facts.status == 0 && facts.statusUnknown
	sh.declared, sh.hasLen = facts.length, facts.hasLength
	if r.missing != 0 || s.joined {
		sh.noBody = true
	}
}

func (c *Conn) noteRequest(s *stream, f *fieldFacts) {
	s.head = f.method == "HEAD"
	s.tunnel = f.method == "CONNECT"
	if f.method == "" {
		s.half[hanalyze.S2C].noBody = true
	}
}

// headersStream finds or opens the stream of a HEADERS frame and complains where its state does not allow one.
func (c *Conn) headersStream(h *half) *stream {
	id := h.f.StreamID
	opener := opener(id)
	s := c.streams.get(id)
	switch {
	case s != nil && s.half[h.dir].ended:
		c.complainState(h, "HEADERS after the end of stream %d", id)
	case s != nil:
	case opener != h.dir && id > c.half[opener].maxID:
		c.complainState(h, "HEADERS on idle stream %d", id)
	case opener != h.dir:
		c.complainState(h, "HEADERS on closed stream %d", id)
	case opener == hanalyze.S2C:
		c.complainState(h, "stream %d was not promised", id)
	case id <= h.maxID:
		c.complainState(h, "stream %d opened after stream %d", id, h.maxID)
	}
	if s == nil {
		s = c.addStream(h, id)
		s.joined = c.lossy || opener != h.dir || opener == hanalyze.S2C
	}
	c.move(s, h.dir, sendHeaders)
	return s
}

// promise reserves the stream of a PUSH_PROMISE (RFC 9113 §8.4).
func (c *Conn) promise(h *half) {
	id := h.f.Promised
	switch {
	case h.dir == hanalyze.C2S:
		c.complain(h, BadPush, "a client must not push")
	case c.half[hanalyze.C2S].sent.noPush && !c.lossy:
		c.complain(h, BadPush, "the client disabled push")
	case opener(id) != h.dir || c.streams.get(id) != nil || id <= h.maxID && !c.lossy:
		c.complain(h, BadStreamID, "promises stream %d", id)
	}
	s := c.streams.get(id)
	if s == nil {
		s = c.addStream(h, id)
	}
	s.pushed = true
	s.half[h.dir.Reverse()].ended = true
	c.move(s, h.dir, sendPromise)
}

// checkData complains of DATA that the stream's state does not allow; after a loss, it tracks the stream from here on.
func (c *Conn) checkData(h *half) {
	id := h.f.StreamID
	s := c.streams.get(id)
	switch {
	case s == nil && c.lossy:
		s = c.addStream(h, id)
		s.joined, h.f.Joined = true, true
		c.move(s, h.dir, sendHeaders)
	case s == nil && id > c.half[opener(id)].maxID:
		c.complainState(h, "DATA on idle stream %d", id)
	case s == nil:
		c.complainState(h, "DATA on closed stream %d", id)
	case s.half[h.dir].ended:
		c.complainState(h, "DATA after the end of stream %d", id)
	case !s.half[h.dir].head && !s.joined:
		c.complainState(h, "DATA before HEADERS on stream %d", id)
	}
}

// complainState complains unless frames that make it right may have passed unseen.
func (c *Conn) complainState(h *half, format string, args ...any) {
	if !c.lossy && c.limits.Streams == 0 {
		c.complain(h, BadStreamState, format, args...)
	}
}

// addStream tracks a new stream.
func (c *Conn) addStream(h *half, id uint32) *stream {
	if old := c.streams.oldest(); old != nil {
		c.forgetStream(h, old)
	}
	c.opened++
	o := &c.half[opener(id)]
	o.maxID = max(o.maxID, id)
	return c.streams.add(id)
}

// forgetStream makes room for a stream that the current frame of h opens, and tells so unless the old one is closed.
func (c *Conn) forgetStream(h *half, old *stream) {
	id, closed := old.id, old.listed
	if old.active() {
		c.concurrent--
	}
	for d := range old.half {
		c.abandonWindow(old, hanalyze.Dir(d))
	}
	c.streams.forget(old)
	if closed {
		return
	}
	c.limits.Streams++
	ev := c.event(KindEvicted, h, id)
	ev.Missing = hanalyze.MissingLimit
	c.emit(ev)
}

// opener is the direction in which the end sends that may open a stream: clients use odd numbers (RFC 9113 §5.1.1).
func opener(id uint32) hanalyze.Dir {
	if id%2 == 1 {
		return hanalyze.C2S
	}
	return hanalyze.S2C
}

// stateOf is the state of a stream as the sender in h sees it.
func (c *Conn) stateOf(h *half, id uint32) State {
	if id == 0 {
		return Unknown
	}
	if s := c.streams.get(id); s != nil {
		return s.seenFrom(h.dir)
	}
	switch {
	case c.lossy:
		return Unknown
	case id > c.half[opener(id)].maxID:
		return Idle
	case c.limits.Streams > 0:
		return Unknown
	}
	return Closed
}

// endStream tells that the sender has closed its side.
func (c *Conn) endStream(h *half, id uint32) {
	s := c.streams.get(id)
	if s != nil {
		c.checkLength(h, s)
	}
	c.emit(c.event(KindStreamEnd, h, id))
	c.tellProblems(h)
	c.streams.settle(s)
}

// checkLength compares content-length with the DATA sent (RFC 9113 §8.1.1).
func (c *Conn) checkLength(h *half, s *stream) {
	sh := &s.half[h.dir]
	if !sh.hasLen || sh.noBody || sh.gap || s.tunnel || sh.declared == sh.body {
		return
	}
	c.complainOf(h, BadContentLength, s.id, "content-length %d, %d bytes of DATA", sh.declared, sh.body)
}
