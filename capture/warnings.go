package capture

import "fmt"

// maxWarnings bounds the warnings about one input: the first ones tell what is wrong with a file, a million tell no more.
const maxWarnings = 16

// warnings are the warnings about one input.
type warnings struct {
	name  string       // of the input
	tell  func(string) // is told each line at once; may be nil
	lines []string
	odd   []string // the same without the name of the input, and without how it ended
	extra int      // warnings beyond maxWarnings
}

// add keeps and tells a warning.
func (w *warnings) add(format string, args ...any) {
	if len(w.lines) >= maxWarnings {
		w.extra++
		return
	}
	s := fmt.Sprintf(format, args...)
	w.odd = append(w.odd, s)
	w.line(s)
}

// finish adds the last words on the input: how many warnings were not told, and why reading stopped early, if it did.
func (w *warnings) finish(reason string) {
	if w.extra > 0 {
		w.line(fmt.Sprintf("%d more warnings", w.extra))
	}
	if reason != "" {
		w.line(reason)
	}
}

func (w *warnings) line(s string) {
	s = w.name + ": " + s
	w.lines = append(w.lines, s)
	if w.tell != nil {
		w.tell(s)
	}
}
