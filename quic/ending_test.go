package quic

import (
	"bytes"
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
		"one right behind the other":   {[]uint64{1200, 1406, 1444, 60}, "2 1444 1200"},
		"the last one is in doubt":     {[]uint64{1200, 1350}, "0 0 1200"},
		"the largest":                  {[]uint64{1200, maxProbe, 60}, "1 1472 1200"},
		"several datagrams as one":     {[]uint64{1200, maxProbe + 1, 60, 1400, 60}, "0 0 1400"},
		"as one behind a probe":        {[]uint64{1200, 1400, 60, 20_000, 60}, "1 1400 1200"},
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

// TestResets has packets of a server behind a whole connection, by the bytes they begin and end with.
func TestResets(t *testing.T) {
	looks := func(lead byte, tail byte, size int) []byte {
		b := noise(size)
		b[0], b[1] = fixedBit|lead&0x3f, lead
		copy(b[len(b)-resetToken:], bytes.Repeat([]byte{tail}, resetToken))
		return b
	}
	up := newFlight(t, Version1, 1, true).short(cs, 60)
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"one, the last packet":              {[]step{c2s(up), s2c(looks(1, 9, 38))}, "1"},
		"one, the client goes on":           {[]step{s2c(looks(1, 9, 38)), c2s(up)}, "<nil>"},
		"one, the server goes on":           {[]step{s2c(looks(1, 9, 38)), s2c(looks(2, 8, 38))}, "<nil>"},
		"one that is large":                 {[]step{s2c(looks(1, 9, 60))}, "<nil>"},
		"three, the client asks again":      {[]step{c2s(up), s2c(looks(1, 9, 38)), c2s(up), s2c(looks(2, 9, 38)), c2s(up), s2c(looks(3, 9, 37)), c2s(up)}, "3"},
		"two that are large":                {[]step{s2c(looks(1, 9, 60)), s2c(looks(2, 9, 61))}, "2"},
		"a packet that was captured twice":  {[]step{s2c(looks(1, 9, 60)), s2c(looks(1, 9, 60))}, "<nil>"},
		"two that are too short for resets": {[]step{s2c(looks(1, 9, 20)), s2c(looks(2, 9, 20))}, "<nil>"},
	} {
		for _, clientID := range [...]bool{true, false} {
			p := newPlayer(t)
			steps := plain(Version1, 1, clientID)(t)
			for _, x := range append(steps, c.steps...) {
				p.play(x.dir, x.b)
			}
			got := "<nil>"
			if x := p.one().StatelessReset; x != nil {
				got = fmt.Sprint(x.Packets)
				if want := uint64(len(steps) + 1); x.By != "server" || x.Basis != hanalyze.Inferred || x.Packets > 1 && x.Frame != want && x.Frame != want+1 {
					t.Errorf("%s: %+v", name, x)
				}
			}
			want := c.want
			if want == "1" && !clientID { // packets to an empty ID show none
				want = "<nil>"
			}
			if got != want {
				t.Errorf("%s, the client has an ID: %v: %s resets, want %s", name, clientID, got, want)
			}
		}
	}
}
