package decode

import (
	"fmt"
	"strings"

	"hanalyze"
	"hanalyze/h2"
	"hanalyze/semantics"
)

// maxExchanges bounds the exchanges of a connection that are open: those of all streams that h2 tracks, closed ones on which
// something came late included.
const maxExchanges = h2.MaxStreams

// http2 makes HTTP records of what h2 tells, one for each stream, and frame records where they are wanted.
type http2 struct {
	s       *Stream
	conn    *h2.Conn
	open    map[uint32]*exchange2
	order   []uint32 // keys of open in the order in which the streams began, for the end
	count   uint64   // exchanges begun
	pressed uint64   // exchanges told before their end because there were too many
	told    map[h2.Code]bool
	lost    [2]hanalyze.Missing // reasons of all gaps of each direction

	now     hanalyze.Meta // of the event under way
	account account2
	idle    hanalyze.Meta // when the last open stream ended; Packet 0: streams are open
	usage   usage
	replay  [2]replay
	holes   [2]holes
	floods  floods
	partial [2]*hanalyze.HTTP2Frame // DATA frames that are wanted, until they are complete

	late    uint32       // stream of a head that came after its exchange was told
	orphans []*exchange2 // answers whose requests may follow, oldest first
	halves  bool         // answers were told without their requests
	resets  [2]withheld  // exchanges that were given up, by the direction that has to go on before they are told

	spare  []*exchange2 // told, and empty
	bombed bool         // a field block was a bomb
	held   uint64       // size of the fields of all exchanges that are not told

	fin [2]hanalyze.Meta // when each end closed its side of the connection

	// doubted are complaints of frames that do not fit the state of their stream, by the direction that has to go on before
	// they are told: a frame of it that makes them right may be in a hole.
	doubted [2]*hanalyze.Notice

	closing bool             // the flow is over
	why     hanalyze.Missing // what the unfinished lacks then
}

// maxSpare bounds the exchanges of a connection that are kept to be used again. Where many streams are open at a time, each
// that ends makes room for one that begins.
const maxSpare = 8

// exchange2 is a stream that is not complete. Once it is told, the record belongs to whoever took it; the rest is used again.
type exchange2 struct {
	*record
	interim []hanalyze.HTTPInterim
	shut    [2]hanalyze.Meta // since when the window of each sender is used up
	waited  [2]interval      // how long it was, if that sender may have had more to send
	late    delay
	held    uint64        // size of its fields
	last    hanalyze.Meta // the last packet in which something of it came
	flooded bool          // one of a flood of resets: it is counted only
	times
	body taps
	course
	inner *Stream // what CONNECT opens
}

func openHTTP2(s *Stream) layer {
	h := &http2{s: s, open: map[uint32]*exchange2{}, told: map[h2.Code]bool{}}
	h.conn = h2.NewConn(h.event)
	return h
}

// openUpgraded continues an HTTP/1.1 connection as HTTP/2: stream 1 answers the request that asked for the upgrade (RFC
// 7540 §3.2), which is told again here.
func openUpgraded(s *Stream, r *hanalyze.HTTP, settings []byte) layer {
	s.path = join(s.path, "http2")
	h := &http2{s: s, open: map[uint32]*exchange2{}, told: map[h2.Code]bool{}}
	h.conn = h2.NewUpgraded(h.event, settings)
	x := h.exchange(1)
	x.Upgraded, x.Method, x.Scheme, x.Authority = true, r.Method, r.Scheme, r.Authority
	x.PathQuery, x.URL, x.Request = r.PathQuery, r.URL, r.Request
	if x.Request != nil {
		x.heads[hanalyze.C2S] = semantics.ReadSection(x.Request.Headers)
	}
	x.begin[hanalyze.C2S], x.end[hanalyze.C2S] = r.Start, s.now
	return h
}

