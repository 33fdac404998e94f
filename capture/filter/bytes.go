package filter

import "golang.org/x/net/bpf"

// relation compares two numbers. What the protocols of both ask for must hold first.
func (g *generator) relation(n *relation) *condition {
	x, wantX := g.arithmetic(n.x)
	y, wantY := g.arithmetic(n.y)
	if g.err != nil {
		return never
	}
	c := compare(n.op, x, y)
	if n.not {
		c = not(c)
	}
	return and(wantX, wantY, c)
}

// arithmetic returns the value of arithmetic and what the packet must be for it to have one.
func (g *generator) arithmetic(n arithmetic) (*value, *condition) {
	switch n := n.(type) {
	case *constant:
		return g.values.constant(n.value), always
	case *length:
		return g.packetLength(), always
	case *access:
		return g.access(n)
	case *operation:
		return g.operation(n)
	}
	return g.values.constant(0), g.fail(n.where(), "not supported")
}

// packetLength is the length on the wire. In a cooked socket the packet lacks the header that it will have in the file.
func (g *generator) packetLength() *value {
	const sll2Header = 20
	if g.options.Kernel && g.options.Cooked {
		return g.values.add(g.values.length(), sll2Header)
	}
	return g.values.length()
}

func (g *generator) operation(n *operation) (*value, *condition) {
	x, wantX := g.arithmetic(n.x)
	y, wantY := g.arithmetic(n.y)
	op := operators[n.op]
	want := and(wantX, wantY)
	if y.op == valConstant {
		switch {
		case y.k == 0 && (op == valDiv || op == valMod):
			return x, g.fail(n.span, "division by zero")
		case y.k > 31 && (op == valShl || op == valShr):
			return x, g.fail(n.span, "shift by more than 31 bits")
		}
	}
	return g.values.join(op, x, y), want
}

// access returns bytes of a protocol's header, and that the packet must have one.
func (g *generator) access(n *access) (*value, *condition) {
	offset, want := g.arithmetic(n.offset)
	if g.err != nil {
		return offset, never
	}
	if offset.op == valConstant && overflows(offset.k, g.layout.network+4) {
		return offset, g.fail(n.span, "no packet has so many bytes")
	}
	load := func(base *value, k uint32) *value { return g.values.load(g.sum(base, offset), k, n.size) }
	network := g.layout.network
	switch n.proto {
	case link:
		if !g.layout.headed {
			return offset, g.fail(n.span, "the kernel does not show the link-layer header on this interface")
		}
		return load(g.layout.headBase, g.layout.head), g.guard(g.layout.framed, want)
	case ip, ip6, arp, rarp, atalk, decnet, lat, sca, mopdl, moprc:
		return load(g.layout.base, network), and(want, g.protocol(n.span, n.proto))
	case icmp6:
		next := g.equals(g.at(network+6, 1), 58)
		return load(g.layout.base, network+40), and(want, g.protocol(n.span, ip6), next)
	}
	want = and(g.protocol(n.span, ip), want, g.protocol(n.span, n.proto), g.firstFragment())
	return load(g.transportBase(), network), want
}

// sum adds two values, of which the first may be nil for 0.
func (g *generator) sum(x, y *value) *value {
	if x == nil {
		return y
	}
	return g.values.join(valAdd, x, y)
}

// encapsulation tests for a VLAN tag, an MPLS label, a PPPoE session or Geneve, and moves the layout behind it.
func (g *generator) encapsulation(n *encapsulation) *condition {
	switch n.kind {
	case "vlan":
		return g.vlan(n)
	case "mpls":
		return g.mpls(n)
	case "pppoes":
		return g.pppoes(n)
	}
	return g.geneve(n)
}

// typed reports whether the link layer tells an EtherType.
func (g *generator) typed() bool {
	f := g.layout.family
	return f == etherTypes || f == cookedV1 || f == plainTypes
}

// vlan tests for a tag of IEEE 802.1Q or 802.1ad.
func (g *generator) vlan(n *encapsulation) *condition {
	l := &g.layout
	if g.hidden {
		g.hidden = false
		if !n.some {
			return always
		}
		return g.masked(g.values.extension(uint32(bpf.ExtVLANTag)), 0xfff, n.value)
	}
	if !g.typed() {
		return g.fail(n.span, "there are no VLAN tags %s", g.place())
	}
	c := or(g.typeIs(typeVLAN), g.typeIs(typeQinQ), g.typeIs(typeOldQ))
	if n.some {
		c = and(c, g.masked(g.at(l.payload, 2), 0xfff, n.value))
	}
	l.typ = g.at(l.payload+2, 2)
	l.payload += 4
	l.network += 4
	return c
}

// mpls tests for a label (RFC 3032 §2.1): 20 bits, three for the traffic class, one for the bottom of the stack, eight for
// the time to live.
func (g *generator) mpls(n *encapsulation) *condition {
	l := &g.layout
	var c *condition
	switch {
	case l.family == mplsStack:
		more := g.at(l.network-2, 1)
		c = g.masked(more, 1, 0)
	case g.typed(), l.family == pppTypes:
		c = g.carries(n.span, typeMPLS)
	default:
		return g.fail(n.span, "there are no MPLS labels %s", g.place())
	}
	if n.some {
		c = and(c, g.masked(g.at(l.network, 4), 0xfffff000, n.value<<12))
	}
	l.family = mplsStack
	l.network += 4
	return c
}

// pppoes tests for a PPPoE session (RFC 2516 §4), in which PPP begins with the protocol number.
func (g *generator) pppoes(n *encapsulation) *condition {
	l := &g.layout
	if l.family == mplsStack {
		return g.fail(n.span, "there is no PPPoE after mpls")
	}
	c := g.carries(n.span, typePPPoES)
	if n.some {
		c = and(c, g.masked(g.at(l.network, 4), 0xffff, n.value))
	}
	head := l.network + 6
	g.layout = layout{family: pppTypes, base: l.base, headBase: l.base, head: head, payload: head + 2, network: head + 2, headed: true}
	l.typ = g.at(head, 2)
	return c
}
