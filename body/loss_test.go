package body

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"hanalyze"
)

// TestLoss gives bodies with random gaps, of known and unknown length, and compares with the truth: what comes out before the
// first gap is right, what comes out behind it lies where it belongs, and nothing with a gap is called whole.
func TestLoss(t *testing.T) {
	plain := sample(20_000)
	for _, coding := range []string{"", "gzip", "deflate", "br", "zstd"} {
		h, wire := Head{}, plain
		if coding != "" {
			h.Codings, wire = []string{coding}, encode(t, coding, plain)
		}
		for seed := range uint64(60) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			out := &placed{}
			b := NewReader(Options{Keep: 1 << 20}).Open(h, out)
			lost := false
			for at := 0; at < len(wire); {
				n := min(1+rnd.IntN(1460), len(wire)-at)
				switch rnd.IntN(12) {
				case 0:
					b.Gap(int64(n))
					lost = true
				case 1:
					b.Gap(-1)
					lost = true
				default:
					b.Data(wire[at : at+n])
				}
				at += n
			}
			var c hanalyze.HTTPContent
			b.End(!lost, &c)
			what := fmt.Sprintf("%q, seed %d", coding, seed)
			if c.BodyWhole == lost || lost && c.SHA256 != "" || !lost && c.SHA256 != sumOf(plain) {
				t.Fatalf("%s: whole %v, lost %v", what, c.BodyWhole, lost)
			}
			if !bytes.HasPrefix(plain, []byte(c.Body)) {
				t.Fatalf("%s: the text is not the beginning", what)
			}
			for _, p := range out.parts {
				if p.at+len(p.b) > len(plain) || !bytes.Equal(plain[p.at:p.at+len(p.b)], p.b) {
					t.Fatalf("%s: %d bytes at %d are not those that were sent", what, len(p.b), p.at)
				}
			}
			if c.DecodeError != "" {
				t.Fatalf("%s: the sender is blamed: %s", what, c.DecodeError)
			}
		}
	}
}

// placed is an Out that notes where bytes lie.
type placed struct {
	at    int
	parts []part
}

type part struct {
	at int
	b  []byte
}

func (p *placed) Begin(*File) {}

func (p *placed) Write(b []byte) {
	p.parts = append(p.parts, part{p.at, bytes.Clone(b)})
	p.at += len(b)
}

func (p *placed) Hole(n int64)      { p.at += int(n) }
func (p *placed) Done(bool, string) {}
