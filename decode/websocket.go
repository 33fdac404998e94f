package decode

import (
	"slices"
	"strings"
	"time"

	"hanalyze"
	"hanalyze/websocket"
)

// maxPings bounds the pings of one end that wait for their pong. A pong may answer the latest of several (RFC 6455
// §5.5.3), and nobody sends many ahead.
const maxPings = 8

// webSocket makes a WebSocket record of what websocket tells, and message records where they are wanted.
type webSocket struct {
	s     *Stream
	conn  *websocket.Conn
	rec   hanalyze.WebSocket
	last  hanalyze.Meta
	quiet time.Duration

	lost  [2]hanalyze.Missing // reasons of all gaps of each direction
	begun [2]hanalyze.Meta    // of the message that is open
	open  [2]payload
	pings [2][]ping // by the direction of the ping
	rtt   struct {
		n             uint64
		sum, min, max time.Duration
	}
	closes [2]struct {
		at   hanalyze.Meta
		code uint16
	}
	unsure bool             // of the handshake bytes are missing
	first  [2]hanalyze.Meta // when each direction ended
	cut    hanalyze.Missing // what messages lack that are cut: nothing where their senders did it
	told   [2]map[websocket.Violation]bool
}

// ping is one that waits for its pong.
type ping struct {
	at      hanalyze.Meta
	payload string
}

// openWebSocket goes on after the opening handshake of r. Over HTTP/2 the handshake has no key.
func openWebSocket(s *Stream, r *hanalyze.HTTP) layer {
	s.path = join(s.path, "websocket")
	var request, response []hanalyze.Header
	if r.Request != nil {
		request = r.Request.Headers
	}
	if r.Response != nil {
		response = r.Response.Headers
	}
	keyless := r.StreamID != 0
	shake := websocket.Check(request, response, keyless)
	if shake.Ancient {
		return ignore{}
	}
	w := &webSocket{s: s, last: s.now}
	w.conn = websocket.NewConn(shake.Params, w.event)
	w.rec.Envelope = s.envelope(r.Start, s.now)
	w.rec.StreamID, w.rec.URL, w.rec.Reversed = r.StreamID, webSocketURL(r.URL), s.reversed
	w.rec.Version, w.rec.Subprotocol, w.rec.Subprotocols = shake.Version, shake.Subprotocol, shake.Offered
	w.rec.Extensions = shake.Extensions
	w.unsure = r.Missing != 0
	if !w.unsure { // what was accepted may be missing
		w.rec.Declined = shake.Declined
	}
	w.rec.Missing = r.Missing
	if !keyless && r.Missing == 0 {
		w.rec.AcceptValid = &shake.AcceptValid
	}
	if len(shake.Problems) > 0 && r.Missing == 0 {
		w.violates("handshake")
		s.notice("ws.handshake", strings.Join(shake.Problems, "; "))
	}
	return w
}

// webSocketURL writes the URL of an opening handshake with the schemes of RFC 6455 §3.
func webSocketURL(url string) string {
	if rest, ok := strings.CutPrefix(url, "http"); ok {
		return "ws" + rest
	}
	return url
}

func (w *webSocket) Feed(d hanalyze.Dir, b []byte) int {
	w.seen()
	return w.conn.Feed(d, b)
}

// seen notes that one of the ends did something now.
func (w *webSocket) seen() {
	w.quiet = max(w.quiet, w.s.now.Time.Sub(w.last.Time))
	w.last = w.s.now
}

func (w *webSocket) Gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	w.lost[d] |= why
	w.rec.Missing |= why
	// The lost bytes may hold an answer to these, or a ping like them.
	w.pings = [2][]ping{}
	w.conn.Gap(d, n)
}

func (w *webSocket) End(d hanalyze.Dir) {
	w.seen()
	w.first[d] = w.s.now
	w.conn.End(d)
}

// Close tells the connection.
func (w *webSocket) Close(why hanalyze.Missing) {
	w.rec.Missing |= why
	w.s.now, w.cut = w.last, why
	for d := range w.first {
		w.conn.End(hanalyze.Dir(d))
	}
	r := &w.rec
	r.Last = w.last
	r.Duration = span(r.Start, r.Last)
	if r.Missing&^hanalyze.MissingEndOfCapture == 0 {
		r.LongestSilence = hanalyze.Known(w.quiet)
	}
	if n := w.rtt.n; n > 0 {
		r.Pings = &hanalyze.WebSocketPings{Answered: n, Min: hanalyze.Known(w.rtt.min), Max: hanalyze.Known(w.rtt.max),
			Mean: hanalyze.Known(w.rtt.sum / time.Duration(n))}
	}
	w.closing()
	w.s.emit(r)
}

