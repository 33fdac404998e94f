package story

import (
	"net/netip"
	"testing"

	"hanalyze"
)

func TestMigration(t *testing.T) {
	const clientID, serverID, rest = "01cccccccc", "01eeeeee", "00112233445566778899"
	moved := netip.MustParseAddrPort("10.0.0.5:51000")
	other := netip.MustParseAddrPort("203.0.113.8:443")
	for name, c := range map[string]struct {
		client, server netip.AddrPort
		to             [2]string
		want           uint64
	}{
		"to the server":           {moved, server, [2]string{serverID + rest, ""}, 3},
		"to the client":           {moved, server, [2]string{"", clientID + rest}, 3},
		"captured from its end":   {server, moved, [2]string{clientID + rest, serverID + rest}, 3},
		"another server":          {moved, other, [2]string{serverID + rest, clientID + rest}, 0},
		"another ID":              {moved, server, [2]string{"01eeeeef" + rest, "02" + rest}, 0},
		"IDs the wrong way round": {moved, server, [2]string{clientID + rest, serverID + rest}, 0},
		"no packets":              {moved, server, [2]string{}, 0},
	} {
		j := New()
		q := quicTo("www.example.com", 1)
		q.Flow.ID, q.SCID, q.ServerCID = 3, clientID, serverID
		j.Record(q)
		p := &hanalyze.QUICPath{Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{ID: 4, Client: c.client, Server: c.server}}, To: c.to}
		j.Record(p)
		if p.Of != c.want || p.Of != 0 && p.From != client.String() {
			t.Errorf("%s: of #%d from %s, want #%d", name, p.Of, p.From, c.want)
		}
	}
}
