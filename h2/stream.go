package h2

import "hanalyze"

// State is the state of a stream (RFC 9113 §5.1), always told from one end's point of view.
//
// A stream is idle until a HEADERS frame opens it or a PUSH_PROMISE reserves it: reserved_local for the end that
// promised, reserved_remote for the other. END_STREAM closes the sender's side: half_closed_local for the sender,
// half_closed_remote for the receiver; the second END_STREAM closes the stream. RST_STREAM of either end closes it at
// once. The pushed HEADERS turn reserved_local into half_closed_remote, as the request was the promise.
//
// Unknown is what we say of a stream that the capture may have missed the beginning of.
type State uint8

// The states of RFC 9113 §5.1, and Unknown.
const (
	Unknown State = iota
	Idle
	ReservedLocal
	ReservedRemote
	Open
	HalfClosedLocal
	HalfClosedRemote
	Closed
)

var stateNames = [...]string{"", "idle", "reserved_local", "reserved_remote", "open", "half_closed_local", "half_closed_remote", "closed"}

// String returns the lower_snake name of RECORDS, "" for Unknown.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// mirror returns the state as the other end sees it.
func (s State) mirror() State {
	switch s {
	case ReservedLocal:
		return ReservedRemote
	case ReservedRemote:
		return ReservedLocal
	case HalfClosedLocal:
		return HalfClosedRemote
	case HalfClosedRemote:
		return HalfClosedLocal
	case Unknown, Idle, Open, Closed:
	}
	return s
}

// action is what the sender of a frame does to a stream.
type action uint8

const (
	sendHeaders action = iota // HEADERS, or the first frame of a stream whose HEADERS the capture missed
	sendPromise               // PUSH_PROMISE that names the stream
	sendEnd                   // END_STREAM
	sendReset                 // RST_STREAM
)

// after is the transition table, seen from the sender. What RFC 9113 does not allow changes nothing.
func (s State) after(a action) State {
	switch a {
	case sendReset:
		return Closed
	case sendPromise:
		if s == Idle {
			return ReservedLocal
		}
	case sendHeaders:
		switch s {
		case Idle:
			return Open
		case ReservedLocal:
			return HalfClosedRemote
		}
	case sendEnd:
		switch s {
		case Open:
			return HalfClosedLocal
		case HalfClosedRemote:
			return Closed
		}
	}
	return s
}

// stream is what is known of one stream.
type stream struct {
	id     uint32
	state  State // as the client sees it
	pushed bool
	joined bool // the capture may have missed its beginning
	head   bool // the request's method is known to forbid a response body: HEAD
	tunnel bool // CONNECT: DATA is not a message body
	half   [2]streamHalf

	next, prev *stream // in open or closed, by age
	listed     bool    // in closed
}

// streamHalf is one direction of a stream.
type streamHalf struct {
	ended    bool // this end sent END_STREAM or RST_STREAM
	head     bool // the (final) head was seen
	unclear  bool // the status of that head is not known: it may have been an interim one
	gap      bool // something is missing
	lost     bool // anything may be missing; told once
	noBody   bool // DATA need not match content-length
	hasLen   bool
	declared uint64 // content-length; valid iff hasLen
	body     uint64 // DATA without padding, gaps of known length included
	preface  int    // how many bytes at the beginning of the body are those of Preface
	window   window // for what this end sends
}

// apply changes the state for what the sender in direction d does.
func (s *stream) apply(d hanalyze.Dir, a action) {
	if a == sendEnd || a == sendReset {
		s.half[d].ended = true
	}
	if d == hanalyze.C2S {
		s.state = s.state.after(a)
	} else {
		s.state = s.state.mirror().after(a).mirror()
	}
	if s.joined && a == sendEnd && d == hanalyze.S2C {
		s.state = Closed // the request's end may have passed unseen, and a response comes last
	}
}

// active reports whether s counts for SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2) of the server.
func (s *stream) active() bool {
	switch s.state {
	case Open, HalfClosedLocal, HalfClosedRemote:
		return opener(s.id) == hanalyze.C2S
	case Unknown, Idle, ReservedLocal, ReservedRemote, Closed:
	}
	return false
}

// move changes the state of s for what the sender in direction d does, and counts the streams that are open.
func (c *Conn) move(s *stream, d hanalyze.Dir, a action) {
	before := s.active()
	s.apply(d, a)
	switch after := s.active(); {
	case after && !before:
		c.concurrent++
		c.peak = max(c.peak, c.concurrent)
	case before && !after:
		c.concurrent--
	}
	for d := range s.half {
		if s.half[d].ended || s.state == Closed {
			c.abandonWindow(s, hanalyze.Dir(d))
		}
	}
}

// seenFrom returns the state as the sender in direction d sees it.
func (s *stream) seenFrom(d hanalyze.Dir) State {
	if d == hanalyze.C2S {
		return s.state
	}
	return s.state.mirror()
}

const (
	// MaxStreams bounds the streams tracked on a connection. Servers allow 100 to 250 at a time.
	MaxStreams = 1024

	// maxClosed is how many closed streams are remembered, so that late frames find theirs.
	maxClosed = 100
)

// streams is the table of streams of a connection: by number, and in two lists by age.
type streams struct {
	byID         map[uint32]*stream
	last         *stream // the stream of the last lookup: frames come in runs
	open, closed streamList
	free         *stream
}

// streamList is a doubly linked list, oldest first.
type streamList struct {
	first, last *stream
	n           int
}

func (l *streamList) push(s *stream) {
	s.prev, s.next = l.last, nil
	if l.last != nil {
		l.last.next = s
	} else {
		l.first = s
	}
	l.last = s
	l.n++
}

func (l *streamList) remove(s *stream) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		l.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		l.last = s.prev
	}
	s.prev, s.next = nil, nil
	l.n--
}

// get returns the stream of that number, nil when it is not tracked.
func (t *streams) get(id uint32) *stream {
	if t.last != nil && t.last.id == id {
		return t.last
	}
	s := t.byID[id]
	if s != nil {
		t.last = s
	}
	return s
}

// oldest returns the stream to be forgotten for another one, nil while there is room: a closed one, if there is any.
func (t *streams) oldest() *stream {
	switch {
	case len(t.byID) < MaxStreams:
		return nil
	case t.closed.first != nil:
		return t.closed.first
	}
	return t.open.first
}

// add makes an idle stream.
func (t *streams) add(id uint32) *stream {
	if t.byID == nil {
		t.byID = make(map[uint32]*stream)
	}
	s := t.free
	if s != nil {
		t.free = s.next
		*s = stream{}
	} else {
		s = new(stream)
	}
	s.id, s.state = id, Idle
	t.byID[id] = s
	t.open.push(s)
	t.last = s
	return s
}

// settle moves a stream that is closed now to the closed ones, and forgets the oldest of these.
func (t *streams) settle(s *stream) {
	if s == nil || s.state != Closed || s.listed {
		return
	}
	t.open.remove(s)
	s.listed = true
	t.closed.push(s)
	if t.closed.n > maxClosed {
		t.forget(t.closed.first)
	}
}

func (t *streams) forget(s *stream) {
	if s.listed {
		t.closed.remove(s)
	} else {
		t.open.remove(s)
	}
	delete(t.byID, s.id)
	if t.last == s {
		t.last = nil
	}
	s.next, t.free = t.free, s
}
