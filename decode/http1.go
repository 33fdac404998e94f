package decode

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"hanalyze"
	"hanalyze/h1"
	"hanalyze/semantics"
)

// http1 makes HTTP records of what h1 tells. An exchange is told when both its messages are over, when a later answer
// shows that none will come, or when the flow ends.
type http1 struct {
	s     *Stream
	conn  *h1.Conn
	open  []*exchange1        // not yet told, by ordinal
	why   [2]hanalyze.Missing // reasons of the gaps of each direction since its last message
	lost  [2]hanalyze.Missing // reasons of all gaps of each direction
	heard [2]bool             // bytes of the direction were fed
	prev  hanalyze.Meta       // end of the last answer
	found [2]found            // where and when a message may have begun, after a loss
	stray bool                // an answer came to a request nobody saw
	loose bool                // so did the last one: what is not answered may be what it answers
	ahead int64               // what was told of the bytes that the client had read
	told  [2]map[h1.Code]bool // malformations are told once for each direction and kind
	ended [2]hanalyze.Meta    // FIN of each direction
	usage usage
	spare *exchange1 // told, to be used again; nil when there is none
}

// found is a place where a message may begin.
type found struct {
	at     hanalyze.Meta
	offset int64
}

// exchange1 is an exchange that is not complete. Once it is told, the record belongs to whoever took it; the rest is used
// again.
type exchange1 struct {
	*record
	ordinal  uint64
	interim  []hanalyze.HTTPInterim
	settings string        // HTTP2-Settings
	times                  // of the request and the response
	behind   hanalyze.Meta // end of the answer that a pipelined request had to wait for
	unasked  bool          // it is an answer, and the client had said nothing at all
	oneOf    bool          // it is an answer, and may be to one of the requests that still wait
	stopped  bool          // the client closed in the middle of the request
	kept     bool          // the record is needed after it was told
	body     taps
	doubts   *[2]doubt // of the request and the response, nil when there are none
	course
}

func openHTTP1(s *Stream) layer {
	h := &http1{s: s}
	h.conn = s.decoder.http1.NewConn(h.event)
	// What was asked before the capture began may be answered in it: no pair is certain.
	if s.flow.MidStream {
		h.Gap(hanalyze.C2S, -1, hanalyze.MissingMidStream)
		h.Gap(hanalyze.S2C, -1, hanalyze.MissingMidStream)
	}
	return h
}

// openReversedHTTP1 opens HTTP/1 for a stream on which the server asks and the client answers, as behind tunnels that were
// opened from the inside.
func openReversedHTTP1(s *Stream) layer {
	s.reversed = true
	return openHTTP1(s)
}

func (h *http1) Feed(d hanalyze.Dir, b []byte) int {
	if !h.heard[d] {
		h.heard[d] = true
		h.otherVersion(d, b)
	}
	if n := h.s.unshown; d == hanalyze.C2S && n != h.ahead {
		h.ahead = n
		h.conn.Ahead(d, n)
	}
	return h.conn.Feed(d, b)
}

func (h *http1) Gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	h.why[d] |= why
	h.lost[d] |= why
	h.conn.Gap(d, n)
}

func (h *http1) End(d hanalyze.Dir) {
	h.ended[d] = h.s.now
	h.conn.End(d)
}

// Close tells what is open. A message that had begun is cut; why says what it lacks, nothing where the peers themselves
// ended the flow.
func (h *http1) Close(why hanalyze.Missing) {
	for len(h.open) > 0 {
		x := h.open[0]
		for d := range h.why {
			if !x.over(hanalyze.Dir(d)) {
				x.Missing |= h.why[d]
				if h.ended[d].Packet == 0 { // otherwise nothing can come any more
					x.Missing |= why
				}
				x.breakOff(hanalyze.Dir(d), h.s.ending)
			}
		}
		h.finish(x)
	}
}

