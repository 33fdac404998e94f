package tlsinfo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"

	"hanalyze"
)

var (
	outerECH = []byte{0, 0, 1, 0, 3, 77, 0, 2, 8, 8, 0, 3, 9, 9, 9}
	onePSK   = []byte{0, 9, 0, 3, 'k', 'e', 'y', 0, 0, 1, 2, 0, 3, 2, 5, 5}
)

// browser is a ClientHello with a bit of everything.
func browser() hello {
	return hello{
		version: version12,
		random:  [32]byte{1, 2, 3},
		id:      []byte{9, 9, 9, 9},
		ciphers: []uint16{0x1a1a, 0x1301, 0xc02f},
		exts: []extension{
			{0x2a2a, nil},
			{extServerName, sniBody("www.example.com")},
			{extSupportedGroups, list16(0x3a3a, 4588, 29)},
			{extPointFormats, []byte{1, 0}},
			{extSessionTicket, []byte("ticket")},
			{extALPN, alpnBody("h2", "http/1.1")},
			{extSignatureAlgorithms, list16(0x0403, 0x0804)},
			{extKeyShare, []byte{0, 11, 0x3a, 0x3a, 0, 1, 0, 0, 29, 0, 2, 7, 7}},
			{extSupportedVersions, list8(0x4a4a, 0x0304, 0x0303)},
			{extEarlyData, nil},
			{extECH, outerECH},
			{extPreSharedKey, onePSK},
		},
	}
}

