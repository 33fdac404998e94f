package output

import (
	"cmp"
	"container/list"
	"math"
	"slices"
	"strconv"
	"strings"

	"hanalyze"
)

// Limits of what a Story holds back until a connection's conn record says that it is complete. A block that reaches one
// is written as far as it goes and goes on later, marked as continued.
const (
	// maxHeldLines bounds the lines of one connection. A page of a web site takes some dozen exchanges; whoever reads on
	// past 200 lines no longer looks at the connection's heading.
	maxHeldLines = 200
	// maxHeldBytes bounds the text of all connections together, so that many long connections at once cost no more
	// memory than their reassembly does.
	maxHeldBytes = 8 << 20
	// blockCost is what a block costs besides its text.
	blockCost = 512
)

// Story renders records as text for people: a block per connection, in the order in which connections end, and a summary.
// Records are turned to text when they come; only text is held back. A Story is not safe for concurrent use.
type Story struct {
	page   page
	conns  Conns
	match  Match
	mode   LadderMode
	blocks map[uint64]*list.Element // by Flow.ID
	age    *list.List               // of *block, oldest first
	held   int                      // bytes

	tally       tally
	fruitless   fruitless
	origin      hanalyze.Time // first packet of flow 1
	originKnown bool
	written     bool // something was written
	tight       bool // the last block was compact: another compact one follows without an empty line
}

// NewStory returns a Story. Of the options ShowSecrets does not matter: header values are never part of its text.
func NewStory(o Options) *Story {
	return &Story{page: newPage(o), conns: o.Conns, match: o.Match, mode: o.Ladder, blocks: map[uint64]*list.Element{}, age: list.New()}
}

// block holds the text of a connection that is not complete.
type block struct {
	flow      *hanalyze.Flow
	path      string // of its records so far
	text      []byte
	lines     []line
	continued bool    // a part of it has been written
	ladder    *ladder // nil when none is asked for, and for UDP
	events    bool    // it has tcp_event lines, which tell the steps
	told      bool    // it has lines of what the connection was for
	chosen    bool    // one of its records is to be told, and so all are
}

// line is a line of the timeline, or several that belong together.
type line struct {
	frame      uint64 // where in the capture
	step       bool   // tells of the connection itself: before what its packet carries
	start, end int    // in block.text
}

// compare orders lines by packet.
func (l line) compare(m line) int {
	if c := cmp.Compare(l.frame, m.frame); c != 0 || l.step == m.step {
		return c
	}
	if l.step {
		return -1
	}
	return 1
}

// lastFrame sorts what has no time of its own behind what has.
const lastFrame = math.MaxUint64

// The columns of a timeline: time, mark (direction or "!"), label, text.
const (
	timeColumns  = 13
	labelColumns = 8
	textIndent   = timeColumns + 2 + 2 + labelColumns + 1
)

// Append turns r into text. Blocks come out with their conn record, the rest and the summary with the stats record.
func (s *Story) Append(b []byte, r hanalyze.Record) []byte {
	if stats, ok := r.(*hanalyze.Stats); ok {
		return s.end(b, stats)
	}
	e := r.Head()
	if e != nil && e.Flow != nil && e.Flow.ID == 1 {
		s.origin, s.originKnown = e.Flow.First.Time, true
	}
	if !s.conns.tells(r) {
		return b
	}
	chosen := s.match.chooses(r)
	if h, ok := r.(*hanalyze.HTTP); ok && chosen {
		s.tally.web.add(h)
	}
	if f, ok := r.(*hanalyze.Finding); ok {
		if chosen {
			s.tally.add(f)
		}
		if e.Flow == nil && !chosen {
			return b
		}
		if e.Flow == nil {
			return s.wide(b, f)
		}
	}
	if _, ok := r.(*hanalyze.Notice); ok || e == nil || e.Flow == nil {
		return b
	}
	k := s.block(e)
	k.chosen = k.chosen || chosen
	before := k.size()
	if c, ok := r.(*hanalyze.Conn); ok {
		return s.close(b, k, c)
	}
	s.hold(k, r)
	s.held += k.size() - before
	if len(k.lines) >= maxHeldLines || k.ladder != nil && len(k.ladder.head) >= maxFullRungs {
		b = s.partial(b, k)
	}
	for s.held > maxHeldBytes {
		b = s.release(b, s.age.Front().Value.(*block))
	}
	return b
}

// block returns the block of a record's flow, a new one if need be.
func (s *Story) block(e *hanalyze.Envelope) *block {
	el := s.blocks[e.Flow.ID]
	if el == nil {
		el = s.hang(&block{flow: e.Flow})
	}
	k := el.Value.(*block)
	if len(e.Path) > len(k.path) {
		k.path = e.Path
	}
	return k
}

