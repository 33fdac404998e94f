package packet

import "encoding/binary"

// maxTunnels bounds tunnels in tunnels. Three are seen in clouds (a container's overlay in a machine's overlay in a mirror);
// a frame that is nothing but tunnels must not cost the stack.
const maxTunnels = 16

// tunnelKind tells tunnels apart in Packet.Tag, and says which UDP port was seen.
type tunnelKind uint8

const (
	noTunnel tunnelKind = iota
	kindIP
	kindGRE
	kindERSPAN
	kindEtherIP
	kindPPP
	kindPPPoE
	kindPBB
	kindVXLAN
	kindVXLANGPE
	kindGeneve
	kindGTP
	kindTeredo
	kindAYIYA
	kindL2TP
	kindGREinUDP
	kindMPLSinUDP
)

// enter notes a tunnel in the tag and reports whether it is not one too many. id is what both directions of the tunnel have
// in common, such as a VNI; identifiers that each end chooses for itself (GTP's TEIDs, GRE keys, L2TP sessions) would tear the
// two directions of a flow apart, and so would the outer addresses where paths are asymmetric.
func (f *frame) enter(kind tunnelKind, id uint32) bool {
	if f.depth == maxTunnels {
		return false
	}
	f.depth++
	if kind == noTunnel {
		return true
	}
	// The finalizer of splitmix64: a bijection, so tunnels that differ in one step never meet.
	x := f.p.Tag ^ uint64(kind)<<56 ^ uint64(id)<<24
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	f.p.Tag = x ^ x>>31
	return true
}

// bridged reads an Ethernet frame inside a tunnel.
func (f *frame) bridged(kind tunnelKind, id uint32) Reason {
	if !f.enter(kind, id) {
		return Tunnel
	}
	return f.ethernet()
}

// routed reads an IP packet inside a tunnel.
func (f *frame) routed(kind tunnelKind, id uint32) Reason {
	if !f.enter(kind, id) {
		return Tunnel
	}
	return f.ip()
}

// tunnel reads what an IP protocol number announces as a tunnel.
func (f *frame) tunnel(proto byte) Reason {
	switch proto {
	case protoIPIP, protoIPv6: // RFC 2003, RFC 2473, RFC 4213
		return f.routed(kindIP, 0)
	case protoGRE:
		return f.gre(kindGRE)
	case protoMPLS: // RFC 4023
		return f.mpls()
	case protoEtherIP: // RFC 3378: version 3 and twelve reserved bits
		if len(f.b) < 2 {
			return f.short(2)
		}
		f.skip(2)
		return f.bridged(kindEtherIP, 0)
	case protoEthernet: // RFC 8986 §4.9
		return f.carried(0)
	}
	return Tunnel
}

// The GRE header's flags: RFC 2784 §2.1, RFC 2890 §2, and RFC 2637 §4.1 for the acknowledgement of version 1.
const (
	greChecksum = 0x8000
	greRouting  = 0x4000 // RFC 1701 only: a source route, deprecated since 2000
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080
	greVersion  = 0x0007
)

// Protocol types that only GRE carries.
const (
	greERSPAN  = 0x88be // types I and II
	greERSPAN3 = 0x22eb
	greWCCP    = 0x883e
)

