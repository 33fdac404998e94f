package websocket

import (
	"bytes"
	"compress/flate"
	"io"
)

// Limits of decompression.
const (
	// maxCompressed bounds a compressed message, which is collected whole: decompression starts when it is complete.
	// Compressed messages are text or small updates; servers limit messages to 1 MiB or less unless told otherwise.
	maxCompressed = 1 << 20
	// inflateCredit and inflateRatio bound what the messages of a direction are decompressed to: text shrinks to a tenth,
	// sometimes to a fiftieth, but a bomb to a thousandth.
	inflateCredit = 1 << 20
	inflateRatio  = 64
	// maxCredit bounds what a long quiet conversation saves up for one message.
	maxCredit = 64 << 20
	// inflateChunk is how much is decompressed at once.
	inflateChunk = 4 << 10
	// maxWindow is the window of DEFLATE, RFC 1951 §2.
	maxWindow = 1 << 15
)

// flushTail is the end of a flushed DEFLATE stream, which senders leave out (RFC 7692 §7.2.2), and an empty last block, at
// which the reader of the standard library stops.
var flushTail = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// An inflater decompresses the messages of one direction.
//
// With context takeover a message refers to bytes of earlier ones. Where those are not known, it is decompressed twice,
// with two histories that differ in every unknown byte: what comes out alike is certain, and lengths are right anyway. As
// soon as both histories are the same, the loss is forgotten.
type inflater struct {
	params  SideParams
	history [2][]byte // the last bytes told; the second is used while doubt holds
	doubt   bool
	credit  int64 // bytes that may yet come out
	readers [2]io.ReadCloser
	source  [2]bytes.Reader
	buffer  [2][]byte
}

func newInflater(p SideParams) *inflater { return &inflater{params: p, credit: inflateCredit} }

// lose says that a message could not be read: what later ones refer to is not known.
func (z *inflater) lose() {
	if z.params.NoContextTakeover {
		z.history[0] = z.history[0][:0]
		return
	}
	z.doubt = true
	for i := range z.history {
		if cap(z.history[i]) < 2*maxWindow {
			z.history[i] = make([]byte, 0, 2*maxWindow)
		}
		z.history[i] = z.history[i][:maxWindow]
		for j := range z.history[i] {
			z.history[i][j] = byte(-i) // 0x00 or 0xff
		}
	}
}

// message decompresses a whole message and tells its pieces; known is false for a piece with unknown bytes. It returns the
// size, and what kept it from being decompressed. packed is appended to.
func (z *inflater) message(packed []byte, tell func(b []byte, known bool)) (size int64, v Violation) {
	z.credit = min(z.credit+inflateRatio*int64(len(packed)), maxCredit)
	packed = append(packed, flushTail...)
	for i := range z.sides() {
		z.source[i].Reset(packed)
		z.restart(i)
	}
	for {
		b, known, err := z.chunk()
		if z.credit -= int64(len(b)); z.credit < 0 {
			z.credit = 0
			z.lose()
			return size, LimitDeflate
		}
		if len(b) > 0 {
			size += int64(len(b))
			tell(b, known)
		}
		switch {
		case err == nil:
		case err != io.EOF:
			z.lose()
			return size, BadDeflate
		case z.source[0].Len() > len(flushTail):
			// A block was marked as the last, and others follow: RFC 7692 §7.2.3.4 and §7.2.3.5.
			for i := range z.sides() {
				z.restart(i)
			}
		default:
			z.settle()
			return size, ""
		}
	}
}

// sides is how many histories there are.
func (z *inflater) sides() int {
	if z.doubt {
		return 2
	}
	return 1
}

// restart begins to decompress what is left of source i, with what was told before as its history.
func (z *inflater) restart(i int) {
	h := z.last(i)
	if z.readers[i] == nil {
		z.readers[i] = flate.NewReaderDict(&z.source[i], h)
		z.buffer[i] = make([]byte, inflateChunk)
		return
	}
	// Reset of a reader that NewReaderDict made does not fail.
	_ = z.readers[i].(flate.Resetter).Reset(&z.source[i], h)
}

// chunk decompresses the next piece; known is false where the two histories make two things of it.
func (z *inflater) chunk() (b []byte, known bool, err error) {
	n, err := fill(z.readers[0], z.buffer[0])
	b, known = z.buffer[0][:n], true
	if z.doubt {
		m, err2 := fill(z.readers[1], z.buffer[1])
		known = err == err2 && bytes.Equal(b, z.buffer[1][:m])
		z.remember(1, z.buffer[1][:m])
	}
	z.remember(0, b)
	return b, known, err
}

// fill is io.ReadFull that tells the end of the stream from a stream that is cut.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	return n, err
}

// remember appends b to history i. It holds two windows at most, so that few bytes are moved.
func (z *inflater) remember(i int, b []byte) {
	h := append(z.history[i], b...)
	if len(h) > 2*maxWindow {
		h = h[:copy(h, h[len(h)-maxWindow:])]
	}
	z.history[i] = h
}

// settle ends a message: without context takeover nothing is remembered, and after enough messages no doubt is left.
func (z *inflater) settle() {
	if z.params.NoContextTakeover {
		z.history[0] = z.history[0][:0]
		return
	}
	if z.doubt && bytes.Equal(z.last(0), z.last(1)) {
		z.doubt, z.history[1], z.readers[1], z.buffer[1] = false, nil, nil, nil
	}
}

// last returns the window of history i.
func (z *inflater) last(i int) []byte {
	h := z.history[i]
	return h[len(h)-min(len(h), maxWindow):]
}
