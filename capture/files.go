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
// when their turn comes. The error is a *FormatError or one of package os.
func OpenFiles(names []string) (Source, error) {
	s := &fileSource{names: names, inputs: make([]*input, len(names))}
	for i, name := range names {
		s.inputs[i] = &input{index: i, stats: hanalyze.StatsInput{Name: name}}
		if err := s.check(i); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// NewReader reads one capture from r, which it does not close. name is what errors and Inputs call it.
func NewReader(name string, r io.Reader) Source {
	in := &input{stats: hanalyze.StatsInput{Name: name}}
	return &fileSource{names: []string{name}, inputs: []*input{in}, reader: r}
}

// fileSource is the Source of OpenFiles and NewReader.
type fileSource struct {
	names  []string
	inputs []*input
	reader io.Reader // the only input, if it is given as a reader
	pool   slabPool
	at     int  // index of the current input
	opened bool // the current input is open
	now    hanalyze.Time
	err    error // final
}

// check opens and closes input i if it is a regular file.
func (s *fileSource) check(i int) error {
	if s.names[i] == "-" {
		return nil
	}
	st, err := os.Stat(s.names[i])
	switch {
	case err != nil:
		return err
	case st.IsDir():
		return &fs.PathError{Op: "read", Path: s.names[i], Err: errors.New("is a directory")}
	case !st.Mode().IsRegular():
		return nil
	}
	in := input{stats: hanalyze.StatsInput{Name: s.names[i]}}
	if err := s.open(&in); err != nil {
		return err
	}
	s.inputs[i].stats.Format = in.stats.Format
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
			s.now = b.Frames[len(b.Frames)-1].Time
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
		out[i] = in.stats
	}
	return out
}

// Kernel implements Source.
func (s *fileSource) Kernel() *hanalyze.StatsKernel { return nil }

// Warnings implements Source.
func (s *fileSource) Warnings() []string {
	var out []string
	for _, in := range s.inputs {
		out = append(out, in.warnings.lines(in.stats.Name)...)
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
