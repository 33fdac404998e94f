package output

import (
	"testing"

	"hanalyze"
)

func TestOddHeads(t *testing.T) {
	m := func(notes ...string) *hanalyze.HTTPMessage { return &hanalyze.HTTPMessage{Notes: notes} }
	for _, tt := range []struct {
		h    hanalyze.HTTP
		want string
	}{
		{hanalyze.HTTP{}, ""},
		{hanalyze.HTTP{Request: m(), Response: m("truncated")}, ""},
		{hanalyze.HTTP{Request: m("bare_lf", "host_missing")}, "odd request: lines end with LF alone, no Host"},
		{hanalyze.HTTP{Request: m("folded"), Response: m("no_reason_space")}, "odd request: folded header; odd response: no reason space"},
		{hanalyze.HTTP{Request: m("bare_lf", "bare_cr", "folded", "no_colon", "nul_byte")},
			"odd request: lines end with LF alone, CR within a line, folded header, header without a colon"},
	} {
		if got := oddHeads(&tt.h); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
