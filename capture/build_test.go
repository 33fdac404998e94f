package capture

import (
	"encoding/binary"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// got is a Frame that owns its memory.
type got struct {
	Time hanalyze.Time
	Data string
	Len  int
	Link hanalyze.LinkType
}

// readAll reads s to its end. It uses two batches in turn, and wants bytes of a batch to be unchanged until it is reset.
func readAll(t testing.TB, s Source) (frames []got, err error) {
	t.Helper()
	var batches [2]Batch
	var kept [2][]got
	for n := 0; ; n++ {
		b := &batches[n%2]
		for i, f := range b.Frames {
			if string(f.Data) != kept[n%2][i].Data {
				t.Fatalf("data of frame %d changed before the batch was reset", i)
			}
		}
		if err := s.ReadBatch(b); err == io.EOF {
			if len(b.Frames) > 0 {
				t.Fatal("frames together with io.EOF")
			}
			return frames, nil
		} else if err != nil {
			return frames, err
		}
		if b.empty() || len(b.Frames) > MaxBatch {
			t.Fatalf("batch of %d frames", len(b.Frames))
		}
		kept[n%2] = kept[n%2][:0]
		for _, f := range b.Frames {
			if len(f.Data) > MaxFrame || f.Len < len(f.Data) {
				t.Fatalf("frame of %d bytes, %d on the wire", len(f.Data), f.Len)
			}
			kept[n%2] = append(kept[n%2], got{f.Time, string(f.Data), f.Len, f.Link})
		}
		if n := len(b.Frames); n > 0 && s.Now() != b.Frames[n-1].Time {
			t.Fatalf("Now is %d after a frame at %d", s.Now(), b.Frames[n-1].Time)
		}
		frames = append(frames, kept[n%2]...)
	}
}

// wantFrames reads s and compares.
func wantFrames(t testing.TB, s Source, want []got) {
	t.Helper()
	frames, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, frames); d != "" {
		t.Fatalf("frames (-want +got):\n%s", d)
	}
}

// order is what binary.LittleEndian and binary.BigEndian are.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// pcapHead makes a file header of version 2.4.
func pcapHead(o order, magic uint32, link hanalyze.LinkType) []byte {
	return pcapHeadVersion(o, magic, 4, link)
}

func pcapHeadVersion(o order, magic uint32, minor uint16, link hanalyze.LinkType) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, minor)
	b = o.AppendUint64(b, 0)
	b = o.AppendUint32(b, 262144)
	return o.AppendUint32(b, uint32(link))
}

// pcapRecord appends a record; extra is what the modified format adds to the header.
func pcapRecord(b []byte, o order, sec, frac uint32, data string, wire int, extra int) []byte {
	b = o.AppendUint32(b, sec)
	b = o.AppendUint32(b, frac)
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(wire))
	b = append(b, make([]byte, extra)...)
	return append(b, data...)
}

// ngBlock appends a block.
func ngBlock(b []byte, o order, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b = o.AppendUint32(b, kind)
	b = o.AppendUint32(b, uint32(minBlock+len(body)))
	b = append(b, body...)
	return o.AppendUint32(b, uint32(minBlock+len(body)))
}

// ngSection appends a section header.
func ngSection(b []byte, o order) []byte {
	h := o.AppendUint32(nil, byteOrderMagic)
	h = o.AppendUint16(h, 1)
	h = o.AppendUint16(h, 0)
	return ngBlock(b, o, blockSection, o.AppendUint64(h, 1<<64-1))
}

// ngOption is an option.
type ngOption struct {
	code  uint16
	value []byte
}

// ngInterface appends an interface description.
func ngInterface(b []byte, o order, link hanalyze.LinkType, snap uint32, options ...ngOption) []byte {
	h := o.AppendUint16(nil, uint16(link))
	h = o.AppendUint16(h, 0)
	h = o.AppendUint32(h, snap)
	return ngBlock(b, o, blockInterface, ngOptions(h, o, options))
}

func ngOptions(h []byte, o order, options []ngOption) []byte {
	for _, p := range options {
		h = o.AppendUint16(h, p.code)
		h = o.AppendUint16(h, uint16(len(p.value)))
		h = append(h, p.value...)
		for len(h)%4 != 0 {
			h = append(h, 0)
		}
	}
	if len(options) > 0 {
		h = o.AppendUint32(h, optEnd)
	}
	return h
}

// ngPacket appends an enhanced packet block.
func ngPacket(b []byte, o order, id uint32, ticks uint64, data string, wire int, options ...ngOption) []byte {
	h := o.AppendUint32(nil, id)
	h = o.AppendUint32(h, uint32(ticks>>32))
	h = o.AppendUint32(h, uint32(ticks))
	h = o.AppendUint32(h, uint32(len(data)))
	h = o.AppendUint32(h, uint32(wire))
	h = append(h, data...)
	for len(h)%4 != 0 {
		h = append(h, 0)
	}
	return ngBlock(b, o, blockEnhanced, ngOptions(h, o, options))
}
