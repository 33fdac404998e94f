package radius

import "encoding/binary"

// Codes of RADIUS packets (RFC 2865 §3).
const (
	accessRequest   = 1
	accessAccept    = 2
	accessReject    = 3
	accessChallenge = 11
)

// Attributes (RFC 2865 §5.24, RFC 3579 §3).
const (
	attrState                = 24
	attrEAPMessage           = 79
	attrMessageAuthenticator = 80
)

// headerBytes is the length of a packet's header: code, identifier, length, authenticator.
const headerBytes = 20

// maxPacket is the length of the largest packet (RFC 2865 §3).
const maxPacket = 4096

// packet is a RADIUS packet with what matters here. Its slices are borrowed, but for eap, which is put together.
type packet struct {
	code, id      uint8
	authenticator []byte
	state         []byte
	eap           []byte // the EAP-Message attributes, joined (RFC 3579 §3.1)
	authenticated bool   // it has a Message-Authenticator
}

// parse reads a packet. Its attributes have to fill it.
func parse(b []byte) (p packet, ok bool) {
	if len(b) < headerBytes {
		return p, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < headerBytes || n > maxPacket || n > len(b) {
		return p, false
	}
	p.code, p.id, p.authenticator = b[0], b[1], b[4:headerBytes]
	for rest := b[headerBytes:n]; len(rest) > 0; {
		const attrHeader = 2
		if len(rest) < attrHeader || int(rest[1]) < attrHeader || int(rest[1]) > len(rest) {
			return p, false
		}
		typ, value := rest[0], rest[attrHeader:rest[1]]
		rest = rest[rest[1]:]
		switch typ {
		case attrState:
			p.state = value
		case attrEAPMessage:
			p.eap = append(p.eap, value...)
		case attrMessageAuthenticator:
			p.authenticated = len(value) == 16
		}
	}
	return p, true
}

// Ports of RADIUS: authentication, accounting, dynamic authorization, and those in use before (RFC 2865 §3, RFC 2866 §3, RFC 5176
// §2.3).
var ports = [...]uint16{1812, 1813, 1645, 1646, 3799}

// IsPort reports whether a port is RADIUS's.
func IsPort(port uint16) bool {
	for _, p := range ports {
		if p == port {
			return true
		}
	}
	return false
}

// Sniff reports whether b is a RADIUS packet. On another port than RADIUS's it has to hold EAP and, as it then must, a
// Message-Authenticator (RFC 3579 §3.2).
func Sniff(b []byte, usualPort bool) bool {
	p, ok := parse(b)
	const lastCode = 45 // CoA-NAK
	if !ok || p.code == 0 || p.code > lastCode {
		return false
	}
	return usualPort || p.eap != nil && p.authenticated
}

// Codes and types of EAP (RFC 3748 §4, §5; RFC 5216, RFC 5281, RFC 4851).
const (
	eapRequest  = 1
	eapResponse = 2
)

// methods are the types that carry TLS records, and their names.
var methods = map[uint8]string{13: "eap_tls", 21: "eap_ttls", 25: "peap", 43: "eap_fast"}

// Flags of these types (RFC 5216 §3.1). The low bits are a version.
const (
	flagLength = 0x80
	flagStart  = 0x20
)

// eapMessage is an EAP request or response.
type eapMessage struct {
	code, id uint8
	method   string // "" for one without TLS
	tls      []byte // the bytes of TLS in it
}

// parseEAP reads an EAP message. What follows its length is padding (RFC 3748 §4).
func parseEAP(b []byte) (m eapMessage, ok bool) {
	const header = 4
	if len(b) < header {
		return m, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < header || n > len(b) {
		return m, false
	}
	m.code, m.id = b[0], b[1]
	b = b[header:n]
	if m.code != eapRequest && m.code != eapResponse || len(b) == 0 {
		return m, true
	}
	m.method = methods[b[0]]
	if m.method == "" || len(b) < 2 {
		return m, true
	}
	flags, data := b[1], b[2:]
	if flags&flagStart != 0 { // what EAP-FAST has here is not TLS
		return m, true
	}
	if flags&flagLength != 0 {
		const length = 4
		if len(data) < length {
			return m, false
		}
		data = data[length:]
	}
	m.tls = data
	return m, true
}
