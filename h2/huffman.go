package h2

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// huffmanBits are the lengths of the codes of RFC 7541 appendix B, by symbol. The code is canonical: codes count up from
// zero, the shorter first, and within a length by symbol, so that the lengths say all. The end of the string is symbol 256.
var huffmanBits = [257]uint8{
	13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
	28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
	6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
	5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
	13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
	7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
	15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
	6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
	20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
	24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
	22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
	21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
	26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
	19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
	20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
	26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
	endOfString: 30,
}

const (
	endOfString = 256

	// shortest and longest are lengths of codes.
	shortest, longest = 5, 30

	// quickBits is how many bits find a symbol in one step: the codes of all letters and digits.
	quickBits = 8
)

// huffmanTable is the code, ready to be read.
type huffmanTable struct {
	quick   [1 << quickBits]quickCode // by the next bits
	symbols [257]uint16               // in the order of their codes
	// The codes of n bits are those, left-aligned in 32 bits, below limit[n] that no shorter length has; the first of them is
	// first[n] and belongs to symbols[index[n]].
	limit [longest + 1]uint64
	first [longest + 1]uint64
	index [longest + 1]int
}

// quickCode is a symbol and the length of its code, 0 for codes of more than quickBits.
type quickCode struct{ symbol, bits uint8 }

var huffman = makeHuffman()

func makeHuffman() *huffmanTable {
	t := &huffmanTable{}
	code, at := uint64(0), 0
	for n := shortest; n <= longest; n++ {
		t.first[n], t.index[n] = code<<(32-n), at
		for symbol, length := range huffmanBits {
			if int(length) != n {
				continue
			}
			t.symbols[at] = uint16(symbol)
			for i := range 1 << max(0, quickBits-n) { // whatever follows the code
				if n <= quickBits {
					t.quick[int(code)<<(quickBits-n)|i] = quickCode{uint8(symbol), uint8(n)}
				}
			}
			code, at = code+1, at+1
		}
		t.limit[n] = code << (32 - n)
		code <<= 1
	}
	return t
}

var errHuffman = errors.New("invalid Huffman code")

// appendHuffman appends to dst what b encodes (RFC 7541 §5.2).
func appendHuffman(dst, b []byte) ([]byte, error) {
	t := huffman
	dst = slices.Grow(dst, len(b)*8/shortest)
	out, at := dst[:cap(dst)], len(dst)
	window, have := uint64(0), uint(0) // the next bits, left-aligned, and how many there are besides those of b
	for {
		if len(b) >= 8 {
			window |= binary.BigEndian.Uint64(b) >> have
			b = b[(63-have)/8:]
			have |= 56
		} else {
			for ; have <= 56 && len(b) > 0; b, have = b[1:], have+8 {
				window |= uint64(b[0]) << (56 - have)
			}
		}
		for {
			q := t.quick[window>>(64-quickBits)]
			if uint(q.bits)-1 >= have { // no short code, or not all of it is there
				break
			}
			out[at] = q.symbol
			at++
			window <<= q.bits & 63
			have -= uint(q.bits)
		}
		if have < longest && len(b) > 0 {
			continue
		}
		symbol, n := t.long(window)
		if n > have {
			return out[:at], padding(window, have)
		}
		if symbol == endOfString {
			return out[:at], errHuffman
		}
		out[at] = byte(symbol)
		at++
		window <<= n
		have -= n
	}
}

// long finds the symbol at the beginning of window by the length of its code.
func (t *huffmanTable) long(window uint64) (symbol uint16, n uint) {
	code := window >> 32
	for n = shortest; n < longest && code >= t.limit[n]; n++ {
	}
	i := t.index[n] + int((code-t.first[n])>>(32-n))
	return t.symbols[i], n
}

// padding checks the bits behind the last symbol: RFC 7541 §5.2 wants fewer than eight, the first of the end of the string,
// which are ones.
func padding(window uint64, have uint) error {
	if have < 8 && bits.LeadingZeros64(^window) >= int(have) {
		return nil
	}
	return errHuffman
}
