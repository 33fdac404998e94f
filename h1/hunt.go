package h1

import (
	"bytes"

	"hanalyze"
)

// stepHunt looks in b for the next message, until patience ends.
func (c *Conn) stepHunt(d hanalyze.Dir, h *half, b []byte) (n int) {
	limit := int64(maxStray)
	if h.spoke {
		limit = maxHunt
	}
	if h.hunted >= limit {
		c.malformed(d, h, NotHTTP, "")
		h.state, h.carry = dead, nil
		if d == hanalyze.S2C {
			c.giveUpWaiting()
		}
		return 0
	}
	b = b[:min(int64(len(b)), limit-h.hunted)]
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf+1]
	}
	h.candidate.carryLine(h, b)
	h.hunted += int64(len(b))
	h.offset += int64(len(b))
	if lf >= 0 {
		c.huntLine(d, h)
	}
	return len(b)
}

// candidate is what hunt takes for a head as far as it has come. A start line alone proves little, because bodies hold all
// kinds of text: every line up to the empty one has to be as the grammar wants it.
type candidate struct {
	lines int   // complete lines of the head in the carry; 0: the carry holds a line that may end in a start line
	size  int   // bytes of these lines
	line  int64 // bytes of the line after them, some of which may be dropped
	first bool  // nothing came between the loss and the carry
	lf    bool  // its lines end with LF alone

	embedded int // so many more lines may be those before a message within a body
}

// keepLine is how much is kept of the end of a line that is too long to be a start line: the end of a body may be the
// beginning of it.
const keepLine = 8 << 10

// carryLine adds b to the line in the carry of h.
func (k *candidate) carryLine(h *half, b []byte) {
	h.carry = append(h.carry, b...)
	k.line += int64(len(b))
	switch have := len(h.carry) - k.size; {
	case k.lines > 0 && len(h.carry) > maxHead:
		*k = candidate{}
		h.carry = h.carry[:0]
	case k.lines == 0 && have > maxStartLine:
		k.first = false
		h.carry = h.carry[:copy(h.carry, h.carry[have-keepLine:])]
	}
}

// huntLine looks at the line that the carry ends with.
func (c *Conn) huntLine(d hanalyze.Dir, h *half) {
	k := &h.candidate
	line := h.carry[k.size:]
	if k.lines > 0 {
		ended, ok := k.headLine(line)
		switch {
		case ok && ended && k.isHead(d, h.carry) && c.expects(d, h.offset-int64(len(h.carry))):
			c.resume(d, h, false)
			return
		case ok && !ended:
			k.lines, k.size, k.line = k.lines+1, len(h.carry), 0
			return
		}
		// It was no head. None that began in one of its earlier lines can be one either.
		h.carry = h.carry[:copy(h.carry, line)]
		line = h.carry
		*k = candidate{line: k.line, embedded: k.embedded}
	}
	if k.line > maxStartLine {
		k.first = false
		line = line[max(0, len(line)-keepLine):]
	}
	at := startIn(d, line, !k.first)
	if k.embeds(line, at >= 0) || at < 0 {
		*k = candidate{embedded: k.embedded}
		h.carry = h.carry[:0]
		return
	}
	h.carry = h.carry[:copy(h.carry, line[at:])]
	*k = candidate{lines: 1, size: len(h.carry), first: k.first && at == 0, lf: !bytes.HasSuffix(h.carry, []byte("\r\n"))}
	ev := c.event(d, h, StartFound)
	ev.Offset = h.offset - int64(len(h.carry))
	c.emit(ev)
}

// isHead reports whether the lines of head are enough to be believed: an example in a text has a start line, seldom headers
// that mean something, and a message within a message says so before.
func (k *candidate) isHead(d hanalyze.Dir, head []byte) bool {
	const interim = "HTTP/1.1 1"
	if d == hanalyze.S2C && k.lines == 1 {
		return string(head[:len(interim)]) == interim
	}
	for line := range bytes.Lines(head) {
		if usualHeader(d, line) {
			return true
		}
	}
	return false
}

// usualHeader reports whether line begins with the name of a usual header and a colon.
func usualHeader(d hanalyze.Dir, line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	for _, known := range usualHeaders[d] {
		if ok && len(name) == len(known) && bytes.EqualFold(name, []byte(known)) {
			return true
		}
	}
	return false
}