// closing says how the connection ended.
func (w *webSocket) closing() {
	const c, s = hanalyze.C2S, hanalyze.S2C
	r := &w.rec
	switch client, server := w.closes[c].at, w.closes[s].at; {
	case r.Close == nil && r.Missing == 0 && (w.s.ending == "fin" || w.s.ending == "reset"):
		// RFC 6455 §7.1.5: without a close frame the code is taken to be 1006.
		r.Close = &hanalyze.WebSocketClose{Code: websocket.Abnormal, Name: websocket.CloseName(websocket.Abnormal), Basis: hanalyze.Inferred}
		if a, b := w.first[c], w.first[s]; w.s.ending == "fin" && a.Packet != b.Packet {
			r.Close.By = firstOf(a, b)
		}
	case client.Packet != 0 && server.Packet != 0:
		d := c
		if r.Close.By == c.Sender() {
			d = s
		}
		r.Close.Answer, r.Close.Took = w.closes[d].code, span(w.closes[d.Reverse()].at, w.closes[d].at)
	case r.Close != nil && (client.Packet == 0 && w.lost[c] != 0 || server.Packet == 0 && w.lost[s] != 0):
		r.Close = nil // what was seen may be the answer to a close frame that is lost
	}
}

// firstOf names the end that did at its moment what the other did later, or not at all.
func firstOf(client, server hanalyze.Meta) string {
	if server.Packet == 0 || client.Packet != 0 && client.Packet < server.Packet {
		return hanalyze.C2S.Sender()
	}
	return hanalyze.S2C.Sender()
}

// side returns the counts of the sender of direction d.
func (w *webSocket) side(d hanalyze.Dir) *hanalyze.WebSocketSide {
	if d == hanalyze.C2S {
		return &w.rec.Messages.Client
	}
	return &w.rec.Messages.Server
}

func (w *webSocket) event(e *websocket.Event) {
	switch e.Kind {
	case websocket.MessageBegin:
		// A message that begins with a continuation began where nothing could be read.
		w.begun[e.Dir], w.open[e.Dir] = w.s.now, payload{gap: e.Op == websocket.OpContinuation}
	case websocket.MessageEnd:
		w.messageEnd(e)
	case websocket.Control:
		w.control(e)
	case websocket.Close:
		w.close(e)
	case websocket.Lost:
		w.pings = [2][]ping{}
	case websocket.Resync, websocket.Unread:
		w.side(e.Dir).UnreadBytes += uint64(e.N)
	case websocket.Malformed:
		w.malformed(e)
	case websocket.Data:
		if room := w.s.decoder.cfg.Payload; room > 0 {
			w.open[e.Dir].add(e.Data, room)
		}
	case websocket.DataGap:
		w.open[e.Dir].gap = true
	}
}

// messageEnd counts a message.
func (w *webSocket) messageEnd(e *websocket.Event) {
	s := w.side(e.Dir)
	switch e.Op {
	case websocket.OpText:
		s.Text++
	case websocket.OpBinary:
		s.Binary++
	}
	s.Frames += uint64(e.Frames)
	s.LostBytes += uint64(e.LostBytes)
	if e.Compressed && s.Compressed == 0 {
		s.WireBytes = s.Bytes // until here they were the same
	}
	if e.Compressed {
		s.Compressed++
	}
	if s.Compressed > 0 {
		s.WireBytes += uint64(max(e.WireBytes, 0))
	}
	s.Bytes += uint64(max(e.Bytes, 0))
	s.Largest = max(s.Largest, uint64(max(e.Bytes, 0)))
	missing := w.lacks(e)
	w.rec.Missing |= missing
	if e.How != websocket.Complete && e.How != websocket.EndCut {
		s.Unknown++
	}
	if !w.s.decoder.cfg.Messages {
		return
	}
	r := w.message(e, w.begun[e.Dir])
	r.Opcode, r.Frames, r.Compressed, r.LostBytes, r.Missing = e.Op.String(), uint64(e.Frames), e.Compressed, uint64(e.LostBytes), missing
	r.Cut = e.How == websocket.EndCut
	if e.Bytes >= 0 {
		n := uint64(e.Bytes)
		r.Bytes = &n
	}
	if e.Compressed && e.WireBytes >= 0 {
		r.WireBytes = uint64(e.WireBytes)
	}
	w.open[e.Dir].tell(r)
	w.s.emit(r)
}

