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
	EarlyData      string        `json:"early_data"`           // not_offered, offered, accepted or rejected
	HelloRetry     *HelloRetry   `json:"hello_retry,omitzero"` // HelloRetryRequest, RFC 8446 §4.1.4
	FalseStart     bool          `json:"false_start"`          // client data before the server's Finished, RFC 7918
	ClientAuth     ClientAuth    `json:"client_auth"`
	Certificates   []Certificate `json:"certificates,omitzero"`         // the server's chain, leaf first
	ClientCerts    []Certificate `json:"client_certificates,omitzero"`  // the client's chain
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
	Version             string   `json:"version"`           // legacy_version
	Versions            []string `json:"versions,omitzero"` // supported_versions
	Ciphers             []string `json:"ciphers"`
	Extensions          []string `json:"extensions"`
	Groups              []string `json:"groups,omitzero"`
	PointFormats        []string `json:"point_formats,omitzero"`
	SignatureAlgorithms []string `json:"signature_algorithms,omitzero"`
	KeyShares           []string `json:"key_shares,omitzero"`  // groups with a key share
	Compression         []string `json:"compression,omitzero"` // methods other than null
	Grease              bool     `json:"grease"`               // GREASE values present
	ECH                 bool     `json:"ech"`                  // encrypted_client_hello present
	SessionIDBytes      uint64   `json:"session_id_bytes"`
	HelloBytes          uint64   `json:"hello_bytes"` // length of the handshake message body
}

// ServerHello is the choice.
type ServerHello struct {
	Version         string   `json:"version"`
	Extensions      []string `json:"extensions"`
	SessionIDEchoed bool     `json:"session_id_echoed"` // it repeats the client's session ID
}

// Resumption tells whether an earlier session was taken up.
type Resumption struct {
	Offered []string `json:"offered,omitzero"` // session_id, ticket, psk
	Kind    string   `json:"kind"`             // none, session_id, ticket or psk
}

// HelloRetry tells of a HelloRetryRequest.
type HelloRetry struct {
	Group  string `json:"group,omitzero"`  // group asked for
	Cookie bool   `json:"cookie,omitzero"` // a cookie was given
}

// ClientAuth tells whether the client was asked for a certificate, as far as that is in the clear.
type ClientAuth struct {
	Requested bool `json:"requested"`
	Sent      bool `json:"sent,omitzero"` // the client sent a certificate
}

// Certificate is one X.509 certificate.
type Certificate struct {
	Subject    string   `json:"subject"`
	Issuer     string   `json:"issuer"`
	Serial     string   `json:"serial"`       // hexadecimal
	NotBefore  string   `json:"not_before"`   // RFC 3339
	NotAfter   string   `json:"not_after"`    // RFC 3339
	SAN        []string `json:"san,omitzero"` // DNS names, IP addresses, URIs and mail addresses
	Key        CertKey  `json:"key"`
	SigAlg     string   `json:"sig_alg"`
	SHA256     string   `json:"sha256"` // of the DER bytes
	CA         bool     `json:"ca"`
	MatchesSNI *bool    `json:"matches_sni,omitzero"` // leaf only, when there is an SNI
	DaysLeft   *int64   `json:"days_left,omitzero"`   // by the capture's clock
	Error      string   `json:"error,omitzero"`       // what the certificate parser refused; the other fields may then be empty
}

// CertKey is a certificate's public key.
type CertKey struct {
	Alg   string `json:"alg"` // RSA, ECDSA, Ed25519, …
	Bits  uint64 `json:"bits,omitzero"`
	Curve string `json:"curve,omitzero"`
}

// TLSAlert is one alert.
type TLSAlert struct {
	Dir         Dir    `json:"dir"`
	Level       string `json:"level"`       // warning or fatal
	Description string `json:"description"` // IANA name in lower_snake
}
