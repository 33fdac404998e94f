package capture

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hanalyze"
)

const (
	// followPoll is how often a file that is being written is looked at when it has no more: soon enough for a reader, and
	// a thousandth of a processor.
	followPoll = 100 * time.Millisecond

	// maxFollowed bounds the files that Inputs describes, the last ones: a ring may turn for months.
	maxFollowed = 1000
)

// Follower is a Source that reads a file as it grows, until it is told to stop. Where the file is replaced by another one of
// its name, or begun anew, that one is read next. Of a directory, into which a ring of files is written, the captures are
// read in the order of their first packets, each to its end, and the last one as it grows until the next one has a packet;
// a file whose first packet changed is a new one, whatever its name.
type Follower struct {
	path string
	dir  bool
	warn func(string)

	files  fileSource // opens, and has the slabs
	cur    *input     // nil: none is open
	opened int        // inputs so far
	next   string     // the file that follows cur; "" is not known
	begun  map[string]hanalyze.Time
	looks  map[string]look
	notes  warnings

	stop chan struct{}
	once sync.Once
	err  error // final
}

// look is what a file was when it was last looked at.
type look struct {
	size  int64
	mod   time.Time
	first hanalyze.Time // startsFirst: it has no packet, or is no capture
}

// Follow follows a file or a directory. It does not wait for anything to be there yet, but the path must exist.
func Follow(path string, warn func(string)) (*Follower, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	f := &Follower{
		path: path, dir: st.IsDir(), warn: warn, notes: warnings{name: path, tell: warn},
		begun: map[string]hanalyze.Time{}, looks: map[string]look{}, stop: make(chan struct{}),
	}
	f.files.several = f.dir
	if !f.dir {
		f.next = path
	}
	return f, nil
}

// Stop implements Stopper: what is in the file by then is read, too.
func (f *Follower) Stop() { f.once.Do(func() { close(f.stop) }) }

// wait waits for the next look. It reports false when Stop was called.
func (f *Follower) wait() bool {
	select {
	case <-f.stop:
		return false
	case <-time.After(followPoll):
		return true
	}
}

// ReadBatch implements Source.
func (f *Follower) ReadBatch(b *Batch) error {
	b.Reset()
	for f.err == nil {
		if f.cur == nil {
			f.err = f.open()
			continue
		}
		if f.cur.fill(b) {
			if n := len(b.Frames); n > 0 {
				f.files.now = b.Frames[n-1].Time
			}
			return nil
		}
		f.cur.close()
		f.cur = nil
	}
	return f.err
}

// open opens the file that comes next, when there is one. It returns io.EOF when Stop was called before.
func (f *Follower) open() error {
	for f.next == "" {
		if f.dir {
			f.next = f.newest()
		}
		if f.next == "" && !f.wait() {
			return io.EOF
		}
	}
	name := f.next
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	f.next = ""
	in := newInput(f.opened, name, f.warn)
	f.opened++
	in.closers = append(in.closers, file)
	in.w = window{r: &tail{f: f, file: file, name: name}, pool: &f.files.pool}
	if len(f.files.inputs) == maxFollowed {
		f.files.inputs = append(f.files.inputs[:0], f.files.inputs[1:]...)
	}
	f.files.inputs = append(f.files.inputs, in)
	if err := in.detect(false); err != nil {
		in.close()
		select {
		case <-f.stop:
			return io.EOF // nothing was written
		default:
			return err
		}
	}
	f.cur = in
	return nil
}

// newest returns the file of the directory with the earliest first packet of those that were not read yet, "" if there is
// none.
func (f *Follower) newest() string {
	list, err := os.ReadDir(f.path)
	if err != nil {
		return ""
	}
	name, first := "", hanalyze.Time(0)
	for _, e := range list {
		path := filepath.Join(f.path, e.Name())
		st, err := os.Stat(path)
		if err != nil || !st.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		at := f.look(path, st)
		if begun, known := f.begun[path]; at == startsFirst || known && begun == at {
			continue
		}
		if name == "" || at < first {
			name, first = path, at
		}
	}
	if name != "" {
		f.begun[name] = first
	}
	return name
}

// look returns the time of the first packet of a file, startsFirst if there is none. It reads only files that have changed.
func (f *Follower) look(path string, st fs.FileInfo) hanalyze.Time {
	old, known := f.looks[path]
	if known && old.size == st.Size() && old.mod.Equal(st.ModTime()) {
		return old.first
	}
	in := newInput(0, path, nil)
	err := f.files.look(in)
	if err != nil {
		in.first = startsFirst
		if !known && st.Size() > 0 {
			f.notes.add("skipped: %v", err)
		}
	}
	f.looks[path] = look{st.Size(), st.ModTime(), in.first}
	return in.first
}

// tail reads a file as it grows.
type tail struct {
	f    *Follower
	file *os.File
	name string
	off  int64
	over bool // what follows the file is known, so its end is the end
}

// Read waits until there is something to read. It returns io.EOF when the file has ended and another one follows it, or
// Stop was called.
func (t *tail) Read(p []byte) (int, error) {
	for {
		n, err := t.file.Read(p)
		t.off += int64(n)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if t.over {
			return 0, io.EOF
		}
		t.over = t.followed() || !t.f.wait() // then what was written meanwhile is read
	}
}

// followed reports whether another file follows this one.
func (t *tail) followed() bool {
	st, err := os.Stat(t.name)
	if err == nil {
		own, err := t.file.Stat()
		if err == nil && (!os.SameFile(st, own) || own.Size() < t.off) && st.Size() > 0 {
			if !t.f.dir {
				t.f.next = t.name
			}
			return true
		}
	}
	if t.f.dir {
		t.f.next = t.f.newest()
	}
	return t.f.next != ""
}

// Now implements Source.
func (f *Follower) Now() hanalyze.Time { return f.files.now }

// Inputs implements Source.
func (f *Follower) Inputs() []hanalyze.StatsInput { return f.files.Inputs() }

// Kernel implements Source.
func (f *Follower) Kernel() *hanalyze.StatsKernel { return nil }

// Warnings implements Source.
func (f *Follower) Warnings() []string { return append(f.files.Warnings(), f.notes.lines...) }

// Close implements Source.
func (f *Follower) Close() error {
	if f.err == nil {
		f.err = fs.ErrClosed
	}
	if f.cur == nil {
		return nil
	}
	in := f.cur
	f.cur = nil
	return in.close()
}
