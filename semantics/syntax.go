package semantics

import (
	"iter"
	"strings"
)

// Lists, tokens, parameters and quoted strings, RFC 9110 §5.6.

// Elements yields the members of a comma-separated list, trimmed and without the empty ones that RFC 9110 §5.6.1.2 lets a
// recipient ignore. Commas in quoted strings separate nothing.
func Elements(value string) iter.Seq[string] { return split(value, ',') }

// split yields the trimmed parts of s between separators outside quoted strings, without empty ones.
func split(s string, sep byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			n := unquotedIndex(s, sep)
			part := trim(s[:n])
			if s = s[min(n+1, len(s)):]; part != "" && !yield(part) {
				return
			}
		}
	}
}

// unquotedIndex returns where the first c outside quoted strings is, len(s) if nowhere. A quote that is never closed
// quotes nothing.
func unquotedIndex(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case c:
			return i
		case '"':
			n := quotedLength(s[i:])
			if n == 0 {
				// Without a second quote the rest is read as it stands.
				if j := strings.IndexByte(s[i:], c); j >= 0 {
					return i + j
				}
				return len(s)
			}
			i += n - 1
		}
	}
	return len(s)
}

// quotedLength returns the length of the quoted-string that s begins with, quotes included, 0 if it does not end.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// unquote returns the value of a quoted-string without quotes and backslashes, anything else as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || quotedLength(s) != len(s) {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// trim removes optional white space, RFC 9110 §5.6.3.
func trim(s string) string {
	if s != "" && s[0] > ' ' && s[len(s)-1] > ' ' {
		return s
	}
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// parameter splits "name = value" and unquotes the value. Without "=" the value is "".
func parameter(s string) (name, value string) {
	n := strings.IndexByte(s, '=')
	if n < 0 {
		return trim(s), ""
	}
	return trim(s[:n]), unquote(trim(s[n+1:]))
}

// isToken reports whether s is a token, RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// digits reads a decimal number that fits 63 bits. What is larger is the largest: for times it means the same.
func digits(s string) (n int64, ok bool) {
	const most = 1<<63 - 1
	if s == "" {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		switch {
		case c > 9:
			return 0, false
		case n > (most-int64(c))/10:
			n = most
		case n < most:
			n = n*10 + int64(c)
		}
	}
	return n, true
}

// HasToken reports whether a list contains a token, in any case.
func (s *Section) HasToken(f Field, token string) bool {
	if !s.Has(f) {
		return false
	}
	for e := range s.Elements(f) {
		if strings.EqualFold(e, token) {
			return true
		}
	}
	return false
}
