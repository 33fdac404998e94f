package capture

import "io"

const (
	// probeSize is the first read of an input: enough to tell its format, so that many files can be checked up front.
	probeSize = 4 << 10

	// minRead is the free space at the end of a slab below which the next read goes to a fresh slab: the default capacity
	// of a Linux pipe.
	minRead = 64 << 10

	// maxEmptyReads is how often a reader may return nothing and no error, as in package bufio.
	maxEmptyReads = 100
)

// window is the part of an input that is in memory: the unread bytes slab.buf[start:end]. Frames may point into the bytes
// before start for as long as a batch holds the slab, so the window never writes there unless it is the only holder.
type window struct {
	r     io.Reader
	pool  *slabPool
	slab  *slab // nil before the first read
	start int
	end   int
	off   int64 // offset in the input of slab.buf[start]
	owed  int64 // bytes to throw away before anything else is read; the window is empty while it is not zero
	err   error // what ended the reader; io.EOF at its proper end
}

// bytes returns the unread bytes.
func (w *window) bytes() []byte {
	if w.slab == nil {
		return nil
	}
	return w.slab.buf[w.start:w.end:w.end]
}

// advance marks n unread bytes as read.
func (w *window) advance(n int) {
	w.start += n
	w.off += int64(n)
}

// discard skips n bytes, whether they are in memory or not.
func (w *window) discard(n int64) {
	have := min(n, int64(w.end-w.start))
	w.advance(int(have))
	w.owed += n - have
}

// more reads until need bytes are unread or the reader ends. need is at most slabSize.
func (w *window) more(need int) {
	for empty := 0; w.err == nil && (w.owed > 0 || w.end-w.start < need); {
		w.room(need)
		free := w.slab.buf[w.end:]
		if w.off == 0 && w.end == 0 {
			free = free[:probeSize]
		}
		n, err := w.r.Read(free)
		w.end += n
		if owed := w.owed; owed > 0 {
			w.owed = 0
			w.discard(owed)
		}
		w.err = err
		if n > 0 {
			empty = 0
		} else if empty++; empty == maxEmptyReads && err == nil {
			w.err = io.ErrNoProgress
		}
	}
}

// room makes space to read into, such that need unread bytes fit. Moving the unread bytes is paid for by those read since
// the last move: at least half a slab, or as many as did not fit.
func (w *window) room(need int) {
	switch {
	case w.slab == nil:
		w.slab = w.pool.get()
	case len(w.slab.buf)-w.start < need:
	case len(w.slab.buf)-w.end < minRead && w.start >= len(w.slab.buf)/2:
	default:
		return
	}
	to := w.slab
	if to.shared() {
		to = w.pool.get()
	}
	n := copy(to.buf, w.slab.buf[w.start:w.end])
	if to != w.slab {
		w.slab.release()
	}
	w.slab, w.start, w.end = to, 0, n
}

// close lets go of the slab.
func (w *window) close() {
	if w.slab != nil {
		w.slab.release()
		w.slab, w.start, w.end = nil, 0, 0
	}
}
