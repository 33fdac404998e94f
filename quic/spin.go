package quic

import (
	"slices"

	"hanalyze"
)

// Limits of what is concluded from the spin bit.
const (
	// minSpins is how many round trips must have been measured before any is told. An end that takes no part sets the bit at
	// random (RFC 9000 §17.4), and a few random bits look like turns now and then.
	minSpins = 8
	// spinsPerOdd is how many round trips outweigh one turn out of order. Reordering makes a few of those, random bits as
	// many as there are turns in order.
	spinsPerOdd = 8
	// maxSpins bounds the samples kept: up to it percentiles are exact, beyond it they come from samples spread evenly.
	maxSpins = 32
	// ackDelay is how long an end may keep an acknowledgment back unless it says otherwise: 25 ms (RFC 9000 §18.2).
	ackDelay hanalyze.Time = 25e6
)

// awaited is the turn of the spin bit that comes next.
type awaited uint8

const (
	noTurn     awaited = iota // the next turn of the client begins a round trip
	serverTurn                // the server has to send what the client sent
	clientTurn                // the client has to send the opposite of what the server sent
)

// spin measures round trips by the spin bit (RFC 9000 §17.4): the server sends the bit as it got it last, the client its
// opposite, so that each end's bit turns once a round trip. A round trip is a turn of the client, the server's turn to the
// same value, and the client's next one. Both directions have to be seen: then reordered packets, which turn the bit of one
// direction forth and back, give turns out of order and no short round trips (RFC 9312 §3.8.2). Nor is a round trip believed
// whose turns had to wait until their sender had something to send.
type spin struct {
	seen  [2]bool
	value [2]byte
	last  [2]hanalyze.Time // packet of each end

	next   awaited
	client hanalyze.Time // its last turn
	server hanalyze.Time // its last turn, while the client's is awaited
	odd    uint64        // turns out of order
	trips  *spins        // nil before the first one
}

// packet takes a packet with a short header. patience is how long an end that takes part can have been silent before it.
func (s *spin) packet(from hanalyze.Dir, first byte, now, patience hanalyze.Time) {
	bit, silence := first&spinBit, now-s.last[from]
	s.last[from] = now
	if !s.seen[from] || bit == s.value[from] {
		s.seen[from], s.value[from] = true, bit
		return
	}
	s.value[from] = bit
	s.turn(from, now, silence <= patience)
}

// turn takes a turn of an end's bit. prompt says that the end was not silent before it.
func (s *spin) turn(from hanalyze.Dir, now hanalyze.Time, prompt bool) {
	inOrder := s.next == clientTurn
	if from == hanalyze.S2C {
		inOrder = s.next == serverTurn && s.value[hanalyze.C2S] == s.value[hanalyze.S2C]
	}
	switch {
	case from == hanalyze.S2C && inOrder && prompt:
		s.next, s.server = clientTurn, now
		return
	case from == hanalyze.S2C:
		s.next = noTurn
	default:
		if inOrder && prompt {
			s.measured(now)
		}
		s.client = now
		inOrder = inOrder || s.next == noTurn
		s.next = serverTurn
	}
	if !inOrder {
		s.odd++
	}
}

// measured takes a round trip that ends now.
func (s *spin) measured(now hanalyze.Time) {
	if s.trips == nil {
		s.trips = &spins{stride: 1}
	}
	s.trips.add(trip{toServer: s.server - s.client, toClient: now - s.server})
}

// trip is a round trip in its two parts: from the capture to the server and back, and from there to the client and back.
type trip struct{ toServer, toClient hanalyze.Time }

func (t trip) whole() hanalyze.Time { return t.toServer + t.toClient }

// spins keeps every stride-th round trip; when it is full, every other one is dropped and stride doubles.
type spins struct {
	kept     [maxSpins]trip
	n        int
	stride   uint64
	count    uint64
	min, max trip // of each part
	least    hanalyze.Time
	most     hanalyze.Time
}

func (s *spins) add(t trip) {
	if s.count == 0 {
		s.min, s.max, s.least, s.most = t, t, t.whole(), t.whole()
	}
	s.min = trip{min(s.min.toServer, t.toServer), min(s.min.toClient, t.toClient)}
	s.max = trip{max(s.max.toServer, t.toServer), max(s.max.toClient, t.toClient)}
	s.least, s.most = min(s.least, t.whole()), max(s.most, t.whole())
	if s.count%s.stride == 0 {
		if s.n == maxSpins {
			s.thin()
		}
		if s.count%s.stride == 0 {
			s.kept[s.n] = t
			s.n++
		}
	}
	s.count++
}

// thin drops every other round trip kept.
func (s *spins) thin() {
	for i := range maxSpins / 2 {
		s.kept[i] = s.kept[2*i]
	}
	s.n = maxSpins / 2
	s.stride *= 2
}

// report summarises one part of the round trips, whose extremes are low and high.
func (s *spins) report(part func(trip) hanalyze.Time, low, high hanalyze.Time) hanalyze.RTT {
	sorted := make([]hanalyze.Time, s.n)
	for i := range sorted {
		sorted[i] = part(s.kept[i])
	}
	slices.Sort(sorted)
	rank := func(percent int) hanalyze.Span { return span(sorted[(percent*s.n+99)/100-1]) }
	return hanalyze.RTT{Min: span(low), P50: rank(50), P95: rank(95), Max: span(high), Samples: s.count}
}

// span makes a difference of times one that is told.
func span(d hanalyze.Time) hanalyze.Span { return hanalyze.Known(d.Sub(0)) }

// tell returns what is told of the spin bit, nil where there were too few round trips, or too many turns out of order.
func (s *spin) tell() *hanalyze.QUICSpin {
	x := s.trips
	if x == nil || x.count < minSpins || s.odd*spinsPerOdd > x.count {
		return nil
	}
	return &hanalyze.QUICSpin{
		RTT:    x.report(trip.whole, x.least, x.most),
		Server: x.report(func(t trip) hanalyze.Time { return t.toServer }, x.min.toServer, x.max.toServer),
		Client: x.report(func(t trip) hanalyze.Time { return t.toClient }, x.min.toClient, x.max.toClient),
		Odd:    s.odd,
		Basis:  hanalyze.Inferred,
	}
}

// spun takes the spin bit of a packet with a short header. What an end's silence may last is judged by the first round trip
// of the handshake; where that was not seen the bit tells nothing.
func (c *conn) spun(from hanalyze.Dir, first byte) {
	server, known1 := c.rec.ServerRTT.Get()
	client, known2 := c.rec.ClientRTT.Get()
	if !known1 || !known2 {
		return
	}
	c.spin.packet(from, first, c.flow.now.Time, hanalyze.Time(server+client)+ackDelay)
}
