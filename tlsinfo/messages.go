package tlsinfo

import (
	"golang.org/x/crypto/cryptobyte"

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
		s.certRequested = true
		s.fire(EventCertificateRequest, d, off)
	case msgServerKeyExchange:
		if s.server != nil {
			kx, _ := keyExchange(s.server.Cipher)
			s.group = serverGroup(kx, body)
		}
		s.fire(EventKeyExchange, d, off)
	case msgClientKeyExchange:
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
	if s.hello == nil {
		s.hello, s.client = h, d
	}
	s.ev.ClientHello = h
	s.fire(EventClientHello, d, off)
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
		s.retry = &hanalyze.HelloRetry{Cookie: h.Cookie}
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

// certificates reads a Certificate message up to TLS 1.2 (RFC 5246 §7.4.2).
func (s *session) certificates(d hanalyze.Dir, off int64, body []byte) {
	msg := cryptobyte.String(body)
	var list cryptobyte.String
	bad := !msg.ReadUint24LengthPrefixed(&list) || !msg.Empty()
	var c chain
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
	if s.chains[d].certs == nil {
		s.chains[d] = c
	}
	s.ev.Certificates = c.certs
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
	s.ev.Certificates = c.certs
	s.fire(EventCertificate, d, off)
}
