package dns

import (
	"hash/maphash"
	"time"

	"hanalyze"
)

// maxSecondAnswer is how long after the query a second answer that differs still tells of two who answered. A client that
// got no answer asks again after a second or more (RFC 1536 §1), and the copy that the capture lacks may have had its own.
const maxSecondAnswer = time.Second

// seed makes digests that nobody can aim at.
var seed = maphash.MakeSeed()

// digest is a number for what an answer says, whatever the order of its records and what is left of their time to live.
func digest(rcode uint16, rrs []hanalyze.DNSRR) uint64 {
	sum := uint64(rcode)
	for i := range rrs {
		sum += maphash.String(seed, rrs[i].Data)*3 + uint64(len(rrs[i].Type))
	}
	return sum
}

// remember keeps what later answers to the same question are compared with.
func (p *Pairer) remember(x *exchange, m hanalyze.Meta, msg *Message) {
	a := answered{
		questions: x.questions, answer: m, query: x.query.Time, digest: digest(msg.Rcode, msg.Answers),
		id: x.rec.ID, dir: x.dir, once: x.rec.Messages.Queries == 1 && x.rec.Missing == 0 && x.transfer == nil,
	}
	if len(p.recent) < MaxRecent {
		p.recent = append(p.recent, a)
		return
	}
	p.recent[p.next] = a
	p.next = (p.next + 1) % MaxRecent
}

// repeats returns the exchange, asked in direction d and answered a short time ago, that msg answers once more, or nil.
func (p *Pairer) repeats(d hanalyze.Dir, t hanalyze.Time, msg *Message) *answered {
	for i := range p.recent {
		a := &p.recent[i]
		if a.id == msg.ID && a.dir == d && t.Sub(a.answer.Time) <= QueryTimeout && sameQuestions(a.questions, msg.Questions) {
			return a
		}
	}
	return nil
}

// contradicts reports whether a second answer to one query says something else than the first. One is enough: the same
// two go on contradicting each other. On a byte stream nobody else can answer.
func (p *Pairer) contradicts(a *answered, t hanalyze.Time, msg *Message) bool {
	if p.Stream || !a.once || msg.Missing != 0 || t.Sub(a.query) > maxSecondAnswer || digest(msg.Rcode, msg.Answers) == a.digest {
		return false
	}
	a.once = false
	return true
}
