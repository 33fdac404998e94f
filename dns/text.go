package dns

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// text collects the strings of one message in one piece of memory. A Builder never changes what it has, so that the
// strings cut out of it stay as they are while it goes on.
type text struct{ strings.Builder }

// from returns what was written since the length was start.
func (t *text) from(start int) string { return t.String()[start:] }

func (t *text) uint(n uint64) {
	var tmp [20]byte
	t.Write(strconv.AppendUint(tmp[:0], n, 10))
}

func (t *text) addr(a netip.Addr) {
	var tmp [48]byte
	t.Write(a.AppendTo(tmp[:0]))
}

func (t *text) hex(b []byte) {
	var tmp [64]byte
	for len(b) > 0 {
		n := min(len(b), len(tmp)/2)
		t.Write(tmp[:hex.Encode(tmp[:], b[:n])])
		b = b[n:]
	}
}

func (t *text) base64(b []byte) {
	var tmp [64]byte
	for len(b) > 0 {
		n := min(len(b), 48) // whole groups of three but for the last, so that padding is at the end only
		base64.StdEncoding.Encode(tmp[:], b[:n])
		t.Write(tmp[:base64.StdEncoding.EncodedLen(n)])
		b = b[n:]
	}
}

var base32Hex = base32.HexEncoding.WithPadding(base32.NoPadding)

// base32 writes at most 255 bytes as RFC 5155 §3.3 wants.
func (t *text) base32(b []byte) {
	var tmp [408]byte
	base32Hex.Encode(tmp[:], b)
	t.Write(tmp[:base32Hex.EncodedLen(len(b))])
}

// time writes a time as RFC 4034 §3.2 does.
func (t *text) time(sec uint32) {
	var tmp [16]byte
	t.Write(time.Unix(int64(sec), 0).UTC().AppendFormat(tmp[:0], "20060102150405"))
}

// generic writes data as RFC 3597 §5 wants it for unknown types.
func (t *text) generic(b []byte) {
	t.WriteString(`\# `)
	t.uint(uint64(len(b)))
	if len(b) > 0 {
		t.WriteByte(' ')
		t.hex(b)
	}
}

// plain are the octets of a label that are written as they are. RFC 4343 §2.1: every octet that is no printing ASCII character
// becomes \DDD; a dot that separates no labels and the backslash itself get a backslash, and so does what means something
// else in a zone file (RFC 1035 §5.1).
var plain = func() (set [256]bool) {
	for c := '!'; c <= '~'; c++ {
		set[c] = !strings.ContainsRune(`.\"();@$`, c)
	}
	return set
}()

// label writes one label.
func (t *text) label(b []byte) {
	from := 0
	for i, c := range b {
		if plain[c] {
			continue
		}
		t.Write(b[from:i])
		t.escape(c)
		from = i + 1
	}
	t.Write(b[from:])
}

// quoted writes a character-string in quotes, RFC 1035 §5.1.
func (t *text) quoted(b []byte) {
	t.WriteByte('"')
	t.chars(b)
	t.WriteByte('"')
}

// chars writes what stands between the quotes.
func (t *text) chars(b []byte) {
	from := 0
	for i, c := range b {
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			continue
		}
		t.Write(b[from:i])
		t.escape(c)
		from = i + 1
	}
	t.Write(b[from:])
}

// escape writes \C for a printing character and \DDD for any other octet.
func (t *text) escape(c byte) {
	t.WriteByte('\\')
	if c > ' ' && c < 0x7f {
		t.WriteByte(c)
		return
	}
	t.WriteByte('0' + c/100)
	t.WriteByte('0' + c/10%10)
	t.WriteByte('0' + c%10)
}
