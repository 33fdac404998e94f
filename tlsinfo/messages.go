package tlsinfo

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hanalyze"
)

// message takes a whole handshake message that came in the clear. body is borrowed, and empty for types without a limit.
func (s *session) message(d hanalyze.Dir, off int64, typ uint8, body []byte) {
	switch typ {
	case msgClientHello:
		h, err := parseClientHello(body, s.carrier == JA4DTLS)
		s.clientHello(d, off, h, err)
	case msgServerHello:
		h, err := ParseServerHello(body)
		s.serverHello(d, off, h, err)
	case msgHelloRetryRequest:
		s.retry = &hanalyze.HelloRetry{}
		s.fire(EventHelloRetryRequest, d, off)
	case msgHelloVerifyRequest:
		s.retry = &hanalyze.HelloRetry{Cookie: true}
		s.fire(EventHelloRetryRequest, d, off)
	case msgCertificate:
		s.certificates(d, off, body)
	case msgCertificateRequest:
		s.auth = readCertificateRequest(body, s.server)
		s.fire(EventCertificateRequest, d, off)
	case msgCertificateStatus:
		if s.staple == nil {
			s.staple = readStaple(body)
		}
	case msgNewSessionTicket:
		s.newTicket(d, body)
	case msgServerKeyExchange:
		if s.server != nil {
			s.kx = readKeyExchange(s.server, body)
		}
		s.fire(EventKeyExchange, d, off)
	case msgClientKeyExchange:
		s.keyed = true
		s.fire(EventKeyExchange, d, off)
	case msgServerHelloDone:
		s.helloDone = true
	case msgFinished: // in the clear: a suite without encryption, or a broken peer
		s.finish(d, off)
	}
}

func (s *session) clientHello(d hanalyze.Dir, off int64, h *ClientHello, err error) {
	if err != nil {
		s.malformed(d, off, MalformedClientHello, err.Error())
	}
	if h == nil {
		return
	}
	if s.anotherHello(d, h) {
		s.fire(EventAnother, d, off)
		s.hello = nil
	}
	if s.retry != nil && s.server == nil {
		s.retryAnswered(h)
	}
	if s.hello == nil {
		s.second = s.retry != nil || s.answersRetry(d, h)
		s.hello, s.client = h, d
	} else if d == s.client && s.server == nil && s.carrier == JA4TLS {
		s.again = true
	}
	s.ev.ClientHello = h
	s.fire(EventClientHello, d, off)
}

// retryAnswered tells how the hello looks that answers a HelloRetryRequest or HelloVerifyRequest: it has other extensions than the
// first (RFC 8446 §4.1.2).
func (s *session) retryAnswered(h *ClientHello) {
	told := *s.retry
	told.JA3, _ = JA3(h)
	told.JA4 = JA4(h, s.carrier)
	s.retry = &told
}

// answersRetry reports whether h, the first hello seen, may answer a HelloRetryRequest or HelloVerifyRequest that is missing: it
// has a cookie, or the ChangeCipherSpec before it that only such a hello has (RFC 8446 §D.4), or bytes before it are missing.
func (s *session) answersRetry(d hanalyze.Dir, h *ClientHello) bool {
	e := &s.end[d]
	return len(h.Cookie) > 0 || h.More.CookieBytes > 0 || e.ccs || (e.lost || e.torn) && slices.ContainsFunc(h.Versions, is13)
}

// anotherHello reports whether h begins another handshake although nobody answered the last hello. A hello that answers a
// HelloRetryRequest, which may be missing, has the random of the one before it and offers TLS 1.3 (RFC 8446 §4.1.2).
func (s *session) anotherHello(d hanalyze.Dir, h *ClientHello) bool {
	if s.hello == nil || s.server != nil || s.retry != nil || d != s.client || s.carrier != JA4TLS {
		return false
	}
	return h.Random != s.hello.Random || !slices.ContainsFunc(s.hello.Versions, is13)
}

func (s *session) serverHello(d hanalyze.Dir, off int64, h *ServerHello, err error) {
	if err != nil {
		s.malformed(d, off, MalformedServerHello, err.Error())
	}
	if h == nil {
		return
	}
	s.ev.ServerHello = h
	if h.Retry {
		s.retry = &hanalyze.HelloRetry{Cookie: h.Cookie, ECH: h.ECH}
		if h.HasKeyShare {
			s.retry.Group = GroupName(h.KeyShare)
		}
		s.fire(EventHelloRetryRequest, d, off)
		return
	}
	if s.server == nil {
		s.server = h
		s.client = d.Reverse()
	}
	s.fire(EventServerHello, d, off)
}

