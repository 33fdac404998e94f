package output

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// The columns of a ladder: time since the connection's start, time since its last packet, the packet's number where there
// is room, the client's state, the lane with the arrows between its two bars, the server's state, and notes where there
// is room. Without room notes are lines in the lane.
const (
	elapsedColumns = len("+999.999 ms")
	sinceColumns   = len("-99.9 ms")
	packetColumns  = len("1234567")
	stateColumns   = len("syn_received")
	figureFrom     = 80  // a narrower ladder shows nothing: it is this wide in any terminal
	packetsFrom    = 100 // width from which packets have their number
	minNotes       = 30
	minLane        = 48 // beside notes
	maxLane        = 72 // a longer arrow is hard to follow
	noteIndent     = 3  // of notes in the lane: below the arrow's label
)

// figure draws a ladder.
type figure struct {
	page
	flow    *hanalyze.Flow
	conn    *hanalyze.Conn       // nil while the connection goes on
	left    int                  // columns before the left bar
	lane    int                  // columns between the bars
	notes   int                  // columns of the notes, 0 for none
	state   [2]hanalyze.TCPState // as shown last
	offered [2]bool              // what the SYN of each end offers was told
}

func newFigure(p page, f *hanalyze.Flow, c *hanalyze.Conn) *figure {
	p.width = max(p.width, figureFrom)
	g := &figure{page: p, flow: f, conn: c}
	g.left = elapsedColumns + 1 + sinceColumns + 1 + stateColumns + 1
	if p.width >= packetsFrom {
		g.left += packetColumns + 1
	}
	room := p.width - g.left - 2 - 1 - stateColumns
	if room >= minLane+2+minNotes {
		g.lane = min(maxLane, max(minLane, (room-2)/2))
		g.notes = room - 2 - g.lane
	} else {
		g.lane = room
	}
	return g
}

// draw appends the ladder.
func (l *ladder) draw(b []byte, p page, f *hanalyze.Flow, c *hanalyze.Conn) []byte {
	l.flush()
	if len(l.head) == 0 {
		return b
	}
	g := newFigure(p, f, c)
	slices.SortStableFunc(l.notes, func(a, b note) int { return cmp.Compare(a.frame, b.frame) })
	b = g.title(append(b, '\n'))
	notes := l.notes
	for i := range l.head {
		b, notes = g.rung(b, &l.head[i], notes)
	}
	if l.left > 0 {
		b = g.row(b, cells{lane: chunk{" ⋮ " + count(l.left, "packet") + " left out (--ladder=full)", yellow}})
	}
	for i := range l.tail {
		b, notes = g.rung(b, &l.tail[(l.oldest+i)%len(l.tail)], notes)
	}
	if n := l.unnoted + uint64(len(notes)); n > 0 {
		b = g.row(b, cells{lane: chunk{" ⋮ " + count(n, "note") + " left out", dim}})
	}
	return append(b, '\n')
}

// cells are the texts of one row.
type cells struct {
	elapsed, since, packet string
	state                  [2]hanalyze.TCPState
	bars                   [2]string // "│" where empty
	lane                   chunk
	inLane                 []byte // a note in place of lane, of so many columns
	inLaneColumns          int
	note                   []byte
}

// row appends a row.
func (g *figure) row(b []byte, c cells) []byte {
	b = g.paint(b, chunk{g.before(c.elapsed, c.since, c.packet), dim})
	b = g.paint(b, chunk{padLeft(string(c.state[0]), stateColumns), stateColor(c.state[0])})
	b = append(b, ' ')
	b = g.paint(b, chunk{cmp.Or(c.bars[0], "│"), dim})
	if c.inLane != nil {
		b = append(append(append(b, spaces(noteIndent)...), c.inLane...), spaces(g.lane-noteIndent-c.inLaneColumns)...)
	} else {
		c.lane.text = pad(shorten(c.lane.text, g.lane), g.lane)
		b = g.paint(b, c.lane)
	}
	b = g.paint(b, chunk{cmp.Or(c.bars[1], "│"), dim})
	b = append(b, ' ')
	b = g.paint(b, chunk{pad(string(c.state[1]), stateColumns), stateColor(c.state[1])})
	if len(c.note) > 0 {
		b = append(append(b, ' ', ' '), c.note...)
	}
	return append(bytes.TrimRight(b, " "), '\n')
}

// before returns the columns before the client's state.
func (g *figure) before(elapsed, since, packet string) string {
	s := padLeft(elapsed, elapsedColumns) + " " + padLeft(since, sinceColumns) + " "
	if g.width >= packetsFrom {
		s += padLeft(packet, packetColumns) + " "
	}
	return s
}

func stateColor(s hanalyze.TCPState) color {
	if s == hanalyze.Established {
		return green
	}
	return cyan
}