// gre reads a GRE header: version 0, or version 1 as PPTP has it.
func (f *frame) gre(kind tunnelKind) Reason {
	if len(f.b) < 4 {
		return f.short(4)
	}
	flags, etype := binary.BigEndian.Uint16(f.b), binary.BigEndian.Uint16(f.b[2:])
	if flags&greRouting != 0 || flags&greVersion > 1 || flags&greVersion == 1 && etype != etherPPP {
		return Tunnel
	}
	n := 4
	for _, field := range [...]uint16{greChecksum, greKey, greSequence} {
		if flags&field != 0 {
			n += 4
		}
	}
	if flags&greVersion == 1 && flags&greAck != 0 {
		n += 4
	}
	if len(f.b) < n {
		return f.short(n)
	}
	f.skip(n)
	if f.wire == 0 { // a keep-alive, or PPTP's acknowledgement
		return Tunnel
	}
	switch etype {
	case etherTEB:
		// NVGRE (RFC 7637) puts a subnet here that both directions share, but nothing tells it from a key, and mirrors
		// that use one key for each direction are common.
		return f.bridged(kind, 0)
	case greERSPAN:
		return f.erspan(flags&greSequence != 0)
	case greERSPAN3:
		return f.erspan3()
	}
	if !f.enter(kind, 0) {
		return Tunnel
	}
	if etype == greWCCP {
		return f.wccp()
	}
	r := f.etherType(etype)
	if r == NotIP && etype != etherMPLS && etype != etherVLAN {
		r = Tunnel
	}
	return r
}

// erspan reads a mirrored frame, draft-foschiano-erspan-03 §4: type I has no header of its own and no sequence number in
// GRE, type II has eight bytes.
func (f *frame) erspan(numbered bool) Reason {
	if numbered {
		if len(f.b) < 8 {
			return f.short(8)
		}
		f.skip(8)
	}
	return f.bridged(kindERSPAN, 0)
}

// erspan3 reads a mirrored frame of type III: twelve bytes, and eight more where the last bit says so.
func (f *frame) erspan3() Reason {
	n := 12
	if len(f.b) >= n && f.b[11]&1 != 0 {
		n += 8
	}
	if len(f.b) < n {
		return f.short(n)
	}
	f.skip(n)
	return f.bridged(kindERSPAN, 0)
}

// wccp reads a redirected IPv4 packet, draft-wilson-wrec-wccp-v2-01 §4.12: version 2 puts four bytes ahead of it.
func (f *frame) wccp() Reason {
	if len(f.b) < 5 {
		return f.short(5)
	}
	if f.b[0]>>4 != 4 {
		f.skip(4)
	}
	return f.ipv4()
}

// mpls reads a label stack, RFC 3032 §2.1. It does not say what it carries: the first nibble does (RFC 4928 §3), 0 for the
// control word of a pseudo-wire (RFC 4385 §3). Labels are chosen per direction and removed one hop early, so that a mirror may
// see one direction bare: they are no part of the tag.
func (f *frame) mpls() Reason {
	for range maxNesting {
		if len(f.b) < 4 {
			return f.short(4)
		}
		bottom := f.b[2]&1 != 0
		f.skip(4)
		if !bottom {
			continue
		}
		if len(f.b) == 0 {
			return f.short(1)
		}
		switch {
		case f.looksIP() || f.b[0]>>4 == 4 || f.b[0]>>4 == 6 && len(f.b) < 40:
			if !f.enter(noTunnel, 0) {
				return Tunnel
			}
			return f.ip()
		case f.b[0]>>4 == 1: // RFC 4385 §5: an associated channel, which carries no user traffic
			return NotIP
		case f.b[0]>>4 == 0 && !f.looksEthernet():
			return f.carried(4)
		}
		return f.carried(0)
	}
	return MalformedHeaders
}

// looksEthernet reports whether the next bytes are an Ethernet header with an EtherType of IP or a tag: a pseudo-wire without
// a control word, whose first address begins with the zero nibble that a control word would have.
func (f *frame) looksEthernet() bool {
	if len(f.b) < 14 {
		return false
	}
	switch binary.BigEndian.Uint16(f.b[12:]) {
	case etherIPv4, etherIPv6, etherVLAN, etherQinQ:
		return true
	}
	return false
}

// looksIP reports whether the next bytes are an IP header whose lengths fit what is there.
func (f *frame) looksIP() bool {
	switch b := f.b; {
	case len(b) >= 20 && b[0]>>4 == 4:
		head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		return head >= 20 && head <= total && total <= f.wire
	case len(b) >= 40 && b[0]>>4 == 6:
		return 40+int(binary.BigEndian.Uint16(b[4:])) <= f.wire
	}
	return false
}

