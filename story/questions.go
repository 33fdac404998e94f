package story

import (
	"net/netip"
	"strings"
	"time"

	"hanalyze"
)

const (
	// maxQuestions bounds the questions remembered, oldest forgotten first: those of a busy resolver's last minutes.
	maxQuestions = 1 << 15
	// askAgain is how long after a question that came to nothing the same one is the client's next try.
	askAgain = 30 * time.Second
	// raceStart is how close together a client asks for the addresses of both families when it races them. RFC 8305 §3
	// wants them back to back; a busy machine needs some time for it.
	raceStart = 100 * time.Millisecond
	// ttlSlack is how far seconds of a TTL and of the capture's clock may be apart: a TTL is rounded.
	ttlSlack = 1.5
	// ttlLeast is how many seconds a TTL must have run down to tell of a cache.
	ttlLeast = 2
)

// question is who asked what, the name in lower case.
type question struct {
	client netip.Addr
	name   string
	typ    string
}

// rrset is what was asked, whoever asked it.
type rrset struct{ name, typ string }

// asked is the last exchange about a question.
type asked struct {
	start, last       hanalyze.Meta
	conn              uint64
	server            netip.Addr
	ttl               uint32
	kept              keep
	good              bool // the answer could be used, until its TTL ran out
	truncated, failed bool
	unanswered        bool
}

// keep is the first of the answers since which a TTL has run down as the clock went on. It need not be the last one before:
// of a client that asks every second, each answer tells a second less, which says nothing yet.
type keep struct {
	ttl uint32
	at  hanalyze.Time
}

// dns joins an exchange with what its client asked before, and remembers it.
func (j *Joiner) dns(r *hanalyze.DNS) {
	if r.Question == nil || r.Protocol != "dns" || r.Opcode != "QUERY" || r.Messages.Queries == 0 {
		return
	}
	k := question{r.Flow.Client.Addr(), strings.ToLower(r.Question.Name), r.Question.Type}
	x := summary(r)
	if before := j.questions.m[k]; before != nil {
		r.Follows, r.AskedAgain = follows(before, x, r.Flow.Transport), askedAgain(before, x)
		r.Cached = stillGood(before, x)
		if ranDown(before, x) && !r.Flags.AA {
			r.AnswerFrom, r.AnswerWhy = "cache", "ttl_ran_down"
		}
		if before.start.Packet < x.start.Packet {
			j.questions.put(k, x)
		}
	} else {
		j.questions.put(k, x)
	}
	j.origin(r, rrset{k.name, k.typ}, x)
	r.Race = j.race(k, x)
	if r.Outcome == "answered" {
		j.answered(r, k.client)
	}
}

// summary takes from a record what later ones are compared with.
func summary(r *hanalyze.DNS) *asked {
	x := &asked{
		start: r.Start, last: r.Last, conn: r.Flow.ID, server: r.Flow.Server.Addr(),
		truncated: r.Truncated, unanswered: r.Outcome == "unanswered",
	}
	switch r.Rcode {
	case "NOERROR", "NXDOMAIN":
		x.ttl, x.good = timeToLive(r)
	case "SERVFAIL", "REFUSED", "NOTIMP", "FORMERR", "BADVERS", "BADCOOKIE":
		x.failed = true
	}
	x.kept = keep{x.ttl, x.last.Time}
	return x
}

// timeToLive returns the lowest TTL of an answer's data, or how long it may be remembered that there is none.
func timeToLive(r *hanalyze.DNS) (ttl uint32, ok bool) {
	if r.Outcome != "answered" || r.Truncated || r.Missing != 0 {
		return 0, false
	}
	if r.Negative != nil {
		if r.Negative.TTL == nil {
			return 0, false
		}
		return uint32(*r.Negative.TTL), true
	}
	for i := range r.Answers {
		if rr := &r.Answers[i]; !ok || rr.TTL < ttl {
			ttl, ok = rr.TTL, true
		}
	}
	return ttl, ok
}

// follows returns the link to the exchange that made the client ask once more, if before is one.
func follows(before, x *asked, t hanalyze.Transport) *hanalyze.DNSLink {
	wait := x.start.Time.Sub(before.last.Time)
	if x.start.Packet < before.last.Packet || wait > askAgain {
		return nil
	}
	link := &hanalyze.DNSLink{Frame: before.start.Packet, Conn: before.conn}
	switch {
	case before.truncated && t == hanalyze.TCP && before.server == x.server:
		link.Reason = "truncated"
	case before.unanswered && before.conn != x.conn:
		link.Reason = "unanswered"
	case before.failed:
		link.Reason = "failed"
	default:
		return nil
	}
	return link
}

// askedAgain returns the link to a later exchange. Unanswered questions are told late, when the later one has been.
func askedAgain(later, x *asked) *hanalyze.DNSLink {
	wait := later.start.Time.Sub(x.last.Time)
	if !x.unanswered || later.start.Packet <= x.last.Packet || wait > askAgain {
		return nil
	}
	return &hanalyze.DNSLink{Frame: later.start.Packet, Conn: later.conn, Reason: "unanswered"}
}

// stillGood returns the earlier answer, when its TTL had not run out as the client asked again.
func stillGood(before, x *asked) *hanalyze.DNSCached {
	if !before.good || x.start.Packet < before.last.Packet {
		return nil
	}
	age := x.start.Time.Sub(before.last.Time)
	left := float64(before.ttl) - age.Seconds()
	if age < 0 || left < 1 {
		return nil
	}
	return &hanalyze.DNSCached{Frame: before.last.Packet, Conn: before.conn, Age: hanalyze.Known(age), Left: uint64(left)}
}

// ranDown reports whether the TTL of an answer is less than that of an earlier one of the server by the time in between:
// whoever gave it has kept the data since.
func ranDown(before, x *asked) bool {
	k := before.kept
	if !x.good || !before.good || before.server != x.server || x.ttl > k.ttl {
		return false
	}
	down, elapsed := float64(k.ttl-x.ttl), x.last.Time.Sub(k.at).Seconds()
	if down-elapsed >= ttlSlack || elapsed-down >= ttlSlack {
		return false
	}
	x.kept = k
	return down >= ttlLeast
}

// origin remembers the TTL that the owner of a name gives its data, and knows by it who has the data from a cache.
func (j *Joiner) origin(r *hanalyze.DNS, k rrset, x *asked) {
	if !x.good || len(r.Answers) == 0 {
		return
	}
	ttl, known := j.origins.m[k]
	switch {
	case r.Flags.AA:
		j.origins.put(k, x.ttl)
	case known && x.ttl < ttl && r.AnswerFrom != "referral":
		if r.AnswerFrom != "cache" {
			r.AnswerFrom, r.AnswerWhy = "cache", "ttl_below_first"
		}
	}
}

// race returns the question for the other address family, when it was asked at the same time and answered first.
func (j *Joiner) race(k question, x *asked) *hanalyze.DNSRace {
	other := map[string]string{"A": "AAAA", "AAAA": "A"}[k.typ]
	if other == "" || x.unanswered {
		return nil
	}
	y := j.questions.m[question{k.client, k.name, other}]
	if y == nil || y.unanswered || y.last.Packet >= x.last.Packet {
		return nil
	}
	if apart := x.start.Time.Sub(y.start.Time); apart > raceStart || apart < -raceStart {
		return nil
	}
	return &hanalyze.DNSRace{Type: other, Frame: y.start.Packet, Conn: y.conn, Lead: hanalyze.Known(x.last.Time.Sub(y.last.Time))}
}