func (h *http2) Feed(d hanalyze.Dir, b []byte) int {
	h.release(d, 0)
	h.replay[d].note(h.conn, d, len(b), h.s.now)
	h.holes[d].note(h.conn, d, h.s.since)
	n := h.conn.Feed(d, b)
	h.replay[d].settle(h.conn, d, h.s.now)
	h.tellWhole(d)
	h.finishOrphans()
	h.limited(h.s.now)
	return n
}

func (h *http2) Gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	h.lost[d] |= why
	h.release(d, why)
	h.replay[d].kept = nil
	h.idle = hanalyze.Meta{} // exchanges may have passed unseen
	if r := h.partial[d]; r != nil {
		r.Missing |= why
	}
	h.conn.Gap(d, n)
	h.tellWhole(d)
}

func (h *http2) End(d hanalyze.Dir) {
	if !h.closing {
		h.fin[d] = h.s.now
	}
	h.release(d, 0)
	h.conn.End(d)
	h.tellPartial(d, h.replay[d].at(h.conn.Offset(d), h.s.now))
}

// Close tells the streams that are still open.
func (h *http2) Close(why hanalyze.Missing) {
	h.closing, h.why = true, why
	for d := range h.doubted {
		if h.fin[d].Packet == 0 {
			h.doubted[d] = nil
		}
	}
	h.release(hanalyze.C2S, why)
	h.release(hanalyze.S2C, why)
	h.End(hanalyze.C2S)
	h.End(hanalyze.S2C)
	for len(h.order) > 0 {
		x := h.open[h.order[0]]
		if !h.abandoned(x) {
			x.Missing |= why
			h.cutOff(x)
		}
		h.finish(x)
	}
	if h.s.http2 == nil {
		h.s.http2 = h.summary()
	}
	h.tellFloods()
	h.countLimits()
}

// countLimits adds up how often limits were reached, for the statistics.
func (h *http2) countLimits() {
	l, c := h.conn.Limits(), &h.s.decoder.counters
	c.add("h2_field_blocks", l.FieldBlocks)
	c.add("h2_header_lists", l.HeaderLists)
	c.add("h2_table_entries", l.TableEntries)
	c.add("h2_streams", l.Streams)
	c.add("h2_complaints", l.Malformed)
	c.add("h2_control_payloads", l.ControlPayloads)
	c.add("h2_pending_settings", l.PendingSettings)
	c.add("h2_hunt_windows", l.HuntWindows)
	c.add("h2_exchanges", h.pressed)
	c.add("h2_exchanges_untold", h.floods.untold)
}

// exchange returns the open exchange of a stream, a new one if there is none.
func (h *http2) exchange(stream uint32) *exchange2 {
	if x := h.open[stream]; x != nil {
		return x
	}
	if len(h.order) >= maxExchanges {
		h.cutShort(h.open[h.order[0]])
	}
	h.count++
	x := h.blank()
	x.StreamID, x.Version, x.IndexOnConn, x.Persistent = stream, "2", h.count, true
	x.course.idle = span(h.idle, h.now)
	h.idle = hanalyze.Meta{}
	h.open[stream] = x
	h.order = append(h.order, stream)
	return x
}

// blank returns an exchange of which nothing is known.
func (h *http2) blank() *exchange2 {
	n := len(h.spare)
	if n == 0 {
		return &exchange2{record: h.s.decoder.record()}
	}
	x := h.spare[n-1]
	h.spare = h.spare[:n-1]
	x.record = h.s.decoder.record()
	return x
}

// reuse keeps an exchange that is told. An answer that waits for its request is told apart by its address.
func (h *http2) reuse(x *exchange2) {
	if len(h.spare) < maxSpare && len(h.orphans) == 0 {
		*x = exchange2{}
		h.spare = append(h.spare, x)
	}
}

// inFrames is the framing of a message that DATA frames carry.
const inFrames = "frames"

func (x *exchange2) message(d hanalyze.Dir) *hanalyze.HTTPMessage {
	m := &x.Request
	if d == hanalyze.S2C {
		m = &x.Response
	}
	if *m == nil {
		*m = &x.messages[d]
		**m = hanalyze.HTTPMessage{Framing: inFrames}
	}
	return *m
}

