package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// smallPcap is three records, and where each of them ends.
func smallPcap() (file []byte, frames []got, ends []int) {
	le := binary.LittleEndian
	file = pcapHead(le, pcapMagicMicro, 1)
	ends = append(ends, len(file))
	for i, data := range []string{"first", "", "the third"} {
		file = pcapRecord(file, le, 5, uint32(i), data, 20, 0)
		frames = append(frames, got{5e9 + hanalyze.Time(i)*1000, data, 20, 1})
		ends = append(ends, len(file))
	}
	return file, frames, ends
}

// smallPcapng is three packets, and where the blocks before and of each of them end.
func smallPcapng() (file []byte, frames []got, ends []int) {
	be := binary.BigEndian
	file = ngInterface(ngSection(nil, be), be, 1, 0, ngOption{optTSResol, []byte{9}})
	ends = append(ends, len(file))
	for i, data := range []string{"first", "", "the third"} {
		file = ngPacket(file, be, 0, uint64(i), data, 20)
		frames = append(frames, got{hanalyze.Time(i), data, 20, 1})
		ends = append(ends, len(file))
	}
	return file, frames, ends
}

// However a file is cut, the frames before the cut are read, and the cut is told unless it is between two records.
func TestCutEverywhere(t *testing.T) {
	for name, small := range map[string]func() ([]byte, []got, []int){"pcap": smallPcap, "pcapng": smallPcapng} {
		t.Run(name, func(t *testing.T) {
			file, frames, ends := small()
			header := map[string]int{"pcap": pcapFileHeader, "pcapng": minSection}[name]
			for n := range len(file) + 1 {
				s := NewReader("x", bytes.NewReader(file[:n]))
				got, err := readAll(t, s)
				if n < header {
					var ferr *FormatError
					if !errors.As(err, &ferr) || len(got) > 0 || s.Inputs()[0].Error != err.Error() {
						t.Fatalf("cut at %d: %v, %d frames, %+v", n, err, len(got), s.Inputs())
					}
					continue
				}
				whole := 0
				clean := n == header || n == len(ngSection(nil, binary.BigEndian)) && name == "pcapng"
				for i, end := range ends {
					clean = clean || n == end
					if n >= end {
						whole = i
					}
				}
				if d := cmp.Diff(frames[:whole], got); err != nil || len(got) != whole || d != "" && whole > 0 {
					t.Fatalf("cut at %d: %v\n%s", n, err, d)
				}
				if in := s.Inputs()[0]; in.Truncated == clean || (in.Error == "") != clean || (in.DamagedAt == 0) != clean || (len(s.Warnings()) == 0) != clean {
					t.Fatalf("cut at %d: %+v %q", n, in, s.Warnings())
				}
			}
		})
	}
}

func TestCutIsTold(t *testing.T) {
	file, frames, ends := smallPcap()
	s := NewReader("trace.pcap", bytes.NewReader(file[:len(file)-1]))
	wantFrames(t, s, frames[:2])
	wantLines(t, s.Warnings(), fmt.Sprintf("trace.pcap: offset %d: cut inside a packet or block", ends[2]))
}

// Readers may return as little as they like, errors together with data, and nothing at all now and then.
func TestReadersOfAllKinds(t *testing.T) {
	for _, small := range []func() ([]byte, []got, []int){smallPcap, smallPcapng} {
		file, frames, _ := small()
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data and error": iotest.DataErrReader,
			"stutter": func(r io.Reader) io.Reader { return &stutter{r: r} },
		} {
			t.Run(name, func(t *testing.T) {
				wantFrames(t, NewReader("x", wrap(bytes.NewReader(file))), frames)
				wantFrames(t, NewReader("x", wrap(bytes.NewReader(zip(t, file)))), frames)
			})
		}
	}
}

// stutter returns nothing every other time.
type stutter struct {
	r io.Reader
	n int
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.n++; s.n%2 == 1 {
		return 0, nil
	}
	return s.r.Read(p[:min(len(p), 3)])
}