// over reports whether the message of direction d has come to its end.
func (x *exchange1) over(d hanalyze.Dir) bool { return x.end[d].Packet != 0 }

func (h *http1) event(e *h1.Event) {
	d, now := e.Dir, h.s.now
	switch e.Kind {
	case h1.Malformed:
		h.malformed(e)
		return
	case h1.StartFound:
		h.found[d] = found{now, e.Offset}
		return
	default:
	}
	x := h.exchange(e.Exchange)
	switch e.Kind {
	case h1.MessageBegin:
		if h.found[d].offset == e.Offset && h.found[d].at.Packet != 0 {
			now = h.found[d].at
		}
		if x.begin[d].Packet == 0 {
			x.begin[d] = now
		}
		if d == hanalyze.C2S {
			h.finishUnasked(x)
		}
	case h1.RequestHead:
		h.request(x, e)
	case h1.ResponseHead:
		h.response(x, e)
	case h1.Body:
		m := x.message(d)
		m.BodyBytes += uint64(len(e.Data)) // MessageEnd knows better, if it comes
		x.body.at(h.s, &x.HTTP, d, m).data(e.Data)
		x.bytes(d, h.s.now)
	case h1.BodyGap:
		x.body.at(h.s, &x.HTTP, d, x.message(d)).gap(e.N)
	case h1.Trailers:
		x.message(d).Trailers = slices.Clone(e.Headers)
	case h1.MessageEnd:
		h.messageEnd(x, e)
	case h1.Switch:
		h.switchTo(x, e.Upgrade)
	}
}

// exchange returns the open exchange of an ordinal, a new one if there is none.
func (h *http1) exchange(ordinal uint64) *exchange1 {
	for i := len(h.open) - 1; i >= 0; i-- {
		if h.open[i].ordinal == ordinal {
			return h.open[i]
		}
	}
	x := h.spare
	if h.spare = nil; x == nil {
		x = new(exchange1)
	}
	*x = exchange1{ordinal: ordinal, record: h.s.decoder.record()}
	x.IndexOnConn = ordinal
	h.open = append(h.open, x)
	return x
}

// message returns the message of direction d, made if need be.
func (x *exchange1) message(d hanalyze.Dir) *hanalyze.HTTPMessage {
	m := &x.Request
	if d == hanalyze.S2C {
		m = &x.Response
	}
	if *m == nil {
		*m = &x.messages[d]
		(*m).Framing = h1.None.String()
	}
	return *m
}

func (x *exchange1) head(e *h1.Event) *hanalyze.HTTPMessage {
	m := x.message(e.Dir)
	list := e.Headers
	x.headers[e.Dir], e.Headers = list, x.headers[e.Dir] // in exchange for the list of an earlier one
	m.Headers, m.HeaderBytes, m.Framing = list, uint64(e.HeadBytes), e.Framing.String()
	if e.ContentLength >= 0 {
		x.declared[e.Dir] = uint64(e.ContentLength)
		m.DeclaredBytes = &x.declared[e.Dir]
	}
	if e.Notes != 0 {
		m.Notes = e.Notes.Names()
	}
	if e.Known != nil {
		x.read(e.Dir, e.Known, m)
	}
	answered := e.Dir == hanalyze.C2S && x.Status != 0 // before the request was whole
	x.Persistent = e.Persistent && (x.Persistent || !answered)
	x.cut[e.Dir] = e.Notes&h1.Truncated != 0
	return m
}

// header returns the value of the first header of the given name, "" if there is none.
func header(hs []hanalyze.Header, name string) string {
	for i := range hs {
		if len(hs[i].Name) == len(name) && strings.EqualFold(hs[i].Name, name) {
			return hs[i].Value
		}
	}
	return ""
}

