package findings

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"hanalyze"
)

// Limits of what is told of connections that came to nothing.
const (
	// maxFruitless bounds those of one address whose findings are told one by one. Whoever has read a hundred times that a
	// server does not answer knows; the rest is counted and told once, when the capture ends.
	maxFruitless = 100
	// maxFruitlessInAll bounds them over all addresses: a flood with both addresses forged has too many of these to count.
	maxFruitlessInAll = 10_000
	// maxCrowds bounds the addresses that are counted for, as servers and as clients. A forged address rarely comes twice,
	// so those that came a few times only are forgotten when there are too many: see prune.
	maxCrowds = 4096
	// minFlood is how many SYNs without a connection make a flood: what fills the queue of a server that keeps the 128 half-open
	// connections of old within a few retries, and more clients than usually find a server down before somebody mends it.
	minFlood = 1000
	// maxCrowdsTold bounds the findings at the end: the worst are told.
	maxCrowdsTold = 16
)

// fruitless folds the findings about connections that were never established, so that a flood or a scan is told once and not
// as often as it has packets.
type fruitless struct {
	servers, clients map[netip.Addr]*crowd
	told             uint64   // connections whose findings were told one by one
	folded           uint64   // connections of which only the crowd tells
	unfollowed       uint64   // limit: times an address could not be counted for
	full             bool     // nothing can be pruned any more
	spare            []*crowd // pruned ones, to be used again: a flood with forged addresses makes millions
}

// crowd counts the connections of one address that came to nothing.
type crowd struct {
	addr        netip.Addr
	count       uint64
	byEnd       [numEnds]uint64
	peer        netip.AddrPort // of the first one
	otherPeers  uint64         // how many had another address than that
	otherPorts  uint64         // how many had another port at the server than the first one
	start, last hanalyze.Meta
	frames      []uint64 // first packets of the first ones
	conns       []uint64
}

// end is how a connection came to nothing.
type end uint8

const (
	endUnanswered end = iota // nothing came back
	endUnfinished            // the SYN was answered, and nothing came of it
	endRefused               // a RST or an ICMP error answered the SYN
	endStray                 // a single segment of no connection
	numEnds
)

// endOf tells how r came to nothing; ok is false if it did not: there was a connection, or part of one.
func endOf(r *hanalyze.Conn) (e end, ok bool) {
	switch r.TCP.Handshake.Kind {
	case "refused":
		return endRefused, true
	case "incomplete":
		if unanswered(r) {
			return endUnanswered, true
		}
		return endUnfinished, true
	case "mid_stream":
		return endStray, r.ClientSide.Packets+r.ServerSide.Packets == 1 && r.ClientSide.PayloadBytes+r.ServerSide.PayloadBytes == 0
	}
	return 0, false
}

// fold counts r if it came to nothing. It reports whether that is all there is to tell of it.
func (x *fruitless) fold(r *hanalyze.Conn) bool {
	e, ok := endOf(r)
	if !ok {
		return false
	}
	client, server := r.Flow.Client, r.Flow.Server
	s := x.count(&x.servers, server.Addr(), r, e, netip.AddrPortFrom(client.Addr(), server.Port()))
	c := x.count(&x.clients, client.Addr(), r, e, server)
	if s > maxFruitless || c > maxFruitless || x.told >= maxFruitlessInAll {
		x.folded++
		return true
	}
	x.told++
	return false
}

// count adds r to the crowd of an address and returns how many there are in it. peer is the address at the other end, with
// the server's port.
func (x *fruitless) count(crowds *map[netip.Addr]*crowd, addr netip.Addr, r *hanalyze.Conn, e end, peer netip.AddrPort) uint64 {
	c := (*crowds)[addr]
	if c == nil {
		if len(*crowds) >= maxCrowds {
			x.prune(*crowds)
		}
		if len(*crowds) >= maxCrowds {
			x.unfollowed++
			return 0
		}
		if *crowds == nil {
			*crowds = map[netip.Addr]*crowd{}
		}
		c = x.newCrowd()
		*c = crowd{addr: addr, peer: peer, start: r.Start, frames: c.frames[:0], conns: c.conns[:0]}
		(*crowds)[addr] = c
	}
	c.count++
	c.byEnd[e]++
	c.last = r.Last
	if peer.Addr() != c.peer.Addr() {
		c.otherPeers++
	}
	if peer.Port() != c.peer.Port() {
		c.otherPorts++
	}
	if len(c.frames) < hanalyze.MaxFindingFrames {
		c.frames = append(c.frames, r.Start.Packet)
		c.conns = append(c.conns, r.Flow.ID)
	}
	return c.count
}

// newCrowd returns a crowd to be filled; its lists have room.
func (x *fruitless) newCrowd() *crowd {
	if n := len(x.spare); n > 0 {
		c := x.spare[n-1]
		x.spare = x.spare[:n-1]
		return c
	}
	return new(crowd)
}

// prune forgets the addresses that came a few times only. Where that frees little it would be called too often.
func (x *fruitless) prune(crowds map[netip.Addr]*crowd) {
	if x.full {
		return
	}
	for addr, c := range crowds {
		if c.count <= maxFruitless/10 {
			delete(crowds, addr)
			x.spare = append(x.spare, c)
		}
	}
	x.full = len(crowds) > maxCrowds/2
}

// many reports whether n of the crowd's connections are most of them.
func (c *crowd) many(n uint64) bool { return n > c.count/2 }

// summary returns what the crowds amount to, the largest first.
func (x *fruitless) summary() []*hanalyze.Finding {
	var list []*hanalyze.Finding
	for _, c := range x.clients {
		if c.count > maxFruitless && (c.many(c.otherPeers) || c.many(c.otherPorts)) {
			list = append(list, c.finding("tcp.scan", fmt.Sprintf("%s tried %d connections that came to nothing: %s", c.addr, c.count, c.ends())))
		}
	}
	for _, c := range x.servers {
		opened := c.byEnd[endUnanswered] + c.byEnd[endUnfinished]
		switch {
		case c.count <= maxFruitless:
		case opened >= minFlood && c.many(c.otherPeers):
			list = append(list, c.finding("tcp.syn_flood", fmt.Sprintf("%d SYNs from many addresses to %s opened no connection", opened, c.target())))
		case c.many(c.otherPeers) || !c.many(c.otherPorts): // else it is what a scan did to one of its targets
			list = append(list, c.finding("tcp.fruitless", fmt.Sprintf("%d connections to %s came to nothing: %s", c.count, c.target(), c.ends())))
		}
	}
	slices.SortFunc(list, func(a, b *hanalyze.Finding) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Start.Packet, b.Start.Packet), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), maxCrowdsTold)]
}

// target names the server, with its port if there was one in the main.
func (c *crowd) target() string {
	if c.many(c.otherPorts) {
		return c.addr.String()
	}
	return netip.AddrPortFrom(c.addr, c.peer.Port()).String()
}

// ends tells how many came to nothing in which way.
func (c *crowd) ends() string {
	s := ""
	for e, name := range [numEnds]string{"unanswered", "not completed", "refused", "stray segments"} {
		if n := c.byEnd[e]; n > 0 {
			if s != "" {
				s += ", "
			}
			s += fmt.Sprintf("%d %s", n, name)
		}
	}
	return s
}

// finding makes the finding about the crowd. It concerns many flows, so it has none of its own.
func (c *crowd) finding(id, title string) *hanalyze.Finding {
	k, _ := Lookup(id)
	f := k.finding(title, c.frames)
	f.Start, f.Last = c.start, c.last
	f.Conns, f.Count, f.Basis = c.conns, c.count, hanalyze.Inferred
	return f
}
