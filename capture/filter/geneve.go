package filter

// Geneve (RFC 8926 §3.4): a UDP datagram with a header of 8 bytes and options, whose length varies, then a packet of the
// type that the header tells, mostly an Ethernet frame.
const (
	genevePort   = 6081
	udpHeader    = 8
	geneveHeader = 8
	ip6Header    = 40
	etherHeader  = 14
)

// geneve tests for Geneve over IPv4 or IPv6, and moves the layout to what it carries. What comes after it in the expression
// holds for Geneve packets only.
func (g *generator) geneve(n *encapsulation) *condition {
	if g.inside != nil {
		return g.fail(n.span, "geneve can be given once")
	}
	if g.layout.family == mplsStack {
		return g.fail(n.span, "there is no Geneve after mpls")
	}
	datagrams := &ports{span: n.span, over: overUDP, dir: dstOnly, lo: genevePort, hi: genevePort}
	header := g.sum(g.layout.base, g.values.join(valAdd, g.headerLength(), g.values.constant(g.layout.network+udpHeader)))
	version := g.masked(g.values.load(header, 0, 1), 0xc0, 0)
	whole := compare(greaterOrEqual, g.values.load(header, 2, 2), g.values.constant(0)) // as far as the type
	is := and(g.ports(datagrams), version, whole)
	c := is
	if n.some {
		c = and(c, g.masked(g.values.load(header, 4, 4), 0xffffff00, n.value<<8))
	}
	g.enter(header)
	g.inside = is
	return c
}

// headerLength computes the length of the IP header of either version without a test: bit 5 of the first byte tells them
// apart.
func (g *generator) headerLength() *value {
	v := g.values
	first := g.at(g.layout.network, 1)
	length4 := v.join(valMul, v.join(valAnd, first, v.constant(0xf)), v.constant(4))
	is6 := v.join(valAnd, v.join(valShr, first, v.constant(5)), v.constant(1))
	more := v.join(valMul, is6, v.join(valSub, v.constant(ip6Header), length4))
	return v.join(valAdd, length4, more)
}

// enter moves the layout to what follows a Geneve header. Whether that begins with an Ethernet header is known only when a
// packet comes: so places are computed from it, with 0 and 1 for no and yes.
func (g *generator) enter(header *value) {
	v := g.values
	options := v.join(valMul, v.join(valAnd, v.load(header, 0, 1), v.constant(0x3f)), v.constant(4))
	payload := v.join(valAdd, v.join(valAdd, header, options), v.constant(geneveHeader))
	carried := v.load(header, 2, 2)
	other := v.join(valXor, carried, v.constant(typeTEB))                               // 0 for Ethernet
	none := v.join(valShr, v.join(valAdd, other, v.constant(0xffff)), v.constant(16))   // 0 for Ethernet, else 1
	framed := v.join(valSub, v.constant(1), none)                                       // 1 for Ethernet, else 0
	network := v.join(valAdd, payload, v.join(valMul, framed, v.constant(etherHeader))) // behind the Ethernet header
	gap := v.join(valAdd, options, v.constant(geneveHeader+etherHeader-2-2))            // between the two type fields
	typ := v.load(v.join(valAdd, header, v.join(valMul, framed, gap)), 2, 2)
	g.layout = layout{
		family: etherTypes, base: network, typ: typ, osi: 3,
		headed: true, macs: true, headBase: payload, framed: g.equals(carried, typeTEB),
	}
}
