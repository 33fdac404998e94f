package decode

import (
	"bytes"
	"net/netip"

	"hanalyze"
)

// Limits of a Stream.
const (
	// maxSniff is how many bytes of a direction sniffers are shown. All protocols here are told apart by a few bytes, but
	// for HTTP/1 the whole request line counts, and URLs of 8 KiB are in use.
	maxSniff = 16 << 10
	// maxDoubt is how many bytes of one direction are kept, although nobody recognises them, until the other has spoken:
	// the answer to a broken request tells what the request was.
	maxDoubt = 2 << 10
	// maxQueue bounds the bytes a Stream holds because its decoder is unknown or waits for the other direction. What
	// clients send ahead, such as TLS after CONNECT or a body after Upgrade, fits a congestion window.
	maxQueue = 256 << 10
	// maxQueueSteps bounds the pieces of that queue: each costs a header of its own.
	maxQueueSteps = 1 << 10
	// maxResniff is how many segments of a stream nobody could read are still looked at, in case a protocol begins late:
	// after a SOCKS or STARTTLS dialogue, or in the middle of a connection.
	maxResniff = 64
)

// layer is one protocol on a Stream.
type layer interface {
	// Feed takes bytes of direction d; it takes less when d has to wait for the other direction, or after switchTo.
	Feed(d hanalyze.Dir, b []byte) int
	// Gap says that n bytes of d are missing, -1 for an unknown number, and why.
	Gap(d hanalyze.Dir, n int64, why hanalyze.Missing)
	// End says that d ended properly.
	End(d hanalyze.Dir)
	// Close tells what is unfinished; why says what the unfinished lacks.
	Close(why hanalyze.Missing)
}

// A Stream is a bidirectional byte stream, or a UDP flow with one datagram a call, that finds its own decoder. It
// satisfies reassembly.Handler.
type Stream struct {
	decoder *Decoder
	flow    *hanalyze.Flow
	now     hanalyze.Meta // of the bytes being fed
	since   hanalyze.Meta // when they came, if they waited for bytes before them; else Packet is 0
	held    hanalyze.Meta // the same of the bytes that Data will give next
	unshown int64         // how many bytes of the other direction that were not given yet had been read by who sent the bytes being fed
	ahead   [2]int64      // the same of the bytes that Data will give next

	layer    layer
	path     string // names of the layers so far
	named    string // path of a protocol that is known by name only
	decoded  bool   // there has been a layer
	opaque   bool   // nobody could read it
	reversed bool   // the layer's client is the flow's server
	resniffs int
	moved    *hanalyze.QUICPath  // UDP: what may be packets of QUIC, see shortHeader; nil for most flows
	http2    *hanalyze.HTTP2Conn // account of the outermost HTTP/2 connection, when it has ended
	ending   string              // why the flow ended, in Close

	parent        *Stream // it was derived from; nil for the flow itself
	unbegun       bool    // derived, and only queueing
	depth         int     // layers, those of parents included
	derived       int     // Streams derived from this one or those inside it that are open; the flow's own Stream counts
	derivedQueued int     // bytes they have queued

	next      func(s *Stream) layer // set by switchTo: what follows the layer
	switching bool

	queue  []step // what waits, in order of arrival
	queued int    // bytes in queue
	ended  [2]bool
	lost   [2]hanalyze.Missing // what was missing before a decoder was found
}

// step is something that happened to a Stream and has not reached a decoder.
type step struct {
	dir     hanalyze.Dir
	meta    hanalyze.Meta
	since   hanalyze.Meta // see Stream.since
	unshown int64         // see Stream.unshown
	data    []byte
	gap     int64
	why     hanalyze.Missing
	end     bool
}

// Unshown says that who sends the next Data of d had read n bytes of the other direction that were not given yet.
func (s *Stream) Unshown(d hanalyze.Dir, n int64) { s.ahead[d] = n }

// Waited says that the bytes of the next Data came with packet since, and waited for bytes before them.
func (s *Stream) Waited(_ hanalyze.Dir, since hanalyze.Meta) { s.held = since }

