package dns

import (
	"encoding/binary"

	"hanalyze"
)

const (
	// prefixLen is the length field before every message on a byte stream, RFC 1035 §4.2.2.
	prefixLen = 2

	// MaxCarry bounds the bytes kept of a message whose end has not come yet: the longest message a length can tell.
	MaxCarry = prefixLen + 1<<16 - 1

	// keptCarry is the largest buffer that is kept for the next message, so that one zone transfer does not hold 64 KiB
	// for as long as its connection lives.
	keptCarry = 4096
)

// Kind says what an Event tells.
type Kind uint8

// The kinds of Event.
const (
	KindMessage Kind = iota + 1 // a message, or what there was of it
	KindDead                    // where the next message begins can no longer be known; the direction tells nothing more
)

// String returns the lower_snake name.
func (k Kind) String() string {
	switch k {
	case KindMessage:
		return "message"
	case KindDead:
		return "dead"
	}
	return ""
}

// Event is what a Conn tells. It is valid until emit returns; Message is the receiver's to keep.
type Event struct {
	Kind   Kind
	Dir    hanalyze.Dir
	Offset int64 // in the stream of the direction, gaps counted: of the message's length field, or where the fault is

	// Message of KindMessage. Where bytes were missing it is what could be read before them, with MissingGap set.
	Message *Message

	// Cut, of KindMessage: the stream ended inside the message. Why it ended is the caller's to know.
	Cut bool

	// Reason of KindDead: "length" (a length too short for a header: these are no DNS messages) or "gap" (what follows
	// missing bytes is no message).
	Reason string
}

// Conn cuts the two directions of a byte stream into DNS messages. It is a push parser: see Feed, Gap and End.
type Conn struct {
	emit func(*Event)
	half [2]half
	ev   Event
}

// half is one direction. Its state is in four variables: a dead half reads nothing any more; skip > 0 bytes are passed
// over, the rest of a message that a gap has spoilt; else carry holds the beginning of a message, length field included.
// In doubt, after a gap that left no place to go on from, that is only a guess: senders begin messages with a segment.
// A message without any fault proves it right, anything else wrong.
type half struct {
	carry []byte
	off   int64 // stream offset after the bytes taken, which includes carry
	skip  int64
	doubt bool
	dead  bool
}

// NewConn returns a Conn that tells its events to emit, inside Feed, Gap and End.
func NewConn(emit func(*Event)) *Conn { return &Conn{emit: emit} }

// Feed reads the next bytes of direction d and returns len(b): it takes everything. b is borrowed.
func (c *Conn) Feed(d hanalyze.Dir, b []byte) (n int) {
	h := &c.half[d]
	n = len(b)
	if h.skip > 0 {
		k := min(h.skip, int64(len(b)))
		h.skip -= k
		h.off += k
		b = b[k:]
	}
	for len(b) > 0 && !h.dead {
		b = c.next(d, b)
	}
	return n
}

// next takes the rest of one message from b, or as much of it as there is, and returns what is left.
func (c *Conn) next(d hanalyze.Dir, b []byte) []byte {
	h := &c.half[d]
	if len(h.carry) > 0 || len(b) < prefixLen {
		return c.fill(d, b)
	}
	total := prefixLen + int(binary.BigEndian.Uint16(b))
	if total < prefixLen+headerLen {
		c.die(d, "length")
		return nil
	}
	if len(b) < total {
		return c.fill(d, b)
	}
	h.off += int64(total)
	c.message(d, b[:total], 0, false)
	return b[total:]
}

// fill adds to the carry what its message wants of b, tells the message when it is whole, and returns what is left of b.
func (c *Conn) fill(d hanalyze.Dir, b []byte) []byte {
	h := &c.half[d]
	k := min(h.want(), len(b))
	h.carry = append(h.carry, b[:k]...)
	h.off += int64(k)
	switch {
	case len(h.carry) < prefixLen:
	case h.want() < headerLen && len(h.carry) == prefixLen:
		h.off -= prefixLen
		c.die(d, "length")
	case h.want() == 0:
		c.message(d, h.carry, 0, false)
		h.drop()
	}
	return b[k:]
}

// want returns how many bytes the carry lacks: of the length field first, then of the message.
func (h *half) want() int {
	if len(h.carry) < prefixLen {
		return prefixLen - len(h.carry)
	}
	return prefixLen + int(binary.BigEndian.Uint16(h.carry)) - len(h.carry)
}

func (h *half) drop() {
	if cap(h.carry) > keptCarry {
		h.carry = nil
	}
	h.carry = h.carry[:0]
}

// Gap tells that n bytes of direction d are missing, -1 for nobody knows how many. Inside a message the rest of it is
// passed over exactly. Elsewhere it is tried whether a message begins behind the gap; what follows one of unknown size has
// offsets that do not count it.
func (c *Conn) Gap(d hanalyze.Dir, n int64) {
	h := &c.half[d]
	if h.dead || n == 0 {
		return
	}
	left := h.skip
	if len(h.carry) >= prefixLen {
		left = int64(h.want())
	}
	if len(h.carry) > prefixLen && !h.doubt {
		c.message(d, h.carry, hanalyze.MissingGap, false)
	}
	h.drop()
	h.off += max(n, 0)
	if n < 0 || n > left || h.doubt {
		h.skip, h.doubt = 0, true
		return
	}
	h.skip = left - n
}

// End tells that direction d has ended. A message that has begun is told as far as it came.
func (c *Conn) End(d hanalyze.Dir) {
	h := &c.half[d]
	if !h.dead && !h.doubt && len(h.carry) > prefixLen {
		c.message(d, h.carry, 0, true)
	}
	h.carry, h.dead = nil, true
}

// message tells the message in b, length field first, whose last byte was at h.off.
func (c *Conn) message(d hanalyze.Dir, b []byte, missing hanalyze.Missing, cut bool) {
	h := &c.half[d]
	m, _ := Parse(b[prefixLen:]) // the error is in the message
	if h.doubt && (m.Err != nil || m.Trailing > 0 || !Plausible(b[prefixLen:])) {
		c.die(d, "gap")
		return
	}
	h.doubt = false
	m.Missing |= missing
	c.tell(Event{Kind: KindMessage, Dir: d, Offset: c.half[d].off - int64(len(b)), Message: m, Cut: cut})
}

func (c *Conn) die(d hanalyze.Dir, reason string) {
	h := &c.half[d]
	if h.doubt {
		reason = "gap" // it was a guess only that a message begins here
	}
	h.carry, h.skip, h.doubt, h.dead = nil, 0, false, true
	c.tell(Event{Kind: KindDead, Dir: d, Offset: h.off, Reason: reason})
}

func (c *Conn) tell(e Event) {
	c.ev = e
	c.emit(&c.ev)
}