func (h *http1) request(x *exchange1, e *h1.Event) {
	x.head(e)
	x.Reversed = h.s.reversed
	x.Version, x.Method, x.PathQuery, x.Pipelined = e.Version, e.Method, e.Target, e.Pipelined
	x.headEnd = h.s.now
	switch {
	case e.Pipelined:
		x.depth = uint64(len(h.open))
	case len(h.open) == 1:
		x.idle = span(h.prev, x.begin[hanalyze.C2S])
	}
	if e.Upgrade == "h2c" {
		x.settings = header(x.Request.Headers, "HTTP2-Settings")
	}
	scheme := "http"
	if strings.Contains(h.s.path, "tls") {
		scheme = "https"
	}
	host := x.heads[hanalyze.C2S].Get(semantics.HostField)
	switch {
	case e.Method == "CONNECT":
		x.Authority = e.Target
	case strings.HasPrefix(e.Target, "/"):
		x.Scheme, x.Authority = scheme, host
		if host == "" && x.cut[hanalyze.C2S] {
			break // the name of the host may be among what is missing
		}
		if host == "" {
			host = h.s.answering().String()
		}
		x.URL = h.s.decoder.text.Join(scheme, "://", host, e.Target)
	case strings.Contains(e.Target, "://"):
		// Absolute form, as sent to proxies. RFC 9112 §3.2.2: the target counts, not Host.
		rest := ""
		x.Scheme, rest, _ = strings.Cut(e.Target, "://")
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			rest = rest[:i]
		}
		x.Authority, x.URL = rest, e.Target
	default:
		x.Scheme, x.Authority = scheme, host
	}
}

func (h *http1) response(x *exchange1, e *h1.Event) {
	if e.Interim {
		x.interim = append(x.interim, hanalyze.HTTPInterim{Status: e.Status, TS: h.s.now.Time, Headers: slices.Clone(e.Headers)})
		if x.Method == "" {
			x.Version = e.Version
		}
		return
	}
	x.head(e)
	x.Status, x.Reason = e.Status, e.Reason
	settled := x.ordinal - 1
	if e.Pairing == h1.Unpaired {
		h.stray, h.loose, settled = true, true, e.Dropped
		x.oneOf = settled < x.ordinal-1
	} else {
		x.Pairing = e.Pairing.String()
		h.loose = h.loose && e.Pairing != h1.Certain
	}
	if x.Method == "" {
		x.Version = e.Version
		if h.s.flow.MidStream {
			x.Missing |= hanalyze.MissingMidStream
		}
	}
	// Answers come in order: what is still open before this one gets none. A server that answers this request has read the
	// one before to its end, so what was not seen of that is missing.
	for len(h.open) > 0 && h.open[0].ordinal <= settled {
		if o := h.open[0]; o.begin[hanalyze.C2S].Packet != 0 && !o.over(hanalyze.C2S) {
			o.Missing |= max(h.why[hanalyze.C2S], hanalyze.MissingGap)
		}
		h.finish(h.open[0])
	}
}

