package capture

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// FuzzReader wants no panic, bounded frames, the same frames and warnings from whole and from one-byte reads, and the same
// frames from what a Writer makes of them.
func FuzzReader(f *testing.F) {
	for _, small := range []func() ([]byte, []got, []int){smallPcap, smallPcapng} {
		file, _, ends := small()
		f.Add(file)
		f.Add(file[:len(file)-1])
		f.Add(zip(f, file))
		damaged := bytes.Clone(file)
		damaged[ends[0]+11] = 0xff // a length
		f.Add(damaged)
	}
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		f.Add(everyBlock(o))
		for _, format := range pcapFormats {
			head := append(pcapHead(o, format.magic, 1), make([]byte, format.file-pcapFileHeader)...)
			extra := format.heads[0] - pcapRecordHeader
			f.Add(pcapRecord(pcapRecord(head, o, 1, 2, "abc", 3, extra), o, 1, 3, "defg", 3, extra))
		}
	}
	for _, zip := range compressors {
		file, _, _ := smallPcapng()
		f.Add(compress(f, zip.name, file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		whole := NewReader("x", bytes.NewReader(file))
		frames, err := readAll(t, whole)
		for _, in := range whole.Inputs() {
			if in.Resynchronised > 0 && in.SkippedBytes == 0 || in.DamagedAt == 0 && in.Error != "" && !strings.HasPrefix(in.Error, "offset 0:") && err == nil {
				t.Fatalf("%+v", in)
			}
		}
		pool := &whole.(*fileSource).pool
		if len(pool.free) > 4 {
			t.Fatalf("%d slabs for two batches", len(pool.free))
		}
		single := NewReader("x", iotest.OneByteReader(bytes.NewReader(file)))
		again, err2 := readAll(t, single)
		if d := cmp.Diff(frames, again); d != "" || (err == nil) != (err2 == nil) {
			t.Fatalf("byte by byte: %v, %v\n%s", err, err2, d)
		}
		if d := cmp.Diff(whole.Inputs(), single.Inputs()); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(whole.Warnings(), single.Warnings()); d != "" {
			t.Fatal(d)
		}

		var copied bytes.Buffer
		w := NewWriter(&copied, WriterOptions{})
		for i, g := range frames {
			frames[i].Time = max(g.Time, pastOffset*1e9)
			if err := w.Write(&Frame{Time: g.Time, Data: []byte(g.Data), Len: g.Len, Link: g.Link}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		back, err := readAll(t, NewReader("x", &copied))
		if d := cmp.Diff(frames, back); d != "" || err != nil {
			t.Fatalf("written and read: %v\n%s", err, d)
		}
	})
}
