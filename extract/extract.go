// Package extract writes the bodies of HTTP messages to files of one directory, with a manifest that tells of each where it
// came from and whether it is whole.
//
// Whoever sent the packets chose the URLs, and with them the names. So names are made harmless (name.go), no file is ever
// opened that was there before, nothing is followed out of the directory (os.Root), and the total is limited.
package extract

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hanalyze"
	"hanalyze/output"
)

const (
	// maxFiles bounds the files of one run: directories of more are a trouble to their file system and their reader.
	maxFiles = 100_000

	// maxOpen bounds the files that are open at once; others are opened again when their bodies go on.
	maxOpen = 64

	// maxTries bounds the numbers tried for one name: a directory may be full of files of earlier runs.
	maxTries = maxFiles + 1

	// writeBytes is how much of an open file is collected before it is written.
	writeBytes = 32 << 10

	// Manifest is the name of the list of all files; a number is added if there is one.
	Manifest = "manifest.ndjson"
)

// A Writer writes files to a directory. It is not safe for concurrent use.
type Writer struct {
	root     *os.Root
	left     int64 // bytes that may still be written
	files    int
	taken    map[string]int // highest number given to a name, in lower case
	open     []*file        // the one used last at the end
	manifest *bufio.Writer
	list     *os.File
	json     *output.JSON
	line     []byte
	limited  uint64 // files that were cut or left out because of a limit
	err      error  // the first that the directory gave
}

// Open makes the directory, if it is not there, and opens a manifest in it. At most maxBytes are written.
func Open(directory string, maxBytes int64) (*Writer, error) {
	if err := os.MkdirAll(filepath.Clean(directory), 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, err
	}
	w := &Writer{root: root, left: maxBytes, taken: map[string]int{}, json: output.NewJSON(output.Options{})}
	stem, ext := splitExtension(Manifest)
	if w.list, _, err = w.create(stem, ext); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	w.manifest = bufio.NewWriter(w.list)
	return w, nil
}

// create makes a file that was not there, under the first number that is free.
func (w *Writer) create(stem, extension string) (*os.File, string, error) {
	key := strings.ToLower(stem + extension)
	for range maxTries {
		w.taken[key]++
		n := w.taken[key]
		name := stem + extension
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, n, extension)
		}
		f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
	return nil, "", fmt.Errorf("%s%s: no number is free", stem, extension)
}

// Limits returns how many files were cut or left out because of a limit.
func (w *Writer) Limits() uint64 { return w.limited }

// Flush writes what was collected, so that others can read it.
func (w *Writer) Flush() {
	for _, f := range w.open {
		w.fail(f.w.Flush())
	}
	w.fail(w.manifest.Flush())
}

// Close writes what was collected and closes everything. Its error is the first that the directory gave.
func (w *Writer) Close() error {
	w.Flush()
	for len(w.open) > 0 {
		w.close(w.open[0])
	}
	w.fail(w.list.Close())
	w.fail(w.root.Close())
	return w.err
}

// fail keeps the first error: whoever asked for files hears of it at the end, and the analysis goes on.
func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// tell writes a line of the manifest.
func (w *Writer) tell(r *hanalyze.BodyFile) {
	w.line = w.json.Append(w.line[:0], r)
	_, err := w.manifest.Write(w.line)
	w.fail(err)
}
