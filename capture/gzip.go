package capture

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
)

const (
	// chunkSize is how much is decompressed before it is handed over, so that batches of a compressed file are large too.
	chunkSize = 512 << 10

	// chunksAhead is how many chunks wait for the reader: one is enough for both goroutines to stay busy.
	chunksAhead = 1

	// gzipReadSize is the size of reads of compressed data.
	gzipReadSize = 256 << 10
)

// errTrailing is the end of compressed data that something else follows, which gzip(1) ignores with a warning, too.
var errTrailing = errors.New("trailing garbage after the compressed data ignored")

// isGzip reports whether b begins like a member of a gzip file (RFC 1952 §2.3.1) with the only method there is.
func isGzip(b []byte) bool {
	return len(b) >= 3 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8
}

// inflater decompresses gzip, all members of it, in a goroutine of its own. It is an io.ReadCloser; Close ends the
// goroutine, at the latest when a read that it is in returns.
type inflater struct {
	full  chan chunk
	empty chan []byte
	done  chan struct{}
	cur   chunk // what Read reads from
	buf   []byte
}

// chunk is decompressed data and the error that follows it.
type chunk struct {
	b   []byte
	err error
}

// newInflater decompresses r. If eager, all data is handed over before more is asked for, as a pipe wants: the next read may
// wait for somebody who waits for what this one gave. Otherwise data comes in large pieces.
func newInflater(r io.Reader, eager bool) *inflater {
	z := &inflater{full: make(chan chunk, chunksAhead), empty: make(chan []byte, chunksAhead+2), done: make(chan struct{})}
	for range cap(z.empty) {
		z.empty <- nil // memory comes with the first use
	}
	go z.run(r, eager)
	return z
}

func (z *inflater) run(r io.Reader, eager bool) {
	gz, err := gzip.NewReader(bufio.NewReaderSize(r, gzipReadSize))
	for {
		var buf []byte
		select {
		case buf = <-z.empty:
		case <-z.done:
			return
		}
		if buf == nil {
			buf = make([]byte, chunkSize)
		}
		n := 0
		for err == nil && n < len(buf) && !(eager && n > 0) {
			var m int
			m, err = gz.Read(buf[n:])
			n += m
			if err == gzip.ErrHeader { // of a second member: the first one's stops NewReader
				err = errTrailing
			}
		}
		select {
		case z.full <- chunk{buf[:n], err}:
		case <-z.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (z *inflater) Read(p []byte) (int, error) {
	for len(z.cur.b) == 0 {
		if z.cur.err != nil {
			return 0, z.cur.err
		}
		if z.buf != nil {
			z.empty <- z.buf
		}
		z.cur = <-z.full
		z.buf = z.cur.b[:cap(z.cur.b)]
	}
	n := copy(p, z.cur.b)
	z.cur.b = z.cur.b[n:]
	return n, nil
}

// Close implements io.Closer.
func (z *inflater) Close() error {
	close(z.done)
	return nil
}

// rest is what a reader has left after a first read that ended with err.
type rest struct {
	r   io.Reader
	err error
}

func (r *rest) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	return r.r.Read(p)
}
