package pipeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hanalyze/packet"
)

// asked and answered are what a request and a response are known by.
func (r record) asked() string { return r.flow() + r.text("method") + " " + r.text("path_query") }

func (r record) answered() string {
	s := fmt.Sprintln(r["status"], r["reason"])
	headers, _ := r.part("response")["headers"].([]any)
	for _, h := range headers {
		h := record(h.(map[string]any))
		s += h.text("name") + ": " + h.text("value") + "\n"
	}
	return s
}

// pairCount counts how the responses of captures that lack packets were paired.
type pairCount struct{ certain, right, wrong, none, complete int }

func (n *pairCount) add(t *testing.T, told, truth []record) {
	answers := map[string][]string{}
	for _, r := range truth {
		answers[r.asked()] = append(answers[r.asked()], r.answered())
	}
	for _, r := range told {
		if r["status"] == nil {
			continue
		}
		if r.is("complete") {
			n.complete++
		}
		right := slices.ContainsFunc(answers[r.asked()], func(s string) bool { return strings.HasPrefix(s, r.answered()) })
		switch pairing := r.text("pairing"); {
		case r["method"] == nil:
			n.none++
		case pairing == "certain":
			if n.certain++; !right {
				t.Errorf("called certain: %s\n%s", r.asked(), r.answered())
			}
		case right:
			n.right++
		default:
			n.wrong++
		}
	}
}

// TestPairsAfterLoss removes packets from samples. No pair that is called certain is wrong, and of those that are
// guessed no more than one in fifty is.
func TestPairsAfterLoss(t *testing.T) {
	for _, c := range []struct {
		name   string
		copies uint64
	}{
		{"h1-pipelining", 2000}, {"h1-keepalive", 300}, {"h1-redirects", 300}, {"h1-conditional", 300}, {"chromium-h1", 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := *captures + "/" + c.name + ".pcap"
			truth := readAll(t, openCapture(t, name))
			var n pairCount
			for seed := range c.copies {
				rnd := rand.New(rand.NewPCG(seed, 9))
				share := 0.05 + 0.2*rnd.Float64()
				src := &thinned{Source: openCapture(t, name), drop: func(*packet.Packet) bool { return rnd.Float64() < share }}
				n.add(t, readAll(t, src), truth)
			}
			t.Logf("%+v of %d", n, len(truth)*int(c.copies))
			if n.right == 0 || n.wrong*50 > n.right {
				t.Errorf("%+v", n)
			}
		})
	}
}
