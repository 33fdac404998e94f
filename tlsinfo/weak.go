package tlsinfo

import "strings"

// minFieldBits is the least size of a finite field that is not called weak (RFC 9325 §4.2, RFC 7919 §1).
const minFieldBits = 2048

// weaknesses names what was agreed on and is known to be weak. It is judged by what the ServerHello and the ServerKeyExchange
// say, and by nothing that was only offered.
func (s *session) weaknesses() (weak []string) {
	h := s.server
	if is13(h.Selected) {
		return nil
	}
	weak = weakCipher(CipherSuiteName(h.Cipher))
	add := func(on bool, name string) {
		if on {
			weak = append(weak, name)
		}
	}
	_, ephemeral := keyExchange(h.Cipher)
	add(!ephemeral, "no_forward_secrecy")
	add(s.kx.fieldBits > 0 && s.kx.fieldBits < minFieldBits, "small_dh")
	add(h.Compression != 0, "compression") // CRIME
	add(s.kx.signature == "rsa_pkcs1_md5" || s.kx.signature == "ecdsa_md5" || s.kx.signature == "dsa_md5", "md5_signature")
	add(strings.HasSuffix(s.kx.signature, "_sha1"), "sha1_signature")
	add(!h.SecureRenegotiation, "insecure_renegotiation") // RFC 5746
	return weak
}

// weakCiphers are parts of the names of cipher suites, and what they mean. RFC 7465 forbids RC4, RFC 8429 and RFC 9155 what
// is older; blocks of 64 bits leak after a few gigabytes (SWEET32).
var weakCiphers = [...]struct{ part, weakness string }{
	{"_NULL", "null_cipher"},
	{"EXPORT", "export"},
	{"_anon_", "anonymous"},
	{"RC4", "rc4"},
	{"RC2", "rc2"},
	{"_3DES_", "3des"},
	{"_DES_", "des"},
	{"_DES40_", "des"},
	{"IDEA", "idea"},
	{"_MD5", "md5_mac"},
}

func weakCipher(suite string) (weak []string) {
	for _, w := range weakCiphers {
		if strings.Contains(suite, w.part) {
			weak = append(weak, w.weakness)
		}
	}
	return weak
}
