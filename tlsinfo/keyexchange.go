package tlsinfo

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// keyExchangeMessage is what a ServerKeyExchange tells.
type keyExchangeMessage struct {
	group     string // "x25519", "dh_1024", "rsa_512"
	fieldBits int    // size of the finite field, 0 for curves
	signature string // scheme, TLS 1.2 only
}

// readKeyExchange reads the ServerKeyExchange that follows h (RFC 5246 §7.4.3, RFC 8422 §5.4). What of it is malformed is left out.
func readKeyExchange(h *ServerHello, body []byte) (m keyExchangeMessage) {
	kx, _ := keyExchange(h.Cipher)
	s := cryptobyte.String(body)
	m.group, m.fieldBits = readGroup(kx, &s)
	var public cryptobyte.String
	var scheme uint16
	switch {
	case m.group == "" || h.Selected != version12 && h.Selected != versionDTLS12:
	case kx == "ecdhe" && s.ReadUint8LengthPrefixed(&public) && s.ReadUint16(&scheme):
		m.signature = SignatureSchemeName(scheme)
	case kx == "dhe" && s.ReadUint16LengthPrefixed(&public) && s.ReadUint16LengthPrefixed(&public) && s.ReadUint16(&scheme): // g, Ys
		m.signature = SignatureSchemeName(scheme)
	}
	return m
}

// readGroup reads the group a ServerKeyExchange begins with: the named curve, or the size of the finite field in bits as
// "dh_2048", or "ffdhe2048" when the prime is one of RFC 7919, or the size of the RSA key of an export suite as "rsa_512". kx is the name keyExchange gave. "" means that there is none.
func readGroup(kx string, s *cryptobyte.String) (name string, fieldBits int) {
	if strings.HasSuffix(kx, "_psk") { // psk_identity_hint comes first: RFC 4279 §2, RFC 5489 §2
		var hint cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&hint) {
			return "", 0
		}
	}
	switch strings.TrimSuffix(kx, "_psk") {
	case "ecdhe", "ecdh_anon":
		var curveType uint8
		var curve uint16
		if !s.ReadUint8(&curveType) || curveType != 3 || !s.ReadUint16(&curve) { // 3: named_curve
			return "", 0
		}
		return GroupName(curve), 0
	case "dhe", "dhe_export", "dh_anon", "dh_anon_export":
		var p cryptobyte.String
		if s.ReadUint16LengthPrefixed(&p) {
			return fieldName(p)
		}
	case "rsa_export": // a key of 512 or 1,024 bits made for the occasion: RFC 2246 §7.4.3
		var modulus cryptobyte.String
		if n := &modulus; s.ReadUint16LengthPrefixed(n) && bitLen(*n) > 0 {
			return "rsa_" + strconv.FormatUint(bitLen(*n), 10), 0
		}
	}
	return "", 0
}

// fieldName names the prime of a finite field by its size. The primes of RFC 7919 are told by what follows their
// leading ones: the digits of e.
func fieldName(p []byte) (name string, n int) {
	p = bytes.TrimLeft(p, "\x00")
	if len(p) == 0 {
		return "", 0
	}
	n = (len(p)-1)*8 + bits.Len8(p[0])
	if bytes.HasPrefix(p, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xad\xf8\x54\x58\xa2\xbb\x4a\x9a")) {
		return "ffdhe" + strconv.Itoa(n), n
	}
	return "dh_" + strconv.Itoa(n), n
}
