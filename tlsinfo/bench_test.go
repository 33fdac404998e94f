package tlsinfo

import (
	"testing"

	"hanalyze"
)

// chromium is a ClientHello of about the size and the extensions that browsers send: 16 suites, 18 extensions, a hybrid key
// share of 1,216 bytes.
func chromium() hello {
	share := append([]byte{0x04, 0xef, 0x1a, 0x1a, 0, 1, 0, 0x11, 0xec, 0x04, 0xc0}, make([]byte, 1216)...)
	share = append(append(share, 0, 29, 0, 32), make([]byte, 32)...)
	share[0], share[1] = byte((len(share)-2)>>8), byte(len(share)-2)
	return hello{
		version: version12, id: make([]byte, 32),
		ciphers: []uint16{0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		exts: []extension{
			{0x3a3a, nil}, {extRenegotiation, []byte{0}}, {extServerName, sniBody("www.example.com")}, {23, nil}, {extSCT, nil}, {extSessionTicket, nil},
			{extPointFormats, []byte{1, 0}}, {extSupportedGroups, list16(0x1a1a, 4588, 29, 23, 24)}, {extALPN, alpnBody("h2", "http/1.1")},
			{extStatusRequest, []byte{1, 0, 0, 0, 0}}, {extSignatureAlgorithms, list16(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)},
			{extPSKModes, []byte{1, 1}}, {extKeyShare, share}, {extSupportedVersions, list8(0x4a4a, 0x0304, 0x0303)}, {extCompressCertificate, list8(2)},
			{extALPS, alpnBody("h2")}, {extECH, append(append([]byte{0, 0, 1, 0, 1, 7, 0, 32}, make([]byte, 32)...), append([]byte{0, 144}, make([]byte, 144)...)...)},
			{0x5a5a, []byte{0}},
		},
	}
}

// A ClientHello with JA3 and JA4.
func BenchmarkClientHello(b *testing.B) {
	body := chromium().client(b)
	b.ReportAllocs()
	for b.Loop() {
		h, err := ParseClientHello(body)
		if err != nil {
			b.Fatal(err)
		}
		JA3(h)
		JA4(h, JA4TLS)
	}
}

// A connection's hello, from the bytes to the record.
func BenchmarkRecord(b *testing.B) {
	stream := record(recordHandshake, handshakeMessage(msgClientHello, chromium().client(b)))
	b.ReportAllocs()
	for b.Loop() {
		c := NewConn(func(*Event) {})
		c.Feed(hanalyze.C2S, stream)
		c.Info(0)
	}
}

// A self-signed certificate with an RSA key.
func BenchmarkCertificate(b *testing.B) {
	der := rsaIdentity(b).Certificate[0]
	b.ReportAllocs()
	for b.Loop() {
		readCertificate(der)
	}
}
