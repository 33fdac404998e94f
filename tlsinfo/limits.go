package tlsinfo

// Limits. Each one that is reached sets hanalyze.MissingLimit in the record, and gives an EventLimit where it has a code.
const (
	// MaxHello bounds a hello or key exchange message. Real hellos have 200 to 2,000 bytes, a few kilobytes with post-quantum
	// key shares. The largest that is well-formed has 131,875: two lists of 64 KiB, cipher suites and extensions, and four short
	// fields (RFC 8446 §4.1.2, RFC 6347 §4.2.1).
	MaxHello = 132 << 10

	// MaxCertificates bounds a Certificate message. Browsers and OpenSSL refuse more than 100 KiB by default.
	MaxCertificates = 256 << 10

	// MaxChain bounds the certificates read from one chain. Real chains have 2 to 5; OpenSSL verifies at most 100 deep.
	MaxChain = 32

	// MaxSAN bounds the names read from one certificate. Shared certificates of content networks have up to 250.
	MaxSAN = 512

	// MaxNames bounds each list of names in the record; the fingerprints use all values. Real lists have up to 100.
	MaxNames = 512

	// MaxPSKs bounds the offered pre-shared keys told. Clients offer the one or two tickets they have.
	MaxPSKs = 32

	// MaxAlerts bounds the alerts kept for the record. A connection has one or two.
	MaxAlerts = 16

	// maxRecord bounds the body of a TLS record: 2^14 bytes of plaintext and 2,048 of expansion (RFC 5246 §6.2.3).
	maxRecord = 1<<14 + 2048

	// maxPending bounds the DTLS messages of one direction that wait for fragments. A flight has at most five messages.
	maxPending = 8

	// maxFragments bounds the fragments kept of one DTLS message: a 256 KiB chain in pieces of 500 bytes.
	maxFragments = 512
)

// Codes of EventLimit.
const (
	LimitMessage   = "tls_message_bytes"      // a handshake message above MaxHello or MaxCertificates
	LimitChain     = "tls_chain_certificates" // a chain above MaxChain
	LimitSAN       = "tls_certificate_names"  // a certificate with more than MaxSAN names
	LimitAlerts    = "tls_alerts"             // alerts above MaxAlerts
	LimitFragments = "dtls_fragments"         // fragments above maxPending or maxFragments
)