// lacks says what a message lacks.
func (w *webSocket) lacks(e *websocket.Event) hanalyze.Missing {
	switch e.How {
	case websocket.EndGap, websocket.EndUnknown:
		return max(w.lost[e.Dir], hanalyze.MissingGap)
	case websocket.EndLimit:
		return hanalyze.MissingLimit
	case websocket.EndCut:
		return w.cut
	}
	return 0
}

// message begins the record of a message or control frame.
func (w *webSocket) message(e *websocket.Event, begun hanalyze.Meta) *hanalyze.WebSocketMessage {
	return &hanalyze.WebSocketMessage{Envelope: w.s.envelope(begun, w.s.now), StreamID: w.rec.StreamID, Dir: e.Dir, Frames: 1}
}

// control counts a ping or a pong, and matches pongs with the pings of the other end.
func (w *webSocket) control(e *websocket.Event) {
	s := w.side(e.Dir)
	var rtt hanalyze.Span
	switch e.Op {
	case websocket.OpPing:
		s.Ping++
		if p := &w.pings[e.Dir]; e.LostBytes == 0 {
			if len(*p) == maxPings {
				*p = slices.Delete(*p, 0, 1)
			}
			*p = append(*p, ping{at: w.s.now, payload: string(e.Data)})
		}
	default:
		s.Pong++
		if e.LostBytes == 0 {
			rtt = w.pong(e.Dir.Reverse(), e.Data)
		}
	}
	if w.s.decoder.cfg.Messages {
		r := w.message(e, w.s.now)
		n := uint64(len(e.Data)) + uint64(e.LostBytes)
		r.Opcode, r.Bytes, r.LostBytes, r.RTT = e.Op.String(), &n, uint64(e.LostBytes), rtt
		if e.LostBytes > 0 {
			r.Missing = w.lost[e.Dir]
		}
		w.s.emit(r)
	}
}

// pong returns how long the latest ping of direction d with this payload waited. It answers all pings before it, too.
func (w *webSocket) pong(d hanalyze.Dir, payload []byte) hanalyze.Span {
	list := w.pings[d]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].payload != string(payload) {
			continue
		}
		rtt := span(list[i].at, w.s.now)
		w.pings[d] = slices.Delete(list, 0, i+1)
		t, _ := rtt.Get()
		if w.rtt.n == 0 || t < w.rtt.min {
			w.rtt.min = t
		}
		w.rtt.max = max(w.rtt.max, t)
		w.rtt.sum += t
		w.rtt.n++
		return rtt
	}
	return hanalyze.Span{}
}

// close notes a close frame; the first says how the connection ended.
func (w *webSocket) close(e *websocket.Event) {
	const noStatus = 1005 // RFC 6455 §7.1.5
	code := e.Code
	if code == 0 && e.LostBytes == 0 {
		code = noStatus
	}
	if w.closes[e.Dir].at.Packet == 0 {
		w.closes[e.Dir].at, w.closes[e.Dir].code = w.s.now, code
	}
	if w.rec.Close == nil {
		w.rec.Close = &hanalyze.WebSocketClose{By: e.Dir.Sender(), Code: code, Name: websocket.CloseName(code), Reason: e.Reason}
	}
	if w.s.decoder.cfg.Messages {
		r := w.message(e, w.s.now)
		r.Opcode, r.Code, r.Reason, r.LostBytes = websocket.OpClose.String(), e.Code, e.Reason, uint64(e.LostBytes)
		if e.LostBytes > 0 {
			r.Missing = w.lost[e.Dir]
		}
		w.s.emit(r)
	}
}

// malformed tells of each violation once for each direction.
func (w *webSocket) malformed(e *websocket.Event) {
	if strings.HasPrefix(string(e.Violation), "limit_") {
		w.s.decoder.counters.add("websocket_"+string(e.Violation), 1)
		return
	}
	if w.told[e.Dir] == nil {
		w.told[e.Dir] = map[websocket.Violation]bool{}
	}
	if w.told[e.Dir][e.Violation] {
		return
	}
	w.told[e.Dir][e.Violation] = true
	w.violates(string(e.Violation))
	id := "ws.malformed"
	if e.Violation == websocket.BadMask && e.Dir == hanalyze.C2S {
		id = "ws.unmasked"
	}
	w.s.notice(id, "The "+e.Dir.Sender()+" sent "+e.Detail)
}

// violates notes a violation by its stable name. Of a handshake that lacks bytes nobody knows what was agreed on.
func (w *webSocket) violates(name string) {
	if !w.unsure && !slices.Contains(w.rec.Violations, name) {
		w.rec.Violations = append(w.rec.Violations, name)
	}
}
