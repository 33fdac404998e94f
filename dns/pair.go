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
// it. A response belongs to the open query with its ID and questions. One without questions, which servers send that
// could not read any, belongs to the oldest with its ID, and the record says that this was inferred. A response without a
// query is unsolicited, and says so when a query waits that it fits but for its ID or its question: somebody may be
// guessing. The record is told at the answer, at once. The same answer coming again later is only counted; one that says
// something else is told as contradicting the first. A query is given up after QueryTimeout of the capture's clock or at
// Close.
//
// Multicast DNS has many that answer and no IDs: nothing is paired, every message is told by itself as one_way. So is what is
// sent to a Group.
type Pairer struct {
	emit     func(*hanalyze.DNS)
	protocol string

	open   []*exchange // by the time of the last message, oldest first
	early  []early     // responses of a stream that came before their queries, MaxRecent at most, oldest first
	recent []answered  // MaxRecent at most
	next   int         // which of recent is the oldest, once there are MaxRecent

	// Stream says that the messages are of a byte stream: nothing in it is lost on the way, and zone transfers go on.
	Stream bool

	// Group says that the messages are sent to a multicast group: answers come from elsewhere.
	Group bool

	lost [2]hanalyze.Missing // why messages of a direction are missing

	// Duplicates counts responses that repeat one already told, Evicted open queries given up because of MaxOutstanding, Limited messages that MaxRRs,
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
	transfer  *transfer     // when it asks for one
}

// answered is what is remembered of an exchange that has been told.
type answered struct {
	questions []hanalyze.DNSQuestion
	answer    hanalyze.Meta
	query     hanalyze.Time // when it was asked last
	digest    uint64        // of what the answer said
	id        uint16
	dir       hanalyze.Dir
	once      bool // one query was seen, so that one answer is due
}

// NewPairer returns a Pairer for one flow of the given protocol, one of the Protocol constants. It tells records to emit,
// which own their memory; Flow and Path are the receiver's to fill in.
func NewPairer(protocol string, emit func(*hanalyze.DNS)) *Pairer {
	return &Pairer{protocol: protocol, emit: emit}
}

// Message takes the next message of the flow, sent in direction d and complete at m. It keeps parts of msg.
func (p *Pairer) Message(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	p.expire(m.Time)
	if f := &msg.Flags; p.protocol == ProtocolLLMNR { // RFC 4795 §2.1.1
		f.Conflict, f.Tentative, f.AA, f.RD = f.AA, f.RD, false, false
	}
	if msg.Missing&hanalyze.MissingLimit != 0 {
		p.Limited++
	}
	switch {
	case msg.Err != nil && msg.Err.Code == "short_header": // neither an ID nor a question: nothing to pair or to blame
		p.Headless++
	case p.Group, p.protocol == ProtocolMDNS, msg.Opcode == opcodeDSO && msg.ID == 0: // RFC 8490 §5.4: ID 0 wants no answer
		p.alone(p.record(m, msg), msg, "one_way")
	case msg.Response:
		p.response(d, m, msg)
	default:
		p.query(d, m, msg)
	}
}

// Lost tells that messages sent in direction d are missing, and why. From then on nobody knows whether a query was
// answered in them, or an answer asked for.
func (p *Pairer) Lost(d hanalyze.Dir, why hanalyze.Missing) {
	p.lost[d] |= why
	for _, x := range p.open {
		if x.dir != d {
			x.lose(why)
		}
	}
}

// lose notes that messages of a zone transfer may be missing. What else is asked has one answer, which either comes whole
// or not.
func (x *exchange) lose(why hanalyze.Missing) {
	if x.transfer != nil {
		x.transfer.lost = true
		x.rec.Missing |= why
	}
}

