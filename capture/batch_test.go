package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"hanalyze"
)

// manyRecords is a capture of n packets of 60 to 1,500 bytes.
func manyRecords(n int) []byte {
	le := binary.LittleEndian
	file := pcapHead(le, pcapMagicNano, 1)
	data := string(append([]byte("data"), make([]byte, 1500)...))
	for i := range n {
		size := 60 + i*37%1440
		file = pcapRecord(file, le, uint32(i), 0, data[:size], size, 0)
	}
	return file
}

// Frames that cross the end of a slab, and batches that end before their slab, come out whole and in order, whoever holds
// which batch.
func TestBatchesShareSlabs(t *testing.T) {
	const n = 30_000
	file := manyRecords(n)
	s := NewReader("x", bytes.NewReader(file))
	var held []*Batch
	at := 0
	check := func(b *Batch) {
		for i, f := range b.Frames {
			if size := 60 + (at+i)*37%1440; f.Time != hanalyze.Time(at+i)*1e9 || len(f.Data) != size || string(f.Data[:4]) != "data" {
				t.Fatalf("packet %d: %d bytes at %d", at+i, len(f.Data), f.Time)
			}
		}
		at += len(b.Frames)
		b.Reset()
	}
	for {
		b := new(Batch)
		if len(held) == 5 {
			check(held[0])
			b, held = held[0], held[1:] // again
		}
		if err := s.ReadBatch(b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		held = append(held, b)
	}
	for _, b := range held {
		check(b)
	}
	if at != n {
		t.Fatalf("%d packets, want %d", at, n)
	}
	pool := &s.(*fileSource).pool
	if len(pool.free) > 7 { // five batches, the one being read, the window
		t.Errorf("%d slabs for five batches", len(pool.free))
	}
}

// Small packets fill several batches from one slab.
func TestBatchLimit(t *testing.T) {
	le := binary.LittleEndian
	file := pcapHead(le, pcapMagicNano, 1)
	const n = 3*MaxBatch + 5
	for i := range n {
		file = pcapRecord(file, le, uint32(i)+1, 0, "", 0, 0)
	}
	s := NewReader("x", bytes.NewReader(file))
	var b Batch
	total, full := 0, 0
	for s.ReadBatch(&b) == nil {
		total += len(b.Frames)
		if len(b.Frames) == MaxBatch {
			full++
		}
	}
	if total != n || full == 0 {
		t.Errorf("%d frames, %d full batches", total, full)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	file := manyRecords(20_000)
	r := bytes.NewReader(file)
	s := NewReader("x", &endless{r, file})
	var b Batch
	read := func() {
		if err := s.ReadBatch(&b); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		read()
	}
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations per batch", n)
	}
}

// endless repeats the records of a file.
type endless struct {
	r    *bytes.Reader
	file []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if e.r.Len() == 0 {
		e.r.Reset(e.file[pcapFileHeader:])
	}
	return e.r.Read(p)
}

// BenchmarkReadFile reads the file named by CAPTURE_BENCH, or one of 60,000 packets.
func BenchmarkReadFile(b *testing.B) {
	path := os.Getenv("CAPTURE_BENCH")
	if path == "" {
		path = filepath.Join(b.TempDir(), "x.pcap")
		if err := os.WriteFile(path, manyRecords(60_000), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(st.Size())
	b.ReportAllocs()
	frames := 0
	var batch Batch
	for b.Loop() {
		s, err := OpenFiles([]string{path}, nil)
		if err != nil {
			b.Fatal(err)
		}
		for s.ReadBatch(&batch) == nil {
			frames += len(batch.Frames)
		}
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/packet")
}
