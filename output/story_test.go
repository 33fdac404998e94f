package output

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// manyExchanges appends n exchanges on one connection to b.
func manyExchanges(b []byte, s *Story, sc *scene, n int) []byte {
	for i := range n {
		b = s.Append(b, &hanalyze.HTTP{Envelope: sc.env(i, i), IndexOnConn: uint64(i + 1), Method: "GET", PathQuery: fmt.Sprintf("/%d", i), Status: 200})
	}
	return b
}

// A connection with more exchanges than a block holds is told in parts, and no exchange is lost or told twice.
func TestStoryHoldsSoManyLines(t *testing.T) {
	s := NewStory(Options{})
	sc := newScene(1, 0, hanalyze.TCP, "10.0.0.5:1", "10.0.0.1:80", "", "http1")
	n := 2*maxHeldLines + 5
	text := string(manyExchanges(nil, s, sc, n))
	if got := strings.Count(text, "not over yet"); got != 2 {
		t.Errorf("%d parts before the end, want 2", got)
	}
	text += string(s.Append(nil, sc.conn(999, &hanalyze.TCPConn{Close: hanalyze.TCPClose{Kind: "open"}})))
	if !strings.Contains(text, "http1  continued  999 µs") {
		t.Errorf("the last part is not marked:\n%s", text[len(text)-2000:])
	}
	for i := range n {
		if got := strings.Count(text, fmt.Sprintf(" /%d\n", i)); got != 1 {
			t.Fatalf("exchange %d is told %d times", i, got)
		}
	}
}

// However many connections there are at once, what is held stays within maxHeldBytes, and everything is told in the end.
func TestStoryHoldsSoManyBytes(t *testing.T) {
	s := NewStory(Options{Width: 200})
	const flows = 30_000
	told, peak := 0, 0
	var b []byte
	for i := range flows {
		sc := newScene(uint64(i+1), time.Duration(i), hanalyze.TCP, "10.0.0.5:1", "10.0.0.1:80", "", "http1")
		b = manyExchanges(b[:0], s, sc, 2)
		told += strings.Count(string(b), "GET ")
		peak = max(peak, s.held)
	}
	if peak > maxHeldBytes || peak < maxHeldBytes/2 {
		t.Errorf("%d bytes held at most, the limit is %d", peak, maxHeldBytes)
	}
	told += strings.Count(string(s.Append(nil, summary())), "GET ")
	if told != 2*flows {
		t.Errorf("%d exchanges told of %d", told, 2*flows)
	}
	if s.held != 0 || len(s.blocks) != 0 || s.age.Len() != 0 {
		t.Errorf("still held after stats: %d bytes, %d blocks, %d in the list", s.held, len(s.blocks), s.age.Len())
	}
}

// A Story that has told a connection keeps nothing of it.
func TestStoryForgets(t *testing.T) {
	s := NewStory(Options{})
	render(s, page2())
	if s.held != 0 || len(s.blocks) != 0 {
		t.Errorf("%d bytes, %d blocks", s.held, len(s.blocks))
	}
}

// The steps of a connection are told once, whether by its conn record or by tcp_event records.
func TestStoryWithEvents(t *testing.T) {
	text := string(render(NewStory(Options{}), liveRecords()))
	if got := strings.Count(text, "← SYN ACK"); got != 1 {
		t.Errorf("SYN ACK is told %d times:\n%s", got, text)
	}
}

// The table of findings is bounded, counts every finding and names a few connections.
func TestTally(t *testing.T) {
	var y tally
	for i := range maxFindingKinds + 10 {
		y.add(&hanalyze.Finding{ID: fmt.Sprint("kind.", i), Severity: hanalyze.Note})
	}
	if len(y.kinds) != maxFindingKinds {
		t.Errorf("%d kinds", len(y.kinds))
	}
	y = tally{}
	for i := range 9 {
		y.add(&hanalyze.Finding{ID: "a", Severity: hanalyze.Error, Conns: []uint64{uint64(i)}, Count: 2})
	}
	got := string(appendSummary(nil, newPage(Options{}), &hanalyze.Stats{}, &y))
	if want := "#0 #1 #2 #3 and 5 more"; !strings.Contains(got, want) || !strings.Contains(got, "×18") {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Records with nothing in them, as hostile or broken input may leave them, are told without a panic.
func TestEmptyRecords(t *testing.T) {
	flow := exampleFlow()
	for _, width := range []int{0, 1, 200, 1 << 30} {
		o := Options{Width: width, Color: true}
		drawn := o
		drawn.Ladder = ShortLadder
		for _, r := range []Renderer{NewStory(o), NewStory(drawn), NewLive(o), NewJSON(o)} {
			for _, f := range []*hanalyze.Flow{flow, {}, {Transport: hanalyze.TCP}, nil} {
				e := hanalyze.Envelope{Flow: f}
				for _, rec := range []hanalyze.Record{
					&hanalyze.HTTP{Envelope: e}, &hanalyze.DNS{Envelope: e}, &hanalyze.TLS{Envelope: e}, &hanalyze.HTTP2Frame{Envelope: e},
					&hanalyze.TCPEvent{Envelope: e}, &hanalyze.Packet{Envelope: e}, &hanalyze.Finding{Envelope: e}, &hanalyze.Notice{Envelope: e},
					&hanalyze.Conn{Envelope: e}, &hanalyze.Conn{Envelope: e, TCP: &hanalyze.TCPConn{RTT: &hanalyze.RTT{Samples: 1}}},
				} {
					r.Append(nil, rec)
				}
			}
			r.Append(nil, &hanalyze.Stats{})
		}
	}
}

func BenchmarkStory(b *testing.B) {
	records := page2()
	s := NewStory(Options{})
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for _, r := range records {
			buf = s.Append(buf, r)
		}
	}
}
