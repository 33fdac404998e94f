package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a range of bytes of an expression: from its first byte to the one after its last.
type span struct{ from, to int }

// to returns the range from the beginning of s to the end of t.
func (s span) until(t span) span { return span{s.from, t.to} }

// Error is a wrong or unsupported expression.
type Error struct {
	Expr     string // the whole expression
	From, To int    // the bytes of it that the reason is about; both len(Expr): something is missing at the end
	Reason   string // one line
}

func newError(text string, at span, format string, args ...any) *Error {
	return &Error{Expr: text, From: at.from, To: at.to, Reason: fmt.Sprintf(format, args...)}
}

const (
	contextBefore = 60 // characters of a long expression shown before the word in question
	contextAfter  = 30 // and after it
)

// Error returns the reason, the expression, and a line that points at the word:
//
//	unknown word "prt"
//	  tcp prt 80
//	      ^~~
func (e *Error) Error() string {
	before, word, after := printable(e.Expr[:e.From]), printable(e.Expr[e.From:e.To]), printable(e.Expr[e.To:])
	if len(before) > contextBefore {
		before = append([]rune("…"), before[len(before)-contextBefore:]...)
	}
	if len(after) > contextAfter {
		after = append(after[:contextAfter:contextAfter], '…')
	}
	if len(word) > contextBefore {
		word, after = append(word[:contextBefore:contextBefore], '…'), nil
	}
	return fmt.Sprintf("%s\n  %s%s%s\n  %s^%s", e.Reason, string(before), string(word), string(after),
		strings.Repeat(" ", len(before)), strings.Repeat("~", max(0, len(word)-1)))
}

// printable returns the characters of s with one that does no harm in place of each that cannot be shown.
func printable(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r):
			r = utf8.RuneError
		}
		out = append(out, r)
	}
	return out
}
