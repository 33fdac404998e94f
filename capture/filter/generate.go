package filter

import (
	"golang.org/x/net/bpf"

	"hanalyze"
)

// generator makes conditions of a syntax tree. What vlan, mpls, pppoes and geneve change holds for everything to their right,
// whether joined by and, or or not: so libpcap has it.
type generator struct {
	text    string
	link    hanalyze.LinkType
	options Options
	values  values
	layout  layout
	inside  *condition // what must hold for the layout to be true, after geneve; nil: nothing
	hidden  bool       // the outermost VLAN tag is not in the packet, and no vlan has asked for it yet
	err     *Error     // the first one
}

func newGenerator(text string, link hanalyze.LinkType, o Options) *generator {
	return &generator{text: text, link: link, options: o, values: values{}}
}

// program returns the condition for a whole expression; nil is the empty one.
func (g *generator) program(root node) *condition {
	if root == nil {
		return always
	}
	g.start(g.link, g.options)
	inline := g.condition(root)
	if !g.options.Kernel || !mentions(root, "vlan") || g.err != nil {
		return inline
	}
	// Of most network cards the kernel gets the outermost VLAN tag beside the packet, which begins as if it had none.
	g.start(g.link, g.options)
	g.inside, g.hidden = nil, true
	beside := g.condition(root)
	tagged := g.equals(g.values.extension(uint32(bpf.ExtVLANTagPresent)), 1)
	return or(and(tagged, beside), and(not(tagged), inline))
}

// mentions reports whether an encapsulation is in the tree.
func mentions(n node, kind string) bool {
	switch n := n.(type) {
	case *logic:
		return mentions(n.x, kind) || mentions(n.y, kind)
	case *negation:
		return mentions(n.x, kind)
	case *encapsulation:
		return n.kind == kind
	}
	return false
}

// fail notes what is wrong. What it returns is never used.
func (g *generator) fail(at span, format string, args ...any) *condition {
	if g.err == nil {
		g.err = newError(g.text, at, format, args...)
	}
	return never
}

// condition makes a condition of a node.
func (g *generator) condition(n node) *condition {
	switch n := n.(type) {
	case *logic:
		x := g.condition(n.x)
		y := g.condition(n.y)
		if n.or {
			return or(x, y)
		}
		return and(x, y)
	case *negation:
		return not(g.condition(n.x))
	case *encapsulation:
		return g.guard(g.inside, g.encapsulation(n))
	}
	return g.guard(g.inside, g.primitive(n))
}

// guard returns the condition that c holds where it makes sense to ask.
func (g *generator) guard(inside, c *condition) *condition {
	if inside == nil {
		return c
	}
	return and(inside, c)
}

// primitive makes a condition of a node that does not change the layout.
func (g *generator) primitive(n node) *condition {
	switch n := n.(type) {
	case *relation:
		return g.relation(n)
	case *protocol:
		return g.protocol(n.span, n.proto)
	case *number:
		return g.number(n)
	case *address4:
		return g.address4(n)
	case *address6:
		return g.address6(n)
	case *hardware:
		return g.hardware(n)
	case *ports:
		return g.ports(n)
	case *cast:
		return g.cast(n)
	case *passage:
		return g.passage(n)
	case *interfaceIndex:
		return g.interfaceIndex(n)
	case *discovery:
		return g.carries(n.span, typePPPoED)
	case *llc:
		return g.llc(n)
	}
	return g.fail(n.where(), "not supported")
}

// protocol tests for a protocol by its name.
func (g *generator) protocol(at span, p proto) *condition {
	switch p {
	case ip:
		return g.carries(at, typeIP)
	case ip6:
		return g.carries(at, typeIP6)
	case arp:
		return g.carries(at, typeARP)
	case rarp:
		return g.carries(at, typeRARP)
	case tcp:
		return g.transport(at, 6)
	case udp:
		return g.transport(at, 17)
	case sctp:
		return g.transport(at, 132)
	case pim:
		return g.transport(at, 103)
	case ah:
		return g.transport(at, 51)
	case esp:
		return g.transport(at, 50)
	case icmp:
		return g.transport4(at, 1)
	case igmp:
		return g.transport4(at, 2)
	case igrp:
		return g.transport4(at, 9)
	case vrrp, carp:
		return g.transport4(at, 112)
	case icmp6:
		return g.transport6(at, 58)
	}
	return g.oldProtocol(at, p)
}

// oldProtocol is protocol for what is not IP.
func (g *generator) oldProtocol(at span, p proto) *condition {
	switch p {
	case atalk:
		return g.carries(at, typeAtalk)
	case aarp:
		return g.carries(at, typeAARP)
	case decnet:
		return g.carries(at, 0x6003)
	case lat:
		return g.carries(at, 0x6004)
	case sca:
		return g.carries(at, 0x6007)
	case mopdl:
		return g.carries(at, 0x6001)
	case moprc:
		return g.carries(at, 0x6002)
	case stp:
		return g.carries(at, sapSTP)
	case ipx:
		return g.carries(at, sapIPX)
	case netbeui:
		return g.carries(at, sapNetBEUI)
	case iso:
		return g.carries(at, sapISO)
	case clnp:
		return g.osi(at, isoProtocols["clnp"])
	case esis:
		return g.osi(at, isoProtocols["esis"])
	case isis:
		return g.osi(at, isoProtocols["isis"])
	}
	return g.isisPDU(at, isisTypes[p]...)
}

// isisTypes are the types of IS-IS PDUs (ISO 10589 §9) that a keyword means.
var isisTypes = map[proto][]uint32{
	isisL1: {26, 24, 18, 15, 17}, isisL2: {27, 25, 20, 16, 17}, isisIIH: {17, 15, 16}, isisLSP: {18, 20},
	isisSNP: {27, 26, 24, 25}, isisCSNP: {24, 25}, isisPSNP: {26, 27},
}

// osi tests the network layer protocol identifier of OSI.
func (g *generator) osi(at span, n uint32) *condition {
	return and(g.carries(at, sapISO), g.equals(g.at(g.layout.network+g.layout.osi, 1), n))
}

func (g *generator) isisPDU(at span, types ...uint32) *condition {
	one := never
	for _, t := range types {
		one = or(one, g.equals(g.at(g.layout.network+g.layout.osi+4, 1), t))
	}
	return and(g.osi(at, isoProtocols["isis"]), one)
}

// transport tests the protocol above IPv4 or IPv6.
func (g *generator) transport(at span, n uint32) *condition {
	return or(g.transport4(at, n), g.transport6(at, n))
}

func (g *generator) transport4(at span, n uint32) *condition {
	return and(g.carries(at, typeIP), g.equals(g.at(g.layout.network+9, 1), n))
}

// transport6 looks behind a fragment header, and no other extension header (RFC 8200 §4).
func (g *generator) transport6(at span, n uint32) *condition {
	const fragment = 44
	next := g.at(g.layout.network+6, 1)
	behind := and(g.equals(next, fragment), g.equals(g.at(g.layout.network+40, 1), n))
	return and(g.carries(at, typeIP6), or(g.equals(next, n), behind))
}

// number tests for a protocol by its number.
func (g *generator) number(n *number) *condition {
	switch n.proto {
	case ip:
		return g.transport4(n.span, n.value)
	case ip6:
		return g.transport6(n.span, n.value)
	case link:
		return g.carries(n.span, n.value)
	case iso:
		return g.osi(n.span, n.value)
	case isis:
		return g.isisPDU(n.span, n.value)
	}
	return g.transport(n.span, n.value)
}
