package output

import (
	"strings"
	"time"

	"hanalyze"
)

// LadderMode says whether and how a Story shows TCP connections as ladders: two ends, and an arrow for each packet.
type LadderMode uint8

// The modes.
const (
	NoLadder    LadderMode = iota
	ShortLadder            // runs of ordinary packets are one arrow, and a long connection shows its head and tail
	FullLadder             // every packet is an arrow
)

// Limits of a ladder.
const (
	// maxHeadRungs and maxTailRungs bound a short ladder: the opening with the first exchanges, and how it ended. Together
	// they are two screens; whoever needs more asks for a full one.
	maxHeadRungs = 80
	maxTailRungs = 40
	// maxFullRungs bounds what is held of a full ladder. What comes after it is another part of the connection.
	maxFullRungs = 4096
	// maxNotes bounds the notes beside a ladder, a few for each rung of a short one.
	maxNotes = 512
	// minRun is how many packets make a run: three arrows are read faster than a sum.
	minRun = 4
	// runPause ends a run. It is Linux's smallest retransmission timeout: a longer silence means something.
	runPause = 200 * time.Millisecond
	// rungCost is what a rung takes in memory, and noteCost what a note takes besides its text.
	rungCost = 288
	noteCost = 64
)

// ladder collects the packets of a connection. It is for drawing once the connection is over, or too long to be held.
type ladder struct {
	full    bool
	head    []rung
	tail    []rung // the last ones when head is full, the oldest at oldest
	oldest  int
	left    uint64 // packets between head and tail that are not shown
	run     run
	notes   []note
	unnoted uint64 // notes that are not shown
	text    int    // bytes of all notes
	state   [2]hanalyze.TCPState
	window  [2]uint64 // last receive window each end offered, valid iff offers
	offers  [2]bool
}

// rung is one arrow: a packet, or a run of them.
type rung struct {
	first, last  hanalyze.Meta
	since        hanalyze.Span // since the packet before first
	dir          hanalyze.Dir
	flags        string
	class        string
	step         string
	retry        uint64
	merged       bool
	seq, end     int64 // first byte, and the one after the last
	ack          int64 // highest
	acks         bool  // ack is valid
	bytes        int64 // payload
	window       uint64
	windowKnown  bool
	closesWindow bool // the window is zero
	opensWindow  bool // and was zero before
	moves        bool // a state changed
	state        [2]hanalyze.TCPState
	sack         hanalyze.SACKBlock // the first block, valid iff sacks
	sacks        int                // blocks
	packets      uint64             // 1, or those of a run
	segments     uint64             // packets of a run in its direction
	answers      uint64             // packets of a run in the other one: ACKs
}

// run is a sequence of ordinary packets that may become one rung: segments of one class and direction with the ACKs that
// answer them, or ACKs alone.
type run struct {
	few []rung // the packets, as long as they are fewer than minRun
	sum rung   // all of them, valid iff sum.packets > 0
}

// note is what a record says of a packet.
type note struct {
	frame uint64
	words []chunk
}

// size returns the memory l takes.
func (l *ladder) size() int {
	return rungCost*(cap(l.head)+cap(l.tail)+cap(l.run.few)) + noteCost*cap(l.notes) + l.text
}

// add takes the next packet.
func (l *ladder) add(p *hanalyze.Packet) {
	r := l.rung(p)
	if l.full || !r.ordinary() {
		l.flush()
		l.put(r)
		return
	}
	if !l.run.takes(&r) {
		l.flush()
	}
	l.run.add(r)
}

// rung makes the rung of a packet.
func (l *ladder) rung(p *hanalyze.Packet) rung {
	r := rung{
		first: p.Start, last: p.Start, since: p.SincePrev, dir: p.Dir, flags: p.Flags, class: p.Class,
		step: p.Step, retry: p.Retry, merged: p.Merged, bytes: p.Len,
		state: [2]hanalyze.TCPState{p.ClientState, p.ServerState}, packets: 1, segments: 1,
	}
	if p.Seq != nil {
		r.seq, r.end = *p.Seq, *p.Seq+p.Len
	}
	if p.Ack != nil {
		r.ack, r.acks = *p.Ack, true
	}
	if r.sacks = len(p.SACK); r.sacks > 0 {
		r.sack = p.SACK[0]
	}
	r.moves = r.state != l.state
	l.state = r.state
	if p.WindowBytes != nil && !r.has('R') {
		r.window, r.windowKnown = *p.WindowBytes, true
		r.closesWindow = r.window == 0
		r.opensWindow = r.window > 0 && l.offers[p.Dir] && l.window[p.Dir] == 0
		l.window[p.Dir], l.offers[p.Dir] = r.window, true
	}
	return r
}

// has reports whether a flag is set, by its letter.
func (r *rung) has(letter byte) bool {
	for i := range len(r.flags) {
		if r.flags[i] == letter {
			return true
		}
	}
	return false
}

// isACK reports whether r is an acknowledgment and nothing else.
func (r *rung) isACK() bool { return r.class == "pure_ack" || r.class == "duplicate_ack" }

