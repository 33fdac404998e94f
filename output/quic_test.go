package output

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// TestQUICRemarks has what no sample shows, and wants the words for it.
func TestQUICRemarks(t *testing.T) {
	for want, q := range map[string]*hanalyze.QUIC{
		"showed a token of an earlier connection,":                             {TokenBytes: 5, TokenFrom: "earlier_connection"},
		"of an earlier connection, or of a Retry that is not in the capture":   {TokenBytes: 5},
		"does not speak version grease-0x1a2a3a4a; its answer is not in":       {VersionNegotiation: true, OfferedVersion: "grease-0x1a2a3a4a"},
		"does not speak version 1; it offered 2":                               {VersionNegotiation: true, Version: "1", SupportedVersions: []string{"2"}},
		"the last packet, of the server, looks like a stateless reset: it may": {StatelessReset: &hanalyze.QUICReset{By: "server", Packets: 1}},
		"3 packets of the server end alike, as stateless resets do: it may":    {StatelessReset: &hanalyze.QUICReset{By: "server", Packets: 3}},
		"at the end the client went on for 2 s and heard nothing: 4 datagrams": {Unheard: &hanalyze.QUICUnheard{By: "client", Datagrams: 4, Lasted: hanalyze.Known(2 * time.Second)}},
		"the server seems to have tried whether the path carries larger datagrams, up to 1.44 kB": {
			Server: hanalyze.QUICEnd{Probes: &hanalyze.QUICProbes{Count: 1, MaxBytes: 1444}}},
		"up to 1.44 kB, and it does": {Client: hanalyze.QUICEnd{Probes: &hanalyze.QUICProbes{Count: 1, MaxBytes: 1444, Used: true}}},
	} {
		got := quicRemarks(q)
		if !slices.ContainsFunc(got, func(c chunk) bool { return strings.Contains(c.text, want) }) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for _, c := range quicRemarks(&hanalyze.QUIC{}) {
		if c.text != "" {
			t.Errorf("of nothing it says %q", c.text)
		}
	}
}

func TestQUICSpinLines(t *testing.T) {
	rtt := func(d time.Duration) hanalyze.RTT {
		s := hanalyze.Known(d)
		return hanalyze.RTT{Min: s, P50: s, P95: s, Max: s, Samples: 9}
	}
	lines := quicSpinLines(&hanalyze.QUICSpin{RTT: rtt(12 * time.Millisecond), Server: rtt(10 * time.Millisecond), Client: rtt(2 * time.Millisecond)})
	for i, want := range []string{
		"by the spin bit: min 12 ms, median 12 ms, max 12 ms", "to the server: min 10 ms, median 10 ms, max 10 ms", "to the client: min 2 ms, median 2 ms, max 2 ms",
	} {
		if got := lines[i][0].text; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
