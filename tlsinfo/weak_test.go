package tlsinfo

import (
	"slices"
	"testing"

	"hanalyze"
)

func TestWeaknesses(t *testing.T) {
	for _, c := range []struct {
		server ServerHello
		kx     keyExchangeMessage
		want   []string
	}{
		{ServerHello{Selected: version13, Cipher: 0x1301}, keyExchangeMessage{}, nil},
		{ServerHello{Selected: version12, Cipher: 0xc02f, SecureRenegotiation: true}, keyExchangeMessage{group: "x25519", signature: "rsa_pss_rsae_sha256"}, nil},
		{ServerHello{Selected: version12, Cipher: 0xc02f}, keyExchangeMessage{signature: "rsa_pkcs1_sha1"}, []string{"sha1_signature", "insecure_renegotiation"}},
		{ServerHello{Selected: version10, Cipher: 0x0004, SecureRenegotiation: true}, keyExchangeMessage{}, []string{"rc4", "md5_mac", "no_forward_secrecy"}},
		{ServerHello{Selected: version10, Cipher: 0x0014, SecureRenegotiation: true}, keyExchangeMessage{fieldBits: 512}, []string{"export", "des", "small_dh"}},
		{ServerHello{Selected: version12, Cipher: 0x0016, SecureRenegotiation: true, Compression: 1}, keyExchangeMessage{fieldBits: 2048}, []string{"3des", "compression"}},
		{ServerHello{Selected: versionSSL3, Cipher: 0x0018, SecureRenegotiation: true}, keyExchangeMessage{fieldBits: 1024}, []string{"anonymous", "rc4", "md5_mac", "small_dh"}},
		{ServerHello{Selected: version12, Cipher: 0x0002, SecureRenegotiation: true}, keyExchangeMessage{}, []string{"null_cipher", "no_forward_secrecy"}},
	} {
		s := session{server: &c.server, kx: c.kx}
		if got := s.weaknesses(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", CipherSuiteName(c.server.Cipher), got, c.want)
		}
	}
}

func TestKeyExchangeSignature(t *testing.T) {
	ecdhe := []byte{3, 0, 29, 2, 9, 9, 8, 4, 0, 1, 7}
	dhe := []byte{0, 1, 0x80, 0, 1, 2, 0, 1, 3, 2, 1, 0, 1, 7}
	for _, c := range []struct {
		version, suite uint16
		body           []byte
		want           keyExchangeMessage
	}{
		{version12, 0xc02f, ecdhe, keyExchangeMessage{group: "x25519", signature: "rsa_pss_rsae_sha256"}},
		{version11, 0xc013, ecdhe, keyExchangeMessage{group: "x25519"}},
		{versionDTLS12, 0x0033, dhe, keyExchangeMessage{group: "dh_8", fieldBits: 8, signature: "rsa_pkcs1_sha1"}},
		{version12, 0xc02f, ecdhe[:6], keyExchangeMessage{group: "x25519"}},
	} {
		if got := readKeyExchange(&ServerHello{Selected: c.version, Cipher: c.suite}, c.body); got != c.want {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

func TestDowngrade(t *testing.T) {
	for _, c := range []struct {
		mark     string
		selected uint16
		want     string
	}{{"DOWNGRD\x01", version12, "1.3"}, {"DOWNGRD\x01", version13, ""}, {"DOWNGRD\x00", version11, "1.2"}, {"DOWNGRD\x00", version12, ""}, {"DOWNGRD\x02", version12, ""}} {
		h := ServerHello{Selected: c.selected}
		copy(h.Random[24:], c.mark)
		if got := downgrade(&h); got != c.want {
			t.Errorf("%q %#x: %q", c.mark, c.selected, got)
		}
	}
}

// What the sizes of the client's records tell of early data, after a server that took the PSK.
func TestEarlyDataBySize(t *testing.T) {
	client := hello{version: version12, ciphers: []uint16{0x1301, 0x1302}, exts: []extension{{extEarlyData, nil}, {extPreSharedKey, onePSK}}}.client(t)
	for _, c := range []struct {
		name  string
		suite uint16
		after []int // lengths of the client's records behind the server's flight
		gap   bool
		want  string
		done  bool
	}{
		{"read", 0x1301, []int{21, 53, 100}, false, "accepted", true},
		{"read, SHA-384", 0x1302, []int{21, 69}, false, "accepted", true},
		{"wrong Finished", 0x1302, []int{21, 53}, false, "offered", true},
		{"no end", 0x1301, []int{53, 21, 53}, false, "offered", true},
		{"end alone", 0x1301, []int{21}, false, "offered", false},
		{"something lost between", 0x1301, []int{21, 53}, true, "offered", true},
	} {
		server := hello{version: version12, ciphers: []uint16{c.suite}, exts: []extension{{extSupportedVersions, []byte{3, 4}}, {extKeyShare, []byte{0, 29, 0, 1, 0}}, {extPreSharedKey, []byte{0, 0}}}}
		conn := NewConn(func(*Event) {})
		conn.Feed(hanalyze.C2S, record(recordHandshake, handshakeMessage(msgClientHello, client)))
		conn.Feed(hanalyze.C2S, record(recordAppData, make([]byte, 500)))
		conn.Feed(hanalyze.S2C, record(recordHandshake, handshakeMessage(msgServerHello, server.server(t))))
		conn.Feed(hanalyze.S2C, record(recordAppData, make([]byte, 100)))
		for i, n := range c.after {
			if i == 1 && c.gap {
				conn.Gap(hanalyze.C2S, 40)
			}
			conn.Feed(hanalyze.C2S, record(recordAppData, make([]byte, n)))
		}
		r := conn.Info(0)
		if r.EarlyData != c.want || r.Established != c.done || (r.EarlyDataBasis == hanalyze.Inferred) != (c.want == "accepted") {
			t.Errorf("%s: %s %s, established %v", c.name, r.EarlyData, r.EarlyDataBasis, r.Established)
		}
	}
}

func TestECHFate(t *testing.T) {
	offer := func(body []byte) []byte {
		return hello{version: version12, ciphers: []uint16{0x1301}, exts: []extension{{extECH, body}}}.client(t)
	}
	chosen := func(random [32]byte, version uint16, more ...extension) []byte {
		exts := append([]extension{{extSupportedVersions, []byte{byte(version >> 8), byte(version)}}}, more...)
		return hello{version: version12, random: random, ciphers: []uint16{0x1301}, exts: exts}.server(t)
	}
	for _, c := range []struct {
		name           string
		client, server []byte
		want           string
	}{
		{"none", hello{version: version12, ciphers: []uint16{0x1301}}.client(t), chosen([32]byte{}, version13), ""},
		{"hidden", offer(outerECH), chosen([32]byte{}, version13), "offered"},
		{"older version", offer(outerECH), chosen([32]byte{}, version12), "rejected"},
		{"retry without an answer", offer(outerECH), chosen(helloRetryRandom, version13), "rejected"},
		{"retry with one", offer(outerECH), chosen(helloRetryRandom, version13, extension{extECH, make([]byte, 8)}), "offered"},
		{"inner", offer([]byte{1}), chosen([32]byte{}, version13), "accepted"},
	} {
		conn := NewConn(func(*Event) {})
		conn.Feed(hanalyze.C2S, record(recordHandshake, handshakeMessage(msgClientHello, c.client)))
		conn.Feed(hanalyze.S2C, record(recordHandshake, handshakeMessage(msgServerHello, c.server)))
		if got := conn.Info(0).ECH; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
