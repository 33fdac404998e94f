package tlsinfo

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
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
	QUICParameters      []byte   // quic_transport_parameters or the code point of its drafts, undecoded (RFC 9000 §18)
	Bytes               int      // length of the message body
	SSL2                bool     // the hello came in the format of SSL 2.0
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

// extension reads one extension of a ClientHello and reports whether it is well-formed.
func (h *ClientHello) extension(typ uint16, b cryptobyte.String) bool {
	switch typ {
	case extServerName:
		return readServerName(b, &h.SNI)
	case extALPN:
		return readALPN(b, &h.ALPN)
	case extSupportedVersions:
		return readList8(b, &h.Versions)
	case extSupportedGroups:
		return readList16(b, &h.Groups)
	case extSignatureAlgorithms:
		return readList16(b, &h.SignatureAlgorithms)
	case extPointFormats:
		var list cryptobyte.String
		if !b.ReadUint8LengthPrefixed(&list) || !b.Empty() {
			return false
		}
		h.PointFormats = slices.Clone([]byte(list))
	case extKeyShare:
		return readKeyShares(b, &h.KeyShares)
	case extSessionTicket:
		h.Ticket = len(b) > 0
	case extPreSharedKey:
		h.PSK = true
	case extEarlyData:
		h.EarlyData = true
	case extECH:
		h.ECH = true
	case extQUICParameters, extQUICParametersDraft:
		h.QUICParameters = slices.Clone([]byte(b))
	}
	return true
}

// readServerName reads the ServerNameList of RFC 6066 §3 and sets sni to the first host_name.
func readServerName(b cryptobyte.String, sni *string) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var typ uint8
		var name cryptobyte.String
		if !list.ReadUint8(&typ) || !list.ReadUint16LengthPrefixed(&name) {
			return false
		}
		if typ == 0 && *sni == "" {
			*sni = string(name)
		}
	}
	return true
}

// readALPN reads the ProtocolNameList of RFC 7301 §3.1.
func readALPN(b cryptobyte.String, out *[]string) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	for !list.Empty() {
		var name cryptobyte.String
		if !list.ReadUint8LengthPrefixed(&name) || name.Empty() {
			return false
		}
		*out = append(*out, string(name))
	}
	return true
}

// readKeyShares reads the groups of KeyShareClientHello (RFC 8446 §4.2.8).
func readKeyShares(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	for !list.Empty() {
		var group uint16
		var key cryptobyte.String
		if !list.ReadUint16(&group) || !list.ReadUint16LengthPrefixed(&key) {
			return false
		}
		*out = append(*out, group)
	}
	return true
}

// readList8 reads a vector of uint16 whose length has one byte; readList16 one whose length has two.
func readList8(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint8LengthPrefixed(&list) || !b.Empty() || len(list)%2 != 0 {
		return false
	}
	*out = uint16s(list)
	return true
}

func readList16(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() || len(list)%2 != 0 {
		return false
	}
	*out = uint16s(list)
	return true
}

// uint16s reads all of b, whose length is even.
func uint16s(b []byte) []uint16 {
	if len(b) == 0 {
		return nil
	}
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return out
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

// extension reads one extension of a ServerHello and reports whether it is well-formed.
func (h *ServerHello) extension(typ uint16, b cryptobyte.String) bool {
	switch typ {
	case extALPN:
		var list []string
		if !readALPN(b, &list) || len(list) != 1 { // RFC 7301 §3.1: exactly one
			return false
		}
		h.ALPN = list[0]
	case extSupportedVersions:
		return b.ReadUint16(&h.Selected) && b.Empty()
	case extKeyShare:
		// A HelloRetryRequest names the group alone, a ServerHello has the key after it (RFC 8446 §4.2.8).
		h.HasKeyShare = b.ReadUint16(&h.KeyShare)
		return h.HasKeyShare
	case extPreSharedKey:
		h.PSK = true
	case extSessionTicket:
		h.Ticket = true
	case extCookie:
		h.Cookie = true
	}
	return true
}
