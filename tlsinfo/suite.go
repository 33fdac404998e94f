package tlsinfo

import "strings"

// keyExchange names the key exchange of a cipher suite before TLS 1.3 and tells whether it is ephemeral, that is, forward
// secret. A suite that does not name one gives "".
func keyExchange(suite uint16) (name string, ephemeral bool) {
	i, ok := find(cipherSuites[:], suite)
	if !ok {
		return "", false
	}
	kx, _, ok := strings.Cut(cipherSuites[i].name, "_WITH_")
	if !ok {
		return "", false
	}
	_, kx, _ = strings.Cut(kx, "_")
	switch kx {
	case "RSA", "RSA_FIPS":
		return "rsa", false
	case "RSA_EXPORT", "RSA_EXPORT1024":
		return "rsa_export", false
	case "DHE_RSA", "DHE_DSS":
		return "dhe", true
	case "DHE_RSA_EXPORT", "DHE_DSS_EXPORT", "DHE_DSS_EXPORT1024":
		return "dhe_export", true
	case "DH_anon":
		return "dh_anon", true
	case "DH_anon_EXPORT":
		return "dh_anon_export", true
	case "DH_RSA", "DH_DSS", "DH_RSA_EXPORT", "DH_DSS_EXPORT":
		return "dh", false
	case "ECDHE_RSA", "ECDHE_ECDSA":
		return "ecdhe", true
	case "ECDH_anon":
		return "ecdh_anon", true
	case "ECDH_RSA", "ECDH_ECDSA":
		return "ecdh", false
	case "PSK":
		return "psk", false
	case "RSA_PSK":
		return "rsa_psk", false
	case "DHE_PSK", "PSK_DHE":
		return "dhe_psk", true
	case "ECDHE_PSK":
		return "ecdhe_psk", true
	case "SRP_SHA", "SRP_SHA_RSA", "SRP_SHA_DSS":
		return "srp", true
	case "ECCPWD":
		return "eccpwd", true
	case "ECJPAKE":
		return "ecjpake", true
	case "KRB5", "KRB5_EXPORT":
		return "krb5", false
	case "FORTEZZA_KEA":
		return "fortezza", false
	case "NULL":
		return "null", false
	}
	if strings.HasPrefix(kx, "GOST") {
		return "gost", false
	}
	return "", false
}

// keyExchange13 names the key exchange of TLS 1.3 (RFC 8446 §2): it follows from what ServerHello carries, not from the suite.
func keyExchange13(h *ServerHello) (name string, ephemeral bool) {
	if !h.HasKeyShare {
		if h.PSK {
			return "psk", false
		}
		return "", false
	}
	switch {
	case h.KeyShare >= groupFFDHEFirst && h.KeyShare <= groupFFDHELast:
		name = "dhe"
	case h.KeyShare >= groupMLKEM512 && h.KeyShare <= groupMLKEM1024:
		name = "ml_kem"
	default:
		name = "ecdhe"
	}
	if h.PSK {
		name += "_psk"
	}
	return name, true
}
