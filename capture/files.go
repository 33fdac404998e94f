package capture

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hanalyze"
)

// maxForeign bounds how many files of a directory that are no captures are named.
const maxForeign = 16

// OpenFiles reads capture files; "-" is the standard input, and a directory stands for the captures in it, by name, without
// those in directories below and those whose names begin with a dot. Several files are merged by time; see merger. Every
// regular file is looked at before OpenFiles returns, so that a missing file or one that is no capture is told at once; in a
// directory the latter is only warned of. Pipes are opened when the reading begins. warn, if not nil, is told each of
// Warnings at once, here or from within ReadBatch. The error is a *FormatError or one of package os.
func OpenFiles(names []string, warn func(string)) (Source, error) {
	s := &fileSource{several: len(names) > 1}
	s.merger.open = s.open
	for _, name := range names {
		st, err := os.Stat(name)
		switch {
		case name == "-":
			err = s.add(name, false, warn)
		case err != nil:
		case st.IsDir():
			err = s.addDir(name, warn)
		default:
			err = s.add(name, st.Mode().IsRegular(), warn)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// NewReader reads one capture from r, which it does not close. name is what errors and Inputs call it.
func NewReader(name string, r io.Reader) Source {
	s := &fileSource{reader: r}
	s.merger.open = s.open
	s.inputs = []*input{newInput(0, name, nil)}
	s.merger.add(s.inputs[0])
	return s
}

// fileSource is the Source of OpenFiles and NewReader.
type fileSource struct {
	inputs  []*input
	foreign []hanalyze.StatsInput // files of directories that are no captures
	notes   []string              // about them
	reader  io.Reader             // the only input, if it is given as a reader
	several bool                  // there may be more than one input
	pool    slabPool
	merger  merger
	now     hanalyze.Time
	err     error // final
}

// add looks at a file and adds it to the inputs.
func (s *fileSource) add(name string, regular bool, warn func(string)) error {
	in := newInput(len(s.inputs), name, warn)
	if regular {
		if err := s.look(in); err != nil {
			return err
		}
	}
	s.inputs = append(s.inputs, in)
	s.merger.add(in)
	return nil
}

// look opens and closes a file, to see that it is a capture and, if that matters, when it begins.
func (s *fileSource) look(in *input) error {
	trial := newInput(0, in.stats.Name, nil)
	if err := s.open(trial); err != nil {
		return err
	}
	if !s.several {
		return trial.close()
	}
	var b Batch
	for trial.fill(&b) && len(b.Frames) == 0 {
		b.Reset()
	}
	if len(b.Frames) > 0 {
		in.first = b.Frames[0].Time
	}
	b.Reset()
	return trial.close()
}

// addDir adds the captures of a directory.
func (s *fileSource) addDir(dir string, warn func(string)) error {
	list, err := os.ReadDir(dir) // sorted
	if err != nil {
		return err
	}
	s.several = true
	notes := warnings{name: dir, tell: warn}
	found := false
	for _, e := range list {
		name := filepath.Join(dir, e.Name())
		st, err := os.Stat(name)
		if strings.HasPrefix(e.Name(), ".") || err == nil && !st.Mode().IsRegular() {
			continue
		}
		if err == nil {
			err = s.add(name, true, warn)
		}
		if err == nil {
			found = true
			continue
		}
		notes.add("skipped: %v", err)
		if len(s.foreign) < maxForeign {
			s.foreign = append(s.foreign, hanalyze.StatsInput{Name: name, Format: "unknown", Error: err.Error()})
		}
	}
	notes.finish("")
	s.notes = append(s.notes, notes.lines...)
	if !found {
		return &fs.PathError{Op: "read", Path: dir, Err: fmt.Errorf("no captures in it")}
	}
	return nil
}

// open opens in and finds its format. On an error in is closed.
func (s *fileSource) open(in *input) error {
	r, regular, err := s.openRaw(in)
	if err == nil {
		in.w = window{r: r, pool: &s.pool}
		err = in.detect(regular)
	}
	if err != nil {
		in.close()
		in.stats.Error = err.Error()
	}
	return err
}

func (s *fileSource) openRaw(in *input) (r io.Reader, regular bool, err error) {
	if s.reader != nil {
		return s.reader, false, nil
	}
	f := os.Stdin
	if in.stats.Name != "-" {
		if f, err = os.Open(in.stats.Name); err != nil {
			return nil, false, err
		}
		in.closers = append(in.closers, f)
	}
	st, err := f.Stat()
	return f, err == nil && st.Mode().IsRegular(), nil
}

// ReadBatch implements Source.
func (s *fileSource) ReadBatch(b *Batch) error {
	b.Reset()
	if b.Frames == nil {
		b.Frames = make([]Frame, 0, MaxBatch)
	}
	if s.err == nil {
		s.err = s.merger.read(b)
	}
	if n := len(b.Frames); n > 0 {
		s.now = b.Frames[n-1].Time
	}
	return s.err
}

// Now implements Source.
func (s *fileSource) Now() hanalyze.Time { return s.now }

// Inputs implements Source.
func (s *fileSource) Inputs() []hanalyze.StatsInput {
	out := make([]hanalyze.StatsInput, 0, len(s.inputs)+len(s.foreign))
	for _, in := range s.inputs {
		out = append(out, in.told())
	}
	return append(out, s.foreign...)
}

// Kernel implements Source.
func (s *fileSource) Kernel() *hanalyze.StatsKernel { return nil }

// Warnings implements Source.
func (s *fileSource) Warnings() []string {
	out := slices.Clone(s.notes)
	for _, in := range s.inputs {
		out = append(out, in.warnings.lines...)
	}
	return out
}

// Close implements Source.
func (s *fileSource) Close() error {
	if s.err == nil {
		s.err = fs.ErrClosed
	}
	return s.merger.close()
}
