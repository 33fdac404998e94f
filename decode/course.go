package decode

import (
	"strings"
	"time"

	"hanalyze"
	"hanalyze/semantics"
)

// standstill is how long a body must not have moved for the pause to count: longer than a retransmission timeout usually
// takes (200 ms and up), so that few lost packets look like a server with nothing to say.
const standstill = 500 * time.Millisecond

// course is what of the course of an exchange its times do not tell.
type course struct {
	headEnd   hanalyze.Meta // of the request
	bodyBegin hanalyze.Meta // of the request
	piece     hanalyze.Meta // the last one of the response's body
	pauses    uint64        // of the response's body
	maxPause  time.Duration
	heads     [2]semantics.Section
	cut       [2]bool // the head of the message is not known to its end
	whole     [2]bool // the message came to its proper end, and all of it was seen
	depth     uint64  // requests that were unanswered when this one was sent, itself included
	idle      hanalyze.Span
}

// read takes the head of m, whose known fields are given, and fills in what it says about the body.
func (c *course) read(d hanalyze.Dir, known *semantics.Section, m *hanalyze.HTTPMessage) {
	head := &c.heads[d]
	*head = *known
	for value := range head.All(semantics.ContentType) {
		if m.ContentType == "" {
			m.ContentType = mediaType(value)
		}
	}
	for value := range head.All(semantics.ContentEncoding) {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" {
				m.ContentEncoding = append(m.ContentEncoding, coding)
			}
		}
	}
}

// readHeaders is read for a head whose fields nobody has looked at yet.
func (c *course) readHeaders(d hanalyze.Dir, m *hanalyze.HTTPMessage) {
	known := semantics.ReadSection(m.Headers)
	c.read(d, &known, m)
}

// mediaType returns type and subtype of a Content-Type, in lower case.
func mediaType(value string) string {
	if n := strings.IndexByte(value, ';'); n >= 0 {
		value = value[:n]
	}
	return strings.ToLower(strings.TrimSpace(value))
}

// bytes notes that a piece of a body came.
func (c *course) bytes(d hanalyze.Dir, now hanalyze.Meta) {
	if d == hanalyze.C2S {
		if c.bodyBegin.Packet == 0 {
			c.bodyBegin = now
		}
		return
	}
	if pause := now.Time.Sub(c.piece.Time); c.piece.Packet != 0 && pause >= standstill {
		c.pauses++
		c.maxPause = max(c.maxPause, pause)
	}
	c.piece = now
}

// usage is what the exchanges of one connection have in common, as far as later ones depend on earlier ones.
type usage struct {
	rounds   [2]uint64     // challenges since the last success: of the server, of a proxy
	polled   string        // path of the last answer, if that was held back
	polledTo hanalyze.Meta // and its end
	answer   slow          // of the last answer
}

// slow tells what the last answer took, and why.
type slow struct {
	exchange uint64        // its ordinal
	own      time.Duration // its own time, from when it could have been sent
	waited   time.Duration // its time behind earlier ones
	behind   uint64        // the exchange that took most of that
}

// order fills in what a connection that carries one answer at a time made of the exchange. sure says that nothing of the
// connection is missing so far.
func (u *usage) order(x *hanalyze.HTTP, c *course, sure bool) {
	blocked, waits := x.Timing.Blocked.Get()
	if sure {
		x.Timing.Idle, x.PipelineDepth = c.idle, c.depth
		if waits && blocked > 0 {
			x.BlockedBy = u.blocker()
		}
	}
	if x.Response == nil {
		return
	}
	wait, _ := x.Timing.Wait.Get()
	receive, _ := x.Timing.Receive.Get()
	u.answer = slow{exchange: x.IndexOnConn, own: wait + receive, waited: blocked, behind: x.BlockedBy}
}

// blocker names the exchange that keeps the next answer waiting: the last one, or the one that kept that waiting for longer
// than it took itself.
func (u *usage) blocker() uint64 {
	if u.answer.behind != 0 && u.answer.waited > u.answer.own {
		return u.answer.behind
	}
	return u.answer.exchange
}

// metClose tells of a request without an answer that the server had closed the connection, or did while the answer was
// awaited. fin is the server's FIN, if there was one; why and at say how and when the flow ended. nil when nobody closed.
func (t *times) metClose(fin hanalyze.Meta, method, why string, at hanalyze.Meta) *hanalyze.HTTPMetClose {
	begin := t.begin[hanalyze.C2S]
	m := &hanalyze.HTTPMetClose{How: "fin", When: "during", Retry: "unsafe"}
	switch {
	case begin.Packet == 0:
		return nil
	case fin.Packet != 0 && fin.Packet < begin.Packet:
		m.When, m.After = "before", span(fin, begin)
	case fin.Packet != 0:
		m.After = span(begin, fin)
	case why == "reset":
		m.How, m.After = "reset", span(begin, at)
	default:
		return nil
	}
	if semantics.Idempotent(method) {
		m.Retry = "safe"
	}
	return m
}
