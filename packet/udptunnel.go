package packet

import "encoding/binary"

// udpTunnelOf names the tunnel that one of the ports is registered for. It is a hint: udpTunnel looks at the bytes.
func udpTunnelOf(src, dst uint16) tunnelKind {
	if k := udpTunnelPort(dst); k != noTunnel {
		return k
	}
	return udpTunnelPort(src)
}

// https://www.iana.org/assignments/service-names-port-numbers; 8472 is what Linux used for VXLAN before it had a port.
func udpTunnelPort(port uint16) tunnelKind {
	switch port {
	case 1701:
		return kindL2TP
	case 2152:
		return kindGTP
	case 3544:
		return kindTeredo
	case 4754:
		return kindGREinUDP
	case 4789, 8472:
		return kindVXLAN
	case 4790:
		return kindVXLANGPE
	case 5072:
		return kindAYIYA
	case 6081:
		return kindGeneve
	case 6635:
		return kindMPLSinUDP
	}
	return noTunnel
}

// udpTunnel looks for a tunnel in a UDP payload. Any program may use these ports, so the tunnel's header must be as its
// specification wants it and the packet inside must fit; otherwise, and for the tunnel's own signalling, the outer datagram is
// plain UDP: f.p is left as it was and OK returned.
func (f *frame) udpTunnel(kind tunnelKind) Reason {
	outer, inner := *f.p, *f
	r := MalformedHeaders
	switch kind {
	case kindL2TP:
		r = inner.l2tp()
	case kindGTP:
		r = inner.gtp()
	case kindTeredo:
		r = inner.teredo()
	case kindGREinUDP:
		r = inner.greInUDP()
	case kindVXLAN:
		r = inner.vxlan()
	case kindVXLANGPE:
		r = inner.vxlanGPE()
	case kindAYIYA:
		r = inner.ayiya()
	case kindGeneve:
		r = inner.geneve()
	case kindMPLSinUDP:
		r = inner.mplsInUDP()
	}
	if r == MalformedHeaders || r == plainUDP {
		*f.p = outer
		return OK
	}
	return r
}

// plainUDP is what the readers below return for bytes that are not their tunnel.
const plainUDP = NumReasons

// inside reads an IP packet in a UDP tunnel if it is plausible.
func (f *frame) inside(kind tunnelKind, id uint32) Reason {
	if !f.looksIP() {
		return plainUDP
	}
	return f.routed(kind, id)
}

// vxlan reads a VXLAN header, RFC 7348 §5, with the group policy bits of draft-smith-vxlan-group-policy-05 §2.1. One that
// says it has a next protocol is of VXLAN-GPE, on the older port. Reserved bits are to be ignored, but where some are set the
// IP packet inside has to vouch for the header.
func (f *frame) vxlan() Reason {
	if len(f.b) < 8+14 {
		return plainUDP
	}
	const nextProtocol, vniValid, groupPolicy = 0x04, 0x08, 0x80
	flags, vni := f.b[0], binary.BigEndian.Uint32(f.b[4:])
	if flags == vniValid|nextProtocol {
		return f.vxlanGPE()
	}
	if flags&vniValid == 0 {
		return plainUDP
	}
	odd := flags&^groupPolicy != vniValid || vni&0xff != 0 || flags&groupPolicy == 0 && [3]byte(f.b[1:]) != [3]byte{}
	f.skip(8)
	if odd && !f.looksBridgedIP() {
		return plainUDP
	}
	return f.bridged(kindVXLAN, vni>>8)
}

// vxlanGPE reads draft-ietf-nvo3-vxlan-gpe-12 §3.1: like VXLAN, with a next protocol. Bits: version 2, I, P, B, O.
func (f *frame) vxlanGPE() Reason {
	if len(f.b) < 8 {
		return plainUDP
	}
	flags, next, vni := f.b[0], f.b[3], binary.BigEndian.Uint32(f.b[4:])
	if flags&0xc8 != 0x08 || [2]byte(f.b[1:]) != [2]byte{} || vni&0xff != 0 {
		return plainUDP
	}
	if flags&0x04 == 0 { // no next protocol: Ethernet
		next = 3
	}
	if next == 0 || next > 5 {
		return plainUDP
	}
	f.skip(8)
	if !f.enter(kindVXLANGPE, vni>>8) {
		return Tunnel
	}
	return f.nextProtocol(next)
}

// geneve reads a Geneve header, RFC 8926 §3.4: version 0, options in words of four. Reserved bits are as those of VXLAN.
func (f *frame) geneve() Reason {
	if len(f.b) < 8 {
		return plainUDP
	}
	n, etype, vni := 8+int(f.b[0]&63)*4, binary.BigEndian.Uint16(f.b[2:]), binary.BigEndian.Uint32(f.b[4:])
	if f.b[0]>>6 != 0 || len(f.b) < n {
		return plainUDP
	}
	odd := f.b[1]&63 != 0 || vni&0xff != 0
	f.skip(n)
	switch etype {
	case etherTEB:
		if odd && !f.looksBridgedIP() {
			return plainUDP
		}
		return f.bridged(kindGeneve, vni>>8)
	case etherIPv4, etherIPv6:
		return f.inside(kindGeneve, vni>>8)
	}
	return plainUDP
}

