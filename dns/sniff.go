package dns

import "encoding/binary"

// Verdict is what a sniffer thinks of the first bytes of a stream.
type Verdict uint8

// Verdicts.
const (
	No    Verdict = iota // not DNS
	Maybe                // too few bytes to tell
	Yes                  // DNS
)

// String returns the lower_snake name.
func (v Verdict) String() string {
	switch v {
	case No:
		return "no"
	case Maybe:
		return "maybe"
	case Yes:
		return "yes"
	}
	return ""
}

// Plausible reports whether b reads like a whole DNS message, on whatever port. It is strict: the header must be one that
// is really sent, its counts must fit the length, and the first entry must have a known type and class. Of random bytes
// fewer than one in a million pass. NetBIOS name service does not pass.
func Plausible(b []byte) bool { return plausible(b, len(b)) == Yes }

// SniffDatagram tells whether a datagram is a DNS message: Yes or No.
func SniffDatagram(b []byte) Verdict {
	if Plausible(b) {
		return Yes
	}
	return No
}

// Sniff tells whether a TCP stream, of which c2s and s2c are the first bytes, is DNS: messages with a length before them
// (RFC 1035 §4.2.2). A direction that is still empty says nothing.
func Sniff(c2s, s2c []byte) Verdict {
	if len(c2s) == 0 && len(s2c) == 0 {
		return Maybe
	}
	best := Maybe
	for _, b := range [...][]byte{c2s, s2c} {
		if len(b) == 0 {
			continue
		}
		switch sniffHalf(b) {
		case No:
			return No
		case Yes:
			best = Yes
		case Maybe:
		}
	}
	return best
}

func sniffHalf(b []byte) Verdict {
	if len(b) < prefixLen {
		return Maybe
	}
	length := int(binary.BigEndian.Uint16(b))
	if length < headerLen {
		return No
	}
	b = b[prefixLen:]
	return plausible(b[:min(len(b), length)], length)
}

// SniffNetBIOS tells whether a datagram is of NetBIOS's name service (RFC 1002 §4.2), which has the header of DNS and names
// of its own: Yes or No.
func SniffNetBIOS(b []byte) Verdict {
	if len(b) < headerLen {
		return No
	}
	i := headerLen
	for i < len(b) && b[i] > 0 && b[i] <= 63 { // the name, and the labels of its scope
		i += 1 + int(b[i])
	}
	if i+3 > len(b) || b[i] != 0 || !netbiosName(b[headerLen:], binary.BigEndian.Uint16(b[i+1:])) {
		return No
	}
	return Yes
}

// plausible judges the first bytes b of a message of so many bytes.
func plausible(b []byte, length int) Verdict {
	if length < headerLen {
		return No
	}
	if len(b) < headerLen {
		return Maybe
	}
	h := readHeader(b)
	if !h.plausible(length) {
		return No
	}
	if h.counts[0]+h.counts[1] == 0 {
		return Yes // an error or a DSO message without entries, which plausible has looked at closely
	}
	return plausibleEntry(b, length, h.counts[0] == 0)
}

// plausible reports whether the header is one that is really sent, in a message of so many bytes.
func (h header) plausible(length int) bool {
	opcode, question, others := h.opcode(), h.counts[0], h.counts[1]+h.counts[2]+h.counts[3]
	const z, tc, ra, aa = 0x0040, 0x0200, 0x0080, 0x0400
	switch {
	case opcode > opcodeDSO || opcodes[opcode] == "":
		return false
	case h.bits&z != 0: // RFC 1035 §4.1.1: must be zero
		return false
	case headerLen+question*minQuestion+others*minRR > length:
		return false
	case !h.response() && (h.rcode() != 0 || h.bits&ra != 0 && opcode != opcodeIQuery || opcode == opcodeQuery && h.bits&aa != 0):
		return false
	case question == 0 && h.counts[1] == 0:
		// RFC 8490 §5.4: DSO counts nothing. A server that did not read the question counts nothing either.
		return others == 0 && (opcode == opcodeDSO && length > headerLen || h.response() && h.rcode() != 0 && length == headerLen)
	case question == 0 && opcode == opcodeIQuery && !h.response():
		return others == 1 // RFC 1035 §6.4: the answer whose question is asked for
	case question == 0:
		return h.response() && opcode == opcodeQuery // mDNS, RFC 6762 §6
	case question > 1 && h.bits&tc == 0 && opcode != opcodeQuery:
		return false
	}
	return true
}

// plausibleEntry judges the first question, or the first record of a message without a question.
func plausibleEntry(b []byte, length int, record bool) Verdict {
	i := headerLen
	for {
		if i >= len(b) {
			return cutOr(b, length)
		}
		c := int(b[i])
		if c > 63 || i-headerLen+c+1 > maxName { // nothing is there yet that a pointer could point to
			return No
		}
		i += 1 + c
		if c == 0 {
			break
		}
	}
	if i+4 > len(b) {
		return cutOr(b, length)
	}
	typ, class := binary.BigEndian.Uint16(b[i:]), binary.BigEndian.Uint16(b[i+2:])&0x7fff // mDNS has a use for the top bit
	switch {
	case lookup(typ).name == "" || netbiosName(b[headerLen:], typ):
		return No
	case class != 1 && class != 3 && class != 4 && class != classNONE && class != classANY:
		return No
	case !record:
		return Yes
	case i+10 > len(b):
		return cutOr(b, length)
	case i+10+int(binary.BigEndian.Uint16(b[i+8:])) > length:
		return No
	}
	return Yes
}

// cutOr returns Maybe where b is only the beginning of the message, else No: the message itself is too short.
func cutOr(b []byte, length int) Verdict {
	if len(b) < length {
		return Maybe
	}
	return No
}

// netbiosName reports whether name and type are those of NetBIOS: 32 letters A to P, RFC 1001 §14.1.
func netbiosName(b []byte, typ uint16) bool {
	if typ != typeNB && typ != typeNBST || len(b) < 33 || b[0] != 32 {
		return false
	}
	for _, c := range b[1:33] {
		if c < 'A' || c > 'P' {
			return false
		}
	}
	return true
}
