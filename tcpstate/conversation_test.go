package tcpstate

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hanalyze"
	"hanalyze/output"
)

var update = flag.Bool("update", false, "rewrite want sections and golden files")

// Conversations are sections of testdata/conversations/*.txt, each followed by its "want" section, what Report says:
//
//	-- three_way --
//	> S            : syn_sent listen syn
//	< SA +20ms     : syn_sent syn_received synack
//	> A            : established established ack
//	why timeout
//
// A line is a segment: ">" from the client, "<" from the server, "!" before it when the capture missed it; the flags; and
// only the fields that matter: len= seq= ack= win= id= ttl= ws= mss= sackok ts= ecr= tfo tfocookie sack=LEFT-RIGHT,LEFT-RIGHT and +DURATION
// since the line before (1 ms unless told). seq is the sender's next byte and ack all its peer sent, unless told. After
// the colon come the states of client and server after it, the step with its retry ("syn/1") and "merged", and the
// class as "=retransmission", or with its cause "=retransmission/fast". The line "mid" begins a connection in the middle,
// and "sides" asks for what each end did.
type line struct {
	dir      hanalyze.Dir
	seg      Segment
	unseen   bool
	want     string
	wantHas  bool
	wantKind string
}

// script turns lines into segments: it knows what each end has sent.
type script struct {
	next  [2]int64
	now   time.Duration
	frame uint64
}

func (p *script) line(text string) (l line, err error) {
	text, want, has := strings.Cut(text, ":")
	l.wantHas = has
	words := strings.Fields(text)
	if strings.HasPrefix(words[0], "!") {
		l.unseen = true
		words[0] = words[0][1:]
	}
	if words[0] == "<" {
		l.dir = hanalyze.S2C
	} else if words[0] != ">" {
		return l, fmt.Errorf("want > or <, not %q", words[0])
	}
	for _, w := range strings.Fields(want) {
		if strings.HasPrefix(w, "=") {
			l.wantKind = w[1:]
		} else {
			l.want += w + " "
		}
	}
	s := &l.seg
	for _, c := range words[1] {
		i := strings.IndexRune("FSRPAUEC", c)
		if i < 0 {
			return l, fmt.Errorf("unknown flag %q", c)
		}
		s.Flags |= 1 << i
	}
	s.Seq, s.Window = p.next[l.dir], 60000
	if s.Flags&hanalyze.ACK != 0 {
		s.Ack = p.next[l.dir.Reverse()]
	}
	step := time.Millisecond
	for _, w := range words[2:] {
		if strings.HasPrefix(w, "+") {
			if step, err = time.ParseDuration(w[1:]); err != nil {
				return l, err
			}
		} else if err := s.field(w); err != nil {
			return l, err
		}
	}
	p.now += step
	if !l.unseen {
		p.frame++
	}
	s.WireAck = uint32(s.Ack)
	s.WireSeq = uint32(s.Seq) + 1000
	s.Meta = hanalyze.Meta{Packet: p.frame, Time: hanalyze.Time(p.now)}
	if s.Flags&hanalyze.RST == 0 {
		p.next[l.dir] = max(p.next[l.dir], s.end())
	}
	return l, nil
}

// field sets one field of a segment.
func (s *Segment) field(w string) error {
	name, value, _ := strings.Cut(w, "=")
	if name == "sack" {
		for _, block := range strings.Split(value, ",") {
			left, right, _ := strings.Cut(block, "-")
			a, err := strconv.Atoi(left)
			b, err2 := strconv.Atoi(right)
			if err != nil || err2 != nil || int(s.Options.SACKs) == len(s.Options.SACK) {
				return fmt.Errorf("sack=%s", value)
			}
			s.Options.SACK[s.Options.SACKs] = SACKBlock{uint32(a), uint32(b)}
			s.Options.SACKs++
		}
		return nil
	}
	n := 0
	if value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil {
			return err
		}
	}
	switch name {
	case "len":
		s.Len = int64(n)
	case "seq":
		s.Seq = int64(n)
	case "ack":
		s.Ack = int64(n)
	case "win":
		s.Window = uint16(n)
	case "id":
		s.HasIPID, s.IPID = true, uint16(n)
	case "ttl":
		s.TTL = uint8(n)
	case "ws":
		s.Options.HasWindowScale, s.Options.WindowScale = true, uint8(n)
	case "mss":
		s.Options.MSS = uint16(n)
	case "badsum":
		s.Sum = SumBad
	case "goodsum":
		s.Sum = SumGood
	case "sackok":
		s.Options.SACKPermitted = true
	case "ts":
		s.Options.HasTS, s.Options.TSVal = true, uint32(n)
	case "ecr":
		s.Options.TSEcr = uint32(n)
	case "tfo":
		s.Options.TFO = TFORequest
	case "tfocookie":
		s.Options.TFO = TFOCookie
	default:
		return fmt.Errorf("unknown field %q", w)
	}
	return nil
}

// told is what a verdict says in the words of the notation.
func told(c *Conn, v Verdict) string {
	b := fmt.Sprintf("%s %s ", c.State(hanalyze.C2S), c.State(hanalyze.S2C))
	if !v.Changed || v.Step.Step == "" {
		return b
	}
	b += v.Step.Step
	if v.Step.Retry > 0 {
		b += fmt.Sprintf("/%d", v.Step.Retry)
	}
	if v.Step.Merged {
		b += " merged"
	}
	return b + " "
}

