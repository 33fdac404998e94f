package quic

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"hanalyze"
)

// TestKeysAreBounded has a client that behaves as if it got a Retry before every packet. Only one can be obeyed.
func TestKeysAreBounded(t *testing.T) {
	p := newPlayer(t)
	hello, _ := hellos(t)
	f := newFlight(t, Version1, 1, true)
	p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
	f.token = []byte("token")
	for i := range uint16(20 * maxConns) {
		binary.BigEndian.PutUint16(f.original, i)
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
		for _, c := range p.flow.conns {
			if len(c.keys) > 2 {
				t.Fatalf("%d keys after %d packets", len(c.keys), i+2)
			}
		}
	}
}

// TestFailuresAreBounded has a server that answers in a version nobody spoke, with packets that do not open. After so many no
// further key is tried, also where it would be right.
func TestFailuresAreBounded(t *testing.T) {
	hello, shello := hellos(t)
	for _, c := range []struct {
		junk int
		read bool
	}{{maxFailures/2 - 1, true}, {maxFailures, false}} {
		p := newPlayer(t)
		f := newFlight(t, Version1, 1, true)
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
		f.version = Version2
		for range c.junk { // each is tried when its connection is looked for, and again when it is taken
			b := f.initial(sc, true, 100, ack())
			b[len(b)-1]++
			p.play(sc, b)
		}
		p.play(sc, f.initial(sc, true, 0, ack(), crypto(0, shello)))
		r := p.one()
		limited := r.Missing&hanalyze.MissingLimit != 0 && p.flow.Limits.KeysUntried > 0
		if (r.TLS.Cipher != nil) != c.read || limited == c.read {
			t.Errorf("%d packets that do not open: %s, limited %v", c.junk, line(r), limited)
		}
	}
}

// TestOriginalsAreBounded has a client that goes on beginning anew after Version Negotiation.
func TestOriginalsAreBounded(t *testing.T) {
	p := newPlayer(t)
	hello, _ := hellos(t)
	for _, x := range negotiation(t)[:3] {
		p.play(x.dir, x.b)
	}
	f := newFlight(t, Version1, 5, true)
	for i := range byte(3 * maxOriginals) {
		f.version = [...]Version{Version2, Version1}[i&1]
		f.original = []byte{5, 0xaa, i, 0, 0, 0, 0, 0}
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
	}
	if n := len(p.flow.conns[0].originals); n != maxOriginals || len(p.flow.conns) != 1 {
		t.Errorf("%d original IDs, %d connections", n, len(p.flow.conns))
	}
}

// TestPendingBytesAreBounded has few packets of a server that are large.
func TestPendingBytesAreBounded(t *testing.T) {
	p := newPlayer(t)
	f := newFlight(t, Version1, 1, true)
	for range maxPending / 2 {
		p.play(sc, f.initial(sc, true, maxPendingBytes/3, ack()))
	}
	if n := len(p.flow.conns[0].pending); n != 2 || p.flow.Limits.PendingDropped != maxPending/2-2 {
		t.Errorf("%d packets wait, %d dropped", n, p.flow.Limits.PendingDropped)
	}
}

func TestParameterBytesAreBounded(t *testing.T) {
	for n, cut := range map[int]bool{maxParameterBytes: false, maxParameterBytes + 1: true} {
		value := bytes.Repeat([]byte{0xab}, n)
		b := append(appendVarint([]byte{0x40, 0x7f}, uint64(n)), value...)
		got, _, verdict := parseParameters(&dialect1, b)
		if len(got) != 1 || len(got[0].Data) != 2*maxParameterBytes || (verdict == paramsCut) != cut {
			t.Errorf("%d bytes: %d parameters, %d digits, verdict %d", n, len(got), len(got[0].Data), verdict)
		}
	}
}

func TestAvailableVersionsAreBounded(t *testing.T) {
	for _, id := range [...]uint64{paramVersionInformation, paramVersionInformationDraft} {
		for n, cut := range map[int]bool{maxVersions: false, maxVersions + 1: true} {
			b := appendVarint(appendVarint(nil, id), uint64(4+4*n))
			b = append(b, bytes.Repeat([]byte{0, 0, 0, 1}, 1+n)...)
			_, got, verdict := parseParameters(&dialect1, b)
			if len(got) != maxVersions || (verdict == paramsCut) != cut {
				t.Errorf("0x%x: %d versions: %d told, verdict %d", id, n, len(got), verdict)
			}
		}
	}
}

func TestReasonIsBounded(t *testing.T) {
	for n, cut := range map[int]bool{maxReason: false, maxReason + 1: true} {
		p := newPlayer(t)
		f := newFlight(t, Version1, 1, true)
		hello, _ := hellos(t)
		p.play(cs, f.initial(cs, false, 1162, crypto(0, hello)))
		p.play(sc, f.initial(sc, true, 1162, ack(), closing(2, strings.Repeat("x", n))))
		if r := p.one(); len(r.Close.Reason) != maxReason || (r.Missing&hanalyze.MissingLimit != 0) != cut {
			t.Errorf("%d bytes: %d told, missing %b", n, len(r.Close.Reason), r.Missing)
		}
	}
}

// TestSettles counts the packets with the final keys after which Initial packets are no longer read.
func TestSettles(t *testing.T) {
	p := newPlayer(t)
	for _, x := range plain(Version1, 1, true)(t) {
		p.play(x.dir, x.b)
	}
	f := newFlight(t, Version1, 1, true)
	c := p.flow.conns[0]
	for c.final < settleAfter-1 {
		p.play(sc, f.short(sc, 1200))
	}
	if c.settled {
		t.Error("settled too early")
	}
	p.play(sc, f.short(sc, 1200))
	if !c.settled || c.keys != nil || c.tls != nil {
		t.Error("not settled")
	}
}

// TestResetSizes guesses only where the size is one that stateless resets have.
func TestResetSizes(t *testing.T) {
	for size, want := range map[int]bool{minReset - 1: false, minReset: true, maxReset: true, maxReset + 1: false} {
		p := newPlayer(t)
		for _, x := range plain(Version1, 1, true)(t) {
			p.play(x.dir, x.b)
		}
		b := noise(size)
		b[0] = fixedBit | b[0]&^longHeader
		p.play(sc, b)
		if x := p.one().StatelessReset; (x != nil) != want || want && x.Basis != hanalyze.Inferred {
			t.Errorf("%d bytes: %+v", size, x)
		}
	}
}

// TestConnIDLength has an ID as long as they can be, and one that is longer.
func TestConnIDLength(t *testing.T) {
	for n, want := range map[int]bool{maxConnID: true, maxConnID + 1: false} {
		b := append(long(0xc0, Version1, make([]byte, n), nil), 0, 0x40, 30)
		if _, _, ok := consumePacket(append(b, noise(30)...)); ok != want {
			t.Errorf("%d bytes: read %v", n, ok)
		}
	}
}
