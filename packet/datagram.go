package packet

import (
	"bytes"
	"slices"
)

// family is the index of the datagram's queue: 0 for IPv4, 1 for IPv6.
func (g *datagram) family() int {
	if g.v6() {
		return 1
	}
	return 0
}

func (g *datagram) v6() bool { return !g.key.src.Is4() }

// fits reports whether a fragment agrees with the others about where the datagram ends.
func (g *datagram) fits(at, n int, more bool) bool {
	switch {
	case g.total >= 0 && more:
		return at+n <= g.total
	case g.total >= 0:
		return at+n == g.total
	case more || len(g.pieces) == 0:
		return true
	}
	last := g.pieces[len(g.pieces)-1]
	return last.at+last.n <= at+n
}

// search returns the index of the first piece that ends after an offset.
func (g *datagram) search(at int) int {
	i, _ := slices.BinarySearchFunc(g.pieces, at, func(p piece, at int) int {
		if p.at+p.n <= at {
			return -1
		}
		return 1
	})
	return i
}

// overlap reports whether a fragment has bytes that are there already, and whether it is a copy of a piece. b is borrowed.
func (g *datagram) overlap(at, n int, b []byte) (overlaps, copied bool) {
	i := g.search(at)
	if i == len(g.pieces) || g.pieces[i].at >= at+n {
		return false, false
	}
	p := g.pieces[i]
	return true, p.at == at && p.n == n && bytes.Equal(p.b, b)
}

// differs reports whether bytes at an offset are not those that are there already. b is borrowed.
func (g *datagram) differs(at int, b []byte) bool {
	for _, p := range g.pieces[g.search(at):] {
		from, to := max(at, p.at), min(at+len(b), p.at+len(p.b))
		if p.at >= at+len(b) {
			break
		}
		if from < to && !bytes.Equal(b[from-at:to-at], p.b[from-p.at:to-p.at]) {
			return true
		}
	}
	return false
}

// insert adds the bytes of a fragment that are not there yet, and returns what they cost. b is borrowed, and shorter than n if
// the capture cut the fragment. A fragment that spans several holes becomes as many pieces.
func (g *datagram) insert(at, n int, b []byte) (cost int) {
	end := at + n
	for i := g.search(at); at < end; i++ {
		stop := end
		if i < len(g.pieces) {
			stop = min(end, g.pieces[i].at)
		}
		if stop > at {
			part := bytes.Clone(b[min(at-(end-n), len(b)):min(stop-(end-n), len(b))])
			g.pieces = slices.Insert(g.pieces, i, piece{at, stop - at, part})
			g.covered += stop - at
			cost += len(part) + pieceCost
			i++
		}
		if i < len(g.pieces) {
			at = max(stop, g.pieces[i].at+g.pieces[i].n)
		} else {
			at = stop
		}
	}
	return cost
}

// parse makes p the packet that the complete datagram is. If the capture cut a fragment, the bytes end there, and the length
// on the wire remains.
func (g *datagram) parse(p *Packet) Reason {
	captured := 0
	for _, c := range g.pieces {
		captured += len(c.b)
		if len(c.b) < c.n {
			break
		}
	}
	b := make([]byte, 0, captured)
	for _, c := range g.pieces {
		b = append(b, c.b...)
		if len(c.b) < c.n {
			break
		}
	}
	*p = Packet{Meta: p.Meta, Tag: g.key.tag, IPBytes: g.ipBytes, TTL: g.ttl}
	if !g.v6() {
		p.IPID, p.HasIPID = uint16(g.key.id), true
	}
	f := frame{p: p, b: b, wire: g.total, depth: g.key.depth, detour: g.v6()} // a routing header is in no fragment's part
	return f.transport(g.proto, g.key.src, g.key.dst)
}

// queue is a list of datagrams, oldest first.
type queue struct{ head, tail *datagram }

func (q *queue) push(g *datagram) {
	g.prev, g.next = q.tail, nil
	if q.tail == nil {
		q.head = g
	} else {
		q.tail.next = g
	}
	q.tail = g
}

func (q *queue) remove(g *datagram) {
	if g.prev == nil {
		q.head = g.next
	} else {
		g.prev.next = g.next
	}
	if g.next == nil {
		q.tail = g.prev
	} else {
		g.next.prev = g.prev
	}
	g.prev, g.next = nil, nil
}
