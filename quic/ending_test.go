package quic

import (
	"fmt"
	"testing"

	"hanalyze"
)

func TestProbes(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []uint64
		want  string
	}{
		"no larger ones":               {[]uint64{1200, 400, 1200, 30}, "0 0 1200"},
		"probes":                       {[]uint64{1200, 1350, 60, 1200, 1440, 40}, "2 1440 1200"},
		"a probe sent again":           {[]uint64{1200, 1350, 60, 1350, 60}, "1 1350 1350"},
		"used from then on":            {[]uint64{1200, 1350, 60, 1350, 1350, 80}, "1 1350 1350"},
		"two in a row are no probe":    {[]uint64{1200, 1350, 1350, 60}, "0 0 1350"},
		"growing without end":          {[]uint64{1200, 1250, 1300, 1350}, "0 0 1300"},
		"the last one is in doubt":     {[]uint64{1200, 1350}, "0 0 1200"},
		"no larger than what all take": {[]uint64{600, 1100, 40}, "0 0 1100"},
	} {
		var p probes
		p.datagram(c.sizes[0], false)
		for _, n := range c.sizes[1:] {
			p.datagram(n, true)
		}
		if got := fmt.Sprint(p.count, p.probed, p.usual); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestProbesOfAHandshake has a client whose Handshake packet makes the largest datagram, and a real probe behind.
func TestProbesOfAHandshake(t *testing.T) {
	p := newPlayer(t)
	for _, x := range plain(Version1, 1, true)(t) {
		p.play(x.dir, x.b)
	}
	f := newFlight(t, Version1, 1, true)
	p.play(cs, f.short(cs, 1400))
	p.play(cs, f.short(cs, 50))
	r := p.one()
	if x := r.Client.Probes; x == nil || x.Count != 1 || x.MaxBytes != 1405 || x.Used || x.Basis != hanalyze.Inferred {
		t.Errorf("client %+v", x)
	}
	if x := r.Server.Probes; x != nil {
		t.Errorf("server %+v", x)
	}
}

// TestUnheard has a client that sends its last packets again and again, and ones that do not.
func TestUnheard(t *testing.T) {
	for name, c := range map[string]struct {
		waits []hanalyze.Time // in milliseconds before each datagram of the client
		want  string
	}{
		"probes that nobody answers": {[]hanalyze.Time{100, 200, 400, 800}, "client 4 1.4s"},
		"two datagrams":              {[]hanalyze.Time{100, 5000}, "<nil>"},
		"all at once":                {[]hanalyze.Time{0, 0, 0, 0, 0}, "<nil>"},
	} {
		p := newPlayer(t)
		steps := plain(Version1, 1, true)(t)
		for _, x := range steps[:len(steps)-1] {
			p.play(x.dir, x.b)
		}
		f := newFlight(t, Version1, 1, true)
		for _, wait := range c.waits {
			p.now.Time += wait*ms - ms
			p.play(cs, f.short(cs, 40))
		}
		got := "<nil>"
		if x := p.one().Unheard; x != nil {
			d, _ := x.Lasted.Get()
			got = fmt.Sprint(x.By, " ", x.Datagrams, " ", d)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestUnheardByNobody has a server that never spoke: that is told by all of the record.
func TestUnheardByNobody(t *testing.T) {
	p := newPlayer(t)
	hello, _ := hellos(t)
	f := newFlight(t, Version1, 1, true)
	for range 5 {
		p.now.Time += 1000 * ms
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
	}
	if x := p.one().Unheard; x != nil {
		t.Errorf("%+v", x)
	}
}

// TestTokens tells where a client's token is from only where its very first packet was read.
func TestTokens(t *testing.T) {
	hello, _ := hellos(t)
	for name, c := range map[string]struct {
		number int64
		token  string
		want   string
	}{
		"none":                          {0, "", "0  1"},
		"in the first packet":           {0, "token", "5 earlier_connection 1"},
		"in a later one, maybe a Retry": {1, "token", "5  0"},
	} {
		f := newFlight(t, Version1, 1, true)
		f.token, f.number[cs] = []byte(c.token), c.number
		p := newPlayer(t)
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
		for _, x := range answered(t, f) {
			p.play(x.dir, x.b)
		}
		r := p.one()
		if got := fmt.Sprint(r.TokenBytes, " ", r.TokenFrom, " ", r.TLS.HandshakeRTTs); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
