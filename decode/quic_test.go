package decode

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"hanalyze"
)

// quicVectors returns the packets of RFC 9001 Appendix A by name.
func quicVectors(t *testing.T) map[string][]byte {
	src, err := os.ReadFile("../quic/testdata/rfc9001.hex")
	if err != nil {
		t.Fatal(err)
	}
	vectors := map[string][]byte{}
	for _, f := range txtar.Parse(src).Files {
		b, err := hex.DecodeString(strings.Join(strings.Fields(string(f.Data)), ""))
		if err != nil {
			t.Fatal(err)
		}
		vectors[f.Name] = b
	}
	return vectors
}

func quicRecords(p *player) (all []*hanalyze.QUIC) {
	for _, r := range p.records {
		if q, ok := r.(*hanalyze.QUIC); ok {
			all = append(all, q)
		}
	}
	return all
}

func TestQUIC(t *testing.T) {
	v := quicVectors(t)
	p := newPlayer(t, hanalyze.UDP, 443)
	p.data(hanalyze.C2S, v["client initial"])
	p.data(hanalyze.S2C, v["server initial"])
	p.close("timeout")
	got := quicRecords(p)
	if len(got) != 1 || got[0].Path != "quic" || got[0].TLS.SNI != "example.com" || got[0].Start.Packet != 1 || got[0].Last.Packet != 2 || p.stream.Path() != "quic" {
		t.Errorf("%+v", got)
	}
}

// TestQUICCut has a capture that kept the beginning of each packet.
func TestQUICCut(t *testing.T) {
	v := quicVectors(t)
	p := newPlayer(t, hanalyze.UDP, 443)
	const kept = 96
	for d, name := range [...]string{"client initial", "server initial"} {
		p.data(hanalyze.Dir(d), v[name][:kept])
		p.gap(hanalyze.Dir(d), int64(len(v[name])-kept), hanalyze.MissingSnaplen)
	}
	p.close("timeout")
	got := quicRecords(p)
	if len(got) != 1 || got[0].Version != "1" || got[0].TLS != nil || got[0].Missing&hanalyze.MissingSnaplen == 0 || got[0].Client.Bytes != 1200 {
		t.Errorf("%+v", got)
	}
}

// TestQUICIsNotShortHeaders has packets that look like those of an established connection, with the fixed bit and with a
// random one (RFC 9287). Nothing else vouches for it.
func TestQUICIsNotShortHeaders(t *testing.T) {
	for _, first := range [...]byte{0x41, 0x1f} {
		p := newPlayer(t, hanalyze.UDP, 443)
		for range 10 {
			p.data(hanalyze.C2S, append([]byte{first}, make([]byte, 1199)...))
			p.data(hanalyze.S2C, append([]byte{first ^ 0x13}, make([]byte, 40)...))
		}
		p.close("timeout")
		if got := quicRecords(p); len(got) > 0 || p.stream.Path() != "" {
			t.Errorf("%+v, path %q", got, p.stream.Path())
		}
		path, ok := p.records[0].(*hanalyze.QUICPath)
		if zeros := strings.Repeat("00", hanalyze.QUICPathBytes); !ok || path.To != [2]string{zeros, zeros} || path.Bytes != [2]int{1200, 41} {
			t.Errorf("%+v", p.records)
		}
	}
}

// TestQUICPathIsNone has flows that are no QUIC by the first datagram: too short for a connection ID, or with a long header.
func TestQUICPathIsNone(t *testing.T) {
	for name, b := range map[string][]byte{
		"short": append([]byte{0x41}, make([]byte, hanalyze.QUICPathBytes-1)...), "long header": append([]byte{0xc1}, make([]byte, 1200)...),
	} {
		p := newPlayer(t, hanalyze.UDP, 443)
		p.data(hanalyze.C2S, b)
		p.data(hanalyze.S2C, append([]byte{0x41}, make([]byte, 1200)...))
		p.close("timeout")
		if len(p.records) > 0 {
			t.Errorf("%s: %+v", name, p.records[0])
		}
	}
}
