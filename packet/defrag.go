package packet

import (
	"net/netip"
	"time"

	"hanalyze"
)

// How long fragments wait for the rest of their datagram, counted from the first one seen.
const (
	timeout4 = 30 * time.Second // RFC 791 §3.2 leaves it open; Linux and the BSDs wait 30 s
	timeout6 = 60 * time.Second // RFC 8200 §4.5
)

// Limits of a Defragmenter.
const (
	// maxDatagrams bounds datagrams in the making; one more ends the oldest. A resolver's worst minute has hundreds.
	maxDatagrams = 4096
	// maxHeldBytes bounds the bytes held for them, upkeep included; more end the oldest. 4 MiB is Linux's ipfrag_high_thresh.
	maxHeldBytes = 4 << 20
	// maxDatagram is what 16 bits of length allow, RFC 791 §3.1: fragments that reach beyond it are an attack (the ping of death).
	maxDatagram = 65535
	// maxPieces bounds the fragments of one datagram: RFC 791 §3.2 makes every link carry 68 bytes, 48 of them payload with
	// ordinary options, and 65,535 bytes are 1366 pieces of 48.
	maxPieces = 1366
	// datagramCost and pieceCost are charged for upkeep.
	datagramCost, pieceCost = 384, 64
)

// Defragmenter puts IP datagrams together from fragments in any order. For IPv4 the first copy of a byte wins; for IPv6 an
// overlap ends the datagram (RFC 5722). Its clock is the packets' own. The zero value is ready.
//
// Every packet is to be counted exactly once, but the fate of a fragment is known only later. So Add returns FragmentHeld for
// it, which the caller does not count, and Counts tells what became of the packets that were held.
type Defragmenter struct {
	found  map[datagramKey]*datagram
	queue  [2]queue // IPv4 and IPv6: within one, the first to come is the first to expire
	held   int      // bytes charged
	clock  hanalyze.Time
	counts [NumReasons]uint64
	stats  DefragStats
}

// DefragStats counts datagrams, and what a Defragmenter held at most.
type DefragStats struct {
	Completed     uint64
	TimedOut      uint64 // given up because the rest did not come in time
	Evicted       uint64 // given up because of a limit
	Contradictory uint64 // given up because fragments disagreed about the end, or overlapped in IPv6
	Overlaps      uint64 // IPv4 fragments that overlapped and were no exact copies
	Differ        uint64 // of these, with other bytes than those they overlapped
	// Suspicious are the first packets that were contradictory or differed, at most hanalyze.MaxFindingFrames.
	Suspicious    []uint64
	PeakBytes     int
	PeakDatagrams int
}

// datagramKey is what fragments of one datagram have in common: RFC 791 §2.3, RFC 8200 §4.5, and where they were seen.
type datagramKey struct {
	src, dst netip.Addr
	tag      uint64
	id       uint32
	proto    uint8 // IPv4 only: in IPv6 the first fragment's decides
	depth    uint8 // tunnels around it
}

// datagram is one in the making.
type datagram struct {
	key        datagramKey
	prev, next *datagram // neighbours in the queue
	since      hanalyze.Time
	pieces     []piece // ordered, without overlap
	covered    int     // bytes of the datagram that are there
	total      int     // its length, -1 until the last fragment came
	charged    int
	packets    uint64 // held for it
	ipBytes    int
	ttl, proto uint8 // of the first fragment
	spoiled    bool  // contradictory: nothing more is taken until it times out
}

// piece is a part of a datagram: n bytes at an offset, of which b, owned, were captured.
type piece struct {
	at, n int
	b     []byte
}

// Add takes a packet for which Parse returned IPFragment; nothing of it is kept, and p.Meta.Time moves the clock. If it
// completes its datagram, p becomes the whole: parsed from the transport header on, through tunnels, with the sum of the
// fragments' IPBytes, and with slices of a fresh buffer that belongs to nobody else. The result is then as from Parse.
// Otherwise it is FragmentHeld, or the reason for which the fragment was dropped.
func (d *Defragmenter) Add(p *Packet) Reason {
	d.clock = max(d.clock, p.Meta.Time)
	d.expire()
	// A datagram may be a fragment of another one, in a tunnel. What was held for the one then waits for the other.
	held := uint64(0)
	for range maxNesting {
		g, r := d.take(p)
		switch r {
		case OK:
		case FragmentHeld:
			g.packets += 1 + held
			return FragmentHeld
		default:
			d.counts[r] += held
			return r
		}
		d.stats.Completed++
		held += g.packets
		if r = g.parse(p); r != IPFragment {
			d.counts[r] += held
			return r
		}
	}
	d.counts[MalformedHeaders] += held
	return MalformedHeaders
}

