package filter

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEnd     tokenKind = iota // the end of the expression
	tokenWord                     // a keyword or a name
	tokenEscaped                  // a name after a backslash, which makes it no keyword
	tokenNumber                   // a constant, in value
	tokenDotted                   // two to four decimal numbers with dots, in value and bits
	tokenMAC                      // an Ethernet address, in mac
	tokenIP6                      // an IPv6 address, in ip6
	tokenSign                     // an operator or bracket
)

// token is a word of an expression.
type token struct {
	kind  tokenKind
	at    span
	text  string // without the backslash
	value uint32 // tokenNumber; tokenDotted: the numbers given are the low bytes
	bits  int    // tokenDotted: 16, 24 or 32
	mac   [6]byte
	ip6   [4]uint32
}

// is reports whether t is one of the operators or keywords.
func (t *token) is(texts ...string) bool {
	if t.kind != tokenSign && t.kind != tokenWord {
		return false
	}
	for _, s := range texts {
		if t.text == s {
			return true
		}
	}
	return false
}

// signs are all operators and brackets, the longer ones first.
var signs = []string{
	"<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
	"(", ")", "[", "]", ":", "+", "-", "*", "/", "%", "&", "|", "^", "<", ">", "=", "!",
}

// lex cuts an expression into tokens, the last of which is the end.
func lex(text string) ([]token, *Error) {
	if len(text) > maxExpression {
		return nil, newError(text, span{0, len(text)}, "the expression is longer than %d bytes", maxExpression)
	}
	var out []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
		if at == len(text) {
			return append(out, token{at: span{at, at}}), nil
		}
		t, err := lexOne(text, at)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		at = t.at.to
	}
}

// lexOne reads the token that begins at a byte that is no space.
func lexOne(text string, at int) (token, *Error) {
	rest := text[at:]
	if n := colonRun(rest); n > 0 {
		return lexColons(text, span{at, at + n})
	}
	if rest[0] == '\\' {
		n := 1
		for n < len(rest) && !strings.ContainsRune(" \t\r\n!()", rune(rest[n])) {
			n++
		}
		if n == 1 {
			return token{}, newError(text, span{at, at + 1}, "a backslash must stand before a name")
		}
		return token{kind: tokenEscaped, at: span{at, at + n}, text: rest[1:n]}, nil
	}
	if n := wordRun(rest); n > 0 {
		return lexWord(text, span{at, at + n})
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return token{kind: tokenSign, at: span{at, at + len(s)}, text: s}, nil
		}
	}
	bad := []rune(rest)[0]
	return token{}, newError(text, span{at, min(len(text), at+len(string(bad)))}, "unexpected character %q", bad)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isAlnum(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

// wordRun returns the length of the word at the start of s: letters, digits and, but for its ends, "-_."; a dot may end it.
func wordRun(s string) int {
	if !isAlnum(s[0]) {
		return 0
	}
	n := 1
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case isAlnum(c), c == '.':
			n = i + 1
		case c == '-', c == '_':
		default:
			return n
		}
	}
	return n
}

// colonRun returns the length of the address with colons at the start of s. The one colon of ip[2:2] makes no address.
func colonRun(s string) int {
	n, colons := 0, 0
	for n < len(s) && (isHex(s[n]) || s[n] == ':' || colons > 0 && (s[n] == '.' || s[n] == '-')) {
		if s[n] == ':' {
			colons++
		}
		n++
	}
	if colons < 2 {
		return 0
	}
	return n
}

// lexColons reads an Ethernet or an IPv6 address.
func lexColons(text string, at span) (token, *Error) {
	word := text[at.from:at.to]
	t := token{kind: tokenMAC, at: at, text: word}
	var ok bool
	if t.mac, ok = parseMAC(word); ok {
		return t, nil
	}
	a, err := netip.ParseAddr(word)
	if err != nil || !a.Is6() {
		return token{}, newError(text, at, "%q is neither an IPv6 nor an Ethernet address", word)
	}
	t.kind = tokenIP6
	b := a.As16()
	for i := range t.ip6 {
		t.ip6[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return t, nil
}

// parseMAC reads an Ethernet address: six numbers with any of ":.-" between, three of four digits with dots, or twelve
// digits.
func parseMAC(s string) (mac [6]byte, ok bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(":.-", r) })
	wide := len(parts) == 1 && len(s) == 12 || len(parts) == 3 && len(s) == 14 && strings.Count(s, ".") == 2
	switch {
	case wide:
		s = strings.Join(parts, "")
		if len(s) != 12 {
			return mac, false
		}
		parts = parts[:0]
		for i := 0; i < 12; i += 2 {
			parts = append(parts, s[i:i+2])
		}
	case len(parts) != 6 || strings.Count(s, ":")+strings.Count(s, ".")+strings.Count(s, "-") != 5:
		return mac, false
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 16, 8)
		if err != nil || len(p) > 2 {
			return mac, false
		}
		mac[i] = byte(v)
	}
	return mac, true
}

// lexWord reads what begins with a letter or digit: an address, a number or a name.
func lexWord(text string, at span) (token, *Error) {
	word := text[at.from:at.to]
	t := token{kind: tokenWord, at: at, text: word}
	var ok bool
	if t.mac, ok = parseMAC(word); ok {
		t.kind = tokenMAC
		return t, nil
	}
	if v, known := constants[word]; known {
		t.kind, t.value = tokenNumber, v
		return t, nil
	}
	if !isDigit(word[0]) {
		return t, nil
	}
	if parts := strings.Split(word, "."); len(parts) > 1 {
		return lexDotted(text, t, parts)
	}
	return lexNumber(text, t)
}

// lexDotted reads decimal numbers with dots between. Anything else of the kind is a name.
func lexDotted(text string, t token, parts []string) (token, *Error) {
	if len(parts) > 4 {
		return t, nil
	}
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" {
			return t, nil
		}
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return token{}, newError(text, t.at, "%q is no IPv4 address: %s is more than 255", t.text, p)
		}
		t.value = t.value<<8 | uint32(v)
	}
	t.kind, t.bits = tokenDotted, 8*len(parts)
	return t, nil
}

// lexNumber reads a constant as C has it: decimal, 0x hexadecimal, 0b binary, 0 octal. What is none is a name.
func lexNumber(text string, t token) (token, *Error) {
	digits, base := t.text, 10
	switch {
	case strings.HasPrefix(digits, "0x"), strings.HasPrefix(digits, "0X"):
		digits, base = digits[2:], 16
	case strings.HasPrefix(digits, "0b"), strings.HasPrefix(digits, "0B"):
		digits, base = digits[2:], 2
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	v, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err == nil && v <= math.MaxUint32:
		t.kind, t.value = tokenNumber, uint32(v)
		return t, nil
	case err == nil || strings.HasSuffix(err.Error(), strconv.ErrRange.Error()):
		return token{}, newError(text, t.at, "%s does not fit into 32 bits", t.text)
	case base == 8 && strings.Trim(digits, "0123456789") == "":
		return token{}, newError(text, t.at, "%s begins with 0, which makes it octal, but has other digits", t.text)
	}
	return t, nil
}