// hang puts a new block among those that are held.
func (s *Story) hang(k *block) *list.Element {
	if s.mode != NoLadder && k.flow.Transport == hanalyze.TCP {
		k.ladder = &ladder{full: s.mode == FullLadder}
	}
	el := s.age.PushBack(k)
	s.blocks[k.flow.ID] = el
	s.held += k.size()
	return el
}

// size returns the memory a block takes.
func (k *block) size() int {
	n := blockCost + cap(k.text)
	if k.ladder != nil {
		n += k.ladder.size()
	}
	return n
}

// hold adds the lines of a record to its block.
func (s *Story) hold(k *block, r hanalyze.Record) {
	switch r.(type) {
	case *hanalyze.HTTP, *hanalyze.DNS, *hanalyze.TLS, *hanalyze.QUIC, *hanalyze.HTTP2Frame, *hanalyze.WebSocket:
		k.told = true
	}
	if k.ladder != nil && k.ladder.hold(r) {
		return
	}
	switch r := r.(type) {
	case *hanalyze.HTTP:
		s.exchange(k, r)
		if r.GRPC != nil {
			s.call(k, r.GRPC)
		}
		s.meaning(k, r)
		k.text = s.page.contents(k.text, r)
		k.lines[len(k.lines)-1].end = len(k.text)
	case *hanalyze.DNS:
		s.question(k, r)
	case *hanalyze.TLS:
		s.line(k, &r.Start, " ", chunk{tlsLabel(r), plain}, tlsWords(r))
	case *hanalyze.QUIC:
		s.quic(k, r)
	case *hanalyze.WebSocket:
		s.webSocket(k, r)
	case *hanalyze.WebSocketMessage:
		s.line(k, &r.Start, arrow(r.Dir), chunk{"ws", plain}, messageWords(r))
		k.text = s.page.message(k.text, r)
		k.lines[len(k.lines)-1].end = len(k.text)
	case *hanalyze.Finding:
		s.finding(k, r)
	case *hanalyze.HTTP2Frame:
		s.line(k, &r.Start, arrow(r.Dir), chunk{"frame", dim}, frameWords(r))
	case *hanalyze.TCPEvent:
		k.events = true
		s.line(k, &r.Start, arrow(r.Dir), chunk{flagNames(r.Flags), bold}, eventWords(r))
	}
}

// arrow points from the sender to the receiver, the client being on the left.
func arrow(d hanalyze.Dir) string {
	if d == hanalyze.C2S {
		return "→"
	}
	return "←"
}

func dnsLabel(d *hanalyze.DNS) string {
	if d.Protocol == "" {
		return "dns"
	}
	return Printable(d.Protocol)
}

func tlsLabel(t *hanalyze.TLS) string {
	if strings.HasSuffix(t.Path, "dtls") {
		return "dtls"
	}
	return "tls"
}

// line adds a line to the timeline of k. Without a time it goes to the end.
func (s *Story) line(k *block, at *hanalyze.Meta, mark string, label chunk, words []chunk) {
	start := len(k.text)
	k.text = s.prefix(k.text, k, at, mark, label)
	k.text = s.page.wrap(k.text, textIndent, textIndent, words)
	frame := uint64(lastFrame)
	if at != nil {
		frame = at.Packet
	}
	k.lines = append(k.lines, line{frame: frame, start: start, end: len(k.text)})
}

// more adds a line that stays with the last one of k.
func (s *Story) more(k *block, at *hanalyze.Meta, mark string, label chunk, words []chunk) {
	k.text = s.prefix(k.text, k, at, mark, label)
	k.text = s.page.wrap(k.text, textIndent, textIndent, words)
	k.lines[len(k.lines)-1].end = len(k.text)
}

// prefix appends the columns before the text.
func (s *Story) prefix(b []byte, k *block, at *hanalyze.Meta, mark string, label chunk) []byte {
	when := ""
	if at != nil {
		when = offset(at.Time.Sub(k.flow.First.Time))
	}
	b = s.page.paint(b, chunk{padLeft(when, timeColumns), dim})
	b = append(b, ' ', ' ')
	if mark == "!" {
		b = s.page.paint(b, chunk{mark, label.color})
	} else {
		b = s.page.paint(b, chunk{mark, dim})
	}
	b = append(b, ' ')
	label.text = pad(shorten(label.text, labelColumns), labelColumns)
	b = s.page.paint(b, label)
	return append(b, ' ')
}

// question adds a question and its answer. On UDP a flow is most often one question: its line does without the columns of
// a timeline, and tells its time only when it is not the flow's.
func (s *Story) question(k *block, d *hanalyze.DNS) {
	if d.Flow.Transport != hanalyze.UDP {
		s.line(k, &d.Start, " ", chunk{dnsLabel(d), plain}, dnsWords(d))
		return
	}
	words := dnsWords(d)
	if later := d.Start.Time.Sub(d.Flow.First.Time); later != 0 {
		words = append(words, chunk{offset(later), dim})
	}
	start := len(k.text)
	k.text = s.page.wrap(append(k.text, spaces(compactIndent)...), compactIndent, compactIndent, words)
	k.lines = append(k.lines, line{frame: d.Start.Packet, start: start, end: len(k.text)})
}

