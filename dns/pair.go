package dns

import (
	"strings"
	"time"

	"hanalyze"
)

const (
	// MaxOutstanding bounds the open questions of one flow. A busy resolver on one socket or connection has some dozens.
	MaxOutstanding = 256

	// MaxRecent is how many answered exchanges are remembered to know a repeated answer by. Answers repeat because
	// questions were, within seconds.
	MaxRecent = 32

	// MaxCompared bounds the questions by which two messages are told apart. Unicast messages have one; the rest of
	// thousands would be compared with every open query.
	MaxCompared = 4

	// QueryTimeout is how long an answer may take. Resolvers give up after 5 to 30 s (RFC 1035 §4.2.1, RFC 1536 §1).
	QueryTimeout = 30 * time.Second
)

// Protocols a Pairer is for, as hanalyze.DNS.Protocol tells them.
const (
	ProtocolDNS   = "dns"
	ProtocolMDNS  = "mdns"
	ProtocolLLMNR = "llmnr"
)

// Pairer makes hanalyze.DNS records of the messages of one flow.
//
// An exchange is open from its first query to its answer. A query with the ID and questions of an open one is a retry of
// it. A response belongs to the open query with its ID and questions, else to the oldest with its ID alone: servers that
// cannot read a question send none back. A response without a query is unsolicited. The record is told at the answer, at
// once; the same answer coming again later is only counted. A query is given up after QueryTimeout of the capture's clock
// or at Close.
//
// Multicast DNS has many that answer and no IDs: nothing is paired, every message is told by itself as one_way.
type Pairer struct {
	emit     func(*hanalyze.DNS)
	protocol string

	open   []*exchange // by the time of the last message, oldest first
	recent []answered  // MaxRecent at most
	next   int         // which of recent is the oldest, once there are MaxRecent

	// Duplicates counts responses that repeat one already told, Mismatched responses that were paired although they
	// repeat another question, Evicted open queries given up because of MaxOutstanding, Limited messages that MaxRRs,
	// MaxText or MaxChain cut, and Headless those too short for a header, of which no record is made.
	Duplicates, Mismatched, Evicted, Limited, Headless uint64
}

// exchange is a query that waits for its answer.
type exchange struct {
	rec       *hanalyze.DNS
	questions []hanalyze.DNSQuestion
	dir       hanalyze.Dir // of the query
	query     hanalyze.Meta
	last      hanalyze.Meta // the last message, a query or a part of a zone transfer
}

// answered is what is remembered of an exchange that has been told.
type answered struct {
	questions []hanalyze.DNSQuestion
	time      hanalyze.Time
	id        uint16
	dir       hanalyze.Dir
}

// NewPairer returns a Pairer for one flow of the given protocol, one of the Protocol constants. It tells records to emit,
// which own their memory; Flow and Path are the receiver's to fill in.
func NewPairer(protocol string, emit func(*hanalyze.DNS)) *Pairer {
	return &Pairer{protocol: protocol, emit: emit}
}

// Message takes the next message of the flow, sent in direction d and complete at m. It keeps parts of msg.
func (p *Pairer) Message(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	p.expire(m.Time)
	if msg.Missing&hanalyze.MissingLimit != 0 {
		p.Limited++
	}
	switch {
	case msg.Err != nil && msg.Err.Code == "short_header": // neither an ID nor a question: nothing to pair or to blame
		p.Headless++
	case p.protocol == ProtocolMDNS, msg.Opcode == opcodeDSO && msg.ID == 0: // RFC 8490 §5.4: ID 0 wants no answer
		p.alone(m, msg, "one_way")
	case msg.Response:
		p.response(d, m, msg)
	default:
		p.query(d, m, msg)
	}
}

// Close tells the open exchanges. missing says why no more will come, 0 when the flow ended in the capture: a query not
// yet timed out at m then gets it.
func (p *Pairer) Close(m hanalyze.Meta, missing hanalyze.Missing) {
	p.expire(m.Time)
	for _, x := range p.open {
		x.rec.Missing |= missing
		p.giveUp(x)
	}
	p.open = nil
}

