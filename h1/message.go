package h1

import (
	"bytes"
	"strconv"
	"strings"

	"hanalyze"
)

// event returns the one event, for direction d, cleared but for what all events of a message have in common. It is told by
// emit.
func (c *Conn) event(d hanalyze.Dir, h *half, kind Kind) *Event {
	ev := &c.room.ev
	*ev = Event{}
	ev.Kind, ev.Dir = kind, d
	if h.state.inMessage() || kind == MessageBegin || kind == Switch {
		ev.Exchange, ev.Pairing = h.exchange, h.pairing
	}
	return ev
}

func (c *Conn) malformed(d hanalyze.Dir, h *half, code Code, detail string) {
	ev := c.event(d, h, Malformed)
	ev.Offset, ev.Code, ev.Detail = h.offset, code, detail
	c.emit(ev)
}

// begin begins a message whose first byte is at offset at.
func (c *Conn) begin(d hanalyze.Dir, h *half, at int64) {
	h.message = message{}
	pipelined := false
	if d == hanalyze.C2S {
		pipelined = c.ask(h, at)
	} else {
		c.pair(h, at)
	}
	ev := c.event(d, h, MessageBegin)
	ev.Offset, ev.Pipelined = at, pipelined
	c.emit(ev)
	h.state, h.carry = startLineState, h.carry[:0]
}

// refuseStart gives up a message whose start line cannot be one. seen is what was read of it.
func (c *Conn) refuseStart(d hanalyze.Dir, h *half, seen []byte) {
	if c.oldAnswerDue(d) {
		c.oldAnswer(h, seen)
		return
	}
	c.tellExtra(d, h)
	c.end(d, h, EndBroken)
	c.withdraw(d, h)
	c.resync(d, h)
}

// stray deals with a byte that can begin no message.
func (c *Conn) stray(d hanalyze.Dir, h *half) {
	c.tellExtra(d, h)
	c.resync(d, h)
}

// tellExtra tells, once for each direction, of bytes in h where a message should begin.
func (c *Conn) tellExtra(d hanalyze.Dir, h *half) {
	if h.saidExtra || c.half[0].lossy || c.half[1].lossy {
		return // after a loss it may have been misread
	}
	h.saidExtra = true
	switch {
	case h.declared > 0:
		c.forbiddenBody(d, h)
	case h.spoke:
		c.malformed(d, h, ExtraBytes, "")
	default:
		c.malformed(d, h, BadStartLine, "")
	}
}

// readHead reads a head from its first byte on; cut says that its end is missing.
func (c *Conn) readHead(d hanalyze.Dir, h *half, raw []byte, cut bool) {
	var room [usualLines]uint32
	_, l := findLines(raw[h.start.size:], room[:0])
	c.readLines(d, h, raw, l, cut)
}

// readLines is readHead with the ends of the lines after the start line. The headers share one copy of raw.
func (c *Conn) readLines(d hanalyze.Dir, h *half, raw []byte, l lines, cut bool) {
	head := c.room.text.Bytes(raw)
	facts := framingFacts{
		response: d == hanalyze.S2C, status: h.start.status, lost: cut && h.state != skipHead,
		http10: h.start.version.major < 1 || h.start.version == version{1, 0},
	}
	facts.fields.goesOn = h.goesOn || h.state == skipHead
	hs, notes, more := c.room.parseFields(head[h.start.size:], l, h.start.notes&BareLF != 0, &facts.fields)
	ev := c.event(d, h, RequestHead)
	ev.Offset = h.offset - int64(len(raw))
	ev.Version = h.start.version.String()
	ev.HeadBytes = int64(len(raw))
	ev.ContentLength = -1
	ev.Persistent = !cut && persistent(h.start.version, &facts.fields)
	ev.Headers, ev.Known = hs, &c.room.known
	ev.Notes = (h.start.notes | notes | odd(raw)) &^ unusualName
	ev.Upgrade = facts.fields.upgrade
	if l := &facts.fields.length; l.present && !l.invalid {
		ev.ContentLength = l.value
	}
	h.upgrade = facts.fields.upgrade
	h.spoke, h.hunted = true, 0
	var code Code
	var length int64
	if d == hanalyze.C2S {
		length, code = c.requestHead(h, head, ev, &facts)
	} else {
		length, code = c.responseHead(h, head, ev, &facts)
	}
	if h.start.noVersion {
		ev.Version = ""
	}
	if cut || more > 0 {
		ev.Notes = ev.Notes&^HostMissing | Truncated
	}
	if facts.lost && !framedByStatus(&facts) {
		ev.Framing = Unknown
	}
	h.framing, h.left = ev.Framing, length
	if d == hanalyze.S2C {
		h.ifBody, h.left = c.doubtfulBody(h, &facts)
		h.mayTunnel = mayAcceptTunnel(ev)
	}
	c.emit(ev)
	c.room.headers = ev.Headers
	if code == UnexpectedSwitch {
		c.malformed(d, h, code, "")
		c.doubt = true
		code = ""
	}
	if !facts.lost { // the fields that are missing may frame
		c.judgeFraming(d, h, code, &facts)
	}
	if more > 0 {
		c.malformed(d, h, LimitHeaders, strconv.Itoa(more)+" more")
	}
	if !cut {
		c.enterBody(d, h)
	}
}

