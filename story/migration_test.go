package story

import (
	"net/netip"
	"testing"
	"time"

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

// TestShortIDs has IDs that are found by chance too often.
func TestShortIDs(t *testing.T) {
	for id, want := range map[string]int{"": 0, "010203": 0, "01020304": 1} {
		j := New()
		j.rememberIDs(&hanalyze.QUIC{ServerCID: id})
		if len(j.quicIDs.m) != want {
			t.Errorf("%q: %d remembered", id, len(j.quicIDs.m))
		}
	}
}

// TestMayHaveMigrated has flows that no connection ID joins to a connection. They may be how it went on where the time and the
// sizes fit, and no other connection can have moved.
func TestMayHaveMigrated(t *testing.T) {
	const second = hanalyze.Time(time.Second)
	moved := netip.MustParseAddrPort("10.0.0.5:51000")
	stranger := netip.MustParseAddrPort("10.0.0.6:51000")
	full := [2]int{minValidation, minValidation}
	for name, c := range map[string]struct {
		client netip.AddrPort
		at     hanalyze.Time // the connection's last packet is at 100 s
		bytes  [2]int
		change func(*hanalyze.QUIC)
		other  hanalyze.Time // last packet of another connection of the two, 0 without
		want   uint64
	}{
		"at once":                       {moved, 100 * second, full, nil, 0, 3},
		"while packets were under way":  {moved, 100*second - second/2, full, nil, 0, 3},
		"while it went on":              {moved, 98 * second, full, nil, 0, 0},
		"after a pause":                 {moved, 120 * second, full, nil, 0, 3},
		"after it must have ended":      {moved, 131 * second, full, nil, 0, 0},
		"another client":                {stranger, 100 * second, full, nil, 0, 0},
		"small datagrams of the client": {moved, 100 * second, [2]int{minValidation - 1, minValidation}, nil, 0, 0},
		"small datagrams of the server": {moved, 100 * second, [2]int{minValidation, minValidation - 1}, nil, 0, 0},
		"not established":               {moved, 100 * second, full, func(q *hanalyze.QUIC) { q.Established = false }, 0, 0},
		"closed":                        {moved, 100 * second, full, func(q *hanalyze.QUIC) { q.Close = &hanalyze.QUICClose{} }, 0, 0},
		"reset":                         {moved, 100 * second, full, func(q *hanalyze.QUIC) { q.StatelessReset = &hanalyze.QUICReset{} }, 0, 0},
		"another one may have moved":    {moved, 100 * second, full, nil, 95 * second, 0},
		"another one ended long before": {moved, 100 * second, full, nil, 60 * second, 3},
	} {
		j := New()
		if c.other != 0 {
			q := quicTo("www.example.com", 1)
			q.Flow, q.Established, q.Last.Time = &hanalyze.Flow{ID: 2, Client: client, Server: server}, true, c.other
			j.Record(q)
		}
		q := quicTo("www.example.com", 1)
		q.Flow.ID, q.Established, q.Last.Time = 3, true, 100*second
		if c.change != nil {
			c.change(q)
		}
		j.Record(q)
		p := &hanalyze.QUICPath{Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{ID: 4, Client: c.client, Server: server}}, To: [2]string{"00", "00"}, Bytes: c.bytes}
		p.Start.Time = c.at
		j.Record(p)
		if p.Of != c.want || p.Guessed != (c.want != 0) || p.Of != 0 && p.From != client.String() {
			t.Errorf("%s: of #%d from %s, guessed %v, want #%d", name, p.Of, p.From, p.Guessed, c.want)
		}
	}
}
