package filter

import (
	"fmt"
	"strings"

	"golang.org/x/net/bpf"
)

// Listing returns the program as text, one instruction a line, as tcpdump -d prints it.
func (p *Program) Listing() string {
	var b strings.Builder
	for i, in := range p.code {
		name, operand := mnemonic(i, in)
		fmt.Fprintf(&b, "(%03d) %-8s %s\n", i, name, operand)
	}
	return b.String()
}

// CSource returns the program as the body of an array of struct bpf_insn, as tcpdump -dd prints it.
func (p *Program) CSource() string {
	var b strings.Builder
	for _, in := range p.code {
		fmt.Fprintf(&b, "{ 0x%x, %d, %d, 0x%08x },\n", in.Op, in.Jt, in.Jf, in.K)
	}
	return b.String()
}

// Decimal returns the program as decimal numbers, their count first, as tcpdump -ddd prints it and iptables reads it.
func (p *Program) Decimal() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", len(p.code))
	for _, in := range p.code {
		fmt.Fprintf(&b, "%d %d %d %d\n", in.Op, in.Jt, in.Jf, in.K)
	}
	return b.String()
}

// extensionBase is where the offsets begin that read no packet (linux/filter.h: SKF_AD_OFF).
const extensionBase = 0xfffff000

// extensionNames are the names that tcpdump prints.
var extensionNames = map[bpf.Extension]string{
	bpf.ExtProto: "proto", bpf.ExtType: "type", bpf.ExtInterfaceIndex: "ifidx", bpf.ExtVLANTag: "vlan_tci", bpf.ExtVLANTagPresent: "vlanp",
}

// mnemonic returns the name of an instruction and its operands.
func mnemonic(at int, in bpf.RawInstruction) (name, operand string) {
	switch in.Op {
	case opLoadWord, opLoadHalf, opLoadByte:
		if ext, ok := extensionNames[bpf.Extension(in.K-extensionBase)]; ok && in.K >= extensionBase {
			return loadName(in.Op), "[" + ext + "]"
		}
		return loadName(in.Op), fmt.Sprintf("[%d]", in.K)
	case opIndexWord, opIndexHalf, opIndexByte:
		return loadName(in.Op), fmt.Sprintf("[x + %d]", in.K)
	case opImmediate:
		return "ld", fmt.Sprintf("#0x%x", in.K)
	case opImmX:
		return "ldx", fmt.Sprintf("#0x%x", in.K)
	case opLength:
		return "ld", "#pktlen"
	case opFetch:
		return "ld", fmt.Sprintf("M[%d]", in.K)
	case opFetchX:
		return "ldx", fmt.Sprintf("M[%d]", in.K)
	case opHeaderX:
		return "ldxb", fmt.Sprintf("4*([%d]&0xf)", in.K)
	case opStore:
		return "st", fmt.Sprintf("M[%d]", in.K)
	case opTAX:
		return "tax", ""
	case opTXA:
		return "txa", ""
	case opReturn:
		return "ret", fmt.Sprintf("#%d", in.K)
	case opJump:
		return "ja", fmt.Sprint(at + 1 + int(in.K))
	}
	return calculation(at, in)
}

// loadName is the name of a load by its size.
func loadName(op uint16) string {
	switch op {
	case opLoadHalf, opIndexHalf:
		return "ldh"
	case opLoadByte, opIndexByte:
		return "ldb"
	}
	return "ld"
}

// calculation is mnemonic for arithmetic and conditional jumps.
func calculation(at int, in bpf.RawInstruction) (name, operand string) {
	operand = "x"
	if in.Op&withX == 0 {
		operand = fmt.Sprintf("#0x%x", in.K)
	}
	jumps := map[uint16]string{opEqual: "jeq", opGreater: "jgt", opAtLeast: "jge", opAnyBit: "jset"}
	if name, ok := jumps[in.Op&^withX]; ok {
		return name, fmt.Sprintf("%-16s jt %d\tjf %d", operand, at+1+int(in.Jt), at+1+int(in.Jf))
	}
	names := map[valueOp]string{
		valAdd: "add", valSub: "sub", valMul: "mul", valDiv: "div", valMod: "mod", valAnd: "and", valOr: "or", valXor: "xor",
		valShl: "lsh", valShr: "rsh",
	}
	op := byMachine[in.Op>>4&0xf]
	if in.Op&withX == 0 && op != valAnd && op != valOr && op != valXor {
		operand = fmt.Sprintf("#%d", in.K)
	}
	return names[op], operand
}
