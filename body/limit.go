package body

import (
	"errors"
	"io"
)

// Limits of what a body may cost. Its size is limited by Options.
const (
	// maxLayers bounds the codings applied one over the other; curl undoes as many.
	maxLayers = 5

	// maxRatio and ratioSlack bound what comes out of each coding: so many times the bytes that came over the wire, and a
	// bit more, since small bodies of one repeated letter are no attack. Deflate cannot do better than 1032; Brotli can
	// claim 256 MiB in 203 bytes.
	maxRatio   = 1100
	ratioSlack = 64 << 10

	// maxZstdWindow is what RFC 9659 allows for the content coding. Brotli's own limit is 16 MiB (RFC 7932 §9.1).
	maxZstdWindow = 8 << 20

	// memoryBudget bounds the memory of all decoders at once, by what each may come to need. It is enough for 32 bodies
	// with Brotli's largest window, 128 with its usual one, and 4,000 in gzip.
	memoryBudget = 512 << 20

	// flateCost is what one decoder of deflate needs with its buffers: the window of 32 KiB, tables, and a stack.
	flateCost = 128 << 10

	// keepBudget bounds the text kept of all bodies that are not over.
	keepBudget = 256 << 20
)

var (
	errRatio  = errors.New("limit_ratio")
	errSize   = errors.New("limit_size")
	errMemory = errors.New("limit_memory")
)

// earned is a reader that gives no more than what the bytes fed so far have earned. While it must not give more it waits,
// so that what comes out in the end depends on the whole body and not on how it was cut into pieces.
type earned struct {
	r    io.Reader
	feed *feed
	out  int64
	one  [1]byte
}

// Read reads as much as it may.
func (e *earned) Read(p []byte) (int, error) {
	for {
		if left := e.feed.given*maxRatio + ratioSlack - e.out; left > 0 {
			n, err := e.r.Read(p[:min(int64(len(p)), left)])
			e.out += int64(n)
			return n, err
		}
		if e.feed.ended {
			if n, err := e.r.Read(e.one[:]); n == 0 && err != nil {
				return 0, err
			}
			return 0, errRatio
		}
		if err := e.feed.wait(); err != nil {
			return 0, err
		}
	}
}
