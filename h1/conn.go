package h1

import (
	"bytes"

	"hanalyze"
	"hanalyze/internal/arena"
	"hanalyze/semantics"
)

// Conn reads the two directions of one connection. It is not safe for concurrent use.
type Conn struct {
	emit func(*Event)
	room *Room
	half [2]half

	outstanding queue  // requests whose answer is not complete
	last        uint64 // ordinal of the last exchange
	orphan      uint64 // ordinal of a response without a request that has sent interim answers only; 0 for none

	doubt       bool // bytes were lost or misread: pairs are guessed from here on
	answersLost bool // among the lost bytes may be whole responses
	pipelines   bool // the client was seen to pipeline
	overlaps    bool // and to ask before an answer that had begun was whole
	overflowed  bool // LimitOutstanding was told

	// See order.go. asked is the place of the last request.
	ahead, asked, unknownGaps int64
	gapFrom, gapTo            int64 // the last gap that hides the beginning of answers, as places
	searched                  int64 // place from which on an answer is searched for, or was last
	lostTo                    int64 // place up to which answers may not have been recognised
	requestsLost              bool  // bytes of the client were lost since it last began a request,
	requestsFrom              int64 // from this offset on;
	strange                   bool  // or could not be read, at this place of the server's direction
	strangeAt                 int64

	// wait is the exchange after which client bytes wait for the answer, 0 for none; hint is what it may switch to.
	wait uint64
	hint string
}

// half is one direction.
type half struct {
	state  state
	offset int64  // of the next byte to take
	carry  []byte // head or trailers as far as they have come; in hunt, what may become a head
	line   lineState
	hunted int64 // bytes searched in vain since the last head

	candidate candidate // of hunt
	lossy     bool      // bytes are missing somewhere
	goesOn    bool      // what is being cut goes on in missing bytes

	spoke     bool // a head was read
	saidExtra bool
	withheld  bool // the last Feed did not take everything
	yields    bool // takes nothing before the withheld bytes of the other direction were offered again
	lostWhile bool // bytes were lost while waiting

	declared int64    // Content-Length of the last response, if it has no body all the same
	opening  [24]byte // of the body of the last request that has one

	message
}

// message is the message that a direction is in.
type message struct {
	exchange    uint64
	pairing     Pairing
	start       startLine
	framing     Framing
	upgrade     string
	interim     bool
	oneOf       bool    // of a response: it may answer one of several requests
	void        bool    // turned out not to be a message
	switching   bool    // 101 that is believed
	switchAfter bool    // the peer has switched: this direction follows after the message
	gapped      bool    // part of the body is missing
	left        int64   // of a body with ContentLength
	chunk       chunked // of a body in chunks
	bodyBytes   int64
	wireBytes   int64
	lostBytes   int64
	ifBody      Framing // in bodyPeek, if there is a body
	mayTunnel   bool    // in bodyPeek: the answer may be that to a CONNECT
	shadow      *shadow // another reading of the message, nil unless it is ambiguous
}

// state says what the next byte of a direction is taken for.
//
// A message goes idle → startLine → headers → one of the bodies → idle. Chunked bodies end with trailers. A head that is too
// long passes through skipHead, where only its end is looked for. A response whose request is guessed passes through bodyPeek:
// whether it has a body depends on the method, and its next bytes tell. After a CONNECT or Upgrade request the client is in wait until
// the answer is complete; should the answer be lost, peek lets the bytes themselves tell whether HTTP goes on. From anywhere
// a loss or a broken message leads to hunt, which looks for the next start line. switched, dead and ended are final.
type state uint8

const (
	idle state = iota
	startLineState
	headers
	skipHead
	bodyPeek
	bodyLength
	bodyChunked
	bodyToClose
	trailers
	skipTrailers
	wait
	peek
	hunt
	switched // takes nothing
	dead     // not HTTP: takes and ignores everything
	ended    // End was called
)

var stateNames = [...]string{"idle", "start_line", "headers", "skip_head", "body_peek", "body_length", "body_chunked", "body_to_close", "trailers",
	"skip_trailers", "wait", "peek", "hunt", "switched", "dead", "ended"}

// String returns the lower_snake name.
func (s state) String() string { return stateNames[s] }

// inMessage reports whether a MessageEnd is due.
func (s state) inMessage() bool { return startLineState <= s && s <= skipTrailers }

