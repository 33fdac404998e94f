package tlsinfo

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// Loss: what a record tells of a handshake with holes in it was in the handshake; it may lack things, and then says so.

// chunk is a piece of a direction's bytes, as a segment carries it.
type chunk struct {
	dir  hanalyze.Dir
	b    []byte
	lost bool
}

// segments cuts a conversation into segments of at most n bytes.
func segments(conv *convo.Conversation, n int) (all []chunk) {
	for _, s := range conv.Steps {
		for b := range slices.Chunk(s.Data, n) {
			all = append(all, chunk{dir: s.Dir, b: b})
		}
	}
	return all
}

// lossy plays segments of which some are lost; exact says whether the length of a hole is known.
func lossy(c *Conn, all []chunk, exact bool) {
	for _, s := range all {
		switch {
		case !s.lost:
			c.Feed(s.dir, s.b)
		case exact:
			c.Gap(s.dir, int64(len(s.b)))
		default:
			c.Gap(s.dir, -1)
		}
	}
}

func TestLoss(t *testing.T) {
	ec, rs := ecdsaIdentity(t), rsaIdentity(t)
	cache := tls.NewLRUClientSessionCache(4)
	configs := []*tls.Config{
		{MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}},
		{MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2"}, ClientSessionCache: cache},
		{MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2"}, ClientSessionCache: cache},
		{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}},
		{MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384}},
		{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{rs}},
	}
	for i, client := range configs {
		client.InsecureSkipVerify, client.ServerName = true, "host.example"
		server := &tls.Config{Certificates: []tls.Certificate{ec}, NextProtos: []string{"h2", "http/1.1"}, ClientAuth: tls.RequestClientCert}
		if i == 4 {
			server.CurvePreferences = []tls.CurveID{tls.CurveP384}
		}
		conv, _ := handshake(t, client, server)
		truth, _ := info(t, conv)
		for seed := range uint64(2000) {
			rnd := rand.New(rand.NewPCG(seed, uint64(i)))
			all := segments(conv, 20+rnd.IntN(400))
			for n := 1 + rnd.IntN(3); n > 0; n-- {
				all[rnd.IntN(len(all))].lost = true
			}
			c := NewConn(func(*Event) {})
			lossy(c, all, seed%2 == 0)
			got := c.Info(testNow)
			if why := differs(&truth, &got); why != "" {
				t.Fatalf("handshake %d, seed %d: %s", i, seed, why)
			}
		}
	}
}

// differs says what got tells that truth does not, "" for nothing.
func differs(truth, got *hanalyze.TLS) string {
	want, have := fields(truth), fields(got)
	complete := got.Missing == 0
	if got.ClientHello == nil { // without it, nobody knows what answers to it
		want["certificates"] = bytes.ReplaceAll(want["certificates"], []byte(`"matches_sni":true,`), nil)
		for _, echo := range []string{`,"session_id_echoed":true`, `,"session_id_echoed":false`} {
			want["server_hello"] = bytes.ReplaceAll(want["server_hello"], []byte(echo), nil)
			have["server_hello"] = bytes.ReplaceAll(have["server_hello"], []byte(echo), nil)
		}
	}
	if have, ok := have["hello_retry"]; ok && !complete && bytes.HasPrefix(want["hello_retry"], bytes.TrimSuffix(have, []byte("}"))) {
		want["hello_retry"] = have // the second hello is missing
	}
	for name, v := range have {
		if len(v) == 0 {
			continue
		}
		if w, ok := want[name]; ok && !bytes.Equal(v, w) && !weaker(name, v) || !ok && !weaker(name, v) {
			return fmt.Sprintf("%s is %s, want %s (missing %b)", name, v, w, got.Missing)
		}
	}
	for name, w := range want {
		if _, ok := have[name]; !ok && complete && len(have) > 1 {
			return fmt.Sprintf("%s is not told and nothing is said to be missing, want %s", name, w)
		}
	}
	return ""
}

// weaker reports whether a value is the one that says of its field that nothing is known.
func weaker(name string, v []byte) bool {
	switch name {
	case "established", "false_start", "forward_secrecy":
		return string(v) == "false"
	case "early_data":
		return string(v) == `"not_offered"` || string(v) == `"offered"`
	case "resumption", "client_auth", "alpn", "weak": // parts of it may be unknown
		return true
	}
	return name == "missing"
}

