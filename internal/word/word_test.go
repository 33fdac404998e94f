package word

import (
	"encoding/binary"
	"testing"
)

func TestWords(t *testing.T) {
	const s = "\x00\x7f\x80\xffabcdefgh"
	for n := 4; n <= len(s); n++ {
		low, high := binary.LittleEndian.Uint32([]byte(s[:4])), binary.LittleEndian.Uint32([]byte(s[n-4:n]))
		if got, want := Ends(s[:n]), uint64(low)|uint64(high)<<32; got != want {
			t.Errorf("the ends of %q: %x, want %x", s[:n], got, want)
		}
		if n < 8 {
			continue
		}
		if got, want := Eight(s[n-8:n]), binary.LittleEndian.Uint64([]byte(s[n-8:n])); got != want {
			t.Errorf("%q: %x, want %x", s[n-8:n], got, want)
		}
	}
}
