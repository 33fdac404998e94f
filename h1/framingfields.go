package h1

import (
	"strings"

	"hanalyze/semantics"
)

// fields is what the headers of a message say about the message itself and its connection.
type fields struct {
	length     lengthField
	coding     codingField
	hidden     hiddenFields
	hosts      int    // Host fields
	host       string // the first of them
	expect     expectation
	close      bool // Connection: close
	keepAlive  bool // Connection: keep-alive
	upgrade    string
	hasUpgrade bool

	goesOn bool // input: what follows the last line is missing
}

// expectation is what an Expect field says, RFC 9110 §10.1.1.
type expectation uint8

const (
	expectsNothing expectation = iota
	expects                    // 100-continue
	expectsOddly               // something else, which some search for 100-continue
)

// lengthField is the sum of all Content-Length values.
type lengthField struct {
	present  bool
	invalid  bool  // a value is not a number
	repeated bool  // the same value again
	conflict bool  // other is a second, different value
	octal    bool  // other is what a reader finds who takes the leading zero for the sign of an octal number
	lenient  bool  // other is what a reader makes of the invalid value who stops at the first odd byte, or overflows
	value    int64 // the first value
	other    int64
}

// codingField is the sum of all Transfer-Encoding values. "identity", which RFC 2616 had, counts as absent.
type codingField struct {
	present   bool
	final     bool // the last coding is chunked
	foreign   bool // a coding that is not registered was named
	disguised bool // what reads "chunked" for some is something else for others
	chunked   int  // times chunked was applied
}

// noticed are the fields that add knows.
var noticed = semantics.SetOf(semantics.HostField, semantics.Expect, semantics.Upgrade, semantics.Connection, semantics.ContentLength, semantics.TransferEncoding)

// add takes notice of a header.
func (f *fields) add(field semantics.Field, value string) {
	switch field {
	case semantics.HostField:
		if f.hosts++; f.hosts == 1 {
			f.host = value
		}
	case semantics.Expect:
		f.expect = expects
		if !strings.EqualFold(value, "100-continue") {
			f.expect = expectsOddly
		}
	case semantics.Upgrade:
		if !f.hasUpgrade {
			first, _ := cutList(value)
			f.upgrade, f.hasUpgrade = strings.ToLower(first), first != ""
		}
	case semantics.Connection:
		f.addConnection(value)
	case semantics.ContentLength:
		f.length.add(value)
	case semantics.TransferEncoding:
		f.coding.add(value)
	default:
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
		case len(option) >= len("Content-Length"):
			// RFC 9110 §7.6.1: an intermediary removes the fields that Connection names.
			f.hidden.drop(option, "Connection names it")
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
			l.addInvalid(item)
		case !l.present:
			l.value = n
			l.other, l.octal = octalLength(item, n)
		case n == l.value:
			l.repeated = true
		case !l.conflict:
			l.conflict, l.other = true, n
		}
		l.present = true
	}
}

func (l *lengthField) addInvalid(item string) {
	if n, ok := lenientLength(item); ok && !l.invalid && !l.conflict {
		l.lenient, l.other = true, n
	}
	l.invalid = true
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

// octalLength reads s, which is n in decimal, as an octal number if its leading zero invites to. ok says that the two
// differ.
func octalLength(s string, n int64) (octal int64, ok bool) {
	if len(s) < 2 || s[0] != '0' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] > '7' {
			return 0, false
		}
		octal = octal<<3 | int64(s[i]-'0')
	}
	return octal, octal != n
}

// lenientLength reads s, which is no number of RFC 9110, as the usual library functions do: a plus sign is skipped, "0x"
// begins a hexadecimal number, the first other byte ends it, and what is too big for 64 bits overflows.
func lenientLength(s string) (n int64, ok bool) {
	s = strings.TrimPrefix(trimSpace(s), "+")
	base := uint64(10)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s, base = s[2:], 16
	}
	var sum uint64
	i := 0
	for ; i < len(s); i++ {
		v, hex := hexDigit(s[i])
		if !hex || uint64(v) >= base {
			break
		}
		sum = sum*base + uint64(v)
	}
	return int64(sum & (1<<63 - 1)), i > 0 && sum < maxLength
}

func (c *codingField) add(value string) {
	for value != "" {
		var item string
		item, value = cutList(value)
		name, parameters, _ := strings.Cut(item, ";")
		name = trimSpace(name)
		switch {
		case name == "":
		case strings.EqualFold(name, "identity"):
			c.disguised = c.disguised || c.final
		case strings.EqualFold(name, "chunked"):
			c.present, c.final = true, true
			// RFC 9112 §7.1: "The chunked coding does not define any parameters. Their presence SHOULD be treated as an error."
			c.disguised = c.disguised || c.foreign || parameters != ""
			c.chunked++
		default:
			c.foreign = c.foreign || !knownCoding(name)
			c.disguised = c.disguised || c.chunked > 0 || looksChunked(name)
			c.present, c.final = true, false
		}
	}
}

// knownCoding reports whether name is another transfer coding of the IANA registry than chunked.
func knownCoding(name string) bool {
	for _, known := range [...]string{"gzip", "x-gzip", "deflate", "compress", "x-compress", "trailers"} {
		if strings.EqualFold(name, known) {
			return true
		}
	}
	return false
}

// looksChunked reports whether a reader that searches for the word, or drops what surrounds it, may take name for chunked.
func looksChunked(name string) bool {
	const word = "chunked"
	for i := 0; i+len(word) <= len(name); i++ {
		if strings.EqualFold(name[i:i+len(word)], word) {
			return true
		}
	}
	return false
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
	n := strings.IndexByte(list, ',')
	if n < 0 {
		return trimSpace(list), ""
	}
	return trimSpace(list[:n]), list[n+1:]
}
