package dns

import (
	"slices"

	"hanalyze"
)

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
		p.lost[e.dir] |= hanalyze.MissingLimit // a query that still comes may be the one it answers
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

// answerEarly gives a query that was just opened the kept responses to it: those captured after it.
func (p *Pairer) answerEarly(x *exchange) {
	for i := 0; i < len(p.early); {
		e := p.early[i]
		if e.dir == x.dir || e.meta.Packet < x.query.Packet || !x.takes(e.msg) {
			i++
			continue
		}
		p.early = slices.Delete(p.early, i, i+1)
		if !p.pair(len(p.open)-1, e.meta, e.msg) {
			return
		}
	}
}
