package filter

import (
	"encoding/binary"
	"math"

	"golang.org/x/net/bpf"
)

// Instructions, as in linux/bpf_common.h and filter.h.
const (
	opLoadWord  = 0x20
	opLoadHalf  = 0x28
	opLoadByte  = 0x30
	opIndexWord = 0x40
	opIndexHalf = 0x48
	opIndexByte = 0x50
	opImmediate = 0x00
	opFetch     = 0x60
	opLength    = 0x80
	opImmX      = 0x01
	opFetchX    = 0x61
	opHeaderX   = 0xb1
	opStore     = 0x02
	opTAX       = 0x07
	opTXA       = 0x87
	opJump      = 0x05
	opEqual     = 0x15
	opGreater   = 0x25
	opAtLeast   = 0x35
	opAnyBit    = 0x45
	opReturn    = 0x06
	opArith     = 0x04
	classMask   = 0x07
	withX       = 0x08 // instead of the constant
)

// step is an instruction of a program as run reads it: numbered without gaps, so that the switch is a table.
type step struct {
	do     action
	yes    uint8 // instructions to skip if the test holds
	no     uint8 // and if it does not
	number uint32
}

// action is what a step does.
type action uint8

const (
	reject action = iota // also what cannot be run: what only the kernel knows of a packet
	loadHalf
	loadByte
	loadWord
	indexHalf
	indexByte
	indexWord
	headerX
	ifEqual
	ifGreater
	ifAtLeast
	ifAnyBit
	ifEqualX
	ifGreaterX
	ifAtLeastX
	ifAnyBitX
	jump
	finish
	moveToX
	moveToA
	immediate
	immediateX
	wireLength
	store
	fetch
	fetchX
	arith  // the operations on A and the number, in the order of valueOp
	arithX = arith + action(valShr-valAdd) + 1
)

// actions are the actions by instruction; arithmetic is computed from the instruction.
var actions = map[uint16]action{
	opLoadHalf: loadHalf, opLoadByte: loadByte, opLoadWord: loadWord, opIndexHalf: indexHalf, opIndexByte: indexByte,
	opIndexWord: indexWord, opHeaderX: headerX, opEqual: ifEqual, opGreater: ifGreater, opAtLeast: ifAtLeast, opAnyBit: ifAnyBit,
	opEqual | withX: ifEqualX, opGreater | withX: ifGreaterX, opAtLeast | withX: ifAtLeastX, opAnyBit | withX: ifAnyBitX,
	opJump: jump, opReturn: finish, opTAX: moveToX, opTXA: moveToA, opImmediate: immediate, opImmX: immediateX, opLength: wireLength,
	opStore: store, opFetch: fetch, opFetchX: fetchX,
}

// steps translates a program.
func steps(code []bpf.RawInstruction) []step {
	out := make([]step, len(code))
	for i, in := range code {
		do := actions[in.Op]
		if op := byMachine[in.Op>>4&0xf]; do == reject && in.Op&classMask == opArith && op != 0 {
			do = arith + action(op-valAdd)
			if in.Op&withX != 0 {
				do += arithX - arith
			}
		}
		out[i] = step{do, in.Jt, in.Jf, in.K}
	}
	return out
}

// run runs a program made by assemble on a packet and returns how much of it to keep; 0: it is rejected. Reading past the
// end of the packet and division by zero reject it. It does what bpf.VM does, several times as fast, and knows the length
// on the wire.
func run(code []step, data []byte, wire uint32) uint32 {
	var a, x uint32
	var cells [scratchCells]uint32
	for pc := 0; pc < len(code); pc++ {
		s := &code[pc]
		switch s.do {
		case loadHalf:
			if uint64(s.number)+2 > uint64(len(data)) {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[s.number:]))
		case loadByte:
			if uint64(s.number) >= uint64(len(data)) {
				return 0
			}
			a = uint32(data[s.number])
		case loadWord:
			if uint64(s.number)+4 > uint64(len(data)) {
				return 0
			}
			a = binary.BigEndian.Uint32(data[s.number:])
		case indexHalf, indexByte, indexWord:
			var ok bool
			if a, ok = index(s.do, data, uint64(s.number)+uint64(x)); !ok {
				return 0
			}
		case headerX:
			if uint64(s.number) >= uint64(len(data)) {
				return 0
			}
			x = uint32(data[s.number]&0xf) * 4
		case ifEqual:
			pc += s.skip(a == s.number)
		case ifGreater:
			pc += s.skip(a > s.number)
		case ifAtLeast:
			pc += s.skip(a >= s.number)
		case ifAnyBit:
			pc += s.skip(a&s.number != 0)
		case ifEqualX:
			pc += s.skip(a == x)
		case ifGreaterX:
			pc += s.skip(a > x)
		case ifAtLeastX:
			pc += s.skip(a >= x)
		case ifAnyBitX:
			pc += s.skip(a&x != 0)
		case jump:
			pc += int(s.number)
		case finish:
			return s.number
		case moveToX:
			x = a
		case moveToA:
			a = x
		case immediate:
			a = s.number
		case immediateX:
			x = s.number
		case wireLength:
			a = wire
		case store:
			cells[s.number%scratchCells] = a
		case fetch:
			a = cells[s.number%scratchCells]
		case fetchX:
			x = cells[s.number%scratchCells]
		case reject:
			return 0
		default:
			op, b := valAdd+valueOp(s.do-arith), s.number
			if s.do >= arithX {
				op, b = valAdd+valueOp(s.do-arithX), x
			}
			if b == 0 && (op == valDiv || op == valMod) {
				return 0
			}
			a = compute(op, a, b)
		}
	}
	return 0
}

// skip returns how many instructions are skipped.
func (s *step) skip(holds bool) int {
	if holds {
		return int(s.yes)
	}
	return int(s.no)
}

// index reads bytes at an offset that was computed. It reports false if they are not there.
func index(do action, data []byte, offset uint64) (uint32, bool) {
	if offset > math.MaxInt32 || offset >= uint64(len(data)) {
		return 0, false
	}
	switch rest := data[offset:]; {
	case do == indexByte:
		return uint32(rest[0]), true
	case do == indexHalf && len(rest) >= 2:
		return uint32(binary.BigEndian.Uint16(rest)), true
	case do == indexWord && len(rest) >= 4:
		return binary.BigEndian.Uint32(rest), true
	}
	return 0, false
}

// byMachine are the value operations by the bits of an instruction that tell them.
var byMachine = [16]valueOp{
	bpf.ALUOpAdd >> 4: valAdd, bpf.ALUOpSub >> 4: valSub, bpf.ALUOpMul >> 4: valMul, bpf.ALUOpDiv >> 4: valDiv, bpf.ALUOpMod >> 4: valMod,
	bpf.ALUOpAnd >> 4: valAnd, bpf.ALUOpOr >> 4: valOr, bpf.ALUOpXor >> 4: valXor, bpf.ALUOpShiftLeft >> 4: valShl,
	bpf.ALUOpShiftRight >> 4: valShr,
}
