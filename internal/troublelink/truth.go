package troublelink

import "slices"

// Kind is what a packet is at a capture point.
type Kind string

// The kinds.
const (
	Fresh     Kind = "new"              // carries something for the first time, in order
	Empty     Kind = "ack"              // carries nothing
	Again     Kind = "retransmission"   // its sender had sent some of it before
	Late      Kind = "out_of_order"     // sent once before, and overtaken by something sent after it
	Duplicate Kind = "duplicate_packet" // another copy that the link made
)

// Truth is what is true of one packet that passed a capture point.
type Truth struct {
	From     Side  `json:"from"`
	Kind     Kind  `json:"kind"`
	Syn      bool  `json:"syn,omitempty"`      // it opens the connection
	Cause    Cause `json:"cause,omitempty"`    // why it was sent again
	Needless bool  `json:"needless,omitempty"` // all of what it repeats arrived, or was on its way and arrived later
	Proven   bool  `json:"proven,omitempty"`   // needless, and its receiver's report of that (D-SACK) reached this capture point
	Accused  bool  `json:"accused,omitempty"`  // needed, but a D-SACK about a copy made by the link reached this capture point
	Arrived  bool  `json:"arrived,omitempty"`  // some of what it repeats had arrived when it was sent
	Hidden   bool  `json:"hidden,omitempty"`   // nothing at this capture point shows that it was sent again: its range is new here, and nothing behind it was seen
	Repeated bool  `json:"repeated,omitempty"` // late, and a copy sent again came before it
}

// Truths tells of every packet that the capture point of side saw, in order: of Trace.At(side).
func (t *Trace) Truths(side Side) []Truth {
	w := &walk{trace: t, told: make([]Truth, len(t.Packets)), from: make([]int64, len(t.Packets)), to: make([]int64, len(t.Packets)),
		delivered: make([]bool, len(t.Packets)), streams: map[flow]*history{}, last: Event{Packet: -1}}
	for _, e := range t.Events {
		w.delivered[e.Packet] = w.delivered[e.Packet] || !e.In()
	}
	var all []Truth
	for _, e := range t.Events {
		truth := w.step(e)
		if e.At == side {
			if b, ok := t.Packets[e.Packet].duplicate(); ok {
				w.prove(t.Packets[e.Packet].flow(), b, all)
			}
			all, w.shown = append(all, truth), append(w.shown, e.Packet)
		}
	}
	return all
}

// prove marks the latest needless retransmission that a receiver's report is about, of those that were shown. Where there
// is none the link has made a copy, and the report seems to be about the latest retransmission.
func (w *walk) prove(back flow, b Block, all []Truth) {
	latest := -1
	for i := len(all) - 1; i >= 0; i-- {
		p := &w.trace.Packets[w.shown[i]]
		if p.Src != back.dst || p.Dst != back.src || int32(p.Seq-b.Right) >= 0 || int32(b.Left-p.Seq-uint32(p.takes())) >= 0 {
			continue
		}
		if all[i].Needless && !all[i].Proven {
			all[i].Proven = true
			return
		}
		if all[i].Kind == Again && latest < 0 {
			latest = i
		}
	}
	if latest >= 0 && !all[latest].Needless {
		all[latest].Accused = true
	}
}

// walk goes through the events of a Trace.
type walk struct {
	trace     *Trace
	delivered []bool  // by packet: at least one copy arrives sooner or later
	told      []Truth // by packet: what it was when it came in
	from, to  []int64 // by packet: its offsets
	streams   map[flow]*history
	last      Event // the event before this one
	shown     []int // packets of the events that are told
}

// history is what became of one direction of a connection so far.
type history struct {
	stream
	arriving ranges // what came in and arrives sooner or later
	arrived  ranges // what has arrived and was kept
	seen     ranges // what has arrived
}

// refused takes out what the receiver's kernel did not keep, though it was delivered: it had no room, and has taken only
// what is before the given offset. Of that Linux keeps nothing until the window opens again.
func (h *history) refused(taken int64) {
	if len(h.arrived) > 0 && h.arrived[0].from == 0 && 0 < taken && taken < h.arrived[0].to {
		end := h.arrived[0].to
		h.arrived.remove(taken, end)
		h.arriving.remove(taken, end)
	}
}

