package decode

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/internal/convo"
)

// player plays conversations to a Stream: each call is the next packet, a millisecond after the last one.
type player struct {
	t       testing.TB
	decoder *Decoder
	flow    *hanalyze.Flow
	stream  *Stream
	now     hanalyze.Meta
	records []hanalyze.Record
	closed  bool
}

func newPlayer(t testing.TB, transport hanalyze.Transport, serverPort uint16) *player {
	p := &player{t: t, flow: &hanalyze.Flow{
		ID: 1, First: hanalyze.Meta{Packet: 1, Time: hanalyze.Time(time.Millisecond)}, Transport: transport, Orientation: hanalyze.BySYN,
		Client: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), 40000),
		Server: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), serverPort),
	}}
	p.decoder = New(Config{Emit: p.emit, Messages: true, Payload: 24})
	p.stream = p.decoder.Open(p.flow)
	return p
}

func (p *player) emit(r hanalyze.Record) {
	switch {
	case r == nil || r.Head() == nil:
		p.t.Fatalf("a record without an envelope: %#v", r)
	case r.Head().Flow != p.flow:
		p.t.Fatalf("%s has the flow %v", r.RecordType(), r.Head().Flow)
	case r.Head().Start.Packet == 0 || r.Head().Last.Packet < r.Head().Start.Packet || r.Head().Last.Packet > p.now.Packet:
		p.t.Fatalf("%s at packet %d is of the packets %d to %d", r.RecordType(), p.now.Packet, r.Head().Start.Packet, r.Head().Last.Packet)
	case p.closed:
		p.t.Fatalf("%s after Close", r.RecordType())
	}
	p.records = append(p.records, r)
}

func (p *player) tick() hanalyze.Meta {
	p.now.Packet++
	p.now.Time = p.now.Time.Add(time.Millisecond)
	return p.now
}

// data lends b and spoils it afterwards, so that a decoder that keeps it is caught.
func (p *player) data(d hanalyze.Dir, b []byte) {
	lent := bytes.Clone(b)
	p.stream.Data(d, p.tick(), lent)
	for i := range lent {
		lent[i] = 0xdb
	}
	p.bounded()
}

func (p *player) gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	p.stream.Gap(d, p.tick(), n, why)
	p.bounded()
}

func (p *player) end(d hanalyze.Dir) {
	p.stream.End(d, p.tick())
	p.bounded()
}

func (p *player) close(why string) {
	p.stream.Close(p.tick(), why)
	p.closed = true
}

// bounded fails the test when the Stream holds more than its limits allow.
func (p *player) bounded() {
	const ends, gaps = 2, 2 // each direction may add these beyond the limit
	s, bytes := p.stream, 0
	for i := range s.queue {
		bytes += len(s.queue[i].data)
	}
	if bytes != s.queued || bytes > maxQueue || len(s.queue) > maxQueueSteps+ends+gaps {
		p.t.Fatalf("packet %d: the queue has %d bytes, counted as %d, in %d pieces", p.now.Packet, bytes, s.queued, len(s.queue))
	}
}

// steps plays the steps of a conversation. Data is cut before byte i, counted over all steps, where cut(i) is true.
func (p *player) steps(steps []convo.Step, cut func(i int) bool) {
	at := 0
	for _, s := range steps {
		switch {
		case s.End:
			p.end(s.Dir)
		case s.Gap != 0:
			p.gap(s.Dir, s.Gap, hanalyze.MissingGap)
		default:
			from := 0
			for i := range s.Data {
				if i > from && cut != nil && cut(at+i) {
					p.data(s.Dir, s.Data[from:i])
					from = i
				}
			}
			p.data(s.Dir, s.Data[from:])
			at += len(s.Data)
		}
	}
}

// text writes records in a form that fits conversation files. Without times it leaves out what depends on how the bytes
// were cut into packets.
func text(records []hanalyze.Record, times bool) string {
	var b strings.Builder
	for _, r := range records {
		switch r := r.(type) {
		case *hanalyze.Notice:
			fmt.Fprintf(&b, "notice %s: %s\n", r.ID, r.Detail)
		case *hanalyze.HTTP:
			writeHTTP(&b, r, times)
		case *hanalyze.TLS:
			writeTLS(&b, r)
		case *hanalyze.DNS:
			writeDNS(&b, r, times)
		case *hanalyze.WebSocket:
			writeWebSocket(&b, r, times)
		case *hanalyze.WebSocketMessage:
			writeWebSocketMessage(&b, r, times)
		default:
			fmt.Fprintf(&b, "%s\n", r.RecordType())
		}
	}
	return b.String()
}

