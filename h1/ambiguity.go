package h1

import (
	"bytes"

	"hanalyze"
)

// Ambiguity tells that two readers can disagree where a message ends, and how each of them reads it.
type Ambiguity struct {
	Code  Code
	How   string  // particulars, "" when the code says all
	Here  Reading // how it is read here
	There Reading // how another reader may read it
}

// Reading is how one reader finds the end of a message.
type Reading struct {
	Framing Framing // what the reader goes by
	Bytes   int64   // what it takes for the body, chunk framing and trailers included
	More    bool    // it takes what follows these bytes too: how much is not known
	Unknown bool    // bytes are missing, or cannot be read this way: Bytes is not known
	Refused bool    // it does not accept the message
	Next    string  // beginning of what it takes for the next message, where that is within the bytes read here; cut at maxNext
}

// maxNext bounds Reading.Next: enough for a method and the telling part of a target.
const maxNext = 80

// otherFraming returns how another reader frames a message that is read here as the framing f, ours bytes long, with
// what code calls doubtful taken the other way round. ok is false when that makes no difference.
func otherFraming(m *framingFacts, code Code, f Framing, ours int64) (other Framing, length int64, ok bool) {
	o := *m
	te, cl := &o.fields.coding, &o.fields.length
	switch code {
	case LengthAndChunked, CodingInHTTP10, CodingRepeated, CodingDisguised, CodingNotFinal:
		switch {
		case te.final:
			*te = codingField{}
		case te.disguised:
			te.final = true
		case cl.present && !cl.invalid:
			return ToClose, 0, true
		default:
			*te = codingField{}
		}
	case LengthConflict, LengthOctal, LengthInvalid:
		if code == LengthInvalid && !cl.lenient {
			return f, ours, false
		}
		*cl = lengthField{present: true, value: cl.other}
	case ExpectOdd:
		if f == None {
			return ToClose, 0, true
		}
		return None, 0, true
	case FieldHidden:
		o.fields = m.fields.others()
	default:
		return f, ours, false
	}
	other, length, _ = frame(&o)
	return other, length, other != f || length != ours
}

// shadow follows another reading through the bytes after a head. Nothing of them is kept but the beginning of what that
// reader takes for its next message.
type shadow struct {
	Ambiguity
	left  int64
	chunk chunked
	line  lineState // of the trailers
	state shadowState
	next  []byte
}

type shadowState uint8

const (
	shadowBody shadowState = iota
	shadowTrailers
	shadowOver // the other reader's next message begins
	shadowLost // it cannot be followed any more
)

// newShadow follows a reading as other, with length bytes for ContentLength.
func newShadow(a Ambiguity, other Framing, length int64) *shadow {
	s := &shadow{Ambiguity: a, left: length}
	s.There.Framing = other
	if other == None {
		s.state = shadowOver
	}
	return s
}

// take follows b. A nil shadow follows nothing.
func (s *shadow) take(b []byte) {
	for s != nil && len(b) > 0 {
		n := len(b)
		switch s.state {
		case shadowBody:
			n = s.takeBody(b)
		case shadowTrailers:
			if n, s.line = scanHead(b, s.line); n < 0 {
				n = len(b)
			} else {
				s.state = shadowOver
			}
		case shadowOver:
			s.next = append(s.next, b[:min(len(b), maxNext-len(s.next))]...)
			return
		case shadowLost:
			return
		}
		s.There.Bytes += int64(n)
		b = b[n:]
	}
}

func (s *shadow) takeBody(b []byte) int {
	switch s.There.Framing {
	case ContentLength:
		n := min(int64(len(b)), s.left)
		if s.left -= n; s.left == 0 {
			s.state = shadowOver
		}
		return int(n)
	case Chunked:
		n, _, last, code := s.chunk.next(b)
		switch {
		case code != "":
			s.state, s.There.Refused = shadowLost, true
		case last:
			s.state, s.line = shadowTrailers, lineStart
		}
		return n
	case None, ToClose, Tunnel:
	}
	return len(b)
}

// gap passes over n missing bytes, -1 for an unknown number.
func (s *shadow) gap(n int64) {
	switch {
	case s == nil || s.state == shadowOver || s.state == shadowLost:
	case n >= 0 && s.There.Framing == ContentLength && n < s.left:
		s.left -= n
		s.There.Bytes += n
	case n >= 0 && s.There.Framing == Chunked && s.state == shadowBody && s.chunk.state == chunkData && n < s.chunk.left:
		s.chunk.skip(n)
		s.There.Bytes += n
	case s.There.Framing != ToClose:
		s.state, s.There.Unknown = shadowLost, true
	}
}

// tell returns both readings at the end of the message, which here has bytes after its head. whole says that it is
// known to end there.
func (s *shadow) tell(bytes int64, whole bool) *Ambiguity {
	a := s.Ambiguity
	a.Here.Bytes, a.Here.More = bytes, a.Here.Framing == ToClose || !whole
	if s.state == shadowBody || s.state == shadowTrailers {
		a.There.More = true
		if a.There.Framing == ContentLength {
			a.There.Bytes, a.There.More = a.There.Bytes+s.left, false
		}
	}
	a.There.Next = string(s.next)
	return &a
}

