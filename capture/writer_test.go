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
	w := NewWriter(&file, WriterOptions{Names: []string{"eth0", "", strings.Repeat("long", 20_000)}})
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
	if err := NewWriter(&file, WriterOptions{}).Close(); err != nil {
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
	w := NewWriter(pipe, WriterOptions{})
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
	w := NewWriter(io.Discard, WriterOptions{})
	f := Frame{Data: make([]byte, 999), Len: 999, Link: 1}
	if n := testing.AllocsPerRun(1000, func() { w.Write(&f) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

// What the capture was like is told in the file: program, filter, and the kernel's counts in the end.
func TestWriterTells(t *testing.T) {
	received, dropped := uint64(7), uint64(2)
	var file bytes.Buffer
	w := NewWriter(&file, WriterOptions{
		Names: []string{"eth0", "eth1"}, Filter: "tcp port 80", Program: "hanalyze 1",
		Counts: func() []hanalyze.StatsInput {
			return []hanalyze.StatsInput{{Received: &received, Dropped: &dropped}, {}}
		},
	})
	for input := range 3 {
		if err := w.Write(&Frame{Time: 1 << 40, Data: []byte("four"), Len: 4, Link: 1, Input: input}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// draft-ietf-opsawg-pcapng §4.6: interface, time (high, low), isb_ifrecv, isb_ifdrop.
	statistics := []byte("\x05\x00\x00\x00\x34\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" +
		"\x04\x00\x08\x00\x07\x00\x00\x00\x00\x00\x00\x00\x05\x00\x08\x00\x02\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00\x34\x00\x00\x00")
	if !bytes.HasSuffix(file.Bytes(), statistics) {
		t.Errorf("the file ends in\n%x, want\n%x", file.Bytes()[file.Len()-len(statistics):], statistics)
	}
	for option, n := range map[string]int{"\x04\x00\x0a\x00hanalyze 1": 1, "\x02\x00\x04\x00eth0": 1, "\x0b\x00\x0c\x00\x00tcp port 80": 3} {
		if got := bytes.Count(file.Bytes(), []byte(option)); got != n {
			t.Errorf("%q is there %d times, want %d", option, got, n)
		}
	}
	s := NewReader("x", &file)
	wantFrames(t, s, []got{{1 << 40, "four", 4, 1}, {1 << 40, "four", 4, 1}, {1 << 40, "four", 4, 1}})
	wantLines(t, s.Warnings())
}