// gtp reads a GTP-U header of version 1, 3GPP TS 29.281 §5.1, and its extension headers, §5.2.1. Only message type 255, the
// G-PDU, carries a user's packet.
func (f *frame) gtp() Reason {
	if len(f.b) < 12 {
		return plainUDP
	}
	const version1, userPacket, anyOptional, extended = 0x30, 255, 7, 4
	flags, length := f.b[0], int(binary.BigEndian.Uint16(f.b[2:]))
	if flags&0xf0 != version1 || f.b[1] != userPacket || length > f.wire-8 {
		return plainUDP
	}
	next := byte(0)
	if flags&extended != 0 {
		next = f.b[11]
	}
	f.skip(8)
	f.limit(length)
	if flags&anyOptional != 0 {
		if len(f.b) < 4 {
			return plainUDP
		}
		f.skip(4)
	}
	for range maxNesting {
		if next == 0 {
			return f.inside(kindGTP, 0)
		}
		// The length counts words of four, the last byte is the type of the next header.
		if len(f.b) == 0 || f.b[0] == 0 || len(f.b) < int(f.b[0])*4 {
			return plainUDP
		}
		n := int(f.b[0]) * 4
		next = f.b[n-1]
		f.skip(n)
	}
	return plainUDP
}

// teredo reads RFC 4380 §5.1.1: an authentication header and an origin indication may precede the IPv6 packet.
func (f *frame) teredo() Reason {
	if len(f.b) >= 4 && f.b[0] == 0 && f.b[1] == 1 {
		// Client identifier and authentication value of the lengths given, a nonce of 8 bytes, a confirmation byte.
		n := 4 + int(f.b[2]) + int(f.b[3]) + 9
		if len(f.b) < n {
			return plainUDP
		}
		f.skip(n)
	}
	if len(f.b) >= 8 && f.b[0] == 0 && f.b[1] == 0 {
		f.skip(8)
	}
	if len(f.b) == 0 || f.b[0]>>4 != 6 {
		return plainUDP
	}
	return f.inside(kindTeredo, 0)
}

// ayiya reads draft-massar-v6ops-ayiya-02 §3: the identity's length is a power of two, the signature's counts words of four.
func (f *frame) ayiya() Reason {
	if len(f.b) < 8 {
		return plainUDP
	}
	const forward = 1
	n := 8 + 1<<(f.b[0]>>4) + int(f.b[1]>>4)*4
	next := f.b[3]
	if f.b[2]&15 != forward || next != protoIPIP && next != protoIPv6 || len(f.b) < n {
		return plainUDP
	}
	f.skip(n)
	return f.inside(kindAYIYA, 0)
}

// l2tp reads an L2TPv2 data message, RFC 2661 §3.1.
func (f *frame) l2tp() Reason {
	const control, hasLength, hasSequence, hasOffset = 0x8000, 0x4000, 0x0800, 0x0200
	if len(f.b) < 6 {
		return plainUDP
	}
	flags, n := binary.BigEndian.Uint16(f.b), 6
	if flags&control != 0 || flags&15 != 2 || flags&0x34f0 != 0 {
		return plainUDP
	}
	if flags&hasLength != 0 {
		length := int(binary.BigEndian.Uint16(f.b[2:]))
		if length > f.wire {
			return plainUDP
		}
		f.limit(length)
		n += 2
	}
	if flags&hasSequence != 0 {
		n += 4
	}
	if flags&hasOffset != 0 {
		if len(f.b) < n+2 {
			return plainUDP
		}
		n += 2 + int(binary.BigEndian.Uint16(f.b[n:]))
	}
	if len(f.b) < n {
		return plainUDP
	}
	f.skip(n)
	if !f.enter(kindL2TP, 0) {
		return Tunnel
	}
	r := f.ppp()
	if r == NotIP { // the link's own negotiation, or not L2TP at all
		return plainUDP
	}
	return r
}

// greInUDP reads RFC 8086 §3: a GRE header of version 0 whose reserved bits are zero.
func (f *frame) greInUDP() Reason {
	if len(f.b) < 4 || binary.BigEndian.Uint16(f.b)&0x4fff != 0 {
		return plainUDP
	}
	return f.unlessForeign(f.gre(kindGREinUDP))
}

// mplsInUDP reads RFC 7510 §3.
func (f *frame) mplsInUDP() Reason {
	return f.unlessForeign(f.mpls())
}

// unlessForeign turns what cannot be told from another program's bytes into plain UDP.
func (f *frame) unlessForeign(r Reason) Reason {
	switch r {
	case NotIP, Tunnel, OtherTransport:
		return plainUDP
	}
	return r
}
