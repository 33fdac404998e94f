package h1

import (
	"bytes"

	"hanalyze"
)

// Gap says that the next n bytes of direction d are missing from the capture, -1 for an unknown number. A gap within a body is
// passed over exactly; any other ends the message and makes all later pairs guesses. Unknown numbers do not count in
// Offset.
func (c *Conn) Gap(d hanalyze.Dir, n int64) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	peer.yields, h.yields = false, false
	switch h.state {
	case switched, dead, ended:
	case wait, peek:
		h.lostWhile, h.lossy = true, true
		c.doubt = true
	default:
		if n != 0 && !c.absorb(d, h, n) {
			c.lose(d, h, n)
		}
		return
	}
	h.offset += addBounded(h.offset, max(n, 0))
}

// absorb passes over n missing bytes if they are certain to lie within the body.
func (c *Conn) absorb(d hanalyze.Dir, h *half, n int64) bool {
	switch h.state {
	case bodyLength:
		if n < 0 || n > h.left {
			return false
		}
		h.left -= n
	case bodyChunked:
		return c.absorbChunk(d, h, n)
	case bodyToClose:
	default:
		return false
	}
	c.emitGap(d, h, n)
	if h.state == bodyLength && h.left == 0 {
		c.end(d, h, EndGap)
	}
	return true
}

// absorbChunk is absorb for chunks: a gap may run to the end of a chunk's data, and over the line end after it where the
// chunk's first line shows which line ends the sender uses.
func (c *Conn) absorbChunk(d hanalyze.Dir, h *half, n int64) bool {
	k := &h.chunk
	known := k.left
	switch {
	case k.state == chunkData && k.crlf:
		known += int64(len("\r\n"))
	case k.state == dataCR && k.crlf:
		known = int64(len("\r\n"))
	case k.state == dataLF:
		known = 1
	case k.state != chunkData:
		return false
	}
	if n < 0 || n > known {
		return false
	}
	if data := min(n, k.left); k.state == chunkData {
		k.skip(data)
		c.emitGap(d, h, data)
		n -= data
	}
	k.skipLineEnd(n)
	h.offset += n
	h.wireBytes += n
	return true
}

// emitGap tells of n missing bytes of the body, -1 for an unknown number.
func (c *Conn) emitGap(d hanalyze.Dir, h *half, n int64) {
	h.message.gapped = true
	h.shadow.gap(n)
	h.opening = [len(h.opening)]byte{}
	ev := c.event(d, h, BodyGap)
	ev.Offset, ev.N = h.offset, n
	c.emit(ev)
	if n > 0 {
		n = addBounded(h.offset, n)
		h.offset += n
		h.bodyBytes += n
		h.wireBytes += n
		h.lostBytes += n
	}
}

// addBounded returns how much of n can be added to a count without overflow: gaps come from sequence numbers, and a body
// that lasts until the connection is closed takes any number of them.
func addBounded(count, n int64) int64 { return min(n, maxLength-min(count, maxLength)) }

// lose gives up the message that a gap of n bytes runs through, and looks for the next.
func (c *Conn) lose(d hanalyze.Dir, h *half, n int64) {
	h.lossy = true
	switch {
	case d == hanalyze.S2C:
		c.answersLost = true
	case h.state == idle || h.state == hunt:
		c.asksAgain() // for what else would the client send
	}
	awaited, undecided := c.wait, d == hanalyze.S2C && c.wait != 0 && c.mayHideSwitch(h)
	if undecided {
		c.wait = 0
	}
	from, next := h.offset, int64(-1)
	switch {
	case h.state == idle:
		next = from
	case h.state == bodyLength && n > h.left:
		from += h.left
		next = from
	}
	c.cutMessage(d, h, EndGap, n)
	h.offset += addBounded(h.offset, max(n, 0))
	c.searchFrom(d, from)
	if d == hanalyze.S2C {
		c.loseAnswers(from, next, n > 0)
	}
	if !undecided {
		c.resync(d, h)
		h.candidate.first = true
		return
	}
	c.wait, c.doubt = awaited, true
	c.lostTo = c.place(h.offset)
	h.state = peek
}

// mayHideSwitch reports whether a gap in h, the server's direction, may contain the answer that switches protocols.
func (c *Conn) mayHideSwitch(h *half) bool {
	p := c.outstanding.front()
	if p == nil || p.exchange != c.wait {
		return false
	}
	//exhaustive:enforce
	switch h.state {
	case idle, startLineState, hunt:
		return true
	case headers, skipHead:
		return h.interim || h.start.status == 101 || h.start.status/100 == 2 && p.method == methodConnect
	case bodyPeek, bodyLength, bodyChunked, bodyToClose, trailers, skipTrailers, wait, peek, switched, dead, ended:
	}
	return false
}

// cutMessage ends the message in h, if there is one, for want of the bytes that follow. What is known of its head is told.
func (c *Conn) cutMessage(d hanalyze.Dir, h *half, how How, n int64) {
	h.goesOn = how == EndGap
	//exhaustive:enforce
	switch h.state {
	case startLineState:
		if s, ok := parseCutStart(d, h.carry); ok {
			h.start = s
			c.readHead(d, h, h.carry, true)
		}
	case headers:
		c.readHead(d, h, h.carry, true)
	case bodyLength:
		if how == EndGap && n > h.left {
			c.emitGap(d, h, h.left)
			h.offset -= h.left
		}
	case trailers:
		c.emitTrailers(d, h)
	case hunt:
		c.resumeCut(d, h)
	case bodyPeek:
		h.framing = Unknown
		h.offset += int64(len(h.carry))
	case idle, skipHead, bodyChunked, bodyToClose, skipTrailers, wait, peek, switched, dead, ended:
	}
	h.goesOn = false
	if h.state.inMessage() {
		c.end(d, h, how)
	}
}

// End says that direction d has no more bytes. A body that lasts until the end is thereby complete, any other message
// that has not ended is cut.
func (c *Conn) End(d hanalyze.Dir) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	peer.yields = false
	switch h.state {
	case switched, ended:
		return
	case bodyToClose:
		c.end(d, h, UntilClose)
	case bodyPeek:
		h.framing = Unknown // whether a body was to follow, nobody knows
		c.end(d, h, EndGap)
	case startLineState:
		if c.oldAnswerDue(d) {
			c.oldAnswer(h, bytes.Clone(h.carry))
			c.end(d, h, UntilClose)
		}
	default:
	}
	c.cutMessage(d, h, EndCut, 0)
	if h.state != switched && h.state != wait && h.state != peek {
		h.state, h.carry = ended, nil
	}
	h.yields = false
	if d == hanalyze.S2C {
		c.giveUpWaiting()
	}
}

// giveUpWaiting lets a client that waits for an answer which will not come go on: its own bytes have to tell how.
func (c *Conn) giveUpWaiting() {
	if client := &c.half[hanalyze.C2S]; c.wait != 0 && client.state == wait {
		client.state = peek
	}
}

// resync makes direction d look for the next start line. From here on pairs are guesses.
func (c *Conn) resync(d hanalyze.Dir, h *half) {
	c.doubt = true
	switch {
	case h.state == hunt:
	case d == hanalyze.C2S:
		c.misread(h.offset)
	case c.gapTo < c.place(h.offset):
		c.searchFrom(d, h.offset)
	}
	switch h.state {
	case wait:
		h.lostWhile = true
	case switched:
	default:
		c.answersLost = c.answersLost || d == hanalyze.S2C
		h.state, h.carry, h.candidate = hunt, h.carry[:0], candidate{}
	}
}
