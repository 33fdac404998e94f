package tlsinfo

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// JA3 returns the JA3 string of a ClientHello, "version,ciphers,extensions,groups,point formats" in decimal without
// GREASE, and its MD5. See NOTICE-fingerprints.md.
func JA3(h *ClientHello) (hash, text string) {
	b := make([]byte, 0, 512)
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = appendDecimals(append(b, ','), h.Ciphers)
	b = appendDecimals(append(b, ','), h.Extensions)
	b = appendDecimals(append(b, ','), h.Groups)
	b = append(b, ',')
	for i, f := range h.PointFormats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(f), 10)
	}
	return md5Hex(b), string(b)
}

// JA3S returns the JA3S string of a ServerHello, "version,cipher,extensions" in decimal, and its MD5.
func JA3S(h *ServerHello) (hash, text string) {
	b := make([]byte, 0, 64)
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = strconv.AppendUint(append(b, ','), uint64(h.Cipher), 10)
	b = appendDecimals(append(b, ','), h.Extensions)
	return md5Hex(b), string(b)
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// appendDecimals appends v without GREASE, joined by "-".
func appendDecimals(b []byte, v []uint16) []byte {
	first := true
	for _, x := range v {
		if IsGREASE(x) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(x), 10)
	}
	return b
}

// The first letter of a JA4 fingerprint: what carries the hello.
const (
	JA4TLS  = 't'
	JA4QUIC = 'q'
	JA4DTLS = 'd'
)

// JA4 returns the JA4 fingerprint of a ClientHello carried by transport (JA4TLS, JA4QUIC or JA4DTLS). See
// NOTICE-fingerprints.md and https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md.
func JA4(h *ClientHello, transport byte) string {
	// The buffers hold what browsers send; longer lists are moved to the heap.
	var room [2][64]uint16
	var text [512]byte
	ciphers := appendWithoutGREASE(room[0][:0], h.Ciphers)
	exts := appendWithoutGREASE(room[1][:0], h.Extensions)
	sni := byte('i')
	if slices.Contains(exts, extServerName) {
		sni = 'd'
	}
	b := make([]byte, 0, 36)
	b = append(b, transport)
	b = append(b, ja4Version(h)...)
	b = append(b, sni)
	b = appendCount(b, len(ciphers))
	b = appendCount(b, len(exts))
	b = append(b, ja4ALPN(h.ALPN)...)

	slices.Sort(ciphers)
	b = appendHash12(append(b, '_'), appendHexList(text[:0], ciphers))

	hashed := slices.DeleteFunc(exts, func(e uint16) bool { return e == extServerName || e == extALPN })
	slices.Sort(hashed)
	list := appendHexList(text[:0], hashed)
	if algs := appendWithoutGREASE(room[0][:0], h.SignatureAlgorithms); len(list) > 0 && len(algs) > 0 {
		list = appendHexList(append(list, '_'), algs)
	}
	return string(appendHash12(append(b, '_'), list))
}

// ja4Version takes the highest of supported_versions, else legacy_version. DTLS versions count downwards.
func ja4Version(h *ClientHello) string {
	v, seen := h.Version, false
	for _, x := range h.Versions {
		higher := x > v
		if v>>8 == 0xfe && x>>8 == 0xfe {
			higher = x < v
		}
		if !IsGREASE(x) && (!seen || higher) {
			v, seen = x, true
		}
	}
	switch v {
	case version13:
		return "13"
	case version12:
		return "12"
	case version11:
		return "11"
	case version10:
		return "10"
	case versionSSL3:
		return "s3"
	case versionSSL2:
		return "s2"
	case versionDTLS10:
		return "d1"
	case versionDTLS12:
		return "d2"
	case versionDTLS13:
		return "d3"
	}
	return "00"
}

// ja4ALPN gives the first and the last character of the first protocol name, or, where one of them is not an ASCII letter
// or digit, the first and the last digit of the name in hexadecimal.
func ja4ALPN(protocols []string) string {
	if len(protocols) == 0 || protocols[0] == "" {
		return "00"
	}
	const digits = "0123456789abcdef"
	p := protocols[0]
	first, last := p[0], p[len(p)-1]
	if !isAlnum(first) || !isAlnum(last) {
		first, last = digits[first>>4], digits[last&15]
	}
	return string([]byte{first, last})
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func appendWithoutGREASE(out, v []uint16) []uint16 {
	for _, x := range v {
		if !IsGREASE(x) {
			out = append(out, x)
		}
	}
	return out
}

func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, '0'+byte(n/10), '0'+byte(n%10))
}

// appendHexList appends v as four hexadecimal digits each, joined by commas.
func appendHexList(b []byte, v []uint16) []byte {
	const digits = "0123456789abcdef"
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, digits[x>>12], digits[x>>8&15], digits[x>>4&15], digits[x&15])
	}
	return b
}

// appendHash12 appends the first twelve digits of the SHA-256 of list, or zeros for an empty list.
func appendHash12(b, list []byte) []byte {
	if len(list) == 0 {
		return append(b, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(b, sum[:6])
}
