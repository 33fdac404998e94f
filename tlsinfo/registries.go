package tlsinfo

// Protocol versions as they stand in version fields.
const (
	versionSSL2   = 0x0002
	versionSSL3   = 0x0300
	version10     = 0x0301
	version11     = 0x0302
	version12     = 0x0303
	version13     = 0x0304
	versionDTLS13 = 0xfefc
	versionDTLS12 = 0xfefd
	versionDTLS10 = 0xfeff
)

// Cipher suites that are signals and stand for no cipher.
const (
	suiteRenegotiation = 0x00ff // RFC 5746 §3.3
	suiteFallback      = 0x5600 // RFC 7507
)

// versions names protocol versions. 0x0100 is what OpenSSL before 0.9.8f sent for DTLS 1.0.
var versions = [...]entry{
	{versionSSL2, "ssl2"},
	{0x0100, "dtls1.0_openssl"},
	{versionSSL3, "ssl3"},
	{version10, "1.0"},
	{version11, "1.1"},
	{version12, "1.2"},
	{version13, "1.3"},
	{versionDTLS13, "dtls1.3"},
	{versionDTLS12, "dtls1.2"},
	{versionDTLS10, "dtls1.0"},
}

// Extension types that are read.
const (
	extMaxFragmentLength       = 1
	extTrustedCAKeys           = 3
	extStatusRequest           = 5
	extUseSRTP                 = 14
	extHeartbeat               = 15
	extStatusRequestV2         = 17
	extSCT                     = 18
	extClientCertType          = 19
	extServerCertType          = 20
	extPadding                 = 21
	extTokenBinding            = 24
	extCompressCertificate     = 27
	extRecordSizeLimit         = 28
	extDelegatedCredential     = 34
	extPSKModes                = 45
	extCertificateAuthorities  = 47
	extSignatureAlgorithmsCert = 50
	extConnectionID            = 54
	extALPSOld                 = 17513
	extALPS                    = 17613
	extRenegotiation           = 0xff01
	extServerName              = 0
	extSupportedGroups         = 10
	extPointFormats            = 11
	extSignatureAlgorithms     = 13
	extALPN                    = 16
	extSessionTicket           = 35
	extPreSharedKey            = 41
	extEarlyData               = 42
	extSupportedVersions       = 43
	extCookie                  = 44
	extKeyShare                = 51
	extQUICParameters          = 57
	extNPN                     = 13172
	extECH                     = 0xfe0d
	extQUICParametersDraft     = 0xffa5
)

// extensions is the IANA registry "TLS ExtensionType Values", sorted, with the unregistered ones that were deployed widely.
var extensions = [...]entry{
	{extServerName, "server_name"},
	{extMaxFragmentLength, "max_fragment_length"},
	{2, "client_certificate_url"},
	{extTrustedCAKeys, "trusted_ca_keys"},
	{4, "truncated_hmac"},
	{extStatusRequest, "status_request"},
	{6, "user_mapping"},
	{7, "client_authz"},
	{8, "server_authz"},
	{9, "cert_type"},
	{extSupportedGroups, "supported_groups"},
	{extPointFormats, "ec_point_formats"},
	{12, "srp"},
	{extSignatureAlgorithms, "signature_algorithms"},
	{extUseSRTP, "use_srtp"},
	{extHeartbeat, "heartbeat"},
	{extALPN, "application_layer_protocol_negotiation"},
	{extStatusRequestV2, "status_request_v2"},
	{extSCT, "signed_certificate_timestamp"},
	{extClientCertType, "client_certificate_type"},
	{extServerCertType, "server_certificate_type"},
	{extPadding, "padding"},
	{22, "encrypt_then_mac"},
	{23, "extended_master_secret"},
	{extTokenBinding, "token_binding"},
	{25, "cached_info"},
	{26, "tls_lts"},
	{extCompressCertificate, "compress_certificate"},
	{extRecordSizeLimit, "record_size_limit"},
	{29, "pwd_protect"},
	{30, "pwd_clear"},
	{31, "password_salt"},
	{32, "ticket_pinning"},
	{33, "tls_cert_with_extern_psk"},
	{extDelegatedCredential, "delegated_credential"},
	{extSessionTicket, "session_ticket"},
	{36, "TLMSP"},
	{37, "TLMSP_proxying"},
	{38, "TLMSP_delegate"},
	{39, "supported_ekt_ciphers"},
	{extPreSharedKey, "pre_shared_key"},
	{extEarlyData, "early_data"},
	{extSupportedVersions, "supported_versions"},
	{extCookie, "cookie"},
	{extPSKModes, "psk_key_exchange_modes"},
	{extCertificateAuthorities, "certificate_authorities"},
	{48, "oid_filters"},
	{49, "post_handshake_auth"},
	{extSignatureAlgorithmsCert, "signature_algorithms_cert"},
	{extKeyShare, "key_share"},
	{52, "transparency_info"},
	{53, "connection_id_deprecated"},
	{extConnectionID, "connection_id"},
	{55, "external_id_hash"},
	{56, "external_session_id"},
	{extQUICParameters, "quic_transport_parameters"},
	{58, "ticket_request"},
	{59, "dnssec_chain"},
	{60, "sequence_number_encryption_algorithms"},
	{61, "rrc"},
	{62, "tls_flags"},
	{extNPN, "next_protocol_negotiation"},    // draft-agl-tls-nextprotoneg
	{extALPSOld, "application_settings_old"}, // draft-vvv-tls-alps, first code point
	{extALPS, "application_settings"},        // draft-vvv-tls-alps
	{30031, "channel_id_old"},                // draft-balfanz-tls-channelid, first code point
	{30032, "channel_id"},                    // draft-balfanz-tls-channelid
	{0xca34, "trust_anchors"},                // draft-ietf-tls-trust-anchor-ids
	{0xfd00, "ech_outer_extensions"},
	{0xfe08, "encrypted_client_hello_draft08"},
	{0xfe09, "encrypted_client_hello_draft09"},
	{0xfe0a, "encrypted_client_hello_draft10"},
	{0xfe0c, "encrypted_client_hello_draft12"},
	{extECH, "encrypted_client_hello"},
	{extRenegotiation, "renegotiation_info"},
	{extQUICParametersDraft, "quic_transport_parameters_draft"},
	{0xffce, "encrypted_server_name"}, // draft-ietf-tls-esni
}