// playConversation plays a section to a new Conn and returns its report.
func playConversation(t *testing.T, text string, moves map[[2]state]bool) string {
	c, why, p, sides := New(false), "end_of_capture", &script{}, false
	var last hanalyze.Meta
	for text := range strings.Lines(text) {
		text, _, _ = strings.Cut(text, "#")
		text = strings.TrimSpace(text)
		switch {
		case text == "":
			continue
		case text == "mid":
			c, p.next = New(true), [2]int64{5000, 9000}
			continue
		case text == "sides":
			sides = true
			continue
		case strings.HasPrefix(text, "why "):
			why = text[4:]
			continue
		}
		l, err := p.line(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if l.unseen {
			continue
		}
		was := [2]state{c.half[0].state, c.half[1].state}
		v := c.Segment(l.dir, &l.seg)
		for d := range was {
			moves[[2]state{was[d], c.half[d].state}] = true
		}
		last = l.seg.Meta
		if got := told(c, v); l.wantHas && got != l.want {
			t.Errorf("%s\n got: %s", text, got)
		}
		if kind := v.Class.String(); l.wantKind != "" && kind != l.wantKind && kind+"/"+v.Cause != l.wantKind {
			t.Errorf("%s\n got: =%s/%s", text, kind, v.Cause)
		}
		if v.Changed && (v.Step.ClientState != c.State(hanalyze.C2S) || v.Step.ServerState != c.State(hanalyze.S2C)) {
			t.Errorf("%s\n step tells other states: %+v", text, v.Step)
		}
	}
	tcp, history, zeek := c.Report(last, why)
	valid(t, &hanalyze.Conn{
		Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{
			ID: 1, Transport: hanalyze.TCP, Orientation: hanalyze.BySYN,
			Client: netip.MustParseAddrPort("192.0.2.1:1"), Server: netip.MustParseAddrPort("192.0.2.2:2"),
		}},
		Orientation: hanalyze.BySYN, TCP: tcp, History: history, ZeekState: zeek,
	})
	if !sides {
		tcp.Client, tcp.Server, tcp.Phases = nil, nil, nil
	}
	return reportText(t, c, tcp, history, zeek)
}

// schema is that of the records, compiled once.
var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(output.Schema()))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("hanalyze.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("hanalyze.json")
})

// valid checks a record against the schema: everything that a conversation can make it say must be in it.
func valid(t *testing.T, r *hanalyze.Conn) {
	t.Helper()
	s, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	line := output.NewJSON(output.Options{}).Append(nil, r)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err == nil {
		err = s.Validate(doc)
	}
	if err != nil {
		t.Errorf("%v: %s", err, line)
	}
}

// reportText prints what a report says, without the steps, which the lines have told, and without what is zero.
func reportText(t *testing.T, c *Conn, tcp *hanalyze.TCPConn, history, zeek string) string {
	var b strings.Builder
	part := func(name string, v any) {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", name, j)
	}
	part("handshake", tcp.Handshake)
	part("close", tcp.Close)
	if tcp.Retransmissions.Total > 0 {
		part("retransmissions", tcp.Retransmissions)
	}
	for _, n := range []struct {
		name string
		n    uint64
	}{
		{"out_of_order", tcp.OutOfOrder}, {"duplicate_acks", tcp.DuplicateAcks}, {"zero_windows", tcp.ZeroWindows},
		{"window_full", tcp.WindowFull}, {"keep_alives", tcp.KeepAlives}, {"duplicate_packets", tcp.DuplicatePackets},
		{"gap_bytes", tcp.GapBytes},
	} {
		if n.n > 0 {
			part(n.name, n.n)
		}
	}
	if tcp.RTT != nil {
		part("rtt", tcp.RTT)
	}
	if tcp.Client != nil {
		part("client", tcp.Client)
		part("server", tcp.Server)
		part("phases", tcp.Phases)
	}
	for _, x := range tcp.Incidents {
		part("incident", x)
	}
	fmt.Fprintf(&b, "zeek %s %s over=%v\n", history, zeek, c.Over())
	return b.String()
}

func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations (%v)", err)
	}
	moves := map[[2]state]bool{}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out := &txtar.Archive{Comment: a.Comment}
		for i := 0; i < len(a.Files); i++ {
			f := a.Files[i]
			out.Files = append(out.Files, f)
			want := ""
			if i+1 < len(a.Files) && a.Files[i+1].Name == "want" {
				i++
				want = string(a.Files[i].Data)
			}
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txt")+"/"+f.Name, func(t *testing.T) {
				got := playConversation(t, string(f.Data), moves)
				out.Files = append(out.Files, txtar.File{Name: "want", Data: []byte(got)})
				if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" && !*update {
					t.Errorf("report (-want +got):\n%s", d)
				}
			})
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, m := range figure5 {
		if !moves[m] {
			t.Errorf("no conversation goes from %s to %s", stateNames[m[0]], stateNames[m[1]])
		}
	}
}

// figure5 lists the transitions of RFC 9293 §3.3.2 figure 5 that a segment makes; the other two, from CLOSED to LISTEN and
// from TIME-WAIT to CLOSED, send nothing.
var figure5 = [][2]state{
	{closed, synSent}, {listen, synSent}, {listen, synReceived},
	{synSent, synReceived}, {synSent, established}, {synReceived, established}, {synReceived, finWait1},
	{established, finWait1}, {established, closeWait},
	{finWait1, finWait2}, {finWait1, closing}, {finWait1, timeWait}, {finWait2, timeWait}, {closing, timeWait},
	{closeWait, lastAck}, {lastAck, closed}, {synSent, closed},
}
