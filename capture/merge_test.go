package capture

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// writeFiles writes files into a directory and returns their paths in the order of their names.
func writeFiles(t testing.TB, dir string, files map[string][]byte) (paths []string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// secondsPcap has a packet for each of the given seconds, which is its data, too.
func secondsPcap(name string, seconds ...int) []byte {
	file := pcapHead(binary.LittleEndian, pcapMagicMicro, 1)
	for _, s := range seconds {
		data := fmt.Sprint(name, s)
		file = pcapRecord(file, binary.LittleEndian, uint32(s), 0, data, len(data), 0)
	}
	return file
}

// dataOf returns the data of all frames.
func dataOf(frames []got) (data []string) {
	for _, f := range frames {
		data = append(data, f.Data)
	}
	return data
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"overlapping", map[string][]byte{"1": secondsPcap("a", 1, 4, 5), "2": secondsPcap("b", 2, 3, 6)}, "a1 b2 b3 a4 a5 b6"},
		{"a ring, the last file first", map[string][]byte{"0": secondsPcap("c", 7, 8), "1": secondsPcap("a", 1, 2), "2": secondsPcap("b", 3, 6)}, "a1 a2 b3 b6 c7 c8"},
		{"one inside the other", map[string][]byte{"1": secondsPcap("a", 1, 9), "2": secondsPcap("b", 3, 4)}, "a1 b3 b4 a9"},
		{"the same times", map[string][]byte{"1": secondsPcap("a", 1, 2), "2": secondsPcap("b", 1, 2)}, "a1 b1 a2 b2"},
		{"a clock that steps back", map[string][]byte{"1": secondsPcap("a", 5, 1, 7), "2": secondsPcap("b", 6)}, "a5 a1 b6 a7"},
		{"an empty file", map[string][]byte{"1": secondsPcap("a", 5), "2": secondsPcap("b"), "3": secondsPcap("c", 4)}, "c4 a5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := OpenFiles(writeFiles(t, t.TempDir(), c.files), nil)
			if err != nil {
				t.Fatal(err)
			}
			frames, err := readAll(t, s)
			if got := strings.Join(dataOf(frames), " "); got != c.want || err != nil {
				t.Errorf("%s, want %s (%v)", got, c.want, err)
			}
		})
	}
}