// compactIndent is where the lines of a compact block and the second line of a heading begin.
const compactIndent = 4

// finding adds a finding: what, why it matters, what to do. One about the connection as a whole goes to the end.
func (s *Story) finding(k *block, f *hanalyze.Finding) {
	at := &f.Start
	if f.Start.Packet <= f.Flow.First.Packet {
		at = nil
	}
	s.line(k, at, "!", chunk{f.Severity.String(), severityColor(f.Severity)}, findingWords(f))
	if f.Severity >= hanalyze.Warning && f.Why != "" {
		s.more(k, nil, " ", chunk{}, []chunk{{clip(f.Why), plain}})
	}
	if f.Severity >= hanalyze.Warning && f.Advice != "" {
		s.more(k, nil, " ", chunk{}, []chunk{{"To do: " + clip(f.Advice), plain}})
	}
}

// wide writes a finding about the capture as a whole, at once.
func (s *Story) wide(b []byte, f *hanalyze.Finding) []byte {
	b = s.separate(b, false)
	b = s.page.paint(b, chunk{"! " + f.Severity.String(), severityColor(f.Severity)})
	b = append(b, ' ', ' ')
	b = s.page.wrap(b, len("! ")+len(f.Severity.String())+2, compactIndent, findingWords(f))
	if f.Why != "" {
		b = s.page.wrap(append(b, spaces(compactIndent)...), compactIndent, compactIndent, []chunk{{clip(f.Why), plain}})
	}
	return b
}

// separate appends the empty line between blocks. Compact ones follow each other without one.
func (s *Story) separate(b []byte, compact bool) []byte {
	if s.written && !(compact && s.tight) {
		b = append(b, '\n')
	}
	s.written, s.tight = true, compact
	return b
}

// close writes the block of a connection that is complete.
func (s *Story) close(b []byte, k *block, c *hanalyze.Conn) []byte {
	s.forget(k)
	if !k.chosen {
		return b
	}
	if !k.told && !k.continued && cameToNothing(c) && s.fruitless.fold(c) {
		return b
	}
	compact := c.TCP == nil
	b = s.separate(b, compact)
	b = s.heading(b, k, c)
	if k.ladder != nil {
		return s.closeLadder(b, k, c)
	}
	n := len(k.lines)
	s.unreachable(k, c)
	s.connLines(k, c)
	for i := range k.lines[n:] {
		k.lines[n+i].step = true
	}
	return s.timeline(b, k)
}

// partial writes what is held of a connection that goes on, and holds what comes next.
func (s *Story) partial(b []byte, k *block) []byte {
	b = s.release(b, k)
	s.hang(&block{flow: k.flow, path: k.path, continued: true, events: k.events, chosen: k.chosen})
	return b
}

// release writes what is held of a connection that goes on, and forgets it. Its rest will be a block of its own.
func (s *Story) release(b []byte, k *block) []byte {
	s.forget(k)
	if !k.chosen || len(k.lines) == 0 && (k.ladder == nil || k.ladder.empty()) {
		return b
	}
	b = s.separate(b, false)
	client, server := endpoints(k.flow)
	b = s.page.wrap(b, 0, compactIndent, []chunk{
		{"#" + strconv.FormatUint(k.flow.ID, 10), bold}, {client + " → " + server, bold}, {stack(k.path), cyan},
		{continuedWord(k.continued), dim}, {"not over yet", dim},
	})
	if k.ladder != nil {
		b = k.ladder.draw(b, s.page, k.flow, nil)
	}
	return s.timeline(b, k)
}

func continuedWord(on bool) string {
	if on {
		return "continued"
	}
	return ""
}

// timeline writes the lines of a block in the order of their packets.
func (s *Story) timeline(b []byte, k *block) []byte {
	slices.SortStableFunc(k.lines, line.compare)
	for _, l := range k.lines {
		b = append(b, k.text[l.start:l.end]...)
	}
	return b
}

// forget takes a block out of what is held.
func (s *Story) forget(k *block) {
	el := s.blocks[k.flow.ID]
	s.age.Remove(el)
	delete(s.blocks, k.flow.ID)
	s.held -= k.size()
}

// end writes what is held, then the summary.
func (s *Story) end(b []byte, stats *hanalyze.Stats) []byte {
	for s.age.Len() > 0 {
		b = s.release(b, s.age.Front().Value.(*block))
	}
	if s.fruitless.any() {
		b = s.fruitless.append(s.separate(b, false), s.page)
	}
	b = s.separate(b, false)
	return appendSummary(b, s.page, stats, &s.tally)
}
