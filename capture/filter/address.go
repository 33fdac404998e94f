package filter

import (
	"encoding/binary"

	"golang.org/x/net/bpf"

	"hanalyze"
)

// join joins the conditions on two fields as a direction says.
func (d direction) join(src, dst *condition) *condition {
	switch d {
	case srcOnly:
		return src
	case dstOnly:
		return dst
	case srcAndDst:
		return and(src, dst)
	}
	return or(src, dst)
}

// address4 tests the IPv4 addresses of IP, and those that ARP and RARP are about (RFC 826).
func (g *generator) address4(n *address4) *condition {
	in := func(t, src, dst uint32) *condition {
		field := func(offset uint32) *condition {
			return g.masked(g.at(g.layout.network+offset, 4), n.mask, n.addr)
		}
		return and(g.carries(n.span, t), n.dir.join(field(src), field(dst)))
	}
	switch n.proto {
	case ip:
		return in(typeIP, 12, 16)
	case arp:
		return in(typeARP, 14, 24)
	case rarp:
		return in(typeRARP, 14, 24)
	}
	if g.layout.family == mplsStack {
		return in(typeIP, 12, 16)
	}
	return or(in(typeIP, 12, 16), in(typeARP, 14, 24), in(typeRARP, 14, 24))
}

// address6 tests the addresses of an IPv6 header.
func (g *generator) address6(n *address6) *condition {
	field := func(offset uint32) *condition {
		out := always
		for i, mask := range n.mask {
			if mask != 0 {
				out = and(out, g.masked(g.at(g.layout.network+offset+uint32(4*i), 4), mask, n.addr[i]))
			}
		}
		return out
	}
	return and(g.carries(n.span, typeIP6), n.dir.join(field(8), field(24)))
}

// hardware tests Ethernet addresses.
func (g *generator) hardware(n *hardware) *condition {
	if !g.layout.macs {
		return g.fail(n.span, "there are no Ethernet addresses %s", g.place())
	}
	return g.guard(g.layout.framed, n.dir.join(g.mac(6, n.addr), g.mac(0, n.addr)))
}

// mac tests one address, the end of it first: the beginning is the maker's and often the same.
func (g *generator) mac(offset uint32, a [6]byte) *condition {
	low, high := binary.BigEndian.Uint32(a[2:]), binary.BigEndian.Uint16(a[:])
	return and(g.equals(g.headAt(offset+2, 4), low), g.equals(g.headAt(offset, 2), uint32(high)))
}

// place names what the layout is of, for errors.
func (g *generator) place() string {
	switch {
	case g.layout.family == mplsStack:
		return "after mpls"
	case g.layout.family == pppTypes && !g.isPPP():
		return "after pppoes"
	}
	return "in packets of link type " + g.link.String()
}

// isPPP reports whether packets are PPP from the start.
func (g *generator) isPPP() bool {
	return g.link == hanalyze.LinkPPP || g.link == hanalyze.LinkPPPHDLC || g.link == hanalyze.LinkPPPEther
}

// ports tests the ports of the first fragment of a datagram: the others have none. Extension headers of IPv6 hide them.
func (g *generator) ports(n *ports) *condition {
	var list []uint32
	for _, t := range []struct {
		one    transports
		number uint32
	}{{overSCTP, 132}, {overTCP, 6}, {overUDP, 17}} {
		if n.over&t.one != 0 {
			list = append(list, t.number)
		}
	}
	one := func(field *value) *condition {
		out := never
		for _, t := range list {
			out = or(out, g.equals(field, t))
		}
		return out
	}
	v6 := and(
		g.carries(n.span, typeIP6),
		one(g.at(g.layout.network+6, 1)),
		n.dir.join(g.inRange(g.at(g.layout.network+40, 2), n), g.inRange(g.at(g.layout.network+42, 2), n)),
	)
	v4 := and(
		g.carries(n.span, typeIP),
		one(g.at(g.layout.network+9, 1)),
		g.firstFragment(),
		n.dir.join(g.inRange(g.above4(0, 2), n), g.inRange(g.above4(2, 2), n)),
	)
	return or(v6, v4)
}

