package h1

import (
	"bytes"
	"strconv"

	"hanalyze"
)

// version is an HTTP version.
type version struct{ major, minor uint8 }

// String returns "1.1" and the like without allocating for the usual ones.
func (v version) String() string {
	switch v {
	case version{1, 1}:
		return "1.1"
	case version{1, 0}:
		return "1.0"
	case version{0, 9}:
		return "0.9"
	}
	return strconv.Itoa(int(v.major)) + "." + strconv.Itoa(int(v.minor))
}

// methodKind tells the methods that matter for framing.
type methodKind uint8

const (
	methodUnknown methodKind = iota // the request was not seen
	methodOther
	methodHead
	methodConnect
)

func kindOf(method string) methodKind {
	switch method {
	case "HEAD":
		return methodHead
	case "CONNECT":
		return methodConnect
	}
	return methodOther
}

// startLine is a parsed start line. The parts are offsets into the head, whose first line it is.
type startLine struct {
	size    int // bytes of the line with its line end
	version version
	simple  bool // HTTP/0.9: there is no version and no header

	noVersion bool   // its end is missing: version is what most send
	status    uint16 // of a response; 0 for a request
	first     span   // method of a request, reason phrase of a response
	target    span   // of a request
	notes     Notes
}

// span is a part of a head.
type span struct{ from, to int }

func (s span) of(head string) string { return head[s.from:s.to] }

// badStart returns the index of the first byte that cannot belong to a start line of direction d, or -1. It looks at the
// method of a request and at "HTTP/" of a response only, so that it is cheap to ask again when more bytes have come.
func badStart(d hanalyze.Dir, line []byte) int {
	if d == hanalyze.S2C {
		const name = "HTTP/"
		for i := range min(len(line), len(name)) {
			if upper(line[i]) != name[i] {
				return i
			}
		}
		return -1
	}
	for i, c := range line[:min(len(line), maxMethod+1)] {
		switch {
		case i > 0 && isSpace(c):
			return -1
		case i == maxMethod || nameBytes[c]&notToken != 0:
			return i
		}
	}
	return -1
}

// parseStart reads a start line of direction d with its line end.
func parseStart(d hanalyze.Dir, raw []byte) (s startLine, ok bool) {
	line, notes := trimLineEnd(raw)
	if d == hanalyze.C2S {
		s, ok = parseRequestLine(line)
	} else {
		s, ok = parseStatusLine(line)
	}
	s.size = len(raw)
	s.notes |= notes
	return s, ok
}

func trimLineEnd(raw []byte) (line []byte, notes Notes) {
	line = raw
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	} else {
		notes |= BareLF
	}
	if bytes.IndexByte(line, '\r') >= 0 {
		notes |= BareCR
	}
	return line, notes
}

// parseRequestLine reads method, target and version, RFC 9112 §3. The last word is the version, so that a target with
// spaces is kept whole. Without a version it is HTTP/0.9, of which only "GET /path" is believed.
func parseRequestLine(line []byte) (s startLine, ok bool) {
	end := len(line)
	for end > 0 && isSpace(line[end-1]) {
		end--
	}
	if end < len(line) {
		s.notes |= StartLineSpace
	}
	s.first.to = indexSpace(line[:end])
	if s.first.to <= 0 {
		return s, false
	}
	last := lastSpace(line[:end])
	v, notes, ok := parseVersion(line[last+1 : end])
	if !ok {
		s.version, s.simple = version{0, 9}, true
		s.target = span{s.first.to + 1, end}
		return s, oldRequest(line)
	}
	s.version = v
	s.notes |= notes
	s.target = span{s.first.to, last}
	for s.target.from < s.target.to && isSpace(line[s.target.from]) {
		s.target.from++
	}
	for s.target.from < s.target.to && isSpace(line[s.target.to-1]) {
		s.target.to--
	}
	if s.target.from > s.first.to+1 || s.target.to < last || line[s.first.to] != ' ' || line[last] != ' ' {
		s.notes |= StartLineSpace
	}
	target := line[s.target.from:s.target.to]
	if bytes.IndexByte(target, ' ') >= 0 || bytes.IndexByte(target, '\t') >= 0 {
		s.notes |= TargetSpace
	}
	// RFC 9113 §3.4: the preface of HTTP/2 is made so that HTTP/1 peers refuse it.
	preface := v.major == 2 && string(line[:s.first.to]) == "PRI"
	return s, len(target) > 0 && !preface
}