// Groups that the key exchange name depends on.
const (
	groupFFDHEFirst = 256 // RFC 7919: 256 to 511 are finite field groups
	groupFFDHELast  = 511
	groupMLKEM512   = 512 // pure ML-KEM, no Diffie-Hellman
	groupMLKEM1024  = 514
)

// groups is the IANA registry "TLS Supported Groups", sorted, with the Kyber drafts browsers shipped.
var groups = [...]entry{
	{1, "sect163k1"},
	{2, "sect163r1"},
	{3, "sect163r2"},
	{4, "sect193r1"},
	{5, "sect193r2"},
	{6, "sect233k1"},
	{7, "sect233r1"},
	{8, "sect239k1"},
	{9, "sect283k1"},
	{10, "sect283r1"},
	{11, "sect409k1"},
	{12, "sect409r1"},
	{13, "sect571k1"},
	{14, "sect571r1"},
	{15, "secp160k1"},
	{16, "secp160r1"},
	{17, "secp160r2"},
	{18, "secp192k1"},
	{19, "secp192r1"},
	{20, "secp224k1"},
	{21, "secp224r1"},
	{22, "secp256k1"},
	{23, "secp256r1"},
	{24, "secp384r1"},
	{25, "secp521r1"},
	{26, "brainpoolP256r1"},
	{27, "brainpoolP384r1"},
	{28, "brainpoolP512r1"},
	{29, "x25519"},
	{30, "x448"},
	{31, "brainpoolP256r1tls13"},
	{32, "brainpoolP384r1tls13"},
	{33, "brainpoolP512r1tls13"},
	{34, "GC256A"},
	{35, "GC256B"},
	{36, "GC256C"},
	{37, "GC256D"},
	{38, "GC512A"},
	{39, "GC512B"},
	{40, "GC512C"},
	{41, "curveSM2"},
	{256, "ffdhe2048"},
	{257, "ffdhe3072"},
	{258, "ffdhe4096"},
	{259, "ffdhe6144"},
	{260, "ffdhe8192"},
	{groupMLKEM512, "MLKEM512"},
	{513, "MLKEM768"},
	{groupMLKEM1024, "MLKEM1024"},
	{4587, "SecP256r1MLKEM768"},
	{4588, "X25519MLKEM768"},
	{4589, "SecP384r1MLKEM1024"},
	{4590, "curveSM2MLKEM768"},
	{25497, "X25519Kyber768Draft00"},
	{25498, "SecP256r1Kyber768Draft00"},
	{0xff01, "arbitrary_explicit_prime_curves"},
	{0xff02, "arbitrary_explicit_char2_curves"},
}