func TestReadError(t *testing.T) {
	file, frames, ends := smallPcap()
	broken := errors.New("the disk is on fire")
	s := NewReader("x", io.MultiReader(bytes.NewReader(file[:ends[2]]), iotest.ErrReader(broken)))
	wantFrames(t, s, frames[:2])
	want := fmt.Sprintf("offset %d: the disk is on fire", ends[2])
	if in := s.Inputs()[0]; in.Error != want || in.Truncated {
		t.Errorf("%+v", in)
	}
	wantLines(t, s.Warnings(), "x: "+want)

	idle := NewReader("x", io.MultiReader(bytes.NewReader(file), iotest.ErrReader(nil)))
	wantFrames(t, idle, frames)
	if in := idle.Inputs()[0]; !strings.Contains(in.Error, io.ErrNoProgress.Error()) {
		t.Errorf("%+v", in)
	}
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestGzip(t *testing.T) {
	file, frames, ends := smallPcapng()
	members := append(zip(t, file[:ends[1]+3]), zip(t, file[ends[1]+3:])...)
	noise := make([]byte, 4<<10) // does not compress, so that a cut leaves most of it
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	cut := zip(t, append(bytes.Clone(file), ngBlock(nil, binary.BigEndian, 0x999, noise)...))
	sum := zip(t, file)
	sum[len(sum)-8]++
	for _, c := range []struct {
		name, warning string
		z             []byte
		truncated     bool
	}{
		{"one member", "", zip(t, file), false},
		{"several members", "", members, false},
		{"an empty member", "", append(members, zip(t, nil)...), false},
		{"trailing garbage", "x: offset 176: trailing garbage after the compressed data ignored", append(zip(t, file), "garbage garbage"...), false},
		{"cut between blocks", "x: offset 176: compressed data cut", zip(t, file)[:len(zip(t, file))-3], true},
		{"cut inside a block", "x: offset 176: cut inside a packet or block", cut[:len(cut)-30], true},
		{"wrong checksum", "x: offset 176: gzip: invalid checksum", sum, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewReader("x", bytes.NewReader(c.z))
			wantFrames(t, s, frames)
			var want []string
			if c.warning != "" {
				want = []string{c.warning}
			}
			wantLines(t, s.Warnings(), want...)
			if in := s.Inputs()[0]; in.Truncated != c.truncated || in.Format != "pcapng" {
				t.Errorf("%+v", in)
			}
		})
	}
}

func TestNoCapture(t *testing.T) {
	file, _, _ := smallPcap()
	version := bytes.Clone(file)
	version[4] = 9
	for _, c := range []struct {
		name, want string
		content    []byte
	}{
		{"empty", "x: offset 0: empty file", nil},
		{"short", "x: offset 0: not a capture file", []byte("abc")},
		{"text", "x: offset 0: not a capture file", []byte("GET / HTTP/1.1\r\n")},
		{"short pcap", "x: offset 23: cut inside the file header", file[:23]},
		{"version", "x: offset 0: pcap of an unknown version", version},
		{"bzip2", "x: offset 0: compressed with bzip2; decompress it first (bzip2 -d)", []byte("BZh9____")},
		{"gzip of text", "x: offset 0: not a capture file", zip(t, []byte("hello, world"))},
		{"gzip of nothing", "x: offset 0: empty file", zip(t, nil)},
		{"gzip cut", "x: offset 0: unexpected EOF", zip(t, file)[:7]},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readAll(t, NewReader("x", bytes.NewReader(c.content)))
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			var ferr *FormatError
			if _, err := OpenFiles([]string{path}, nil); !errors.As(err, &ferr) || ferr.File != path {
				t.Errorf("OpenFiles: %v", err)
			}
		})
	}
}

