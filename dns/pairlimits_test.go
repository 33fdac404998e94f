package dns

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestPairerCounters(t *testing.T) {
	_, p := play(t, "dns", `
		1 c2s q 7 a
		2 s2c r 7 a
		2 s2c r 7 a
		3 c2s q 8 b
		4 s2c r 8 c
		5 c2s q 9 short`)
	if p.Duplicates != 1 || p.Headless != 1 {
		t.Errorf("%+v", p)
	}
}

// The oldest query goes when there are MaxOutstanding.
func TestMaxOutstanding(t *testing.T) {
	var got []string
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { got = append(got, line(r)) })
	for i := range MaxOutstanding + 1 {
		p.Message(hanalyze.C2S, hanalyze.Meta{Packet: uint64(i + 1)}, &Message{ID: uint16(i)})
	}
	if d := cmp.Diff([]string{"1-1 id=0 unanswered 1/0 missing=10000"}, got); d != "" || p.Evicted != 1 || len(p.open) != MaxOutstanding {
		t.Errorf("%s, %d evicted, %d open", d, p.Evicted, len(p.open))
	}
}

func TestMaxRecent(t *testing.T) {
	p := NewPairer(ProtocolDNS, func(*hanalyze.DNS) {})
	for i := range 3 * MaxRecent {
		p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{ID: uint16(i)})
		p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{ID: uint16(i), Response: true})
	}
	for i := range 3 * MaxRecent {
		p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{ID: uint16(i), Response: true})
	}
	if p.Duplicates != MaxRecent || len(p.recent) != MaxRecent {
		t.Errorf("%d duplicates, %d remembered", p.Duplicates, len(p.recent))
	}
}

// What is sent to a group is told at once: its answers come from elsewhere.
func TestGroup(t *testing.T) {
	var got []string
	p := NewPairer(ProtocolLLMNR, func(r *hanalyze.DNS) { got = append(got, line(r)) })
	p.Group = true
	for i := range 2 {
		p.Message(hanalyze.C2S, hanalyze.Meta{Packet: uint64(i + 1)}, &Message{ID: 7})
	}
	if d := cmp.Diff([]string{"1-1 id=7 one_way 1/0", "2-2 id=7 one_way 1/0"}, got); d != "" || len(p.open) != 0 {
		t.Errorf("%s, %d open", d, len(p.open))
	}
}

// Questions beyond MaxCompared do not tell messages apart; those before do.
func TestMaxCompared(t *testing.T) {
	q := make([]hanalyze.DNSQuestion, MaxCompared+1)
	for i := range q {
		q[i].Name = fmt.Sprint(i)
		other := append([]hanalyze.DNSQuestion(nil), q...)
		other[i].Name = "x"
		if sameQuestions(q, other) != (i == MaxCompared) {
			t.Errorf("question %d", i)
		}
	}
}

// A zone transfer keeps MaxRRs records and still finds its end.
func TestLongTransfer(t *testing.T) {
	var recs []*hanalyze.DNS
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { recs = append(recs, r) })
	q := []hanalyze.DNSQuestion{{Name: "a", Type: "AXFR", Class: "IN"}}
	soa, a := hanalyze.DNSRR{Type: "SOA", Data: "x"}, hanalyze.DNSRR{Type: "A", Data: "192.0.2.1"}
	p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{Questions: q})
	send := func(rrs ...hanalyze.DNSRR) {
		p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{Response: true, Questions: q, Answers: rrs})
	}
	send(soa)
	for range MaxRRs {
		send(a, a)
	}
	send(a, soa)
	if len(recs) != 1 || len(recs[0].Answers) != MaxRRs || recs[0].Missing != hanalyze.MissingLimit || len(p.open) != 0 {
		t.Errorf("%d records, %d open", len(recs), len(p.open))
	}
}

// Whatever comes, every message is counted exactly once.
func TestEveryMessageCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var told uint64
		p := NewPairer(ProtocolDNS, func(rec *hanalyze.DNS) { told += rec.Messages.Queries + rec.Messages.Responses })
		n := 1 + r.IntN(600)
		var m hanalyze.Meta
		for i := range n {
			m = hanalyze.Meta{Packet: uint64(i), Time: m.Time.Add(time.Duration(r.IntN(2000)-100) * time.Millisecond)}
			msg := &Message{ID: uint16(r.IntN(300)), Response: r.IntN(2) == 0}
			for range r.IntN(3) {
				msg.Questions = append(msg.Questions, hanalyze.DNSQuestion{Name: fmt.Sprint(r.IntN(2)), Type: "A"})
			}
			p.Message(hanalyze.Dir(r.IntN(2)), m, msg)
			if len(p.open) > MaxOutstanding {
				t.Fatal(len(p.open))
			}
		}
		p.Close(m, 0)
		if told+p.Duplicates != uint64(n) {
			t.Fatalf("%d of %d messages told, %d duplicates", told, n, p.Duplicates)
		}
	}
}