func (h *http2) event(e *h2.Event) {
	h.now = h.replay[e.Dir].at(e.At, h.s.now)
	h.tell(e, h.now)
	h.passed(e)
}

func (h *http2) tell(e *h2.Event, now hanalyze.Meta) {
	switch e.Kind {
	case h2.KindFrame:
		h.floods.frame(e, now)
		switch e.Frame.Type {
		case h2.FrameData:
			if e.Frame.Joined {
				h.joined(e)
			}
			if e.Frame.Length > 0 {
				h.dataFrame(e)
			}
		case h2.FramePing:
			h.pingFrame(e, now)
		}
		if h.s.decoder.cfg.Frames {
			h.frame(e)
		}
	case h2.KindHeadBegin:
		if h.late = 0; e.Late && h.open[e.StreamID] == nil {
			h.late = e.StreamID
			return
		}
		if x := h.exchange(e.StreamID); x.begin[e.Dir].Packet == 0 {
			x.begin[e.Dir] = h.replay[e.Dir].first(e.Offset, h.s.now)
		}
	case h2.KindHeaders:
		if e.StreamID != h.late || h.open[e.StreamID] != nil {
			h.headers(e)
			h.press()
		}
	case h2.KindData:
		if x := h.open[e.StreamID]; x != nil {
			x.message(e.Dir).BodyBytes += uint64(len(e.Data))
			h.tap(x, e.Dir).data(e.Data)
			x.bytes(e.Dir, h.now)
			x.last = h.now
		}
	case h2.KindStreamEnd:
		h.end(e)
	case h2.KindReset:
		h.reset(e, now)
	case h2.KindWindowShut:
		h.windowShut(e, now)
	case h2.KindWindowOpen:
		h.windowOpen(e, now)
	case h2.KindGap:
		h.gap(e)
	case h2.KindTruncated:
		if r := h.partial[e.Dir]; r != nil {
			r.Missing |= h.cut(e.Missing)
		}
	case h2.KindEvicted:
		if x := h.open[e.StreamID]; x != nil {
			x.Missing |= hanalyze.MissingLimit
			h.finish(x)
		}
	case h2.KindGoAway:
		h.goAway(e, now)
		if e.ErrorCode != 0 {
			h.s.notice("h2.error", fmt.Sprintf("The %s gave up the connection: %s%s", e.Dir.Sender(), e.ErrorCode, debugText(e.Data)))
		}
	case h2.KindMalformed:
		h.malformed(e)
	}
}

// gap notes that part of a stream, or of the connection and so of all its streams, is not in the capture.
func (h *http2) gap(e *h2.Event) {
	if e.StreamID == 0 {
		for _, x := range h.open {
			x.Missing |= h.reason(e.Dir)
		}
		return
	}
	x := h.open[e.StreamID]
	if x == nil {
		return
	}
	x.Missing |= h.reason(e.Dir)
	h.tap(x, e.Dir).gap(e.N)
	if e.N > 0 {
		x.message(e.Dir).BodyBytes += uint64(e.N)
	}
}

// tap returns the tap on the body of direction d of x. Without a head nobody can say what it is, and what follows CONNECT is
// no body.
func (h *http2) tap(x *exchange2, d hanalyze.Dir) *tap {
	if d == hanalyze.C2S && x.Method == "" || d == hanalyze.S2C && x.Status == 0 || x.Method == "CONNECT" {
		x.body[d].asked = true
		return &x.body[d]
	}
	return x.body.at(h.s, &x.HTTP, d, x.message(d))
}

// joined begins the exchange of a stream of which DATA is the first that was seen.
func (h *http2) joined(e *h2.Event) {
	x := h.exchange(e.StreamID)
	x.Missing |= h.reason(e.Dir)
	x.begin[e.Dir] = h.now
}

