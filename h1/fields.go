package h1

import (
	"bytes"
	"strings"

	"hanalyze"
	"hanalyze/semantics"
)

// lines is where the lines of a head end, so that they are looked for once only.
type lines struct {
	ends []uint32 // of the line feeds; the last is that of the empty line, if there is one
	crlf int      // how many of them follow a CR
}

// usualLines is how many lines of a head are found without taking memory for it.
const usualLines = 64

// findLines finds the ends of the lines of b up to the empty one, and returns the number of bytes up to there, -1 when
// there is none. It appends to ends, which it may replace.
func findLines(b []byte, ends []uint32) (size int, l lines) {
	for from := 0; ; {
		n := bytes.IndexByte(b[from:], '\n')
		if n < 0 {
			return -1, lines{ends, l.crlf}
		}
		ends = append(ends, uint32(from+n))
		crlf := n > 0 && b[from+n-1] == '\r'
		if from += n + 1; crlf {
			l.crlf++
			n--
		}
		if n == 0 {
			return from, lines{ends, l.crlf}
		}
	}
}

// parseFields reads header or trailer lines, whose ends are given, up to the empty one. It returns at most maxHeaders of
// them, as substrings of s except where folded, and how many more there were; f takes notice of all. An unfinished last
// line is left out, and so is the last field if f.goesOn. bareLF says that the line before s ends with LF alone. The list is
// borrowed until the next call, and so is r.known, which says where the known fields are in it.
func (r *Room) parseFields(s string, l lines, bareLF bool, f *fields) (hs []hanalyze.Header, notes Notes, more int) {
	if hs = r.headers[:0]; cap(hs) == 0 || cap(hs) > keepRoom {
		hs = make([]hanalyze.Header, 0, min(max(len(l.ends)-1, 0), maxHeaders))
	}
	ends := lineEnds{lf: bareLF, crlf: !bareLF, bareLF: bareLF}
	r.known = semantics.Section{}
	hasCR := strings.Count(s, "\r") > l.crlf
	for i, from := 0, 0; i < len(l.ends); i++ {
		end := int(l.ends[i])
		line, crlf := strings.CutSuffix(s[from:end], "\r")
		beside := ends.add(crlf)
		from = end + 1
		if line == "" {
			break
		}
		if hasCR && strings.IndexByte(line, '\r') >= 0 {
			notes |= BareCR
			f.hidden.showBehindCR(line)
		}
		if isSpace(line[0]) {
			notes |= LeadingFold
			f.hidden.showLine(line, "white space stands before its name")
			i, from = l.skip(i, len(s)-len(skipFolds(s[from:])))
			continue
		}
		name, value, n := splitField(line)
		if n != 0 {
			notes |= n
			f.hidden.oddName(name, value, n)
		}
		if from < len(s) && isSpace(s[from]) {
			notes |= Folded
			joined, rest, ended := f.unfold(name, value, s[from:])
			if !ended {
				break // the rest of the value is missing
			}
			value = joined
			i, from = l.skip(i, len(s)-len(rest))
		}
		if f.goesOn && from == len(s) {
			break // what is missing may go on with the value
		}
		field := semantics.Lookup(name)
		if noticed.Has(field) {
			f.add(field, value)
		}
		if beside {
			f.hidden.noteBareLF(name)
		}
		if len(hs) == maxHeaders {
			more++
			continue
		}
		r.known.Note(field, len(hs))
		hs = append(hs, hanalyze.Header{Name: name, Value: value})
	}
	if ends.lf {
		notes |= BareLF
	}
	f.hidden.mixed = ends.lf && ends.crlf
	r.headers = hs
	r.known.Of(hs)
	return hs, notes, more
}

// skip passes over the lines that end before from, after line i, and returns the last of them.
func (l *lines) skip(i, from int) (last, next int) {
	for i+1 < len(l.ends) && int(l.ends[i+1]) < from {
		i++
	}
	return i, from
}

// lineEnds says which line ends a head has.
type lineEnds struct {
	crlf, lf bool
	bareLF   bool // the last line ended with LF alone
}

// add takes notice of the end of the next line and reports whether there is a bare LF at either end of it.
func (e *lineEnds) add(crlf bool) (beside bool) {
	beside = e.bareLF || !crlf
	e.bareLF = !crlf
	e.crlf, e.lf = e.crlf || crlf, e.lf || !crlf
	return beside
}

// splitField splits a header line at its first colon.
func splitField(line string) (name, value string, notes Notes) {
	colon := 0
	for colon < len(line) && nameBytes[line[colon]] == 0 {
		colon++
	}
	if colon > 0 && colon < len(line) && line[colon] == ':' {
		return line[:colon], trimSpace(line[colon+1:]), 0
	}
	return splitOddField(line)
}

// splitOddField is splitField for a line that does not begin with a plain name and a colon.
func splitOddField(line string) (name, value string, notes Notes) {
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
	class := classOf(name)
	if class&notToken != 0 {
		notes |= BadName
	}
	if class&notPlain != 0 {
		notes |= unusualName
	}
	return name, trimSpace(line[colon+1:]), notes
}

// unfold joins value and the continuation lines at the start of s with one space each, RFC 9112 §5.2. It returns what
// follows them, and whether the last of them has its end.
func (f *fields) unfold(name, value, s string) (joined, rest string, ended bool) {
	f.hidden.noteFold(name)
	var b strings.Builder
	b.WriteString(value)
	for len(s) > 0 && isSpace(s[0]) {
		line, after, ended := strings.Cut(s, "\n")
		if !ended {
			return "", "", false
		}
		s = after
		if line = trimSpace(strings.TrimSuffix(line, "\r")); line != "" {
			f.hidden.showLine(line, "it stands in a folded line")
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
	}
	return b.String(), s, true
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

// The classes of bytes of a name.
const (
	notToken uint8 = 1 << iota // RFC 9110 §5.6.2
	notPlain                   // neither letter nor digit nor hyphen
)

var nameBytes = func() (t [256]uint8) {
	for i := range t {
		switch c := byte(i); {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-':
		case strings.IndexByte("!#$%&'*+.^_`|~", c) >= 0:
			t[i] = notPlain
		default:
			t[i] = notPlain | notToken
		}
	}
	return t
}()

// classOf returns the classes of all bytes of s. Empty is no token.
func classOf(s string) (class uint8) {
	if s == "" {
		return notToken
	}
	for i := range len(s) {
		class |= nameBytes[s[i]]
	}
	return class
}
