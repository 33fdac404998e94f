package reassembly

import "hanalyze"

// phase is what a flow's idle time depends on, and whom it shares its room in the table with: each phase has its own, so
// that a flood of flows can only crowd out its like. Whoever sends packets with forged addresses never gets beyond a phase
// that one end alone can reach, which leaves the connections of the others alone.
type phase uint8

const (
	opening     phase = iota // TCP, handshake not completed
	oneWayTCP                // TCP, joined in the middle, and only one end was heard
	established              // TCP
	oneWayUDP                // UDP, only one end was heard
	datagrams                // UDP
	lingering                // TCP, over: the time counts from its end
	numPhases
)

// list is an intrusive list of flows.
type list struct {
	head, tail *flow
	n          int
}

func (l *list) push(f *flow) {
	f.prev, f.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = f
	} else {
		l.head = f
	}
	l.tail = f
	l.n++
}

func (l *list) remove(f *flow) {
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		l.head = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		l.tail = f.prev
	}
	f.prev, f.next = nil, nil
	l.n--
}

// enter moves f, whose last packet has just been counted, into another phase.
func (t *Tracker) enter(f *flow, ph phase) {
	t.lists[f.phase].remove(f)
	t.makeRoom(ph, f.last.Time)
	f.phase = ph
	t.lists[ph].push(f)
}

// heard notes that the second end of f spoke for the first time.
func (t *Tracker) heard(f *flow) {
	switch f.phase {
	case oneWayTCP:
		t.enter(f, established)
	case oneWayUDP:
		t.enter(f, datagrams)
	case opening, established, datagrams, lingering:
	}
}

// makeRoom ends the flow of a phase that has idled for longest when there is no room for another. Of one that is over anyway nothing is
// lost but its stragglers, which are swallowed from now on.
func (t *Tracker) makeRoom(ph phase, now hanalyze.Time) {
	l := &t.lists[ph]
	if l.n < t.room[ph] {
		return
	}
	switch f := l.head; {
	case t.overdue(f, now):
		t.finish(f, f.reason(CloseTimeout))
	case ph == lingering:
		t.stats.LingeringCut++
		t.finish(f, f.over)
	default:
		t.stats.FlowsEvicted++
		f.missing |= hanalyze.MissingLimit
		t.finish(f, CloseEvicted)
	}
}