// judgeFraming tells that the end of the message in h is ambiguous, if code says so or fields are hidden from some readers.
func (c *Conn) judgeFraming(d hanalyze.Dir, h *half, code Code, facts *framingFacts) {
	hidden := code == "" && facts.fields.hidden.how != ""
	if hidden {
		code = FieldHidden
	}
	if code == "" {
		code = expectDoubt(facts, h.framing)
	}
	if code == "" {
		return
	}
	other, length, ok := otherFraming(facts, code, h.framing, h.left)
	if hidden && !ok {
		return // whoever does not see the field comes to the same end
	}
	a := Ambiguity{Code: code, How: facts.fields.hidden.how, Here: Reading{Framing: h.framing}, There: Reading{Refused: !ok}}
	s := newShadow(a, other, length)
	if !ok {
		s.state = shadowLost
	}
	c.ambiguous(d, h, s)
}

// oddChunk tells of a byte in chunk framing that other readers take differently, and follows them.
func (c *Conn) oddChunk(d hanalyze.Dir, h *half) {
	other, ok := h.chunk.otherwise()
	s := h.chunkShadow(h.chunk.odd)
	s.chunk, s.There.Refused = other, !ok
	if !ok {
		s.state = shadowLost
	}
	c.ambiguous(d, h, s)
}

// brokenChunk tells why the chunk framing cannot be followed. What some readers accept all the same is ambiguous.
func (c *Conn) brokenChunk(d hanalyze.Dir, h *half, code Code) {
	if code != ChunkSizeOdd && code != ChunkLineEnd && code != ChunkEnd || h.shadow != nil {
		c.malformed(d, h, code, h.chunk.how)
		return
	}
	s := h.chunkShadow(code)
	s.state, s.Here.Refused, s.There.Unknown = shadowLost, true, true
	c.ambiguous(d, h, s)
}

// chunkShadow begins another reading of the chunks in h where they have come to.
func (h *half) chunkShadow(code Code) *shadow {
	s := newShadow(Ambiguity{Code: code, How: h.chunk.how, Here: Reading{Framing: Chunked}}, Chunked, 0)
	s.There.Bytes = h.wireBytes
	return s
}

// judgeBody tells of a request body in h that begins like a request: a server that does not expect a body there, or lost
// sight of it in answering early, takes it for one. Read here it is a body.
func (c *Conn) judgeBody(d hanalyze.Dir, h *half) {
	opening := h.opening[:min(h.bodyBytes, int64(len(h.opening)))]
	if !opensRequest(opening) {
		return
	}
	s := newShadow(Ambiguity{Code: BodyIsRequest, Here: Reading{Framing: h.framing}}, None, 0)
	s.next = opening
	doubt := c.doubt
	c.ambiguous(d, h, s)
	c.doubt = doubt // no reader that goes by the head is in doubt
}

// opensRequest reports whether b begins with a common method and the beginning of a target.
func opensRequest(b []byte) bool {
	for _, m := range knownMethods {
		if rest, ok := bytes.CutPrefix(b, []byte(m)); ok {
			return bytes.HasPrefix(rest, []byte(" /")) || bytes.HasPrefix(rest, []byte(" http"))
		}
	}
	return false
}

// judgeTrailers tells of trailers that some readers take for something else: for the next request, where the end of the
// trailers is missing, or for headers, where trailers are merged into them.
func (c *Conn) judgeTrailers(d hanalyze.Dir, h *half, hs []hanalyze.Header, notes Notes, f *fields) {
	if d == hanalyze.C2S && len(hs) > 0 && notes&(NoColon|BadName) != 0 && opensRequest([]byte(hs[0].Name)) {
		c.ambiguous(d, h, h.trailerShadow(TrailerIsRequest, hs[0].Name))
	}
	if f.length.present || f.coding.present || f.hosts > 0 {
		c.malformed(d, h, TrailerFrames, "")
	}
}

// trailerShadow begins the reading of those who see the end of the body of h before its trailers.
func (h *half) trailerShadow(code Code, next string) *shadow {
	s := newShadow(Ambiguity{Code: code, Here: Reading{Framing: Chunked}}, Chunked, 0)
	s.state, s.There.Bytes = shadowOver, h.wireBytes-int64(len(h.carry))
	s.next = append(s.next, next[:min(len(next), maxNext)]...)
	return s
}

// forbiddenBody tells of bytes after a response that has no body by its status or its request, and declares one.
func (c *Conn) forbiddenBody(d hanalyze.Dir, h *half) {
	c.doubt = true
	ev := c.event(d, h, Malformed)
	ev.Offset, ev.Code = h.offset, BodyForbidden
	ev.Ambiguity = &Ambiguity{Code: BodyForbidden, There: Reading{Framing: ContentLength, Bytes: h.declared}}
	c.emit(ev)
}

// ambiguous tells of another reading of the message in h and follows it from here on. Only the first is followed.
func (c *Conn) ambiguous(d hanalyze.Dir, h *half, s *shadow) {
	c.doubt = true
	if h.shadow != nil {
		return
	}
	h.shadow = s
	ev := c.event(d, h, Malformed)
	ev.Offset, ev.Code, ev.Detail, ev.Ambiguity = h.offset, s.Code, s.How, s.tell(h.wireBytes, false)
	c.emit(ev)
}
