package capture

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"hanalyze"
)

// OpenFiles reads capture files one after the other in the order given; "-" is the standard input. Every regular file is
// looked at before OpenFiles returns, so that a missing file or one that is no capture is told at once; pipes are opened
// when their turn comes. warn, if not nil, is told each of Warnings at once, from within ReadBatch. The error is a
// *FormatError or one of package os.
func OpenFiles(names []string, warn func(string)) (Source, error) {
	s := &fileSource{inputs: make([]*input, len(names))}
	for i, name := range names {
		s.inputs[i] = newInput(i, name, warn)
		if err := s.check(s.inputs[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// NewReader reads one capture from r, which it does not close. name is what errors and Inputs call it.
func NewReader(name string, r io.Reader) Source {
	return &fileSource{inputs: []*input{newInput(0, name, nil)}, reader: r}
}

// fileSource is the Source of OpenFiles and NewReader.
type fileSource struct {
	inputs []*input
	reader io.Reader // the only input, if it is given as a reader
	pool   slabPool
	at     int  // index of the current input
	opened bool // the current input is open
	now    hanalyze.Time
	err    error // final
}

// check opens and closes in if it is a regular file.
func (s *fileSource) check(in *input) error {
	name := in.stats.Name
	if name == "-" {
		return nil
	}
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		return &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	case !st.Mode().IsRegular():
		return nil
	}
	if err := s.open(in); err != nil {
		return err
	}
	return in.close()
}

// open opens in and finds its format. On an error in is closed.
func (s *fileSource) open(in *input) error {
	r, regular, err := s.openRaw(in)
	if err != nil {
		return err
	}
	in.w = window{r: r, pool: &s.pool}
	if err := in.detect(regular); err != nil {
		in.close()
		return err
	}
	return nil
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
	for s.err == nil {
		if s.at == len(s.inputs) {
			s.err = io.EOF
			break
		}
		in := s.inputs[s.at]
		if !s.opened {
			if s.err = s.open(in); s.err != nil {
				in.stats.Error = s.err.Error()
				break
			}
			s.opened = true
		}
		if in.fill(b) {
			s.now = in.last
			return nil
		}
		in.close()
		s.opened = false
		s.at++
	}
	return s.err
}

// Now implements Source.
func (s *fileSource) Now() hanalyze.Time { return s.now }

// Inputs implements Source.
func (s *fileSource) Inputs() []hanalyze.StatsInput {
	out := make([]hanalyze.StatsInput, len(s.inputs))
	for i, in := range s.inputs {
		out[i] = in.told()
	}
	return out
}

// Kernel implements Source.
func (s *fileSource) Kernel() *hanalyze.StatsKernel { return nil }

// Warnings implements Source.
func (s *fileSource) Warnings() []string {
	var out []string
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
	if s.opened {
		s.opened = false
		return s.inputs[s.at].close()
	}
	return nil
}
