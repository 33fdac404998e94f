package hanalyze

// TLS tells of one TLS handshake.
type TLS struct {
	Envelope
	Version        string        `json:"version,omitzero"`      // negotiated: 1.0, 1.1, 1.2, 1.3, ssl3, dtls1.2; absent without a ServerHello
	SNI            string        `json:"sni,omitzero"`          // server_name, RFC 6066 §3
	ALPN           *ALPN         `json:"alpn,omitzero"`         // RFC 7301
	Cipher         *Cipher       `json:"cipher,omitzero"`       // chosen suite
	Group          string        `json:"group,omitzero"`        // chosen key exchange group
	ClientHello    *ClientHello  `json:"client_hello,omitzero"` // the (first) ClientHello
	ServerHello    *ServerHello  `json:"server_hello,omitzero"` // the ServerHello that counts
	JA3            string        `json:"ja3,omitzero"`          // MD5 of ja3_string
	JA3String      string        `json:"ja3_string,omitzero"`
	JA3S           string        `json:"ja3s,omitzero"` // MD5 of ja3s_string
	JA3SString     string        `json:"ja3s_string,omitzero"`
	JA4            string        `json:"ja4,omitzero"`          // TLS client fingerprint
	KeyExchange    string        `json:"key_exchange,omitzero"` // rsa, dhe, ecdhe, psk, …
	ForwardSecrecy bool          `json:"forward_secrecy"`       // the key exchange is ephemeral
	Resumption     Resumption    `json:"resumption"`
	EarlyData      string        `json:"early_data"`                // not_offered, offered, accepted or rejected
	EarlyDataBasis Basis         `json:"early_data_basis,omitzero"` // inferred, when only the sizes of records tell that it was accepted
	ECH            string        `json:"ech,omitzero"`              // what became of Encrypted Client Hello: offered, accepted or rejected
	HelloRetry     *HelloRetry   `json:"hello_retry,omitzero"`      // HelloRetryRequest, RFC 8446 §4.1.4
	FalseStart     bool          `json:"false_start"`               // client data before the server's Finished, RFC 7918
	ClientAuth     ClientAuth    `json:"client_auth"`
	Weak           []string      `json:"weak,omitzero"`                  // what was agreed on and is known to be weak
	Signature      string        `json:"server_signature,omitzero"`      // scheme the server signed its key exchange with, TLS 1.2
	Certificates   []Certificate `json:"certificates,omitzero"`          // the server's chain, leaf first
	Chain          *CertChain    `json:"chain,omitzero"`                 // what is wrong with the server's chain
	OCSP           *OCSPStaple   `json:"ocsp,omitzero"`                  // revocation status sent along with the chain
	ClientCerts    []Certificate `json:"client_certificates,omitzero"`   // the client's chain
	ServerKey      *RawKey       `json:"server_raw_public_key,omitzero"` // instead of certificates, RFC 7250
	ClientKey      *RawKey       `json:"client_raw_public_key,omitzero"`
	Alerts         []TLSAlert    `json:"alerts,omitzero"`               // alerts in the clear
	Handshake      Span          `json:"handshake_ms,omitzero"`         // ClientHello to the last handshake flight seen
	HandshakeRTTs  uint64        `json:"handshake_rtts,omitzero"`       // round trips before the client may send
	Established    bool          `json:"established"`                   // the handshake went through
	Decrypted      bool          `json:"decrypted"`                     // keys were at hand
	NotDecrypted   string        `json:"not_decrypted_reason,omitzero"` // why not
	Missing        Missing       `json:"missing"`
}

// RecordType returns "tls".
func (*TLS) RecordType() string { return "tls" }

// ALPN is what was offered and chosen.
type ALPN struct {
	Offered []string `json:"offered,omitzero"`
	Chosen  string   `json:"chosen,omitzero"`
}

// Cipher is a cipher suite.
type Cipher struct {
	Name string `json:"name"` // IANA name or 0x1a1a
	Code uint16 `json:"code"`
}

