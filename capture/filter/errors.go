package filter

import (
	"fmt"

	"hanalyze/internal/caret"
)

// span is a range of bytes of an expression: from its first byte to the one after its last.
type span struct{ from, to int }

// until returns the range from the beginning of s to the end of t.
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

// Error returns the reason, the expression, and a line that points at the word:
//
//	unknown word "prt"
//	  tcp prt 80
//	      ^~~
func (e *Error) Error() string { return e.Reason + "\n" + caret.Point(e.Expr, e.From, e.To) }
