// Package query chooses records by an expression over their fields: type == "http" && status >= 500.
//
// The language is that of github.com/expr-lang/expr. Fields have the names and values they have in JSON; one that a record
// lacks is nil, and a comparison with it does not hold. So no expression fails because records differ.
package query

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"hanalyze"
	"hanalyze/internal/caret"
)

const (
	// maxExpression bounds the text of an expression: what is longer was made by a script that can do its work better
	// with JSON.
	maxExpression = 16 << 10

	// maxNodes bounds the syntax tree; the guards that are put into it are not counted.
	maxNodes = 2000
)

// Query is a compiled expression. It is for one goroutine.
type Query struct {
	program *vm.Program
	machine vm.VM
	fields  *fieldTable
	err     error
}

// Error is a wrong expression.
type Error struct {
	Expr   string
	At     int // the byte of it that the reason is about
	Reason string
}

// Error returns the reason, the expression, and a line that points at the place.
func (e *Error) Error() string {
	to := min(e.At+1, len(e.Expr))
	for to < len(e.Expr) && isWord(e.Expr[to-1]) && isWord(e.Expr[to]) {
		to++
	}
	return e.Reason + "\n" + caret.Point(e.Expr, min(e.At, len(e.Expr)), to)
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// Compile reads an expression. The error is an *Error. Fields no record has and values of the wrong kind are errors here.
func Compile(text string) (*Query, error) {
	if len(text) > maxExpression {
		return nil, &Error{Expr: text, Reason: fmt.Sprintf("the expression is longer than %d bytes", maxExpression)}
	}
	schema := recordShape()
	options := append(functions(), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableBuiltin("now"))
	// What is wrong is found in the expression as written, whose fields have types.
	if _, err := expr.Compile(text, append(options, expr.Env(schema.variables()))...); err != nil {
		return nil, explain(text, err)
	}
	q := &Query{fields: newFieldTable()}
	w := &rewriter{fields: q.fields, schema: schema}
	options = append(options, expr.Env(schema.variables()), expr.MaxNodes(0), q.fields.function(), expr.Patch(w))
	var err error
	if q.program, err = expr.Compile(text, options...); err != nil {
		return nil, explain(text, err)
	}
	if w.bad != nil {
		return nil, &Error{text, byteAt(text, w.bad.Location().From), fmt.Sprintf("%q is no network like 10.0.0.0/8", w.bad.Value)}
	}
	return q, nil
}

// explain makes an Error of what the expression library says.
func explain(text string, err error) *Error {
	var e *file.Error
	if !errors.As(err, &e) {
		return &Error{Expr: text, Reason: err.Error()}
	}
	return &Error{Expr: text, At: byteAt(text, e.From), Reason: e.Message}
}

// byteAt returns where the n-th character of a text begins: the library counts characters.
func byteAt(text string, n int) int {
	for at := range text {
		if n == 0 {
			return at
		}
		n--
	}
	return len(text)
}

// Match reports whether the expression holds for a record. Where it cannot be computed it does not hold; see Err.
func (q *Query) Match(r hanalyze.Record) bool {
	q.fields.record = r
	out, err := q.machine.Run(q.program, nil)
	if err != nil {
		if q.err == nil {
			q.err = err
		}
		return false
	}
	holds, _ := out.(bool)
	return holds
}

// Err returns why the expression could not be computed for some record, nil if it always could.
func (q *Query) Err() error { return q.err }
