package radius

import (
	"bytes"
	"slices"

	"hanalyze"
)

// Limits of a Flow.
const (
	// maxConversations bounds the conversations followed at the same time. An access point has a few; a busy controller, after a
	// power cut, a hundred or more. The one that was silent for longest makes room.
	maxConversations = 128
	// maxState bounds the State that is kept. Servers use 8 to 64 bytes.
	maxState = 253
)

// Kind says what an Event tells.
type Kind uint8

// The kinds of events.
const (
	Began   Kind = iota + 1 // a conversation turns to TLS: Method
	Data                    // Dir, Bytes
	Lost                    // what came between is missing from the capture: nobody knows how much
	Ended                   // the server accepted or rejected the client
	Dropped                 // it was given up for others: maxConversations
)

// Event is something that happened in a conversation. It is valid until emit returns.
type Event struct {
	Kind         Kind
	Conversation uint64 // number, from 1 in each Flow
	Method       string // eap_tls, eap_ttls, peap or eap_fast
	Dir          hanalyze.Dir
	Bytes        []byte // borrowed
}

// A Flow follows the conversations of one UDP flow.
//
// A conversation goes by turns: the server's EAP request in an Access-Challenge with a State, the client's EAP response in an
// Access-Request with that State, the server's next request under the identifier of that Access-Request. Where a packet is missing
// the chain breaks: the State of a request or the identifier of an answer is unknown, or the response is to another request than
// the last one seen. What follows is then told as lost, never joined to another conversation.
type Flow struct {
	emit   func(*Event)
	all    []*conversation // by when they were heard last
	asked  [256]asked      // by the identifier of the Access-Request
	count  uint64          // conversations
	turn   uint64          // Access-Requests
	broken bool            // a chain broke: of any conversation that has no end some may be missing
}

// asked is an Access-Request that awaits its answer.
type asked struct {
	by   *conversation
	turn uint64
}

// maxTurns is how many Access-Requests may come before the answer to one. Identifiers are used again after 256 as a rule: what
// is older may be the answer to a request that was not seen.
const maxTurns = 128

// conversation is one EAP conversation.
type conversation struct {
	number   uint64
	state    []byte      // the server's last, owned; empty before the first
	request  lastRequest // the client's last Access-Request
	heard    bool        // an EAP request of the server was seen: the next response has its identifier
	answered bool        // that response was seen
	eapID    uint8       // that identifier
	method   string      // "" before TLS begins
	strayed  bool        // its beginning was not seen
}

// lastRequest tells an Access-Request from another: one that is sent again is the same (RFC 2865 §3).
type lastRequest struct {
	id            uint8
	authenticator [16]byte
}

// NewFlow returns a Flow. emit is called inside Feed and Close.
func NewFlow(emit func(*Event)) *Flow { return &Flow{emit: emit} }

// Feed takes a datagram of direction d. b is borrowed.
func (f *Flow) Feed(d hanalyze.Dir, b []byte) {
	p, ok := parse(b)
	if !ok {
		return
	}
	switch p.code {
	case accessRequest:
		f.request(d, &p)
	case accessChallenge:
		f.challenge(d, &p)
	case accessAccept, accessReject:
		if c := f.answered(p.id); c != nil {
			f.drop(c, Ended)
		}
	}
}

// Close tells that the flow ends: conversations that have no end may lack it for a packet that is missing.
func (f *Flow) Close() {
	for _, c := range f.all {
		if f.broken {
			f.lose(c)
		}
	}
	f.all = nil
}

// request takes an Access-Request.
func (f *Flow) request(d hanalyze.Dir, p *packet) {
	m, ok := parseEAP(p.eap)
	if !ok || m.code != eapResponse {
		return
	}
	f.turn++
	c := f.byState(p.state)
	if c == nil {
		c = f.open()
		if len(p.state) > 0 { // the challenge that gave it was not seen
			f.lose(c)
		}
	}
	f.touch(c)
	this := lastRequest{p.id, [16]byte(p.authenticator)}
	again := c.request == this || c.answered && c.eapID == m.id
	c.request = this
	f.asked[p.id] = asked{c, f.turn}
	if again {
		return
	}
	if c.heard && c.eapID != m.id {
		f.lose(c)
	}
	c.heard, c.answered, c.eapID = true, true, m.id
	f.take(c, d, &m)
}

// challenge takes an Access-Challenge.
func (f *Flow) challenge(d hanalyze.Dir, p *packet) {
	m, ok := parseEAP(p.eap)
	if !ok || m.code != eapRequest {
		return
	}
	c := f.answered(p.id)
	if c == nil { // its request was not seen, or this is an answer sent again
		if c = f.byState(p.state); c != nil && !c.answered && c.eapID == m.id {
			return
		}
		if c == nil {
			c = f.open()
		}
		f.lose(c)
	}
	f.touch(c)
	c.state = append(c.state[:0], p.state[:min(len(p.state), maxState)]...)
	c.heard, c.answered, c.eapID = true, false, m.id
	f.take(c, d, &m)
}

// answered takes the conversation that awaits an answer under an identifier, nil for none.
func (f *Flow) answered(id uint8) *conversation {
	a := f.asked[id]
	f.asked[id] = asked{}
	if a.by == nil || f.turn-a.turn >= maxTurns || a.by.request.id != id || !slices.Contains(f.all, a.by) {
		return nil
	}
	return a.by
}

// byState finds the conversation whose challenge had a State. Without one a conversation begins.
func (f *Flow) byState(state []byte) *conversation {
	if len(state) == 0 {
		return nil
	}
	i := slices.IndexFunc(f.all, func(c *conversation) bool { return bytes.Equal(c.state, state) })
	if i < 0 {
		return nil
	}
	return f.all[i]
}

// open begins a conversation.
func (f *Flow) open() *conversation {
	if len(f.all) == maxConversations {
		f.drop(f.all[0], Dropped)
	}
	f.count++
	c := &conversation{number: f.count}
	f.all = append(f.all, c)
	return c
}

// touch notes that a conversation was heard.
func (f *Flow) touch(c *conversation) {
	i := slices.Index(f.all, c)
	f.all = append(slices.Delete(f.all, i, i+1), c)
}

// drop ends a conversation.
func (f *Flow) drop(c *conversation, why Kind) {
	f.all = slices.DeleteFunc(f.all, func(x *conversation) bool { return x == c })
	f.tell(c, &Event{Kind: why})
}

// lose notes that something of a conversation is missing.
func (f *Flow) lose(c *conversation) {
	f.broken, c.strayed = true, true
	f.tell(c, &Event{Kind: Lost})
}

// take hands on what an EAP message has of TLS.
func (f *Flow) take(c *conversation, d hanalyze.Dir, m *eapMessage) {
	if m.method == "" {
		return
	}
	if c.method == "" {
		c.method = m.method
		f.tell(c, &Event{Kind: Began})
		if c.strayed {
			f.tell(c, &Event{Kind: Lost})
		}
	}
	if len(m.tls) > 0 {
		f.tell(c, &Event{Kind: Data, Dir: d, Bytes: m.tls})
	}
}

// tell emits an event of a conversation that has turned to TLS.
func (f *Flow) tell(c *conversation, e *Event) {
	if c.method == "" {
		return
	}
	e.Conversation, e.Method = c.number, c.method
	f.emit(e)
}
