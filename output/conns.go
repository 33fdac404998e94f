package output

import "hanalyze"

// ConnRange is the connections from First to Last, both included.
type ConnRange struct{ First, Last uint64 }

// Conns chooses connections by their number. The empty Conns chooses all.
type Conns []ConnRange

// Has reports whether connection id is chosen.
func (c Conns) Has(id uint64) bool {
	for _, r := range c {
		if id >= r.First && id <= r.Last {
			return true
		}
	}
	return len(c) == 0
}

// tells reports whether r is to be told: it concerns a chosen connection, or the capture as a whole.
func (c Conns) tells(r hanalyze.Record) bool {
	e := r.Head()
	if len(c) == 0 || e == nil || e.Flow == nil || c.Has(e.Flow.ID) {
		return true
	}
	if f, ok := r.(*hanalyze.Finding); ok {
		for _, id := range f.Conns {
			if c.Has(id) {
				return true
			}
		}
	}
	return false
}