// cut says why the end of something is missing: how the flow ended, if the capture lacks the rest.
func (h *http2) cut(m hanalyze.Missing) hanalyze.Missing {
	if h.closing && h.why != 0 && m&hanalyze.MissingEndOfCapture != 0 {
		return m&^hanalyze.MissingEndOfCapture | h.why
	}
	return m
}

// reason says why something of direction d is not known.
func (h *http2) reason(d hanalyze.Dir) hanalyze.Missing {
	switch {
	case h.lost[d] != 0:
		return h.lost[d]
	case h.s.flow.MidStream:
		return hanalyze.MissingMidStream
	}
	return hanalyze.MissingGap
}

func (h *http2) headers(e *h2.Event) {
	x := h.exchange(e.StreamID)
	d := e.Dir
	x.last = h.now
	h.hold(x, e)
	x.Missing |= h.cut(e.Missing)
	partial := e.Missing != 0
	for i := range e.Fields {
		if e.Fields[i].Unresolved {
			x.Missing |= h.reason(d)
			partial = true
			break
		}
	}
	if e.Role == h2.RoleRequest || e.Role == h2.RoleResponse {
		x.cut[d] = partial
	}
	switch e.Role {
	case h2.RoleRequest:
		x.headEnd = h.now
		h.request(x, d, e)
	case h2.RolePush:
		// The server sends the request it expects; the exchange itself goes as usual.
		x.Pushed = true
		x.begin[hanalyze.C2S], x.end[hanalyze.C2S] = h.now, h.now
		h.request(x, hanalyze.C2S, e)
	case h2.RoleInterim:
		h.interim(x, e)
		x.putOff(d, h.now)
	case h2.RoleResponse:
		m := x.message(d)
		m.Headers, m.HeaderBytes = regular(e.Fields), uint64(e.HeaderBytes)
		x.readHeaders(d, m)
		x.declare(d)
		x.Status = e.Status
		if x.Method != "" {
			x.Pairing = "certain"
		} else if h.s.flow.MidStream {
			x.Missing |= hanalyze.MissingMidStream
		}
		h.answer(x)
	case h2.RoleTrailers:
		x.message(d).Trailers = e.Fields
	}
}

func (h *http2) request(x *exchange2, d hanalyze.Dir, e *h2.Event) {
	if x.Status != 0 && !x.Pushed { // the request was found among kept bytes after its answer, which was read without it
		x.Pairing = "certain"
		x.Missing |= h.reason(d)
	}
	m := x.message(d)
	m.Headers, m.HeaderBytes = regular(e.Fields), uint64(e.HeaderBytes)
	x.readHeaders(d, m)
	x.declare(d)
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Unresolved {
			continue
		}
		switch f.Name {
		case ":method":
			x.Method = f.Value
		case ":scheme":
			x.Scheme = f.Value
		case ":authority":
			x.Authority = f.Value
		case ":path":
			x.PathQuery = f.Value
		case ":protocol":
			x.Upgrade = f.Value // extended CONNECT, RFC 8441
		}
	}
	if x.Authority == "" {
		x.Authority = header(m.Headers, "host")
	}
	if x.Method == "CONNECT" && x.PathQuery == "" {
		x.PathQuery = x.Authority // RFC 9113 §8.5
	}
	h.ask(x)
	if x.Scheme != "" && x.Authority != "" && strings.HasPrefix(x.PathQuery, "/") {
		x.URL = x.Scheme + "://" + x.Authority + x.PathQuery
	}
}

// regular returns the fields that are no pseudo-header fields; they come first in a well-formed list.
func regular(fields []hanalyze.Header) []hanalyze.Header {
	n := 0
	for n < len(fields) && strings.HasPrefix(fields[n].Name, ":") {
		n++
	}
	rest := fields[n:]
	for i := range rest {
		if strings.HasPrefix(rest[i].Name, ":") {
			return withoutPseudo(rest)
		}
	}
	return rest
}

func withoutPseudo(fields []hanalyze.Header) []hanalyze.Header {
	var kept []hanalyze.Header
	for _, f := range fields {
		if !strings.HasPrefix(f.Name, ":") {
			kept = append(kept, f)
		}
	}
	return kept
}

