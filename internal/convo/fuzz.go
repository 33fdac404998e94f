package convo

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"hanalyze"
)

// maxFuzzSteps keeps a fuzzed conversation short enough to be played several times.
const maxFuzzSteps = 64

// FromBytes reads fuzzer input as a conversation: per step one byte (bit 0 the direction, bits 1 and 2 the kind: 0 and 1
// data, 2 a gap, 3 an end) and, for data and gaps, a two-byte length. Every input is a conversation; both directions end.
func FromBytes(b []byte) *Conversation {
	c := &Conversation{Title: "fuzz"}
	var ended [2]bool
	for len(b) > 0 && len(c.Steps) < maxFuzzSteps {
		d, kind := hanalyze.Dir(b[0]&1), b[0]>>1&3
		b = b[1:]
		n := 0
		if kind != 3 && len(b) >= 2 {
			n = int(binary.BigEndian.Uint16(b))
			b = b[2:]
		}
		switch {
		case ended[d]: // nothing comes after an end
		case kind == 3:
			ended[d] = true
			c.Steps = append(c.Steps, Step{Dir: d, End: true})
		case kind == 2:
			gap := int64(n)
			if n == 0 || n == 0xffff {
				gap = -1
			}
			c.Steps = append(c.Steps, Step{Dir: d, Gap: gap})
		default:
			n = min(n, len(b))
			c.Steps = append(c.Steps, Step{Dir: d, Data: b[:n:n]})
		}
		if kind < 2 {
			b = b[min(n, len(b)):]
		}
	}
	for d := range ended {
		if !ended[d] {
			c.Steps = append(c.Steps, Step{Dir: hanalyze.Dir(d), End: true})
		}
	}
	return c
}

// Bytes is the inverse of FromBytes, as far as lengths fit 16 bits.
func (c *Conversation) Bytes() []byte {
	var b []byte
	for _, s := range c.Steps {
		switch {
		case s.End:
			b = append(b, 3<<1|byte(s.Dir))
		case s.Gap != 0:
			b = append(b, 2<<1|byte(s.Dir))
			b = binary.BigEndian.AppendUint16(b, uint16(max(s.Gap, 0)))
		default:
			data := s.Data[:min(len(s.Data), 0xffff)]
			b = append(b, byte(s.Dir))
			b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
			b = append(b, data...)
		}
	}
	return b
}

// Fuzz fuzzes a parser with the conversations that match glob as seeds. The invariants: no panic, never more bytes taken
// than given, and the same events whole, byte by byte and cut at pseudo-random points.
func Fuzz(f *testing.F, glob string, create New) {
	files, _ := filepath.Glob(glob)
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		c, err := Parse(src)
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
		f.Add(c.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := FromBytes(b)
		whole := c.Play(create, nil)
		if got := c.Play(create, func(int) bool { return true }); got != whole {
			t.Fatalf("byte by byte:\n%s\nwhole:\n%s", got, whole)
		}
		if got := c.Play(create, func(i int) bool { return i*2654435761>>7%5 == 0 }); got != whole {
			t.Fatalf("cut:\n%s\nwhole:\n%s", got, whole)
		}
	})
}
