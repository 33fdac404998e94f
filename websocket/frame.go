package websocket

import (
	"encoding/binary"

	"hanalyze"
)

// Sizes of RFC 6455 §5.2.
const (
	maxHeader  = 14  // 2, 8 of extended length, 4 of mask
	maxControl = 125 // payload of a control frame, §5.5
	length16   = 126 // says that 16 bits of length follow
	length64   = 127 // says that 64 bits of length follow
)

// header is the head of a frame.
type header struct {
	fin    bool
	rsv    byte // the three reserved bits, RSV1 highest
	op     Opcode
	masked bool
	mask   [4]byte
	length int64
	long   bool // the length is not in its shortest form
	absurd bool // the highest bit of a 64-bit length is set: nobody means that
}

// rsv1 marks a compressed message, RFC 7692 §6.
const rsv1 = 0x4

// headerSize returns how many bytes the header has that begins with b, or 2 while that cannot be told.
func headerSize(b []byte) int {
	if len(b) < 2 {
		return 2
	}
	n := 2
	switch b[1] & 0x7f {
	case length16:
		n += 2
	case length64:
		n += 8
	}
	if b[1]&0x80 != 0 {
		n += 4
	}
	return n
}

// parseHeader reads a complete header; b has headerSize(b) bytes at least.
func parseHeader(b []byte) (f header) {
	f.fin, f.rsv, f.op = b[0]&0x80 != 0, b[0]>>4&0x7, Opcode(b[0]&0xf)
	f.masked, f.length = b[1]&0x80 != 0, int64(b[1]&0x7f)
	rest := b[2:]
	switch f.length {
	case length16:
		f.length = int64(binary.BigEndian.Uint16(rest))
		f.long = f.length < length16
		rest = rest[2:]
	case length64:
		n := binary.BigEndian.Uint64(rest)
		f.absurd = n>>63 != 0
		f.length = int64(n &^ (1 << 63))
		f.long = f.length < 1<<16
		rest = rest[8:]
	}
	if f.masked {
		copy(f.mask[:], rest)
	}
	return f
}

// violation returns what a header breaks by itself, "" for nothing. compression says that messages may be compressed;
// strange that an extension nobody here knows may use all reserved bits.
func (f *header) violation(d hanalyze.Dir, compression, strange bool) (v Violation, detail string) {
	switch {
	case f.absurd:
		return BadLength, "the highest bit of the length is set"
	case f.op.reserved():
		return BadOpcode, "reserved opcode 0x" + string("0123456789abcdef"[f.op])
	case f.rsv != 0 && !strange && !(f.rsv == rsv1 && compression && (f.op == OpText || f.op == OpBinary)):
		return BadReserved, "a reserved bit without an extension that uses it"
	case f.op.control() && !f.fin:
		return BadControl, "a fragmented " + f.op.String()
	case f.op.control() && f.length > maxControl:
		return BadControl, "a " + f.op.String() + " of more than 125 bytes"
	case f.long:
		return BadLength, "a length that is not in its shortest form"
	case d == hanalyze.C2S && !f.masked:
		return BadMask, "a frame without a mask"
	case d == hanalyze.S2C && f.masked:
		return BadMask, "a frame with a mask"
	}
	return "", ""
}

// unmask writes src, which begins at byte pos of a payload, unmasked to dst (RFC 6455 §5.3).
func unmask(dst, src []byte, mask [4]byte, pos int64) {
	var key [4]byte
	for i := range key {
		key[i] = mask[(pos+int64(i))&3]
	}
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	i := 0
	for ; i+8 <= len(src); i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:])^k)
	}
	for ; i < len(src); i++ {
		dst[i] = src[i] ^ key[i&3]
	}
}
