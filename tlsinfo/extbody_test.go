package tlsinfo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func number(n uint64) *uint64 { return &n }

// extensionCase is an extension in a ClientHello and in a ServerHello, what it tells there, and whether it may be cut short:
// each prefix of the body must then be well-formed.
type extensionCase struct {
	ext    extension
	client *hanalyze.ClientHello // nil where it does not belong
	server *hanalyze.ServerHello
	loose  bool // its length is all that counts
}

func extensionCases() map[string]extensionCase {
	return map[string]extensionCase{
		"padding":                 {ext: extension{extPadding, make([]byte, 9)}, client: &hanalyze.ClientHello{PaddingBytes: 9}, loose: true},
		"ticket":                  {ext: extension{extSessionTicket, make([]byte, 5)}, client: &hanalyze.ClientHello{TicketBytes: 5}, loose: true},
		"signatures of certs":     {ext: extension{extSignatureAlgorithmsCert, list16(0x0401, 0x0807)}, client: &hanalyze.ClientHello{CertSignatures: []string{"rsa_pkcs1_sha256", "ed25519"}}},
		"delegated credential":    {ext: extension{extDelegatedCredential, list16(0x0403)}, client: &hanalyze.ClientHello{DelegatedCredential: []string{"ecdsa_secp256r1_sha256"}}},
		"psk modes":               {ext: extension{extPSKModes, []byte{2, 1, 0}}, client: &hanalyze.ClientHello{PSKModes: []string{"psk_dhe_ke", "psk_ke"}}},
		"client cert types":       {ext: extension{extClientCertType, []byte{2, 2, 9}}, client: &hanalyze.ClientHello{ClientCertTypes: []string{"RawPublicKey", "0x0009"}}},
		"server cert types":       {ext: extension{extServerCertType, []byte{1, 0}}, client: &hanalyze.ClientHello{ServerCertTypes: []string{"X509"}}},
		"client cert type":        {ext: extension{extClientCertType, []byte{0}}, server: &hanalyze.ServerHello{ClientCertType: "X509"}},
		"server cert type":        {ext: extension{extServerCertType, []byte{2}}, server: &hanalyze.ServerHello{ServerCertType: "RawPublicKey"}},
		"application settings":    {ext: extension{extALPS, alpnBody("h2")}, client: &hanalyze.ClientHello{ALPS: []string{"h2"}}},
		"application settings, 1": {ext: extension{extALPSOld, alpnBody("h2", "h3")}, client: &hanalyze.ClientHello{ALPS: []string{"h2", "h3"}}},
		"compressed certificates": {ext: extension{extCompressCertificate, list8(2, 3, 1)}, client: &hanalyze.ClientHello{CertCompression: []string{"brotli", "zstd", "zlib"}}},
		"cookie":                  {ext: extension{extCookie, []byte{0, 2, 7, 7}}, client: &hanalyze.ClientHello{CookieBytes: 2}},
		"status request":          {ext: extension{extStatusRequest, []byte{1, 0, 0, 0, 0}}, client: &hanalyze.ClientHello{StatusRequest: []string{"ocsp"}}, loose: true},
		"status request 2":        {ext: extension{extStatusRequestV2, []byte{0, 14, 2, 0, 4, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0}}, client: &hanalyze.ClientHello{StatusRequest: []string{"ocsp_multi", "ocsp"}}},
		"record size limit":       {ext: extension{extRecordSizeLimit, []byte{0x40, 1}}, client: &hanalyze.ClientHello{RecordSizeLimit: 16385}, server: &hanalyze.ServerHello{RecordSizeLimit: 16385}},
		"fragment length":         {ext: extension{extMaxFragmentLength, []byte{4}}, client: &hanalyze.ClientHello{MaxFragmentLength: 4096}, server: &hanalyze.ServerHello{MaxFragmentLength: 4096}},
		"heartbeat":               {ext: extension{extHeartbeat, []byte{1}}, client: &hanalyze.ClientHello{Heartbeat: "allowed"}, server: &hanalyze.ServerHello{Heartbeat: "allowed"}},
		"no heartbeat":            {ext: extension{extHeartbeat, []byte{2}}, client: &hanalyze.ClientHello{Heartbeat: "not_allowed"}, server: &hanalyze.ServerHello{Heartbeat: "not_allowed"}},
		"token binding":           {ext: extension{extTokenBinding, []byte{1, 0, 2, 2, 0}}, client: &hanalyze.ClientHello{TokenBinding: []string{"ecdsap256", "rsa2048_pkcs1.5"}}},
		"srtp":                    {ext: extension{extUseSRTP, []byte{0, 2, 0, 7, 0}}, client: &hanalyze.ClientHello{SRTPProfiles: []string{"SRTP_AEAD_AES_128_GCM"}}, server: &hanalyze.ServerHello{SRTPProfile: "SRTP_AEAD_AES_128_GCM"}},
		"connection id":           {ext: extension{extConnectionID, []byte{2, 9, 9}}, client: &hanalyze.ClientHello{ConnectionIDBytes: number(2)}, server: &hanalyze.ServerHello{ConnectionIDBytes: number(2)}},
		"trusted authorities":     {ext: extension{extTrustedCAKeys, append([]byte{0, 28, 0, 2, 0, 3, 1, 2, 3, 1}, make([]byte, 20)...)}, client: &hanalyze.ClientHello{Authorities: 3}},
		"authorities":             {ext: extension{extCertificateAuthorities, []byte{0, 8, 0, 2, 48, 0, 0, 2, 48, 0}}, client: &hanalyze.ClientHello{Authorities: 2}},
		"inner hello":             {ext: extension{extECH, []byte{1}}, client: &hanalyze.ClientHello{ECHOffer: &hanalyze.ECHOffer{Type: "inner"}}},
		"selected psk":            {ext: extension{extPreSharedKey, []byte{0, 1}}, server: &hanalyze.ServerHello{PSK: number(1)}},
		"timestamps":              {ext: extension{extSCT, []byte{0, 7, 0, 3, 1, 2, 3, 0, 0}}, server: &hanalyze.ServerHello{SCTs: 2}},
		"next protocols":          {ext: extension{extNPN, []byte{2, 'h', '2', 1, 'x'}}, server: &hanalyze.ServerHello{NPN: []string{"h2", "x"}}, loose: true},
	}
}

