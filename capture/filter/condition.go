package filter

// condition is what a packet must be like, as a tree of tests. The order matters: a test on the left guards those on the
// right from reading past the end of the packet, which rejects it whatever else holds.
type condition struct {
	op   conditionOp
	test test
	x, y *condition
}

type conditionOp uint8

const (
	condTest conditionOp = iota
	condAnd
	condOr
	condNot
	condAlways
	condNever
)

// test compares two values.
type test struct {
	op   comparison
	x, y *value
}

var (
	always = &condition{op: condAlways}
	never  = &condition{op: condNever}
)

// holds reports the result of a comparison of two numbers.
func (op comparison) holds(a, b uint32) bool {
	switch op {
	case equal:
		return a == b
	case greater:
		return a > b
	case greaterOrEqual:
		return a >= b
	}
	return a&b != 0
}

// compare returns the condition x op y.
func compare(op comparison, x, y *value) *condition {
	if x.op == valConstant && y.op == valConstant {
		return truth(op.holds(x.k, y.k))
	}
	return &condition{op: condTest, test: test{op, x, y}}
}

func truth(b bool) *condition {
	if b {
		return always
	}
	return never
}

// and returns the condition that all of list hold, tested in that order.
func and(list ...*condition) *condition {
	out := list[0]
	for _, c := range list[1:] {
		switch {
		case out.op == condNever, c.op == condAlways:
		case out.op == condAlways, c.op == condNever:
			out = c
		default:
			out = &condition{op: condAnd, x: out, y: c}
		}
	}
	return out
}

// or returns the condition that one of list holds, tested in that order.
func or(list ...*condition) *condition {
	out := list[0]
	for _, c := range list[1:] {
		switch {
		case out.op == condAlways, c.op == condNever:
		case out.op == condNever, c.op == condAlways:
			out = c
		default:
			out = &condition{op: condOr, x: out, y: c}
		}
	}
	return out
}

func not(c *condition) *condition {
	switch c.op {
	case condAlways:
		return never
	case condNever:
		return always
	case condNot:
		return c.x
	}
	return &condition{op: condNot, x: c}
}