// usualHeaders are headers of which hardly any message lacks all.
var usualHeaders = [2][]string{
	{"Host", "User-Agent", "Accept", "Content-Length", "Connection", "Authorization"},
	{"Date", "Server", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Location", "ETag", "Cache-Control", "Upgrade"},
}

// embeds takes notice of a line of a body, starts saying that a start line ends it, and reports whether that belongs to a
// message within the body: a multipart body of answers to a batch of requests holds whole heads.
func (k *candidate) embeds(line []byte, starts bool) bool {
	const headersOfPart = 8
	name, value, _ := bytes.Cut(line, []byte(":"))
	inside := k.embedded > 0
	switch {
	case bytes.EqualFold(name, []byte("Content-Type")) && bytes.Contains(bytes.ToLower(value), []byte("/http")):
		k.embedded = headersOfPart
	case starts, bytes.HasPrefix(line, []byte("--")):
		k.embedded = 0
	case inside:
		k.embedded--
	}
	return inside && starts
}

// headLine reports whether line, with its line end, may stand in a head; ended whether it is the empty one.
func (k *candidate) headLine(line []byte) (ended, ok bool) {
	line, notes := trimLineEnd(line)
	switch {
	case notes&BareCR != 0 || (notes&BareLF != 0) != k.lf:
		return false, false
	case len(line) == 0:
		return true, true
	}
	folded := k.lines > 1 && isSpace(line[0])
	return false, (folded || opensHeader(line)) && printable(line)
}

// printable reports whether line has no control bytes but tabs.
func printable(line []byte) bool {
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// resume begins the message whose head the carry holds, the end of it missing when cut.
func (c *Conn) resume(d hanalyze.Dir, h *half, cut bool) {
	found := h.carry
	h.candidate = candidate{}
	at := h.offset - int64(len(found))
	if d == hanalyze.S2C {
		c.foundAt(at)
	}
	c.begin(d, h, at)
	line := bytes.IndexByte(found, '\n') + 1
	var ok bool
	if h.start, ok = parseStart(d, found[:line]); !ok {
		c.refuseStart(d, h, found[:line])
		return
	}
	h.state = headers
	c.readHead(d, h, found, cut)
}

// resumeCut begins the message that hunt has the beginning of when no more of it comes, if it can be believed so far: it
// has a usual header, or a start line right behind what was lost, as the next packet does, and the beginning of one.
func (c *Conn) resumeCut(d hanalyze.Dir, h *half) {
	k := &h.candidate
	if k.lines == 0 || !c.expects(d, h.offset-int64(len(h.carry))) {
		return
	}
	if k.isHead(d, h.carry[:k.size]) || k.lines == 1 && k.first && usualHeader(d, h.carry[k.size:]) {
		c.resume(d, h, true)
	}
}

// opensHeader reports whether b begins with a token and a colon.
func opensHeader(b []byte) bool {
	colon := bytes.IndexByte(b, ':')
	return colon > 0 && classOf(string(b[:colon]))&notToken == 0
}

// startIn returns where in line, which ends with LF, a start line of direction d begins that reaches to its end, or -1: a
// body rarely ends with a line end, so the next message rarely begins a line. whole says that the beginning of line is not
// missing.
func startIn(d hanalyze.Dir, line []byte, whole bool) int {
	if d == hanalyze.C2S {
		return requestIn(line, whole)
	}
	return statusIn(line)
}

// statusIn is startIn for a status line.
func statusIn(line []byte) int {
	line, _ = trimLineEnd(line)
	from := 1 + bytes.LastIndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' })
	for {
		i := bytes.Index(line[from:], []byte(statusPattern[:len("HTTP/1.")]))
		if i < 0 {
			return -1
		}
		from += i
		if s, ok := parseStatusLine(line[from:]); ok && s.notes&^NoReasonSpace == 0 {
			return from
		}
		from++
	}
}

// statusPattern is the beginning of a status line, where 0 is any digit.
const statusPattern = "HTTP/1.0 000"

// statusPrefix reports whether b, no longer than statusPattern, may begin a status line.
func statusPrefix(b []byte) bool {
	for i, c := range b {
		if want := statusPattern[i]; c != want && (want != '0' || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// knownMethods are the methods that are believed in the middle of a line, after the end of a body.
var knownMethods = [...]string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "REPORT", "SUBSCRIBE", "NOTIFY"}

// requestIn returns where in line, which ends with LF, a request line begins that reaches to its end, or -1. It is stricter
// than parseRequestLine, because it looks at bodies.
func requestIn(line []byte, whole bool) int {
	line, _ = trimLineEnd(line)
	const tail = " HTTP/1.1"
	rest := len(line) - len(tail)
	if rest < 0 || !bytes.HasPrefix(line[rest:], []byte(" HTTP/1.")) || line[len(line)-1] < '0' || line[len(line)-1] > '9' {
		return -1
	}
	sp := bytes.LastIndexByte(line[:rest], ' ')
	if sp < 0 || sp+1 == rest {
		return -1
	}
	at := sp
	for at > 0 && nameBytes[line[at-1]]&notToken == 0 && sp-at <= maxMethod {
		at--
	}
	if whole && at == 0 && sp > 0 && bytes.Equal(line[:sp], bytes.ToUpper(line[:sp])) && sp < maxMethod {
		return 0
	}
	best := -1
	for _, m := range knownMethods {
		if from := sp - len(m); bytes.HasSuffix(line[at:sp], []byte(m)) && (best < 0 || from < best) {
			best = from
		}
	}
	return best
}
