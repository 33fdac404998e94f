package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/output"
)

// runSource analyzes a source to its end.
func runSource(t testing.TB, src capture.Source, workers int, render output.Renderer) (string, *hanalyze.Stats) {
	var out bytes.Buffer
	stats, err := Run(Options{Source: src, Workers: workers, Render: render, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), stats
}

// runBytes analyzes a capture file in memory and returns its NDJSON.
func runBytes(t testing.TB, file []byte, workers int) (string, *hanalyze.Stats) {
	return runSource(t, capture.NewReader("test", bytes.NewReader(file)), workers, output.NewJSON(output.Options{}))
}

// line is what the tests look at in a line of NDJSON.
type line struct {
	Type      string
	Frame     uint64
	LastFrame uint64 `json:"last_frame"`
	Conn      uint64
	ID        any
	Method    string
	URL       string
	Status    int
	Pairing   string
	Complete  bool
	Request   struct {
		Body uint64 `json:"body_bytes"`
	}
	Response struct {
		Body uint64 `json:"body_bytes"`
	}
}

func lines(t testing.TB, ndjson string) (all []line) {
	for l := range strings.Lines(ndjson) {
		var v line
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		all = append(all, v)
	}
	return all
}

// validator checks lines against the schema.
func validator(t testing.TB) func(ndjson string) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(output.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(ndjson string) {
		t.Helper()
		if !strings.HasSuffix(ndjson, "\n") || strings.Contains(ndjson, ":null") {
			t.Errorf("no line end, or null, in %q", ndjson)
		}
		for l := range strings.Lines(ndjson) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(l))
			if err == nil {
				err = schema.Validate(v)
			}
			if err != nil {
				t.Errorf("%v\n%s", err, l)
			}
		}
	}
}

// checkStats holds that every packet is counted once and that the records are counted right.
func checkStats(t testing.TB, ndjson string, s *hanalyze.Stats) {
	t.Helper()
	sum := s.Packets.Decoded
	for _, n := range s.Packets.Skipped {
		sum += n
	}
	if sum != s.Packets.Read {
		t.Errorf("%d packets read, %d accounted for", s.Packets.Read, sum)
	}
	counts := map[string]uint64{}
	all := lines(t, ndjson)
	for _, l := range all {
		counts[l.Type]++
	}
	if n := len(all); n == 0 || all[n-1].Type != "stats" || counts["stats"] != 1 {
		t.Errorf("stats is not the last line, or not alone: %v", counts)
	}
	delete(counts, "stats")
	told := maps.Clone(s.Records)
	delete(told, "notice") // never printed
	if d := cmp.Diff(counts, told); d != "" {
		t.Errorf("records (-printed +counted)\n%s", d)
	}
}

func diff(want, got string) string {
	if want == got {
		return ""
	}
	return cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
}

