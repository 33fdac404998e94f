package output

import (
	"strconv"

	"hanalyze"
)

// The columns of a live line: time, connection, endpoints, text. From wideLive columns on both ends are told in full,
// below the client is only its port: its address is most often the own machine's, and its SYN tells it.
const (
	clockColumns  = len("15:04:05.000")
	connColumns   = 4
	wideLive      = 120
	wideEndpoints = 64 // two names of ordinary length
	slimEndpoints = 31 // ":51514 → 203.0.113.7:443" and names a little longer
)

// Live renders records as text for people who watch an interface: a line per event, as it happens. Of one exchange, one
// handshake or one question there is one line; TCP steps come from tcp_event records. It holds nothing back but the
// counts of the summary. A Live is not safe for concurrent use.
type Live struct {
	page  page
	conns Conns
	match Match
	tally tally
}

// NewLive returns a Live. Of the options ShowSecrets does not matter: header values are never part of its text.
func NewLive(o Options) *Live { return &Live{page: newPage(o), conns: o.Conns, match: o.Match} }

// Append appends the line of r; nothing for notices.
func (l *Live) Append(b []byte, r hanalyze.Record) []byte {
	if !l.conns.tells(r) || !l.match.chooses(r) {
		return b
	}
	switch r := r.(type) {
	case *hanalyze.TCPEvent:
		if r.Step == "" && r.Phase == "data" {
			return b // the first data: what it is will be told
		}
		return l.line(b, &r.Envelope, r.Start, arrow(r.Dir), l.event(r))
	case *hanalyze.DNS:
		return l.line(b, &r.Envelope, r.Last, "→", append([]chunk{{dnsLabel(r), dim}}, dnsWords(r)...))
	case *hanalyze.TLS:
		return l.line(b, &r.Envelope, r.Last, "→", liveTLS(r))
	case *hanalyze.QUIC:
		return l.line(b, &r.Envelope, r.Last, "→", liveQUIC(r))
	case *hanalyze.HTTP:
		l.tally.web.add(r)
		return l.page.contents(l.line(b, &r.Envelope, r.Last, "→", l.exchange(r)), r)
	case *hanalyze.WebSocket:
		return l.line(b, &r.Envelope, r.Last, "→", append(webSocketWords(r), webSocketEnd(r)...))
	case *hanalyze.WebSocketMessage:
		return l.page.message(l.line(b, &r.Envelope, r.Last, arrow(r.Dir), messageWords(r)), r)
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

// line appends one line, cut at the right edge of the page. What concerns the capture as a whole has no time.
func (l *Live) line(b []byte, e *hanalyze.Envelope, at hanalyze.Meta, mark string, words []chunk) []byte {
	if at.Packet == 0 {
		at = e.Start
	}
	when := clock(at.Time)
	if at.Packet == 0 {
		when = ""
	}
	b = l.page.paint(b, chunk{pad(when, clockColumns), dim})
	b = append(b, ' ')
	room := l.page.width - clockColumns - 1
	if f := e.Flow; f != nil {
		id := pad("#"+strconv.FormatUint(f.ID, 10), connColumns)
		b = l.page.paint(b, chunk{id, bold})
		b = append(append(append(b, ' '), l.endpoints(f, mark)...), ' ', ' ')
		room = l.room() - max(textColumns(id)-connColumns, 0)
	}
	return append(l.fit(b, room, words), '\n')
}

// endpoints returns client, direction and server in exactly as many columns as lines have for them.
func (l *Live) endpoints(f *hanalyze.Flow, mark string) string {
	client, server, n := f.Client.String(), f.Server.String(), wideEndpoints
	if f.ServerName != "" {
		server = clip(f.ServerName) + ":" + strconv.Itoa(int(f.Server.Port()))
	}
	if l.page.width < wideLive {
		client, n = ":"+strconv.Itoa(int(f.Client.Port())), slimEndpoints
	}
	room := n - textColumns(" → ")
	if c, s := textColumns(client), textColumns(server); c+s > room {
		client = shorten(client, max(room-s, room/2))
		server = shorten(server, room-textColumns(client))
	}
	return pad(client+" "+mark+" "+server, n)
}

// room returns the columns that are left for the text of a line.
func (l *Live) room() int {
	n := slimEndpoints
	if l.page.width >= wideLive {
		n = wideEndpoints
	}
	return l.page.width - clockColumns - 1 - connColumns - 1 - n - 2
}

// minFit is the least room in which a word that does not fit is shortened; in less it is left out.
const minFit = 8

// fit appends words as far as they fit n columns. Dim ones are left out rather than shortened: half a state says nothing.
func (l *Live) fit(b []byte, n int, words []chunk) []byte {
	gap := 0
	for _, c := range words {
		if c.text == "" {
			continue
		}
		switch w := textColumns(c.text); {
		case w <= n-gap:
		case c.color == dim:
			continue
		case n-gap < minFit:
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

// answerRoom is what an exchange keeps free for "→ 200  14.2 kB  52.4 ms" and the space before it.
const answerRoom = 26

// exchange tells a request and its response: the answer is always seen, the path is shortened for it.
func (l *Live) exchange(h *hanalyze.HTTP) []chunk {
	status, c := answerLabel(h)
	method := shorten(clip(h.Method), labelColumns)
	if method == "" {
		method = "?"
	}
	room := max(l.room()-textColumns(method)-1-answerRoom, 12)
	words := []chunk{{method + " " + shorten(target(h), room), plain}, {"→ " + status, c}, took(h.Timing.Total)}
	if h.Response != nil {
		words = append(words, chunk{body(h.Response), plain})
	}
	return append(words, remarks(h)...)
}

// liveTLS tells a handshake, first what fits a narrow line.
func liveTLS(t *hanalyze.TLS) []chunk {
	words := []chunk{tlsVersion(t)}
	if t.ALPN != nil && t.ALPN.Chosen != "" {
		words = append(words, chunk{clip(t.ALPN.Chosen), plain})
	}
	words = append(words, took(t.Handshake))
	for i := range t.Alerts[:min(len(t.Alerts), maxShown)] {
		words = append(words, alertWords(&t.Alerts[i]))
	}
	if t.SNI != "" && (t.Flow == nil || t.SNI != t.Flow.ServerName) {
		words = append(words, chunk{"SNI " + clip(t.SNI), plain})
	}
	words = append(words, resumptionWords(t))
	if t.Cipher != nil {
		words = append(words, chunk{Printable(t.Cipher.Name), dim})
	}
	return append(words, chunk{Printable(t.Group), dim}, incomplete(t.Missing&^hanalyze.MissingNoKeys))
}

// event tells a TCP step.
func (l *Live) event(e *hanalyze.TCPEvent) []chunk {
	words := []chunk{{flagNames(e.Flags), bold}}
	slim := l.page.width < wideLive
	switch {
	case e.Step == "syn" && e.Dir == hanalyze.C2S && e.Flow != nil && slim:
		words = append(words, chunk{"from " + e.Flow.Client.Addr().String(), plain})
	case e.Step == "ack" && e.ClientState == hanalyze.Established && e.ServerState == hanalyze.Established:
		words[0] = chunk{"established", green}
		if e.Flow != nil && !e.Flow.MidStream {
			words = append(words, chunk{"in " + lasting(e.Start.Time.Sub(e.Flow.First.Time)), dim})
		}
	case e.Phase == "reset":
		words = append(words, chunk{"reset" + by(e.Dir.Sender()), red})
	case slim && (e.Step == "fin_1" || e.Step == "fin_2"): // the arrow says whose it is
	case e.Step == "fin_1":
		words = append(words, chunk{"the " + e.Dir.Sender() + " closes", plain})
	case e.Step == "fin_2":
		words = append(words, chunk{"the " + e.Dir.Sender() + " closes too", plain})
	case e.Phase == "keep_alive":
		words = append(words, chunk{"keep-alive", dim})
	}
	words = append(words, repeated(e.Retry))
	if slim {
		return append(words, chunk{string(e.ClientState) + " / " + string(e.ServerState), dim})
	}
	return append(words, chunk{"client " + string(e.ClientState) + ", server " + string(e.ServerState), dim})
}

// liveClose tells the end of a TCP connection.
func liveClose(c *hanalyze.Conn) []chunk {
	words := []chunk{{"end", bold}, verdict(c.TCP)}
	words = append(words, took(c.Duration), chunk{volume(c), dim})
	if r := &c.TCP.Retransmissions; r.Total > 0 {
		words = append(words, chunk{resentWords(r), yellow})
	}
	if n := c.TCP.GapBytes; n > 0 {
		words = append(words, chunk{size(n) + " missing from the capture", red})
	}
	return words
}