// oldRequest reports whether line is a Simple-Request of HTTP/0.9 (RFC 1945 §5), read strictly: any line of text in any
// protocol would do otherwise.
func oldRequest(line []byte) bool {
	target, ok := bytes.CutPrefix(line, []byte("GET "))
	if !ok || len(target) == 0 || target[0] != '/' && !bytes.HasPrefix(target, []byte("http://")) {
		return false
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// parseBrokenRequest reads a request line without a proper version whose method all the same leaves no doubt what it is
// meant to be: servers answer such requests with 400, and who asked for what is worth knowing.
func parseBrokenRequest(d hanalyze.Dir, raw []byte) (s startLine, ok bool) {
	line, notes := trimLineEnd(raw)
	line = bytes.TrimRight(line, " \t")
	s.size, s.version, s.notes = len(raw), version{1, 1}, notes|OddVersion
	s.first.to = len(line)
	if sp := indexSpace(line); sp >= 0 {
		s.first.to = sp
	}
	if d != hanalyze.C2S || !plainMethod(line[:s.first.to]) {
		return s, false
	}
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return s, false
		}
	}
	s.target = span{min(s.first.to+1, len(line)), len(line)}
	// What begins like a version is one that is cut or odd, unless it is all there is.
	if last := lastSpace(line); last > s.first.to && bytes.HasPrefix(line[last+1:], []byte("HTTP/")) {
		s.target.to = last
	}
	// Other protocols of text have commands in capitals too, but no paths behind them.
	target := line[s.target.from:s.target.to]
	return s, bytes.HasPrefix(target, []byte("/")) || bytes.HasPrefix(target, []byte("HTTP/")) || bytes.Contains(target, []byte("://"))
}

// parseCutStart reads what there is of a start line whose end is missing: a request as far as its whole target, an answer
// as far as its whole status code. Captures with a small snaplen are full of them.
func parseCutStart(d hanalyze.Dir, line []byte) (s startLine, ok bool) {
	if d == hanalyze.S2C {
		if s, ok = parseStatusLine(line); s.first.from <= len("HTTP/1 200") {
			return s, false
		}
		s.first.to = s.first.from // the reason phrase may go on
		s.notes &^= NoReasonSpace
	} else {
		method := indexSpace(line)
		target := method + 1 + indexSpace(line[method+1:])
		if method <= 0 || target <= method+1 || badStart(d, line) >= 0 {
			return s, false
		}
		s = startLine{noVersion: true, version: version{1, 1}, first: span{0, method}, target: span{method + 1, target}}
		ok = true
	}
	s.size = len(line)
	return s, ok
}

// plainMethod reports whether b looks like a method and like nothing else: capitals, joined by hyphens or underscores.
func plainMethod(b []byte) bool {
	const shortest, longest = len("GET"), maxMethod
	if len(b) < shortest || len(b) > longest {
		return false
	}
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// parseStatusLine reads version, status code and reason phrase, RFC 9112 §4.
func parseStatusLine(line []byte) (s startLine, ok bool) {
	sp := indexSpace(line)
	if sp < 0 {
		return s, false
	}
	if s.version, s.notes, ok = parseVersion(line[:sp]); !ok {
		return s, false
	}
	i := sp
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	if i > sp+1 || line[sp] != ' ' {
		s.notes |= StartLineSpace
	}
	if len(line) < i+3 || len(line) > i+3 && !isSpace(line[i+3]) {
		return s, false
	}
	for _, c := range line[i : i+3] {
		if c < '0' || c > '9' {
			return s, false
		}
		s.status = s.status*10 + uint16(c-'0')
	}
	if s.status < 100 || s.status > 599 {
		s.notes |= StatusRange
	}
	if len(line) == i+3 {
		s.notes |= NoReasonSpace
	}
	s.first = span{min(i+4, len(line)), len(line)}
	return s, true
}

// parseVersion reads HTTP-version, RFC 9112 §2.3, in any case, "HTTP/1" without a minor version, and "HTTP/1.10", of which
// nginx and others take the first digit for what counts.
func parseVersion(b []byte) (v version, notes Notes, ok bool) {
	if string(b) == "HTTP/1.1" {
		return version{1, 1}, 0, true
	}
	const long = len("HTTP/1.10")
	if len(b) != len("HTTP/1.1") && len(b) != len("HTTP/1") && len(b) != long || badStart(hanalyze.S2C, b) >= 0 {
		return v, 0, false
	}
	if string(b[:4]) != "HTTP" {
		notes |= VersionCase
	}
	if v.major = b[5] - '0'; v.major > 9 {
		return v, 0, false
	}
	if len(b) >= len("HTTP/1.1") {
		if v.minor = b[7] - '0'; b[6] != '.' || v.minor > 9 {
			return v, 0, false
		}
	}
	if len(b) == long {
		last := b[8] - '0'
		if last > 9 {
			return v, 0, false
		}
		v.minor = 10*v.minor + last
	}
	if v.major != 1 || v.minor > 1 || len(b) != len("HTTP/1.1") {
		notes |= OddVersion
	}
	return v, notes, true
}

func indexSpace(b []byte) int {
	for i, c := range b {
		if isSpace(c) {
			return i
		}
	}
	return -1
}

func lastSpace(b []byte) int {
	for i := len(b) - 1; i >= 0; i-- {
		if isSpace(b[i]) {
			return i
		}
	}
	return -1
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 0x20
	}
	return c
}
