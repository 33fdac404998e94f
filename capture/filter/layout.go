package filter

import (
	"golang.org/x/net/bpf"

	"hanalyze"
)

// family is a way to tell what a link layer carries.
type family uint8

const (
	noFamily   family = iota // a link type that only link[…] and len are known of
	etherTypes               // an EtherType or, up to maxLength, the length of an 802.3 frame
	cookedV1                 // the same, but small numbers mean frames without a type
	plainTypes               // an EtherType without any such exceptions
	pppTypes                 // a PPP protocol number
	bsdFamily                // an address family, see loopback
	rawIP                    // nothing but IP: the version tells
	rawIP4                   // nothing but IPv4
	rawIP6                   // nothing but IPv6
	mplsStack                // labels, then IP: the version tells
)

// layout is where things are in a packet. It changes while an expression is read: what follows vlan is about the inside of
// a VLAN frame.
type layout struct {
	family  family
	base    *value // added to all offsets; nil: 0
	typ     *value // the field that tells what the link layer carries; nil: there is none
	head    uint32 // the link-layer header
	payload uint32 // what follows it: an LLC header, MPLS labels, or the network layer
	network uint32 // the network-layer header
	osi     uint32 // from the payload to an OSI network-layer header
	headed  bool   // there is a link-layer header to look at
	macs    bool   // it begins with two Ethernet addresses

	headBase *value     // added to head instead of base
	framed   *condition // what must hold for there to be a link-layer header; nil: nothing
}

// headAt returns size bytes of the link-layer header.
func (g *generator) headAt(offset uint32, size int) *value {
	return g.values.load(g.layout.headBase, g.layout.head+offset, size)
}

// at returns size bytes at an offset of the layout.
func (g *generator) at(offset uint32, size int) *value {
	return g.values.load(g.layout.base, offset, size)
}

// start sets the layout that packets of a link type begin with.
func (g *generator) start(link hanalyze.LinkType, o Options) {
	l := &g.layout
	*l = layout{headed: true}
	set := func(f family, typ, size, payload int) {
		l.family, l.payload, l.network = f, uint32(payload), uint32(payload)
		if size > 0 {
			l.typ = g.values.load(nil, uint32(typ), size)
		}
	}
	switch link {
	case hanalyze.LinkEthernet:
		set(etherTypes, 12, 2, 14)
		l.macs, l.osi = true, 3
	case hanalyze.LinkLinuxSLL:
		set(cookedV1, 14, 2, 16)
	case hanalyze.LinkSLL2:
		set(plainTypes, 0, 2, 20)
		if o.Kernel && o.Cooked {
			set(plainTypes, 0, 0, 0)
			l.typ, l.headed = g.values.extension(uint32(bpf.ExtProto)), false
		}
	case hanalyze.LinkNull, hanalyze.LinkLoop:
		set(bsdFamily, 0, 4, 4)
	case hanalyze.LinkPPP, hanalyze.LinkPPPHDLC:
		set(pppTypes, 2, 2, 4)
	case hanalyze.LinkPPPEther:
		set(pppTypes, 6, 2, 8)
	case hanalyze.LinkCHDLC:
		set(plainTypes, 2, 2, 4)
	case hanalyze.LinkRaw, hanalyze.LinkRaw12, hanalyze.LinkRaw14:
		set(rawIP, 0, 0, 0)
	case hanalyze.LinkIPv4:
		set(rawIP4, 0, 0, 0)
	case hanalyze.LinkIPv6:
		set(rawIP6, 0, 0, 0)
	}
}

// typeIs tests the field that tells what the link layer carries.
func (g *generator) typeIs(n uint32) *condition { return g.equals(g.layout.typ, n) }

func (g *generator) equals(v *value, n uint32) *condition {
	return compare(equal, v, g.values.constant(n))
}

// masked tests some bits of a value.
func (g *generator) masked(v *value, mask, n uint32) *condition {
	return g.equals(g.mask(v, mask), n)
}

func (g *generator) mask(v *value, mask uint32) *value {
	if mask == ^uint32(0) {
		return v
	}
	return g.values.join(valAnd, v, g.values.constant(mask))
}