func (p *Pairer) query(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	for i, x := range p.open {
		if x.dir == d && x.rec.ID == msg.ID && sameQuestions(x.questions, msg.Questions) {
			x.rec.Messages.Queries++
			x.rec.Retries++
			x.query = m
			p.touch(i, m)
			return
		}
	}
	if len(p.open) == MaxOutstanding {
		p.open[0].rec.Missing |= hanalyze.MissingLimit
		p.Evicted++
		p.giveUp(p.open[0])
		p.remove(0)
	}
	rec := p.record(m, msg)
	rec.Messages.Queries = 1
	p.open = append(p.open, &exchange{rec: rec, questions: msg.Questions, dir: d, query: m, last: m})
}

func (p *Pairer) response(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	i := p.match(d.Reverse(), msg)
	if i < 0 {
		if p.repeats(d.Reverse(), m.Time, msg) {
			p.Duplicates++
			return
		}
		p.alone(m, msg, "unsolicited")
		return
	}
	x := p.open[i]
	p.answer(x, m, msg)
	if transferGoesOn(x.rec.Question, x.rec.Rcode, x.rec.Answers) {
		p.touch(i, m)
		return
	}
	p.tell(x.rec, "answered")
	p.remember(x, m.Time)
	p.remove(i)
}

// match returns the place of the open exchange, asked in direction d, that msg answers, -1 when there is none.
func (p *Pairer) match(d hanalyze.Dir, msg *Message) int {
	byID := -1
	for i, x := range p.open {
		if x.dir != d || x.rec.ID != msg.ID {
			continue
		}
		if sameQuestions(x.questions, msg.Questions) {
			return i
		}
		if byID < 0 {
			byID = i
		}
	}
	if byID >= 0 && len(msg.Questions) > 0 && len(p.open[byID].questions) > 0 {
		p.Mismatched++
	}
	return byID
}

// answer puts a response, or one more message of a zone transfer, into the record.
func (p *Pairer) answer(x *exchange, m hanalyze.Meta, msg *Message) {
	rec := x.rec
	rec.Last = m
	if rec.Messages.Responses++; rec.Messages.Responses > 1 {
		p.extend(rec, msg)
		return
	}
	// The query's records are left where the answer has none and they are what the message is about (UPDATE, NOTIFY).
	if msg.Opcode == opcodeQuery || len(msg.Answers)+len(msg.Authority)+len(msg.Additional) > 0 {
		rec.Answers, rec.Authority, rec.Additional = nil, nil, nil
	}
	p.fill(rec, msg)
	rec.Rcode = RcodeName(msg.Rcode)
	rec.RTT = hanalyze.Known(m.Time.Sub(x.query.Time))
}

// extend adds the records of a further message of a zone transfer, MaxRRs at most.
func (p *Pairer) extend(rec *hanalyze.DNS, msg *Message) {
	blame(rec, msg)
	rec.Rcode = RcodeName(msg.Rcode)
	room := max(MaxRRs-len(rec.Answers), 0)
	if len(msg.Answers) > room {
		rec.Missing |= hanalyze.MissingLimit
		p.Limited++
		// The last record tells the end of the transfer, so it takes the place of the one before it.
		rec.Answers = append(rec.Answers, msg.Answers[:room]...)
		rec.Answers[len(rec.Answers)-1] = msg.Answers[len(msg.Answers)-1]
		return
	}
	rec.Answers = append(rec.Answers, msg.Answers...)
}

// alone tells a message that is an exchange by itself.
func (p *Pairer) alone(m hanalyze.Meta, msg *Message, outcome string) {
	rec := p.record(m, msg)
	if msg.Response {
		rec.Messages.Responses = 1
		rec.Rcode = RcodeName(msg.Rcode)
		if p.protocol != ProtocolDNS {
			outcome = "one_way" // a multicast question is on another flow
		}
	} else {
		rec.Messages.Queries = 1
	}
	p.tell(rec, outcome)
}

// record begins a record with a message.
func (p *Pairer) record(m hanalyze.Meta, msg *Message) *hanalyze.DNS {
	rec := &hanalyze.DNS{
		Envelope: hanalyze.Envelope{Start: m, Last: m},
		ID:       msg.ID,
		Opcode:   OpcodeName(msg.Opcode),
		Protocol: p.protocol,
	}
	p.fill(rec, msg)
	return rec
}

