package output

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// climb makes the packets of a connection for ladders.
type climb struct {
	*scene
	packets uint64
	now     int // microseconds
	prev    int
}

func newClimb() *climb {
	return &climb{scene: newScene(1, 0, hanalyze.TCP, "10.0.0.5:51514", "203.0.113.7:443", "", "")}
}

// packet makes a packet of an established connection: from the client with ">", from the server with "<".
func (c *climb) packet(dir, class string, seq, n, ack int64) *hanalyze.Packet {
	c.packets++
	m := c.meta(c.packets, c.now)
	window, bytes := uint16(1000), uint64(1000)
	p := &hanalyze.Packet{
		Envelope: hanalyze.Envelope{Flow: c.flow, Start: m, Last: m}, Flags: "A", Seq: &seq, Ack: &ack, Len: n, Class: class,
		Window: &window, WindowBytes: &bytes, ClientState: hanalyze.Established, ServerState: hanalyze.Established,
		SincePrev: hanalyze.Known(time.Duration(c.now-c.prev) * time.Microsecond),
	}
	if dir == "<" {
		p.Dir = hanalyze.S2C
	}
	c.prev, c.now = c.now, c.now+100
	return p
}

// arrows returns what is drawn of packets between the bars.
func arrows(l *ladder, f *hanalyze.Flow) (lanes []string) {
	for i, line := range strings.Split(string(l.draw(nil, page{width: 120}, f, nil)), "\n") {
		if cols := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("│├┤", r) }); i > 2 && len(cols) > 1 {
			lanes = append(lanes, strings.Trim(cols[1], " ─┄→←"))
		}
	}
	return lanes
}

