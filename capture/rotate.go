package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hanalyze"
)

// Rotation says when a Rotator goes on with a new file, and how many it keeps. Zero means no such limit.
type Rotation struct {
	Bytes    int64         // when a file has at least so many bytes
	Packets  uint64        // when it has so many packets
	Duration time.Duration // when so much time has passed since its first packet, on the capture's clock
	Files    int           // most files there are at a time: the oldest are removed
}

// Rotator writes frames to one pcapng file after the other. Each can be read on its own. Of the path PRE.EXT, the first is
// PRE_00001_20260101120000.EXT, as dumpcap names them: a number, and the time (UTC) of the first packet in it. A file is
// made when there is a packet for it.
type Rotator struct {
	Rotation
	path    string
	options WriterOptions

	made    int      // files so far
	kept    []string // names of the files that were not removed
	file    *countedFile
	writer  *Writer
	early   extras        // there is no file yet
	packets uint64        // in the current file
	first   hanalyze.Time // of the current file
}

// countedFile is a file that knows how much was written to it.
type countedFile struct {
	*os.File
	n int64
}

func (f *countedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	f.n += int64(n)
	return n, err
}

// NewRotator writes to files named after path. It is an error if there is no such directory.
func NewRotator(path string, r Rotation, o WriterOptions) (*Rotator, error) {
	st, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%s: not a directory", filepath.Dir(path))
	}
	return &Rotator{Rotation: r, path: path, options: o}, nil
}

// WriteBatch writes all of b: its frames, and the names and secrets between them, into the file of the packet after them.
func (r *Rotator) WriteBatch(b *Batch) error {
	x := extras{names: b.Names, secrets: b.Secrets}
	for i := range b.Frames {
		f := &b.Frames[i]
		if err := r.prepare(f); err != nil {
			return err
		}
		if err := r.early.write(r.writer, 0); err != nil {
			return err
		}
		if err := x.write(r.writer, i); err != nil {
			return err
		}
		r.packets++
		if err := r.writer.Write(f); err != nil {
			return err
		}
	}
	if r.file == nil {
		r.early.add(x)
		return nil
	}
	return x.write(r.writer, len(b.Frames))
}

// prepare sees that there is a file for f.
func (r *Rotator) prepare(f *Frame) error {
	if r.file != nil && r.due(f.Time) {
		if err := r.Close(); err != nil {
			return err
		}
	}
	if r.file != nil {
		return nil
	}
	return r.open(f.Time)
}

// due reports whether a packet of time t belongs to a new file.
func (r *Rotator) due(t hanalyze.Time) bool {
	return r.Packets > 0 && r.packets >= r.Packets ||
		r.Bytes > 0 && r.file.n+int64(r.writer.w.Buffered()) >= r.Bytes ||
		r.Duration > 0 && t.Sub(r.first) >= r.Duration
}

// open makes the file whose first packet is of time t, and room for it.
func (r *Rotator) open(t hanalyze.Time) error {
	for r.Files > 0 && len(r.kept) >= r.Files {
		if err := os.Remove(r.kept[0]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		r.kept = r.kept[1:]
	}
	name := r.name(r.made+1, t)
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	r.made++
	if r.Files > 0 {
		r.kept = append(r.kept, name)
	}
	r.file = &countedFile{File: file}
	r.writer = NewWriter(r.file, r.options)
	r.packets, r.first = 0, t
	return nil
}

// name returns the name of the n-th file.
func (r *Rotator) name(n int, t hanalyze.Time) string {
	ext := filepath.Ext(r.path)
	return fmt.Sprintf("%s_%05d_%s%s", strings.TrimSuffix(r.path, ext), n, t.Std().UTC().Format("20060102150405"), ext)
}

// Flush writes what is buffered.
func (r *Rotator) Flush() error {
	if r.file == nil {
		return nil
	}
	return r.writer.Flush()
}

// Close completes the current file.
func (r *Rotator) Close() error {
	if r.file == nil {
		return nil
	}
	err := errors.Join(r.writer.Close(), r.file.Close())
	r.file = nil
	return err
}