// fill puts into a record what a message says, over what the one before said.
func (p *Pairer) fill(rec *hanalyze.DNS, msg *Message) {
	rec.Flags = msg.Flags
	if rec.Question == nil && len(msg.Questions) > 0 {
		rec.Question = &msg.Questions[0]
		if len(msg.Questions) > 1 {
			rec.Questions = msg.Questions
		}
	}
	if len(msg.Answers) > 0 {
		rec.Answers = msg.Answers
	}
	if len(msg.Authority) > 0 {
		rec.Authority = msg.Authority
	}
	if len(msg.Additional) > 0 {
		rec.Additional = msg.Additional
	}
	if msg.EDNS != nil {
		rec.EDNS = msg.EDNS
	}
	blame(rec, msg)
}

// blame notes what is wrong with a message. What is missing of it is not its sender's fault.
func blame(rec *hanalyze.DNS, msg *Message) {
	rec.Missing |= msg.Missing
	if msg.Err != nil && msg.Missing == 0 {
		rec.Outcome = "malformed"
	}
}

// giveUp tells an exchange that got no answer, or not all of it.
func (p *Pairer) giveUp(x *exchange) {
	outcome := "unanswered"
	switch {
	case x.rec.Messages.Responses > 0: // a zone transfer that did not come to its end
		outcome = "answered"
	case p.protocol == ProtocolLLMNR, x.rec.Opcode == opcodes[opcodeNotify]:
		outcome = "one_way"
	}
	p.tell(x.rec, outcome)
}

// tell works out what an answer means as a whole, and tells the record.
func (p *Pairer) tell(rec *hanalyze.DNS, outcome string) {
	if rec.Outcome == "" {
		rec.Outcome = outcome
	}
	if rec.Messages.Responses > 0 {
		rec.Truncated = rec.Flags.TC
		rec.Addresses = addresses(rec.Answers)
		if rec.Question != nil {
			var limit bool
			if rec.CNAMEChain, limit = chain(rec.Question.Name, rec.Answers); limit {
				rec.Missing |= hanalyze.MissingLimit
				p.Limited++
			}
		}
	}
	p.emit(rec)
}

// expire gives up the queries that have waited longer than QueryTimeout at time t.
func (p *Pairer) expire(t hanalyze.Time) {
	for len(p.open) > 0 && t.Sub(p.open[0].last.Time) > QueryTimeout {
		p.giveUp(p.open[0])
		p.remove(0)
	}
}

// touch moves the exchange at i to the end of the open ones.
func (p *Pairer) touch(i int, m hanalyze.Meta) {
	x := p.open[i]
	x.last, x.rec.Last = m, m
	copy(p.open[i:], p.open[i+1:])
	p.open[len(p.open)-1] = x
}

func (p *Pairer) remove(i int) {
	n := copy(p.open[i:], p.open[i+1:])
	p.open[i+n] = nil
	p.open = p.open[:i+n]
}

func (p *Pairer) remember(x *exchange, t hanalyze.Time) {
	a := answered{questions: x.questions, time: t, id: x.rec.ID, dir: x.dir}
	if len(p.recent) < MaxRecent {
		p.recent = append(p.recent, a)
		return
	}
	p.recent[p.next] = a
	p.next = (p.next + 1) % MaxRecent
}

// repeats reports whether msg answers a query, asked in direction d, that has been answered a short time ago.
func (p *Pairer) repeats(d hanalyze.Dir, t hanalyze.Time, msg *Message) bool {
	for i := range p.recent {
		a := &p.recent[i]
		if a.id == msg.ID && a.dir == d && t.Sub(a.time) <= QueryTimeout && sameQuestions(a.questions, msg.Questions) {
			return true
		}
	}
	return false
}

// sameQuestions compares the first MaxCompared questions, names without case (RFC 4343 §3).
func sameQuestions(a, b []hanalyze.DNSQuestion) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range min(len(a), MaxCompared) {
		if a[i].Type != b[i].Type || a[i].Class != b[i].Class || !strings.EqualFold(a[i].Name, b[i].Name) {
			return false
		}
	}
	return true
}
