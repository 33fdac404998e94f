package capture

import (
	"cmp"
	"errors"
	"io"
	"math"
	"slices"

	"hanalyze"
)

// maxLanes bounds the inputs that are open at the same time: each has a file descriptor, of which a process commonly has
// 1,024, and a slab. Files of a ring do not overlap in time, so two are open at most.
const maxLanes = 256

// merger reads its inputs as one capture, in the order of their times: of the first packets that the inputs have not given
// yet, the earliest comes next, of several the one of the input named first. Packets of one input keep their order, also
// where its clock steps back. A file is opened when the merge reaches the time of its first packet, so the files of a ring
// are read one after the other, whatever their names.
type merger struct {
	open    func(*input) error
	waiting []*input // not open yet, by first packet
	sorted  bool     // waiting is in order
	lanes   []*lane  // a heap, by next packet
	batch   uint64   // how many batches were begun
	err     error    // final
}

// lane is an open input and what it has read ahead.
type lane struct {
	in      *input
	b       Batch
	at      int    // index of the next frame
	names   int    // index of the next name
	secrets int    // index of the next secret
	held    uint64 // the last batch that holds the slabs of b
}

// startsFirst is the first time of inputs that must be opened at once: pipes, whose first packet is not known.
const startsFirst = hanalyze.Time(math.MinInt64)

func (m *merger) add(in *input) { m.waiting = append(m.waiting, in) }

// read fills b, which is empty. It returns io.EOF after the last input.
func (m *merger) read(b *Batch) error {
	m.batch++
	if m.err != nil {
		return m.err
	}
	if !m.sorted {
		slices.SortStableFunc(m.waiting, func(a, b *input) int { return cmp.Compare(a.first, b.first) })
		m.sorted = true
	}
	for !b.full() {
		m.err = m.admit()
		if m.err == nil && len(m.lanes) == 0 {
			m.err = io.EOF
		}
		if m.err != nil {
			if b.empty() {
				return m.err
			}
			return nil
		}
		if l := m.lanes[0]; l.at == len(l.b.Frames) {
			// What was read ahead is used up. First hand out what is there: a pipe may have no more for now.
			if !b.empty() {
				return nil
			}
			m.refill(l, b)
			continue
		}
		m.take(b)
		m.sift(0)
	}
	return nil
}

// admit opens the inputs whose time has come.
func (m *merger) admit() error {
	for len(m.waiting) > 0 {
		in := m.waiting[0]
		if len(m.lanes) > 0 && m.lanes[0].ready() && in.first > m.lanes[0].time() {
			return nil
		}
		if len(m.lanes) > 0 && !m.lanes[0].ready() && in.first != startsFirst {
			return nil // its time is compared with that of the next packet
		}
		if len(m.lanes) == maxLanes {
			if !in.late {
				in.late = true
				in.warnings.add("opened late: more than %d files overlap in time", maxLanes)
			}
			return nil
		}
		m.waiting = m.waiting[1:]
		if err := m.open(in); err != nil {
			return err
		}
		l := &lane{in: in}
		m.lanes = append(m.lanes, l)
		m.rise(len(m.lanes) - 1)
	}
	return nil
}

// refill reads ahead in a lane that has nothing left, the first one, and takes it out at its end. Names and secrets that no
// frame follows go to b.
func (m *merger) refill(l *lane, b *Batch) {
	into := &l.b
	if len(m.lanes)+len(m.waiting) == 1 {
		into = b // nothing to merge with
	}
	l.b.Reset()
	l.at, l.names, l.secrets, l.held = 0, 0, 0, 0
	if !l.in.fill(into) {
		m.remove(l)
		return
	}
	if len(l.b.Frames) == 0 {
		l.extras(b, 0)
	}
	m.sift(0)
}

// remove closes the first lane. Errors of closing what was only read mean nothing.
func (m *merger) remove(l *lane) {
	l.b.Reset()
	l.in.close()
	n := len(m.lanes) - 1
	m.lanes[0] = m.lanes[n]
	m.lanes[n] = nil
	m.lanes = m.lanes[:n]
	if n > 0 {
		m.sift(0)
	}
}

// take moves the frames of the first lane that come before those of all others to b.
func (m *merger) take(b *Batch) {
	l := m.lanes[0]
	if l.held != m.batch {
		l.held = m.batch
		for _, s := range l.b.slabs {
			b.hold(s)
		}
	}
	limit := m.limit()
	for first := true; l.at < len(l.b.Frames) && !b.full(); first = false {
		f := &l.b.Frames[l.at]
		if limit != nil && !earlier(f.Time, l.in.index, limit.time(), limit.in.index) {
			return
		}
		// The first frame is before all that wait, unless these cannot be opened yet.
		if !first && len(m.waiting) > 0 && f.Time >= m.waiting[0].first {
			return
		}
		l.next(b)
	}
}

// limit is the lane whose next packet is the earliest after the first lane's, nil if there is none.
func (m *merger) limit() *lane {
	switch n := len(m.lanes); {
	case n < 2:
		return nil
	case n > 2 && m.less(2, 1):
		return m.lanes[2]
	}
	return m.lanes[1]
}

// next moves the next frame, and the names and secrets before it, to b.
func (l *lane) next(b *Batch) {
	l.extras(b, l.at)
	b.Frames = append(b.Frames, l.b.Frames[l.at])
	if l.at++; l.at == len(l.b.Frames) {
		l.extras(b, l.at)
	}
}

// extras moves the names and secrets before frame n to b.
func (l *lane) extras(b *Batch, n int) {
	for ; l.names < len(l.b.Names) && l.b.Names[l.names].Before <= n; l.names++ {
		x := l.b.Names[l.names]
		x.Before = len(b.Frames)
		b.Names = append(b.Names, x)
	}
	for ; l.secrets < len(l.b.Secrets) && l.b.Secrets[l.secrets].Before <= n; l.secrets++ {
		x := l.b.Secrets[l.secrets]
		x.Before = len(b.Frames)
		b.Secrets = append(b.Secrets, x)
	}
}

// ready reports whether the next packet of the lane is known.
func (l *lane) ready() bool { return l.at < len(l.b.Frames) }

// time is that of the next packet. Lanes whose next packet is not known come first: it must be read before others are given.
func (l *lane) time() hanalyze.Time {
	if l.ready() {
		return l.b.Frames[l.at].Time
	}
	return startsFirst
}

func earlier(t hanalyze.Time, i int, u hanalyze.Time, j int) bool { return t < u || t == u && i < j }

func (m *merger) less(i, j int) bool {
	a, b := m.lanes[i], m.lanes[j]
	return earlier(a.time(), a.in.index, b.time(), b.in.index)
}

// rise moves lane i to its place among those before it in the heap.
func (m *merger) rise(i int) {
	for i > 0 && m.less(i, (i-1)/2) {
		m.lanes[i], m.lanes[(i-1)/2] = m.lanes[(i-1)/2], m.lanes[i]
		i = (i - 1) / 2
	}
}

// sift moves lane i to its place among those after it in the heap.
func (m *merger) sift(i int) {
	for {
		least := i
		for _, c := range []int{2*i + 1, 2*i + 2} {
			if c < len(m.lanes) && m.less(c, least) {
				least = c
			}
		}
		if least == i {
			return
		}
		m.lanes[i], m.lanes[least] = m.lanes[least], m.lanes[i]
		i = least
	}
}

// close closes what is open.
func (m *merger) close() error {
	var err error
	for _, l := range m.lanes {
		l.b.Reset()
		err = errors.Join(err, l.in.close())
	}
	m.lanes, m.waiting = nil, nil
	return err
}