func (h *http1) messageEnd(x *exchange1, e *h1.Event) {
	d := e.Dir
	if d == hanalyze.S2C && x.Response == nil && x.begin[d].Packet != 0 && e.How == h1.Complete {
		x.putOff(d, h.s.now)
		return
	}
	if e.How == h1.EndBroken && d == hanalyze.S2C && x.Response == nil && len(x.interim) == 0 {
		x.begin[d] = hanalyze.Meta{} // it turned out to be no message
		return
	}
	x.end[d] = h.s.now
	h.ambiguous(x, e)
	if m := x.message(d); x.begin[d].Packet != 0 {
		m.BodyBytes, m.Chunks = uint64(e.BodyBytes), uint64(e.Chunks)
		if m.HeaderBytes > 0 {
			m.Framing = e.Framing.String()
		}
		if e.WireBytes != e.BodyBytes {
			m.BodyWireBytes = uint64(e.WireBytes)
		}
	}
	var lacks hanalyze.Missing
	switch {
	case e.LostBytes > 0 || e.How == h1.EndGap:
		lacks = max(h.why[d], 1) // gap is bit 0: the reason when none was given
	case e.How == h1.EndLimit:
		lacks = hanalyze.MissingLimit
	case e.How == h1.EndCut && h.s.ended[d] && d == hanalyze.C2S:
		x.stopped = true
	case e.How == h1.EndCut && h.s.ended[d]:
		h.cut(x, d)
	}
	x.Missing |= lacks
	x.whole[d] = lacks == 0 && (e.How == h1.Complete || e.How == h1.UntilClose)
	x.body.end(d, e.How == h1.Complete || e.How == h1.UntilClose, lacks)
	h.why[d] = 0
	if d == hanalyze.S2C {
		if x.Pipelined && h.prev.Packet > x.end[hanalyze.C2S].Packet {
			x.behind = h.prev
		}
		h.prev = h.s.now
		if x.Status == 101 || x.Response.Framing == h1.Tunnel.String() {
			return // Switch follows and tells the exchange
		}
		// Servers answer what nobody asked with 408 only, RFC 9110 §15.5.9.
		x.unasked = !h.heard[hanalyze.C2S] && x.Status != 408
	}
	if x.over(hanalyze.S2C) && (x.oneOf || x.over(hanalyze.C2S)) {
		h.finish(x)
	}
}

// finishUnasked tells the answers before x whose requests were not seen. They wait until the client goes on: only then can
// it be known that bytes of it are missing.
func (h *http1) finishUnasked(x *exchange1) {
	for len(h.open) > 0 && h.open[0] != x && h.open[0].Method == "" && h.open[0].over(hanalyze.S2C) {
		h.finish(h.open[0])
	}
}

// breakOff notes that a reset ended a message of which some body had come.
func (x *exchange1) breakOff(d hanalyze.Dir, ending string) {
	if x.begin[d].Packet == 0 || ending != "reset" || x.Missing != 0 {
		return
	}
	if m := x.message(d); m.HeaderBytes > 0 && (d == hanalyze.S2C || m.BodyBytes > 0) {
		m.Cut = true
	}
}

// brokenOff reports whether the connection ended in the middle of one of the messages.
func (x *exchange1) brokenOff() bool {
	return x.Request != nil && x.Request.Cut || x.Response != nil && x.Response.Cut
}

// stop judges a request that the client did not send to its end. A body that the server has no use for any more is no news
// (RFC 9112 §9.5), and after Expect: 100-continue a final answer means that none will be sent (RFC 9110 §10.1.1). What is
// missing of the answers may have said so.
func (h *http1) stop(x *exchange1) {
	switch {
	case x.Status < 300 && h.lost[hanalyze.S2C] == 0:
		h.cut(x, hanalyze.C2S)
	case x.Request.BodyBytes > 0:
		x.Request.Cut = true
	}
}

// cut notes that the connection ended in the middle of a message.
func (h *http1) cut(x *exchange1, d hanalyze.Dir) {
	m := x.message(d)
	m.Cut = true
	what := "The request"
	if d == hanalyze.S2C {
		what = "The response"
	}
	early := "early"
	if m.DeclaredBytes != nil {
		early = fmt.Sprintf("after %d of %d body bytes", m.BodyBytes, *m.DeclaredBytes)
	}
	h.s.notice("http.cut", fmt.Sprintf("%s %s %s ended %s", what, x.Method, x.PathQuery, early))
}

// answerEnded reports whether the answer came to its proper end, as far as there is one: bytes may be missing of its body.
func (x *exchange1) answerEnded() bool {
	m := x.Response
	return m == nil || x.whole[hanalyze.S2C] || m.DeclaredBytes != nil && *m.DeclaredBytes == m.BodyBytes
}

