package filter

import "math"

// value is a number computed from a packet, as a tree. Equal values are the same pointer: the table of a values holds each
// once. Values have no effect but one: reading past the end of the packet ends the program, which then rejects the packet.
type value struct {
	op   valueOp
	k    uint32 // valConstant: the number. valLoad: the offset. valHeader: where the header is. valExtension: its number
	size int    // valLoad: 1, 2 or 4 bytes
	x, y *value // the operands; valLoad: x, if any, is added to the offset
	need int    // scratch memory that computing it takes, as the numbering of Sethi and Ullman
}

// valueOp is how a value is computed.
type valueOp uint8

const (
	valConstant  valueOp = iota
	valLoad              // bytes of the packet, in network byte order
	valHeader            // four times the low half of a byte: the length of an IPv4 header
	valLength            // the length of the packet on the wire
	valExtension         // what the kernel knows of the packet
	valAdd
	valSub
	valMul
	valDiv
	valMod
	valAnd
	valOr
	valXor
	valShl
	valShr
)

// operators are the value operations by their sign in an expression.
var operators = map[byte]valueOp{
	'+': valAdd, '-': valSub, '*': valMul, '/': valDiv, '%': valMod, '&': valAnd, '|': valOr, '^': valXor, '<': valShl, '>': valShr,
}

type valueKey struct {
	op   valueOp
	k    uint32
	size int
	x, y *value
}

// values makes values.
type values map[valueKey]*value

func (t values) of(key valueKey) *value {
	v := t[key]
	if v == nil {
		v = &value{op: key.op, k: key.k, size: key.size, x: key.x, y: key.y}
		v.need = v.scratch()
		t[key] = v
	}
	return v
}

func (t values) constant(k uint32) *value { return t.of(valueKey{op: valConstant, k: k}) }

func (t values) length() *value { return t.of(valueKey{op: valLength}) }

func (t values) extension(n uint32) *value { return t.of(valueKey{op: valExtension, k: n}) }

// load reads size bytes at base+offset; a nil base is 0.
func (t values) load(base *value, offset uint32, size int) *value {
	if base != nil && base.op == valAdd && base.y.op == valConstant && !overflows(base.y.k, offset) {
		base, offset = base.x, offset+base.y.k
	}
	if base != nil && base.op == valConstant && !overflows(base.k, offset) {
		base, offset = nil, offset+base.k
	}
	return t.of(valueKey{op: valLoad, k: offset, size: size, x: base})
}

// overflows reports whether a sum is more than any packet has bytes: adding it up in 32 bits would come back to the start.
func overflows(a, b uint32) bool { return uint64(a)+uint64(b) > math.MaxInt32 }

// header returns the length of the IPv4 header at base+offset.
func (t values) header(base *value, offset uint32) *value {
	if base == nil {
		return t.of(valueKey{op: valHeader, k: offset})
	}
	words := t.join(valAnd, t.load(base, offset, 1), t.constant(0xf))
	return t.join(valMul, words, t.constant(4))
}

// add returns v + k.
func (t values) add(v *value, k uint32) *value {
	if v == nil {
		return t.constant(k)
	}
	return t.join(valAdd, v, t.constant(k))
}

// join returns x op y, computed at once where both are constants. A constant divisor must not be 0.
func (t values) join(op valueOp, x, y *value) *value {
	if x.op == valConstant && y.op == valConstant {
		return t.constant(compute(op, x.k, y.k))
	}
	if y.op == valConstant {
		switch {
		case y.k == 0 && (op == valMul || op == valAnd):
			return y
		case y.k == 0 && op != valDiv && op != valMod, y.k == 1 && (op == valMul || op == valDiv):
			return x
		case op == valAdd && x.op == valAdd && x.y.op == valConstant:
			return t.join(valAdd, x.x, t.constant(x.y.k+y.k))
		}
	}
	if x.op == valConstant && (op == valAdd || op == valMul || op == valAnd || op == valOr || op == valXor) {
		return t.join(op, y, x) // the machine has instructions with a constant on the right
	}
	return t.of(valueKey{op: op, x: x, y: y})
}

// compute is what the machine computes; dividing by 0 is left to it.
func compute(op valueOp, a, b uint32) uint32 {
	switch op {
	case valAdd:
		return a + b
	case valSub:
		return a - b
	case valMul:
		return a * b
	case valDiv:
		return a / b
	case valMod:
		return a % b
	case valAnd:
		return a & b
	case valOr:
		return a | b
	case valXor:
		return a ^ b
	case valShl:
		return a << b
	case valShr:
		return a >> b
	}
	return 0
}

// scratch returns how many cells of scratch memory are in use at most while v is computed: a value that is needed while
// another one is computed waits in one, and the one that takes more itself is computed first.
func (v *value) scratch() int {
	switch {
	case v.op == valLoad && v.x != nil:
		return v.x.need
	case v.y == nil || v.y.op == valConstant:
		if v.x == nil {
			return 0
		}
		return v.x.need
	case v.x.need == v.y.need:
		return v.x.need + 1
	}
	return max(v.x.need, v.y.need, 1)
}
