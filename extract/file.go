package extract

import (
	"bufio"
	"io"
	"os"
	"slices"

	"hanalyze"
)

// file is a file being written, or written.
type file struct {
	name string // "" when there is none
	f    *os.File
	w    *bufio.Writer // nil while it is not open
	size int64         // holes included

	hanalyze.BodyFile
	whole bool
	cut   bool // a limit was reached
	bad   bool // the directory refused
}

// begin makes the file, unless a limit is reached.
func (w *Writer) begin(f *file, stem, extension string) {
	if w.files >= maxFiles || w.left <= 0 {
		w.limit(f)
		return
	}
	made, name, err := w.create(stem, extension)
	if err != nil {
		w.fail(err)
		f.bad = true
		return
	}
	w.files++
	f.name = name
	w.use(f, made)
}

// limit cuts f.
func (w *Writer) limit(f *file) {
	if !f.cut {
		f.cut = true
		w.limited++
	}
}

// use adds an open file to those that are open.
func (w *Writer) use(f *file, opened *os.File) {
	if len(w.open) >= maxOpen {
		w.close(w.open[0])
	}
	f.f, f.w = opened, bufio.NewWriterSize(opened, writeBytes)
	w.open = append(w.open, f)
}

// ready opens f again if it was closed, and says whether it can be written.
func (w *Writer) ready(f *file) bool {
	if f.name == "" || f.cut || f.bad {
		return false
	}
	if f.w != nil {
		return true
	}
	opened, err := w.root.OpenFile(f.name, os.O_WRONLY, 0)
	if err == nil {
		_, err = opened.Seek(f.size, io.SeekStart)
	}
	if err != nil {
		w.fail(err)
		f.bad = true
		return false
	}
	w.use(f, opened)
	return true
}

// write adds b to f, as much of it as the total allows.
func (w *Writer) write(f *file, b []byte) {
	if !w.ready(f) {
		return
	}
	if int64(len(b)) > w.left {
		b = b[:w.left]
		w.limit(f)
	}
	n, err := f.w.Write(b)
	f.size += int64(n)
	w.left -= int64(n)
	if err != nil {
		w.fail(err)
		f.bad = true
	}
}

// hole leaves n bytes out. A file that is all holes takes no room, but reading it takes time, so they count.
func (w *Writer) hole(f *file, n int64) {
	if !w.ready(f) {
		return
	}
	if n > w.left {
		w.limit(f)
		return
	}
	f.Holes = append(f.Holes, hanalyze.Hole{Offset: uint64(f.size), Bytes: uint64(n)})
	f.size += n
	w.left -= n
	err := f.w.Flush()
	if err == nil {
		err = f.f.Truncate(f.size)
	}
	if err == nil {
		_, err = f.f.Seek(f.size, io.SeekStart)
	}
	if err != nil {
		w.fail(err)
		f.bad = true
	}
}

// close closes f for the time being.
func (w *Writer) close(f *file) {
	if f.w == nil {
		return
	}
	w.fail(f.w.Flush())
	w.fail(f.f.Close())
	f.f, f.w = nil, nil
	w.open = slices.DeleteFunc(w.open, func(g *file) bool { return g == f })
}

// remove takes a file away again.
func (w *Writer) remove(f *file) {
	w.close(f)
	if f.name == "" {
		return
	}
	w.fail(w.root.Remove(f.name))
	w.left += f.size
	w.files--
}