// Counts says how many of the packets for which Add returned FragmentHeld came to what: OK for those whose datagram was
// decoded, the reason of the others. Those still held count as timed out: that is what they come to if the capture ends here.
func (d *Defragmenter) Counts() [NumReasons]uint64 {
	c := d.counts
	for _, q := range d.queue {
		for g := q.head; g != nil; g = g.next {
			c[FragmentTimeout] += g.packets
		}
	}
	return c
}

// Stats returns the counters.
func (d *Defragmenter) Stats() DefragStats { return d.stats }

// take adds a fragment to its datagram. OK means that the datagram is complete and no longer the Defragmenter's.
func (d *Defragmenter) take(p *Packet) (*datagram, Reason) {
	at, n, more := int(p.Fragment.Offset), p.PayloadLen, p.Fragment.More
	// RFC 8200 §4.5: all but the last are multiples of 8 bytes.
	if n == 0 || more && n%8 != 0 || at+n > maxDatagram {
		return nil, MalformedHeaders
	}
	g := d.datagram(p)
	if g.spoiled {
		return nil, FragmentOverlap
	}
	if len(g.pieces) >= maxPieces {
		return nil, FragmentLimit
	}
	overlaps, copied := g.overlap(at, n, p.Payload)
	if !g.fits(at, n, more) || overlaps && !copied && g.v6() {
		d.spoil(g)
		d.suspect(p)
		return nil, FragmentOverlap
	}
	if overlaps && !copied {
		d.stats.Overlaps++
		if g.differs(at, p.Payload) {
			d.stats.Differ++
			d.suspect(p)
		}
	}
	if !more {
		g.total = at + n
	}
	if at == 0 && (len(g.pieces) == 0 || g.pieces[0].at != 0) {
		g.ttl, g.proto = p.TTL, p.Fragment.Proto
	}
	g.ipBytes += p.IPBytes
	d.charge(g, g.insert(at, n, p.Payload))
	if g.covered == g.total {
		d.forget(g)
		return g, OK
	}
	d.shrink(g)
	return g, FragmentHeld
}

// datagram finds or begins the one a fragment belongs to.
func (d *Defragmenter) datagram(p *Packet) *datagram {
	k := datagramKey{src: p.Src.Addr(), dst: p.Dst.Addr(), tag: p.Tag, id: p.Fragment.ID, depth: p.Fragment.depth}
	if k.src.Is4() {
		k.proto = p.Fragment.Proto
	}
	if g := d.found[k]; g != nil {
		return g
	}
	if d.found == nil {
		d.found = make(map[datagramKey]*datagram)
	}
	g := &datagram{key: k, since: d.clock, total: -1}
	d.found[k] = g
	d.queue[g.family()].push(g)
	d.charge(g, datagramCost)
	d.shrink(g)
	d.stats.PeakDatagrams = max(d.stats.PeakDatagrams, len(d.found))
	return g
}

func (d *Defragmenter) charge(g *datagram, n int) {
	g.charged += n
	d.held += n
}

// shrink gives up the oldest datagrams but the given one until the limits hold again. One alone is far below them.
func (d *Defragmenter) shrink(keep *datagram) {
	for len(d.found) > maxDatagrams || d.held > maxHeldBytes {
		oldest := (*datagram)(nil)
		for _, q := range d.queue {
			g := q.head
			if g == keep {
				g = g.next
			}
			if g != nil && (oldest == nil || g.since < oldest.since) {
				oldest = g
			}
		}
		if oldest == nil {
			return
		}
		if !oldest.spoiled {
			d.stats.Evicted++
		}
		d.counts[FragmentLimit] += oldest.packets
		d.forget(oldest)
	}
	d.stats.PeakBytes = max(d.stats.PeakBytes, d.held)
}

// expire gives up the datagrams that have waited too long.
func (d *Defragmenter) expire() {
	for i, wait := range [...]time.Duration{timeout4, timeout6} {
		for g := d.queue[i].head; g != nil && d.clock.Sub(g.since) > wait; g = d.queue[i].head {
			if !g.spoiled {
				d.stats.TimedOut++
			}
			d.counts[FragmentTimeout] += g.packets
			d.forget(g)
		}
	}
}

// spoil drops what a datagram has, and keeps its name so that the rest of it is dropped too (RFC 5722 §4).
func (d *Defragmenter) spoil(g *datagram) {
	d.counts[FragmentOverlap] += g.packets
	d.stats.Contradictory++
	d.charge(g, datagramCost-g.charged)
	g.spoiled, g.pieces, g.packets = true, nil, 0
}

// suspect remembers a packet that somebody should look at.
func (d *Defragmenter) suspect(p *Packet) {
	if len(d.stats.Suspicious) < hanalyze.MaxFindingFrames {
		d.stats.Suspicious = append(d.stats.Suspicious, p.Meta.Packet)
	}
}

// forget takes a datagram out of the books.
func (d *Defragmenter) forget(g *datagram) {
	d.held -= g.charged
	d.queue[g.family()].remove(g)
	delete(d.found, g.key)
}
