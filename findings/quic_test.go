package findings

import (
	"slices"
	"testing"
	"time"

	"hanalyze"
)

// TestQUICRules has a connection for each rule, and one much like it that is healthy.
func TestQUICRules(t *testing.T) {
	answered := func(r hanalyze.QUIC) *hanalyze.QUIC {
		r.Client.Datagrams, r.Client.MaxDatagramBytes, r.Client.Packets.Initial = 2, 1200, 1
		r.Server.Datagrams = 2
		return &r
	}
	unanswered := answered(hanalyze.QUIC{})
	unanswered.Server.Datagrams = 0
	unfinished := *unanswered
	unfinished.Missing = hanalyze.MissingEndOfCapture
	gaveUp := *unanswered
	gaveUp.Close = &hanalyze.QUICClose{By: "client", Code: "CONNECTION_REFUSED"}
	small := answered(hanalyze.QUIC{})
	small.Client.MaxDatagramBytes = 600
	repeated := answered(hanalyze.QUIC{})
	repeated.Server.Retransmitted = 1
	for name, c := range map[string]struct {
		r    *hanalyze.QUIC
		want []string
	}{
		"healthy":                 {answered(hanalyze.QUIC{Established: true}), nil},
		"closed without an error": {answered(hanalyze.QUIC{Close: &hanalyze.QUICClose{By: "server", Code: "NO_ERROR"}}), nil},
		"refused":                 {answered(hanalyze.QUIC{Close: &hanalyze.QUICClose{By: "server", Code: "CRYPTO_ERROR", Alert: "no_application_protocol", Frame: 4}}), []string{"quic.handshake_failed"}},
		"unanswered":              {unanswered, []string{"quic.unanswered"}},
		"unanswered, and gave up": {&gaveUp, []string{"quic.unanswered"}},
		"not answered yet":        {&unfinished, nil},
		"version":                 {answered(hanalyze.QUIC{VersionNegotiation: true, SupportedVersions: []string{"1"}}), []string{"quic.version_negotiation"}},
		"small":                   {small, []string{"quic.small_initial"}},
		"amplification":           {answered(hanalyze.QUIC{Amplification: &hanalyze.QUICLimit{Wait: hanalyze.Known(time.Millisecond)}}), []string{"quic.amplification_limit"}},
		"reset":                   {answered(hanalyze.QUIC{StatelessReset: &hanalyze.QUICReset{By: "server", Basis: hanalyze.Inferred}}), []string{"quic.stateless_reset"}},
		"unheard":                 {answered(hanalyze.QUIC{Unheard: &hanalyze.QUICUnheard{By: "client", Datagrams: 4, Basis: hanalyze.Inferred}}), []string{"quic.unheard"}},
		"unheard after a reset": {answered(hanalyze.QUIC{
			StatelessReset: &hanalyze.QUICReset{By: "server", Basis: hanalyze.Inferred}, Unheard: &hanalyze.QUICUnheard{By: "server", Datagrams: 4, Basis: hanalyze.Inferred},
		}), []string{"quic.stateless_reset"}},
		"repeated": {repeated, []string{"quic.initial_repeated"}},
	} {
		if got := ids(judge(t, []hanalyze.Record{c.r}, nil)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
