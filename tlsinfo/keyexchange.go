package tlsinfo

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// serverGroup reads the group of a ServerKeyExchange: the named curve (RFC 8422 §5.4), or the size of the
// finite field (RFC 5246 §7.4.3) as "dh_2048", or "ffdhe2048" when the prime is one of RFC 7919. kx is the name
// keyExchange gave. "" means that there is none.
func serverGroup(kx string, body []byte) string {
	s := cryptobyte.String(body)
	if strings.HasSuffix(kx, "_psk") { // psk_identity_hint comes first: RFC 4279 §2, RFC 5489 §2
		var hint cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&hint) {
			return ""
		}
	}
	switch strings.TrimSuffix(kx, "_psk") {
	case "ecdhe", "ecdh_anon":
		var curveType uint8
		var curve uint16
		if !s.ReadUint8(&curveType) || curveType != 3 || !s.ReadUint16(&curve) { // 3: named_curve
			return ""
		}
		return GroupName(curve)
	case "dhe", "dhe_export", "dh_anon", "dh_anon_export":
		var p cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&p) {
			return ""
		}
		return fieldName(p)
	}
	return ""
}

// fieldName names the prime of a finite field by its size. The primes of RFC 7919 are told by what follows their
// leading ones: the digits of e.
func fieldName(p []byte) string {
	p = bytes.TrimLeft(p, "\x00")
	if len(p) == 0 {
		return ""
	}
	n := (len(p)-1)*8 + bits.Len8(p[0])
	if bytes.HasPrefix(p, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xad\xf8\x54\x58\xa2\xbb\x4a\x9a")) {
		return "ffdhe" + strconv.Itoa(n)
	}
	return "dh_" + strconv.Itoa(n)
}