// declare notes the Content-Length of a message, which in HTTP/2 is information only.
func (x *exchange2) declare(d hanalyze.Dir) {
	m := x.message(d)
	v := header(m.Headers, "content-length")
	if v == "" || len(v) > 18 {
		return
	}
	n := uint64(0)
	for _, c := range []byte(v) {
		if c < '0' || c > '9' {
			return
		}
		n = n*10 + uint64(c-'0')
	}
	x.declared[d] = n
	m.DeclaredBytes = &x.declared[d]
}

// end notes that one side of a stream is complete, and tells the exchange when both are.
func (h *http2) end(e *h2.Event) {
	x := h.open[e.StreamID]
	if x == nil {
		return
	}
	x.end[e.Dir] = h.now
	x.whole[e.Dir] = x.Missing == 0
	x.body.end(e.Dir, true, x.Missing)
	switch {
	case x.end[0].Packet != 0 && x.end[1].Packet != 0:
		h.finish(x)
	case x.Method == "" && e.Dir == hanalyze.S2C:
		h.orphaned(x)
	}
}

// finish tells an exchange, which is over.
func (h *http2) finish(x *exchange2) {
	h.remove(x)
	h.settle(x)
}

// remove takes x from the open exchanges.
func (h *http2) remove(x *exchange2) {
	delete(h.open, x.StreamID)
	for i, id := range h.order {
		if id == x.StreamID {
			h.order = append(h.order[:i], h.order[i+1:]...)
			break
		}
	}
	if len(h.open) == 0 && h.sure() {
		h.idle = h.now
	}
}

// doubtFraming leaves open how an answer is framed that may have come through a tunnel: CONNECT and its answer tell.
func (x *exchange2) doubtFraming() {
	if m := x.Response; m != nil && m.Framing == inFrames && (x.Method == "" || x.Method == "CONNECT" && (x.Status == 0 || x.Status/100 == 2)) {
		m.Framing = ""
	}
}

// sure reports whether nothing of the connection is missing so far.
func (h *http2) sure() bool { return h.lost == [2]hanalyze.Missing{} && !h.s.flow.MidStream }

// settle tells an exchange that is not open any more.
func (h *http2) settle(x *exchange2) {
	h.held -= x.held
	x.held = 0
	x.body.end(hanalyze.C2S, false, x.Missing)
	x.body.end(hanalyze.S2C, false, x.Missing)
	if x.Request == nil && x.Response == nil && len(x.interim) == 0 {
		return // nothing of it was seen but frames without a meaning
	}
	if len(x.interim) > 0 {
		x.message(hanalyze.S2C).Interim = x.interim
	}
	// Where bytes are missing, so may the other half of the exchange be. There is no answer without a request.
	if x.Method == "" {
		h.unasked(x)
	}
	if x.Status == 0 && h.halves {
		x.Missing |= h.reason(hanalyze.S2C) // it may be among the answers told without their requests
	}
	if x.Status == 0 {
		x.Missing |= h.lost[hanalyze.S2C]
	}
	if x.flooded {
		h.floods.untold++
		h.shut(x, "reset")
		return
	}
	x.doubtFraming()
	x.doubtReset()
	h.s.describeCall(&x.HTTP, &x.body)
	x.Timing = x.timing()
	x.Timing.HeadOfLine = x.late.told()
	sure := h.sure()
	h.usage.order(&x.HTTP, &x.course, sure)
	h.usage.explain(&h.s.decoder.meaning, x.record, &x.times, &x.course, sure)
	start, last := x.bounds()
	if start.Packet == 0 {
		start, last = h.s.now, h.s.now
	}
	if x.last.Packet > last.Packet {
		last = x.last // it did not come to an end
	}
	x.Envelope = h.s.envelope(start, last)
	h.s.emit(&x.HTTP)
	h.s.decoder.lend(x.record)
	h.shut(x, h.ended(x))
	h.reuse(x)
}
