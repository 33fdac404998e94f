package decode

import (
	"time"

	"hanalyze"
	"hanalyze/h2"
)

// maxReplay bounds the packets remembered of a direction in which h2 looks for a frame: it keeps 64 KB, which is as many
// packets of ordinary size as this is thirty times.
const maxReplay = 1 << 10

// replay remembers the packets of bytes that h2 keeps while it looks for a frame in them: what they say is told late, but
// with the packets they came in.
type replay struct {
	kept  []arrival
	base  int64         // offset of the bytes being fed
	begun hanalyze.Meta // the packet in which the frame began that was under way before them
}

// arrival is bytes of one packet.
type arrival struct {
	end  int64 // offset behind them
	meta hanalyze.Meta
}

// note takes the n bytes of d that are about to be fed.
func (r *replay) note(c *h2.Conn, d hanalyze.Dir, n int, now hanalyze.Meta) {
	r.base = c.Offset(d)
	if !c.Hunting(d) {
		return
	}
	a := arrival{c.Offset(d) + int64(n), now}
	if len(r.kept) >= maxReplay {
		r.kept = append(r.kept[:0], r.kept[maxReplay/2:]...)
	}
	r.kept = append(r.kept, a)
}

// settle takes note of where the frame began that is under way, and forgets the packets once the direction is read as it
// comes again.
func (r *replay) settle(c *h2.Conn, d hanalyze.Dir, now hanalyze.Meta) {
	if at, ok := c.Begun(d); ok {
		r.begun = r.first(at, now)
	}
	r.base = c.Offset(d)
	if len(r.kept) > 0 && !c.Hunting(d) {
		r.kept = r.kept[:0]
	}
}

// at returns the packet of the byte before offset end; now is that of the bytes being fed.
func (r *replay) at(end int64, now hanalyze.Meta) hanalyze.Meta {
	for i := range r.kept {
		if r.kept[i].end >= end {
			return r.kept[i].meta
		}
	}
	return now
}

// first returns the packet of the byte at offset begin, at which a frame begins; now is that of the bytes being fed.
func (r *replay) first(begin int64, now hanalyze.Meta) hanalyze.Meta {
	if begin < r.base && len(r.kept) == 0 {
		return r.begun
	}
	return r.at(begin+1, now)
}

// minHeadOfLine is the least wait worth telling, as for TCP as a whole: shorter ones are packets that overtook each other.
const minHeadOfLine = time.Millisecond

// holes tells bytes that waited for a hole in the TCP stream from the bytes that filled it.
type holes struct {
	since hanalyze.Meta // when the bytes being fed came, if they waited; else Packet is 0
	split bool          // the hole ends inside a frame header: the first stream told is that frame's
	own   uint32        // the stream of the frame in which the hole ends, 0 if there is none
}

// note takes the bytes of d that are about to be fed: since is when they came, if they waited.
func (o *holes) note(c *h2.Conn, d hanalyze.Dir, since hanalyze.Meta) {
	waited := o.since.Packet != 0
	o.since = since
	if since.Packet != 0 && !waited {
		o.own, o.split = c.Unfinished(d)
	}
}

// delay is how long bytes of a stream waited, although they had arrived, for lost bytes of other streams.
type delay struct {
	fresh [2]uint64 // the packet of the last bytes that had not waited, by direction
	total time.Duration
	until hanalyze.Time // what overlaps counts once
}

func (l *delay) told() hanalyze.Span {
	if l.total < minHeadOfLine {
		return hanalyze.Span{}
	}
	return hanalyze.Known(l.total)
}

// passed looks at the bytes that an event tells of. They waited for others' bytes if they came before the hole was filled
// and no byte of their own stream was in the hole: then TCP alone held them back (head-of-line blocking).
func (h *http2) passed(e *h2.Event) {
	o := &h.holes[e.Dir]
	switch e.Kind {
	case h2.KindHeadBegin, h2.KindHeaders, h2.KindData:
	case h2.KindFrame:
		if e.Frame.Type != h2.FrameData {
			o.split = false
			return
		}
	default:
		return
	}
	x := h.open[e.StreamID]
	if x == nil {
		return
	}
	if o.since.Packet == 0 || o.split || o.own == e.StreamID {
		x.late.fresh[e.Dir] = h.now.Packet
		o.split, o.own = false, 0
		return
	}
	if x.late.fresh[e.Dir] > o.since.Packet {
		return
	}
	if from := max(o.since.Time, x.late.until); h.now.Time > from {
		x.late.total += h.now.Time.Sub(from)
		x.late.until = h.now.Time
	}
}

// maxOrphans bounds the answers that wait for their requests. A client's direction that is not understood yet holds 64 KB.
const maxOrphans = 64

// orphaned takes an answer without its request. The request is not in the capture, unless it is among the bytes in which h2
// still looks for a frame: then it will follow.
func (h *http2) orphaned(x *exchange2) {
	if !h.conn.Hunting(hanalyze.C2S) {
		h.finish(x)
		return
	}
	h.orphans = append(h.orphans, x)
	if len(h.orphans) > maxOrphans {
		x, h.orphans = h.orphans[0], h.orphans[1:]
		h.pressed++
		h.finishOrphan(x)
	}
}

// finishOrphans tells the answers whose requests have not come, once no more bytes of the client wait.
func (h *http2) finishOrphans() {
	if len(h.orphans) == 0 || h.conn.Hunting(hanalyze.C2S) {
		return
	}
	for _, x := range h.orphans {
		h.finishOrphan(x)
	}
	h.orphans = nil
}

// finishOrphan tells an answer if it is still without its request.
func (h *http2) finishOrphan(x *exchange2) {
	if h.open[x.StreamID] == x && x.Method == "" {
		h.finish(x)
	}
}