// takes reports whether a response has the exchange's ID and question, or goes on with its zone transfer.
func (x *exchange) takes(msg *Message) bool {
	if x.rec.ID != msg.ID {
		return false
	}
	// RFC 5936 §2.2.1: further messages of a transfer need no question.
	further := x.transfer != nil && x.rec.Messages.Responses > 0 && len(msg.Questions) == 0
	return further || sameQuestions(x.questions, msg.Questions)
}

// Close tells the open exchanges. missing says why no more will come, 0 when the flow ended in the capture: a query not
// yet timed out at m then gets it.
func (p *Pairer) Close(m hanalyze.Meta, missing hanalyze.Missing) {
	p.expire(m.Time)
	for len(p.early) > 0 {
		p.tellEarly()
	}
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
	x := &exchange{rec: p.record(m, msg), questions: msg.Questions, dir: d, query: m, last: m, transfer: newTransfer(msg, p.Stream)}
	x.rec.Messages.Queries = 1
	if why := p.lost[d.Reverse()]; why != 0 {
		x.lose(why) // the query may have waited for a hole before it, and have been sent before its answers were lost
	}
	p.open = append(p.open, x)
	p.answerEarly(x)
}

func (p *Pairer) response(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	i := p.match(d.Reverse(), msg)
	switch {
	case i >= 0:
		p.pair(i, m, msg)
	case p.Stream:
		p.keepEarly(early{d, m, msg})
	default:
		p.unasked(d, m, msg)
	}
}

// pair gives a response to the open exchange at i, and reports whether more are to come.
func (p *Pairer) pair(i int, m hanalyze.Meta, msg *Message) (more bool) {
	x := p.open[i]
	p.answer(x, m, msg)
	if x.transfer != nil && x.transfer.more(msg.Rcode, msg.Answers) {
		p.touch(i, m)
		return true
	}
	p.tell(x, "answered")
	p.remember(x, m, msg)
	p.remove(i)
	return false
}

// match returns the place of the open exchange, asked in direction d, that msg answers, -1 when there is none.
func (p *Pairer) match(d hanalyze.Dir, msg *Message) int {
	byID := -1
	for i, x := range p.open {
		if x.dir != d || x.rec.ID != msg.ID {
			continue
		}
		if x.takes(msg) {
			return i
		}
		if byID < 0 && (len(msg.Questions) == 0 || len(x.questions) == 0) {
			byID = i
		}
	}
	return byID
}

// unasked tells a response that no open query of its flow belongs to, unless it repeats one that has been told.
func (p *Pairer) unasked(d hanalyze.Dir, m hanalyze.Meta, msg *Message) {
	rec := p.record(m, msg)
	if states(rec) {
		rec.Answers, rec.Authority = nil, nil // nobody knows whether they are what was asked for
	}
	if a := p.repeats(d.Reverse(), m.Time, msg); a != nil {
		if !p.contradicts(a, m.Time, msg) {
			p.Duplicates++
			return
		}
		rec.Contradicts = a.answer.Packet
	} else {
		rec.Mismatch = p.mismatch(d.Reverse(), msg)
	}
	rec.Missing |= p.lost[d.Reverse()]
	p.alone(rec, msg, "unsolicited")
}

// mismatch says how a response differs from an open query that it would answer otherwise. Nobody guesses on a byte stream.
func (p *Pairer) mismatch(d hanalyze.Dir, msg *Message) string {
	if len(msg.Questions) == 0 || p.Stream {
		return ""
	}
	for _, x := range p.open {
		switch {
		case x.dir != d || len(x.questions) == 0:
		case x.rec.ID == msg.ID:
			return "question"
		case sameQuestions(x.questions, msg.Questions):
			return "id"
		}
	}
	return ""
}

// spelling reports whether an answer repeats the names of its question letter by letter. Resolvers hide a number in the
// case of letters, against those who guess the ID.
func spelling(x *exchange, msg *Message) bool {
	for i := range min(len(x.questions), len(msg.Questions), MaxCompared) {
		if x.questions[i].Name != msg.Questions[i].Name {
			return false
		}
	}
	return true
}

