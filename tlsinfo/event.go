package tlsinfo

import "hanalyze"

// Kind says what an Event tells.
type Kind uint8

// The kinds of events, with the fields of Event that are valid besides Dir and Offset.
const (
	EventClientHello        Kind = iota + 1 // ClientHello; also a repeated one
	EventServerHello                        // ServerHello
	EventHelloRetryRequest                  // ServerHello; nil for DTLS HelloVerifyRequest
	EventCertificate                        // Certificates
	EventCertificateRequest                 //
	EventKeyExchange                        // ServerKeyExchange or ClientKeyExchange, by Dir
	EventChangeCipherSpec                   //
	EventFinished                           // first encrypted handshake record of the direction: what is hidden in it is inferred
	EventAlert                              // Alert
	EventEncryptedAlert                     // an alert whose content is encrypted
	EventApplicationData                    // Bytes: the record's length, told at its header; TLS 1.3 hides handshake records in it
	EventHandshakeDone                      // the handshake is over as far as can be seen
	EventRenegotiation                      // another handshake begins inside the encrypted connection
	EventAnother                            // another handshake begins: Info still tells of the last, which nobody answered or which, in DTLS, is over
	EventMalformed                          // Code, Detail
	EventLimit                              // Code: one of the Limit constants
)

// String returns the lower_snake name.
func (k Kind) String() string {
	switch k {
	case EventClientHello:
		return "client_hello"
	case EventServerHello:
		return "server_hello"
	case EventHelloRetryRequest:
		return "hello_retry_request"
	case EventCertificate:
		return "certificate"
	case EventCertificateRequest:
		return "certificate_request"
	case EventKeyExchange:
		return "key_exchange"
	case EventChangeCipherSpec:
		return "change_cipher_spec"
	case EventFinished:
		return "finished"
	case EventAlert:
		return "alert"
	case EventEncryptedAlert:
		return "encrypted_alert"
	case EventApplicationData:
		return "application_data"
	case EventHandshakeDone:
		return "handshake_done"
	case EventRenegotiation:
		return "renegotiation"
	case EventAnother:
		return "another"
	case EventMalformed:
		return "malformed"
	case EventLimit:
		return "limit"
	}
	return ""
}

// Event is something that happened. The Event itself is reused: it is valid until emit returns. What its pointers and
// slices lead to owns its memory and is never changed.
type Event struct {
	Kind         Kind
	Dir          hanalyze.Dir
	Offset       int64 // stream offset of the record or message; for DTLS, offset in the datagram
	Bytes        int
	ClientHello  *ClientHello
	ServerHello  *ServerHello
	Certificates []hanalyze.Certificate
	Alert        hanalyze.TLSAlert
	Code         string // stable, lower_snake
	Detail       string // particulars for people
}

// Codes of EventMalformed.
const (
	MalformedRecord      = "tls_record"        // not a TLS record header; the direction is not followed any further
	MalformedHandshake   = "tls_handshake"     // an unknown handshake message type; the rest of the record is skipped
	MalformedClientHello = "tls_client_hello"  // what could be read is used
	MalformedServerHello = "tls_server_hello"  // what could be read is used
	MalformedCertificate = "tls_certificate"   // the Certificate message, not a certificate in it
	MalformedCCS         = "tls_change_cipher" // ChangeCipherSpec that is not one byte long
	MalformedFragment    = "dtls_fragment"     // fragments that contradict their message
)