func TestSameBytesForEveryWorkerCount(t *testing.T) {
	validate := validator(t)
	name := filepath.Join(t.TempDir(), "mixed.pcap")
	if err := os.WriteFile(name, mixedTrace().pcap(), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, render := range map[string]func() output.Renderer{
		"json":  func() output.Renderer { return output.NewJSON(output.Options{}) },
		"story": func() output.Renderer { return output.NewStory(output.Options{}) },
		"live":  func() output.Renderer { return output.NewLive(output.Options{}) },
	} {
		want := ""
		for _, workers := range []int{1, 2, 7, 1000} {
			src, err := capture.OpenFiles([]string{name}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, stats := runSource(t, src, workers, render())
			if err := src.Close(); err != nil {
				t.Error(err)
			}
			if want == "" {
				want = got
				if what == "json" {
					validate(got)
					checkStats(t, got, stats)
				}
			}
			if d := diff(want, got); d != "" {
				t.Errorf("%s with %d workers\n%s", what, workers, d)
			}
		}
		if len(want) < 1000 {
			t.Errorf("%s says only %q", what, want)
		}
	}
}

// How the input is cut into batches is the reader's business: a live session and its saved file tell the same.
func TestSameBytesForEveryBatchSize(t *testing.T) {
	want := ""
	for _, size := range []int{1 << 20, 1, 2, 3, 7, 50} {
		got, _ := runSource(t, &source{frames: mixedTrace().frames, size: size}, 2, output.NewJSON(output.Options{}))
		if want == "" {
			want = got
		}
		if d := diff(want, got); d != "" {
			t.Fatalf("batches of %d\n%s", size, d)
		}
	}
}

func TestWhatIsTold(t *testing.T) {
	out, stats := runBytes(t, mixedTrace().pcap(), 2)
	first := map[uint64]uint64{} // first frame of each flow
	last := uint64(0)
	var urls []string
	for _, l := range lines(t, out) {
		if l.Type == "conn" {
			first[l.Conn] = l.Frame
		}
		if l.Type == "http" && l.Method != "" {
			urls = append(urls, l.Method+" "+l.URL)
		}
		if l.Type == "http" || l.Type == "dns" {
			if l.LastFrame < last && l.Complete && l.Status != 0 {
				t.Errorf("%s of frame %d after frame %d", l.Type, l.LastFrame, last)
			}
			last = max(last, l.LastFrame)
		}
	}
	for id := uint64(2); id <= uint64(len(first)); id++ {
		if first[id] <= first[id-1] {
			t.Errorf("flow %d begins with frame %d, flow %d with %d", id-1, first[id-1], id, first[id])
		}
	}
	// 20 short connections, two at the beginning, and the ports of one of them again two hours later.
	if stats.Connections.TCP != 23 || stats.Connections.UDP != 2 || len(first) != 25 {
		t.Errorf("%+v, %d conn records", stats.Connections, len(first))
	}
	want := []string{"GET http://web.example/a1", "GET http://web.example/a2", "POST http://b/b1"}
	if d := cmp.Diff(want, urls[:min(len(urls), 3)]); d != "" || len(urls) != 25 || !slices.Contains(urls, "GET http://b/cut") {
		t.Errorf("%d requests %s", len(urls), d)
	}
	if got, _ := stats.Duration.Get(); got < 2*time.Hour || stats.TS <= start {
		t.Errorf("duration %v, end %v", got, stats.TS)
	}
}

// A flow whose idle time is over is told before what comes later, not at the end of the capture.
func TestExpiry(t *testing.T) {
	out, _ := runBytes(t, mixedTrace().pcap(), 1)
	expired, later := strings.Index(out, `"kind":"timeout"`), strings.Index(out, "/later")
	if expired < 0 || later < 0 || expired > later {
		t.Errorf("timeout at %d, later at %d", expired, later)
	}
}

func TestSkippedPackets(t *testing.T) {
	_, stats := runBytes(t, mixedTrace().pcap(), 1)
	n := uint64(0)
	for _, v := range stats.Packets.Skipped {
		n += v
	}
	if n != 3 {
		t.Errorf("skipped %v", stats.Packets.Skipped)
	}
}

func TestEmptyCapture(t *testing.T) {
	out, stats := runBytes(t, newTrace().pcap(), 3)
	validator(t)(out)
	checkStats(t, out, stats)
}

// Capture clocks step back; the order of records and the flows do not suffer.
func TestClockGoesBack(t *testing.T) {
	tr := newTrace()
	a := tr.tcp(1, 80)
	a.open()
	tr.wait(-3 * time.Hour)
	a.get("/back", ok)
	tr.wait(-200 * 365 * 24 * time.Hour)
	a.get("/far", ok)
	tr.wait(10 * 365 * 24 * time.Hour)
	a.get("/forth", ok)
	src := func() capture.Source { return &source{frames: tr.frames, size: 4} }
	out, stats := runSource(t, src(), 1, output.NewJSON(output.Options{}))
	validator(t)(out)
	checkStats(t, out, stats)
	again, _ := runSource(t, src(), 3, output.NewJSON(output.Options{}))
	if d := diff(out, again); d != "" {
		t.Error(d)
	}
}

func TestUserLimits(t *testing.T) {
	tr := mixedTrace()
	for _, size := range []int{1, 10, 1000} {
		run := func(o Options) *hanalyze.Stats {
			o.Source = &source{frames: tr.frames, size: size}
			o.Render, o.Out, o.Workers = output.NewJSON(output.Options{}), io.Discard, 2
			s, err := Run(o)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := run(Options{MaxPackets: 10}); s.Packets.Read != 10 {
			t.Errorf("batches of %d: %d packets", size, s.Packets.Read)
		}
		if s := run(Options{MaxPackets: 1 << 40}); s.Packets.Read != uint64(len(tr.frames)) {
			t.Errorf("batches of %d: %d packets", size, s.Packets.Read)
		}
		// Frame n+1 is n milliseconds after the first.
		if s := run(Options{MaxDuration: 20 * time.Millisecond}); s.Packets.Read != 21 {
			t.Errorf("batches of %d: %d packets in 20 ms", size, s.Packets.Read)
		}
	}
}

// A filter chooses what is told of, and changes neither the numbers of packets nor, for any number of workers and size of
// batches, what is told.
func TestFilter(t *testing.T) {
	e, err := filter.Parse("tcp port 8080")
	if err != nil {
		t.Fatal(err)
	}
	tr := mixedTrace()
	all := map[string]bool{}
	whole, _ := runSource(t, &source{frames: slices.Clone(tr.frames), size: 50}, 1, output.NewJSON(output.Options{}))
	for _, l := range lines(t, whole) {
		all[fmt.Sprint(l.Type, l.Frame, l.URL)] = true
	}
	want := ""
	for _, size := range []int{1, 7, 1000} {
		var out bytes.Buffer
		s, err := Run(Options{
			Source: &source{frames: slices.Clone(tr.frames), size: size}, Filter: filter.NewMatcher(e), Workers: size%3 + 1,
			Render: output.NewJSON(output.Options{}), Out: &out,
		})
		if err != nil {
			t.Fatal(err)
		}
		checkStats(t, out.String(), s)
		if want == "" {
			want = out.String()
		}
		if d := diff(want, out.String()); d != "" {
			t.Fatalf("batches of %d\n%s", size, d)
		}
		n := uint64(len(tr.frames))
		if s.Packets.Read != n || s.Packets.Decoded+s.Packets.Skipped["filtered"] != n || s.Connections.TCP != 1 || s.Connections.UDP != 0 {
			t.Errorf("%d frames: %+v %+v", n, s.Packets, s.Connections)
		}
	}
	for _, l := range lines(t, want) {
		if l.Type == "http" && !all[fmt.Sprint(l.Type, l.Frame, l.URL)] {
			t.Errorf("%+v is not told without a filter", l)
		}
	}
}

func TestSave(t *testing.T) {
	tr := mixedTrace()
	run := func(src capture.Source, save Saver, most uint64) string {
		var out bytes.Buffer
		if _, err := Run(Options{Source: src, Save: save, MaxPackets: most, Workers: 2, Render: output.NewJSON(output.Options{}), Out: &out}); err != nil {
			t.Fatal(err)
		}
		records, _, _ := strings.Cut(out.String(), `{"type":"stats"`) // which names the file format
		return records
	}
	for _, most := range []uint64{0, 37} {
		var saved bytes.Buffer
		w := capture.NewWriter(&saved, capture.WriterOptions{})
		want := run(&source{frames: tr.frames, size: 9}, w, most)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if d := diff(want, run(capture.NewReader("saved", &saved), nil, 0)); d != "" {
			t.Errorf("at most %d packets\n%s", most, d)
		}
	}
}

var errFull = errors.New("disk full")

// fullDisk fails after some bytes.
type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.left -= len(b); d.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteErrors(t *testing.T) {
	for _, live := range []bool{false, true} {
		_, err := Run(Options{
			Source: &source{frames: mixedTrace().frames, size: 5}, Live: live, Workers: 2,
			Render: output.NewJSON(output.Options{}), Out: &fullDisk{left: 3000},
		})
		if !errors.Is(err, errFull) {
			t.Errorf("live %v: %v", live, err)
		}
	}
	_, err := Run(Options{
		Source: &source{frames: mixedTrace().frames, size: 5}, Save: capture.NewWriter(&fullDisk{}, capture.WriterOptions{}), Workers: 2,
		Render: output.NewJSON(output.Options{}), Out: io.Discard,
	})
	// What is saved is buffered: the error may only come when the writer is closed.
	if err != nil && !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// What was read before an error of the input has been told.
func TestInputErrors(t *testing.T) {
	whole := mixedTrace().pcap()
	out, stats := runBytes(t, whole[:len(whole)-10], 2)
	if !stats.Inputs[0].Truncated || !strings.Contains(out, "capture.truncated") || !strings.Contains(out, "/a1") {
		t.Errorf("%+v", stats.Inputs)
	}
	var told bytes.Buffer
	_, err := Run(Options{Source: capture.NewReader("x", strings.NewReader("no capture at all")), Workers: 1, Render: output.NewJSON(output.Options{}), Out: &told})
	var format *capture.FormatError
	if !errors.As(err, &format) || len(lines(t, told.String())) != 1 {
		t.Errorf("%v, told %s", err, told.String())
	}
}

// Types that are off are neither printed nor counted.
func TestEvents(t *testing.T) {
	for _, on := range []bool{false, true} {
		var out bytes.Buffer
		s, err := Run(Options{
			Source: &source{frames: mixedTrace().frames, size: 100}, Workers: 2, Render: output.NewJSON(output.Options{}), Out: &out,
			Events: map[string]bool{"tcp_event": on},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), `"type":"tcp_event"`); got != on || (s.Records["tcp_event"] > 0) != on {
			t.Errorf("on is %v: printed %v, %d counted", on, got, s.Records["tcp_event"])
		}
	}
}
