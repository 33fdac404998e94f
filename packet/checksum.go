package packet

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Checksum is what the checksum of a segment is worth.
type Checksum uint8

// The kinds of checksums.
const (
	ChecksumUnknown Checksum = iota // the segment was cut by the capture, or a routing header hides its destination
	ChecksumGood                    // right
	ChecksumLeft                    // left to the network card: only the pseudo-header is summed up, or nothing is
	ChecksumBad                     // wrong
)

// tcpSum is what Checksum needs of a TCP header beyond the fields of Packet.
type tcpSum struct {
	control  uint16 // data offset, reserved bits and flags as on the wire; 0 when the sum cannot be computed
	checksum uint16
	urgent   uint16
}

// Checksum computes the checksum of a TCP segment (RFC 9293 §3.1) and compares. It reads all of the payload: ask for a
// sample of the packets only. A captured packet may have been taken before the sending machine's network card summed it
// up, or after the receiving one merged several: then the field holds the sum of the pseudo-header, with or without the
// length, or zero.
func (p *Packet) Checksum() Checksum {
	if p.sum.control == 0 || len(p.Payload) != p.PayloadLen || len(p.Options) != int(p.sum.control>>12)*4-20 {
		return ChecksumUnknown
	}
	length := 20 + len(p.Options) + len(p.Payload)
	pseudo := addAddr(addAddr(protoTCP, p.Src.Addr()), p.Dst.Addr())
	sum := pseudo + uint64(length) + uint64(p.Src.Port()) + uint64(p.Dst.Port()) + uint64(p.Seq) + uint64(p.Ack) +
		uint64(p.sum.control) + uint64(p.Window) + uint64(p.sum.checksum) + uint64(p.sum.urgent)
	sum = addBytes(addBytes(sum, p.Options), p.Payload)
	switch field := p.sum.checksum; {
	case fold(sum) == 0xffff:
		return ChecksumGood
	case field == 0, field == fold(pseudo+uint64(length)), field == fold(pseudo):
		return ChecksumLeft
	}
	return ChecksumBad
}

// addAddr adds an address to a sum of 16-bit words that is folded at the end.
func addAddr(sum uint64, a netip.Addr) uint64 {
	if a.Is4() {
		b := a.As4()
		return sum + uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return addBytes(sum, b[:])
}

// addBytes adds big-endian words, eight bytes at a time: what overflows comes in again below, as ones' complement asks
// (RFC 1071 §2). Only the last of several calls may have an odd number of bytes.
func addBytes(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	var rest [8]byte
	copy(rest[:], b)
	sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(rest[:]), carry)
	return sum + carry
}

// fold adds up the 16-bit words of a sum.
func fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return uint16(sum)
}
