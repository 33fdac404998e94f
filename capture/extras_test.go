package capture

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// annotated is a batch with names and secrets before, between and behind its frames.
func annotated() *Batch {
	frame := func(s string) Frame {
		return Frame{Time: 1_700_000_000_000_000_000, Data: []byte(s), Len: len(s), Link: hanalyze.LinkEthernet}
	}
	return &Batch{
		Frames: []Frame{frame("one"), frame("two")},
		Names: []Name{
			{0, netip.MustParseAddr("10.0.0.1"), "early.example"}, {0, netip.MustParseAddr("fd00::1"), "six.example"},
			{1, netip.MustParseAddr("10.0.0.2"), "between.example"}, {2, netip.MustParseAddr("10.0.0.3"), "late.example"},
		},
		Secrets: []Secret{{0, TLSKeyLog, []byte("CLIENT_RANDOM 00 11\n")}, {1, 7, []byte("odd")}, {2, TLSKeyLog, nil}},
	}
}

var sameExtras = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b Secret) bool { return a.Before == b.Before && a.Kind == b.Kind && bytes.Equal(a.Data, b.Data) }),
}

func wantAnnotated(t *testing.T, file []byte) {
	t.Helper()
	s, want := NewReader("x", bytes.NewReader(file)), annotated()
	var got Batch
	if err := s.ReadBatch(&got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.Names, got.Names, sameExtras); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want.Secrets, got.Secrets, sameExtras); d != "" {
		t.Error(d)
	}
	if len(got.Frames) != len(want.Frames) {
		t.Errorf("%d frames", len(got.Frames))
	}
}

func TestWriterKeepsNamesAndSecrets(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file, WriterOptions{})
	if err := w.WriteBatch(annotated()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantAnnotated(t, file.Bytes())
}

// A Rotator keeps what comes before its first packet until there is a file, within bounds.
func TestRotatorKeepsNamesAndSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.pcapng")
	r, err := NewRotator(path, Rotation{}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	whole := annotated()
	early := &Batch{Names: whole.Names[:2], Secrets: whole.Secrets[:1]}
	whole.Names, whole.Secrets = whole.Names[2:], whole.Secrets[1:]
	for _, b := range []*Batch{early, whole} {
		if err := r.WriteBatch(b); err != nil {
			t.Fatal(err)
		}
	}
	name := r.file.Name()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	wantAnnotated(t, file)

	var x extras
	many := extras{names: make([]Name, MaxBatch-1), secrets: make([]Secret, MaxBatch-1)}
	x.add(many)
	x.add(many)
	if len(x.names) != maxEarly || len(x.secrets) != maxEarly {
		t.Errorf("%d names and %d secrets wait", len(x.names), len(x.secrets))
	}
}
