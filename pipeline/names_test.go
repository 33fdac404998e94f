package pipeline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze/capture"
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
