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
