package output

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"hanalyze/internal/word"
)

const hexDigits = "0123456789abcdef"

// plainJSON tells which bytes stand for themselves in a JSON string of ours: printable ASCII but quote and backslash.
var plainJSON = func() (t [256]bool) {
	for c := 0x20; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// The SWAR constants: one bit or one byte repeated in each of eight lanes.
const (
	lanes    = 0x0101010101010101
	laneTops = 0x80 * lanes
)

// special returns 0 when none of the eight bytes of w needs an escape. It may return something else for some that need
// none, never 0 for one that does.
func special(w uint64) uint64 {
	quote, backslash := w^'"'*lanes, w^'\\'*lanes // the lane of one is zero
	// Subtracting borrows into the top bit of a lane that is below what is subtracted; adding carries into that of a lane
	// that is 0x7f; and from 0x80 on it is set already. A borrow or carry can set a bit too many in the lane above one that
	// is bad itself, never one too few.
	return ((w - 0x20*lanes) | (w + lanes) | (quote - lanes) | (backslash - lanes) | w) & laneTops
}

// appendString appends s as a JSON string. Valid UTF-8 passes, except that controls (C0, DEL, C1) and the line and
// paragraph separators are escaped; every byte that is not valid UTF-8 becomes the \u00XX of its value, as for Latin-1.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	b = appendEscaped(b, s)
	return append(b, '"')
}

// appendEscaped appends s like appendString, without the quotes. It checks and copies eight bytes at a time, because most
// strings of most records are short and plain from end to end; what is left over at the end goes together with bytes before
// it that are known to be plain.
func appendEscaped(b []byte, s string) []byte {
	at := len(b)
	b = slices.Grow(b, len(s))
	to := b[at : at+len(s)]
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := word.Eight(s[i:])
		if special(w) != 0 {
			return appendMixed(b[:at+i], s[i:])
		}
		binary.LittleEndian.PutUint64(to[i:], w)
	}
	switch {
	case i == len(s):
		return b[:at+i]
	case i > 0:
		if w := word.Eight(s[len(s)-8:]); special(w) == 0 {
			binary.LittleEndian.PutUint64(to[len(to)-8:], w)
			return b[:at+len(s)]
		}
	case len(s) >= 4:
		if w := word.Ends(s); special(w) == 0 {
			binary.LittleEndian.PutUint32(to, uint32(w))
			binary.LittleEndian.PutUint32(to[len(to)-4:], uint32(w>>32))
			return b[:at+len(s)]
		}
	}
	return appendMixed(b[:at+i], s[i:])
}

// appendMixed is appendEscaped byte by byte.
func appendMixed(b []byte, s string) []byte {
	for s != "" {
		n := 1
		if plainJSON[s[0]] {
			b = append(b, s[0])
		} else {
			b, n = appendSpecial(b, s)
		}
		s = s[n:]
	}
	return b
}

// appendSpecial appends the first character of s, which is not plain, and returns its length in s.
func appendSpecial(b []byte, s string) ([]byte, int) {
	switch c := s[0]; {
	case c == '"' || c == '\\':
		return append(b, '\\', c), 1
	case c == '\n':
		return append(b, '\\', 'n'), 1
	case c == '\r':
		return append(b, '\\', 'r'), 1
	case c == '\t':
		return append(b, '\\', 't'), 1
	case c < utf8.RuneSelf:
		return appendU(b, rune(c)), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && n == 1:
		return appendU(b, rune(s[0])), 1
	case r < 0xa0 || r == 0x2028 || r == 0x2029:
		return appendU(b, r), n
	}
	return append(b, s[:n]...), n
}

// appendU appends r, which is below 0x10000, as \uXXXX.
func appendU(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