// carries tests that the link layer carries a protocol, given by its EtherType or, up to maxLength, its LLC service access
// point.
func (g *generator) carries(at span, t uint32) *condition {
	switch g.layout.family {
	case etherTypes:
		return g.carriesEther(t)
	case cookedV1:
		return g.carriesCooked(t)
	case plainTypes:
		if t == sapISO {
			t = sapISO<<8 | sapISO
		}
		return g.typeIs(t)
	case pppTypes:
		return g.typeIs(pppType(t))
	case bsdFamily:
		return g.carriesLoopback(t)
	case rawIP:
		return g.version(t, g.at(g.layout.network, 1))
	case rawIP4:
		return truth(t == typeIP)
	case rawIP6:
		return truth(t == typeIP6)
	case mplsStack:
		if t != typeIP && t != typeIP6 {
			return g.fail(at, "after mpls there is only IP: other protocols have no number there")
		}
		bottom := g.masked(g.at(g.layout.network-2, 1), 1, 1)
		return and(bottom, g.version(t, g.at(g.layout.network, 1)))
	}
	return g.fail(at, "filters on protocols are not supported for link type %v", g.link)
}

// version tests the first nibble of an IP header.
func (g *generator) version(t uint32, first *value) *condition {
	switch t {
	case typeIP:
		return g.masked(first, 0xf0, 0x40)
	case typeIP6:
		return g.masked(first, 0xf0, 0x60)
	}
	return never
}

// carriesEther is carries for Ethernet: types above maxLength, else a length and an LLC header (IEEE 802.2, and RFC 1042 for
// SNAP).
func (g *generator) carriesEther(t uint32) *condition {
	length := not(compare(greater, g.layout.typ, g.values.constant(maxLength)))
	switch t {
	case typeAtalk:
		return or(g.typeIs(t), and(length, g.snap(0x080007, t)))
	case typeAARP:
		return or(g.typeIs(t), and(length, g.snap(0, t)))
	case typeIPX, sapIPX:
		return or(g.typeIs(typeIPX), and(length, or(g.snap(0, typeIPX), g.service(sapIPX), g.bareIPX())))
	case sapIP, sapISO, sapNetBEUI:
		return and(length, g.equals(g.at(g.layout.payload, 2), t<<8|t))
	}
	if t <= maxLength {
		return and(length, g.service(t))
	}
	return g.typeIs(t)
}

// carriesCooked is carries for Linux cooked captures, where type 4 is an LLC header, and 1 an IPX packet without one
// (linux/if_ether.h: ETH_P_802_2, ETH_P_802_3).
func (g *generator) carriesCooked(t uint32) *condition {
	framed := g.typeIs(4)
	switch t {
	case typeAtalk:
		return or(g.typeIs(t), and(framed, g.snap(0x080007, t)))
	case typeAARP:
		return or(g.typeIs(t), and(framed, g.snap(0, t)))
	case typeIPX, sapIPX:
		return or(g.typeIs(typeIPX), g.typeIs(1), and(framed, or(g.service(sapIPX), g.snap(0, typeIPX))))
	case sapIP, sapISO, sapNetBEUI:
		return and(framed, g.equals(g.at(g.layout.payload, 2), t<<8|t))
	}
	if t <= maxLength {
		return and(framed, g.service(t))
	}
	return g.typeIs(t)
}

// service tests the destination service access point of an LLC header.
func (g *generator) service(sap uint32) *condition { return g.equals(g.at(g.layout.payload, 1), sap) }

// bareIPX tests for IPX that follows the length directly: its checksum, which is never computed, is where an LLC header
// would be.
func (g *generator) bareIPX() *condition { return g.equals(g.at(g.layout.payload, 2), 0xffff) }

// snap tests for an LLC header with SNAP, an organization and a type.
func (g *generator) snap(oui, t uint32) *condition {
	const head = 0xaaaa03 << 8 // both service access points, unnumbered information; then three bytes and two
	return and(g.equals(g.at(g.layout.payload+4, 4), oui<<16|t), g.equals(g.at(g.layout.payload, 4), head|oui>>16))
}

// pppType returns the PPP protocol number (IANA) of an EtherType. What has none is compared as it is.
func pppType(t uint32) uint32 {
	switch t {
	case typeIP:
		return 0x21
	case typeIP6:
		return 0x57
	case 0x6003: // DECnet
		return 0x27
	case typeAtalk:
		return 0x29
	case sapISO:
		return 0x23
	case sapSTP:
		return 0x31
	case typeIPX, sapIPX:
		return 0x2b
	case typeMPLS:
		return 0x281
	}
	return t
}

// carriesLoopback is carries for BSD loopback: a family in the byte order of the machine that captured, or for OpenBSD's in
// that of the network. IPv6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD and 30 on macOS.
func (g *generator) carriesLoopback(t uint32) *condition {
	families := []uint32{2}
	switch t {
	case typeIP:
	case typeIP6:
		families = []uint32{30, 24, 28}
	default:
		return never
	}
	out := never
	for _, f := range families {
		if g.link == hanalyze.LinkLoop {
			out = or(out, g.typeIs(f))
		} else {
			out = or(out, g.typeIs(f<<24), g.typeIs(f))
		}
	}
	return out
}
