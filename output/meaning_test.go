package output

import (
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// What an exchange means is told in a line under it, at every width, and nothing of captured text reaches a terminal raw.
func TestMeaning(t *testing.T) {
	n := func(v uint64) *uint64 { return &v }
	second := hanalyze.Known(time.Second)
	for _, c := range []struct {
		change func(*hanalyze.HTTP)
		want   string
	}{
		{func(*hanalyze.HTTP) {}, ""},
		{func(h *hanalyze.HTTP) {
			h.Redirect = &hanalyze.HTTPRedirect{Location: "http://b/\x1b[2J", Method: "GET"}
		}, `go to http://b/\x1b[2J with GET`},
		{func(h *hanalyze.HTTP) { h.Redirect = &hanalyze.HTTPRedirect{Hop: 2, Spent: second} }, "2 redirects led here in 1 s"},
		{func(h *hanalyze.HTTP) { h.Redirect = &hanalyze.HTTPRedirect{Location: "http://b/", Loop: true} }, "go to http://b/  as it did before: a circle"},
		{func(h *hanalyze.HTTP) {
			h.Range = &hanalyze.HTTPRange{Outcome: "partial", First: n(0), Last: n(9), Total: n(20)}
		}, "bytes 0–9 of 20"},
		{func(h *hanalyze.HTTP) {
			h.Range = &hanalyze.HTTPRange{Outcome: "partial", First: n(10), Last: n(19), Joined: &hanalyze.HTTPJoined{Complete: true}}
		}, "bytes 10–19  with the other parts it is complete"},
		{func(h *hanalyze.HTTP) { h.Range = &hanalyze.HTTPRange{Outcome: "whole"} }, "all of it, not only the part asked for"},
		{func(h *hanalyze.HTTP) { h.Range = &hanalyze.HTTPRange{Outcome: "unsatisfiable", Total: n(5)} }, "there are only 5 bytes"},
		{func(h *hanalyze.HTTP) { h.Status = 304 }, "the client's copy is still good"},
		{func(h *hanalyze.HTTP) {
			h.Caching = &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Conn: 3, Age: second, Fresh: true, Asked: "whole"}}
		}, "had it 1 s ago on #3, still fresh"},
		{func(h *hanalyze.HTTP) { h.Caching = &hanalyze.HTTPCaching{Storable: "any", Lifetime: second} }, ""},
		{func(h *hanalyze.HTTP) {
			h.Cookies = &hanalyze.HTTPCookies{Sent: []string{"x"}, NotSent: []string{"y"}, Set: []hanalyze.HTTPCookie{{Name: "a"}, {Name: ""}, {Name: "d", Deleted: true}, {Name: "r", Refused: "secure_over_http"}}}
		}, "sets cookies a, (no name)  takes back cookie d  sets what browsers refuse: cookie r  sent without cookie y"},
		{func(h *hanalyze.HTTP) { h.Auth = &hanalyze.HTTPAuth{Scheme: "Basic", Outcome: "accepted"} }, "Basic credentials accepted"},
		{func(h *hanalyze.HTTP) {
			h.Auth = &hanalyze.HTTPAuth{Proxy: true, Outcome: "challenged", Challenges: []hanalyze.HTTPChallenge{{Scheme: "Digest"}, {Scheme: "Basic"}}}
		}, "asks for Digest or Basic"},
		{func(h *hanalyze.HTTP) { h.Delivery = &hanalyze.HTTPDelivery{Kind: "sse", Pauses: 2, MaxPause: second} }, "event stream (SSE), 2 pauses of up to 1 s"},
		{func(h *hanalyze.HTTP) { h.Timing.Idle = second }, "after 1 s unused"},
		{func(h *hanalyze.HTTP) { h.Timing.Blocked, h.BlockedBy = second, 4 }, "waited 1 s behind 4."},
		{func(h *hanalyze.HTTP) { h.Expect = &hanalyze.HTTPExpect{Answer: "none", Waited: second} }, "waited 1 s for 100 in vain"},
		{func(h *hanalyze.HTTP) { h.Expect = &hanalyze.HTTPExpect{Answer: "100", Waited: second} }, ""},
		{func(h *hanalyze.HTTP) { h.RetryAfter = second }, "asks to wait 1 s"},
		{func(h *hanalyze.HTTP) { h.Persistence = &hanalyze.HTTPPersistence{Why: "connection_close", By: "both"} }, "last on this connection: both ends said so"},
		{func(h *hanalyze.HTTP) {
			h.Persistence = &hanalyze.HTTPPersistence{Why: "keep_alive", Timeout: second, Max: n(9)}
		}, "the connection stays open for 1 s, 9 more requests"},
	} {
		for _, width := range []int{80, 200} {
			h := &hanalyze.HTTP{Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{}}, Method: "GET", PathQuery: "/", Status: 200}
			c.change(h)
			s := NewStory(Options{Width: width})
			k := &block{flow: h.Flow}
			s.exchange(k, h)
			before := len(k.text)
			s.meaning(k, h)
			got := strings.Join(strings.Fields(string(k.text[before:])), " ")
			if want := strings.Join(strings.Fields(c.want), " "); got != want {
				t.Errorf("%d columns: %q, want %q", width, got, want)
			}
			if len(k.lines) != 1 || k.lines[0].end != len(k.text) {
				t.Errorf("%q is not part of the exchange", got)
			}
		}
	}
}

func TestWebTally(t *testing.T) {
	var y tally
	for _, h := range []*hanalyze.HTTP{
		{Redirect: &hanalyze.HTTPRedirect{Location: "http://b/"}}, {Redirect: &hanalyze.HTTPRedirect{Location: "http://c/", Hop: 1, Loop: true}},
		{Redirect: &hanalyze.HTTPRedirect{Hop: 2}},
		{Caching: &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Fresh: true, Asked: "whole"}}},
		{Caching: &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Fresh: true, Asked: "check"}}},
		{Caching: &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Asked: "whole"}}},
	} {
		y.web.add(h)
	}
	got := string(appendSummary(nil, newPage(Options{Width: 200}), &hanalyze.Stats{}, &y))
	if want := "http         1 chain of redirects, the longest with 2  1 in a circle  1 fetched again while fresh  1 checked while fresh\n"; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
}
