package findings

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// attempts gives an engine connections that come to nothing, and collects what it tells of each.
type attempts struct {
	*Engine
	n    uint64
	told map[string]int
}

func newAttempts() *attempts { return &attempts{Engine: New(), told: map[string]int{}} }

func (a *attempts) try(kind string, client, server netip.AddrPort) {
	a.n++
	f := &hanalyze.Flow{ID: a.n, Transport: hanalyze.TCP, Client: client, Server: server}
	c := &hanalyze.Conn{Envelope: envelope(f, a.n, a.n), TCP: &hanalyze.TCPConn{
		Handshake: hanalyze.TCPHandshake{Kind: kind}, Close: hanalyze.TCPClose{Kind: "timeout"},
	}}
	c.ClientSide.Packets = 1
	switch kind {
	case "refused":
		c.TCP.Close.Kind, c.ServerSide.Packets = "refused", 1
	case "mid_stream":
		c.TCP.Close.Kind = "reset"
	case "three_way":
		c.TCP.Close.Kind, c.ServerSide.Packets = "reset", 5
	}
	for _, f := range a.Record(c) {
		a.told[f.ID]++
	}
}

// summary returns what is told at the end.
func (a *attempts) summary() (titles []string) {
	for _, f := range a.Stats(&hanalyze.Stats{}) {
		titles = append(titles, f.ID+": "+f.Title)
	}
	return titles
}

func address(n int, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), port)
}

var server = netip.MustParseAddrPort("192.0.2.1:80")

func TestFruitless(t *testing.T) {
	tests := []struct {
		name    string
		play    func(a *attempts)
		told    map[string]int
		summary []string
	}{
		{"a hundred are told one by one", func(a *attempts) {
			for i := range maxFruitless {
				a.try("incomplete", address(i, 4000), server)
			}
		}, map[string]int{"tcp.unanswered": maxFruitless}, nil},
		{"SYN flood", func(a *attempts) {
			for i := range 5000 {
				a.try("incomplete", address(i, 4000), server)
			}
		}, map[string]int{"tcp.unanswered": maxFruitless}, []string{"tcp.syn_flood: 5000 SYNs from many addresses to 192.0.2.1:80 opened no connection"}},
		{"a server that is down", func(a *attempts) {
			for i := range 500 {
				a.try("incomplete", address(i%10, uint16(i)), server)
			}
		}, map[string]int{"tcp.unanswered": maxFruitless}, []string{"tcp.fruitless: 500 connections to 192.0.2.1:80 came to nothing: 500 unanswered"}},
		{"one client does not give up", func(a *attempts) {
			for i := range 2000 {
				a.try("refused", address(1, uint16(i)), server)
			}
		}, map[string]int{"tcp.refused": maxFruitless}, []string{"tcp.fruitless: 2000 connections to 192.0.2.1:80 came to nothing: 2000 refused"}},
		{"port scan", func(a *attempts) {
			for i := range 2000 {
				a.try([]string{"refused", "incomplete"}[i%2], address(1, 4000), netip.AddrPortFrom(server.Addr(), uint16(i)))
			}
		}, map[string]int{"tcp.refused": maxFruitless / 2, "tcp.unanswered": maxFruitless / 2},
			[]string{"tcp.scan: 10.0.0.1 tried 2000 connections that came to nothing: 1000 unanswered, 1000 refused"}},
		{"network scan", func(a *attempts) {
			for i := range 2000 {
				a.try("incomplete", address(1<<20, 4000), address(i, 22))
			}
		}, map[string]int{"tcp.unanswered": maxFruitless},
			[]string{"tcp.scan: 10.16.0.0 tried 2000 connections that came to nothing: 2000 unanswered"}},
		{"stray resets", func(a *attempts) {
			for i := range 2000 {
				a.try("mid_stream", address(i, 4000), server)
			}
		}, map[string]int{"tcp.reset": maxFruitless}, []string{"tcp.fruitless: 2000 connections to 192.0.2.1:80 came to nothing: 2000 stray segments"}},
		{"connections that were open are told one by one", func(a *attempts) {
			for i := range 2000 {
				a.try("three_way", address(i, 4000), server)
			}
		}, map[string]int{"tcp.reset": 2000}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAttempts()
			tt.play(a)
			if d := cmp.Diff(tt.told, a.told); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.summary, a.summary()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			limits := map[string]uint64{}
			a.Limits(limits)
			told := 0
			for _, n := range a.told {
				told += n
			}
			if limits["findings_folded"]+uint64(told) != a.n {
				t.Errorf("%d told, %d folded, of %d", told, limits["findings_folded"], a.n)
			}
		})
	}
}

// Whoever forges both addresses neither fills the tables for good nor has more told than the limit; a flood of one server in the
// middle of it is found.
func TestFruitlessAddressesAreBounded(t *testing.T) {
	a, r := newAttempts(), rand.New(rand.NewPCG(1, 2))
	random := func() netip.AddrPort { return address(1<<23|r.IntN(1<<23), uint16(r.Uint32())) }
	const packets = 100_000
	for i := range packets {
		a.try("incomplete", random(), random())
		if i%10 == 0 {
			a.try("incomplete", random(), server)
		}
		if n := max(len(a.fruitless.servers), len(a.fruitless.clients)); n > maxCrowds {
			t.Fatalf("%d addresses", n)
		}
	}
	if a.told["tcp.unanswered"] != maxFruitlessInAll || a.fruitless.unfollowed != 0 {
		t.Errorf("%v told, %d not followed", a.told, a.fruitless.unfollowed)
	}
	want := []string{"tcp.syn_flood: 10000 SYNs from many addresses to 192.0.2.1:80 opened no connection"}
	if d := cmp.Diff(want, a.summary()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// More addresses than can be counted for, each of which comes too often to be forgotten.
func TestFruitlessAddressesOverflow(t *testing.T) {
	a := newAttempts()
	for i := range 2 * maxCrowds {
		for range maxFruitless/10 + 1 {
			a.try("incomplete", address(1, 4000), address(1<<20|i, 22))
		}
	}
	if n := len(a.fruitless.servers); n != maxCrowds || a.fruitless.unfollowed == 0 {
		t.Errorf("%d addresses, %d not followed", n, a.fruitless.unfollowed)
	}
}