func TestRuns(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets string // direction, class initial, pause in ms: "<n", ">p", "<n300"
		want    []string
	}{
		{"three are told one by one", "<n <n <n", []string{"ACK  seq 0  len 100  ack 1  win 1,000", "ACK  seq 100  len 100  ack 1  win 1,000", "ACK  seq 200  len 100  ack 1  win 1,000"}},
		{"four are a run", "<n <n <n <n", []string{"… 4 segments, 400 bytes, 300 µs, seq 0–399"}},
		{"with the ACKs that answer", "<n <n >p <n >p", []string{"… 3 segments, 300 bytes, 400 µs, 2 ACKs back, seq 0–299"}},
		{"the first of another class ends it", "<n <n <n <n <a <a <a <a >d", []string{
			"… 4 segments, 400 bytes, 300 µs, seq 0–399", "… 4 segments, 400 bytes, 400 µs  bytes before it missing", "1 ACK back"}},
		{"a pause ends it", "<n <n <n <n <n300 <n <n <n", []string{"… 4 segments, 400 bytes, 300 µs, seq 0–399", "… 4 segments, 400 bytes, 300 µs, seq 400–799"}},
		{"ACKs alone", ">p >p >p >p >p", []string{"… 5 ACKs up to 501, 400 µs"}},
		{"keep-alives are no run", ">k <p >k <p", []string{"ACK  ack 1  win 1,000  keep-alive", "ACK  ack 0  win 1,000", "ACK  ack 1  win 1,000  keep-alive", "ACK  ack 0  win 1,000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, l, seq := newClimb(), &ladder{state: [2]hanalyze.TCPState{hanalyze.Established, hanalyze.Established}}, int64(0)
			acks := int64(1)
			for _, w := range strings.Fields(c.packets) {
				class := map[byte]string{'n': "new", 'a': "ahead", 'p': "pure_ack", 'd': "duplicate_ack", 'k': "keep_alive"}[w[1]]
				if ms, err := strconv.Atoi(w[2:]); err == nil {
					k.now += 1000 * ms
				}
				switch w[1] {
				case 'n', 'a':
					l.add(k.packet(w[:1], class, seq, 100, 1))
					seq += 100
				case 'p':
					if w[0] == '>' {
						acks += 100
						l.add(k.packet(w[:1], class, 1, 0, acks))
						break
					}
					l.add(k.packet(w[:1], class, 1, 0, 0))
				default:
					l.add(k.packet(w[:1], class, 1, 0, 1))
				}
			}
			if d := cmp.Diff(c.want, arrows(l, k.flow)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// pingPong makes n packets that are no run: requests and answers by turns.
func pingPong(c *climb, n int, told func(*hanalyze.Packet)) {
	for i := range int64(n / 2) {
		told(c.packet(">", "new", i, 1, i))
		told(c.packet("<", "new", i, 1, i+1))
	}
}

// A ladder that never ends keeps its head and its tail, and says how much is between.
func TestLadderHeadAndTail(t *testing.T) {
	c, l := newClimb(), &ladder{}
	const n = 100_000
	pingPong(c, n, l.add)
	if size := l.size(); size > rungCost*2*(maxHeadRungs+maxTailRungs) {
		t.Errorf("%d bytes", size)
	}
	lanes := arrows(l, c.flow)
	if want := maxHeadRungs + 1 + maxTailRungs; len(lanes) != want {
		t.Fatalf("%d lines, want %d", len(lanes), want)
	}
	if want := fmt.Sprintf("⋮ %d packets left out (--ladder=full)", n-maxHeadRungs-maxTailRungs); lanes[maxHeadRungs] != want {
		t.Errorf("%q, want %q", lanes[maxHeadRungs], want)
	}
	if last := lanes[len(lanes)-1]; !strings.HasPrefix(last, "ACK  seq 49999  ") {
		t.Errorf("the last is %q", last)
	}
}

// Notes are bounded; those about packets that are shown are told, the others counted.
func TestLadderNotes(t *testing.T) {
	c, l := newClimb(), &ladder{}
	n := 0
	pingPong(c, 20_000, func(p *hanalyze.Packet) {
		l.add(p)
		n++
		l.note(p.Start.Packet, chunk{"note " + strconv.Itoa(n), plain})
	})
	if len(l.notes) > maxNotes || l.text > maxNotes*len("note 20000") {
		t.Errorf("%d notes of %d bytes", len(l.notes), l.text)
	}
	text := string(l.draw(nil, page{width: 200}, c.flow, nil))
	for _, want := range []string{"note 1\n", "note 80\n", "note 20000\n", "note 19961\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(text, "note 81\n") {
		t.Error("tells of what is left out")
	}
}

// More notes than fit one packet are counted.
func TestLadderNotesOfOnePacket(t *testing.T) {
	c, l := newClimb(), &ladder{}
	l.add(c.packet(">", "new", 1, 1, 1))
	for i := range maxNotes + 7 {
		l.note(1, chunk{"note " + strconv.Itoa(i), plain})
	}
	text := string(l.draw(nil, page{width: 200}, c.flow, nil))
	if !strings.Contains(text, "note 3  and 508 more") || !strings.Contains(text, "7 notes left out") {
		t.Error(text)
	}
}

// A full ladder that gets too long goes on in another part; no packet is lost or told twice.
func TestFullLadderInParts(t *testing.T) {
	s, c := NewStory(Options{Ladder: FullLadder}), newClimb()
	n := 2*maxFullRungs + 10
	var b []byte
	pingPong(c, n, func(p *hanalyze.Packet) { b = s.Append(b, p) })
	b = s.Append(b, c.conn(c.now, &hanalyze.TCPConn{}))
	text := string(b)
	if got := strings.Count(text, "not over yet"); got != 2 {
		t.Errorf("%d parts before the last", got)
	}
	if got := strings.Count(text, "→│") + strings.Count(text, "│←"); got != n {
		t.Errorf("%d arrows of %d packets", got, n)
	}
	if s.held != 0 || len(s.blocks) != 0 {
		t.Errorf("%d bytes, %d blocks held", s.held, len(s.blocks))
	}
}

// However many ladders are drawn at once, what is held is bounded.
func TestLaddersHoldSoManyBytes(t *testing.T) {
	s := NewStory(Options{Ladder: ShortLadder})
	peak, arrows := 0, 0
	for i := range 3000 {
		c := newClimb()
		c.flow.ID = uint64(i + 1)
		pingPong(c, 100, func(p *hanalyze.Packet) {
			text := string(s.Append(nil, p))
			arrows += strings.Count(text, "→│") + strings.Count(text, "│←")
		})
		peak = max(peak, s.held)
	}
	if peak > maxHeldBytes || peak < maxHeldBytes/2 {
		t.Errorf("%d bytes held at most", peak)
	}
	text := string(s.Append(nil, summary()))
	arrows += strings.Count(text, "→│") + strings.Count(text, "│←")
	if arrows != 3000*100 || s.held != 0 {
		t.Errorf("%d arrows, %d bytes still held", arrows, s.held)
	}
}

func TestRungCost(t *testing.T) {
	if n := reflect.TypeFor[rung]().Size(); n > rungCost {
		t.Errorf("a rung takes %d bytes", n)
	}
	if n := reflect.TypeFor[note]().Size() + reflect.TypeFor[chunk]().Size(); n > noteCost {
		t.Errorf("a note takes %d bytes", n)
	}
}

// hostile are the records of a connection with all that can go wrong, and text that would steer a terminal.
func hostile() []hanalyze.Record {
	c := newClimb()
	c.flow.ServerName = "\x1b]0;owned\a.example\u202e" + strings.Repeat("漢", 100)
	var list []hanalyze.Record
	for i, class := range []string{
		"new", "ahead", "pure_ack", "duplicate_ack", "retransmission", "out_of_order", "keep_alive", "window_probe", "duplicate_packet",
		"old_duplicate", "invalid", "", "\x1b[2J",
	} {
		for _, flags := range []string{"A", "S", "FSRPAUECN", "R", "", "\x1b"} {
			p := c.packet([]string{"<", ">"}[i%2], class, 1<<62-int64(i), 1<<30, -1<<62)
			p.Flags, p.Retry, p.Merged = flags, 1<<63, true
			p.SACK = []hanalyze.SACKBlock{{Left: -1 << 62, Right: 1 << 62}, {}}
			*p.WindowBytes = uint64(i % 3)
			p.ClientState, p.ServerState = hanalyze.SynReceived, hanalyze.TCPState("established")
			p.Start.Time = p.Start.Time.Add(time.Duration(i) * 1e17)
			list = append(list, p)
		}
	}
	long := "/" + strings.Repeat("\x1b[31m\u202e漢", 5000)
	list = append(list,
		&hanalyze.HTTP{Envelope: c.env(0, 0), Method: "G\x1bT", PathQuery: long, Status: 200, Reason: long, Response: &hanalyze.HTTPMessage{ContentType: long}},
		&hanalyze.TLS{Envelope: c.env(0, 0), Version: "1.3", SNI: long, Group: "\x1b"},
		&hanalyze.DNS{Envelope: c.env(0, 0), Question: &hanalyze.DNSQuestion{Name: long, Type: "A"}},
		&hanalyze.Packet{Envelope: hanalyze.Envelope{Flow: c.flow}},
	)
	return append(list, c.conn(1000, &hanalyze.TCPConn{Handshake: opened()}), summary())
}

// A ladder fits its page, is clean, and is the same without colours.
func TestLadderFitsAndIsClean(t *testing.T) {
	for _, width := range []int{80, 99, 100, 139, 140, 141, 200} {
		for _, mode := range []LadderMode{ShortLadder, FullLadder} {
			text := string(render(NewStory(Options{Width: width, Ladder: mode}), hostile()))
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if n := textColumns(line); n > width {
					t.Errorf("at %d: %d columns: %s", width, n, line)
				}
				if Printable(line) != line || strings.TrimRight(line, " ") != line {
					t.Errorf("at %d: %q", width, line)
				}
			}
			colored := string(render(NewStory(Options{Width: width, Ladder: mode, Color: true}), hostile()))
			for _, s := range append(sgr[1:], sgrReset) {
				colored = strings.ReplaceAll(colored, s, "")
			}
			if d := cmp.Diff(text, colored); d != "" {
				t.Errorf("at %d: -plain +coloured:\n%s", width, d)
			}
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 17520: "17,520", 1<<64 - 1: "18,446,744,073,709,551,615"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// Times fit their columns however far the clock jumps.
func TestLadderTimesFit(t *testing.T) {
	for d := time.Duration(1); d > 0; d *= 2 {
		for _, x := range []time.Duration{d - 1, d, d + d/3, -d, -d - d/3} {
			if s := elapsed(x); textColumns(s) > elapsedColumns {
				t.Errorf("%d: %s", x, s)
			}
			if s := briefly(x); textColumns(s) > sinceColumns {
				t.Errorf("%d: %s", x, s)
			}
		}
	}
	for d, want := range map[time.Duration]string{52_400_000: "52.4 ms", 123 * time.Second: "2 min", 3700 * time.Second: "1 h 1 min"} {
		if got := briefly(d); got != want && !strings.HasPrefix(want, got) {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// What the conn record knows of a packet is told beside it, also when the packet is in a run.
func TestLadderTellsIncidents(t *testing.T) {
	c, l := newClimb(), &ladder{}
	for i := range int64(6) {
		l.add(c.packet("<", "retransmission", i*100, 100, 1))
	}
	l.add(c.packet(">", "new", 1, 1, 1))
	conn := c.conn(1, &hanalyze.TCPConn{Incidents: []hanalyze.TCPIncident{
		{Kind: hanalyze.IncidentFast, By: "server", Frames: []uint64{2, 3}}, {Kind: hanalyze.IncidentWindowFull, By: "client", Frames: []uint64{7}},
		{Kind: hanalyze.IncidentSpurious, By: "server", Frames: []uint64{8}},
	}})
	text := string(l.draw(nil, page{width: 200}, c.flow, conn))
	if strings.Count(text, "retransmission  fast\n") != 1 || strings.Count(text, "fills the window\n") != 1 || strings.Contains(text, "needless") {
		t.Error(text)
	}
}
