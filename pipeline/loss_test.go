package pipeline

import (
	"math/rand/v2"
	"strings"
	"testing"

	"hanalyze/capture"
	"hanalyze/output"
)

// fact is what must be right about an exchange that is told as complete and certain.
type fact struct {
	method, url       string
	status            int
	request, response uint64
}

func facts(t testing.TB, ndjson string) map[fact]int {
	m := map[fact]int{}
	for _, l := range lines(t, ndjson) {
		if l.Type == "http" && l.Complete && l.Pairing == "certain" {
			m[fact{l.Method, l.URL, l.Status, l.Request.Body, l.Response.Body}]++
		}
	}
	return m
}

// What a capture that lacks packets, or has some twice or late, tells as complete and certain is what really happened.
func TestLossNeverLies(t *testing.T) {
	const exchanges = 30
	kept := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		tr := webTrace(rnd, exchanges)
		run := func(frames []capture.Frame) string {
			out, _ := runSource(t, &source{frames: frames, size: 64}, 2, output.NewJSON(output.Options{}))
			return out
		}
		truth := facts(t, run(tr.frames))
		if len(truth) != exchanges {
			t.Fatalf("seed %d: %d facts without loss", seed, len(truth))
		}
		out := run(damage(tr.frames, rnd))
		for f, n := range facts(t, out) {
			if n > truth[f] {
				t.Fatalf("seed %d tells %d times %+v, which was %d times\n%s", seed, n, f, truth[f], excerpt(out))
			}
			kept += n
		}
	}
	if kept == 0 {
		t.Error("nothing survived: the test cannot fail")
	}
}

// damage drops some frames and, for some seeds, doubles and delays others.
func damage(frames []capture.Frame, rnd *rand.Rand) (out []capture.Frame) {
	every, disorder := 2+rnd.IntN(60), rnd.IntN(2) == 0
	for _, f := range frames {
		switch {
		case rnd.IntN(every) == 0:
		case disorder && rnd.IntN(10) == 0:
			out = append(out, f, f)
		case disorder && rnd.IntN(10) == 0 && len(out) > 0:
			last := &out[len(out)-1]
			f, *last = *last, f
			f.Time, last.Time = last.Time, f.Time
			out = append(out, f)
		default:
			out = append(out, f)
		}
	}
	return out
}

// excerpt is the lines about HTTP.
func excerpt(ndjson string) string {
	var b strings.Builder
	for l := range strings.Lines(ndjson) {
		if strings.HasPrefix(l, `{"type":"http"`) {
			b.WriteString(l)
		}
	}
	return b.String()
}