func (c *Conn) requestHead(h *half, head string, ev *Event, facts *framingFacts) (length int64, code Code) {
	ev.Method = h.start.first.of(head)
	ev.Target = h.start.target.of(head)
	facts.method = kindOf(ev.Method)
	facts.fields.hidden.dropBareLF()
	ev.Notes |= hostNotes(&h.start, ev.Target, &facts.fields)
	ev.Framing, length, code = frame(facts)
	if p := c.outstanding.find(h.exchange); p != nil {
		ev.Pipelined = p.pipelined
		p.method = facts.method
		p.persistent = ev.Persistent
		p.old = h.start.simple
		p.upgrade = facts.fields.hasUpgrade || facts.lost
		p.expect = facts.fields.expect != expectsNothing
	}
	// RFC 9110 §7.8: "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request."
	switch {
	case facts.method == methodConnect:
		c.wait, c.hint = h.exchange, tunnelHint
	case facts.fields.hasUpgrade && !facts.http10:
		c.wait, c.hint = h.exchange, facts.fields.upgrade
	}
	return length, code
}

func (c *Conn) responseHead(h *half, head string, ev *Event, facts *framingFacts) (length int64, code Code) {
	p := c.outstanding.find(h.exchange)
	if p != nil {
		facts.method = p.method
	}
	ev.Kind = ResponseHead
	ev.Status = h.start.status
	ev.Reason = h.start.first.of(head)
	ev.Interim = ev.Status/100 == 1
	ev.Framing, length, code = frame(facts)
	ev.Notes |= lengthNotes(&facts.fields)
	if ev.Status == 101 {
		h.switching, code = c.maySwitch(h)
		ev.Interim = !h.switching
	}
	if h.interim = ev.Interim; !h.interim && h.pairing == Unpaired {
		ev.Dropped = c.spend(h)
	}
	h.declared = 0
	if ev.Framing == None {
		h.declared = facts.fields.length.value
	}
	ev.Persistent = ev.Persistent && (p == nil || p.persistent) && ev.Framing != ToClose && ev.Framing != Tunnel && ev.Status != 101
	return length, code
}

// hostNotes notes what is odd about the Host of a request, RFC 9112 §3.2, and about its length.
func hostNotes(s *startLine, target string, f *fields) (notes Notes) {
	switch {
	case f.hosts == 0 && s.version == version{1, 1} && s.notes&OddVersion == 0:
		notes |= HostMissing
	case f.hosts > 1:
		notes |= HostRepeated
	}
	if f.hosts > 0 && !strings.HasPrefix(target, "/") && hostDiffers(target, f.host) {
		notes |= HostDiffers
	}
	return notes | lengthNotes(f)
}

