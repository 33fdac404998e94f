package troublelink

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Side is an end of the link.
type Side uint8

// The two ends.
const (
	Left Side = iota
	Right
)

// Other returns the opposite end.
func (s Side) Other() Side { return 1 - s }

// String returns left or right.
func (s Side) String() string { return [2]string{"left", "right"}[s] }

// TCP control bits, RFC 9293 §3.1.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// Packet is a TCP packet that a host gave to the link.
type Packet struct {
	From     Side
	Time     time.Time // when it came in
	Src, Dst netip.AddrPort
	ID       uint16 // IPv4 identification, 0 for IPv6
	Seq, Ack uint32 // as on the wire
	Flags    uint8
	Len      int // payload bytes
	SACK     []Block
	Data     []byte // from the IP header on

	Ordinal int    // 1-based, of the packets with payload, SYN or FIN that came from its side; 0 for others
	Again   bool   // some of what it carries had come in before
	Sender  Sender // what the sender's kernel was doing, valid iff Again
	Taken   int64  // what the receiver had taken of its stream, see Host.taken, valid iff Again
}

// Block is a range of sequence numbers that a receiver reports, RFC 2018 §3.
type Block struct{ Left, Right uint32 }

// parse reads the headers of an IPv4 or IPv6 packet without extension headers. It reports whether b is whole TCP.
func parse(b []byte) (p Packet, ok bool) {
	var tcp []byte
	var src, dst netip.Addr
	switch {
	case len(b) >= 40 && b[0] == 0x45 && b[9] == 6:
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		p.ID = binary.BigEndian.Uint16(b[4:])
		tcp = b[20:]
	case len(b) >= 60 && b[0]>>4 == 6 && b[6] == 6:
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		tcp = b[40:]
	default:
		return p, false
	}
	header := int(tcp[12]>>4) * 4
	if header > len(tcp) {
		return p, false
	}
	p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(tcp))
	p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(tcp[2:]))
	p.Seq, p.Ack = binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:])
	p.Flags, p.Len, p.Data = tcp[13], len(tcp)-header, b
	p.SACK = blocks(tcp[min(20, header):header])
	return p, true
}

// blocks finds the SACK blocks among TCP options.
func blocks(options []byte) (found []Block) {
	const end, nop, sack = 0, 1, 5
	for len(options) > 0 && options[0] != end {
		if options[0] == nop {
			options = options[1:]
			continue
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			break
		}
		if options[0] == sack {
			for b := options[2:options[1]]; len(b) >= 8; b = b[8:] {
				found = append(found, Block{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])})
			}
		}
		options = options[options[1]:]
	}
	return found
}

// duplicate returns the range that p reports to have arrived twice: its first SACK block, if that lies below the
// acknowledgment or within the second block (RFC 2883 §4).
func (p *Packet) duplicate() (b Block, ok bool) {
	if len(p.SACK) == 0 {
		return b, false
	}
	b = p.SACK[0]
	if int32(b.Right-p.Ack) <= 0 {
		return b, true
	}
	if len(p.SACK) == 1 {
		return b, false
	}
	over := p.SACK[1]
	return b, int32(b.Left-over.Left) >= 0 && int32(b.Right-over.Right) <= 0
}

// takes is how much of the sequence space p takes: SYN and FIN count one each (RFC 9293 §3.4).
func (p *Packet) takes() int64 {
	n := int64(p.Len)
	if p.Flags&SYN != 0 {
		n++
	}
	if p.Flags&FIN != 0 {
		n++
	}
	return n
}

// flow names one direction of a connection.
type flow struct{ src, dst netip.AddrPort }

func (p *Packet) flow() flow { return flow{p.Src, p.Dst} }

// stream follows one direction of a connection through the 32-bit sequence space.
type stream struct {
	first uint32 // sequence number of the first packet
	next  int64  // offset after everything sent so far, from first
	begun bool
}

// place returns the offsets p takes and moves next behind them. again tells that some of them were taken before.
func (s *stream) place(p *Packet) (from, to int64, again bool) {
	if !s.begun {
		s.begun, s.first = true, p.Seq
	}
	from = s.next + int64(int32(p.Seq-s.first-uint32(s.next)))
	to = from + p.takes()
	again = to > from && from < s.next
	s.next = max(s.next, to)
	return from, to, again
}
