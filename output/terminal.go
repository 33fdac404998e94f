package output

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with everything that could steer or deceive a terminal escaped: a byte that is a control character
// or no valid UTF-8 as \xNN, any other character that is not seen as itself (C1 controls, bidirectional overrides,
// zero-width characters, odd spaces, private use) as \u{…}. What remains is what unicode.IsPrint accepts.
func Printable(s string) string {
	if printablePrefix(s) == len(s) {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for s != "" {
		n := printablePrefix(s)
		b = append(b, s[:n]...)
		s = s[n:]
		if s == "" {
			break
		}
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r < utf8.RuneSelf || r == utf8.RuneError && n == 1:
			b = append(b, '\\', 'x', hexDigits[s[0]>>4], hexDigits[s[0]&15])
		case unicode.IsPrint(r):
			b = append(b, s[:n]...)
		default:
			b = appendCodePoint(b, r)
		}
		s = s[n:]
	}
	return string(b)
}

// printablePrefix returns the length of a prefix of s that is printable ASCII.
func printablePrefix(s string) int {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] < 0x7f {
		i++
	}
	return i
}

func appendCodePoint(b []byte, r rune) []byte {
	b = append(b, '\\', 'u', '{')
	for shift := 20; shift >= 0; shift -= 4 {
		if d := r >> shift; d > 0 || shift == 0 {
			b = append(b, hexDigits[d&15])
		}
	}
	return append(b, '}')
}

// wide are the ranges of characters that take two columns, after Unicode's East Asian Width W and F (UAX #11), in order.
// The few unassigned or narrow ones in between only cost a column.
var wide = [...][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3},
	{0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
	{0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},
	{0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b},
	{0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797},
	{0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55}, {0x2e80, 0x303e},
	{0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff},
	{0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320},
	{0x1f32d, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff},
	{0x20000, 0x2fffd}, {0x30000, 0x3fffd},
}

// runeColumns returns how many columns a terminal uses for r: 0 for combining marks, 2 for wide characters, else 1.
func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	_, found := slices.BinarySearchFunc(wide[:], r, func(e [2]rune, r rune) int {
		switch {
		case e[1] < r:
			return -1
		case e[0] > r:
			return 1
		}
		return 0
	})
	if found {
		return 2
	}
	return 1
}

// textColumns returns the columns of printable text.
func textColumns(s string) int {
	if printablePrefix(s) == len(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// cut returns the longest prefix of s that fits n columns.
func cut(s string, n int) string {
	for i, r := range s {
		if n -= runeColumns(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// shorten returns printable text in at most n columns, with "…" for what was taken out of its middle: both the beginning
// and the end of a path or a name tell more than what is between them.
func shorten(s string, n int) string {
	if textColumns(s) <= n {
		return s
	}
	if n <= 1 {
		return cut("…", n)
	}
	head := cut(s, n/2)
	tail, room := len(s), n-1-textColumns(head)
	for tail > len(head) {
		r, size := utf8.DecodeLastRuneInString(s[:tail])
		if room -= runeColumns(r); room < 0 {
			break
		}
		tail -= size
	}
	return head + "…" + s[tail:]
}

// maxRawText bounds the captured text that a line of a text view is made from; no line shows as much, and a megabyte of
// path need not be escaped to find that out.
const maxRawText = 1024

// clip returns printable text for captured text s: the ends of it, when it is longer than any line.
func clip(s string) string {
	if len(s) <= maxRawText {
		return Printable(s)
	}
	return Printable(s[:maxRawText/2]) + "…" + Printable(s[len(s)-maxRawText/2:])
}

// pad returns s filled with spaces to n columns.
func pad(s string, n int) string {
	return s + spaces(n-textColumns(s))
}

// padLeft returns s moved to the right end of n columns.
func padLeft(s string, n int) string {
	return spaces(n-textColumns(s)) + s
}

// spaces returns n spaces, none when n is negative.
func spaces(n int) string {
	const blank = "                                                                                                    "
	if n <= len(blank) {
		return blank[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}