// hostDiffers reports whether an absolute target is of another host.
func hostDiffers(target, host string) bool {
	_, rest, absolute := strings.Cut(target, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return absolute && !strings.EqualFold(rest, host)
}

func lengthNotes(f *fields) Notes {
	if f.length.repeated {
		return LengthRepeated
	}
	return 0
}

// odd notes bytes that do not belong in a head.
func odd(raw []byte) (notes Notes) {
	if bytes.IndexByte(raw, 0) >= 0 {
		notes |= NulByte
	}
	return notes
}

// enterBody goes on after a head.
func (c *Conn) enterBody(d hanalyze.Dir, h *half) {
	if h.switching {
		c.switchNow(h, h.upgrade)
		return
	}
	if h.ifBody != None {
		h.state, h.carry = bodyPeek, h.carry[:0]
		return
	}
	c.enterFraming(d, h)
}

// enterFraming goes on with the body, if there is one.
func (c *Conn) enterFraming(d hanalyze.Dir, h *half) {
	switch h.framing {
	case None:
		c.end(d, h, Complete)
	case ContentLength:
		h.state = bodyLength
	case Chunked:
		h.state = bodyChunked
	case ToClose:
		h.state = bodyToClose
	case Tunnel:
		c.switchNow(h, tunnelHint)
	}
}

// oldAnswerDue reports whether what the server sends answers an HTTP/0.9 request, so that it may have no head.
func (c *Conn) oldAnswerDue(d hanalyze.Dir) bool {
	if d == hanalyze.C2S {
		return false
	}
	p := c.outstanding.front()
	return p != nil && p.old
}

// oldAnswer begins an answer of HTTP/0.9, which is all body (RFC 1945 §6); seen is the beginning of it.
func (c *Conn) oldAnswer(h *half, seen []byte) {
	h.spoke = true
	h.framing = ToClose
	ev := c.event(hanalyze.S2C, h, ResponseHead)
	ev.Offset, ev.Version, ev.Framing, ev.ContentLength = h.offset-int64(len(seen)), "0.9", ToClose, -1
	c.emit(ev)
	h.state = bodyToClose
	if len(seen) > 0 {
		h.offset -= int64(len(seen))
		c.emitBody(hanalyze.S2C, h, seen)
	}
}

// emitBody tells data, which is the next bytes of the body.
func (c *Conn) emitBody(d hanalyze.Dir, h *half, data []byte) {
	n := int64(len(data))
	if d == hanalyze.C2S && h.bodyBytes < int64(len(h.opening)) {
		copy(h.opening[h.bodyBytes:], data)
	}
	h.bodyBytes += n
	h.pass(data)
	ev := c.event(d, h, Body)
	ev.Offset, ev.Data = h.offset, data
	c.emit(ev)
	h.offset += n
}

// pass counts bytes after the head, and shows them to the other reading if there is one.
func (h *half) pass(b []byte) {
	h.wireBytes += int64(len(b))
	h.shadow.take(b)
}

func (c *Conn) emitTrailers(d hanalyze.Dir, h *half) {
	f := fields{goesOn: h.goesOn}
	_, l := findLines(h.carry, nil)
	hs, notes, more := c.room.parseFields(string(h.carry), l, false, &f)
	if len(hs) > 0 {
		ev := c.event(d, h, Trailers)
		ev.Offset, ev.Headers, ev.Notes = h.offset-int64(len(h.carry)), hs, notes
		c.emit(ev)
		c.room.headers = ev.Headers
	}
	if more > 0 {
		c.malformed(d, h, LimitHeaders, strconv.Itoa(more)+" more")
	}
	c.judgeTrailers(d, h, hs, notes, &f)
	h.carry = h.carry[:0]
}

// end ends the message of direction d.
func (c *Conn) end(d hanalyze.Dir, h *half, how How) {
	if h.message.gapped && (how == Complete || how == UntilClose) {
		how = EndGap
	}
	if d == hanalyze.C2S && h.shadow == nil && h.bodyBytes > 0 {
		c.judgeBody(d, h)
	}
	ev := c.event(d, h, MessageEnd)
	ev.Offset, ev.How, ev.Framing = h.offset, how, h.framing
	ev.BodyBytes, ev.WireBytes, ev.LostBytes, ev.Chunks = h.bodyBytes, h.wireBytes, h.lostBytes, h.chunk.chunks
	if h.shadow != nil {
		ev.Ambiguity = h.shadow.tell(h.wireBytes, how == Complete)
	}
	c.emit(ev)
	h.state = idle
	if cap(h.carry) > keepCarry {
		h.carry = nil
	}
	h.carry = h.carry[:0]
	switch {
	case d == hanalyze.S2C && !h.interim && !h.void:
		c.answered(h)
	case h.switchAfter:
		h.state = switched
	case d == hanalyze.C2S && c.wait == h.exchange && c.wait != 0:
		h.state = wait
		if s := c.half[hanalyze.S2C].state; s == ended || s == dead {
			h.state = peek
		}
	}
}
