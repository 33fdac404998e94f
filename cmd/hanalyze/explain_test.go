package main

import (
	"slices"
	"strings"
	"testing"

	"hanalyze/pipeline"
)

func TestNearest(t *testing.T) {
	all := pipeline.Explanations()
	for asked, want := range map[string]string{
		"tcp.zero_windw": "tcp.zero_window", "zero_window": "tcp.zero_window", "zero": "tcp.zero_window", "retransmissions": "tcp.retransmissions",
		"tcp.reste": "tcp.reset", "tls.expired": "", "no.such_thing_at_all": "", "": "", strings.Repeat("x", 1<<20): "",
	} {
		near := nearest(asked, all)
		if want == "" && len(near) > 0 || want != "" && (len(near) == 0 || near[0] != want) || len(near) > maxSuggestions {
			t.Errorf("%.40q: %v, want %q", asked, near, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"same", "same", 0}, {"ab", "ba", 2}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestCompleteID(t *testing.T) {
	if got := completeID("tcp.zero"); !slices.Equal(got, []string{"tcp.zero_window\tA receiver's window was full"}) {
		t.Error(got)
	}
	if got := completeID(""); len(got) != len(pipeline.Explanations()) {
		t.Error(got)
	}
}
