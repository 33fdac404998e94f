package findings

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"hanalyze"
)

// slowAnswer is what clients of one answer notice: the quickest of them, Windows, asks again after a second.
const slowAnswer = time.Second

// maxUnsolicited bounds the answers without a question that are remembered until the question they may belong to is given
// up: there are few, unless somebody floods.
const maxUnsolicited = 64

// maxTruncated bounds the truncated answers remembered until they are asked for over TCP, which is at once.
const maxTruncated = 256

// questions is what is remembered between DNS records.
type questions struct {
	unsolicited []unsolicited // oldest first
	truncated   []truncated   // oldest first
	searches    searches
}

// unsolicited is an answer without a question on its flow.
type unsolicited struct {
	ends  [2]netip.AddrPort
	id    uint16
	asked hanalyze.DNSQuestion
	frame uint64
}

// truncated is an exchange that has to be repeated over TCP.
type truncated struct {
	frame uint64 // of the question
	flow  *hanalyze.Flow
	what  string
}

func (e *Engine) dns(r *hanalyze.DNS) {
	what := asked(r)
	switch {
	case r.Outcome == "unanswered":
		e.unanswered(r, what)
	case r.Outcome == "unsolicited":
		e.unasked(r, what)
	case r.Rcode == "NXDOMAIN":
		e.nxdomain(r, what)
	case r.Rcode == "REFUSED" && !r.Flags.RD, r.AnswerFrom == "referral" && upward(r):
		e.add(&r.Envelope, "dns.lame", what+": the server is not responsible for the name", hanalyze.Inferred)
	case r.Rcode == "SERVFAIL" || r.Rcode == "REFUSED":
		e.add(&r.Envelope, "dns.server_failure", what+": "+r.Rcode+extended(r), "")
	}
	e.truncation(r, what)
	if d, ok := r.RTT.Get(); ok && d >= slowAnswer && r.Protocol == "dns" { // neighbours wait on purpose (RFC 4795 §2.7)
		e.add(&r.Envelope, "dns.slow", fmt.Sprintf("%s was answered after %s", what, lasting(d)), "", r.Start.Packet, r.Last.Packet)
	}
	if a := private(r); a != "" {
		e.add(&r.Envelope, "dns.private_address", what+" is "+a+", which is not a public address", "")
	}
}

// asked names the question of a record.
func asked(r *hanalyze.DNS) string {
	if r.Question == nil {
		return "A question"
	}
	return r.Question.Name + " " + r.Question.Type
}

// extended returns the reason that the server gives with EDE, RFC 8914: ", 22 (No Reachable Authority)".
func extended(r *hanalyze.DNS) string {
	const codeEDE = 15
	if r.EDNS == nil {
		return ""
	}
	for _, o := range r.EDNS.Options {
		if o.Code == codeEDE && o.Data != "" {
			return ", " + o.Data
		}
	}
	return ""
}

// upward reports whether a referral leads to the root. From above it leads down, to a zone that the name is in.
func upward(r *hanalyze.DNS) bool {
	for i := range r.Authority {
		if rr := &r.Authority[i]; rr.Type == "NS" && rr.Name == "." {
			return r.Question != nil && r.Question.Name != "."
		}
	}
	return false
}

// unanswered tells a question without an answer, unless one came from somewhere else.
func (e *Engine) unanswered(r *hanalyze.DNS, what string) {
	for _, u := range e.questions.unsolicited {
		other, ok := u.from(r)
		if !ok {
			continue
		}
		e.add(&r.Envelope, "dns.wrong_source", fmt.Sprintf("%s was asked of %s and answered by %s", what, r.Flow.Server, other),
			hanalyze.Inferred, r.Start.Packet, u.frame)
		return
	}
	if r.Missing != 0 {
		return
	}
	title := what + " was never answered"
	if r.AskedAgain != nil {
		title += fmt.Sprintf("; it was asked again in packet %d", r.AskedAgain.Frame)
	}
	e.add(&r.Envelope, "dns.unanswered", title, hanalyze.Inferred, r.Start.Packet)
}

// from returns who answered a question that was asked of somebody else, and whether u is such an answer.
func (u *unsolicited) from(r *hanalyze.DNS) (other netip.AddrPort, ok bool) {
	q := r.Question
	if q == nil || u.id != r.ID || u.frame < r.Start.Packet || u.asked.Type != q.Type || !strings.EqualFold(u.asked.Name, q.Name) {
		return other, false
	}
	for i, end := range u.ends {
		if end == r.Flow.Client {
			return u.ends[1-i], true
		}
	}
	return other, false
}

