package arena

import (
	"bytes"
	"strings"
	"testing"
)

// Strings stay what they were, whatever is made after them.
func TestStringsStay(t *testing.T) {
	var s Strings
	var got, want []string
	for n := range 3 * maxShared / 2 {
		b := bytes.Repeat([]byte{byte('a' + n%26)}, n)
		want = append(want, string(b), "http://"+string(b))
		got = append(got, s.Bytes(b), s.Join("http", "://", string(b)))
		clear(b)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("string %d: %q, want %q", i, got[i], want[i])
		}
	}
}

// The pieces are as large as they are said to be, and what does not fit has memory of its own.
func TestPieces(t *testing.T) {
	var s Strings
	head := bytes.Repeat([]byte("x"), maxShared)
	parts := strings.Repeat("y", maxShared/2)
	if n := testing.AllocsPerRun(1000, func() {
		for range pieceBytes / maxShared / 2 {
			s.Bytes(head)
			s.Join(parts, parts)
		}
	}); n > 1 {
		t.Errorf("%v pieces for one piece of strings", n)
	}
	before := s.piece.Len()
	s.Bytes(append(head, 'x'))
	s.Join(parts, parts, "y")
	if s.piece.Len() != before {
		t.Error("a long string shares a piece")
	}
}
