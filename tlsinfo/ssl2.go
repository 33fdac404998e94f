package tlsinfo

import (
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Message types of SSL 2.0.
const (
	ssl2ClientHello = 1
	ssl2ServerHello = 4
)

// parseSSL2ClientHello reads a CLIENT-HELLO in the format of SSL 2.0, which clients that also speak TLS used to send
// (RFC 5246 §E.2). body starts with the message type, after the two bytes of record header.
func parseSSL2ClientHello(body []byte) (*ClientHello, error) {
	h := &ClientHello{Bytes: len(body), SSL2: true}
	s := cryptobyte.String(body)
	var typ uint8
	var ciphersLen, idLen, challengeLen uint16
	if !s.ReadUint8(&typ) || typ != ssl2ClientHello || !s.ReadUint16(&h.Version) ||
		!s.ReadUint16(&ciphersLen) || !s.ReadUint16(&idLen) || !s.ReadUint16(&challengeLen) {
		return nil, errors.New("not an SSL 2.0 hello")
	}
	var ciphers, id, challenge []byte
	if !s.ReadBytes(&ciphers, int(ciphersLen)) || !s.ReadBytes(&id, int(idLen)) || !s.ReadBytes(&challenge, int(challengeLen)) {
		return nil, errors.New("SSL 2.0 hello cut short")
	}
	if ciphersLen%3 != 0 || challengeLen > 32 {
		return nil, errors.New("SSL 2.0 hello with bad lengths")
	}
	for c := ciphers; len(c) >= 3; c = c[3:] {
		suite := uint16(c[1])<<8 | uint16(c[2])
		if c[0] == 0 {
			h.Ciphers = append(h.Ciphers, suite)
		} else {
			h.SSL2Ciphers = append(h.SSL2Ciphers, uint32(c[0])<<16|uint32(suite))
		}
	}
	h.SessionID = slices.Clone(id)
	copy(h.Random[32-len(challenge):], challenge) // RFC 5246 §E.2: the challenge is the random, right-justified
	return h, nil
}

// parseSSL2ServerHello reads a SERVER-HELLO of SSL 2.0 and returns its certificate, borrowed from body.
func parseSSL2ServerHello(body []byte) (h *ServerHello, cert []byte, err error) {
	h = &ServerHello{}
	s := cryptobyte.String(body)
	var typ, hit, certType uint8
	var certLen, cipherLen, idLen uint16
	if !s.ReadUint8(&typ) || typ != ssl2ServerHello || !s.ReadUint8(&hit) || !s.ReadUint8(&certType) || !s.ReadUint16(&h.Version) ||
		!s.ReadUint16(&certLen) || !s.ReadUint16(&cipherLen) || !s.ReadUint16(&idLen) || !s.ReadBytes(&cert, int(certLen)) {
		return nil, nil, errors.New("SSL 2.0 ServerHello cut short")
	}
	h.Selected = h.Version
	return h, cert, nil
}