// Each extension is told; cut short or with a byte more it is malformed, and what follows is read all the same.
func TestExtensions(t *testing.T) {
	for name, c := range extensionCases() {
		t.Run(name, func(t *testing.T) {
			if c.client != nil {
				c.check(t, func(e extension) (any, bool, error) {
					h, err := ParseClientHello(hello{version: version12, ciphers: []uint16{1}, exts: []extension{e, {extEarlyData, nil}}}.client(t))
					return &h.More, h.EarlyData, err
				}, c.client)
			}
			if c.server != nil {
				c.check(t, func(e extension) (any, bool, error) {
					h, err := ParseServerHello(hello{version: version12, ciphers: []uint16{1}, exts: []extension{e, {extSessionTicket, nil}}}.server(t))
					return &h.More, h.Ticket, err
				}, c.server)
			}
		})
	}
}

func (c extensionCase) check(t *testing.T, parse func(extension) (more any, next bool, err error), want any) {
	t.Helper()
	got, next, err := parse(c.ext)
	if d := cmp.Diff(want, got); d != "" || err != nil || !next {
		t.Errorf("%v\n%s", err, d)
	}
	if c.loose {
		return
	}
	for n := range c.ext.body {
		if _, next, err := parse(extension{c.ext.typ, c.ext.body[:n]}); err == nil || !next {
			t.Errorf("%d bytes of it: %v, what follows is read: %v", n, err, next)
		}
	}
	if _, next, err := parse(extension{c.ext.typ, append(slices.Clone(c.ext.body), 0)}); err == nil || !next {
		t.Errorf("a byte more: %v, what follows is read: %v", err, next)
	}
}
