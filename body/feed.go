package body

import (
	"errors"
	"io"
	"iter"
)

// errAbandoned ends a decoder whose body nobody reads on.
var errAbandoned = errors.New("abandoned")

// A feed turns reading round. Decoders ask a reader for bytes and want to wait until there are some; a body is given piece
// by piece. So the decoder runs as a coroutine: it is resumed when bytes come and suspended when it has read them all.
// Never do the two run at once, and nothing is kept but what the decoder itself holds.
type feed struct {
	in      []byte // to be read: the piece being given, or pending
	pending []byte // copied because the decoder had to stop before it had read them
	given   int64  // bytes given so far
	ended   bool   // no more will be given

	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	done   bool // the decoder has returned
}

// newFeed returns a feed for decode, which is called when the first piece comes. It reads the feed until it has enough.
func newFeed(decode func(f *feed)) *feed {
	f := &feed{}
	f.resume, f.stop = iter.Pull(func(yield func(struct{}) bool) {
		f.yield = yield
		decode(f)
	})
	return f
}

// give lets the decoder read b, which is borrowed, as far as it may.
func (f *feed) give(b []byte) {
	if f.done {
		return
	}
	f.given += int64(len(b))
	if len(f.in) > 0 {
		f.pending = append(f.in, b...)
		f.in = f.pending
	} else {
		f.in = b
	}
	f.run()
	if !f.done && len(f.in) > 0 {
		f.pending = append(f.pending[:0], f.in...)
		f.in = f.pending
	}
}

// end says that nothing follows. The decoder has returned when end does.
func (f *feed) end() {
	f.ended = true
	if !f.done {
		f.run()
	}
	f.stop()
	f.done, f.in, f.pending = true, nil, nil
}

func (f *feed) run() {
	if _, more := f.resume(); !more {
		f.done, f.in, f.pending = true, nil, nil
	}
}

// Read reads what is given and waits for it if need be.
func (f *feed) Read(p []byte) (int, error) {
	for len(f.in) == 0 {
		if f.ended {
			return 0, io.EOF
		}
		if err := f.wait(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.in)
	f.in = f.in[n:]
	return n, nil
}

// wait suspends the decoder until more is given, or the end.
func (f *feed) wait() error {
	if !f.yield(struct{}{}) {
		return errAbandoned
	}
	return nil
}