// step takes the next event.
func (w *walk) step(e Event) Truth {
	defer func() { w.last = e }()
	if e.In() {
		w.told[e.Packet] = w.sent(e.Packet)
		return w.told[e.Packet]
	}
	return w.arrives(e)
}

// sent takes a packet that came in from its sender.
func (w *walk) sent(i int) Truth {
	p := &w.trace.Packets[i]
	h := w.streams[p.flow()]
	if h == nil || p.Flags&SYN != 0 && p.Seq != h.first {
		h = new(history)
		w.streams[p.flow()] = h
	}
	before := h.next
	from, to, again := h.place(p)
	w.from[i], w.to[i] = from, to
	truth := Truth{From: p.From, Kind: Fresh, Syn: p.Flags&SYN != 0}
	switch {
	case from == to && p.Flags&RST == 0:
		truth.Kind = Empty
	case again:
		h.refused(p.Taken)
		repeated := min(to, before)
		truth.Kind, truth.Cause = Again, p.Sender.cause()
		if w.answers(p) {
			truth.Cause = Answer
		}
		truth.Needless = h.arriving.cover(from, repeated)
		truth.Arrived = h.arrived.meet(from, repeated)
	}
	if w.delivered[i] {
		h.arriving.add(from, to)
	}
	return truth
}

// answers reports whether p is a SYN-ACK that its sender gave for a SYN which was delivered to it just now.
func (w *walk) answers(p *Packet) bool {
	if p.Flags&(SYN|ACK) != SYN|ACK || w.last.Packet < 0 {
		return false
	}
	before := &w.trace.Packets[w.last.Packet]
	return !w.last.In() && before.Flags&SYN != 0 && before.Src == p.Dst && before.Dst == p.Src
}

// arrives takes a copy that was delivered.
func (w *walk) arrives(e Event) Truth {
	p, truth := &w.trace.Packets[e.Packet], w.told[e.Packet]
	h := w.streams[p.flow()]
	from, to := w.from[e.Packet], w.to[e.Packet]
	switch {
	case e.Copy > 0:
		truth = Truth{From: p.From, Kind: Duplicate, Syn: truth.Syn}
	case truth.Kind == Fresh && from < h.seen.end():
		truth.Kind, truth.Repeated = Late, h.seen.meet(from, to)
	case truth.Kind == Again:
		truth.Hidden = from >= h.seen.end()
	}
	h.arrived.add(from, to)
	h.seen.add(from, to)
	return truth
}

// ranges is a set of offsets: disjoint ranges in order.
type ranges []span

type span struct{ from, to int64 }

// end is the offset behind the last range.
func (r ranges) end() int64 {
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1].to
}

// add puts a range into the set.
func (r *ranges) add(from, to int64) {
	if from == to {
		return
	}
	first, _ := slices.BinarySearchFunc(*r, from, func(s span, at int64) int { return int(s.to - at) })
	last := first
	for last < len(*r) && (*r)[last].from <= to {
		from, to = min(from, (*r)[last].from), max(to, (*r)[last].to)
		last++
	}
	*r = slices.Replace(*r, first, last, span{from, to})
}

// remove takes a range out of the set.
func (r *ranges) remove(from, to int64) {
	var rest ranges
	for _, s := range *r {
		if s.from < min(s.to, from) {
			rest = append(rest, span{s.from, min(s.to, from)})
		}
		if max(s.from, to) < s.to {
			rest = append(rest, span{max(s.from, to), s.to})
		}
	}
	*r = rest
}

// cover reports whether the set has all of a range.
func (r ranges) cover(from, to int64) bool {
	return slices.ContainsFunc(r, func(s span) bool { return s.from <= from && to <= s.to })
}

// meet reports whether the set has some of a range.
func (r ranges) meet(from, to int64) bool {
	return slices.ContainsFunc(r, func(s span) bool { return s.from < to && from < s.to })
}

// missing is how much of a range the set lacks.
func (r ranges) missing(from, to int64) int64 {
	n := max(0, to-from)
	for _, s := range r {
		n -= max(0, min(to, s.to)-max(from, s.from))
	}
	return n
}
