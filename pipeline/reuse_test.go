package pipeline

import (
	"bytes"
	"testing"

	"hanalyze/body"
	"hanalyze/internal/samples"
	"hanalyze/output"
)

// Records are used again once they are rendered. Nobody may look at them after that: what is told is the same when they are
// overwritten first, with every renderer and many small batches.
func TestNothingIsKeptOfRenderedRecords(t *testing.T) {
	renderers := map[string]func() output.Renderer{
		"json":   func() output.Renderer { return output.NewJSON(output.Options{}) },
		"story":  func() output.Renderer { return output.NewStory(output.Options{}) },
		"ladder": func() output.Renderer { return output.NewStory(output.Options{Ladder: output.FullLadder}) },
		"live":   func() output.Renderer { return output.NewLive(output.Options{}) },
	}
	exchanges := 0
	for _, name := range captureFiles(t, *captures) {
		frames := samples.Frames(t, name)
		for kind, render := range renderers {
			for _, bodies := range []*Bodies{nil, {Options: body.Options{Keep: 100}}} {
				var out [2]bytes.Buffer
				for i := range out {
					stats, err := Run(Options{
						Source: &source{frames: frames, size: 3}, Workers: 2, Render: render(), Out: &out[i], Bodies: bodies,
						Events: map[string]bool{"http2_frame": true, "websocket_message": true, "packet": true}, poison: i == 1,
					})
					if err != nil {
						t.Fatal(name, err)
					}
					exchanges += int(stats.Records["http"])
				}
				if !bytes.Equal(out[0].Bytes(), out[1].Bytes()) {
					t.Errorf("%s, %s, bodies %v: something is kept", name, kind, bodies != nil)
				}
			}
		}
	}
	if exchanges == 0 {
		t.Error("no sample has an exchange")
	}
}
