package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hanalyze/body"
	"hanalyze/capture"
	"hanalyze/extract"
	"hanalyze/internal/samples"
	"hanalyze/output"
)

// withBodies runs frames with bodies told and written to dir.
func withBodies(t testing.TB, frames []capture.Frame, batch, workers int, dir string) string {
	t.Helper()
	files, err := extract.Open(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = Run(Options{
		Source: &source{frames: frames, size: batch}, Workers: workers, Out: &out, Render: output.NewJSON(output.Options{}),
		Bodies: &Bodies{Options: body.Options{Keep: 1 << 20}, Extract: files},
	})
	if err := errors.Join(err, files.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// content is what a record tells of a body.
type content struct {
	Whole  bool   `json:"body_whole"`
	SHA256 string `json:"sha256"`
	Body   string `json:"body"`
	Error  string `json:"decode_error"`
}

// bodiesOf returns the bodies told, by direction and URL, and by direction alone: under an URL only those that are certainly of
// it.
func bodiesOf(t testing.TB, ndjson string) map[string][]content {
	all := map[string][]content{}
	for l := range strings.Lines(ndjson) {
		var r struct {
			Type, URL, Pairing string
			Request, Response  *content
		}
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatal(err)
		}
		if r.Type != "http" || r.URL == "" {
			continue
		}
		for i, c := range []*content{r.Request, r.Response} {
			if c != nil && (c.Whole || c.Body != "") {
				any, key := fmt.Sprint(i), fmt.Sprint(i, " ", r.URL)
				all[any] = append(all[any], *c)
				if r.Pairing != "guessed" {
					all[key] = append(all[key], *c)
				}
			}
		}
	}
	return all
}

// bodySamples are samples with bodies in various codings, framings and versions.
var bodySamples = []string{"h1-encodings.pcap", "h1-chunked.pcap", "h1-upload.pcap", "h1-pipelining.pcap", "chromium-h1.pcap", "h2-post-trailers.pcap"}

// TestBodiesUnderLoss drops packets: a body that is told as whole is one that was sent, and the text of another is the
// beginning of one.
func TestBodiesUnderLoss(t *testing.T) {
	whole, cut := 0, 0
	for _, name := range bodySamples {
		frames := samples.Frames(t, filepath.Join("..", "pcaps", name))
		truth := bodiesOf(t, withBodies(t, frames, 64, 1, t.TempDir()))
		if len(truth) == 0 {
			t.Fatalf("%s has no bodies", name)
		}
		for seed := range uint64(20) {
			rnd := rand.New(rand.NewPCG(seed, 11))
			var kept []capture.Frame
			for _, f := range frames {
				if rnd.IntN(12) > 0 {
					kept = append(kept, f)
				}
			}
			for key, list := range bodiesOf(t, withBodies(t, kept, 64, 1, t.TempDir())) {
				for _, c := range list {
					if !wasSent(truth[key], c) {
						t.Fatalf("%s, seed %d: %s: %+v", name, seed, key, c)
					}
					if c.Whole {
						whole++
					} else {
						cut++
					}
				}
			}
		}
	}
	if whole == 0 || cut == 0 {
		t.Errorf("%d whole bodies and %d cut ones: the test cannot fail", whole, cut)
	}
}

func wasSent(sent []content, c content) bool {
	for _, s := range sent {
		if c.Whole && c.SHA256 == s.SHA256 || !c.Whole && c.SHA256 == "" && c.Error == "" && strings.HasPrefix(s.Body, c.Body) {
			return true
		}
	}
	return false
}

// TestSameBodies wants the same records and the same files for every number of workers and every size of batches.
func TestSameBodies(t *testing.T) {
	var frames []capture.Frame
	for _, name := range bodySamples[:3] {
		frames = append(frames, samples.Frames(t, filepath.Join("..", "pcaps", name))...)
	}
	dir := t.TempDir()
	want := withBodies(t, frames, 64, 1, filepath.Join(dir, "want"))
	names, err := os.ReadDir(filepath.Join(dir, "want"))
	if err != nil || len(names) < 10 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, workers := range []int{2, 7} {
		for _, batch := range []int{1, 5, 1000} {
			got := filepath.Join(dir, fmt.Sprint(workers, "-", batch))
			if out := withBodies(t, frames, batch, workers, got); out != want {
				t.Fatalf("%d workers, batches of %d: %s", workers, batch, diff(want, out))
			}
			for _, n := range names {
				a, _ := os.ReadFile(filepath.Join(dir, "want", n.Name()))
				if b, err := os.ReadFile(filepath.Join(got, n.Name())); err != nil || !bytes.Equal(a, b) {
					t.Errorf("%d workers, batches of %d: %s differs (%v)", workers, batch, n.Name(), err)
				}
			}
		}
	}
}