func (g *generator) inRange(port *value, n *ports) *condition {
	if n.lo == n.hi {
		return g.equals(port, n.lo)
	}
	lo, hi := g.values.constant(n.lo), g.values.constant(n.hi)
	return and(compare(greaterOrEqual, port, lo), not(compare(greater, port, hi)))
}

// firstFragment tests that the fragment offset of IPv4 is 0 (RFC 791 §3.1).
func (g *generator) firstFragment() *condition {
	return not(compare(anyBit, g.at(g.layout.network+6, 2), g.values.constant(0x1fff)))
}

// above4 returns bytes of what follows the IPv4 header.
func (g *generator) above4(offset uint32, size int) *value {
	return g.values.load(g.transportBase(), g.layout.network+offset, size)
}

// transportBase is what to add to offsets from the IPv4 header to have them from the one above it.
func (g *generator) transportBase() *value {
	header := g.values.header(g.layout.base, g.layout.network)
	if g.layout.base == nil {
		return header
	}
	return g.values.join(valAdd, g.layout.base, header)
}

// cast tests for packets to all or to many.
func (g *generator) cast(n *cast) *condition {
	dst4 := g.at(g.layout.network+16, 4)
	switch {
	case n.proto == ip && n.multi:
		first := g.at(g.layout.network+16, 1)
		return and(g.carries(n.span, typeIP), compare(greaterOrEqual, first, g.values.constant(224)))
	case n.proto == ip6:
		return and(g.carries(n.span, typeIP6), g.equals(g.at(g.layout.network+24, 1), 0xff))
	case n.proto == ip:
		hosts := ^g.options.Netmask
		return and(g.carries(n.span, typeIP), or(g.masked(dst4, hosts, 0), g.masked(dst4, hosts, hosts)))
	case !g.layout.macs:
		return g.fail(n.span, "there are no Ethernet addresses %s", g.place())
	case n.multi:
		return g.guard(g.layout.framed, compare(anyBit, g.headAt(0, 1), g.values.constant(1)))
	}
	return g.guard(g.layout.framed, g.mac(0, [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}))
}

// passage tests whether the capturing machine sent the packet (linux/if_packet.h: PACKET_OUTGOING is 4).
func (g *generator) passage(n *passage) *condition {
	const outgoing = 4
	var kind *value
	switch {
	case g.options.Kernel:
		kind = g.values.extension(uint32(bpf.ExtType))
	case g.link == hanalyze.LinkLinuxSLL:
		kind = g.values.load(nil, 0, 2)
	case g.link == hanalyze.LinkSLL2:
		kind = g.values.load(nil, 10, 1)
	default:
		return g.fail(n.span, "a file of link type %v does not tell which packets came in and which went out", g.link)
	}
	if n.out {
		return g.equals(kind, outgoing)
	}
	return not(g.equals(kind, outgoing))
}

// interfaceIndex tests the number of the interface.
func (g *generator) interfaceIndex(n *interfaceIndex) *condition {
	switch {
	case g.options.Kernel:
		return g.equals(g.values.extension(uint32(bpf.ExtInterfaceIndex)), n.value)
	case g.link == hanalyze.LinkSLL2:
		return g.equals(g.values.load(nil, 4, 4), n.value)
	}
	return g.fail(n.span, "a file of link type %v does not tell the number of the interface", g.link)
}

// llc tests for an LLC header: a length instead of a type, and no IPX right behind it.
func (g *generator) llc(n *llc) *condition {
	if g.layout.family != etherTypes {
		return g.fail(n.span, "there is no LLC header %s", g.place())
	}
	length := not(compare(greater, g.layout.typ, g.values.constant(maxLength)))
	header := and(length, not(g.bareIPX()))
	control := g.at(g.layout.payload+2, 1)
	switch n.kind {
	case "":
		return header
	case "i":
		return and(header, not(compare(anyBit, control, g.values.constant(1))))
	}
	t := llcTypes[n.kind]
	return and(header, g.masked(control, t.mask, t.value))
}
