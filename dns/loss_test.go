package dns

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"hanalyze"
)

// piece is a segment of a DNS conversation over TCP, whole messages or parts of them.
type piece struct {
	dir  hanalyze.Dir
	meta hanalyze.Meta
	b    []byte
}

// talk makes n exchanges over TCP, pipelined, of which each has a name and an address of its own, and cuts them into
// segments. IDs repeat, as those of a forwarder that counts to eight do.
func talk(t *testing.T, rnd *rand.Rand, n int) (pieces []piece) {
	var out [2][]byte
	var m hanalyze.Meta
	flush := func(d hanalyze.Dir) {
		for len(out[d]) > 0 {
			k := min(len(out[d]), 1+rnd.IntN(120))
			m.Packet++
			m.Time = m.Time.Add(1e6)
			pieces = append(pieces, piece{d, m, out[d][:k]})
			out[d] = out[d][k:]
		}
		out[d] = nil
	}
	for i := 0; i < n; {
		first := i
		for ; i < n && i < first+1+rnd.IntN(3); i++ {
			q := wire(t, fmt.Sprintf("%04x 0100 0001 0000 0000 0000 n%d.example. 0001 0001", i%8, i))
			a := wire(t, fmt.Sprintf("%04x 8180 0001 0001 0000 0000 n%d.example. 0001 0001 c00c 0001 0001 0000003c 0004 c000%04x", i%8, i, i))
			out[0] = append(binary.BigEndian.AppendUint16(out[0], uint16(len(q))), q...)
			out[1] = append(binary.BigEndian.AppendUint16(out[1], uint16(len(a))), a...)
		}
		flush(hanalyze.C2S)
		flush(hanalyze.S2C)
	}
	return pieces
}

// listen plays pieces, those marked lost as gaps, and returns the records.
func listen(pieces []piece, lost func(i int) bool, known bool) (recs []*hanalyze.DNS) {
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { recs = append(recs, r) })
	p.Stream = true
	var now hanalyze.Meta
	c := NewConn(func(e *Event) {
		if e.Kind == KindMessage {
			p.Message(e.Dir, now, e.Message)
		}
	})
	for i, x := range pieces {
		now = x.meta
		if !lost(i) {
			c.Feed(x.dir, x.b)
			continue
		}
		p.Lost(x.dir, hanalyze.MissingGap)
		if known {
			c.Gap(x.dir, int64(len(x.b)))
		} else {
			c.Gap(x.dir, -1)
		}
	}
	c.End(hanalyze.C2S)
	c.End(hanalyze.S2C)
	p.Close(now, 0)
	return recs
}

// fact is what is told as certain of one exchange.
func fact(r *hanalyze.DNS) string {
	return fmt.Sprint(r.ID, r.Question, r.Outcome, r.Rcode, r.Answers, r.Addresses, r.Messages)
}

// TestLossNeverLies removes segments. What a record tells as complete is what really happened, and what it tells of an
// exchange as a whole is of that exchange.
func TestLossNeverLies(t *testing.T) {
	kept := 0
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		pieces := talk(t, rnd, 20)
		truth := map[string]bool{}
		for _, r := range listen(pieces, func(int) bool { return false }, true) {
			truth[fact(r)] = true
		}
		if len(truth) != 20 {
			t.Fatalf("seed %d: %d facts without loss", seed, len(truth))
		}
		every, known := 3+rnd.IntN(30), rnd.IntN(4) > 0
		for _, r := range listen(pieces, func(int) bool { return rnd.IntN(every) == 0 }, known) {
			switch {
			case r.Missing == 0 && !truth[fact(r)]:
				t.Fatalf("seed %d, complete: %s", seed, fact(r))
			case r.Outcome == "answered" && len(r.Addresses) > 0 && r.Addresses[0] != address(r.Question.Name):
				t.Fatalf("seed %d: the answer of another question: %s", seed, fact(r))
			case r.Missing == 0:
				kept++
			}
		}
	}
	if kept < 2000*10 {
		t.Errorf("only %d of %d exchanges survive the loss of 3 to 33 %% of the segments", kept, 2000*20)
	}
}

// address is the one that talk gives to a name.
func address(name string) string {
	var i int
	fmt.Sscanf(name, "n%d.", &i)
	return fmt.Sprintf("192.0.%d.%d", i>>8, i&255)
}
