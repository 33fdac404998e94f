package quic

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"hanalyze"
)

func TestConnectionsAreBounded(t *testing.T) {
	p := newPlayer(t)
	hello, _ := hellos(t)
	const n = 3 * maxConns
	for i := range n {
		f := newFlight(t, Version1, byte(i), true)
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
	}
	if got := p.flow.Limits.ConnsEvicted; got != n-maxConns {
		t.Errorf("%d connections evicted, want %d", got, n-maxConns)
	}
	records := p.close()
	if len(records) != n || records[0].Missing&hanalyze.MissingLimit == 0 || records[n-1].Missing&hanalyze.MissingLimit != 0 {
		t.Errorf("%d records; the first lacks %b, the last %b", len(records), records[0].Missing, records[n-1].Missing)
	}
}

func TestPendingIsBounded(t *testing.T) {
	p := newPlayer(t)
	f := newFlight(t, Version1, 1, true)
	for range 2 * maxPending {
		p.play(sc, f.initial(sc, true, 1100, ack()))
	}
	if p.flow.Limits.PendingDropped == 0 {
		t.Error("nothing was dropped")
	}
}

func TestCryptoIsBounded(t *testing.T) {
	var s cryptoStream
	tell := func([]byte) { t.Fatal("told what has a hole before it") }
	for i := range 3 * maxCryptoPieces {
		s.add(int64(2+2*i), []byte{1}, tell)
	}
	if len(s.pieces) != maxCryptoPieces || s.dropped != 2*maxCryptoPieces {
		t.Errorf("%d pieces, %d bytes dropped", len(s.pieces), s.dropped)
	}
	s = cryptoStream{}
	for i := range 3 {
		s.add(int64(1+i*maxCryptoBytes/2), make([]byte, maxCryptoBytes/2), tell)
	}
	if s.waiting > maxCryptoBytes || s.dropped == 0 {
		t.Errorf("%d bytes wait, %d dropped", s.waiting, s.dropped)
	}
}

// TestCryptoOrder gives a stream in random pieces that overlap, in random order, and wants it whole and in order.
func TestCryptoOrder(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		stream := make([]byte, 1+rnd.IntN(400))
		for i := range stream {
			stream[i] = byte(rnd.Uint32())
		}
		var s cryptoStream
		var got []byte
		fresh := 0
		for len(got) < len(stream) {
			from := rnd.IntN(len(stream))
			b := bytes.Clone(stream[from : from+1+rnd.IntN(len(stream)-from)])
			fresh += s.add(int64(from), b, func(b []byte) { got = append(got, b...) })
			clear(b)
		}
		if !bytes.Equal(got, stream) || fresh != len(stream) || s.waiting != 0 || len(s.pieces) != 0 {
			t.Fatalf("seed %d: %d of %d bytes fresh, %d wait, equal %v", seed, fresh, len(stream), s.waiting, bytes.Equal(got, stream))
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	p := newPlayer(t)
	f := newFlight(t, Version1, 1, true)
	p.play(cs, f.sealed(cs, typeZeroRTT, 100))
	list := long(0xea, 0, f.client, f.original)
	for i := range 2 * maxVersions {
		list = binary.BigEndian.AppendUint32(list, uint32(Version2)+uint32(i))
	}
	p.play(sc, list)
	r := p.one()
	if len(r.SupportedVersions) != maxVersions || r.Missing&hanalyze.MissingLimit == 0 || p.flow.Limits.ListsCut != 1 {
		t.Errorf("%d versions, missing %b, %d lists cut", len(r.SupportedVersions), r.Missing, p.flow.Limits.ListsCut)
	}
	var params []byte
	for range 2 * maxParameters {
		params = append(params, 0x1b, 0)
	}
	if got, _, verdict := parseParameters(&dialect1, params); verdict != paramsCut || len(got) != maxParameters || got[0].Name != "grease" {
		t.Errorf("%d parameters, verdict %d", len(got), verdict)
	}
}

// TestShortHeadersAllocateNothing holds for established connections, also where a flow has several.
func TestShortHeadersAllocateNothing(t *testing.T) {
	for _, s := range []func(testing.TB) []step{plain(Version1, 1, true), interleaved} {
		p := newPlayer(t)
		for _, x := range s(t) {
			p.play(x.dir, x.b)
		}
		f := newFlight(t, Version1, 1, true)
		up, down := f.short(cs, 60), f.short(sc, 1200)
		if n := testing.AllocsPerRun(200, func() {
			p.flow.Datagram(cs, p.now, up)
			p.flow.Datagram(sc, p.now, down)
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
		if !p.flow.conns[0].settled {
			t.Error("the connection is not settled")
		}
	}
}

func BenchmarkShortHeader(b *testing.B) {
	p := newPlayer(b)
	for _, x := range plain(Version1, 1, true)(b) {
		p.play(x.dir, x.b)
	}
	down := newFlight(b, Version1, 1, true).short(sc, 1200)
	b.ReportAllocs()
	for b.Loop() {
		p.flow.Datagram(sc, p.now, down)
	}
}

// BenchmarkHandshake is a whole connection, with the keys of both ends, both hellos, JA3, JA4 and the record.
func BenchmarkHandshake(b *testing.B) {
	steps := plain(Version1, 1, true)(b)
	b.ReportAllocs()
	for b.Loop() {
		f := NewFlow(Sink{Record: func(*hanalyze.QUIC) {}, Notice: func(string, string) {}})
		for i, s := range steps {
			f.Datagram(s.dir, hanalyze.Meta{Packet: uint64(i + 1)}, s.b)
		}
		f.Close(0)
	}
}

func BenchmarkSniffOther(b *testing.B) {
	query := []byte{0xca, 0xfe, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 0, 0, 1, 0, 1}
	for b.Loop() {
		Sniff(query)
	}
}