// Data takes the next bytes of direction d. b is borrowed.
func (s *Stream) Data(d hanalyze.Dir, m hanalyze.Meta, b []byte) {
	if s.datagrams() {
		s.datagram(d, m, b)
		return
	}
	if s.unbegun {
		s.enqueue(step{dir: d, meta: m, data: b})
		return
	}
	if s.opaque && !s.resniff(d, b) {
		return
	}
	st := step{dir: d, meta: m, since: s.held, unshown: s.ahead[d], data: b}
	s.held, s.ahead[d] = hanalyze.Meta{}, 0
	if s.layer != nil && !s.waits(d) {
		s.give(&st)
		if len(st.data) == 0 && len(s.queue) == 0 {
			return
		}
	} else if s.layer == nil && len(s.queue) == 0 {
		// Usually the first segment tells, and then nothing is copied.
		var first [2][]byte
		first[d] = b
		s.sniff(first, false)
		if s.layer != nil {
			s.give(&st)
		}
	}
	if len(st.data) > 0 && !s.opaque {
		s.enqueue(st)
	}
	s.drain(false)
}

// Gap says that n bytes of d are missing before the next Data, -1 for an unknown number.
func (s *Stream) Gap(d hanalyze.Dir, m hanalyze.Meta, n int64, why hanalyze.Missing) {
	if s.datagrams() {
		if s.now = m; s.layer != nil {
			s.layer.Gap(d, n, why)
		}
		return
	}
	s.step(step{dir: d, meta: m, gap: n, why: why})
}

// End says that d ended with a FIN.
func (s *Stream) End(d hanalyze.Dir, m hanalyze.Meta) { s.step(step{dir: d, meta: m, end: true}) }

func (s *Stream) step(st step) {
	if s.opaque {
		s.lost[st.dir] |= st.why // a protocol that begins late will be told of it
		return
	}
	if st.gap == 0 || !s.widen(st.dir, st.gap, st.why) {
		s.queue = append(s.queue, st)
	}
	s.drain(false)
}

// Close ends the Stream: m is the last packet of the flow, why how it ended: "fin", "reset", "timeout", "evicted" or
// "end_of_capture".
func (s *Stream) Close(m hanalyze.Meta, why string) {
	s.drain(true)
	s.now, s.ending = m, why
	if s.layer != nil {
		s.layer.Close(closeMissing(why))
	}
	s.decoder.counters.QueueDropped += uint64(s.queued) // it waited for an answer that never came
	s.hold(-s.queued)
	s.layer, s.queue = nil, nil
	if s.parent != nil {
		s.top().derived--
	}
	if s.moved != nil && !s.decoded {
		s.moved.Envelope = s.envelope(s.flow.First, m)
		s.emit(s.moved)
	}
	if s.decoded {
		s.decoder.counters.Decoded++
	} else if !s.datagrams() && s.opaque || s.datagrams() && s.resniffs > 0 {
		s.decoder.counters.Opaque++
	}
}

// closeMissing says what an exchange lacks that was open when its flow ended: a proper end by FIN or reset was the peers'
// own doing, so nothing is missing from the capture.
func closeMissing(why string) hanalyze.Missing {
	switch why {
	case "end_of_capture":
		return hanalyze.MissingEndOfCapture
	case "evicted":
		return hanalyze.MissingLimit
	}
	return 0
}

// Complete adds to the flow's record what the protocols found tell of it as a whole.
func (s *Stream) Complete(r *hanalyze.Conn) { r.HTTP2 = s.http2 }

// answering is the end that the layer's requests go to.
func (s *Stream) answering() netip.AddrPort {
	if s.reversed {
		return s.flow.Client
	}
	return s.flow.Server
}

// Path returns the protocol stack found so far: "http1>tls", "" when nothing was.
func (s *Stream) Path() string {
	if s.named != "" {
		return s.named
	}
	return s.path
}

// envelope begins a record of this Stream.
func (s *Stream) envelope(start, last hanalyze.Meta) hanalyze.Envelope {
	return hanalyze.Envelope{Flow: s.flow, Start: start, Last: last, Path: s.path}
}

// emit hands over a finished record.
func (s *Stream) emit(r hanalyze.Record) { s.decoder.cfg.Emit(r) }

// notice reports something wrong or odd about the bytes being fed.
func (s *Stream) notice(id, detail string) {
	s.emit(&hanalyze.Notice{Envelope: s.envelope(s.now, s.now), ID: id, Detail: detail})
}

