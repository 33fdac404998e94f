package reassembly

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"hanalyze"
)

const (
	// holeSlack is the number of a flow's packets that may pass, twice, after an ACK past a hole before the hole is given
	// up: where the capture point sees the directions through different queues, an ACK can overtake the data by a few.
	holeSlack = 8
	// answerAge is how old a hole must be that the receiver has acknowledged, so that data the receiver sends ends the wait
	// at once: capture queues run apart by microseconds, and an answer must not be told before its question.
	answerAge = 2 * time.Millisecond
	// oneSidedSlack is how many packets a hole of a flow waits whose receiver was never seen, and so cannot acknowledge:
	// more than the packets of a window's tail that a fast retransmission follows.
	oneSidedSlack = 64
	// pageCost is what a piece is charged, however small: its page in the engine and its place in the list.
	pageCost = 2048
	// maxContenders bounds the retransmissions a hole keeps for comparison; the honest kind sends few twice.
	maxContenders = 64
	// maxNotices bounds the overlap notices of a connection: one is enough to look at it.
	maxNotices = 8
)

// hole is a direction in which bytes are missing before bytes, or a FIN, already seen. While there is one all payload of
// the direction goes through it.
type hole struct {
	prev, next *hole // in holders
	flow       *flow
	dir        hanalyze.Dir
	held       []piece // in order, without overlaps, all beyond half.next
	contenders []contender
	ep         episode // begun with the first piece that has bytes: ep.eng is nil before
	base       int64   // where the stream was when the hole began
	charged    int     // bytes charged to the budgets
	born       uint64  // flow.packets when it began

	// What the peer had acknowledged at least holeSlack packets ago, and a later value that ages: everything up to
	// settled is not waited for.
	settled, aging int64
	agingFrom      uint64 // flow.packets when aging was taken
}

// piece is a run of bytes held by the engine, or of bytes the snaplen cut, which nobody holds.
type piece struct {
	off, n int64
	cut    bool
	meta   hanalyze.Meta
}

func (p *piece) end() int64 { return p.off + p.n }

// contender is a segment of which some bytes were held already, kept to be compared with the first copies when they come
// out of the engine.
type contender struct {
	off  int64
	b    []byte
	meta hanalyze.Meta
}

func (c *contender) end() int64 { return c.off + int64(len(c.b)) }

// end is the offset after the last byte held.
func (o *hole) end(h *half) int64 {
	if n := len(o.held); n > 0 {
		return o.held[n-1].end()
	}
	return h.next
}

// find returns the index of the first piece that ends after off.
func (o *hole) find(off int64) int {
	i, _ := slices.BinarySearchFunc(o.held, off, func(p piece, off int64) int {
		if p.end() <= off {
			return -1
		}
		return 1
	})
	return i
}

// beyond is the offset at which the hole ends, and the packet that showed it.
func (o *hole) beyond(h *half) (int64, hanalyze.Meta) {
	if len(o.held) > 0 {
		return o.held[0].off, o.held[0].meta
	}
	return h.fin, o.flow.last
}

// holders are the holes of a tracker, oldest first.
type holders struct{ head, tail *hole }

func (l *holders) push(o *hole) {
	o.prev = l.tail
	if l.tail != nil {
		l.tail.next = o
	} else {
		l.head = o
	}
	l.tail = o
}

func (l *holders) remove(o *hole) {
	if o.prev != nil {
		o.prev.next = o.next
	} else {
		l.head = o.next
	}
	if o.next != nil {
		o.next.prev = o.prev
	} else {
		l.tail = o.prev
	}
}

// newHole begins a hole that is seen by bytes at offset off.
func (t *Tracker) newHole(f *flow, d hanalyze.Dir, off int64) *hole {
	h := &f.tcp.half[d]
	o := &hole{flow: f, dir: d, base: h.next, born: f.packets, settled: h.next, aging: h.acked, agingFrom: f.packets}
	// Nobody sends again what was acknowledged long ago, or before what follows it was sent.
	if f.last.Time.Sub(h.ackedAt) >= answerAge || h.acked >= off {
		o.settled = h.acked
	}
	h.hole = o
	t.holders.push(o)
	t.stats.Holes++
	return o
}

// closeHole ends a hole that holds nothing.
func (t *Tracker) closeHole(h *half) {
	o := h.hole
	h.hole = nil
	t.holders.remove(o)
	t.held -= o.charged
	if o.ep.eng != nil {
		o.ep.end()
	}
}