// answer puts a response, or one more message of a zone transfer, into the record.
func (p *Pairer) answer(x *exchange, m hanalyze.Meta, msg *Message) {
	rec := x.rec
	rec.Last = m
	if rec.Messages.Responses++; rec.Messages.Responses > 1 {
		p.extend(rec, msg)
		return
	}
	bare(rec)
	if msg.Missing != 0 {
		rec.EDNS = nil // the answer's own may be what is missing
	}
	head := *msg
	if states(rec) {
		head.Answers, head.Authority = nil, nil
	}
	p.fill(rec, &head)
	switch {
	case len(msg.Questions) == 0 && len(x.questions) > 0 || len(x.questions) == 0 && len(msg.Questions) > 0:
		rec.Basis = hanalyze.Inferred
	case !spelling(x, msg):
		rec.Mismatch = "case"
	}
	rec.Rcode = RcodeName(msg.Rcode)
	rec.RTT = hanalyze.Known(m.Time.Sub(x.query.Time))
}

// states reports whether it is the asker who says something in the first two sections: what to change, or what has
// changed (RFC 1996 §3.8). The answer repeats them or leaves them out (RFC 2136 §3.8).
func states(rec *hanalyze.DNS) bool {
	return rec.Question != nil && (rec.Opcode == opcodes[opcodeUpdate] || rec.Opcode == opcodes[opcodeNotify])
}

// bare takes out of a record what its query has in sections that tell of the answer.
func bare(rec *hanalyze.DNS) {
	rec.Additional = nil
	if !states(rec) {
		rec.Answers, rec.Authority = nil, nil
	}
}

// extend adds the records of a further message of a zone transfer, MaxRRs at most.
func (p *Pairer) extend(rec *hanalyze.DNS, msg *Message) {
	blame(rec, msg)
	rec.Rcode = RcodeName(msg.Rcode)
	rec.Additional = append(rec.Additional, msg.Additional[:min(len(msg.Additional), max(MaxRRs-len(rec.Additional), 0))]...)
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

// alone tells the record of a message that is an exchange by itself.
func (p *Pairer) alone(rec *hanalyze.DNS, msg *Message, outcome string) {
	if msg.Response {
		rec.Messages.Responses = 1
		rec.Rcode = RcodeName(msg.Rcode)
		if p.protocol != ProtocolDNS {
			outcome = "one_way" // a multicast question is on another flow
		}
	} else {
		rec.Messages.Queries = 1
	}
	p.tell(&exchange{rec: rec}, outcome)
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
	rec.DSO = append(rec.DSO, msg.DSO...)
	switch {
	case msg.TSIG:
		rec.Signed = "tsig"
	case msg.SIG0:
		rec.Signed = "sig0"
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
	x.rec.Missing |= p.lost[x.dir.Reverse()]
	if x.rec.Messages.Responses > 0 { // a zone transfer that did not come to its end
		if p.Stream && x.rec.Missing == 0 {
			x.transfer.told.Result = "cut"
		}
		p.tell(x, "answered")
		return
	}
	bare(x.rec)
	p.tell(x, "unanswered")
}

// tell works out what an answer means as a whole, and tells the record.
func (p *Pairer) tell(x *exchange, outcome string) {
	rec := x.rec
	if rec.Outcome == "" {
		rec.Outcome = outcome
	}
	if x.transfer != nil {
		rec.Transfer = x.transfer.told
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
		rec.AnswerFrom, rec.AnswerWhy = answerFrom(rec)
		if len(rec.Addresses) == 0 && rec.Outcome != "malformed" {
			rec.Negative = negative(rec)
		}
	}
	rec.Update = update(rec)
	p.emit(rec)
}

// expire gives up the queries that have waited longer than QueryTimeout at time t, and the responses that came early.
func (p *Pairer) expire(t hanalyze.Time) {
	for len(p.early) > 0 && t.Sub(p.early[0].meta.Time) > QueryTimeout {
		p.tellEarly()
	}
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
