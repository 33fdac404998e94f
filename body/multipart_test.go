package body

import (
	"strings"
	"testing"
)

// Heads of parts that come byte by byte are searched once, whatever stood before them.
func TestPartHeadsAreSearchedOnce(t *testing.T) {
	const long = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nX: "
	m := newMultipart("b", false, nil)
	for _, c := range []byte(long + strings.Repeat("x", 1000)) {
		m.write([]byte{c})
	}
	if left := len(m.buf) - m.seen; m.state != inHead || left >= len("\r\n\r\n") {
		t.Errorf("state %d: %d bytes would be searched again", m.state, left)
	}
	m.write([]byte("\r\n\r\n1\r\n--b\r\n\r\n22\r\n" + long + "\r\n\r\n333\r\n--b--"))
	fields := m.end(true)
	if len(fields) != 3 || fields[0].Bytes != 1 || fields[1].Bytes != 2 || fields[2].Name != "a" || fields[2].Bytes != 3 {
		t.Errorf("%+v", fields)
	}
}

// A line that is too long behind a boundary ends the form, whole or in pieces.
func TestPaddingBehindBoundary(t *testing.T) {
	for padding, want := range map[int]int{maxPadding - len("\r"): 1, maxPadding: 0, 4 * maxPadding: 0} {
		wire := []byte("--b" + strings.Repeat(" ", padding) + "\r\n\r\ny\r\n--b--")
		for size := 1; size <= len(wire); size++ {
			m := newMultipart("b", false, nil)
			for w := wire; len(w) > 0; w = w[min(size, len(w)):] {
				m.write(w[:min(size, len(w))])
			}
			if got := len(m.end(true)); got != want {
				t.Fatalf("%d bytes of padding in pieces of %d: %d fields, want %d", padding, size, got, want)
			}
		}
	}
}

// Where a form that is not whole ends at a border, or a whole one with what is none, nobody knows whether the part goes on.
func TestUnfinishedBorders(t *testing.T) {
	for _, c := range []struct {
		end   string
		whole bool
		want  int
	}{{"", true, 1}, {" ", true, 1}, {"-", true, 1}, {"\r", true, 1}, {"x", true, 0}, {"", false, 0}, {"--", false, 1}, {"\r\n", false, 1}} {
		m := newMultipart("b", false, nil)
		m.write([]byte("--b\r\n\r\n1\r\n--b" + c.end))
		if got := len(m.end(c.whole)); got != c.want {
			t.Errorf("%+v: %d fields", c, got)
		}
	}
}

// BenchmarkPartHeads reads long heads that come byte by byte.
func BenchmarkPartHeads(b *testing.B) {
	wire := []byte(strings.Repeat("--b\r\nX: "+strings.Repeat("x", maxPartHead-100)+"\r\n\r\ny\r\n", 4))
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		m := newMultipart("b", false, nil)
		for i := range wire {
			m.write(wire[i : i+1])
		}
		if len(m.end(true)) != 3 {
			b.Fatal("parts are missing")
		}
	}
}