// hold takes n bytes of d at offset off, of which b were captured: all of it is beyond half.next, or fills the hole.
func (t *Tracker) hold(f *flow, d hanalyze.Dir, off int64, b []byte, n int64, m hanalyze.Meta) {
	h := &f.tcp.half[d]
	if h.hole != nil && off+n-h.hole.base >= maxExtent {
		for h.hole != nil {
			t.giveUp(f, d, hanalyze.MissingLimit)
		}
		t.data(f, d, off, b, n, m)
		return
	}
	o := h.hole
	if o == nil {
		o = t.newHole(f, d, off)
	}
	t.contend(o, off, b, m)
	end := off + n
	for off < end && h.hole == o {
		i := o.find(off)
		known := h.next - off // told meanwhile: what was inserted let out what waited behind it
		if i < len(o.held) && o.held[i].off <= off {
			known = o.held[i].end() - off // the first copy of a byte wins
		}
		if known > 0 {
			off, b = off+known, b[min(known, int64(len(b))):]
			continue
		}
		p := piece{off: off, n: end - off, cut: len(b) == 0, meta: m}
		if i < len(o.held) {
			p.n = min(p.n, o.held[i].off-off)
		}
		if !p.cut {
			p.n = min(p.n, int64(len(b)), maxPiece)
		}
		t.insert(o, i, p, b)
		if off += p.n; !p.cut {
			b = b[p.n:]
		}
		t.advance(f, d)
	}
	if off < end {
		t.data(f, d, off, b, end-off, m) // the hole is filled, and the segment reaches beyond what was held
		return
	}
	t.obeyBudgets(f, d)
}

// insert puts p into the list at i and its bytes, the first of b, into the engine.
func (t *Tracker) insert(o *hole, i int, p piece, b []byte) {
	o.held = slices.Insert(o.held, i, p)
	t.charge(o, pageCost)
	if p.cut {
		return
	}
	if o.ep.eng == nil {
		o.ep = t.cfg.Pool.engine().begin(o.base)
	}
	t.ordered(o, o.ep.add(p.off, b[:p.n], p.meta), true)
}

// ordered tells a run that came out of the engine: the bytes of the first pieces held. filled says that the missing bytes
// came, and were not given up.
func (t *Tracker) ordered(o *hole, run []byte, filled bool) {
	h := &o.flow.tcp.half[o.dir]
	n := 0
	for ; n < len(o.held) && int64(len(run)) >= o.held[n].n && len(run) > 0; n++ {
		p := &o.held[n]
		b := run[:p.n]
		run = run[p.n:]
		t.compare(o, p, b)
		h.next = p.end()
		o.tell(h, p.meta)
		if filled && p.meta.Packet < h.told.Packet {
			o.flow.handler.Waited(o.dir, p.meta)
		}
		o.flow.handler.Data(o.dir, h.told, b)
	}
	t.drop(o, n)
	if n > 0 {
		o.ep.released(n)
	}
}

// tell advances the Meta that is told, which never goes back.
func (o *hole) tell(h *half, m hanalyze.Meta) {
	if m.Packet > h.told.Packet {
		h.told = m
	}
}

// drop forgets the first n pieces, which were told.
func (t *Tracker) drop(o *hole, n int) {
	o.held = slices.Delete(o.held, 0, n)
	t.charge(o, -n*pageCost)
	next := o.flow.tcp.half[o.dir].next
	o.contenders = slices.DeleteFunc(o.contenders, func(c contender) bool {
		if c.end() > next {
			return false
		}
		t.charge(o, -pageCost-len(c.b))
		return true
	})
}

func (t *Tracker) charge(o *hole, n int) {
	o.charged += n
	t.held += n
}

// advance tells what has come into order, and closes the hole if nothing more is missing.
func (t *Tracker) advance(f *flow, d hanalyze.Dir) {
	h := &f.tcp.half[d]
	o := h.hole
	for len(o.held) > 0 && o.held[0].off == h.next {
		p := o.held[0]
		if !p.cut {
			t.ordered(o, o.ep.skip(p.off), false)
		}
		if h.next != p.off {
			continue
		}
		h.next = p.end()
		o.tell(h, p.meta)
		t.gap(f, d, h.told, p.n, hanalyze.MissingSnaplen)
		t.drop(o, 1)
	}
	t.end(f, d, h.told)
	if len(o.held) == 0 && (!h.finSeen || h.next >= h.fin) {
		t.closeHole(h)
	}
}