func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	a, framesA, _ := smallPcap()
	b, framesB, _ := smallPcapng()
	var names []string
	for name, content := range map[string][]byte{"1": a, "2": zip(t, b), "3": a[:len(a)-1]} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"1", "2", "3", "1"} {
		names = append(names, filepath.Join(dir, name))
	}
	var told []string
	s, err := OpenFiles(names, func(line string) { told = append(told, line) })
	if err != nil {
		t.Fatal(err)
	}
	var want []got
	want = append(want, framesB...) // the earliest
	for _, f := range framesA[:2] {
		want = append(want, f, f, f)
	}
	want = append(want, framesA[2], framesA[2]) // not in the file that is cut
	wantFrames(t, s, want)
	wantLines(t, told, s.Warnings()...)
	wantLines(t, told, names[2]+": offset 61: cut inside a packet or block")
	inputs := []hanalyze.StatsInput{
		{Name: names[0], Format: "pcap", Packets: 3}, {Name: names[1], Format: "pcapng", Compression: "gzip", Packets: 3, Interfaces: []hanalyze.StatsInterface{{Link: 1, Packets: 3}}},
		{Name: names[2], Format: "pcap", Packets: 2, Truncated: true, DamagedAt: 61, Error: "offset 61: cut inside a packet or block"}, {Name: names[3], Format: "pcap", Packets: 3},
	}
	if d := cmp.Diff(inputs, s.Inputs()); d != "" {
		t.Error(d)
	}
	if err := s.ReadBatch(new(Batch)); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s.Kernel() != nil {
		t.Error("files have no kernel counts")
	}

	if _, err := OpenFiles(append(names, filepath.Join(dir, "missing")), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// Frames say which input they are from.
func TestInputIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	file, _, _ := smallPcap()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenFiles([]string{path, path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	var inputs []int
	for s.ReadBatch(&b) == nil {
		for _, f := range b.Frames {
			inputs = append(inputs, f.Input)
		}
	}
	if d := cmp.Diff([]int{0, 1, 0, 1, 0, 1}, inputs); d != "" {
		t.Error(d)
	}
}

// A pipe is read as it is written: every packet is there before the next one is written, also through compression.
func TestPipeLatency(t *testing.T) {
	for _, zip := range append([]compressor{{name: "plain"}}, compressors...) {
		t.Run(zip.name, func(t *testing.T) {
			stdin := os.Stdin
			defer func() { os.Stdin = stdin }()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			os.Stdin = r
			var out io.Writer = w
			flush := func() error { return nil }
			if zip.writer != nil {
				z := zip.writer(w)
				out, flush = z, z.Flush
			}
			file, frames, ends := smallPcap()
			s, err := OpenFiles([]string{"-"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			write := func(b []byte) {
				_, err := out.Write(b)
				if err := errors.Join(err, flush()); err != nil {
					t.Error(err)
				}
			}
			write(file[:ends[0]])
			var b Batch
			for i := range frames {
				half := (ends[i] + ends[i+1]) / 2
				write(file[ends[i]:half])
				written := make(chan bool)
				go func() {
					time.Sleep(5 * time.Millisecond)
					write(file[half:ends[i+1]])
					close(written)
				}()
				if err := s.ReadBatch(&b); err != nil || len(b.Frames) != 1 || string(b.Frames[0].Data) != frames[i].Data {
					t.Fatalf("packet %d: %v, %d frames", i, err, len(b.Frames))
				}
				<-written
			}
			w.Close()
			if err := s.ReadBatch(&b); err != io.EOF {
				t.Fatal(err)
			}
			if in := s.Inputs()[0]; in.Name != "-" || in.Packets != 3 || in.Truncated != (zip.writer != nil) {
				t.Errorf("%+v", in)
			}
		})
	}
}

// Close ends a source in the middle, also one that is being decompressed.
func TestCloseEarly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, zip(t, manyRecords(100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenFiles([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	if err := s.ReadBatch(&b); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if string(b.Frames[0].Data[:4]) != "data" {
		t.Error("the batch went with the source")
	}
	if err := s.ReadBatch(&b); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
}