func fields(r *hanalyze.TLS) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for _, line := range recordLines(*r) {
		name, v, _ := strings.Cut(line, ": ")
		m[name] = json.RawMessage(v)
	}
	return m
}

// What nobody says is missing: datagrams, and the first bytes of a connection whose opening was not captured.
func TestUntoldLoss(t *testing.T) {
	handshakes := map[string]func(testing.TB) (parser, []chunk){"dtls": dtlsFlights, "dtls resumed": dtlsResumed, "tls": tlsFlights, "tls retried": retriedFlights}
	for name, open := range handshakes {
		p, all := open(t)
		truth := playFlights(p, all, 0)
		if truth.HandshakeRTTs == 0 || !truth.Established || truth.Missing != 0 {
			t.Fatalf("%s: %d round trips, established %v, missing %b", name, truth.HandshakeRTTs, truth.Established, truth.Missing)
		}
		for lost := 1; lost < 1<<len(all); lost++ {
			p, _ := open(t)
			if strings.HasPrefix(name, "tls") && !beginsLate(all, lost) {
				continue // a gap would be told
			}
			got := playFlights(p, all, lost)
			if !got.Established { // which says enough
				got.Missing |= hanalyze.MissingGap
			}
			if why := differs(&truth, &got); why != "" {
				t.Errorf("%s, lost %b: %s", name, lost, why)
			}
		}
	}
}

// beginsLate reports whether what is lost of each direction is its beginning.
func beginsLate(all []chunk, lost int) bool {
	var seen [2]bool
	for i, s := range all {
		if gone := lost>>i&1 != 0; gone && seen[s.dir] {
			return false
		} else if !gone {
			seen[s.dir] = true
		}
	}
	return true
}

// playFlights plays what is not lost: bit i of lost stands for all[i].
func playFlights(p parser, all []chunk, lost int) hanalyze.TLS {
	for i, s := range all {
		if lost>>i&1 == 0 {
			p.Feed(s.dir, s.b)
		}
	}
	return p.Info(testNow)
}

// dtlsFlights is a full handshake with HelloVerifyRequest, a message or two a datagram.
func dtlsFlights(t testing.TB) (parser, []chunk) {
	first, second := dtlsHello([]byte{}).client(t), dtlsHello([]byte("cookie")).client(t)
	server := hello{version: versionDTLS12, ciphers: []uint16{0xc02b}}.server(t)
	finished := slices.Concat(dtlsRecord(recordCCS, 0, []byte{1}), dtlsRecord(recordHandshake, 1, make([]byte, 40)))
	return NewDatagramConn(func(*Event) {}), []chunk{
		{dir: hanalyze.C2S, b: datagram(0, 0, msgClientHello, len(first), 0, first)},
		{dir: hanalyze.S2C, b: datagram(0, 0, msgHelloVerifyRequest, 3, 0, []byte{0xfe, 0xff, 0})},
		{dir: hanalyze.C2S, b: datagram(0, 1, msgClientHello, len(second), 0, second)},
		{dir: hanalyze.S2C, b: datagram(0, 1, msgServerHello, len(server), 0, server)},
		{dir: hanalyze.S2C, b: datagram(0, 2, msgServerKeyExchange, 3, 0, []byte{3, 0, 23})},
		{dir: hanalyze.S2C, b: datagram(0, 3, msgServerHelloDone, 0, 0, nil)},
		{dir: hanalyze.C2S, b: datagram(0, 2, msgClientKeyExchange, 2, 0, []byte{1, 1})},
		{dir: hanalyze.C2S, b: finished},
		{dir: hanalyze.S2C, b: finished},
		{dir: hanalyze.C2S, b: dtlsRecord(recordAppData, 1, make([]byte, 30))},
		{dir: hanalyze.S2C, b: dtlsRecord(recordAppData, 1, make([]byte, 30))},
	}
}

// dtlsResumed is a handshake that takes up a session.
func dtlsResumed(t testing.TB) (parser, []chunk) {
	h := dtlsHello([]byte{})
	h.id = []byte("session")
	client := h.client(t)
	server := hello{version: versionDTLS12, id: h.id, ciphers: []uint16{0xc02b}}.server(t)
	finished := slices.Concat(dtlsRecord(recordCCS, 0, []byte{1}), dtlsRecord(recordHandshake, 1, make([]byte, 40)))
	return NewDatagramConn(func(*Event) {}), []chunk{
		{dir: hanalyze.C2S, b: datagram(0, 0, msgClientHello, len(client), 0, client)},
		{dir: hanalyze.S2C, b: datagram(0, 0, msgServerHello, len(server), 0, server)},
		{dir: hanalyze.S2C, b: finished},
		{dir: hanalyze.C2S, b: finished},
		{dir: hanalyze.C2S, b: dtlsRecord(recordAppData, 1, make([]byte, 30))},
	}
}

