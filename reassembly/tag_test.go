package reassembly

import (
	"fmt"
	"strings"
	"testing"
)

// TestTags plays conversations under several tags, and tells how many flows they are and how many tags those took on.
func TestTags(t *testing.T) {
	tests := []struct {
		name, script string
		flows        int
		adopted      int
	}{
		{"each direction has its own", `
			> S seq=100 tag=80
			< SA seq=500 ack=101 tag=81
			> . seq=101 ack=501 tag=80
			> PA seq=101 ack=501 tag=80 "a question"
			< PA seq=501 ack=111 tag=81 "an answer"`, 1, 1},
		{"one direction has none", `
			> S seq=100
			< SA seq=500 ack=101 tag=81
			> PA seq=101 ack=501 "a question"
			< PA seq=501 ack=111 tag=81 "an answer"`, 1, 1},
		{"the other direction has none", `
			> S seq=100 tag=80
			< SA seq=500 ack=101
			> PA seq=101 ack=501 tag=80 "a question"`, 1, 1},
		{"refused on the way back", `
			> S seq=100 tag=80
			< RA seq=0 ack=101 tag=81`, 1, 1},
		{"in the middle", `
			> PA seq=1000 ack=7000 tag=80 "a question"
			< PA seq=7000 ack=1010 tag=81 "an answer"
			> PA seq=1010 ack=7009 tag=80 "another"`, 1, 1},
		{"seen before and behind a router", `
			> S seq=100 tag=80 ttl=64
			> S seq=100 tag=81 ttl=63
			< SA seq=500 ack=101 tag=81 ttl=60
			< SA seq=500 ack=101 tag=80 ttl=59
			> . seq=101 ack=501 tag=80 ttl=64
			> . seq=101 ack=501 tag=81 ttl=63`, 1, 1},
		{"one direction alone is seen behind a router too", `
			> S seq=100 tag=80 ttl=64
			> S seq=100 tag=81 ttl=63
			< SA seq=500 ack=101 tag=80`, 1, 1},
		{"another way later", `
			> S seq=100 tag=80
			< SA seq=500 ack=101 tag=80
			> . seq=101 ack=501 tag=80
			> PA seq=101 ack=501 tag=90 "a question"
			< PA seq=501 ack=111 tag=91 "an answer"`, 1, 2},
		{"two ways in turn", `
			> PA seq=1 ack=0 "a"
			> PA seq=2 ack=0 tag=9 "b"
			> PA seq=3 ack=0 "c"
			> PA seq=4 ack=0 tag=9 "d"`, 1, 1},
		{"a datagram and its answer", `
			> U tag=80 "question"
			< U tag=81 "answer"`, 1, 1},

		{"the same addresses in two networks", `
			> S seq=100 tag=1
			> S seq=90000000 tag=2
			< SA seq=500 ack=101 tag=1
			< SA seq=80000000 ack=90000001 tag=2
			> PA seq=101 ack=501 tag=1 "one"
			> PA seq=90000001 ack=80000001 tag=2 "two"`, 2, 0},
		{"answers cross", `
			> S seq=100 tag=1
			> S seq=90000000 tag=2
			< SA seq=80000000 ack=90000001 tag=2
			< SA seq=500 ack=101 tag=1`, 2, 0},
		{"the same packets in two networks", `
			> S seq=100 tag=1
			> S seq=100 tag=2
			> S seq=100
			< SA seq=500 ack=101 tag=1
			< SA seq=500 ack=101 tag=2
			< SA seq=500 ack=101
			> PA seq=101 ack=501 tag=1 "one"
			> PA seq=101 ack=501 tag=2 "one"
			> PA seq=101 ack=501 "one"`, 3, 0},
		{"the same packets in two networks, in the middle", `
			> PA seq=100 ack=500 tag=1 "one"
			> PA seq=100 ack=500 tag=2 "one"
			< PA seq=500 ack=103 tag=1 "two"
			< PA seq=500 ack=103 tag=2 "two"`, 2, 0},
		{"an answer to somebody else", `
			> S seq=100 tag=1
			< SA seq=500 ack=90000001 tag=2`, 2, 0},
		{"numbers of somebody else", `
			> S seq=100 tag=1
			< SA seq=500 ack=101 tag=1
			> PA seq=90000001 ack=80000001 tag=2 "x"`, 2, 0},
		{"a handshake in the other network", `
			> S seq=100 tag=1
			< S seq=500 tag=2`, 2, 0},
		{"an answer that may belong to either of two", `
			> S seq=100 tag=1
			> S seq=100 tag=2
			< SA seq=500 ack=101 tag=3`, 3, 0},
		{"a datagram in the other network", `
			> U tag=1 "question"
			> U tag=2 "question"`, 2, 0},
		{"a late datagram", `
			> U tag=1 "question"
			+11s < U tag=2 "answer"`, 2, 0},
		{"a second answer", `
			> U tag=1 "question"
			< U tag=1 "answer"
			< U tag=2 "answer"`, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, Limits{})
			p.run(tt.script)
			adopted := 0
			for k, f := range p.flows {
				if k.tag == f.key.tag {
					adopted += len(f.tags)
				}
			}
			p.end()
			if len(p.conns) != tt.flows || adopted != tt.adopted {
				t.Errorf("%d flows, %d tags adopted, want %d and %d:\n%s", len(p.conns), adopted, tt.flows, tt.adopted, strings.Join(p.lines, "\n"))
			}
			if len(p.flows)+len(p.tagged) != 0 {
				t.Errorf("%d flows and %d tags left", len(p.flows), len(p.tagged))
			}
		})
	}
}

