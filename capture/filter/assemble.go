package filter

import "golang.org/x/net/bpf"

// assemble makes a program of a condition. It reports false if that needs more instructions than the kernel takes.
func assemble(c *condition, accept uint32) ([]bpf.RawInstruction, bool) {
	g := newGraph()
	root := g.build(c, g.accept, g.reject)
	if len(g.table) > maxBlocks {
		return nil, false
	}
	root = g.shorten(root)
	l := linker{accept: g.accept, reject: g.reject, keep: accept, bodies: bodies(root), distance: map[*block]int{}}
	l.link(root)
	if len(l.code) > maxInstructions || l.tooDeep() {
		return nil, false
	}
	raw, err := bpf.Assemble(l.code)
	return raw, err == nil
}

// scratchCells is the machine's memory besides its two registers.
const scratchCells = 16

// registers computes values and knows what the registers hold.
type registers struct {
	code    []bpf.Instruction
	a, x    *value // nil: something unknown
	tooDeep bool   // the scratch memory did not suffice
}

// body is the code of a block without its jump.
type body struct {
	registers
	block *block
}

// bodies returns the code of all blocks, each before those it leads to. A block does not compute what a register holds on
// all ways to it.
func bodies(root *block) []*body {
	blocks := order(root)
	list := make([]*body, len(blocks))
	arrive := map[*block]*registers{}
	for i, b := range blocks {
		list[i] = &body{block: b}
		r := &list[i].registers
		if known := arrive[b]; known != nil {
			r.a, r.x = known.a, known.x
		}
		if b.test.y.op == valConstant {
			r.toA(b.test.x, 0)
		} else {
			r.toBoth(b.test.x, b.test.y, 0)
		}
		for _, to := range []*block{b.yes, b.no} {
			known := arrive[to]
			if known == nil {
				arrive[to] = &registers{a: r.a, x: r.x}
				continue
			}
			if known.a != r.a {
				known.a = nil
			}
			if known.x != r.x {
				known.x = nil
			}
		}
	}
	return list
}

func (r *registers) emit(i bpf.Instruction) { r.code = append(r.code, i) }

// toA computes a value into register A. Scratch cells from the given one on are free.
func (r *registers) toA(v *value, cell int) {
	if r.a == v {
		return
	}
	switch v.op {
	case valConstant:
		r.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: v.k})
	case valLoad:
		if v.x == nil {
			r.emit(bpf.LoadAbsolute{Off: v.k, Size: v.size})
			break
		}
		r.toX(v.x, cell)
		r.emit(bpf.LoadIndirect{Off: v.k, Size: v.size})
	case valHeader:
		r.toX(v, cell)
		r.emit(bpf.TXA{})
	case valLength:
		r.emit(bpf.LoadExtension{Num: bpf.ExtLen})
	case valExtension:
		r.emit(bpf.LoadExtension{Num: bpf.Extension(v.k)})
	default:
		r.join(v, cell)
	}
	r.a = v
}

// toX computes a value into register X, and perhaps through A.
func (r *registers) toX(v *value, cell int) {
	if r.x == v {
		return
	}
	switch v.op {
	case valConstant:
		r.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: v.k})
	case valHeader:
		r.emit(bpf.LoadMemShift{Off: v.k})
	default:
		r.toA(v, cell)
		r.emit(bpf.TAX{})
	}
	r.x = v
}

// machineOps are the machine's operations on A and a constant or X.
var machineOps = map[valueOp]bpf.ALUOp{
	valAdd: bpf.ALUOpAdd, valSub: bpf.ALUOpSub, valMul: bpf.ALUOpMul, valDiv: bpf.ALUOpDiv, valMod: bpf.ALUOpMod,
	valAnd: bpf.ALUOpAnd, valOr: bpf.ALUOpOr, valXor: bpf.ALUOpXor, valShl: bpf.ALUOpShiftLeft, valShr: bpf.ALUOpShiftRight,
}

// join computes x op y into A.
func (r *registers) join(v *value, cell int) {
	if v.y.op == valConstant {
		r.toA(v.x, cell)
		r.emit(bpf.ALUOpConstant{Op: machineOps[v.op], Val: v.y.k})
		return
	}
	r.toBoth(v.x, v.y, cell)
	r.emit(bpf.ALUOpX{Op: machineOps[v.op]})
}

