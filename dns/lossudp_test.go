package dns

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hanalyze"
)

// datagram is one of a conversation over UDP.
type datagram struct {
	dir hanalyze.Dir
	at  hanalyze.Time
	msg Message
}

// chat makes a conversation of a forwarder that has one socket: names are asked with random IDs, again with the same ID after
// a second without an answer, sometimes at once for a second client with an ID of its own. Each answer has an address of its
// own, as those of a balancer do.
func chat(rnd *rand.Rand, n int) (all []datagram) {
	addr := 0
	for i := range n {
		start := hanalyze.Time(i)*hanalyze.Time(300*time.Millisecond) + hanalyze.Time(time.Second)
		for range 1 + rnd.IntN(5)/4 {
			id, name := uint16(rnd.Uint32()), fmt.Sprintf("n%d.example", i)
			q := []hanalyze.DNSQuestion{{Name: name, Type: "A", Class: "IN"}}
			wait := time.Duration(5+rnd.IntN(200)) * time.Millisecond
			if rnd.IntN(20) == 0 {
				wait += time.Second
			}
			asked := 1
			if wait > time.Second {
				asked = 2
			}
			for k := range asked {
				sent := start.Add(time.Duration(k) * time.Second)
				addr++
				rr := hanalyze.DNSRR{Name: name, Type: "A", Class: "IN", TTL: 60, Data: fmt.Sprintf("192.0.%d.%d", addr>>8, addr&255)}
				all = append(all, datagram{hanalyze.C2S, sent, Message{ID: id, Questions: q}},
					datagram{hanalyze.S2C, sent.Add(wait), Message{ID: id, Response: true, Questions: q, Answers: []hanalyze.DNSRR{rr}}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b datagram) int { return int(a.at.Sub(b.at)) })
	return all
}

// hear plays the datagrams that lost does not take away, and counts what is told.
func hear(t *testing.T, all []datagram, lost func() bool) (count map[string]int) {
	count = map[string]int{}
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) {
		count[r.Outcome]++
		if r.Mismatch != "" {
			count["mismatch "+r.Mismatch]++
		}
		if r.Contradicts > 0 {
			count["contradicts"]++
		}
		if (r.Mismatch != "" || r.Contradicts > 0) && r.Outcome != "unsolicited" {
			t.Errorf("%+v", r)
		}
		if r.Outcome == "answered" && r.Answers[0].Name != r.Question.Name {
			t.Errorf("the answer of another question: %+v", r)
		}
	})
	for i := range all {
		if lost() {
			count["lost"]++
			continue
		}
		m := all[i].msg
		p.Message(all[i].dir, hanalyze.Meta{Packet: uint64(i + 1), Time: all[i].at}, &m)
	}
	p.Close(hanalyze.Meta{Time: all[len(all)-1].at}, 0)
	return count
}

// TestLostDatagrams removes datagrams, of which nothing in a capture tells. No pair is wrong for it. That an answer has the ID of
// no question, or contradicts an earlier one, is what the capture shows; a lost question can be why, and the findings say so.
func TestLostDatagrams(t *testing.T) {
	sum := map[string]int{}
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		all := chat(rnd, 50)
		if whole := hear(t, all, func() bool { return false }); whole["mismatch id"]+whole["mismatch question"]+whole["contradicts"] > 0 {
			t.Fatalf("seed %d: %v without loss", seed, whole)
		}
		every := 3 + rnd.IntN(30)
		for k, n := range hear(t, all, func() bool { return rnd.IntN(every) == 0 }) {
			sum[k] += n
		}
	}
	t.Log(sum)
	if sum["contradicts"]*500 > sum["lost"] || sum["mismatch question"] > 0 || sum["mismatch id"] > sum["unsolicited"]/4 {
		t.Errorf("lost questions look like attacks: %v", sum)
	}
}
