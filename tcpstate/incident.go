package tcpstate

import (
	"time"

	"hanalyze"
)

// incidents collects what disturbed or delayed the connection, one entry per kind and end in the order of their first
// occurrence. It allocates nothing until something happens, and cannot grow beyond the number of kinds, twice.
type incidents []incident

// incident is a hanalyze.TCPIncident being counted.
type incident struct {
	kind         string
	by           hanalyze.Dir
	timed        bool // total and max are valid
	count, bytes uint64
	total, max   time.Duration
	frames       [hanalyze.MaxIncidentFrames]uint64
	shown        int // frames that are valid
}

// note counts an occurrence of kind, one of the constants hanalyze.Incident…, that the end which sends in direction by is
// answerable for, and that a packet shows. The incident it returns takes the rest and is valid until the next note.
func (l *incidents) note(kind string, by hanalyze.Dir, frame uint64) *incident {
	x := l.find(kind, by)
	if x == nil {
		*l = append(*l, incident{kind: kind, by: by})
		x = &(*l)[len(*l)-1]
	}
	x.count++
	return x.show(frame)
}

// show adds a packet that shows the last occurrence.
func (x *incident) show(frame uint64) *incident {
	if x.shown < len(x.frames) {
		x.frames[x.shown] = frame
		x.shown++
	}
	return x
}

// find returns the incident of a kind and an end, or nil.
func (l incidents) find(kind string, by hanalyze.Dir) *incident {
	for i := range l {
		if x := &l[i]; x.by == by && x.kind == kind {
			return x
		}
	}
	return nil
}

// took adds the time an occurrence cost. A negative one, from a capture clock that went back, counts as none.
func (x *incident) took(d time.Duration) *incident {
	d = max(d, 0)
	x.timed = true
	x.total += d
	x.max = max(x.max, d)
	return x
}

// report turns the incidents into those of the record, nil when there are none.
func (l incidents) report() []hanalyze.TCPIncident {
	if len(l) == 0 {
		return nil
	}
	list := make([]hanalyze.TCPIncident, len(l))
	for i := range l {
		x := &l[i]
		r := &list[i]
		r.Kind, r.By, r.Count, r.Bytes = x.kind, x.by.Sender(), x.count, x.bytes
		if x.timed {
			r.Total, r.Max = hanalyze.Known(x.total), hanalyze.Known(x.max)
		}
		r.Frames = append([]uint64{}, x.frames[:x.shown]...)
	}
	return list
}
