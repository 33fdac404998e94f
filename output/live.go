package output

import (
	"strconv"

	"hanalyze"
)

// The columns of a live line: time, connection, endpoints, text. The endpoints take what two IPv4 addresses need, and
// more where there is room.
const (
	clockColumns  = len("15:04:05.000")
	connColumns   = 5
	minEndpoints  = 22 // one end in full: 255.255.255.255:65535
	roomForEvents = 36 // "GET /index.html → 200 OK 14.2 kB" at 80 columns
)

// Live renders records as text for people who watch an interface: a line per event, as it happens. Of one exchange, one
// handshake or one question there is one line; TCP steps come from tcp_event records. It holds nothing back but the
// counts of the summary. A Live is not safe for concurrent use.
type Live struct {
	page  page
	tally tally
}

// NewLive returns a Live. Of the options Color and Width matter; no secrets are ever part of its text.
func NewLive(o Options) *Live { return &Live{page: newPage(o)} }

// Append appends the line of r; nothing for notices.
func (l *Live) Append(b []byte, r hanalyze.Record) []byte {
	switch r := r.(type) {
	case *hanalyze.TCPEvent:
		return l.line(b, &r.Envelope, r.Start, arrow(r.Dir), liveEvent(r))
	case *hanalyze.DNS:
		return l.line(b, &r.Envelope, r.Last, "→", append([]chunk{{dnsLabel(r), dim}}, dnsWords(r)...))
	case *hanalyze.TLS:
		return l.line(b, &r.Envelope, r.Last, "→", tlsWords(r))
	case *hanalyze.HTTP:
		return l.line(b, &r.Envelope, r.Last, "→", l.exchange(r))
	case *hanalyze.HTTP2Frame:
		return l.line(b, &r.Envelope, r.Start, arrow(r.Dir), frameWords(r))
	case *hanalyze.Conn:
		if r.TCP == nil {
			return b
		}
		return l.line(b, &r.Envelope, r.Last, "→", liveClose(r))
	case *hanalyze.Finding:
		l.tally.add(r)
		words := append([]chunk{{"! " + r.Severity.String(), severityColor(r.Severity)}}, findingWords(r)...)
		return l.line(b, &r.Envelope, r.Last, "→", words)
	case *hanalyze.Stats:
		b = append(b, '\n')
		return appendSummary(b, l.page, r, &l.tally)
	}
	return b
}

// line appends one line, cut at the right edge of the page.
func (l *Live) line(b []byte, e *hanalyze.Envelope, at hanalyze.Meta, mark string, words []chunk) []byte {
	if at.Packet == 0 {
		at = e.Start
	}
	b = l.page.paint(b, chunk{clock(at.Time), dim})
	b = append(b, ' ')
	room := l.page.width - clockColumns - 1
	if f := e.Flow; f != nil {
		id := pad("#"+strconv.FormatUint(f.ID, 10), connColumns)
		b = l.page.paint(b, chunk{id, bold})
		ends := liveEndpoints(f, mark, max(minEndpoints, room-textColumns(id)-roomForEvents-2))
		b = append(append(append(b, ' '), ends...), ' ', ' ')
		room -= textColumns(id) + 1 + textColumns(ends) + 2
	}
	return append(l.fit(b, room, words), '\n')
}

// maxEndpoints bounds the column of the endpoints on wide terminals: two names of ordinary length.
const maxEndpoints = 64

// liveEndpoints returns client, direction and server in exactly n columns, at most maxEndpoints.
func liveEndpoints(f *hanalyze.Flow, mark string, n int) string {
	n = min(n, maxEndpoints)
	server := f.Server.String()
	if f.ServerName != "" {
		server = clip(f.ServerName) + ":" + strconv.Itoa(int(f.Server.Port()))
	}
	client := f.Client.String()
	room := n - textColumns(" → ")
	if c, s := textColumns(client), textColumns(server); c+s > room {
		client = shorten(client, max(room-s, room/2))
		server = shorten(server, room-textColumns(client))
	}
	return pad(client+" "+mark+" "+server, n)
}

// fit appends words as far as they fit n columns; the last one is shortened.
func (l *Live) fit(b []byte, n int, words []chunk) []byte {
	gap := 0
	for _, c := range words {
		if c.text == "" {
			continue
		}
		if n-gap < 2 {
			return b
		}
		c.text = shorten(c.text, n-gap)
		b = append(b, spaces(gap)...)
		b = l.page.paint(b, c)
		n -= gap + textColumns(c.text)
		gap = 2
	}
	return b
}

// exchange tells a request and its response: the answer is always seen, the path is shortened for it.
func (l *Live) exchange(h *hanalyze.HTTP) []chunk {
	status, c := answerLabel(h)
	method := clip(h.Method)
	if method == "" {
		method = "?"
	}
	room := max(l.page.width-defaultWidth, 0) + 12
	words := []chunk{{shorten(method, labelColumns) + " " + shorten(target(h), room), plain}, {"→ " + status, c}}
	if h.Response != nil {
		words = append(words, chunk{body(h.Response), plain})
	}
	words = append(words, took(h.Timing.Total))
	return append(words, remarks(h)...)
}

// liveEvent tells a TCP step.
func liveEvent(e *hanalyze.TCPEvent) []chunk {
	words := []chunk{{flagNames(e.Flags), bold}}
	switch {
	case e.Step == "ack" && e.ClientState == hanalyze.Established && e.ServerState == hanalyze.Established:
		words[0] = chunk{"established", green}
		if e.Flow != nil && !e.Flow.MidStream {
			words = append(words, chunk{"in " + lasting(e.Start.Time.Sub(e.Flow.First.Time)), dim})
		}
	case e.Phase == "reset":
		words = append(words, chunk{"reset" + by(e.Dir.Sender()), red})
	case e.Step == "fin_1":
		words = append(words, chunk{"the " + e.Dir.Sender() + " closes", plain})
	case e.Step == "fin_2":
		words = append(words, chunk{"the " + e.Dir.Sender() + " closes too", plain})
	case e.Phase == "keep_alive":
		words = append(words, chunk{"keep-alive", dim})
	}
	words = append(words, repeated(e.Retry))
	return append(words, chunk{"client " + string(e.ClientState) + ", server " + string(e.ServerState), dim})
}

// liveClose tells the end of a TCP connection.
func liveClose(c *hanalyze.Conn) []chunk {
	words := []chunk{{"end", bold}, verdict(c.TCP)}
	words = append(words, took(c.Duration), chunk{volume(c), dim})
	return append(words, lossWords(c.TCP)...)
}