// looksBridgedIP reports whether the next bytes are an Ethernet header without tags and an IP header that fits.
func (f *frame) looksBridgedIP() bool {
	if len(f.b) < 14 {
		return false
	}
	ip := frame{b: f.b[14:], wire: f.wire - 14}
	switch binary.BigEndian.Uint16(f.b[12:]) {
	case etherIPv4:
		return ip.looksIP() && ip.b[0]>>4 == 4
	case etherIPv6:
		return ip.looksIP() && ip.b[0]>>4 == 6
	}
	return false
}

// pppoe reads a PPPoE session header, RFC 2516 §4. Both ends use the same session identifier.
func (f *frame) pppoe() Reason {
	if len(f.b) < 6 {
		return f.short(6)
	}
	if f.b[0] != 0x11 || f.b[1] != 0 {
		return MalformedHeaders
	}
	session, length := binary.BigEndian.Uint16(f.b[2:]), binary.BigEndian.Uint16(f.b[4:])
	f.skip(6)
	f.limit(int(length))
	if !f.enter(kindPPPoE, uint32(session)) {
		return Tunnel
	}
	return f.ppp()
}

// PPP protocol numbers, https://www.iana.org/assignments/ppp-numbers.
const (
	pppIPv4      = 0x0021
	pppMultilink = 0x003d
	pppIPv6      = 0x0057
	pppMPLS      = 0x0281
	pppMPLSMC    = 0x0283
)

// ppp reads a PPP frame, RFC 1661 §2: address and control may be left out (RFC 1662 §3.2), and so may the first byte of the
// protocol if it is zero (RFC 1661 §6.5).
func (f *frame) ppp() Reason {
	if len(f.b) >= 2 && f.b[0] == 0xff && f.b[1] == 3 {
		f.skip(2)
	}
	proto, r := f.pppProtocol()
	if r == OK && proto == pppMultilink {
		// RFC 1990 §3: four bytes, of which the first two bits say whether the packet begins and ends here.
		if len(f.b) < 4 {
			return f.short(4)
		}
		if f.b[0]&0xc0 != 0xc0 {
			return OpaqueLink
		}
		f.skip(4)
		proto, r = f.pppProtocol()
	}
	if r != OK {
		return r
	}
	switch proto {
	case pppIPv4:
		return f.ipv4()
	case pppIPv6:
		return f.ipv6()
	case pppMPLS, pppMPLSMC:
		return f.mpls()
	}
	return NotIP
}

func (f *frame) pppProtocol() (uint16, Reason) {
	if len(f.b) == 0 {
		return 0, f.short(1)
	}
	proto, n := uint16(f.b[0]), 1
	if proto&1 == 0 {
		if len(f.b) < 2 {
			return 0, f.short(2)
		}
		proto, n = binary.BigEndian.Uint16(f.b), 2
	}
	f.skip(n)
	return proto, OK
}

// nsh reads a network service header, RFC 8300 §2.2: its length in words is in the second byte, what follows in the fourth.
func (f *frame) nsh() Reason {
	if len(f.b) < 8 {
		return f.short(8)
	}
	n, next := int(f.b[1]&63)*4, f.b[3]
	if n < 8 {
		return MalformedHeaders
	}
	if len(f.b) < n {
		return f.short(n)
	}
	if !f.enter(noTunnel, 0) {
		return Tunnel
	}
	f.skip(n)
	return f.nextProtocol(next)
}

// nextProtocol reads what NSH (RFC 8300 §11.2.5) and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe-12 §3.2) number alike.
func (f *frame) nextProtocol(next byte) Reason {
	switch next {
	case 1:
		return f.ipv4()
	case 2:
		return f.ipv6()
	case 3:
		return f.ethernet()
	case 4:
		return f.nsh()
	case 5:
		return f.mpls()
	}
	return Tunnel
}