// finish tells an exchange.
func (h *http1) finish(x *exchange1) {
	for i := range h.open {
		if h.open[i] == x {
			h.open = append(h.open[:i], h.open[i+1:]...)
			break
		}
	}
	x.body.end(hanalyze.C2S, false, x.Missing)
	x.body.end(hanalyze.S2C, false, x.Missing)
	if x.Version == "" && x.Method == "" && len(x.interim) == 0 {
		return // a message had begun, but its head never came
	}
	if len(x.interim) > 0 {
		x.message(hanalyze.S2C).Interim = x.interim
	}
	if x.Response != nil && x.Status == 0 && x.Version != "0.9" && len(x.interim) == 0 {
		x.Response = nil // its head never came
	}
	// Where bytes are missing, so may the other half of the exchange be.
	if x.Method == "" {
		x.Request = nil
		x.Missing |= h.lost[hanalyze.C2S] | h.lost[hanalyze.S2C] // it may answer one of the requests that were seen
		if (x.unasked || x.Status == 101) && x.Missing == 0 {    // a switch of protocols was asked for
			x.Missing = hanalyze.MissingGap
		}
	}
	if x.stopped && x.Request != nil {
		h.stop(x)
	}
	if x.Status == 0 && x.Version != "0.9" {
		x.Missing |= h.lost[hanalyze.S2C]
		if h.loose {
			x.Missing |= max(h.lost[hanalyze.C2S], hanalyze.MissingGap)
		}
	}
	x.Persistent = x.Persistent && x.Pairing == "certain" && !x.brokenOff() && x.answerEnded()
	if h.loose || h.lost[hanalyze.S2C] != 0 { // the answer it did not wait for may be among what is missing
		x.Pipelined, x.behind = false, hanalyze.Meta{}
	}
	h.tellDoubts(x)
	x.Timing = x.timing()
	if x.behind.Packet != 0 {
		x.Timing.Blocked = span(x.end[hanalyze.C2S], x.behind)
		x.Timing.Wait = span(x.behind, x.begin[hanalyze.S2C])
	}
	h.explain(x)
	h.s.describeCall(&x.HTTP, &x.body)
	start, last := x.bounds()
	x.Envelope = h.s.envelope(start, last)
	h.s.emit(&x.HTTP)
	if !x.kept {
		h.s.decoder.lend(x.record)
	}
	h.spare = x
}

// explain fills in what the exchange means, and what it made of its connection.
func (h *http1) explain(x *exchange1) {
	sure := h.lost == [2]hanalyze.Missing{} && !h.stray
	h.usage.order(&x.HTTP, &x.course, sure)
	h.usage.explain(&h.s.decoder.meaning, x.record, &x.times, &x.course, sure)
	client, server := h.ended[hanalyze.C2S], h.ended[hanalyze.S2C]
	gaveUp := client.Packet != 0 && (server.Packet == 0 || client.Packet < server.Packet)
	if sure && x.Missing == 0 && x.Request != nil && x.Response == nil && !gaveUp {
		x.MetClose = x.metClose(server, x.Method, h.s.ending, h.s.now)
	}
}

func (h *http1) switchTo(x *exchange1, protocol string) {
	x.Upgrade = protocol
	settings := x.settings
	if protocol == "tunnel" {
		x.Upgrade = ""
	}
	for _, d := range []hanalyze.Dir{hanalyze.C2S, hanalyze.S2C} {
		if x.begin[d].Packet != 0 && !x.over(d) {
			x.end[d] = h.s.now
		}
	}
	x.kept = true // the next layer needs it
	h.finish(x)
	upgraded := x.HTTP
	switch protocol {
	case "h2c":
		h.s.switchTo(func(s *Stream) layer { return openUpgraded(s, &upgraded, decodeSettings(settings)) }, "")
	case "websocket":
		h.s.switchTo(func(s *Stream) layer { return openWebSocket(s, &upgraded) }, "")
	default:
		h.s.switchTo(nil, "")
	}
}

// decodeSettings decodes the HTTP2-Settings field, RFC 7540 §3.2.1: base64url without padding. What cannot be decoded is
// no setting.
func decodeSettings(field string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(field, "="))
	if err != nil {
		return nil
	}
	return b
}