func TestParseClientHello(t *testing.T) {
	body := browser().client(t)
	got, err := ParseClientHello(body)
	for i := range body { // the hello owns its memory
		body[i] = 0xdb
	}
	want := &ClientHello{
		Version: version12, Random: [32]byte{1, 2, 3}, SessionID: []byte{9, 9, 9, 9}, Ciphers: []uint16{0x1a1a, 0x1301, 0xc02f},
		Compression: []uint8{0}, SNI: "www.example.com", ALPN: []string{"h2", "http/1.1"}, Versions: []uint16{0x4a4a, 0x0304, 0x0303},
		Extensions:   []uint16{0x2a2a, 0, 10, 11, 35, 16, 13, 51, 43, 42, 0xfe0d, 41},
		Groups:       []uint16{0x3a3a, 4588, 29},
		PointFormats: []uint8{0}, SignatureAlgorithms: []uint16{0x0403, 0x0804}, KeyShares: []uint16{0x3a3a, 29},
		Ticket: true, PSK: true, EarlyData: true, ECH: true, Bytes: len(body),
		More: hanalyze.ClientHello{
			TicketBytes: 6, PSKs: []hanalyze.OfferedPSK{{IdentityBytes: 3, ObfuscatedAge: 258}},
			ECHOffer: &hanalyze.ECHOffer{Type: "outer", KDF: "HKDF-SHA256", AEAD: "ChaCha20Poly1305", ConfigID: number(77), EncBytes: 2, PayloadBytes: 3},
		},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

// Every prefix of a hello is malformed, and what stands before the cut is told. An empty extensions block may be left out.
func TestParseClientHelloCut(t *testing.T) {
	h := browser()
	body := h.client(t)
	h.exts = nil
	bare := len(h.client(t))
	for n := range body {
		got, err := ParseClientHello(body[:n])
		if (err == nil) != (n == bare) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if n > bare && len(got.Ciphers) != 3 {
			t.Errorf("%d bytes: the cipher suites are lost", n)
		}
	}
	for n := range body {
		if got, err := ParseServerHello(body[:n]); got == nil && err == nil {
			t.Errorf("%d bytes of ServerHello: nothing and no error", n)
		}
	}
}

func TestParseClientHelloMalformed(t *testing.T) {
	for _, c := range []struct {
		name string
		ext  extension
		want string
	}{
		{"empty name list", extension{extServerName, []byte{0, 0}}, "extension server_name malformed"},
		{"empty protocol", extension{extALPN, []byte{0, 1, 0}}, "extension application_layer_protocol_negotiation malformed"},
		{"odd groups", extension{extSupportedGroups, []byte{0, 1, 1}}, "extension supported_groups malformed"},
		{"key share", extension{extKeyShare, []byte{0, 3, 0, 29, 0}}, "extension key_share malformed"},
		{"versions", extension{extSupportedVersions, []byte{9}}, "extension supported_versions malformed"},
	} {
		h := browser()
		h.exts = []extension{c.ext, {extECH, outerECH}}
		got, err := ParseClientHello(h.client(t))
		if err == nil || err.Error() != c.want || !got.ECH {
			t.Errorf("%s: %v, and what follows is read: %v", c.name, err, got.ECH)
		}
	}
	if _, err := ParseClientHello(append(browser().client(t), 0)); err != errTrailing {
		t.Error(err)
	}
}

func TestParseServerHello(t *testing.T) {
	h := hello{version: version12, random: helloRetryRandom, id: []byte{1}, ciphers: []uint16{0x1301}, exts: []extension{
		{extSupportedVersions, []byte{3, 4}}, {extKeyShare, []byte{0, 24}}, {extCookie, []byte{0, 1, 7}},
	}}
	got, err := ParseServerHello(h.server(t))
	want := &ServerHello{
		Version: version12, Selected: version13, Random: helloRetryRandom, SessionID: []byte{1}, Cipher: 0x1301,
		Extensions: []uint16{43, 51, 44}, KeyShare: 24, HasKeyShare: true, Cookie: true, Retry: true,
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

// A ServerHello of draft 20 has neither session ID nor compression method.
func TestParseServerHelloDraft(t *testing.T) {
	body := append([]byte{0x7f, 20}, make([]byte, 32)...)
	body = append(body, 0x13, 0x01, 0, 6, 0, 51, 0, 2, 0, 29)
	got, err := ParseServerHello(body)
	if err != nil || got.Cipher != 0x1301 || got.KeyShare != 29 || VersionName(got.Selected) != "1.3_draft20" || !is13(got.Selected) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFingerprints(t *testing.T) {
	h, err := ParseClientHello(browser().client(t))
	if err != nil {
		t.Fatal(err)
	}
	hash, text := JA3(h)
	if want := "771,4865-49199,0-10-11-35-16-13-51-43-42-65037-41,4588-29,0"; text != want || hash != md5Hex([]byte(want)) {
		t.Errorf("JA3 %s, want %s", text, want)
	}
	// The hashes are those of "1301,c02f" and "000a,000b,000d,0023,0029,002a,002b,0033,fe0d_0403,0804".
	if got, want := JA4(h, JA4TLS), "t13d0211h2_"+hash12("1301,c02f")+"_"+hash12("000a,000b,000d,0023,0029,002a,002b,0033,fe0d_0403,0804"); got != want {
		t.Errorf("JA4 %s, want %s", got, want)
	}
	_, text = JA3S(&ServerHello{Version: 771, Cipher: 4865, Extensions: []uint16{43, 51}})
	if text != "771,4865,43-51" {
		t.Errorf("JA3S %s", text)
	}
	if got := JA4(&ClientHello{Version: version10}, JA4QUIC); got != "q10i000000_000000000000_000000000000" {
		t.Errorf("JA4 of nothing: %s", got)
	}
}

func hash12(list string) string { return string(appendHash12(nil, []byte(list))) }

// The example of the specification.
func TestJA4Example(t *testing.T) {
	h := &ClientHello{
		Version: version12, Versions: []uint16{0x0a0a, version13, version12}, ALPN: []string{"h2"},
		Ciphers: []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		Extensions: []uint16{0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b,
			0x000a, 0x0015},
		SignatureAlgorithms: []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
	}
	if got := JA4(h, JA4TLS); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Error(got)
	}
}

func TestJA4Parts(t *testing.T) {
	for alpn, want := range map[string]string{"": "00", "h2": "h2", "http/1.1": "h1", "x": "xx", "\xab\xcd": "ad", "\xab": "ab", "h\xff": "6f", "0-": "3d"} {
		if got := ja4ALPN([]string{alpn}); got != want {
			t.Errorf("ALPN %q: %s, want %s", alpn, got, want)
		}
	}
	for _, c := range []struct {
		legacy   uint16
		versions []uint16
		want     string
	}{
		{0x0303, nil, "12"}, {0x0300, nil, "s3"}, {0x0002, nil, "s2"}, {0xfeff, nil, "d1"}, {0xfefd, []uint16{0xfefd, 0xfefc}, "d3"},
		{0x0303, []uint16{0x0302, 0x0301}, "11"}, {0x0303, []uint16{0xfafa}, "12"}, {0x1234, nil, "00"},
	} {
		if got := ja4Version(&ClientHello{Version: c.legacy, Versions: c.versions}); got != c.want {
			t.Errorf("%#x %#x: %s, want %s", c.legacy, c.versions, got, c.want)
		}
	}
}

// The registries are sorted, as lookup needs, and every name is there once; cipher suites of drafts have those of the RFC.
func TestRegistries(t *testing.T) {
	for name, table := range map[string][]entry{
		"cipherSuites": cipherSuites[:], "extensions": extensions[:], "groups": groups[:], "signatureSchemes": signatureSchemes[:],
		"alerts": alerts[:], "versions": versions[:], "certCompressions": certCompressions[:], "certTypes": certTypes[:],
		"statusTypes": statusTypes[:], "pskModes": pskModes[:], "tokenBindings": tokenBindings[:], "srtpProfiles": srtpProfiles[:],
		"hpkeKDFs": hpkeKDFs[:], "hpkeAEADs": hpkeAEADs[:], "hpkeKEMs": hpkeKEMs[:],
	} {
		seen := map[string]bool{}
		for i, e := range table {
			if i > 0 && table[i-1].code >= e.code || seen[e.name] && name != "cipherSuites" || e.name == "" {
				t.Errorf("%s: %#04x %s", name, e.code, e.name)
			}
			seen[e.name] = true
		}
	}
	for got, want := range map[string]string{
		CipherSuiteName(0x1301): "TLS_AES_128_GCM_SHA256", CipherSuiteName(0x1a1a): "0x1a1a", ExtensionName(65281): "renegotiation_info",
		GroupName(29): "x25519", SignatureSchemeName(0x0804): "rsa_pss_rsae_sha256", AlertName(40): "handshake_failure", AlertName(255): "0x00ff",
		VersionName(0x0303): "1.2", VersionName(0x7f1c): "1.3_draft28", VersionName(0x0a0a): "0x0a0a", sslCipherKindName(0x010080): "SSL_CK_RC4_128_WITH_MD5",
		sslCipherKindName(0x123456): "0x123456",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Every suite that names a key exchange has a name for it.
func TestKeyExchangeOfAllSuites(t *testing.T) {
	none := []uint16{0x00c6, 0x00c7, 0x00ff, 0x5600, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x1306, 0x1307, 0xc0b4, 0xc0b5}
	for _, e := range cipherSuites {
		if kx, _ := keyExchange(e.code); (kx == "") != slices.Contains(none, e.code) {
			t.Errorf("%s: %q", e.name, kx)
		}
	}
}

func TestServerGroup(t *testing.T) {
	p := append([]byte{0, 129, 0}, slices.Repeat([]byte{0xff}, 128)...)
	for _, c := range []struct {
		kx   string
		body []byte
		want string
	}{
		{"ecdhe", []byte{3, 0, 23}, "secp256r1"},
		{"ecdhe", []byte{1, 0, 23}, ""},
		{"ecdhe_psk", []byte{0, 2, 'h', 'i', 3, 0, 29}, "x25519"},
		{"dhe", p, "dh_1024"},
		{"dhe", []byte{0, 1, 0}, ""},
		{"dhe", []byte{9, 9}, ""},
		{"rsa", []byte{3, 0, 23}, ""},
	} {
		s := cryptobyte.String(c.body)
		if got, _ := readGroup(c.kx, &s); got != c.want {
			t.Errorf("%s %x: %q, want %q", c.kx, c.body, got, c.want)
		}
	}
}

func FuzzClientHello(f *testing.F) {
	f.Add(browser().client(f), false)
	f.Add(hello{version: versionDTLS12, cookie: []byte{1}, ciphers: []uint16{1}}.client(f), true)
	f.Fuzz(func(t *testing.T, b []byte, dtls bool) {
		h, err := parseClientHello(b, dtls)
		if h == nil && err == nil {
			t.Fatal("nothing and no error")
		}
		if h != nil {
			JA3(h)
			if ja4 := JA4(h, JA4TLS); len(ja4) != 36 {
				t.Fatalf("JA4 %q", ja4)
			}
		}
		if s, err := ParseServerHello(b); s == nil && err == nil {
			t.Fatal("no ServerHello and no error")
		}
		parseSSL2ClientHello(b)
		parseSSL2ServerHello(b)
		for _, suite := range []uint16{0x0033, 0xc02f, 0x0090, 0xc035} { // DHE, ECDHE, DHE_PSK, ECDHE_PSK
			readKeyExchange(&ServerHello{Cipher: suite, Selected: version12}, b)
		}
		readCertificateRequest(b, &ServerHello{Selected: version12})
		readStaple(b)
	})
}
