package capture

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"hanalyze"
)

func TestWriterRoundTrip(t *testing.T) {
	frames := []Frame{
		{Time: 1700000000123456789, Data: []byte("abc"), Len: 1500, Link: hanalyze.LinkEthernet},
		{Time: 5, Data: []byte{}, Len: 0, Link: hanalyze.LinkRaw, Input: 1},
		{Time: 1<<63 - 1, Data: []byte("four"), Len: 4, Link: hanalyze.LinkEthernet, Input: 1},
		{Time: -1, Data: []byte("before 1970"), Len: 11, Link: hanalyze.LinkEthernet},
		{Time: pastOffset * 1e9, Data: []byte(strings.Repeat("x", MaxFrame)), Len: 1<<31 - 1, Link: hanalyze.LinkSLL2, Input: 2},
	}
	var file bytes.Buffer
	w := NewWriter(&file, "eth0", "", strings.Repeat("long", 20_000))
	if err := w.WriteBatch(&Batch{Frames: frames}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var want []got
	for _, f := range frames {
		want = append(want, got{f.Time, string(f.Data), f.Len, f.Link})
	}
	s := NewReader("x", bytes.NewReader(file.Bytes()))
	wantFrames(t, s, want)
	wantLines(t, s.Warnings())
	if n := bytes.Count(file.Bytes(), []byte("eth0")); n != 2 {
		t.Errorf("the interface's name is written %d times, want once now and once before 1970", n)
	}
}

// A capture of nothing is a valid file.
func TestWriterEmpty(t *testing.T) {
	var file bytes.Buffer
	if err := NewWriter(&file).Close(); err != nil {
		t.Fatal(err)
	}
	s := NewReader("x", &file)
	wantFrames(t, s, nil)
	wantLines(t, s.Warnings())
}

func TestWriterError(t *testing.T) {
	full := errors.New("disk full")
	r, pipe := io.Pipe()
	r.CloseWithError(full)
	w := NewWriter(pipe)
	f := Frame{Data: make([]byte, 1000), Len: 1000, Link: 1}
	var err error
	for range 2 * writeSize / 1000 {
		if err = w.Write(&f); err != nil {
			break
		}
	}
	if !errors.Is(err, full) || !errors.Is(w.Close(), full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	w := NewWriter(io.Discard)
	f := Frame{Data: make([]byte, 999), Len: 999, Link: 1}
	if n := testing.AllocsPerRun(1000, func() { w.Write(&f) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}
