package decode

import (
	"crypto/tls"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"hanalyze"
	"hanalyze/internal/convo"
)

// FuzzStream plays any conversation over TCP and over UDP: no panic, a bounded queue, and records that have their flow and
// sensible packets, which the player checks.
func FuzzStream(f *testing.F) {
	for _, s := range readScenes(f) {
		f.Add(s.Bytes(), byte(0))
	}
	dns := []convo.Step{c2s(string(dnsQuery(f, 1, "a.example."))), s2c(string(dnsAnswer(f, 1, "a.example.", dnsmessage.RCodeSuccess, [4]byte{192, 0, 2, 1})))}
	for _, steps := range [][]convo.Step{http2Steps(f), h2cSteps(f), dns, recordTLS(f, tls.VersionTLS13)} {
		f.Add((&convo.Conversation{Steps: steps}).Bytes(), byte(1))
	}
	reasons := [...]string{"fin", "reset", "timeout", "evicted", "end_of_capture"}
	f.Fuzz(func(t *testing.T, b []byte, how byte) {
		conversation := convo.FromBytes(b)
		for _, transport := range []hanalyze.Transport{hanalyze.TCP, hanalyze.UDP} {
			p := newPlayer(t, transport, 53)
			p.decoder = New(Config{Emit: p.emit, Frames: how&1 != 0})
			p.stream = p.decoder.Open(p.flow)
			p.flow.MidStream = how&2 != 0
			for _, s := range conversation.Steps {
				switch {
				case transport == hanalyze.UDP && (s.End || s.Gap < 0): // reassembly never says so of datagrams
				case s.End:
					p.end(s.Dir)
				case s.Gap != 0:
					p.gap(s.Dir, s.Gap, hanalyze.Missing(1)<<(how>>2&1))
				default:
					p.data(s.Dir, s.Data)
				}
			}
			p.close(reasons[int(how>>3)%len(reasons)])
			if n := p.decoder.Counters(); n.Decoded+n.Opaque > 1 {
				t.Fatalf("one stream counts as %d decoded and %d opaque", n.Decoded, n.Opaque)
			}
			_ = text(p.records, true)
		}
	})
}
