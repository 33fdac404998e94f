package dns

import "strconv"

// Classes of RFC 1035 §3.2.4, §3.2.5 and RFC 2136 §1.3.
const (
	classNONE = 254
	classANY  = 255
)

// Opcodes that pairing and sniffing treat apart.
const (
	opcodeQuery  = 0
	opcodeIQuery = 1
	opcodeNotify = 4
	opcodeUpdate = 5
	opcodeDSO    = 6
)

// opcodes are IANA's names; "" is unassigned.
var opcodes = [...]string{
	opcodeQuery: "QUERY", opcodeIQuery: "IQUERY", 2: "STATUS", opcodeNotify: "NOTIFY", opcodeUpdate: "UPDATE", opcodeDSO: "DSO",
}

// rcodeNXDOMAIN is the response code that says that there is no such name.
const rcodeNXDOMAIN = 3

// rcodes are IANA's names, in the capitals everybody writes. 16 is BADVERS in a message and BADSIG in a TSIG record.
var rcodes = [...]string{
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
	"NOTZONE", "DSOTYPENI", 16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE", 20: "BADNAME", 21: "BADALG",
	22: "BADTRUNC", 23: "BADCOOKIE",
}

// OpcodeName returns IANA's name of an opcode, or OPCODE9 for one without.
func OpcodeName(code uint8) string { return nameOr(opcodes[:], uint16(code), "OPCODE") }

// RcodeName returns IANA's name of a response code with its EDNS bits, or RCODE3841 for one without.
func RcodeName(code uint16) string { return nameOr(rcodes[:], code, "RCODE") }

// TypeName returns IANA's name of an RR type, or TYPE65280 for one without (RFC 3597 §5).
func TypeName(code uint16) string {
	if t := lookup(code); t.name != "" {
		return t.name
	}
	return "TYPE" + strconv.Itoa(int(code))
}

// ClassName returns the name of a class, or CLASS4096 for one without (RFC 3597 §5).
func ClassName(code uint16) string {
	switch code {
	case 1:
		return "IN"
	case 3:
		return "CH"
	case 4:
		return "HS"
	case classNONE:
		return "NONE"
	case classANY:
		return "ANY"
	}
	return "CLASS" + strconv.Itoa(int(code))
}

func nameOr(names []string, code uint16, prefix string) string {
	if int(code) < len(names) && names[code] != "" {
		return names[code]
	}
	return prefix + strconv.Itoa(int(code))
}
