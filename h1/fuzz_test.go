package h1

import (
	"bytes"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

func FuzzConn(f *testing.F) {
	convo.Fuzz(f, "testdata/*.txt", func(emit convo.Emit) convo.Parser {
		return &patient{parser: newTold(emit)}
	})
}

// patient takes everything and offers to a parser again what it would not take, all of a released direction before more of
// the other. Without that order a gap behind withheld bytes would come sooner or later depending on how bytes are cut.
type patient struct {
	parser convo.Parser
	queue  [2][]convo.Step
}

func (p *patient) Feed(d hanalyze.Dir, b []byte) int {
	if q := p.queue[d]; len(q) > 0 && q[len(q)-1].Data != nil {
		q[len(q)-1].Data = append(q[len(q)-1].Data, b...)
	} else {
		p.queue[d] = append(q, convo.Step{Data: bytes.Clone(b)})
	}
	p.drain(d)
	return len(b)
}

func (p *patient) Gap(d hanalyze.Dir, n int64) {
	p.queue[d] = append(p.queue[d], convo.Step{Gap: n})
	p.drain(d)
}

func (p *patient) End(d hanalyze.Dir) {
	p.queue[d] = append(p.queue[d], convo.Step{End: true})
	p.drain(d)
}

func (p *patient) drain(d hanalyze.Dir) {
	for p.offer(d.Reverse()) || p.offer(d) {
	}
}

func (p *patient) offer(d hanalyze.Dir) bool {
	if len(p.queue[d]) == 0 {
		return false
	}
	s := &p.queue[d][0]
	switch {
	case s.End:
		p.parser.End(d)
	case s.Gap != 0:
		p.parser.Gap(d, s.Gap)
	default:
		lent := bytes.Clone(s.Data)
		n := p.parser.Feed(d, lent)
		for i := range lent {
			lent[i] = 0xdb
		}
		if n < len(s.Data) {
			s.Data = s.Data[n:]
			return n > 0
		}
	}
	p.queue[d] = p.queue[d][1:]
	return true
}
