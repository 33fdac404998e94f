// Package arena keeps many small strings in few pieces of memory, which costs less than a piece for each.
package arena

import "strings"

const (
	// pieceBytes is the size of a piece: some ten message heads.
	pieceBytes = 4 << 10
	// maxShared is the longest string that shares a piece. With it at most a quarter of a piece stays empty.
	maxShared = pieceBytes / 4
)

// Strings makes strings. The zero value is ready; it must not be copied once it is used.
//
// A piece stays in memory as long as any of its strings: who keeps one for long clones it.
type Strings struct{ piece strings.Builder }

// Bytes returns b as a string.
func (s *Strings) Bytes(b []byte) string {
	if len(b) > maxShared {
		return string(b)
	}
	from := s.room(len(b))
	_, _ = s.piece.Write(b) // a Builder never fails
	return s.piece.String()[from:]
}

// Join returns the parts as one string.
func (s *Strings) Join(parts ...string) string {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	if n > maxShared {
		return strings.Join(parts, "")
	}
	from := s.room(n)
	for _, part := range parts {
		_, _ = s.piece.WriteString(part)
	}
	return s.piece.String()[from:]
}

// room begins another piece if there is no room for n bytes, and returns how many bytes the piece has so far.
func (s *Strings) room(n int) int {
	if s.piece.Cap()-s.piece.Len() < n {
		s.piece.Reset() // lets the piece go to its strings
		s.piece.Grow(pieceBytes)
	}
	return s.piece.Len()
}