// unasked judges an answer without a question.
func (e *Engine) unasked(r *hanalyze.DNS, what string) {
	switch {
	case r.Contradicts > 0:
		e.add(&r.Envelope, "dns.contradicting_answer", what+" was answered twice, differently", hanalyze.Inferred, r.Contradicts, r.Start.Packet)
	case r.Mismatch == "id":
		e.add(&r.Envelope, "dns.mismatched_answer", fmt.Sprintf("An answer to %s has the ID %d, with which no question was captured", what, r.ID), hanalyze.Inferred)
	case r.Mismatch == "question":
		e.add(&r.Envelope, "dns.mismatched_answer", fmt.Sprintf("An answer to %s has the ID of another question", what), hanalyze.Inferred)
	}
	if r.Question == nil || r.Flow.Transport != hanalyze.UDP {
		return
	}
	q := &e.questions
	if len(q.unsolicited) == maxUnsolicited {
		q.unsolicited = append(q.unsolicited[:0], q.unsolicited[1:]...)
	}
	q.unsolicited = append(q.unsolicited, unsolicited{
		ends: [2]netip.AddrPort{r.Flow.Client, r.Flow.Server}, id: r.ID, asked: *r.Question, frame: r.Start.Packet,
	})
}

// truncation tells of an answer that did not fit, and, once it has been asked for over TCP, where.
func (e *Engine) truncation(r *hanalyze.DNS, what string) {
	q := &e.questions
	if r.Truncated && r.Flow.Transport == hanalyze.UDP {
		e.add(&r.Envelope, "dns.truncated", what+" did not fit a datagram", "")
		if len(q.truncated) == maxTruncated {
			q.truncated = append(q.truncated[:0], q.truncated[1:]...)
		}
		q.truncated = append(q.truncated, truncated{r.Start.Packet, r.Flow, what})
		return
	}
	if r.Follows == nil || r.Follows.Reason != "truncated" {
		return
	}
	for i, x := range q.truncated {
		if x.frame != r.Follows.Frame {
			continue
		}
		for _, f := range e.flows[x.flow] {
			if f.ID == "dns.truncated" && f.Count == 0 {
				f.Title = fmt.Sprintf("%s did not fit a datagram: it was asked again over TCP in packet %d", x.what, r.Start.Packet)
			}
		}
		q.truncated = append(q.truncated[:i], q.truncated[i+1:]...)
		return
	}
}

// ownNames are the top labels of names that are not in the public DNS: RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's
// internal, and what people use at home.
var ownNames = map[string]bool{
	"alt": true, "arpa": true, "corp": true, "example": true, "home": true, "internal": true, "intranet": true, "invalid": true,
	"lan": true, "local": true, "localdomain": true, "localhost": true, "onion": true, "private": true, "test": true,
}

// private returns the first private address of a public name, "" when there is none. What block lists answer, 0.0.0.0, is
// none.
func private(r *hanalyze.DNS) string {
	if r.Question == nil || len(r.Addresses) == 0 || r.Protocol != "dns" {
		return ""
	}
	dot := strings.LastIndexByte(r.Question.Name, '.')
	if dot < 0 || ownNames[strings.ToLower(r.Question.Name[dot+1:])] {
		return ""
	}
	for _, s := range r.Addresses {
		if a, err := netip.ParseAddr(s); err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()) {
			return s
		}
	}
	return ""
}

// staleAddress is how long after its time an address may be used without a word: a TTL is rounded, and a connection that
// is begun at its end is as good as one before.
const staleAddress = 30 * time.Second

// stale tells of a connection to an address whose time was over.
func (e *Engine) stale(r *hanalyze.Conn) {
	l := r.Lookup
	if l == nil || !l.Expired || l.Via != "address" {
		return
	}
	age, ok := l.Age.Get()
	over := age - time.Duration(l.TTL)*time.Second
	if !ok || over < staleAddress {
		return
	}
	e.add(&r.Envelope, "dns.stale_address", fmt.Sprintf("The address of %s had run out %s before", l.Name, lasting(over)), hanalyze.Inferred,
		l.Frame, r.Start.Packet)
}