// giveUp tells that the bytes before the first piece held, or before the FIN, are missing, and goes on behind them.
func (t *Tracker) giveUp(f *flow, d hanalyze.Dir, why hanalyze.Missing) {
	h := &f.tcp.half[d]
	to, m := h.hole.beyond(h)
	n := to - h.next
	h.next = to
	h.hole.tell(h, m)
	t.stats.HolesGivenUp++
	t.gap(f, d, h.told, n, why)
	t.advance(f, d)
}

// settle gives up the holes of d that nothing will fill any more. It is called after every packet of the flow.
func (t *Tracker) settle(f *flow, d hanalyze.Dir) {
	h := &f.tcp.half[d]
	o := h.hole
	if f.packets-o.agingFrom >= holeSlack {
		o.settled, o.aging, o.agingFrom = o.aging, h.acked, f.packets
	}
	if f.side[d.Reverse()].Packets == 0 && f.packets-o.born >= oneSidedSlack {
		o.settled, _ = o.beyond(h)
		o.born = f.packets
	}
	for h.hole == o {
		to, _ := o.beyond(h)
		if to > o.settled {
			return
		}
		t.giveUp(f, d, hanalyze.MissingGap)
	}
}

// answered gives up the holes of d that the receiver, about to be heard with data at m, had acknowledged for some time.
func (t *Tracker) answered(f *flow, d hanalyze.Dir, m hanalyze.Meta) {
	h := &f.tcp.half[d]
	for o := h.hole; o != nil && h.hole == o; {
		to, shown := o.beyond(h)
		if to > h.acked || m.Time.Sub(shown.Time) < answerAge {
			return
		}
		t.giveUp(f, d, hanalyze.MissingGap)
	}
}

// obeyBudgets gives up holes while too much waits behind them: first those of d, then the oldest of other directions.
func (t *Tracker) obeyBudgets(f *flow, d hanalyze.Dir) {
	h := &f.tcp.half[d]
	if h.hole != nil && h.hole.charged > t.limits.HalfBytes {
		t.stats.HalfBudget++
		for h.hole != nil && h.hole.charged > t.limits.HalfBytes {
			t.giveUp(f, d, hanalyze.MissingLimit)
		}
	}
	if t.held <= t.limits.TotalBytes {
		return
	}
	t.stats.TotalBudget++
	for t.held > t.limits.TotalBytes {
		o := t.holders.head
		if o == h.hole && o.next != nil {
			o = o.next
		}
		t.giveUp(o.flow, o.dir, hanalyze.MissingLimit)
	}
}

// contend keeps a copy of a segment's bytes b at off if some of them are held already and there is room for it.
func (t *Tracker) contend(o *hole, off int64, b []byte, m hanalyze.Meta) {
	i := o.find(off)
	if i == len(o.held) || o.held[i].off >= off+int64(len(b)) {
		return
	}
	cost := pageCost + len(b)
	if len(o.contenders) >= maxContenders || o.charged+cost > t.limits.HalfBytes/2 || t.held+cost > t.limits.TotalBytes/2 {
		t.stats.OverlapsSkipped++
		return
	}
	t.charge(o, cost)
	o.contenders = append(o.contenders, contender{off, bytes.Clone(b), m})
}

// compare compares the bytes b of a piece with the copies that came later.
func (t *Tracker) compare(o *hole, p *piece, b []byte) {
	for _, c := range o.contenders {
		from, to := max(p.off, c.off), min(p.end(), c.end())
		if from >= to {
			continue
		}
		first, later := b[from-p.off:to-p.off], c.b[from-c.off:to-c.off]
		if bytes.Equal(first, later) {
			continue
		}
		t.stats.OverlapsDiffer++
		f := o.flow
		if f.tcp.notices++; f.tcp.notices > maxNotices {
			continue
		}
		i := 0
		for first[i] == later[i] {
			i++
		}
		t.cfg.Emit(&hanalyze.Notice{
			Envelope: hanalyze.Envelope{Flow: f.info, Start: p.meta, Last: c.meta, Path: f.handler.Path()},
			ID:       "tcp.overlap_differs",
			Detail: fmt.Sprintf("%s: two copies of bytes %d to %d of the stream, in packets %d and %d, differ from byte %d on",
				o.dir, from, to-1, p.meta.Packet, c.meta.Packet, from+int64(i)),
		})
	}
}
