package tlsinfo

// certCompressions is the IANA registry "TLS Certificate Compression Algorithm IDs" (RFC 8879 §7.3).
var certCompressions = [...]entry{{1, "zlib"}, {2, "brotli"}, {3, "zstd"}}

// certTypes is the IANA registry "TLS Certificate Types" (RFC 7250, RFC 8902).
var certTypes = [...]entry{{0, "X509"}, {1, "OpenPGP"}, {2, "RawPublicKey"}, {3, "1609Dot2"}}

// clientCertKinds is the IANA registry "TLS ClientCertificateType Identifiers" (RFC 5246 §7.4.4, RFC 8422 §5.5, RFC 9189).
var clientCertKinds = [...]entry{
	{1, "rsa_sign"},
	{2, "dss_sign"},
	{3, "rsa_fixed_dh"},
	{4, "dss_fixed_dh"},
	{5, "rsa_ephemeral_dh"},
	{6, "dss_ephemeral_dh"},
	{20, "fortezza_dms"},
	{21, "gost_sign"},
	{64, "ecdsa_sign"},
	{65, "rsa_fixed_ecdh"},
	{66, "ecdsa_fixed_ecdh"},
	{67, "gost_sign256"},
	{68, "gost_sign512"},
}

// statusTypes is the IANA registry "TLS Certificate Status Types" (RFC 6961).
var statusTypes = [...]entry{{1, "ocsp"}, {2, "ocsp_multi"}}

// pskModes is the IANA registry "TLS PskKeyExchangeMode" (RFC 8446 §4.2.9).
var pskModes = [...]entry{{0, "psk_ke"}, {1, "psk_dhe_ke"}}

// tokenBindings is the IANA registry "Token Binding Key Parameters" (RFC 8471 §6.1).
var tokenBindings = [...]entry{{0, "rsa2048_pkcs1.5"}, {1, "rsa2048_pss"}, {2, "ecdsap256"}}

// srtpProfiles is the IANA registry "DTLS-SRTP Protection Profiles" (RFC 5764 §4.1.2, RFC 7714, RFC 8269, RFC 8723).
var srtpProfiles = [...]entry{
	{0x01, "SRTP_AES128_CM_HMAC_SHA1_80"},
	{0x02, "SRTP_AES128_CM_HMAC_SHA1_32"},
	{0x05, "SRTP_NULL_HMAC_SHA1_80"},
	{0x06, "SRTP_NULL_HMAC_SHA1_32"},
	{0x07, "SRTP_AEAD_AES_128_GCM"},
	{0x08, "SRTP_AEAD_AES_256_GCM"},
	{0x09, "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"},
	{0x0a, "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM"},
	{0x0b, "SRTP_ARIA_128_CTR_HMAC_SHA1_80"},
	{0x0c, "SRTP_ARIA_128_CTR_HMAC_SHA1_32"},
	{0x0d, "SRTP_ARIA_256_CTR_HMAC_SHA1_80"},
	{0x0e, "SRTP_ARIA_256_CTR_HMAC_SHA1_32"},
	{0x0f, "SRTP_AEAD_ARIA_128_GCM"},
	{0x10, "SRTP_AEAD_ARIA_256_GCM"},
}

// hpkeKDFs and hpkeAEADs are the IANA registries of HPKE (RFC 9180 §7.2, §7.3).
var (
	hpkeKDFs  = [...]entry{{1, "HKDF-SHA256"}, {2, "HKDF-SHA384"}, {3, "HKDF-SHA512"}}
	hpkeAEADs = [...]entry{{1, "AES-128-GCM"}, {2, "AES-256-GCM"}, {3, "ChaCha20Poly1305"}, {0xffff, "export_only"}}
)

// hpkeKEMs are the key encapsulations of HPKE by the length of what they put on the wire (RFC 9180 §7.1): ClientHelloOuter
// does not name its own.
var hpkeKEMs = [...]entry{
	{32, "DHKEM(X25519)"}, {56, "DHKEM(X448)"}, {65, "DHKEM(P-256)"}, {97, "DHKEM(P-384)"}, {133, "DHKEM(P-521)"}, {1120, "X-Wing"},
}

func certCompressionName(v uint16) string { return lookup(certCompressions[:], v) }
func clientCertKindName(v uint8) string   { return lookup(clientCertKinds[:], uint16(v)) }
func certTypeName(v uint8) string         { return lookup(certTypes[:], uint16(v)) }
func statusTypeName(v uint8) string       { return lookup(statusTypes[:], uint16(v)) }
func pskModeName(v uint8) string          { return lookup(pskModes[:], uint16(v)) }
func tokenBindingName(v uint8) string     { return lookup(tokenBindings[:], uint16(v)) }
func srtpProfileName(v uint16) string     { return lookup(srtpProfiles[:], v) }
func hpkeKDFName(v uint16) string         { return lookup(hpkeKDFs[:], v) }
func hpkeAEADName(v uint16) string        { return lookup(hpkeAEADs[:], v) }

// hpkeKEMOf names the encapsulation whose output has n bytes, "" if there is none.
func hpkeKEMOf(n int) string {
	if i, ok := find(hpkeKEMs[:], uint16(min(n, 0xffff))); ok {
		return hpkeKEMs[i].name
	}
	return ""
}
