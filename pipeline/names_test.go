package pipeline

import (
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/output"
)

// namedSource gives a name after a number of frames, those of another source, or after all.
type namedSource struct {
	source
	name  capture.Name
	after int
}

func (s *namedSource) ReadBatch(b *capture.Batch) error {
	from := s.n
	err := s.source.ReadBatch(b)
	if from <= s.after && s.after < s.n || err != nil && s.after >= from {
		s.name.Before = min(s.after-from, len(b.Frames))
		b.Names = append(b.Names, s.name)
		s.after = -1
		return nil
	}
	return err
}

// What the capture calls an address reaches the records from there on, in whatever pieces it is read.
func TestNames(t *testing.T) {
	tr := newTrace()
	for i := range 2 {
		c := tr.tcp(i, 9999)
		c.open() // three packets
		c.close()
	}
	half := len(tr.frames) / 2
	server := endpoints(0, 9999)[1].Addr()
	if other := endpoints(1, 9999)[1].Addr(); other != server {
		t.Fatalf("two servers: %v and %v", server, other)
	}
	for _, after := range []int{0, 2, half, half + 3, len(tr.frames)} {
		told := ""
		for _, size := range []int{1, 3, 1000} {
			var out strings.Builder
			from := &namedSource{source{frames: tr.frames, size: size}, capture.Name{Addr: server, Name: "server.lan"}, after}
			if _, err := Run(Options{Source: from, Workers: 3, Render: output.NewJSON(output.Options{}), Out: &out}); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(out.String(), `"name":"server.lan","name_source":"capture"`); n == 0 {
				t.Errorf("after %d packets, batches of %d: not told", after, size)
			}
			if d := cmp.Diff(told, out.String()); told != "" && d != "" {
				t.Errorf("after %d packets, batches of %d:\n%s", after, size, d)
			}
			told = out.String()
		}
	}
}

// saver keeps the names of batches and how many kept frames came before each.
type saver struct {
	frames int
	names  map[string]int
}

func (s *saver) WriteBatch(b *capture.Batch) error {
	for _, n := range b.Names {
		s.names[n.Name] = s.frames + n.Before
	}
	s.frames += len(b.Frames)
	return nil
}

func (s *saver) Flush() error { return nil }

// Names are kept between the packets where they were, also where a filter lets only some through.
func TestNamesSaved(t *testing.T) {
	tr := newTrace()
	for i := range 4 {
		tr.dns(i, 1, "a.example.", i%2 == 0) // two packets or one
	}
	answers, err := filter.Parse("src port 53")
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range []int{0, 0, 1, 1, 1, 2, 2} {
		for _, size := range []int{1, 3, 1000} {
			kept := &saver{names: map[string]int{}}
			from := &namedSource{source{frames: slices.Clone(tr.frames), size: size}, capture.Name{Addr: netip.IPv4Unspecified(), Name: "x"}, after}
			if _, err := Run(Options{Source: from, Filter: filter.NewMatcher(answers), Save: kept, Workers: 1, Render: output.NewJSON(output.Options{}), Out: io.Discard}); err != nil {
				t.Fatal(err)
			}
			if at, told := kept.names["x"]; !told || at != want || kept.frames != 2 {
				t.Errorf("after %d packets, batches of %d: behind %d of %d kept ones (%t), want %d of 2", after, size, at, kept.frames, told, want)
			}
		}
	}
}