// ClientHello is the offer. Lists are in wire order with GREASE (RFC 8701) in them.
type ClientHello struct {
	Version             string       `json:"version"`           // legacy_version
	Versions            []string     `json:"versions,omitzero"` // supported_versions
	Ciphers             []string     `json:"ciphers"`
	Extensions          []string     `json:"extensions"`
	Groups              []string     `json:"groups,omitzero"`
	PointFormats        []string     `json:"point_formats,omitzero"`
	SignatureAlgorithms []string     `json:"signature_algorithms,omitzero"`
	CertSignatures      []string     `json:"signature_algorithms_cert,omitzero"` // those for certificates, when they differ
	KeyShares           []string     `json:"key_shares,omitzero"`                // groups with a key share
	PSKModes            []string     `json:"psk_modes,omitzero"`                 // psk_key_exchange_modes
	PSKs                []OfferedPSK `json:"psks,omitzero"`                      // identities of pre_shared_key
	TicketBytes         uint64       `json:"ticket_bytes,omitzero"`              // session_ticket: the ticket offered
	CookieBytes         uint64       `json:"cookie_bytes,omitzero"`              // cookie, the answer to a HelloRetryRequest or HelloVerifyRequest
	ALPS                []string     `json:"alps,omitzero"`                      // protocols with application settings
	StatusRequest       []string     `json:"status_request,omitzero"`            // kinds of revocation status asked for
	CertCompression     []string     `json:"compress_certificate,omitzero"`      // RFC 8879
	DelegatedCredential []string     `json:"delegated_credential,omitzero"`      // signature schemes, RFC 9345
	ClientCertTypes     []string     `json:"client_certificate_types,omitzero"`  // RFC 7250
	ServerCertTypes     []string     `json:"server_certificate_types,omitzero"`  // RFC 7250
	Authorities         uint64       `json:"certificate_authorities,omitzero"`   // authorities named, also by trusted_ca_keys
	RecordSizeLimit     uint64       `json:"record_size_limit,omitzero"`         // RFC 8449
	MaxFragmentLength   uint64       `json:"max_fragment_length,omitzero"`       // in bytes, RFC 6066 §4
	PaddingBytes        uint64       `json:"padding_bytes,omitzero"`             // RFC 7685
	Heartbeat           string       `json:"heartbeat,omitzero"`                 // allowed or not_allowed: whether the peer may send, RFC 6520
	TokenBinding        []string     `json:"token_binding,omitzero"`             // key parameters, RFC 8472
	SRTPProfiles        []string     `json:"srtp_profiles,omitzero"`             // use_srtp, RFC 5764
	ConnectionIDBytes   *uint64      `json:"connection_id_bytes,omitzero"`       // length of the connection ID asked for, RFC 9146
	ECHOffer            *ECHOffer    `json:"ech_offer,omitzero"`                 // what encrypted_client_hello tells
	Fallback            bool         `json:"fallback,omitzero"`                  // TLS_FALLBACK_SCSV: a retry with a lower version, RFC 7507
	Compression         []string     `json:"compression,omitzero"`               // methods other than null
	Grease              bool         `json:"grease"`                             // GREASE values present
	ECH                 bool         `json:"ech"`                                // encrypted_client_hello present
	SessionIDBytes      uint64       `json:"session_id_bytes"`
	HelloBytes          uint64       `json:"hello_bytes"` // length of the handshake message body
}

// OfferedPSK is a key the client offers to take up (RFC 8446 §4.2.11).
type OfferedPSK struct {
	IdentityBytes uint64 `json:"identity_bytes"`
	ObfuscatedAge uint64 `json:"obfuscated_ticket_age"` // 0 as a rule for a key agreed on outside TLS
}

// ECHOffer is what the ClientHelloOuter tells of Encrypted Client Hello (RFC 9849 §5). A client without a configuration sends
// one that looks the same (GREASE).
type ECHOffer struct {
	Type         string  `json:"type"`                   // outer or inner
	KDF          string  `json:"kdf,omitzero"`           // HPKE key derivation function
	AEAD         string  `json:"aead,omitzero"`          // HPKE cipher
	KEM          string  `json:"kem,omitzero"`           // HPKE key encapsulation, inferred from the length of enc
	ConfigID     *uint64 `json:"config_id,omitzero"`     // of the server's configuration
	EncBytes     uint64  `json:"enc_bytes,omitzero"`     // encapsulated key; absent in a second ClientHello
	PayloadBytes uint64  `json:"payload_bytes,omitzero"` // encrypted ClientHelloInner
}

// ServerHello is the choice.
type ServerHello struct {
	Version           string   `json:"version"`
	Extensions        []string `json:"extensions"`
	SessionIDEchoed   *bool    `json:"session_id_echoed,omitzero"`       // it repeats the client's session ID; absent when that is not known
	Compression       string   `json:"compression,omitzero"`             // method chosen, other than null
	Downgrade         string   `json:"downgrade,omitzero"`               // the random says that the server knows this version but was offered less, RFC 8446 §4.1.3
	PSK               *uint64  `json:"psk,omitzero"`                     // which of the client's identities was taken, from 0
	SCTs              uint64   `json:"scts,omitzero"`                    // signed certificate timestamps in the ServerHello
	NPN               []string `json:"npn,omitzero"`                     // protocols of next_protocol_negotiation
	RecordSizeLimit   uint64   `json:"record_size_limit,omitzero"`       // RFC 8449
	MaxFragmentLength uint64   `json:"max_fragment_length,omitzero"`     // in bytes, RFC 6066 §4
	Heartbeat         string   `json:"heartbeat,omitzero"`               // allowed or not_allowed: whether the peer may send
	SRTPProfile       string   `json:"srtp_profile,omitzero"`            // RFC 5764
	ClientCertType    string   `json:"client_certificate_type,omitzero"` // what the client's Certificate will hold, RFC 7250
	ServerCertType    string   `json:"server_certificate_type,omitzero"` // what the server's Certificate holds, RFC 7250
	ConnectionIDBytes *uint64  `json:"connection_id_bytes,omitzero"`     // RFC 9146
}