// A Room is the working memory of the Conns of one goroutine: each needs it only while it is fed. The zero value is ready.
// Strings of events that are short share memory: who keeps one for long clones it.
type Room struct {
	ev      Event
	headers []hanalyze.Header // of the head that is being read
	known   semantics.Section // of them
	text    arena.Strings
}

// keepRoom is how many headers a Room keeps room for: nearly all heads have fewer.
const keepRoom = 128

// NewConn returns a parser that tells what it finds to emit, from within Feed, Gap and End. The Event, its Headers and its
// Data are borrowed until emit returns. emit must not call a Conn of the same Room.
func (r *Room) NewConn(emit func(*Event)) *Conn { return &Conn{emit: emit, room: r} }

// NewConn returns a parser with a Room of its own.
func NewConn(emit func(*Event)) *Conn { return new(Room).NewConn(emit) }

// Feed reads the next bytes of direction d and returns how many it took. b is borrowed until Feed returns.
//
// It takes less than all in these cases only, and is to be offered the rest again after the other direction has moved:
// client bytes after a CONNECT or Upgrade request wait for the answer; server bytes after the answer that refuses it wait
// until the client's have been offered, so that requests precede their answers; bytes that alone can tell whether a lost
// answer has switched the connection wait until there are enough of them. After Switch nothing is taken any more.
func (c *Conn) Feed(d hanalyze.Dir, b []byte) int {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	peer.yields = false
	n := 0
	for n < len(b) && !h.yields {
		took, waits := c.step(d, h, b[n:])
		if n += took; waits {
			break
		}
	}
	h.withheld = n < len(b)
	return n
}

// step takes some of b, which is not empty, or changes the state. waits reports that no more is taken now.
func (c *Conn) step(d hanalyze.Dir, h *half, b []byte) (n int, waits bool) {
	switch h.state {
	case idle:
		n = c.stepIdle(d, h, b)
	case startLineState:
		n = c.stepStartLine(d, h, b)
	case headers, skipHead:
		n = c.stepHeaders(d, h, b)
	case bodyPeek:
		n = c.stepPeek(h, b)
	case bodyLength:
		n = c.stepLength(d, h, b)
	case bodyChunked:
		n = c.stepChunked(d, h, b)
	case bodyToClose:
		n = len(b)
		c.emitBody(d, h, b)
	case trailers, skipTrailers:
		n = c.stepTrailers(d, h, b)
	case peek:
		return 0, !c.look(d, h, b)
	case hunt:
		n = c.stepHunt(d, h, b)
	case wait, switched:
		return 0, true
	case dead, ended:
		n = len(b)
		h.offset += int64(n)
	}
	return n, false
}

// stepIdle looks for the first byte of a message. Empty lines before it are passed over, RFC 9112 §2.2.
func (c *Conn) stepIdle(d hanalyze.Dir, h *half, b []byte) int {
	n := 0
	for n < len(b) && (b[n] == '\r' || b[n] == '\n') && !c.oldAnswerDue(d) {
		n++
	}
	h.offset += int64(n)
	switch {
	case n == len(b):
	case badStart(d, b[n:n+1]) >= 0 && !c.oldAnswerDue(d):
		c.stray(d, h)
	default:
		c.begin(d, h, h.offset)
	}
	return n
}

// stepStartLine collects the start line and, when the whole head is at hand, reads it in place.
func (c *Conn) stepStartLine(d hanalyze.Dir, h *half, b []byte) int {
	had := len(h.carry)
	line := b[:min(len(b), maxStartLine-had)]
	lf := bytes.IndexByte(line, '\n')
	if lf >= 0 {
		line = line[:lf+1]
	}
	n := len(line)
	if had > 0 || lf < 0 {
		h.carry = append(h.carry, line...)
		line = h.carry
	}
	if bad := badStart(d, line); bad >= 0 {
		n = bad - had
		h.offset += int64(n)
		h.void = true
		c.refuseStart(d, h, line[:bad])
		return n
	}
	h.offset += int64(n)
	if lf < 0 {
		if len(line) == maxStartLine {
			c.malformed(d, h, LimitStartLine, "")
			c.end(d, h, EndLimit)
			c.resync(d, h)
		}
		return n
	}
	var ok bool
	if h.start, ok = parseStart(d, line); !ok || h.start.simple && h.spoke {
		if h.start, ok = parseBrokenRequest(d, line); !ok || c.doubt {
			c.refuseStart(d, h, line)
			return n
		}
		c.malformed(d, h, BadStartLine, "no version")
	}
	if h.start.simple {
		c.readHead(d, h, line, false)
		return n
	}
	h.state, h.line = headers, lineStart
	if had == 0 {
		return n + c.headInPlace(d, h, b, n)
	}
	return n
}

