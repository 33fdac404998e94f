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
	Len      int    // payload bytes
	Data     []byte // from the IP header on

	Ordinal int    // 1-based, of the packets with payload, SYN or FIN that came from its side; 0 for others
	Again   bool   // some of what it carries had come in before
	Sender  Sender // what the sender's kernel was doing, valid iff Again
	Taken   int64  // what the receiver had taken of its stream, see Host.taken, valid iff Again
}

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
	return p, true
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
