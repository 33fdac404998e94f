package capture

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hanalyze"
)

// noon is a round time to name files after.
var noon = hanalyze.Time(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).UnixNano())

// kept writes a frame of 100 bytes every second, and returns the names of the files there are then and the packets in each.
func kept(t *testing.T, r Rotation, frames int) (names []string, packets []int) {
	t.Helper()
	dir := t.TempDir()
	w, err := NewRotator(filepath.Join(dir, "a.b.pcapng"), r, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range frames {
		f := Frame{Time: noon + hanalyze.Time(i)*1e9, Data: make([]byte, 100), Len: 100, Link: hanalyze.LinkEthernet}
		if err := w.WriteBatch(&Batch{Frames: []Frame{f}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
		packets = append(packets, countFrames(t, filepath.Join(dir, e.Name())))
	}
	return names, packets
}

// countFrames reads a file to its end.
func countFrames(t *testing.T, name string) (n int) {
	t.Helper()
	s, err := OpenFiles([]string{name}, func(w string) { t.Error(w) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b Batch
	for {
		switch err := s.ReadBatch(&b); err {
		case nil:
			n += len(b.Frames)
		case io.EOF:
			return n
		default:
			t.Fatal(err)
		}
	}
}

func TestRotator(t *testing.T) {
	for _, c := range []struct {
		name    string
		by      Rotation
		packets []int
	}{
		{"never", Rotation{}, []int{10}},
		{"packets", Rotation{Packets: 4}, []int{4, 4, 2}},
		{"seconds", Rotation{Duration: 3 * time.Second}, []int{3, 3, 3, 1}},
		{"bytes", Rotation{Bytes: 300}, []int{2, 2, 2, 2, 2}}, // 60 bytes of headers, 132 for each packet
		{"whichever comes first", Rotation{Bytes: 300, Packets: 1}, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"ring", Rotation{Packets: 4, Files: 2}, []int{4, 2}},
		{"ring of one", Rotation{Packets: 5, Files: 1}, []int{5}},
	} {
		if _, packets := kept(t, c.by, 10); !slices.Equal(packets, c.packets) {
			t.Errorf("%s: %v packets in the files, want %v", c.name, packets, c.packets)
		}
	}
}

func TestRotatorNames(t *testing.T) {
	names, _ := kept(t, Rotation{Packets: 4, Files: 2}, 10)
	want := []string{"a.b_00002_20260101120004.pcapng", "a.b_00003_20260101120008.pcapng"}
	if !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if names, _ := kept(t, Rotation{Packets: 4}, 0); len(names) != 0 {
		t.Errorf("files without packets: %v", names)
	}
}

func TestRotatorErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file + "/ring.pcapng", file + ".d/ring.pcapng"} {
		if _, err := NewRotator(path, Rotation{}, WriterOptions{}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