// Many files that overlap at random come out in order, and packets keep their bytes while other files are read.
func TestMergeMany(t *testing.T) {
	const files, packets = 40, 5000
	content := map[string][]byte{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range files {
		var seconds []int
		at := r.IntN(1000)
		for range packets {
			at += r.IntN(20)
			seconds = append(seconds, at)
		}
		content[fmt.Sprintf("%02d", i)] = secondsPcap(strings.Repeat("x", 100), seconds...)
	}
	s, err := OpenFiles(writeFiles(t, t.TempDir(), content), nil)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := readAll(t, s)
	if err != nil || len(frames) != files*packets {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	if !slices.IsSortedFunc(frames, func(a, b got) int { return int(a.Time - b.Time) }) {
		t.Error("not in order")
	}
	if n := len(s.(*fileSource).pool.free); n > 2*files+4 {
		t.Errorf("%d slabs", n)
	}
}

// Files of a ring are not all open at once; of those that overlap, too many are opened late.
func TestMergeLanes(t *testing.T) {
	ring, overlapping := map[string][]byte{}, map[string][]byte{}
	for i := range maxLanes + 5 {
		name := fmt.Sprintf("%04d", i)
		ring[name] = secondsPcap("", 10*i+1, 10*i+9)
		overlapping[name] = secondsPcap("", i+1, 5000)
	}
	for _, c := range []struct {
		files    map[string][]byte
		lanes    int
		warnings int
	}{{ring, 2, 0}, {overlapping, maxLanes, 5}} {
		opened, err := OpenFiles(writeFiles(t, t.TempDir(), c.files), nil)
		if err != nil {
			t.Fatal(err)
		}
		s := opened.(*fileSource)
		most, n := 0, 0
		var b Batch
		for s.ReadBatch(&b) == nil {
			most = max(most, len(s.merger.lanes))
			n += len(b.Frames)
		}
		if most > c.lanes || n != 2*len(c.files) || len(s.Warnings()) != c.warnings {
			t.Errorf("%d open at once, %d packets, %q", most, n, s.Warnings())
		}
	}
}

// Names and secrets stay where they were among the packets.
func TestMergeExtras(t *testing.T) {
	le := binary.LittleEndian
	head := ngInterface(ngSection(nil, le), le, 1, 0)
	name := ngBlock(nil, le, blockNames, ngOptions(nil, le, []ngOption{{namesIPv4, []byte("\x01\x02\x03\x04host\x00")}}))
	first := slices.Concat(head, ngPacket(nil, le, 0, 1e6, "a1", 2), name, ngPacket(nil, le, 0, 5e6, "a5", 2), name)
	s, err := OpenFiles(writeFiles(t, t.TempDir(), map[string][]byte{"1": first, "2": secondsPcap("b", 2, 3, 6)}), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	var b Batch
	for s.ReadBatch(&b) == nil {
		names := b.Names
		for i := range len(b.Frames) + 1 {
			for ; len(names) > 0 && names[0].Before == i; names = names[1:] {
				all = append(all, names[0].Name)
			}
			if i < len(b.Frames) {
				all = append(all, string(b.Frames[i].Data))
			}
		}
	}
	if d := cmp.Diff([]string{"a1", "b2", "b3", "host", "a5", "host", "b6"}, all); d != "" {
		t.Error(d)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	paths := writeFiles(t, dir, map[string][]byte{
		"b.pcap": secondsPcap("b", 2), "a.pcap.gz": zip(t, secondsPcap("a", 3)), "notes.txt": []byte("these are notes"),
		".hidden": []byte("x"), "empty": nil,
	})
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	var told []string
	s, err := OpenFiles([]string{dir}, func(line string) { told = append(told, line) })
	if err != nil {
		t.Fatal(err)
	}
	frames, err := readAll(t, s)
	if got := strings.Join(dataOf(frames), " "); got != "b2 a3" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	wantLines(t, told, dir+": skipped: "+paths[3]+": offset 0: empty file", dir+": skipped: "+paths[4]+": offset 0: not a capture file")
	wantLines(t, s.Warnings(), told...)
	inputs := []hanalyze.StatsInput{
		{Name: paths[1], Format: "pcap", Compression: "gzip", Packets: 1}, {Name: paths[2], Format: "pcap", Packets: 1},
		{Name: paths[3], Format: "unknown", Error: paths[3] + ": offset 0: empty file"},
		{Name: paths[4], Format: "unknown", Error: paths[4] + ": offset 0: not a capture file"},
	}
	if d := cmp.Diff(inputs, s.Inputs()); d != "" {
		t.Error(d)
	}
	if s, err = OpenFiles([]string{dir, dir}, nil); err != nil {
		t.Fatal(err)
	}
	wantLines(t, s.Warnings(), append(told, told...)...)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenFiles([]string{filepath.Join(dir, "below")}, nil); err == nil || !strings.Contains(err.Error(), "no captures in it") {
		t.Errorf("a directory without captures: %v", err)
	}
}

// Of many files that are no captures some are named.
func TestForeign(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{"a": secondsPcap("a", 1)}
	for i := range maxForeign + 3 {
		files[fmt.Sprintf("x%02d", i)] = []byte("notes")
	}
	writeFiles(t, dir, files)
	s, err := OpenFiles([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := len(s.Inputs()); n != 1+maxForeign {
		t.Errorf("%d inputs", n)
	}
	if w := s.Warnings(); w[len(w)-1] != dir+": 3 more warnings" {
		t.Errorf("%q", w)
	}
}