// title appends the names of the ends above their bars, and of the columns.
func (g *figure) title(b []byte) []byte {
	client, server := g.flow.Client.String(), g.flow.Server.String()
	if g.flow.ServerName != "" {
		server = clip(g.flow.ServerName) + ":" + strconv.Itoa(int(g.flow.Server.Port()))
	}
	client = padLeft(shorten(client, g.left+1), g.left+1)
	server = shorten(server, g.width-g.left-1-2)
	// The server's name begins at its bar, or as far before it as it needs.
	at := min(g.left+1+g.lane, g.width-textColumns(server))
	b = g.paint(b, chunk{client, bold})
	b = append(b, spaces(at-g.left-1)...)
	b = append(g.paint(b, chunk{server, bold}), '\n')

	titles := g.before("since start", "previous", "packet") + padLeft("client", stateColumns) + " │" + spaces(g.lane) + "│ server"
	return append(g.paint(b, chunk{titles, dim}), '\n')
}

// rung appends the row of r and its notes, and returns the notes about later packets. Notes about earlier ones concern
// packets that are not shown.
func (g *figure) rung(b []byte, r *rung, notes []note) ([]byte, []note) {
	for len(notes) > 0 && notes[0].frame < r.first.Packet {
		notes = notes[1:]
	}
	c := cells{elapsed: elapsed(r.first.Time.Sub(g.flow.First.Time)), packet: strconv.FormatUint(r.first.Packet, 10)}
	if d, ok := r.since.Get(); ok {
		c.since = briefly(d)
	}
	for i, s := range r.state {
		if s != g.state[i] {
			c.state[i] = s
		}
	}
	g.state = r.state
	mark := r.mark()
	label, marked, unsaid := g.label(r, mark.text)
	c.lane, c.bars = g.arrow(r, label, mark.color)
	if marked {
		mark.text = ""
	}
	words := append([]chunk{mark}, g.incidents(r)...)
	words = append(append(words, unsaid), g.asides(r)...)
	words, notes = withNotes(words, notes, r.last.Packet)
	return g.annotated(b, c, words), notes
}

// withNotes appends the notes about packets up to last to words, a few of them, and returns the others.
func withNotes(words []chunk, notes []note, last uint64) ([]chunk, []note) {
	n := 0
	for ; len(notes) > 0 && notes[0].frame <= last; notes = notes[1:] {
		if n++; n <= maxShown {
			words = append(words, notes[0].words...)
		}
	}
	if n > maxShown {
		words = append(words, chunk{"and " + strconv.Itoa(n-maxShown) + " more", dim})
	}
	return words, notes
}

// annotated appends a row and its notes: beside it, or in the lane below it.
func (g *figure) annotated(b []byte, c cells, words []chunk) []byte {
	if !slices.ContainsFunc(words, func(c chunk) bool { return c.text != "" }) {
		return g.row(b, c)
	}
	width := g.lane - noteIndent - 1
	if g.notes > 0 {
		width = g.notes
	} else {
		b = g.row(b, c)
		c = cells{}
	}
	shown := bytes.Split(page{width, false}.wrap(nil, 0, 0, words), []byte{'\n'})
	painted := bytes.Split(page{width, g.color}.wrap(nil, 0, 0, words), []byte{'\n'})
	for i, line := range painted[:len(painted)-1] {
		if g.notes > 0 {
			c.note = line
		} else {
			c.inLane, c.inLaneColumns = line, textColumns(string(shown[i]))
		}
		b = g.row(b, c)
		c = cells{}
	}
	return b
}

// arrow draws an arrow with a label across the lane, and the bars it begins and ends at.
func (g *figure) arrow(r *rung, label string, c color) (lane chunk, bars [2]string) {
	dash := "─"
	if r.packets > 1 {
		dash = "┄"
	}
	fill := strings.Repeat(dash, g.lane-arrowColumns-textColumns(label)+1)
	if r.dir == hanalyze.C2S {
		return chunk{dash + dash + " " + label + " " + fill + "→", c}, [2]string{"├", "│"}
	}
	return chunk{"←" + dash + " " + label + " " + fill + dash, c}, [2]string{"│", "┤"}
}

// arrowColumns are the columns of an arrow besides its label: two dashes, spaces around the label, a dash and the head.
const arrowColumns = 6

// label returns what is written on the arrow of r, whether mark is part of it, and what there was no room for.
func (g *figure) label(r *rung, mark string) (label string, marked bool, unsaid chunk) {
	room := g.lane - arrowColumns
	list := r.labels()
	if mark != "" && g.notes == 0 {
		for _, s := range list {
			if both := s + "  " + mark; textColumns(both) <= room {
				return both, true, r.unsaid(s)
			}
		}
	}
	for _, s := range list {
		if textColumns(s) <= room {
			return s, false, r.unsaid(s)
		}
	}
	return shorten(list[len(list)-1], room), false, r.unsaid("")
}

// elapsed returns the time since the beginning of a connection in at most elapsedColumns.
func elapsed(d time.Duration) string {
	s := offset(d)
	if len(s) > elapsedColumns && d > 0 {
		s = "+" + lasting(d)
	}
	return shorten(s, elapsedColumns)
}

// briefly returns a duration in at most sinceColumns: above a minute only its larger unit.
func briefly(d time.Duration) string {
	s := lasting(d)
	if len(s) > sinceColumns {
		if words := strings.Fields(s); len(words) > 2 {
			s = words[0] + " " + words[1]
		}
	}
	return shorten(s, sinceColumns)
}
