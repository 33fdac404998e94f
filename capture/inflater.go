package capture

import (
	"bufio"
	"errors"
	"io"
)

const (
	// chunkSize is how much is decompressed before it is handed over, so that batches of a compressed file are large too.
	chunkSize = 512 << 10

	// chunksAhead is how many chunks wait for the reader: one is enough for both goroutines to stay busy.
	chunksAhead = 1
)

// inflater decompresses in a goroutine of its own. It is an io.ReadCloser; Close ends the goroutine, at the latest when a
// read that it is in returns.
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
func newInflater(c *compression, r io.Reader, eager bool) *inflater {
	z := &inflater{full: make(chan chunk, chunksAhead), empty: make(chan []byte, chunksAhead+2), done: make(chan struct{})}
	for range cap(z.empty) {
		z.empty <- nil // memory comes with the first use
	}
	go func() {
		out := &chunker{z: z, eager: eager}
		out.finish(c.decompress(bufio.NewReaderSize(r, compressedReadSize), out))
	}()
	return z
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

// errClosed is what a chunker says when nobody reads any more.
var errClosed = errors.New("closed")

// chunker is what a decompressor writes to: it collects chunks and hands them over.
type chunker struct {
	z     *inflater
	eager bool
	buf   []byte
	n     int  // bytes of buf in use
	any   bool // something was written
}

// room makes room for one byte at least.
func (c *chunker) room() error {
	if c.buf != nil && c.n < len(c.buf) {
		return nil
	}
	if err := c.flush(nil); err != nil {
		return err
	}
	select {
	case c.buf = <-c.z.empty:
	case <-c.z.done:
		return errClosed
	}
	if c.buf == nil {
		c.buf = make([]byte, chunkSize)
	}
	return nil
}

// flush hands over what was collected, and an error that follows it.
func (c *chunker) flush(err error) error {
	if c.n == 0 && err == nil {
		return nil
	}
	select {
	case c.z.full <- chunk{c.buf[:c.n], err}:
	case <-c.z.done:
		return errClosed
	}
	c.buf, c.n = nil, 0
	return nil
}

// Write implements io.Writer.
func (c *chunker) Write(p []byte) (int, error) {
	written := len(p)
	c.any = c.any || len(p) > 0
	for len(p) > 0 {
		if err := c.room(); err != nil {
			return 0, err
		}
		n := copy(c.buf[c.n:], p)
		c.n += n
		p = p[n:]
	}
	if c.eager {
		return written, c.flush(nil)
	}
	return written, nil
}

// readFrom takes all of r, whose Read returns what there is, and returns how r ends.
func (c *chunker) readFrom(r io.Reader) error {
	for {
		if err := c.room(); err != nil {
			return err
		}
		n, err := r.Read(c.buf[c.n:])
		c.n += n
		c.any = c.any || n > 0
		if err != nil {
			return err
		}
		if c.eager {
			if err := c.flush(nil); err != nil {
				return err
			}
		}
	}
}

// finish hands over the rest and the error that follows it.
func (c *chunker) finish(err error) {
	if err == errClosed {
		return
	}
	_ = c.flush(err) // its error says that nobody is there to hear it
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
