package filter

// The syntax tree. Names and numbers are resolved and checked for what does not depend on the link type.

// node is a condition as written.
type node interface{ where() span }

// where makes every type that holds a span a node.
func (s span) where() span { return s }

type (
	// logic is x and y, or x or y.
	logic struct {
		span
		or   bool
		x, y node
	}

	// negation is not x.
	negation struct {
		span
		x node
	}

	// relation compares two numbers.
	relation struct {
		span
		op   comparison
		not  bool // the comparison must not hold
		x, y arithmetic
	}

	// protocol is a protocol's name that stands alone.
	protocol struct {
		span
		proto proto
	}

	// number is a protocol given by its number in the header that proto names.
	number struct {
		span
		proto proto // anyProto: of IPv4 or IPv6
		value uint32
	}

	// address4 is a host or net of IPv4.
	address4 struct {
		span
		proto      proto // anyProto, ip, arp or rarp
		dir        direction
		addr, mask uint32
	}

	// address6 is a host or net of IPv6.
	address6 struct {
		span
		dir        direction
		addr, mask [4]uint32
	}

	// hardware is an Ethernet address.
	hardware struct {
		span
		dir  direction
		addr [6]byte
	}

	// ports is a range of ports.
	ports struct {
		span
		over   transports
		dir    direction
		lo, hi uint32
	}

	// cast is broadcast or multicast.
	cast struct {
		span
		proto proto // anyProto, link, ip or ip6
		multi bool
	}

	// passage is inbound or outbound.
	passage struct {
		span
		out bool
	}

	// interfaceIndex is the number of the interface.
	interfaceIndex struct {
		span
		value uint32
	}

	// encapsulation is vlan, mpls, pppoes or geneve, which change what the rest of the expression looks at.
	encapsulation struct {
		span
		kind  string
		some  bool // only those with value
		value uint32
	}

	// discovery is pppoed.
	discovery struct{ span }

	// llc is an LLC header.
	llc struct {
		span
		kind string // of the PDU; "": any
	}
)

// direction says which of two addresses or ports is meant.
type direction uint8

const (
	srcOrDst direction = iota
	srcOnly
	dstOnly
	srcAndDst
)

// comparison is a way to compare two numbers, which have no signs.
type comparison uint8

const (
	equal comparison = iota
	greater
	greaterOrEqual
	anyBit // x & y != 0
)

// arithmetic is a number as written.
type arithmetic interface{ node }

type (
	constant struct {
		span
		value uint32
	}

	length struct{ span }

	// access reads bytes of the packet.
	access struct {
		span
		proto  proto
		offset arithmetic
		size   int
	}

	// operation joins two numbers. The operator is one of "+-*/%&|^<>", of which the last two are shifts.
	operation struct {
		span
		op   byte
		x, y arithmetic
	}
)
