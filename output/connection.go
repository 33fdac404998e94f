package output

import (
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// heading appends the first lines of a connection's block.
func (s *Story) heading(b []byte, k *block, c *hanalyze.Conn) []byte {
	client, server := endpoints(c.Flow)
	path := c.Path
	if path == "" {
		path = k.path
	}
	words := []chunk{
		{"#" + strconv.FormatUint(c.Flow.ID, 10), bold}, {client + " → " + server, bold},
		{protocols(c.Flow, path), cyan}, {continuedWord(k.continued), dim},
	}
	d, known := c.Duration.Get()
	if c.TCP == nil {
		return s.compactHeading(b, words, c, len(k.lines) == 0)
	}
	if known {
		words = append(words, chunk{lasting(d), plain})
	}
	words = append(words, verdict(c.TCP))
	b = s.page.wrap(b, 0, compactIndent, words)
	return s.page.wrap(append(b, spaces(compactIndent)...), compactIndent, compactIndent, []chunk{
		{s.when(c.Flow.First.Time, true), dim}, {packets(c), dim}, {volume(c), dim},
	})
}

// compactHeading appends the heading of a UDP flow, on one line if it can be: the time of day is left out for that, but
// not the place in the capture. Of a flow that nothing else is told of, the volume is.
func (s *Story) compactHeading(b []byte, words []chunk, c *hanalyze.Conn, alone bool) []byte {
	where := chunk{packets(c), dim}
	long := chunk{s.when(c.Flow.First.Time, false), dim}
	room := s.page.width - textColumns(where.text) - 2
	for _, w := range words {
		if w.text != "" {
			room -= textColumns(w.text) + 2
		}
	}
	if textColumns(long.text) > room && s.originKnown {
		long.text = offset(c.Flow.First.Time.Sub(s.origin))
	}
	words = append(words, long, where)
	if alone {
		words = append(words, chunk{volume(c), dim}, incomplete(c.Missing))
	}
	return s.page.wrap(b, 0, compactIndent, words)
}

// protocols returns the path, or the transport when nothing is known above it.
func protocols(f *hanalyze.Flow, path string) string {
	if path == "" {
		return f.Transport.String()
	}
	return stack(path)
}

// when returns the time of the first packet, absolute and since the first packet of the capture.
func (s *Story) when(t hanalyze.Time, long bool) string {
	text := clock(t)
	if long {
		text = string(appendTime(nil, t)[:len("2006-01-02")]) + " " + text + " UTC"
	}
	if s.originKnown {
		text += " (" + offset(t.Sub(s.origin)) + ")"
	}
	return text
}

func packets(c *hanalyze.Conn) string {
	first, last := c.Start.Packet, max(c.Start.Packet, c.Last.Packet)
	if first == last {
		return "packet " + strconv.FormatUint(first, 10)
	}
	return "packets " + strconv.FormatUint(first, 10) + "–" + strconv.FormatUint(last, 10)
}

// volume tells how much each end sent.
func volume(c *hanalyze.Conn) string {
	side := func(name string, x *hanalyze.Side) string {
		return name + " sent " + size(x.PayloadBytes) + " in " + count(x.Packets, "packet")
	}
	return side("client", &c.ClientSide) + ", " + side("server", &c.ServerSide)
}

// verdict says in a word or two what a heading should not leave out: how the connection failed.
func verdict(t *hanalyze.TCPConn) chunk {
	switch t.Close.Kind {
	case "refused":
		return chunk{"refused", red}
	case "reset":
		return chunk{"reset" + by(t.Close.By), red}
	case "timeout":
		if t.Handshake.Kind == "incomplete" {
			return chunk{"never answered", red}
		}
		return chunk{"timed out", yellow}
	case "open":
		if t.Handshake.Kind == "incomplete" {
			return chunk{"not established", yellow}
		}
		return chunk{"still open", dim}
	case "half_closed":
		return chunk{"half closed", yellow}
	}
	return chunk{}
}

// by returns " by the client" and the like.
func by(end string) string {
	if end == "" {
		return ""
	}
	return " by the " + Printable(end)
}

// connLines adds what only the conn record tells to the timeline: steps, opening, end, losses, round trips.
func (s *Story) connLines(k *block, c *hanalyze.Conn) {
	t := c.TCP
	if t == nil {
		return
	}
	s.opening(k, c)
	s.lookup(k, c)
	told := false
	for i := range t.Steps {
		step := &t.Steps[i]
		at := &hanalyze.Meta{Packet: step.Frame, Time: step.TS}
		if !told && (step.Phase == "teardown" || step.Phase == "reset") {
			told = true
			s.line(k, at, " ", chunk{"close", plain}, closeWords(t))
		}
		if !k.events {
			s.line(k, at, arrow(step.Dir), chunk{flagNames(step.Flags), bold}, stepWords(t, step))
		}
	}
	if !told {
		at := &hanalyze.Meta{Packet: lastFrame, Time: c.Last.Time}
		s.line(k, at, " ", chunk{"close", plain}, closeWords(t))
	}
	s.account(k, c)
}

// account adds what a conn record counts: how the bytes fared, and what it lacks.
func (s *Story) account(k *block, c *hanalyze.Conn) {
	if words := useWords(c.HTTP); words != nil {
		s.line(k, nil, " ", chunk{"http", plain}, words)
	}
	s.transferLines(k, c.TCP)
	if c.HTTP2 != nil {
		s.http2Lines(k, c.HTTP2)
	}
	if c.Missing != 0 {
		s.line(k, nil, " ", chunk{"note", yellow}, []chunk{incomplete(c.Missing)})
	}
}

// opening adds the line that tells how the connection was opened.
func (s *Story) opening(k *block, c *hanalyze.Conn) {
	at := &hanalyze.Meta{Packet: c.Start.Packet, Time: c.Start.Time}
	h := &c.TCP.Handshake
	var words []chunk
	switch h.Kind {
	case "three_way":
		words = []chunk{{"three-way handshake" + handshakeTime(h), plain}}
	case "simultaneous":
		words = []chunk{{"both ends opened at once" + handshakeTime(h), plain}}
	case "refused":
		words = []chunk{{"refused: the server answered the SYN with a reset", red}}
		if deniedByICMP(c) {
			words[0].text = "refused: " + saying(c.Unreachable)
		}
	case "mid_stream":
		words = []chunk{{"the capture began in the middle of the connection", yellow}}
	default:
		what := "the SYN was never answered"
		if h.Server != nil {
			what = "the handshake was never completed"
		}
		words = []chunk{{what, red}}
	}
	if h.SynRetries > 0 {
		words = append(words, chunk{"SYN repeated " + times(h.SynRetries), yellow})
	}
	if h.SynAckRetries > 0 {
		words = append(words, chunk{"SYN ACK repeated " + times(h.SynAckRetries), yellow})
	}
	if h.TFO != "none" && h.TFO != "" {
		words = append(words, chunk{"fast open: " + strings.ReplaceAll(Printable(h.TFO), "_", " "), cyan})
	}
	s.line(k, at, " ", chunk{"open", plain}, words)
}

// handshakeTime returns " in 24.1 ms: server side 23.9 ms, client side 200 µs".
func handshakeTime(h *hanalyze.TCPHandshake) string {
	rtt, ok := h.RTT.Get()
	if !ok {
		return ""
	}
	text := " in " + lasting(rtt)
	server, ok1 := h.ServerRTT.Get()
	client, ok2 := h.ClientRTT.Get()
	if ok1 && ok2 {
		text += ": server side " + lasting(server) + ", client side " + lasting(client)
	}
	return text
}

// stepColumns align the states of the two ends below each other: "client syn_received" is the longest.
const stepColumns = len("client ") + len("syn_received")

// stepWords tells the states after a segment that opened or closed the connection.
func stepWords(t *hanalyze.TCPConn, step *hanalyze.TCPStep) []chunk {
	words := stateWords(step.ClientState, step.ServerState)
	words = append(words, repeated(step.Retry), merged(step.Merged))
	if step.Retry > 0 {
		return words
	}
	switch {
	case step.Step == "syn" && step.Dir == hanalyze.C2S && t.Handshake.Client != nil:
		words = append(words, chunk{offer(t.Handshake.Client), dim})
	case step.Step == "synack" && step.Dir == hanalyze.S2C && t.Handshake.Server != nil:
		words = append(words, chunk{offer(t.Handshake.Server), dim})
	}
	return words
}

func stateWords(client, server hanalyze.TCPState) []chunk {
	return []chunk{
		{pad("client "+string(client), stepColumns), plain},
		{pad("server "+string(server), stepColumns), plain},
	}
}

func repeated(n uint64) chunk {
	if n == 0 {
		return chunk{}
	}
	return chunk{"repetition " + strconv.FormatUint(n, 10), yellow}
}

func merged(on bool) chunk {
	if !on {
		return chunk{}
	}
	return chunk{"acknowledges the FIN and closes in one", dim}
}

// eventWords tells a tcp_event.
func eventWords(e *hanalyze.TCPEvent) []chunk {
	words := stateWords(e.ClientState, e.ServerState)
	words = append(words, repeated(e.Retry), merged(e.Merged))
	if e.Phase == "keep_alive" {
		words = append(words, chunk{"keep-alive", dim})
	}
	return append(words, chunk{"seq " + strconv.FormatInt(e.Seq, 10) + " ack " + strconv.FormatInt(e.Ack, 10), dim})
}

// flagNames returns the names of the flags that matter for a step: "SYN ACK" for "SA".
func flagNames(letters string) string {
	var names []string
	for _, c := range letters {
		switch c {
		case 'S':
			names = append(names, "SYN")
		case 'F':
			names = append(names, "FIN")
		case 'R':
			names = append(names, "RST")
		case 'A':
			names = append(names, "ACK")
		}
	}
	return strings.Join(names, " ")
}

// offer tells what a SYN says: "MSS 1460, window ×128, SACK, timestamps".
func offer(o *hanalyze.TCPOffer) string {
	var list []string
	if o.MSS > 0 {
		list = append(list, "MSS "+strconv.Itoa(int(o.MSS)))
	}
	if o.WindowScale != nil {
		list = append(list, "window ×"+strconv.Itoa(1<<min(*o.WindowScale, 14)))
	}
	if o.SACKPermitted {
		list = append(list, "SACK")
	}
	if o.Timestamps {
		list = append(list, "timestamps")
	}
	return strings.Join(list, ", ")
}

// closeWords tells how a connection ended.
func closeWords(t *hanalyze.TCPConn) []chunk {
	x := &t.Close
	first, second := "one end", "the other end"
	switch x.By {
	case "client":
		first, second = "the client", "the server"
	case "server":
		first, second = "the server", "the client"
	}
	var what chunk
	switch x.Kind {
	case "fin_4":
		what.text = first + " closed first, then " + second
	case "fin_3_merged":
		what.text = first + " closed, " + second + " acknowledged and closed in one segment"
	case "simultaneous":
		what.text = "both ends closed at once"
	case "half_closed":
		what = chunk{first + " closed, " + second + " never did", yellow}
	case "reset":
		what = chunk{"reset" + by(x.By), red}
	case "refused":
		what = chunk{"refused" + by(x.By), red}
	case "timeout":
		what = chunk{"nothing came any more: given up after the idle limit", yellow}
	case "open":
		what = chunk{"still open when the capture ended", dim}
		if t.Handshake.Kind == "incomplete" {
			what.text = "still not open when the capture ended"
		}
	default:
		what.text = Printable(x.Kind)
	}
	words := []chunk{what}
	if x.Kind == "reset" && x.Reset != nil {
		words = append(words, resetWords(x.Reset)...)
	}
	if x.Segments > 0 {
		words = append(words, chunk{count(x.Segments, "segment"), dim})
	}
	if d, ok := x.HalfClose.Get(); ok && d >= time.Millisecond {
		words = append(words, chunk{"half closed for " + lasting(d), dim})
	}
	if x.TimeWait != nil {
		words = append(words, timeWaitWords(x.TimeWait))
	}
	return words
}

// resetAfter tells in plain words what a reset came after.
var resetAfter = map[string]string{
	"syn":            "right after the SYN",
	"syn_ack":        "right after the SYN ACK",
	"handshake":      "right after the handshake",
	"data":           "after data",
	"acknowledgment": "after an acknowledgment",
	"fin":            "after a FIN",
	"client_hello":   "instead of an answer to the ClientHello",
	"request":        "instead of an answer to the request",
}

// resetWords tells when a connection was reset, after what, and whether somebody else may have done it.
func resetWords(r *hanalyze.TCPReset) (words []chunk) {
	text := "during the " + Printable(r.Phase)
	if r.Phase == "data" {
		text = "while open"
	}
	silence, known := r.Silence.Get()
	if after := resetAfter[r.After]; after != "" {
		text += ", " + after
	} else if r.After == "idle" && known {
		text += ", after " + lasting(silence) + " of silence"
	}
	if r.Unread > 0 {
		text += ", with " + size(r.Unread) + " unacknowledged"
	}
	words = append(words, chunk{text, plain})
	if x := r.Injection; x != nil {
		text := "perhaps sent by somebody else (" + Printable(x.Confidence) + " confidence: " + Printable(strings.Join(x.Evidence, ", ")) + ")"
		words = append(words, chunk{text, yellow})
	}
	return words
}

func timeWaitWords(w *hanalyze.TCPTimeWait) chunk {
	text := "the " + Printable(w.Side) + " stays in time_wait"
	if w.Side == "both" {
		text = "both ends stay in time_wait"
	}
	if d, ok := w.Assumed.Get(); ok {
		text += ", " + lasting(d) + " assumed"
	}
	switch w.Ended {
	case "reused":
		text += ", until a new connection took its ports"
	case "assassinated":
		text += ", until a reset ended it"
	}
	return chunk{text, dim}
}