// signatureSchemes is the IANA registry "TLS SignatureScheme", sorted, and the pairs of hash and signature of RFC 5246
// §7.4.1.4.1 that TLS 1.3 reserved, named alike.
var signatureSchemes = [...]entry{
	{0x0101, "rsa_pkcs1_md5"},
	{0x0102, "dsa_md5"},
	{0x0103, "ecdsa_md5"},
	{0x0201, "rsa_pkcs1_sha1"},
	{0x0202, "dsa_sha1"},
	{0x0203, "ecdsa_sha1"},
	{0x0301, "rsa_pkcs1_sha224"},
	{0x0302, "dsa_sha224"},
	{0x0303, "ecdsa_sha224"},
	{0x0401, "rsa_pkcs1_sha256"},
	{0x0402, "dsa_sha256"},
	{0x0403, "ecdsa_secp256r1_sha256"},
	{0x0420, "rsa_pkcs1_sha256_legacy"},
	{0x0501, "rsa_pkcs1_sha384"},
	{0x0502, "dsa_sha384"},
	{0x0503, "ecdsa_secp384r1_sha384"},
	{0x0520, "rsa_pkcs1_sha384_legacy"},
	{0x0601, "rsa_pkcs1_sha512"},
	{0x0602, "dsa_sha512"},
	{0x0603, "ecdsa_secp521r1_sha512"},
	{0x0620, "rsa_pkcs1_sha512_legacy"},
	{0x0704, "eccsi_sha256"},
	{0x0705, "iso_ibs1"},
	{0x0706, "iso_ibs2"},
	{0x0707, "iso_chinese_ibs"},
	{0x0708, "sm2sig_sm3"},
	{0x0709, "gostr34102012_256a"},
	{0x070a, "gostr34102012_256b"},
	{0x070b, "gostr34102012_256c"},
	{0x070c, "gostr34102012_256d"},
	{0x070d, "gostr34102012_512a"},
	{0x070e, "gostr34102012_512b"},
	{0x070f, "gostr34102012_512c"},
	{0x0804, "rsa_pss_rsae_sha256"},
	{0x0805, "rsa_pss_rsae_sha384"},
	{0x0806, "rsa_pss_rsae_sha512"},
	{0x0807, "ed25519"},
	{0x0808, "ed448"},
	{0x0809, "rsa_pss_pss_sha256"},
	{0x080a, "rsa_pss_pss_sha384"},
	{0x080b, "rsa_pss_pss_sha512"},
	{0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
	{0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
	{0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
	{0x0904, "mldsa44"},
	{0x0905, "mldsa65"},
	{0x0906, "mldsa87"},
	{0x0911, "slhdsa_sha2_128s"},
	{0x0912, "slhdsa_sha2_128f"},
	{0x0913, "slhdsa_sha2_192s"},
	{0x0914, "slhdsa_sha2_192f"},
	{0x0915, "slhdsa_sha2_256s"},
	{0x0916, "slhdsa_sha2_256f"},
	{0x0917, "slhdsa_shake_128s"},
	{0x0918, "slhdsa_shake_128f"},
	{0x0919, "slhdsa_shake_192s"},
	{0x091a, "slhdsa_shake_192f"},
	{0x091b, "slhdsa_shake_256s"},
	{0x091c, "slhdsa_shake_256f"},
	{0xeeed, "gostr34102012_256_intrinsic"},
	{0xeeee, "gostr34102012_512_intrinsic"},
	{0xefed, "gostr34102001_intrinsic"},
}

// alerts is the IANA registry "TLS Alerts", sorted, reserved entries under the names of the RFCs that had them.
var alerts = [...]entry{
	{0, "close_notify"},
	{10, "unexpected_message"},
	{20, "bad_record_mac"},
	{21, "decryption_failed"},
	{22, "record_overflow"},
	{30, "decompression_failure"},
	{40, "handshake_failure"},
	{41, "no_certificate"},
	{42, "bad_certificate"},
	{43, "unsupported_certificate"},
	{44, "certificate_revoked"},
	{45, "certificate_expired"},
	{46, "certificate_unknown"},
	{47, "illegal_parameter"},
	{48, "unknown_ca"},
	{49, "access_denied"},
	{50, "decode_error"},
	{51, "decrypt_error"},
	{52, "too_many_cids_requested"},
	{60, "export_restriction"},
	{70, "protocol_version"},
	{71, "insufficient_security"},
	{80, "internal_error"},
	{86, "inappropriate_fallback"},
	{90, "user_canceled"},
	{100, "no_renegotiation"},
	{109, "missing_extension"},
	{110, "unsupported_extension"},
	{111, "certificate_unobtainable"},
	{112, "unrecognized_name"},
	{113, "bad_certificate_status_response"},
	{114, "bad_certificate_hash_value"},
	{115, "unknown_psk_identity"},
	{116, "certificate_required"},
	{117, "general_error"},
	{120, "no_application_protocol"},
	{121, "ech_required"},
}

// sslCipherKindName names a three-byte CIPHER-KIND of SSL 2.0.
func sslCipherKindName(v uint32) string {
	switch v {
	case 0x010080:
		return "SSL_CK_RC4_128_WITH_MD5"
	case 0x020080:
		return "SSL_CK_RC4_128_EXPORT40_WITH_MD5"
	case 0x030080:
		return "SSL_CK_RC2_128_CBC_WITH_MD5"
	case 0x040080:
		return "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"
	case 0x050080:
		return "SSL_CK_IDEA_128_CBC_WITH_MD5"
	case 0x060040:
		return "SSL_CK_DES_64_CBC_WITH_MD5"
	case 0x0700c0:
		return "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"
	}
	return hex16(uint16(v>>8)) + hex16(uint16(v))[4:]
}

// pointFormatName names an EC point format (RFC 8422 §5.1.2).
func pointFormatName(v uint8) string {
	switch v {
	case 0:
		return "uncompressed"
	case 1:
		return "ansiX962_compressed_prime"
	case 2:
		return "ansiX962_compressed_char2"
	}
	return hex16(uint16(v))
}

// compressionName names a compression method (RFC 3749).
func compressionName(v uint8) string {
	switch v {
	case 0:
		return "null"
	case 1:
		return "deflate"
	case 64:
		return "lzs"
	}
	return hex16(uint16(v))
}