// Resumption tells whether an earlier session was taken up.
type Resumption struct {
	Offered []string `json:"offered,omitzero"`    // session_id, ticket, psk
	Kind    string   `json:"kind"`                // none, session_id, ticket or psk
	Ticket  *Ticket  `json:"new_ticket,omitzero"` // for the next time, as far as that is in the clear
}

// Ticket is a session ticket the server gave out (RFC 5077 §3.3).
type Ticket struct {
	Bytes    uint64 `json:"bytes"`
	Lifetime uint64 `json:"lifetime_s,omitzero"` // hint, in seconds
}

// HelloRetry tells of a HelloRetryRequest.
type HelloRetry struct {
	Group  string `json:"group,omitzero"`  // group asked for
	Cookie bool   `json:"cookie,omitzero"` // a cookie was given
	ECH    bool   `json:"ech,omitzero"`    // it answers the offer of Encrypted Client Hello
	JA3    string `json:"ja3,omitzero"`    // of the second ClientHello, which has other extensions; the record's ja3 is of the first
	JA4    string `json:"ja4,omitzero"`    // of the second ClientHello
}

// ClientAuth tells whether the client was asked for a certificate, as far as that is in the clear.
type ClientAuth struct {
	Requested           bool     `json:"requested"`
	Sent                bool     `json:"sent,omitzero"`                 // the client sent a certificate
	Types               []string `json:"types,omitzero"`                // kinds of certificate asked for
	SignatureAlgorithms []string `json:"signature_algorithms,omitzero"` // TLS 1.2
	Authorities         uint64   `json:"authorities,omitzero"`          // how many authorities were named
}

// Certificate is one X.509 certificate.
type Certificate struct {
	Subject     string   `json:"subject"`
	Issuer      string   `json:"issuer"`
	Serial      string   `json:"serial"`       // hexadecimal
	NotBefore   string   `json:"not_before"`   // RFC 3339
	NotAfter    string   `json:"not_after"`    // RFC 3339
	SAN         []string `json:"san,omitzero"` // DNS names, IP addresses, URIs and mail addresses
	Key         CertKey  `json:"key"`
	SigAlg      string   `json:"sig_alg"`
	SHA256      string   `json:"sha256"` // of the DER bytes
	CA          bool     `json:"ca"`
	SelfSigned  bool     `json:"self_signed,omitzero"`   // subject and issuer are the same
	SCTs        uint64   `json:"scts,omitzero"`          // embedded signed certificate timestamps, RFC 6962
	MatchesSNI  *bool    `json:"matches_sni,omitzero"`   // leaf only, when there is an SNI
	DaysLeft    *int64   `json:"days_left,omitzero"`     // by the capture's clock
	NotYetValid bool     `json:"not_yet_valid,omitzero"` // by the capture's clock
	Error       string   `json:"error,omitzero"`         // what is wrong with it, as strict parsers see it; the other fields tell what could be read all the same
}

// CertChain is what is wrong with a chain, or odd; there is none for a chain in order.
type CertChain struct {
	OutOfOrder    bool   `json:"out_of_order,omitzero"`   // an issuer does not follow what it issued
	Unrelated     uint64 `json:"unrelated,omitzero"`      // certificates that issued none of the others
	RootSent      bool   `json:"root_sent,omitzero"`      // a self-signed root is in it, which clients have or do not trust
	MissingIssuer string `json:"missing_issuer,omitzero"` // the leaf came alone: inferred that this intermediate should have come with it
}

// OCSPStaple is a revocation status the server sent (RFC 6066 §8, RFC 6960).
type OCSPStaple struct {
	Bytes      uint64 `json:"bytes"`
	Status     string `json:"status,omitzero"`      // good, revoked or unknown; of the first certificate in it
	ThisUpdate string `json:"this_update,omitzero"` // RFC 3339
	NextUpdate string `json:"next_update,omitzero"` // RFC 3339
}

// CertKey is a certificate's public key.
type CertKey struct {
	Alg   string `json:"alg"` // RSA, ECDSA, Ed25519, …
	Bits  uint64 `json:"bits,omitzero"`
	Curve string `json:"curve,omitzero"`
}

// RawKey is a public key sent without a certificate around it (RFC 7250).
type RawKey struct {
	Key    CertKey `json:"key"`
	SHA256 string  `json:"sha256"` // of the DER bytes of SubjectPublicKeyInfo
}

// TLSAlert is one alert.
type TLSAlert struct {
	Dir         Dir    `json:"dir"`
	Level       string `json:"level"`       // warning or fatal
	Description string `json:"description"` // IANA name in lower_snake
}
