package story

import (
	"net/netip"
	"strings"
	"time"

	"hanalyze"
)

const (
	// maxGroupQuestions bounds the questions to a group that are remembered, oldest forgotten first: a large network asks some
	// hundred a second, and answers within groupWait.
	maxGroupQuestions = 1 << 12
	// groupWait is how long after a question to a group an answer still belongs to it. LLMNR waits a second and asks three times
	// (RFC 4795 §7); a responder of multicast DNS may take half a second, and a proxy that has to ask others some more.
	groupWait = 5 * time.Second
	// maxAskers bounds the clients remembered for one name that several ask a group for at a time.
	maxAskers = 4
)

// groupQuestion is a question to a group, as its answer repeats it: LLMNR and one-shot questions of multicast DNS (RFC 6762
// §6.7) come from a port of their own and have an ID.
type groupQuestion struct {
	asker     netip.AddrPort
	id        uint16
	name, typ string
}

// askedOfAll is when a question to a group was asked.
type askedOfAll struct {
	first   hanalyze.Meta
	last    hanalyze.Time
	conn    uint64
	queries uint64
}

// asker is who asked a group for a name, and when.
type asker struct {
	who netip.Addr
	at  hanalyze.Time
}

// group joins what is asked of all with what is answered, which comes from the answerer's own address and so on another flow.
func (j *Joiner) group(r *hanalyze.DNS) {
	switch {
	case r.Protocol == "dns" || r.Opcode != "QUERY":
	case r.Messages.Responses == 0:
		j.askAll(r)
	case r.Messages.Responses > 0 && r.Question != nil:
		j.answerOne(r)
	case r.Messages.Responses > 0:
		j.answerAll(r)
	}
}

// askAll remembers a question, and who wants to know.
func (j *Joiner) askAll(r *hanalyze.DNS) {
	from, ok := toGroup(r.Flow)
	if !ok || r.Question == nil {
		return
	}
	k := groupQuestion{from, r.ID, strings.ToLower(r.Question.Name), r.Question.Type}
	x, known := j.asked.m[k]
	if !known || r.Start.Time.Sub(x.last) > groupWait {
		x = askedOfAll{first: r.Start, conn: r.Flow.ID}
	}
	x.last = r.Start.Time
	x.queries++
	j.asked.put(k, x)
	questions := r.Questions
	if len(questions) == 0 {
		questions = []hanalyze.DNSQuestion{*r.Question}
	}
	for i := range questions {
		j.wants(rrset{strings.ToLower(questions[i].Name), questions[i].Type}, asker{from.Addr(), r.Start.Time})
	}
}

// toGroup returns who sends on a flow of which one end is a group, which only receives.
func toGroup(f *hanalyze.Flow) (from netip.AddrPort, ok bool) {
	if f.Client.Addr().IsMulticast() {
		return f.Server, true
	}
	return f.Client, f.Server.Addr().IsMulticast()
}

// wants remembers who asked for what.
func (j *Joiner) wants(k rrset, a asker) {
	list := j.wanted.m[k]
	for i := range list {
		if list[i].who == a.who {
			list[i] = a
			return
		}
	}
	if len(list) >= maxAskers {
		list = list[1:]
	}
	j.wanted.put(k, append(list, a))
}

// answerOne joins an answer that was sent to the asker alone with its question: by the asker's port, the ID and the question.
func (j *Joiner) answerOne(r *hanalyze.DNS) {
	who := r.Flow.Client
	if r.Messages.Queries == 0 {
		x, asked := j.askedBy(who, r)
		if !asked && r.Flow.Client.Port() == r.Flow.Server.Port() {
			// Both use the port of the protocol, and who answered has sent the first packet.
			who = r.Flow.Server
			x, asked = j.askedBy(who, r)
		}
		if !asked {
			return
		}
		if r.Outcome == "one_way" {
			r.Outcome = "answered"
		}
		r.RTT = hanalyze.Known(r.Start.Time.Sub(x.last))
		r.AskedOfAll = &hanalyze.DNSAsked{Frame: x.first.Packet, Conn: x.conn, Queries: x.queries, Basis: hanalyze.Inferred}
	}
	if r.Outcome == "answered" {
		j.answered(r, who.Addr())
	}
}

// askedBy returns when somebody asked all what r answers.
func (j *Joiner) askedBy(who netip.AddrPort, r *hanalyze.DNS) (x askedOfAll, ok bool) {
	x, ok = j.asked.m[groupQuestion{who, r.ID, strings.ToLower(r.Question.Name), r.Question.Type}]
	return x, ok && x.first.Packet < r.Start.Packet && r.Start.Time.Sub(x.last) <= groupWait
}

// answerAll remembers the addresses in an answer of multicast DNS for those who have just asked for them. The others on the
// network hear it too, but nothing shows that they want it.
func (j *Joiner) answerAll(r *hanalyze.DNS) {
	for _, section := range [...][]hanalyze.DNSRR{r.Answers, r.Additional} {
		for i := range section {
			rr := &section[i]
			if rr.Type != "A" && rr.Type != "AAAA" {
				continue
			}
			for _, a := range j.wanted.m[rrset{strings.ToLower(rr.Name), rr.Type}] {
				if wait := r.Start.Time.Sub(a.at); wait >= 0 && wait <= groupWait {
					j.remember(r, a.who, rr.Data, answer{name: rr.Name, via: viaAddress, ttl: rr.TTL, place: 1, of: 1})
				}
			}
		}
	}
}