func missing(m hanalyze.Missing) string {
	if m == 0 {
		return "complete"
	}
	var names []string
	for i, name := range hanalyze.MissingNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return "missing=" + strings.Join(names, ",")
}

// words joins what is not empty.
func words(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}

func when(on bool, word string) string {
	if on {
		return word
	}
	return ""
}

func named(name, value string) string {
	if value == "" {
		return ""
	}
	return name + "=" + value
}

func writeHTTP(b *strings.Builder, r *hanalyze.HTTP, times bool) {
	status, answer := "", ""
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
		answer = "-> " + words(status, r.Reason)
	}
	fmt.Fprintf(b, "http %s\n", words(r.Path, "HTTP/"+r.Version, fmt.Sprintf("#%d", r.IndexOnConn), r.Method, r.PathQuery,
		answer, r.Pairing, missing(r.Missing)))
	var reset string
	if r.Reset != nil {
		reset = r.Reset.By + " " + r.Reset.ErrorCode
	}
	stream := ""
	if r.StreamID != 0 {
		stream = fmt.Sprint(r.StreamID)
	}
	fmt.Fprintf(b, "\t%s\n", words(named("url", r.URL), named("authority", r.Authority), named("stream", stream),
		when(r.Persistent, "persistent"), when(r.Pipelined, "pipelined"), named("upgrade", r.Upgrade), when(r.Upgraded, "upgraded"),
		when(r.Pushed, "pushed"), named("reset", reset)))
	writeMessage(b, "request", r.Request)
	writeMessage(b, "response", r.Response)
	writeMeaning(b, r, times)
	if times {
		t := &r.Timing
		fmt.Fprintf(b, "\tpackets %d-%d%s\n", r.Start.Packet, r.Last.Packet,
			ms("idle", t.Idle)+ms("blocked", t.Blocked)+ms("send", t.Send)+ms("wait", t.Wait)+ms("receive", t.Receive)+ms("total", t.Total))
	}
}

func ms(name string, s hanalyze.Span) string {
	if s.IsZero() {
		return ""
	}
	return " " + name + "=" + string(s.AppendMS(nil))
}

func writeMessage(b *strings.Builder, name string, m *hanalyze.HTTPMessage) {
	if m == nil {
		return
	}
	fmt.Fprintf(b, "\t%s %s head=%d body=%d", name, m.Framing, m.HeaderBytes, m.BodyBytes)
	if m.DeclaredBytes != nil {
		fmt.Fprintf(b, " declared=%d", *m.DeclaredBytes)
	}
	if m.Cut {
		b.WriteString(" cut")
	}
	if m.BodyWireBytes != 0 {
		fmt.Fprintf(b, " wire=%d", m.BodyWireBytes)
	}
	if m.Chunks != 0 {
		fmt.Fprintf(b, " chunks=%d", m.Chunks)
	}
	if m.Notes != nil {
		fmt.Fprintf(b, " notes=%s", strings.Join(m.Notes, ","))
	}
	if m.Ambiguous != nil {
		fmt.Fprintf(b, " ambiguous=%s", m.Ambiguous.Kind)
	}
	if m.ContentType != "" {
		fmt.Fprintf(b, " type=%s", m.ContentType)
	}
	if m.ContentEncoding != nil {
		fmt.Fprintf(b, " encoding=%q", m.ContentEncoding)
	}
	for _, i := range m.Interim {
		fmt.Fprintf(b, " interim=%d", i.Status)
	}
	for _, h := range m.Trailers {
		fmt.Fprintf(b, " trailer=%q", h.Name+": "+h.Value)
	}
	b.WriteByte('\n')
}

func writeTLS(b *strings.Builder, r *hanalyze.TLS) {
	chosen := ""
	if r.ALPN != nil {
		chosen = r.ALPN.Chosen
	}
	fmt.Fprintf(b, "tls %s\n", words(r.Path, named("version", r.Version), named("sni", r.SNI), named("alpn", chosen),
		when(r.Established, "established"), missing(r.Missing)))
}

func writeDNS(b *strings.Builder, r *hanalyze.DNS, times bool) {
	q := "?"
	if r.Question != nil {
		q = r.Question.Name + " " + r.Question.Type
	}
	fmt.Fprintf(b, "dns %s\n", words(r.Path, r.Protocol, fmt.Sprintf("id=%d", r.ID), q, r.Outcome, r.Rcode, strings.Join(r.Addresses, ","),
		fmt.Sprintf("queries=%d responses=%d", r.Messages.Queries, r.Messages.Responses), missing(r.Missing)))
	if times {
		fmt.Fprintf(b, "\tpackets %d-%d%s\n", r.Start.Packet, r.Last.Packet, ms("rtt", r.RTT))
	}
}