// ordinary reports whether r may be part of a run.
func (r *rung) ordinary() bool {
	if r.moves || r.step != "" || r.closesWindow || r.opensWindow || r.flags != "A" && r.flags != "PA" {
		return false
	}
	switch r.class {
	case "new", "ahead", "retransmission", "out_of_order":
		return r.bytes > 0
	}
	return r.isACK()
}

// takes reports whether r, an ordinary packet, continues the run.
func (n *run) takes(r *rung) bool {
	sum := &n.sum
	if d, known := r.since.Get(); sum.packets == 0 || known && d > runPause {
		return false
	}
	if r.dir == sum.dir {
		return r.class == sum.class
	}
	return r.isACK() && !sum.isACK()
}

// add puts r into the run.
func (n *run) add(r rung) {
	if n.sum.packets == 0 {
		n.few, n.sum = append(n.few[:0], r), r
		return
	}
	sum := &n.sum
	sum.last, sum.state = r.last, r.state
	sum.packets++
	if r.dir == sum.dir {
		sum.segments++
		sum.bytes += r.bytes
		sum.seq, sum.end = min(sum.seq, r.seq), max(sum.end, r.end)
		sum.ack = max(sum.ack, r.ack)
	} else {
		sum.answers++
	}
	if len(n.few) < minRun {
		n.few = append(n.few, r)
	}
}

// flush ends the run.
func (l *ladder) flush() {
	n := &l.run
	switch {
	case n.sum.packets >= minRun:
		l.put(n.sum)
	default:
		for _, r := range n.few {
			l.put(r)
		}
	}
	n.few, n.sum = n.few[:0], rung{}
}

// put adds a rung at the end.
func (l *ladder) put(r rung) {
	switch {
	case l.full || len(l.head) < maxHeadRungs:
		l.head = append(l.head, r)
	case len(l.tail) < maxTailRungs:
		l.tail = append(l.tail, r)
	default:
		l.left += l.tail[l.oldest].packets
		l.tail[l.oldest] = r
		l.oldest = (l.oldest + 1) % maxTailRungs
	}
}

// note keeps words about a packet for as long as its rung may be shown.
func (l *ladder) note(frame uint64, words ...chunk) {
	if len(l.notes) >= maxNotes {
		l.prune()
	}
	if len(l.notes) >= maxNotes {
		l.unnoted++
		return
	}
	for i := range words {
		words[i].text = strings.Clone(words[i].text) // nothing of the record is kept
		l.text += len(words[i].text)
	}
	l.notes = append(l.notes, note{frame, words})
}

// prune drops the notes about packets that are not shown any more.
func (l *ladder) prune() {
	if l.left == 0 {
		return
	}
	before, after := l.head[len(l.head)-1].last.Packet, l.tail[l.oldest].first.Packet
	kept := l.notes[:0]
	l.text = 0
	for _, n := range l.notes {
		if n.frame > before && n.frame < after {
			continue
		}
		kept = append(kept, n)
		for _, c := range n.words {
			l.text += len(c.text)
		}
	}
	clear(l.notes[len(kept):])
	l.notes = kept
}

// empty reports whether there is nothing to draw.
func (l *ladder) empty() bool { return len(l.head) == 0 && l.run.sum.packets == 0 }

// hold takes a record and reports whether the ladder tells it: packets as arrows, what they carry as notes.
func (l *ladder) hold(r hanalyze.Record) bool {
	switch r := r.(type) {
	case *hanalyze.Packet:
		l.add(r)
	case *hanalyze.HTTP:
		l.exchange(r)
	case *hanalyze.TLS:
		l.note(r.Last.Packet, liveTLS(r)...)
	case *hanalyze.DNS:
		l.note(r.Last.Packet, dnsWords(r)...)
	case *hanalyze.TCPEvent: // its packet tells the same
	default:
		return false
	}
	return true
}

// maxNote bounds the columns of a path in a note.
const maxNote = 60

// exchange notes a request at its first packet, and the answer at its last.
func (l *ladder) exchange(h *hanalyze.HTTP) {
	if h.Method != "" {
		l.note(h.Start.Packet, chunk{shorten(clip(h.Method), labelColumns) + " " + shorten(target(h), maxNote), bold})
	}
	if h.Status == 0 {
		return
	}
	status, c := answerLabel(h)
	words := []chunk{{status + " " + shorten(reason(h), maxNote), c}}
	if h.Response != nil {
		words = append(words, chunk{shorten(clip(h.Response.ContentType), 30) + "  " + body(h.Response), plain})
	}
	l.note(h.Last.Packet, append(words, exchangeTime(&h.Timing))...)
}

// closeLadder writes the ladder of a connection that is complete, how it began and ended, and its findings.
func (s *Story) closeLadder(b []byte, k *block, c *hanalyze.Conn) []byte {
	findings := k.lines
	part := func(add func()) {
		k.lines = nil
		add()
		b = s.timeline(b, k)
	}
	if c.TCP != nil {
		part(func() { s.opening(k, c) })
	}
	b = k.ladder.draw(b, s.page, k.flow, c)
	if c.TCP != nil {
		part(func() {
			s.line(k, nil, " ", chunk{"close", plain}, closeWords(c.TCP))
			s.account(k, c)
		})
	}
	k.lines = findings
	return s.timeline(b, k)
}
