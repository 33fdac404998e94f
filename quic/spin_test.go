package quic

import (
	"math/rand/v2"
	"testing"

	"hanalyze"
)

// spinner plays two ends that take turns, in milliseconds: the capture is ten from the server and two from the client.
type spinner struct {
	s   spin
	now hanalyze.Time
}

const ms hanalyze.Time = 1e6

func (x *spinner) packet(after hanalyze.Time, from hanalyze.Dir, bit byte) {
	x.now += after * ms
	x.s.packet(from, bit*spinBit, x.now, 12*ms+ackDelay)
}

// round plays n round trips, each with the client's packets at once and the server's spread over the time.
func (x *spinner) round(n int, bit byte) byte {
	for range n {
		x.packet(0, cs, bit)
		x.packet(5, sc, 1-bit)
		x.packet(5, sc, bit)
		x.packet(1, sc, bit)
		bit = 1 - bit
		x.packet(1, cs, bit)
	}
	return bit
}

// newSpinner has both ends begin with zero, as RFC 9000 §17.4 wants it.
func newSpinner() *spinner {
	x := &spinner{}
	x.packet(0, cs, 0)
	x.packet(0, sc, 0)
	return x
}

func TestSpin(t *testing.T) {
	x := newSpinner()
	x.round(20, 1)
	got := x.s.tell()
	if got == nil || got.Odd != 0 || got.RTT.Samples < 18 || got.Basis != hanalyze.Inferred {
		t.Fatalf("%+v", got)
	}
	for part, c := range map[string]struct {
		rtt  hanalyze.RTT
		want hanalyze.Time
	}{"whole": {got.RTT, 12 * ms}, "server": {got.Server, 10 * ms}, "client": {got.Client, 2 * ms}} {
		for name, s := range map[string]hanalyze.Span{"min": c.rtt.Min, "p50": c.rtt.P50, "p95": c.rtt.P95, "max": c.rtt.Max} {
			if d, _ := s.Get(); hanalyze.Time(d) != c.want {
				t.Errorf("%s, %s: %v, want %d ns", part, name, d, c.want)
			}
		}
	}
}

// TestSpinEnough has as many round trips as are needed, and as many turns out of order as they outweigh.
func TestSpinEnough(t *testing.T) {
	for _, c := range []struct {
		trips, odd uint64
		told       bool
	}{
		{minSpins - 1, 0, false}, {minSpins, 0, true}, {2 * spinsPerOdd, 2, true}, {2*spinsPerOdd - 1, 2, false}, {0, 0, false},
	} {
		s := spin{odd: c.odd, trips: &spins{stride: 1}}
		for range c.trips {
			s.trips.add(trip{ms, ms})
		}
		if got := s.tell(); (got != nil) != c.told {
			t.Errorf("%d round trips, %d turns out of order: %+v", c.trips, c.odd, got)
		}
	}
}

// TestSpinUntold has what is no measurement: an end that does not take part sets the bit to one value, or at random.
func TestSpinUntold(t *testing.T) {
	for name, play := range map[string]func(x *spinner, rnd *rand.Rand){
		"both constant":   func(x *spinner, _ *rand.Rand) { x.packet(3, cs, 0); x.packet(3, sc, 1) },
		"client constant": func(x *spinner, rnd *rand.Rand) { x.packet(3, cs, 0); x.packet(3, sc, byte(rnd.IntN(2))) },
		"server constant": func(x *spinner, rnd *rand.Rand) { x.packet(3, cs, byte(rnd.IntN(2))); x.packet(3, sc, 0) },
		"both random": func(x *spinner, rnd *rand.Rand) {
			x.packet(3, cs, byte(rnd.IntN(2)))
			x.packet(3, sc, byte(rnd.IntN(2)))
		},
		"one end captured": func(x *spinner, _ *rand.Rand) { x.packet(3, cs, byte(x.now/(12*ms)&1)) },
		"server random, the client follows": func(x *spinner, rnd *rand.Rand) {
			x.packet(3, cs, 1-x.s.value[sc]/spinBit)
			x.packet(3, sc, byte(rnd.IntN(2)))
			x.packet(1, sc, byte(rnd.IntN(2)))
		},
	} {
		told := 0
		for seed := range uint64(200) {
			rnd := rand.New(rand.NewPCG(seed, 9))
			x := &spinner{}
			for range 10 + rnd.IntN(300) {
				play(x, rnd)
			}
			if x.s.tell() != nil {
				told++
			}
		}
		if told > 2 { // of random bits a few are like turns
			t.Errorf("%s: told %d of 200 times", name, told)
		}
	}
}

// TestSpinReordered exchanges packets at turns: the bit goes forth and back, which is no round trip.
func TestSpinReordered(t *testing.T) {
	x := newSpinner()
	bit := x.round(30, 1)
	x.packet(0, cs, 1-bit)
	x.packet(0, cs, bit)
	x.packet(5, sc, 1-bit)
	x.packet(5, sc, bit)
	x.packet(0, sc, 1-bit)
	x.packet(0, sc, bit)
	x.packet(2, cs, 1-bit)
	x.round(30, 1-bit)
	got := x.s.tell()
	if got == nil || got.Odd == 0 {
		t.Fatalf("%+v", got)
	}
	if d, _ := got.RTT.Min.Get(); hanalyze.Time(d) != 12*ms {
		t.Errorf("least round trip %v", d)
	}
}

// TestSpinIdle has ends with nothing to say for a while: the time of that is no round trip.
func TestSpinIdle(t *testing.T) {
	x := newSpinner()
	bit := byte(1)
	for range 10 {
		bit = x.round(3, bit)
		x.packet(10, sc, bit)
		x.packet(5000, cs, 1-bit)
		bit = 1 - bit
	}
	got := x.s.tell()
	if got == nil {
		t.Fatal("nothing is told")
	}
	if d, _ := got.RTT.Max.Get(); hanalyze.Time(d) != 12*ms {
		t.Errorf("longest round trip %v", d)
	}
}

func TestSpinsAreBounded(t *testing.T) {
	s := spins{stride: 1}
	for i := range hanalyze.Time(10_000) {
		s.add(trip{i, 1})
		if s.n > maxSpins {
			t.Fatalf("%d kept", s.n)
		}
	}
	got := s.report(trip.whole, s.least, s.most)
	if p50, _ := got.P50.Get(); got.Samples != 10_000 || p50 < 4000 || p50 > 6000 {
		t.Errorf("%d samples, median %v", got.Samples, p50)
	}
}

// TestSpinTold plays a whole connection whose ends spin, and one that began before the capture.
func TestSpinTold(t *testing.T) {
	f := newFlight(t, Version1, 1, true)
	steps := plain(Version1, 1, true)(t)
	for i := range 40 {
		up, down := f.short(cs, 40), f.short(sc, 40)
		up[0] |= byte(i&1) * spinBit
		down[0] |= byte(i&1) * spinBit
		steps = append(steps, c2s(up), s2c(down))
	}
	for _, c := range []struct {
		from int
		told bool
	}{{0, true}, {1, false}} {
		p := newPlayer(t)
		for _, x := range steps[c.from:] {
			p.play(x.dir, x.b)
		}
		if got := p.one().Spin; (got != nil) != c.told {
			t.Errorf("from datagram %d on: %+v", c.from, got)
		}
	}
}
