package output

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"hanalyze"
)

// Limits of what a Story tells of connections that came to nothing: a flood has millions, and nobody reads them. NDJSON has
// every one.
const (
	// maxFruitless bounds the blocks of them for one address, be it their server's or their client's.
	maxFruitless = 100
	// maxFruitlessInAll bounds them over all addresses.
	maxFruitlessInAll = 10_000
	// maxCrowds bounds the addresses that are counted for, as server or as client. Forged ones rarely come twice: those that
	// came a few times only are forgotten when there are too many.
	maxCrowds = 4096
)

// crowd is what a Story says in one line: the connections of one address that came to nothing, beyond those that were told.
type crowd struct {
	addr        netip.Addr // the zero Addr in the crowd of those that belong to no other
	server      bool       // addr was their server
	count       uint64     // all of them
	folded      uint64     // those that were not told
	first, last uint64     // packets of those
}

// crowdKey names a crowd.
type crowdKey struct {
	addr   netip.Addr
	server bool
}

// fruitless counts connections that came to nothing.
type fruitless struct {
	crowds map[crowdKey]*crowd
	rest   crowd  // those that were not told because of the limit of all
	told   uint64 // blocks
	full   bool   // no crowd can be forgotten any more
}

// cameToNothing reports whether a connection was never established, or a flow was heard from one end only and has nothing
// to tell.
func cameToNothing(c *hanalyze.Conn) bool {
	oneEnd := c.ClientSide.Packets == 0 || c.ServerSide.Packets == 0
	if c.TCP == nil {
		return oneEnd
	}
	switch c.TCP.Handshake.Kind {
	case "incomplete", "refused":
		return true
	case "mid_stream":
		return oneEnd && c.ClientSide.PayloadBytes+c.ServerSide.PayloadBytes == 0
	}
	return false
}

// fold counts c, which came to nothing, and reports whether it is one too many to have a block of its own.
func (x *fruitless) fold(c *hanalyze.Conn) bool {
	server := x.crowd(c.Flow.Server.Addr(), true)
	client := x.crowd(c.Flow.Client.Addr(), false)
	for _, g := range []*crowd{server, client} {
		if g != nil && g.count > maxFruitless {
			g.add(c)
			return true
		}
	}
	if x.told >= maxFruitlessInAll {
		x.rest.add(c)
		return true
	}
	x.told++
	return false
}

// crowd counts another connection of an address; nil when too many addresses are counted for.
func (x *fruitless) crowd(addr netip.Addr, server bool) *crowd {
	k := crowdKey{addr, server}
	g := x.crowds[k]
	if g == nil {
		if len(x.crowds) >= maxCrowds && !x.full {
			maps.DeleteFunc(x.crowds, func(_ crowdKey, g *crowd) bool { return g.count <= maxFruitless/10 })
			x.full = len(x.crowds) > maxCrowds/2 // else it would be tried too often
		}
		if len(x.crowds) >= maxCrowds {
			return nil
		}
		if x.crowds == nil {
			x.crowds = map[crowdKey]*crowd{}
		}
		g = &crowd{addr: addr, server: server}
		x.crowds[k] = g
	}
	g.count++
	return g
}

// add folds c into the crowd.
func (g *crowd) add(c *hanalyze.Conn) {
	if g.folded == 0 {
		g.first = c.Start.Packet
	}
	g.folded++
	g.first, g.last = min(g.first, c.Start.Packet), max(g.last, c.Last.Packet)
}

// append appends a line for each crowd, the largest first.
func (x *fruitless) append(b []byte, p page) []byte {
	crowds := slices.SortedFunc(maps.Values(x.crowds), func(a, b *crowd) int {
		return cmp.Or(cmp.Compare(b.folded, a.folded), cmp.Compare(a.first, b.first), a.addr.Compare(b.addr))
	})
	for _, g := range append(crowds, &x.rest) {
		if g.folded > 0 {
			b = p.wrap(b, 0, compactIndent, g.words())
		}
	}
	return b
}

// words tells "… 999,900 more to 192.0.2.1 came to nothing  packets 101–1000000".
func (g *crowd) words() []chunk {
	where := ""
	switch {
	case !g.addr.IsValid():
	case g.server:
		where = " to " + g.addr.String()
	default:
		where = " from " + g.addr.String()
	}
	return []chunk{
		{"… " + count(g.folded, "more connection") + where, bold},
		{"unanswered, refused, or heard from one end only", plain},
		{"packets " + strconv.FormatUint(g.first, 10) + "–" + strconv.FormatUint(g.last, 10), dim},
	}
}

// any reports whether there is a line to tell.
func (x *fruitless) any() bool {
	if x.rest.folded > 0 {
		return true
	}
	for _, g := range x.crowds {
		if g.folded > 0 {
			return true
		}
	}
	return false
}
