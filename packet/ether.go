package packet

import "encoding/binary"

// EtherTypes, https://www.iana.org/assignments/ieee-802-numbers.
const (
	etherIPv4    = 0x0800
	etherTRILL   = 0x22f3
	etherTEB     = 0x6558 // transparent Ethernet bridging
	etherVLAN    = 0x8100
	etherIPv6    = 0x86dd
	etherPPP     = 0x880b
	etherMPLS    = 0x8847
	etherMPLSMC  = 0x8848
	etherPPPoE   = 0x8864
	etherQinQ    = 0x88a8
	etherPBB     = 0x88e7
	etherFabric  = 0x8903 // Cisco FabricPath
	etherVNTag   = 0x8926
	etherETag    = 0x893f
	etherNSH     = 0x894f
	etherQinQ1   = 0x9100 // before 802.1ad had a number
	etherMinimum = 1536   // below it the field is an 802.3 length
)

func (f *frame) ethernet() Reason {
	if len(f.b) < 14 {
		return f.short(14)
	}
	etype := binary.BigEndian.Uint16(f.b[12:])
	f.skip(14)
	return f.etherType(etype)
}

// etherType reads what follows an EtherType. Tags that only say how a fabric carries the frame (VN-Tag, E-Tag, FabricPath,
// TRILL, MPLS) differ between the two directions of a flow, so they are no part of Packet.Tag.
func (f *frame) etherType(etype uint16) Reason {
	for range maxNesting {
		n := 4
		switch etype {
		case etherIPv4:
			return f.ipv4()
		case etherIPv6:
			return f.ipv6()
		case etherVLAN, etherQinQ, etherQinQ1:
			if len(f.b) < 4 {
				return f.short(4)
			}
			// The top bit of each 13 tells VLAN 0 (priority only) from no tag at all.
			vid := uint64(binary.BigEndian.Uint16(f.b) & 0xfff)
			f.p.Tag = f.p.Tag<<13 | 1<<12 | vid
		case etherVNTag:
			n = 6
		case etherETag: // IEEE 802.1BR
			n = 8
		case etherMPLS, etherMPLSMC:
			return f.mpls()
		case etherPPPoE:
			return f.pppoe()
		case etherPPP:
			return f.ppp()
		case etherPBB:
			return f.backbone()
		case etherTEB:
			return f.bridged(kindGRE, 0)
		case etherFabric:
			return f.carried(2)
		case etherTRILL:
			return f.trill()
		case etherNSH:
			return f.nsh()
		default:
			if etype >= etherMinimum {
				return NotIP
			}
			f.limit(int(etype))
			return f.llc()
		}
		if len(f.b) < n {
			return f.short(n)
		}
		etype = binary.BigEndian.Uint16(f.b[n-2:])
		f.skip(n)
	}
	return MalformedHeaders
}

// llc reads an LLC header, ISO/IEC 8802-2: SNAP (RFC 1042, and the bridge-tunnel OUI of 802.1H) carries an EtherType.
func (f *frame) llc() Reason {
	if len(f.b) < 3 {
		return f.short(3)
	}
	switch [3]byte(f.b) {
	case [3]byte{6, 6, 3}: // the SAP of IP itself
		f.skip(3)
		return f.ip()
	case [3]byte{0xaa, 0xaa, 3}:
	default:
		return NotIP
	}
	if len(f.b) < 8 {
		return f.short(8)
	}
	oui, etype := [3]byte(f.b[3:]), binary.BigEndian.Uint16(f.b[6:])
	if oui != [3]byte{} && oui != [3]byte{0, 0, 0xf8} || etype < etherMinimum {
		return NotIP
	}
	f.skip(8)
	return f.etherType(etype)
}

// carried reads an Ethernet frame that a fabric carries behind n bytes of its own.
func (f *frame) carried(n int) Reason {
	if len(f.b) < n {
		return f.short(n)
	}
	if !f.enter(noTunnel, 0) {
		return Tunnel
	}
	f.skip(n)
	return f.ethernet()
}

// trill reads a TRILL header, RFC 6325 §3.2: six bytes and options in words of four.
func (f *frame) trill() Reason {
	if len(f.b) < 2 {
		return f.short(2)
	}
	words := int(binary.BigEndian.Uint16(f.b) >> 6 & 31)
	return f.carried(6 + 4*words)
}

// backbone reads the I-TAG of a provider backbone bridge, IEEE 802.1ah: flags, a service identifier of 24 bits and the
// customer's frame.
func (f *frame) backbone() Reason {
	if len(f.b) < 4 {
		return f.short(4)
	}
	service := binary.BigEndian.Uint32(f.b) & 0xffffff
	f.skip(4)
	return f.bridged(kindPBB, service)
}
