package h1

import (
	"strings"

	"hanalyze"
)

// fields is what the headers of a message say about the message itself and its connection.
type fields struct {
	length     lengthField
	coding     codingField
	close      bool // Connection: close
	keepAlive  bool // Connection: keep-alive
	upgrade    string
	hasUpgrade bool
}

// lengthField is the sum of all Content-Length values.
type lengthField struct {
	present  bool
	invalid  bool  // a value is not a number
	conflict bool  // other is a second, different value
	value    int64 // the first value
	other    int64
}

// codingField is the sum of all Transfer-Encoding values. "identity", which RFC 2616 had, counts as absent.
type codingField struct {
	present bool
	final   bool // the last coding is chunked
	chunked int  // times chunked was applied
}

// add takes notice of a header. Names are compared without regard to case, RFC 9110 §5.1.
func (f *fields) add(name, value string) {
	switch len(name) {
	case len("Upgrade"):
		if !f.hasUpgrade && strings.EqualFold(name, "Upgrade") {
			first, _ := cutList(value)
			f.upgrade, f.hasUpgrade = strings.ToLower(first), first != ""
		}
	case len("Connection"):
		if strings.EqualFold(name, "Connection") {
			f.addConnection(value)
		}
	case len("Content-Length"):
		if strings.EqualFold(name, "Content-Length") {
			f.length.add(value)
		}
	case len("Transfer-Encoding"):
		if strings.EqualFold(name, "Transfer-Encoding") {
			f.coding.add(value)
		}
	}
}

func (f *fields) addConnection(value string) {
	for value != "" {
		var option string
		option, value = cutList(value)
		switch {
		case strings.EqualFold(option, "close"):
			f.close = true
		case strings.EqualFold(option, "keep-alive"):
			f.keepAlive = true
		}
	}
}

// add takes one Content-Length value, which may be a list of equal ones (RFC 9110 §8.6).
func (l *lengthField) add(value string) {
	for first := true; first || value != ""; first = false {
		var item string
		item, value = cutList(value)
		n, ok := parseLength(item)
		switch {
		case !ok:
			l.invalid = true
		case !l.present:
			l.value = n
		case n != l.value && !l.conflict:
			l.conflict, l.other = true, n
		}
		l.present = true
	}
}

// parseLength reads 1*DIGIT up to maxLength.
func parseLength(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if n > (maxLength-9)/10 {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, len(s) > 0
}

func (c *codingField) add(value string) {
	for value != "" {
		var item string
		item, value = cutList(value)
		name, _, _ := strings.Cut(item, ";")
		name = trimSpace(name)
		switch {
		case name == "" || strings.EqualFold(name, "identity"):
		case strings.EqualFold(name, "chunked"):
			c.present, c.final = true, true
			c.chunked++
		default:
			c.present, c.final = true, false
		}
	}
}

// persistent reports whether the sender of a message lets the connection go on after it, RFC 9112 §9.3.
func persistent(v version, f *fields) bool {
	switch {
	case f.close:
		return false
	case v.major > 1 || v.major == 1 && v.minor >= 1:
		return true
	}
	return f.keepAlive && v.major == 1
}

// cutList cuts the first element of a comma-separated list, trimmed, from the rest.
func cutList(list string) (item, rest string) {
	item, rest, _ = strings.Cut(list, ",")
	return trimSpace(item), rest
}

// parseFields reads header or trailer lines up to the empty line. It returns at most maxHeaders of them, as substrings of
// s except where folded, and how many more there were; f takes notice of all. An unfinished last line is left out.
func parseFields(s string, f *fields) (hs []hanalyze.Header, notes Notes, more int) {
	lines := strings.Count(s, "\n")
	hs = make([]hanalyze.Header, 0, min(max(lines-1, 0), maxHeaders))
	for len(s) > 0 {
		lf := strings.IndexByte(s, '\n')
		if lf < 0 {
			break
		}
		line, crlf := strings.CutSuffix(s[:lf], "\r")
		if !crlf {
			notes |= BareLF
		}
		s = s[lf+1:]
		if line == "" {
			break
		}
		if strings.IndexByte(line, '\r') >= 0 {
			notes |= BareCR
		}
		if isSpace(line[0]) {
			notes |= LeadingFold
			s = skipFolds(s)
			continue
		}
		name, value, n := splitField(line)
		notes |= n
		if len(s) > 0 && isSpace(s[0]) {
			value, s = unfold(value, s)
			notes |= Folded
		}
		f.add(name, value)
		if len(hs) == maxHeaders {
			more++
			continue
		}
		hs = append(hs, hanalyze.Header{Name: name, Value: value})
	}
	return hs, notes, more
}

// splitField splits a header line at its first colon.
func splitField(line string) (name, value string, notes Notes) {
	colon := strings.IndexByte(line, ':')
	if colon < 0 {
		return trimSpace(line), "", NoColon
	}
	name = line[:colon]
	if colon == 0 {
		return "", trimSpace(line[1:]), EmptyName
	}
	if isSpace(name[colon-1]) {
		notes |= SpaceBeforeColon
		name = trimSpace(name)
	}
	if !isToken(name) {
		notes |= BadName
	}
	return name, trimSpace(line[colon+1:]), notes
}

// unfold joins value and the continuation lines at the start of s with one space each, RFC 9112 §5.2. It returns what
// follows them.
func unfold(value, s string) (joined, rest string) {
	var b strings.Builder
	b.WriteString(value)
	for len(s) > 0 && isSpace(s[0]) {
		line, after, ended := strings.Cut(s, "\n")
		if !ended {
			return b.String(), ""
		}
		s = after
		if line = trimSpace(strings.TrimSuffix(line, "\r")); line != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
	}
	return b.String(), s
}

// skipFolds returns s after the continuation lines at its start.
func skipFolds(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		_, s, _ = strings.Cut(s, "\n")
	}
	return s
}

// trimSpace removes optional white space (RFC 9110 §5.6.3: SP and HTAB) from both ends.
func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// tokenBytes are the bytes of a token, RFC 9110 §5.6.2.
var tokenBytes = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()

func isToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return len(s) > 0
}
