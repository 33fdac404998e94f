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
	found := false
	if d == hanalyze.C2S {
		n, found = h.huntRequest(b)
	} else {
		n, found = h.huntResponse(b)
	}
	h.hunted += int64(n)
	h.offset += int64(n)
	if found {
		c.resume(d, h)
	}
	return n
}

// resume begins the message that hunt has found; the carry holds what was read of it.
func (c *Conn) resume(d hanalyze.Dir, h *half) {
	found := h.carry
	c.begin(d, h, h.offset-int64(len(found)))
	h.carry = found
	if d == hanalyze.S2C {
		return
	}
	var ok bool
	if h.start, ok = parseStart(d, found); !ok {
		c.refuseStart(d, h, found)
		return
	}
	h.state, h.line = headers, lineStart
}

// huntResponse looks for a status line anywhere: a body rarely ends with a line end, so the next status line rarely begins
// a line. What may be the beginning of one is carried.
func (h *half) huntResponse(b []byte) (n int, found bool) {
	for n < len(b) {
		if len(h.carry) == 0 {
			i := bytes.IndexByte(b[n:], statusPattern[0])
			if i < 0 {
				return len(b), false
			}
			n += i
		}
		h.carry = append(h.carry, b[n])
		n++
		for !statusPrefix(h.carry) {
			h.carry = h.carry[:copy(h.carry, h.carry[1:])]
		}
		if len(h.carry) == len(statusPattern) {
			return n, true
		}
	}
	return n, false
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

// huntRequest looks for a line that ends in a request line. The line is carried; found leaves only the request line there.
func (h *half) huntRequest(b []byte) (n int, found bool) {
	lf := bytes.IndexByte(b, '\n')
	if lf < 0 {
		h.carryLine(b)
		return len(b), false
	}
	h.carryLine(b[:lf+1])
	at := -1
	if !h.skipping {
		at = requestIn(h.carry)
	}
	h.skipping = false
	if at < 0 {
		h.carry = h.carry[:0]
		return lf + 1, false
	}
	h.carry = h.carry[:copy(h.carry, h.carry[at:])]
	return lf + 1, true
}

// carryLine adds b to the line that is carried, unless it gets too long for a request line.
func (h *half) carryLine(b []byte) {
	if h.skipping || len(h.carry)+len(b) > maxStartLine {
		h.carry, h.skipping = h.carry[:0], true
		return
	}
	h.carry = append(h.carry, b...)
}

// knownMethods are the methods that are believed in the middle of a line, after the end of a body.
var knownMethods = [...]string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "REPORT", "SUBSCRIBE", "NOTIFY"}

// requestIn returns where in line, which ends with LF, a request line begins that reaches to its end, or -1. It is stricter
// than parseRequestLine, because it looks at bodies.
func requestIn(line []byte) int {
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
	if at == 0 && sp > 0 && bytes.Equal(line[:sp], bytes.ToUpper(line[:sp])) && sp < maxMethod {
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
