package tlsinfo

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// exchange plays hellos and what the server sends behind its own, each in a record, and returns what is told.
func exchange(t *testing.T, client, server hello, more ...[]byte) (hanalyze.TLS, []string) {
	t.Helper()
	var lines []string
	c := NewConn(func(e *Event) { lines = append(lines, line(e)) })
	c.Feed(hanalyze.C2S, record(recordHandshake, handshakeMessage(msgClientHello, client.client(t))))
	c.Feed(hanalyze.S2C, record(recordHandshake, handshakeMessage(msgServerHello, server.server(t))))
	for _, m := range more {
		c.Feed(hanalyze.S2C, record(recordHandshake, m))
	}
	return c.Info(testNow), lines
}

// An export suite signs an RSA key made for the occasion (RFC 2246 §7.4.3).
func TestRSAExport(t *testing.T) {
	for bits, want := range map[int]string{512: "rsa_512", 1024: "rsa_1024", 0: ""} {
		modulus := make([]byte, bits/8)
		if bits > 0 {
			modulus[0] = 0x80
		}
		ske := slices.Concat([]byte{byte(len(modulus) >> 8), byte(len(modulus))}, modulus, []byte{0, 3, 1, 0, 1, 0, 64}, make([]byte, 64))
		r, _ := exchange(t, browser(), hello{version: version10, ciphers: []uint16{0x0003}}, handshakeMessage(msgServerKeyExchange, ske))
		if r.KeyExchange != "rsa_export" || r.Group != want || r.ForwardSecrecy || !slices.Contains(r.Weak, "export") {
			t.Errorf("%d bits: %s %q %v", bits, r.KeyExchange, r.Group, r.Weak)
		}
	}
}

// A public key without a certificate (RFC 7250 §3); whether the ServerHello was seen does not matter.
func TestRawPublicKey(t *testing.T) {
	id := ecdsaIdentity(t)
	leaf, err := x509.ParseCertificate(id.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	der := leaf.RawSubjectPublicKeyInfo
	message := func(der []byte) []byte {
		return handshakeMessage(msgCertificate, append([]byte{0, byte(len(der) >> 8), byte(len(der))}, der...))
	}
	server := hello{version: version12, ciphers: []uint16{0xc02b}, exts: []extension{{extServerCertType, []byte{2}}}}
	r, lines := exchange(t, browser(), server, message(der))
	sum := sha256.Sum256(der)
	want := &hanalyze.RawKey{Key: hanalyze.CertKey{Alg: "ECDSA", Bits: 256, Curve: "P-256"}, SHA256: hex.EncodeToString(sum[:])}
	if d := cmp.Diff(want, r.ServerKey); d != "" || r.ServerHello.ServerCertType != "RawPublicKey" || r.Certificates != nil || len(lines) != 3 {
		t.Errorf("%s\n%+v\n%q", d, r.ServerHello, lines)
	}
	for n := 1; n < len(der); n++ { // cut short
		r, lines := exchange(t, browser(), server, message(der[:n]))
		if r.ServerKey != nil || r.Certificates != nil || len(lines) < 3 {
			t.Fatalf("%d bytes: %+v, %q", n, r.ServerKey, lines)
		}
	}
}

// The fingerprints of the record are those of the first hello, by which a client is known; the second one's stand with the
// HelloRetryRequest.
func TestFingerprintsAfterRetry(t *testing.T) {
	first := hello{version: version12, ciphers: []uint16{0x1301}, exts: []extension{{extSupportedVersions, []byte{2, 3, 4}}, {extSupportedGroups, list16(29, 23)}, {extKeyShare, []byte{0, 5, 0, 29, 0, 1, 1}}, {extEarlyData, nil}}}
	second := first
	second.exts = append(slices.Clone(first.exts[:3]), extension{extCookie, []byte{0, 1, 7}})
	retry := hello{version: version12, random: helloRetryRandom, ciphers: []uint16{0x1301}, exts: []extension{{extSupportedVersions, []byte{3, 4}}, {extKeyShare, []byte{0, 23}}}}
	for _, c := range []struct {
		name  string
		first bool // it was captured
	}{{"both", true}, {"the second alone", false}} {
		conn := NewConn(func(*Event) {})
		if c.first {
			conn.Feed(hanalyze.C2S, record(recordHandshake, handshakeMessage(msgClientHello, first.client(t))))
		}
		conn.Feed(hanalyze.S2C, record(recordHandshake, handshakeMessage(msgServerHello, retry.server(t))))
		before := conn.Info(0)
		conn.Feed(hanalyze.C2S, record(recordHandshake, handshakeMessage(msgClientHello, second.client(t))))
		r := conn.Info(0)
		if c.first != (r.JA3String == "771,4865,43-10-51-42,29-23,") || c.first != (r.JA4 != "") {
			t.Errorf("%s: ja3 %q, ja4 %q", c.name, r.JA3String, r.JA4)
		}
		h, err := ParseClientHello(second.client(t))
		if err != nil {
			t.Fatal(err)
		}
		ja3, text := JA3(h)
		if text != "771,4865,43-10-51-44,29-23," || r.HelloRetry.JA3 != ja3 || r.HelloRetry.JA4 != JA4(h, JA4TLS) || before.HelloRetry.JA3 != "" {
			t.Errorf("%s: %s, %+v, before %+v", c.name, text, r.HelloRetry, before.HelloRetry)
		}
	}
}