// readCertificateRequest reads what certificates the server asks for, up to TLS 1.2 (RFC 5246 §7.4.4). The request alone
// counts; what of it is malformed is left out.
func readCertificateRequest(body []byte, h *ServerHello) hanalyze.ClientAuth {
	auth := hanalyze.ClientAuth{Requested: true}
	s := cryptobyte.String(body)
	var types, names16, authorities cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&types) {
		return auth
	}
	for _, v := range types {
		auth.Types = append(auth.Types, clientCertKindName(v))
	}
	if h != nil && (h.Selected == version12 || h.Selected == versionDTLS12) {
		if !s.ReadUint16LengthPrefixed(&names16) {
			return auth
		}
		auth.SignatureAlgorithms = namesAndMore(uint16s(names16[:len(names16)&^1]), SignatureSchemeName)
	}
	if s.ReadUint16LengthPrefixed(&authorities) {
		countList(authorities, &auth.Authorities)
	}
	return auth
}

// newTicket reads a NewSessionTicket up to TLS 1.2 (RFC 5077 §3.3).
func (s *session) newTicket(d hanalyze.Dir, body []byte) {
	b := cryptobyte.String(body)
	var lifetime uint32
	var ticket cryptobyte.String
	if yes, _ := s.is13(); yes || d == s.client || !b.ReadUint32(&lifetime) || !b.ReadUint16LengthPrefixed(&ticket) {
		return
	}
	s.ticket = &hanalyze.Ticket{Bytes: uint64(len(ticket)), Lifetime: uint64(lifetime)}
}

// certificates reads a Certificate message up to TLS 1.2 (RFC 5246 §7.4.2).
func (s *session) certificates(d hanalyze.Dir, off int64, body []byte) {
	msg := cryptobyte.String(body)
	var list cryptobyte.String
	bad := !msg.ReadUint24LengthPrefixed(&list) || !msg.Empty()
	var c chain
	if !bad && isRawKey(list) {
		s.rawKey(d, off, list)
		return
	}
	for !bad && !list.Empty() {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) {
			bad = true
			break
		}
		if len(c.certs) == MaxChain {
			s.limit(d, off, LimitChain)
			break
		}
		if c.add(der) {
			s.limit(d, off, LimitSAN)
		}
	}
	if bad {
		s.malformed(d, off, MalformedCertificate, "certificate list cut short")
	}
	if s.hello != nil && d != s.client {
		c.matchLeaf(s.hello.SNI)
	}
	if d == s.client {
		s.clientCertSent = len(c.certs) > 0
	}
	if !s.chains[d].seen {
		c.seen = true
		s.chains[d] = c
	}
	s.ev.Certificates = c.plain()
	s.fire(EventCertificate, d, off)
}

// isRawKey reports whether a Certificate message holds a SubjectPublicKeyInfo, which begins with the tag of a SEQUENCE, instead of
// a list of certificates (RFC 7250 §3): the first of those would have 3 MiB.
func isRawKey(list []byte) bool { return len(list) > 0 && list[0] == byte(asn1.SEQUENCE) }

// rawKey takes a public key without a certificate.
func (s *session) rawKey(d hanalyze.Dir, off int64, der cryptobyte.String) {
	sum := sha256.Sum256(der)
	key := &hanalyze.RawKey{SHA256: hex.EncodeToString(sum[:])}
	var spki cryptobyte.String
	if !der.ReadASN1(&spki, asn1.SEQUENCE) || !der.Empty() {
		s.malformed(d, off, MalformedCertificate, "raw public key cut short")
		return
	}
	key.Key = readKey(spki)
	if d == s.client {
		s.clientCertSent = true
	}
	if s.rawKeys[d] == nil {
		s.rawKeys[d] = key
	}
	s.fire(EventCertificate, d, off)
}

// ssl2ClientHello takes a hello in the format of SSL 2.0 and reports whether TLS records may follow.
func (s *session) ssl2ClientHello(d hanalyze.Dir, off int64, body []byte) bool {
	h, err := parseSSL2ClientHello(body)
	s.clientHello(d, off, h, err)
	return h != nil && h.Version >= versionSSL3
}

func (s *session) ssl2ServerHello(d hanalyze.Dir, off int64, body []byte) {
	h, cert, err := parseSSL2ServerHello(body)
	s.serverHello(d, off, h, err)
	if len(cert) == 0 {
		return
	}
	var c chain
	c.add(cert)
	s.chains[d] = c
	s.ev.Certificates = c.plain()
	s.fire(EventCertificate, d, off)
}