// headInPlace reads a head that begins with b, whose start line has n bytes, without copying it when it ends in b. It
// returns how many bytes after the start line it took.
func (c *Conn) headInPlace(d hanalyze.Dir, h *half, b []byte, n int) int {
	var room [usualLines]uint32
	size, l := findLines(b[n:min(len(b), maxHead)], room[:0])
	if size < 0 {
		h.carry = append(h.carry[:0], b[:n]...)
		return 0
	}
	h.line = lineDone
	h.offset += int64(size)
	c.readLines(d, h, b[:n+size], l, false)
	return size
}

// stepHeaders collects the lines of a head up to the empty one, or passes over them.
func (c *Conn) stepHeaders(d hanalyze.Dir, h *half, b []byte) int {
	if h.state == skipHead {
		n := h.scan(b)
		if h.line == lineDone {
			c.enterBody(d, h)
		}
		return n
	}
	n := h.collect(b, maxHead)
	switch {
	case h.line == lineDone:
		c.readHead(d, h, h.carry, false)
	case len(h.carry) == maxHead:
		c.malformed(d, h, LimitHead, "")
		c.doubt = true
		h.state = skipHead
		c.readHead(d, h, h.carry, true)
	}
	return n
}

// stepTrailers collects the trailer section of a body in chunks, RFC 9112 §7.1.2, or passes over it.
func (c *Conn) stepTrailers(d hanalyze.Dir, h *half, b []byte) int {
	var n int
	if h.state == skipTrailers {
		n = h.scan(b)
	} else {
		n = h.collect(b, maxTrailers)
	}
	h.pass(b[:n])
	switch {
	case h.line == lineDone:
		if h.state == trailers {
			c.emitTrailers(d, h)
		}
		c.end(d, h, Complete)
	case h.state == trailers && len(h.carry) == maxTrailers:
		c.malformed(d, h, LimitTrailers, "")
		c.emitTrailers(d, h)
		h.state = skipTrailers
	}
	return n
}

func (c *Conn) stepLength(d hanalyze.Dir, h *half, b []byte) int {
	n := int(min(int64(len(b)), h.left))
	h.left -= int64(n)
	c.emitBody(d, h, b[:n])
	if h.left == 0 {
		c.end(d, h, Complete)
	}
	return n
}

func (c *Conn) stepChunked(d hanalyze.Dir, h *half, b []byte) int {
	n, data, last, code := h.chunk.next(b)
	if len(data) > 0 {
		c.emitBody(d, h, data)
		return n
	}
	h.offset += int64(n)
	h.pass(b[:n])
	if h.chunk.odd != "" {
		c.oddChunk(d, h)
	}
	switch {
	case code != "" && h.gapped:
		// Not the sender's fault: the missing bytes were not what they were taken for.
		c.end(d, h, EndGap)
		c.resync(d, h)
	case code != "":
		c.brokenChunk(d, h, code)
		c.end(d, h, EndBroken)
		c.resync(d, h)
	case last:
		h.state, h.line, h.carry = trailers, lineStart, h.carry[:0]
	}
	return n
}

// lineState says where in a line the scan for an empty line stands.
type lineState uint8

const (
	lineStart lineState = iota // nothing of the line yet
	lineCR                     // CR only
	lineText                   // more
	lineDone                   // the empty line was seen
)

// scanHead looks for the empty line that ends a head and returns how many bytes it ends after, or -1 and where the scan
// stands at the end of b.
func scanHead(b []byte, line lineState) (int, lineState) {
	for i := 0; i < len(b); {
		switch {
		case line != lineText && b[i] == '\n':
			return i + 1, lineDone
		case line == lineStart && b[i] == '\r':
			line = lineCR
			i++
		default:
			lf := bytes.IndexByte(b[i:], '\n')
			if lf < 0 {
				return -1, lineText
			}
			i += lf + 1
			line = lineStart
		}
	}
	return -1, line
}

// scan passes over b up to the empty line.
func (h *half) scan(b []byte) (n int) {
	if n, h.line = scanHead(b, h.line); n < 0 {
		n = len(b)
	}
	h.offset += int64(n)
	return n
}

// collect carries b up to the empty line, or until limit bytes are carried.
func (h *half) collect(b []byte, limit int) (n int) {
	b = b[:min(len(b), limit-len(h.carry))]
	n = h.scan(b)
	h.carry = append(h.carry, b[:n]...)
	return n
}
