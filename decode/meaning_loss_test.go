package decode

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// meaningTalk makes a conversation of n exchanges, each with a URL and headers of its own.
func meaningTalk(rnd *rand.Rand, n int) (steps []convo.Step) {
	pick := func(lines ...string) string { return lines[rnd.IntN(len(lines))] }
	for i := range n {
		body := strings.Repeat(".", rnd.IntN(300))
		asked := fmt.Sprintf("GET /x/%d HTTP/1.1\r\nHost: a.example\r\n", i) +
			pick("", "Range: bytes=0-9\r\n", fmt.Sprintf("If-None-Match: \"%d\"\r\n", rnd.IntN(3))) +
			pick("", fmt.Sprintf("Cookie: a=%d; b=x\r\n", i), "Authorization: Basic eDp5\r\n") +
			pick("", "Accept: text/html\r\nAccept-Encoding: gzip;q=0.5\r\n", "Connection: keep-alive\r\n") + "\r\n"
		status := pick("200", "206", "302", "401", "503")
		answered := fmt.Sprintf("HTTP/1.1 %s X\r\nContent-Length: %d\r\n", status, len(body)) +
			pick("", "Cache-Control: max-age=60\r\n", "Age: 5\r\nExpires: 0\r\n") +
			pick("", fmt.Sprintf("ETag: \"%d\"\r\n", rnd.IntN(3)), "Content-Range: bytes 0-9/100\r\n") +
			pick("", "Set-Cookie: s=1; Secure; Path=/\r\n", fmt.Sprintf("Location: /y/%d\r\n", i)) +
			pick("", "WWW-Authenticate: Basic realm=\"r\"\r\n", "Retry-After: 7\r\n", "Keep-Alive: timeout=5\r\n") +
			pick("", "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\n") + "\r\n" + body
		steps = append(steps, c2s(asked), s2c(answered))
	}
	return steps
}

// meanings are the facts of each exchange by its URL, each as a map of what its JSON says.
func meanings(t testing.TB, records []hanalyze.Record) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, r := range records {
		h, ok := r.(*hanalyze.HTTP)
		if !ok || h.URL == "" || h.Pairing == "guessed" {
			continue // the answer in a guessed pair may be another's, and says so
		}
		text, err := json.Marshal(map[string]any{
			"persistence": h.Persistence, "expect": h.Expect, "range": h.Range, "conditional": h.Conditional, "caching": h.Caching,
			"cookies": h.Cookies, "redirect": h.Redirect, "negotiation": h.Negotiation, "auth": h.Auth, "delivery": h.Delivery,
		})
		if err != nil {
			t.Fatal(err)
		}
		facts := map[string]any{}
		if err := json.Unmarshal(text, &facts); err != nil {
			t.Fatal(err)
		}
		all[h.URL] = facts
	}
	return all
}

// within reports whether all that is told was told of the whole conversation too.
func within(told, truth any) bool {
	if list, ok := told.([]any); ok {
		of, _ := truth.([]any)
		for i, v := range list {
			if len(of) != len(list) || !within(v, of[i]) {
				return false
			}
		}
		return true
	}
	m, ok := told.(map[string]any)
	if !ok {
		return told == nil || reflect.DeepEqual(told, truth)
	}
	of, ok := truth.(map[string]any)
	for k, v := range m {
		if !ok || !within(v, of[k]) {
			return false
		}
	}
	return true
}

// What is said of the meaning of exchanges in a lossy capture may be less than the truth, never something else, of
// incomplete exchanges too.
func TestLossLeavesMeaningTrue(t *testing.T) {
	const exchanges = 12
	kept := 0
	for seed := range uint64(1500) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		pieces, whole := lossy(meaningTalk(rnd, exchanges), rnd, 0)
		p := newPlayer(t, hanalyze.TCP, 80)
		p.steps(whole, nil)
		p.close("fin")
		truth := meanings(t, p.records)
		if len(truth) != exchanges {
			t.Fatalf("seed %d: %d exchanges without loss", seed, len(truth))
		}
		for i := range pieces {
			if pieces[i].Gap > 0 && seed%2 == 0 {
				pieces[i].Gap = -1
			}
		}
		p = newPlayer(t, hanalyze.TCP, 80)
		p.steps(pieces, nil)
		p.close("fin")
		for url, told := range meanings(t, p.records) {
			of, known := truth[url]
			if !known {
				continue // part of a URL
			}
			if !within(told, of) {
				t.Fatalf("seed %d: %s tells\n%v, the truth is\n%v", seed, url, told, of)
			}
			kept++
		}
	}
	if kept < exchanges*100 {
		t.Errorf("only %d exchanges survived: the test hardly tests", kept)
	}
}