// Both directions are one stream of questions and answers, whose end is known under both tags.
func TestTwoTagsOneConnection(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(`
		> S seq=100 tag=80
		< SA seq=500 ack=101 tag=81
		> PA seq=101 ack=501 tag=80 "question"
		< PA seq=501 ack=109 tag=81 "answer"
		> FA seq=109 ack=507 tag=80
		< FA seq=507 ack=110 tag=81
		> . seq=110 ack=508 tag=80
		+10s :40001 > U "the clock goes on"
		< FA seq=507 ack=110 tag=81`)
	p.Expire(p.now)
	if p.Stats().TCP != 1 || p.Stats().Stragglers != 1 {
		t.Errorf("%+v", p.Stats())
	}
	c := p.conns[0]
	if c.TCP.Handshake.Kind != "three_way" || c.TCP.Close.Kind != "fin_3_merged" || c.ClientSide.Packets != 4 || c.ServerSide.Packets != 3 {
		t.Errorf("%+v %+v", c.TCP.Handshake, c.TCP.Close)
	}

	// The same ports again, the other way round.
	p.run(`
		> S seq=9000 tag=81
		< SA seq=7000 ack=9001 tag=80`)
	p.end()
	if p.Stats().TCP != 2 {
		t.Errorf("%+v", p.Stats())
	}
}

// A flow takes on maxTags tags; who comes with another one is a stranger.
func TestTooManyTags(t *testing.T) {
	p := newPlay(t, Limits{})
	for i := range maxTags + 2 {
		p.run(fmt.Sprintf(`> PA seq=%d ack=0 tag=%d "x"`, 100+i, 1+i))
	}
	p.end()
	if p.Stats().TCP != 2 {
		t.Errorf("%+v", p.Stats())
	}
}

// Thousands of flows that differ in nothing but their tags cost no more than others.
func TestManyTags(t *testing.T) {
	p := newPlay(t, Limits{})
	for i := range 4000 {
		p.run(fmt.Sprintf(`> S seq=1 tag=%d`, 1+i))
	}
	p.end()
	if p.Stats().TCP != 4000 || len(p.tagged) != 0 {
		t.Errorf("%+v", p.Stats())
	}
}

// An ICMP error may come back through another network than the packet it quotes went.
func TestICMPUnderAnotherTag(t *testing.T) {
	p := newPlay(t, Limits{})
	p.run(`> S seq=100 tag=80`)
	e := p.parse(`> S seq=100 tag=81`)
	e.ICMP.From, e.ICMP.Type, e.ICMP.Code = e.Dst.Addr(), 3, 1
	p.ICMP(e)
	p.end()
	if u := p.conns[0].Unreachable; u == nil || u.Reason != "host_unreachable" {
		t.Errorf("%+v", u)
	}
}
