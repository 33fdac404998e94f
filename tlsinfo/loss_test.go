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
	case "resumption", "client_auth", "alpn", "weak", "handshake_rtts": // parts of it may be unknown
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
