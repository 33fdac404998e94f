package tlsinfo

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"hanalyze"
)

// ClientHello is what a client offers (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). It owns its memory. Lists are in wire order
// with GREASE values in them.
type ClientHello struct {
	Version             uint16   // legacy_version
	Random              [32]byte // looked up in key logs
	SessionID           []byte
	Cookie              []byte   // DTLS 1.0 and 1.2 only, RFC 6347 §4.2.1
	Ciphers             []uint16 // cipher_suites
	SSL2Ciphers         []uint32 // CIPHER-KINDs of an SSL 2.0 hello that are no cipher suites
	Compression         []uint8  // compression_methods
	Extensions          []uint16 // types in wire order
	SNI                 string   // first host_name of server_name; raw bytes
	ALPN                []string // protocol names; raw bytes
	Versions            []uint16 // supported_versions
	Groups              []uint16 // supported_groups
	PointFormats        []uint8  // ec_point_formats
	SignatureAlgorithms []uint16 // signature_algorithms
	KeyShares           []uint16 // groups of key_share
	Ticket              bool     // session_ticket is not empty: a ticket is offered
	PSK                 bool     // pre_shared_key is present
	EarlyData           bool     // early_data is present
	ECH                 bool     // encrypted_client_hello is present
	SecureRenegotiation bool     // renegotiation_info or the suite that stands for it is present (RFC 5746 §3.4)
	QUICParameters      []byte   // quic_transport_parameters or the code point of its drafts, undecoded (RFC 9000 §18)
	Bytes               int      // length of the message body
	SSL2                bool     // the hello came in the format of SSL 2.0

	More hanalyze.ClientHello // what the other extensions tell, as records have it
}

// ServerHello is what a server chose, or, with Retry, what it asks the client to offer again. It owns its memory.
type ServerHello struct {
	Version     uint16 // legacy_version
	Selected    uint16 // the version that counts: supported_versions if present, else legacy_version
	Random      [32]byte
	SessionID   []byte
	Cipher      uint16
	Compression uint8
	Extensions  []uint16 // types in wire order
	ALPN        string   // protocol chosen; TLS 1.3 encrypts it
	KeyShare    uint16   // group of key_share, valid iff HasKeyShare
	HasKeyShare bool
	PSK         bool // pre_shared_key: an offered PSK was taken
	Ticket      bool // session_ticket: a NewSessionTicket will come
	Cookie      bool // HelloRetryRequest has a cookie
	Retry       bool // it is a HelloRetryRequest
	ECH         bool // encrypted_client_hello is present
	EarlyData   bool // early_data is present: accepted (EncryptedExtensions)

	SecureRenegotiation bool   // renegotiation_info is present
	QUICParameters      []byte // of EncryptedExtensions, undecoded

	More hanalyze.ServerHello // what the other extensions tell, as records have it
}

// helloRetryRandom is the Random that marks a ServerHello as HelloRetryRequest (RFC 8446 §4.1.3): the SHA-256 of
// "HelloRetryRequest".
var helloRetryRandom = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

var errTrailing = errors.New("bytes after the extensions")

// ParseClientHello reads the body of a ClientHello message of TLS (without the four bytes of handshake header). body is
// borrowed. The error says what is malformed; the hello then holds what stands before it, and is nil when not even the
// cipher suites could be read.
func ParseClientHello(body []byte) (*ClientHello, error) { return parseClientHello(body, false) }

// ParseDTLSClientHello is ParseClientHello for DTLS, whose hello has a cookie.
func ParseDTLSClientHello(body []byte) (*ClientHello, error) { return parseClientHello(body, true) }

func parseClientHello(body []byte, dtls bool) (*ClientHello, error) {
	h := &ClientHello{Bytes: len(body)}
	s := cryptobyte.String(body)
	var id, cookie, ciphers, compression cryptobyte.String
	if !s.ReadUint16(&h.Version) || !s.CopyBytes(h.Random[:]) || !s.ReadUint8LengthPrefixed(&id) {
		return nil, errors.New("version, random or session ID cut short")
	}
	if dtls && !s.ReadUint8LengthPrefixed(&cookie) {
		return nil, errors.New("cookie cut short")
	}
	if !s.ReadUint16LengthPrefixed(&ciphers) || len(ciphers)%2 != 0 {
		return nil, errors.New("cipher suites cut short or odd")
	}
	h.SessionID, h.Cookie = slices.Clone([]byte(id)), slices.Clone([]byte(cookie))
	h.Ciphers = uint16s(ciphers)
	if !s.ReadUint8LengthPrefixed(&compression) {
		return h, errors.New("compression methods cut short")
	}
	h.Compression = slices.Clone([]byte(compression))
	h.SecureRenegotiation = slices.Contains(h.Ciphers, suiteRenegotiation)
	err := eachExtension(s, &h.Extensions, h.extension)
	return h, err
}

// eachExtension reads an extensions block, appends the types to list and calls read for each body. All extensions are
// visited; the first error is returned. An absent block is no error: before TLS 1.3 it is optional.
func eachExtension(s cryptobyte.String, list *[]uint16, read func(typ uint16, body cryptobyte.String) bool) (err error) {
	if s.Empty() {
		return nil
	}
	var block cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&block) {
		return errors.New("extensions cut short")
	}
	if !s.Empty() {
		err = errTrailing
	}
	const usual = 24 // extensions of a browser's hello
	*list = make([]uint16, 0, usual)
	for !block.Empty() {
		var typ uint16
		var body cryptobyte.String
		if !block.ReadUint16(&typ) || !block.ReadUint16LengthPrefixed(&body) {
			return errors.New("extension cut short")
		}
		*list = append(*list, typ)
		if !read(typ, body) && err == nil {
			err = fmt.Errorf("extension %s malformed", ExtensionName(typ))
		}
	}
	return err
}

// ParseServerHello reads the body of a ServerHello message of TLS or DTLS, HelloRetryRequest included. body is borrowed.
// The error says what is malformed; the hello then holds what stands before it, and is nil when not even the cipher
// suite could be read.
func ParseServerHello(body []byte) (*ServerHello, error) {
	h := &ServerHello{}
	s := cryptobyte.String(body)
	var id cryptobyte.String
	if !s.ReadUint16(&h.Version) || !s.CopyBytes(h.Random[:]) {
		return nil, errors.New("version or random cut short")
	}
	h.Selected = h.Version
	// Up to draft 21, the ServerHello of TLS 1.3 had neither session ID nor compression method.
	short := h.Version>>8 == draft13 && h.Version&0xff <= 21
	if !short && !s.ReadUint8LengthPrefixed(&id) || !s.ReadUint16(&h.Cipher) {
		return nil, errors.New("session ID or cipher suite cut short")
	}
	h.SessionID = slices.Clone([]byte(id))
	if !short && !s.ReadUint8(&h.Compression) {
		return h, errors.New("compression method cut short")
	}
	h.Retry = h.Random == helloRetryRandom
	err := eachExtension(s, &h.Extensions, h.extension)
	return h, err
}