// toBoth computes x into A and y into X. While the second one is computed the first one waits in X, or else in scratch
// memory.
func (r *registers) toBoth(x, y *value, cell int) {
	if cell >= scratchCells {
		r.tooDeep = true
		return
	}
	switch {
	case !x.usesX():
		r.toX(y, cell)
		r.toA(x, cell)
	case x.need >= y.need:
		r.toA(x, cell)
		r.emit(bpf.StoreScratch{Src: bpf.RegA, N: cell})
		r.toX(y, cell+1)
		r.emit(bpf.LoadScratch{Dst: bpf.RegA, N: cell})
		r.a = x
	default:
		r.toA(y, cell)
		r.emit(bpf.StoreScratch{Src: bpf.RegA, N: cell})
		r.toA(x, cell+1)
		r.emit(bpf.LoadScratch{Dst: bpf.RegX, N: cell})
		r.x = y
	}
}

// usesX reports whether computing v into A changes X.
func (v *value) usesX() bool {
	switch {
	case v.op == valHeader, v.op == valLoad && v.x != nil:
		return true
	case v.op <= valExtension:
		return false
	}
	return v.y.op != valConstant || v.x.usesX()
}

// linker puts blocks one after the other and joins them by jumps.
type linker struct {
	accept, reject *block
	keep           uint32 // what the program returns for packets it accepts
	bodies         []*body
	distance       map[*block]int // from the beginning of a block to the end of the program
	code           []bpf.Instruction
}

// tooDeep reports whether a block ran out of scratch memory.
func (l *linker) tooDeep() bool {
	for _, b := range l.bodies {
		if b.tooDeep {
			return true
		}
	}
	return false
}

// link lays the program out from its end: so the way to every target is known when a jump is made.
func (l *linker) link(root *block) {
	if root.ends() {
		l.ends(root == l.accept, root == l.reject)
		return
	}
	l.ends(true, true)
	pieces := [][]bpf.Instruction{l.code}
	after := len(l.code)
	for i := len(l.bodies) - 1; i >= 0; i-- {
		b := l.bodies[i]
		piece := append(b.code, l.jump(b.block, after)...)
		after += len(piece)
		l.distance[b.block] = after
		pieces = append(pieces, piece)
	}
	l.code = nil
	for i := len(pieces) - 1; i >= 0; i-- {
		l.code = append(l.code, pieces[i]...)
	}
}

// ends appends the ends that are used.
func (l *linker) ends(accept, reject bool) {
	if reject {
		l.distance[l.reject] = 1
	}
	if accept {
		l.distance[l.accept] = 1 + l.distance[l.reject]
		l.code = append(l.code, bpf.RetConstant{Val: l.keep})
	}
	if reject {
		l.code = append(l.code, bpf.RetConstant{Val: 0})
	}
}

// jumpTests are the machine's comparisons.
var jumpTests = [...]bpf.JumpTest{
	equal: bpf.JumpEqual, greater: bpf.JumpGreaterThan, greaterOrEqual: bpf.JumpGreaterOrEqual, anyBit: bpf.JumpBitsSet,
}

// maxSkip is how far a conditional jump reaches: its distances have 8 bits.
const maxSkip = 255

// jump returns the jump of a block that after instructions follow. What is too far away is reached through a jump of its own
// right behind.
func (l *linker) jump(b *block, after int) []bpf.Instruction {
	yes, no := after-l.distance[b.yes], after-l.distance[b.no]
	farYes, farNo := yes > maxSkip-1, no > maxSkip-1
	var far []bpf.Instruction
	switch {
	case farYes && farNo:
		far = []bpf.Instruction{bpf.Jump{Skip: uint32(yes + 1)}, bpf.Jump{Skip: uint32(no)}}
		yes, no = 0, 1
	case farYes:
		far = []bpf.Instruction{bpf.Jump{Skip: uint32(yes)}}
		yes, no = 0, no+1
	case farNo:
		far = []bpf.Instruction{bpf.Jump{Skip: uint32(no)}}
		yes, no = yes+1, 0
	}
	var j bpf.Instruction = bpf.JumpIfX{Cond: jumpTests[b.test.op], SkipTrue: uint8(yes), SkipFalse: uint8(no)}
	if b.test.y.op == valConstant {
		j = bpf.JumpIf{Cond: jumpTests[b.test.op], Val: b.test.y.k, SkipTrue: uint8(yes), SkipFalse: uint8(no)}
	}
	return append([]bpf.Instruction{j}, far...)
}
