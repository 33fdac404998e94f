package output

import "unicode/utf8"

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

// plainPrefix returns the length of a prefix of s that needs no escape. It looks at eight bytes at a time, because most
// strings of most records are plain from end to end; what is left over at the end is looked at together with bytes before
// it that are known to be plain.
func plainPrefix(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if !plainWord(s[i : i+8]) {
			return i + plainBytes(s[i:])
		}
	}
	if i == len(s) || i > 0 && plainWord(s[len(s)-8:]) {
		return len(s)
	}
	return i + plainBytes(s[i:])
}

// plainBytes is plainPrefix byte by byte.
func plainBytes(s string) int {
	i := 0
	for i < len(s) && plainJSON[s[i]] {
		i++
	}
	return i
}

// plainWord reports whether the first eight bytes of s need no escape. It may say no of some that need none, never yes of
// one that does.
func plainWord(s string) bool {
	c := s[:8]
	w := uint64(c[0]) | uint64(c[1])<<8 | uint64(c[2])<<16 | uint64(c[3])<<24 |
		uint64(c[4])<<32 | uint64(c[5])<<40 | uint64(c[6])<<48 | uint64(c[7])<<56
	quote, backslash := w^'"'*lanes, w^'\\'*lanes
	low := w - 0x20*lanes            // borrows into the top bit of a lane below 0x20
	del := w + lanes                 // carries into the top bit of a lane that is 0x7f
	quote = (quote - lanes) &^ quote // top bit where the lane was zero
	backslash = (backslash - lanes) &^ backslash
	// A borrow or carry can set a bit too many in the lane above one that is bad itself, never one too few.
	return (low|del|quote|backslash|w)&laneTops == 0
}

// appendString appends s as a JSON string. Valid UTF-8 passes, except that controls (C0, DEL, C1) and the line and
// paragraph separators are escaped; every byte that is not valid UTF-8 becomes the \u00XX of its value, as for Latin-1.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	b = appendEscaped(b, s)
	return append(b, '"')
}

// appendEscaped appends s like appendString, without the quotes.
func appendEscaped(b []byte, s string) []byte {
	for {
		n := plainPrefix(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return b
		}
		s = s[n:]
		b, n = appendSpecial(b, s)
		s = s[n:]
	}
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
