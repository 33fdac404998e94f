package dns

import "hanalyze"

// The two directions of a byte stream are put together each by itself: a hole in the one that asks holds its queries back
// until it is given up, and their answers come first. So a response of a stream without a query is kept for a while.

// early is a response that waits for its query.
type early struct {
	dir  hanalyze.Dir
	meta hanalyze.Meta
	msg  *Message
}

// keepEarly keeps a response, and tells the oldest when there are too many.
func (p *Pairer) keepEarly(e early) {
	if len(p.early) == MaxRecent {
		p.tellEarly()
	}
	p.early = append(p.early, e)
}

// tellEarly tells the oldest response as one without a query.
func (p *Pairer) tellEarly() {
	e := p.early[0]
	p.early = append(p.early[:0], p.early[1:]...)
	p.unasked(e.dir, e.meta, e.msg)
}

// answerEarly looks for a kept response to a query that was just opened: one that was captured after it.
func (p *Pairer) answerEarly(d hanalyze.Dir, m hanalyze.Meta, query *Message) {
	for i := range p.early {
		e := p.early[i]
		if e.dir != d.Reverse() || e.msg.ID != query.ID || e.meta.Packet < m.Packet || !sameQuestions(e.msg.Questions, query.Questions) {
			continue
		}
		p.early = append(p.early[:i], p.early[i+1:]...)
		p.pair(len(p.open)-1, e.meta, e.msg)
		return
	}
}
