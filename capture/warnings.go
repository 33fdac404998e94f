package capture

import "fmt"

// maxWarnings bounds the warnings kept per input: the first ones tell what is wrong with a file, a million tell no more.
const maxWarnings = 16

// warnings are the first warnings about an input, the number of all, and why reading stopped early, if it did.
type warnings struct {
	first []string
	total int
	last  string
}

// add keeps a warning about the byte at offset off of the input.
func (w *warnings) add(off int64, format string, args ...any) {
	w.total++
	if len(w.first) < maxWarnings {
		w.first = append(w.first, fmt.Sprintf("offset %d: %s", off, fmt.Sprintf(format, args...)))
	}
}

// lines returns the warnings, each with the input's name in front.
func (w *warnings) lines(name string) []string {
	var out []string
	for _, line := range w.first {
		out = append(out, name+": "+line)
	}
	if n := w.total - len(w.first); n > 0 {
		out = append(out, fmt.Sprintf("%s: %d more warnings", name, n))
	}
	if w.last != "" {
		out = append(out, name+": "+w.last)
	}
	return out
}
