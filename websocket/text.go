package websocket

import "unicode/utf8"

// textCheck checks that a text that comes in pieces is UTF-8, RFC 6455 §8.1.
type textCheck struct {
	carry [utf8.UTFMax]byte // a character that is not complete
	n     int
	bad   bool
	off   bool // a part of the text is not known: nothing can be said about the rest
}

// feed checks the next piece.
func (t *textCheck) feed(b []byte) {
	for t.n > 0 && len(b) > 0 && !t.bad {
		t.carry[t.n] = b[0]
		t.n++
		b = b[1:]
		if utf8.FullRune(t.carry[:t.n]) {
			r, size := utf8.DecodeRune(t.carry[:t.n])
			t.bad = r == utf8.RuneError && size == 1
			t.n = 0
		}
	}
	if t.bad || t.off {
		return
	}
	whole := len(b)
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-back:]) {
				whole = len(b) - back
			}
			break
		}
	}
	t.bad = !utf8.Valid(b[:whole])
	t.n += copy(t.carry[:], b[whole:])
}

// wrong reports whether the text, which is over, is certainly not UTF-8.
func (t *textCheck) wrong() bool { return t.bad || t.n > 0 && !t.off }
