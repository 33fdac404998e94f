package packet

import "net/netip"

// Fragment says which part of a datagram a packet carries. The addresses are in Packet.Src and Packet.Dst, the bytes in
// Packet.Payload.
type Fragment struct {
	ID     uint32 // identification: 16 bits in IPv4, 32 in IPv6
	Offset uint16 // in bytes, a multiple of 8
	More   bool   // not the last fragment
	Proto  uint8  // IP protocol of the whole; for IPv6 the header after the fragment header

	depth uint8 // tunnels around it
}

// fragment fills the packet for a Defragmenter with what is left of the frame.
func (f *frame) fragment(src, dst netip.Addr, g Fragment) Reason {
	if f.quoted {
		// Only the first fragment has ports. enter bounds fragments that are said to be in fragments.
		if g.Offset != 0 || !f.enter(noTunnel, 0) {
			return ICMP
		}
		return f.transport(g.Proto, src, dst)
	}
	g.depth = f.depth
	p := f.p
	p.Src, p.Dst = netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0)
	p.Transport = 0 // set by an outer datagram, if this is inside a UDP tunnel
	p.Fragment = g
	p.Payload, p.PayloadLen = f.b, f.wire
	return IPFragment
}
