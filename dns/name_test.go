package dns

import (
	"bytes"
	"strings"
	"testing"
)

// message puts bytes after a header with one question.
func message(t testing.TB, sketch string) []byte {
	return append(wire(t, "0001 0100 0001 0000 0000 0000"), wire(t, sketch)...)
}

func TestNames(t *testing.T) {
	longest := strings.Repeat("3f"+strings.Repeat("61", 63), 3) + "3d" + strings.Repeat("61", 61) + "00"
	for _, c := range []struct{ data, want string }{
		{"www.Example.COM.", "www.Example.COM"},
		{".", "."},
		{`03 "a.b" 01 5c 00`, `a\.b.\\`},
		{`04 00 20 7f ff 02 "$@" 00`, `\000\032\127\255.\$\@`},
		{`03 "a;b" 00`, `a\;b`},
		{longest, strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("a", 61)},
	} {
		m, err := Parse(append(message(t, c.data), 0, 1, 0, 1))
		if err != nil || m.Questions[0].Name != c.want {
			t.Errorf("%s: %+v, %v, want %q", c.data, m.Questions, err, c.want)
		}
	}
}

func TestBadNames(t *testing.T) {
	tooLong := strings.Repeat("3f"+strings.Repeat("61", 63), 3) + "3e" + strings.Repeat("61", 62) + "00"
	for _, c := range []struct {
		data, code string
		offset     int
	}{
		{"c00c 0001 0001", "name_pointer_forward", 12},       // to itself
		{"01 61 c00c 0001 0001", "name_pointer_forward", 14}, // to the beginning of its own labels
		{"c00e c00c 0001 0001", "name_pointer_forward", 12},  // two that point to each other
		{"c010 0001 0001", "name_pointer_forward", 12},       // ahead
		{"c000 0001 0001", "name_pointer_header", 12},        //
		{"40 00 0001 0001", "name_label_type", 12},           // RFC 6891 §5: extended labels
		{"80 00 0001 0001", "name_label_type", 12},           //
		{tooLong + "0001 0001", "name_too_long", 12},         //
		{"05 6161", "name_truncated", 12},                    //
		{"01 61 c0", "name_truncated", 12},                   //
		{"01 61", "name_truncated", 12},                      //
		{"01 61 00 0001", "question_truncated", 12},          //
	} {
		m, err := Parse(message(t, c.data))
		if m.Err == nil || m.Err.Code != c.code || m.Err.Offset != c.offset {
			t.Errorf("%s: %v, want %s at %d", c.data, err, c.code, c.offset)
		}
		if m.ID != 1 || !m.Flags.RD {
			t.Errorf("%s: the header is lost: %+v", c.data, m)
		}
	}
}

// A chain of pointers without labels is followed MaxPointers times.
func TestPointerChain(t *testing.T) {
	for _, n := range []int{MaxPointers, MaxPointers + 1} {
		data := []byte{1, 'a', 0} // the data of a NULL record holds the chain, the next owner is its end
		at := 12 + 11             // where the data begins
		data = append(data, 0xc0, byte(at))
		for i := 2; i < n; i++ {
			to := at + len(data) - 2
			data = append(data, 0xc0|byte(to>>8), byte(to))
		}
		b := append(wire(t, "0001 8000 0000 0002 0000 0000 . 000a 0001 00000000"), byte(len(data)>>8), byte(len(data)))
		b = append(b, data...)
		to := at + len(data) - 2
		b = append(b, 0xc0|byte(to>>8), byte(to))
		b = append(b, wire(t, "000a 0001 00000000 0000")...)
		m, err := Parse(b)
		if n == MaxPointers && (err != nil || m.Answers[1].Name != "a") {
			t.Errorf("%d pointers: %v", n, err)
		}
		if n > MaxPointers && (m.Err == nil || m.Err.Code != "name_pointer_chain" || len(m.Answers) != 1) {
			t.Errorf("%d pointers: %v", n, err)
		}
	}
}

// The kept names must not be mistaken for each other when there are more than are kept.
func TestManyNames(t *testing.T) {
	b := wire(t, "0001 8000 0000 0040 0000 0000")
	var at []int
	for i := range 32 {
		at = append(at, len(b))
		b = append(b, 2, 'a'+byte(i/16), 'a'+byte(i%16), 0)
		b = append(b, wire(t, "000a 0001 00000000 0000")...)
	}
	for i := range 32 {
		o := at[i*7%32]
		b = append(b, 0xc0|byte(o>>8), byte(o))
		b = append(b, wire(t, "000a 0001 00000000 0000")...)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for i, rr := range m.Answers[32:] {
		if want := m.Answers[i*7%32].Name; rr.Name != want {
			t.Errorf("%d: %s, want %s", i, rr.Name, want)
		}
	}
	if !bytes.Equal([]byte(m.Answers[31].Name), []byte("bp")) {
		t.Error(m.Answers[31].Name)
	}
}