// switchTo makes what the current layer does not take the next protocol's. open is nil where that has to be sniffed; name,
// where it is not empty, is the name of a protocol nobody here reads.
func (s *Stream) switchTo(open func(s *Stream) layer, name string) {
	s.switching, s.next = true, open
	if name != "" {
		s.next = func(s *Stream) layer {
			s.path = join(s.path, name)
			return ignore{}
		}
	}
}

// ignore is a layer that takes everything and tells nothing.
type ignore struct{}

func (ignore) Feed(_ hanalyze.Dir, b []byte) int         { return len(b) }
func (ignore) Gap(hanalyze.Dir, int64, hanalyze.Missing) {}
func (ignore) End(hanalyze.Dir)                          {}
func (ignore) Close(hanalyze.Missing)                    {}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + ">" + name
}

// waits reports whether something of d is queued, so that later bytes of d have to queue too.
func (s *Stream) waits(d hanalyze.Dir) bool {
	for i := range s.queue {
		if s.queue[i].dir == d {
			return true
		}
	}
	return false
}

// enqueue keeps a copy of a step. What exceeds the limits is dropped and becomes a gap.
func (s *Stream) enqueue(st step) {
	if !s.room(len(st.data)) {
		s.decoder.counters.QueueDropped += uint64(len(st.data))
		st = step{dir: st.dir, meta: st.meta, gap: int64(len(st.data)), why: hanalyze.MissingLimit}
		if s.widen(st.dir, st.gap, st.why) {
			return
		}
	} else {
		st.data = bytes.Clone(st.data)
		s.hold(len(st.data))
	}
	s.queue = append(s.queue, st)
}

// widen adds a gap to the one that d's queue ends with, so that any number of gaps costs one step. It reports whether
// there is one.
func (s *Stream) widen(d hanalyze.Dir, n int64, why hanalyze.Missing) bool {
	for i := len(s.queue) - 1; i >= 0; i-- {
		st := &s.queue[i]
		switch {
		case st.dir != d:
			continue
		case st.gap == 0:
			return false
		case st.gap < 0 || n < 0:
			st.gap = -1
		default:
			st.gap += n
		}
		st.why |= why
		return true
	}
	return false
}

// give feeds one step to the layer and takes off st what was taken. It reports whether anything was.
func (s *Stream) give(st *step) bool {
	s.now, s.since, s.unshown = st.meta, st.since, st.unshown
	d := st.dir
	if s.reversed {
		d = d.Reverse()
	}
	switch {
	case st.end:
		s.ended[d] = true
		s.layer.End(d)
	case st.gap != 0:
		s.layer.Gap(d, st.gap, st.why)
	default:
		n := s.layer.Feed(d, st.data)
		st.data = st.data[n:]
		if s.switching {
			s.change()
			return true
		}
		return n > 0
	}
	return true
}

// change puts the next layer in the place of the one that gave way.
func (s *Stream) change() {
	s.layer.Close(0)
	open := s.next
	s.layer, s.next, s.switching = nil, nil, false
	if open != nil {
		s.depth++
		s.layer = open(s)
	}
}

// drain offers queued steps until no direction takes more. final says that nothing will follow.
func (s *Stream) drain(final bool) {
	for len(s.queue) > 0 && !s.unbegun {
		if s.layer == nil && !s.sniffQueue(final) {
			return
		}
		if !s.pass() {
			return
		}
	}
}

// pass offers each queued step once, in order of arrival, and reports whether something was taken. A direction whose step
// was not wholly taken is blocked for the rest of the pass.
func (s *Stream) pass() (moved bool) {
	var blocked [2]bool
	kept := s.queue[:0]
	queue := s.queue
	for i := range queue {
		st := queue[i]
		if !blocked[st.dir] && s.layer != nil {
			before := len(st.data)
			if s.give(&st) {
				moved = true
			}
			s.hold(len(st.data) - before)
			if len(st.data) == 0 {
				continue
			}
			blocked[st.dir] = true
		}
		kept = append(kept, st)
	}
	clear(queue[len(kept):])
	s.queue = kept
	return moved
}