// tlsFlights is a full handshake of TLS 1.2.
func tlsFlights(t testing.TB) (parser, []chunk) {
	client := hello{version: version12, ciphers: []uint16{0xc02f}, exts: []extension{{extServerName, sniBody("host.example")}}}.client(t)
	server := hello{version: version12, ciphers: []uint16{0xc02f}}.server(t)
	finished := slices.Concat(record(recordCCS, []byte{1}), record(recordHandshake, make([]byte, 40)))
	message := func(typ uint8, body []byte) []byte { return record(recordHandshake, handshakeMessage(typ, body)) }
	return NewConn(func(*Event) {}), []chunk{
		{dir: hanalyze.C2S, b: message(msgClientHello, client)},
		{dir: hanalyze.S2C, b: message(msgServerHello, server)},
		{dir: hanalyze.S2C, b: slices.Concat(message(msgServerKeyExchange, []byte{3, 0, 23}), message(msgServerHelloDone, nil))},
		{dir: hanalyze.C2S, b: slices.Concat(message(msgClientKeyExchange, []byte{1, 1}), finished)},
		{dir: hanalyze.S2C, b: finished},
		{dir: hanalyze.C2S, b: record(recordAppData, make([]byte, 30))},
		{dir: hanalyze.S2C, b: record(recordAppData, make([]byte, 30))},
	}
}

// retriedFlights is a handshake of TLS 1.3 with HelloRetryRequest.
func retriedFlights(t testing.TB) (parser, []chunk) {
	offer := func(groups ...uint16) []byte {
		var shares []byte
		for _, g := range groups {
			shares = append(shares, byte(g>>8), byte(g), 0, 1, 0)
		}
		shares = append([]byte{0, byte(len(shares))}, shares...)
		return hello{version: version12, ciphers: []uint16{0x1301}, exts: []extension{{extSupportedVersions, list8(version13)}, {extSupportedGroups, list16(29, 23)}, {extKeyShare, shares}}}.client(t)
	}
	answer := func(random [32]byte, share ...byte) []byte {
		return hello{version: version12, random: random, ciphers: []uint16{0x1301}, exts: []extension{{extSupportedVersions, []byte{3, 4}}, {extKeyShare, share}}}.server(t)
	}
	message := func(typ uint8, body []byte) []byte { return record(recordHandshake, handshakeMessage(typ, body)) }
	ccs := record(recordCCS, []byte{1})
	return NewConn(func(*Event) {}), []chunk{
		{dir: hanalyze.C2S, b: message(msgClientHello, offer(29))},
		{dir: hanalyze.S2C, b: message(msgServerHello, answer(helloRetryRandom, 0, 23))},
		{dir: hanalyze.S2C, b: ccs},
		{dir: hanalyze.C2S, b: slices.Concat(ccs, message(msgClientHello, offer(23)))},
		{dir: hanalyze.S2C, b: message(msgServerHello, answer([32]byte{1}, 0, 23, 0, 1, 0))},
		{dir: hanalyze.S2C, b: record(recordAppData, make([]byte, 500))},
		{dir: hanalyze.C2S, b: record(recordAppData, make([]byte, 53))},
	}
}

// Data that a client sends after it has read what the capture lacks is no False Start.
func TestBehind(t *testing.T) {
	for _, behind := range []bool{false, true} {
		p, all := tlsFlights(t)
		c := p.(*Conn)
		all[4], all[5] = all[5], all[4]
		for i, s := range all {
			if i == 4 && behind {
				c.Behind(hanalyze.S2C)
			}
			c.Feed(s.dir, s.b)
		}
		want := uint64(1)
		if behind {
			want = 0
		}
		if r := c.Info(testNow); r.FalseStart == behind || r.HandshakeRTTs != want || !r.Established {
			t.Errorf("behind %v: False Start %v, %d round trips", behind, r.FalseStart, r.HandshakeRTTs)
		}
	}
}
