package pipeline

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"hanalyze/capture"
	"hanalyze/output"
)

// FuzzPipeline reads any bytes as a capture file: no panic, valid lines with stats last, the same bytes for any number of
// workers.
func FuzzPipeline(f *testing.F) {
	small := newTrace()
	small.dns(1, 1, "a.example.", true)
	c := small.tcp(2, 80)
	c.open()
	c.get("/", ok)
	c.close()
	for _, tr := range []*trace{newTrace(), small, mixedTrace(), webTrace(rand.New(rand.NewPCG(1, 1)), 3)} {
		f.Add(tr.pcap())
		f.Add(tr.pcapng(f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		run := func(workers int, render output.Renderer) string {
			var out bytes.Buffer
			src := capture.NewReader("fuzz", bytes.NewReader(b))
			// An input that is no capture is an error, but what was read before it is told.
			stats, err := Run(Options{Source: src, Workers: workers, Render: render, Out: &out, Events: map[string]bool{"http2_frame": true}})
			if stats == nil {
				t.Fatalf("no stats (%v)", err)
			}
			return out.String()
		}
		one := run(1, output.NewJSON(output.Options{}))
		if three := run(3, output.NewJSON(output.Options{})); one != three {
			t.Fatal(diff(one, three))
		}
		last := ""
		for l := range strings.Lines(one) {
			if !json.Valid([]byte(l)) {
				t.Fatalf("not JSON: %s", l)
			}
			last = l
		}
		if !strings.HasPrefix(last, `{"type":"stats"`) {
			t.Fatalf("the last line is %s", last)
		}
		run(2, output.NewStory(output.Options{}))
	})
}
