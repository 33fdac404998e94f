package quic

import (
	"fmt"
	"testing"

	"hanalyze"
)

// TestNamedOnly has versions whose packets are not read: the name is told, the client's ID, and that there are no keys.
func TestNamedOnly(t *testing.T) {
	public := func(flags byte, version string) []byte {
		return append([]byte{flags, 1, 2, 3, 4, 5, 6, 7, 8}, append([]byte(version), noise(60)...)...)
	}
	invariant := func(v Version, dcid, scid []byte) []byte { return append(long(0xc3, v, dcid, scid), noise(1200)...) }
	id, other := []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte{9, 9, 9, 9}
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"Q043":                     {[]step{c2s(public(0x0d, "Q043")), s2c(public(0x0c, ""))}, "Q043 0102030405060708 1+1 other"},
		"Q046":                     {[]step{c2s(append(append([]byte("\xc3Q046\x50"), id...), noise(60)...)), s2c(append(append([]byte("\xc3Q046\x05"), id...), noise(60)...))}, "Q046 0102030405060708 1+1 other"},
		"Q050":                     {[]step{c2s(invariant(0x51303530, id, nil)), s2c(invariant(0x51303530, nil, id))}, "Q050 0102030405060708 1+1 other"},
		"T051":                     {[]step{c2s(invariant(0x54303531, id, nil)), s2c(invariant(0x54303531, nil, id))}, "T051 0102030405060708 1+1 other"},
		"mvfst":                    {[]step{c2s(invariant(0xfaceb002, id, other)), s2c(invariant(0xfaceb002, other, id))}, "mvfst-0xfaceb002 0102030405060708 1+1 other"},
		"msquic, short headers":    {[]step{c2s(invariant(0xabcd0000, id, other)), s2c(append([]byte{0x41}, noise(60)...))}, "msquic-0xabcd0000 0102030405060708 1+1 other"},
		"an old draft":             {[]step{c2s(invariant(draftBase+12, id, other)), s2c(invariant(draftBase+12, other, id))}, "draft-12 0102030405060708 1+1 other"},
		"a draft that never was":   {[]step{c2s(invariant(draftBase+99, id, other))}, "not QUIC"},
		"a version nobody uses":    {[]step{c2s(invariant(0x12345678, id, other))}, "not QUIC"},
		"IDs longer than allowed":  {[]step{c2s(invariant(0xfaceb002, make([]byte, 21), other))}, "not QUIC"},
		"a public header, no name": {[]step{c2s(public(0x0d, "Q04x"))}, "not QUIC"},
	} {
		p := newPlayer(t)
		if !Sniff(c.steps[0].b) {
			if c.want != "not QUIC" {
				t.Errorf("%s: not taken for QUIC", name)
			}
			continue
		}
		for _, x := range c.steps {
			p.play(x.dir, x.b)
		}
		r := p.one()
		got := fmt.Sprintf("%s %s %d+%d other", r.Version, r.DCID, r.Client.Packets.Other, r.Server.Packets.Other)
		if got != c.want || r.Missing != hanalyze.MissingNoKeys || r.TLS != nil || r.Established || len(r.Parameters) > 0 {
			t.Errorf("%s: %s, missing %b, %+v", name, got, r.Missing, r)
		}
	}
}
