package tlsinfo

import (
	"slices"

	"hanalyze"
)

// Info tells what is known so far. now is the capture's clock, for the days certificates have left. The record owns its
// memory and may be asked for at any time; its Envelope, Handshake and the fields about decryption are the caller's.
func (c *Conn) Info(now hanalyze.Time) hanalyze.TLS { return c.session.info(now) }

func (s *session) info(now hanalyze.Time) hanalyze.TLS {
	t := hanalyze.TLS{
		Resumption:   hanalyze.Resumption{Kind: "none"},
		HelloRetry:   s.retry,
		FalseStart:   s.falseStart,
		ClientAuth:   s.auth,
		Certificates: s.chains[s.client.Reverse()].told(now),
		ClientCerts:  s.chains[s.client].told(now),
		ServerKey:    s.rawKeys[s.client.Reverse()],
		ClientKey:    s.rawKeys[s.client],
		Chain:        s.chains[s.client.Reverse()].judge(),
		OCSP:         s.staple,
		Signature:    s.kx.signature,
		Alerts:       append([]hanalyze.TLSAlert(nil), s.alerts...),
		Established:  s.done,
		Missing:      s.missing,
	}
	if s.second || s.unheard() || s.lacking() || !s.gapless() {
		t.Missing |= hanalyze.MissingGap
	}
	t.EarlyData, t.EarlyDataBasis = s.earlyDataFate()
	t.ClientAuth.Sent = s.clientCertSent
	t.ClientAuth.SignatureAlgorithms = upTo(MaxNames, t.ClientAuth.SignatureAlgorithms, &t)
	t.Resumption.Ticket = s.ticket
	if s.hello == nil {
		t.Missing |= hanalyze.MissingMidStream
	} else {
		s.tellClientHello(&t)
	}
	if s.server != nil {
		s.tellServerHello(&t)
	}
	s.tellResumption(&t)
	return t
}

func (s *session) tellClientHello(t *hanalyze.TLS) {
	h := s.hello
	t.SNI, t.ECH = h.SNI, s.echFate()
	if len(h.ALPN) > 0 {
		t.ALPN = &hanalyze.ALPN{Offered: upTo(MaxNames, h.ALPN, t)}
	}
	if s.second {
		return
	}
	var cut [6]bool
	told := h.More
	o := &told
	o.Version = VersionName(h.Version)
	o.ECH = h.ECH
	o.SessionIDBytes, o.HelloBytes = uint64(len(h.SessionID)), uint64(h.Bytes)
	o.CookieBytes += uint64(len(h.Cookie))
	o.Fallback = slices.Contains(h.Ciphers, suiteFallback)
	o.Versions, cut[0] = names(h.Versions, VersionName)
	o.Ciphers, cut[1] = names(h.Ciphers, CipherSuiteName)
	o.Extensions, cut[2] = names(h.Extensions, ExtensionName)
	o.Groups, cut[3] = names(h.Groups, GroupName)
	o.SignatureAlgorithms, cut[4] = names(h.SignatureAlgorithms, SignatureSchemeName)
	o.KeyShares, cut[5] = names(h.KeyShares, GroupName)
	for _, more := range cut {
		if more {
			t.Missing |= hanalyze.MissingLimit
		}
	}
	for _, c := range upTo(MaxNames, h.SSL2Ciphers, t) {
		o.Ciphers = append(o.Ciphers, sslCipherKindName(c))
	}
	for _, f := range h.PointFormats {
		o.PointFormats = append(o.PointFormats, pointFormatName(f))
	}
	for _, m := range h.Compression {
		if m != 0 {
			o.Compression = append(o.Compression, compressionName(m))
		}
	}
	o.ALPS, o.PSKs = upTo(MaxNames, o.ALPS, t), upTo(MaxPSKs, o.PSKs, t)
	o.CertSignatures, o.DelegatedCredential = upTo(MaxNames, o.CertSignatures, t), upTo(MaxNames, o.DelegatedCredential, t)
	o.CertCompression, o.SRTPProfiles = upTo(MaxNames, o.CertCompression, t), upTo(MaxNames, o.SRTPProfiles, t)
	for _, list := range [...][]uint16{h.Versions, h.Ciphers, h.Extensions, h.Groups, h.SignatureAlgorithms, h.KeyShares} {
		for _, v := range list {
			o.Grease = o.Grease || IsGREASE(v)
		}
	}
	o.Ciphers, o.Extensions = listed(o.Ciphers), listed(o.Extensions)
	t.ClientHello = o
	if h.SSL2 { // the fingerprints are defined for the hello of TLS alone
		return
	}
	t.JA3, t.JA3String = JA3(h)
	t.JA4 = JA4(h, s.carrier)
}

// upTo cuts a list at n elements, and notes that.
func upTo[T any](n int, list []T, t *hanalyze.TLS) []T {
	if len(list) <= n {
		return list
	}
	t.Missing |= hanalyze.MissingLimit
	return list[:n:n]
}

// listed makes an empty list of none: the record always prints it.
func listed(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}

func (s *session) tellServerHello(t *hanalyze.TLS) {
	h := s.server
	t.Version = VersionName(h.Selected)
	told := h.More
	o := &told
	o.Version, o.Downgrade = t.Version, downgrade(h)
	if s.hello != nil {
		echoed := s.echoed()
		o.SessionIDEchoed = &echoed
	}
	if h.Compression != 0 {
		o.Compression = compressionName(h.Compression)
	}
	o.NPN = upTo(MaxNames, o.NPN, t)
	var more bool
	if o.Extensions, more = names(h.Extensions, ExtensionName); more {
		t.Missing |= hanalyze.MissingLimit
	}
	o.Extensions = listed(o.Extensions)
	t.ServerHello = o
	if h.ALPN != "" {
		if t.ALPN == nil {
			t.ALPN = &hanalyze.ALPN{}
		}
		t.ALPN.Chosen = h.ALPN
	}
	if h.Selected == versionSSL2 { // the client chooses, and a hello of SSL 2.0 has no fingerprint
		return
	}
	t.Cipher = &hanalyze.Cipher{Name: CipherSuiteName(h.Cipher), Code: h.Cipher}
	t.JA3S, t.JA3SString = JA3S(h)
	if is13(h.Selected) {
		t.KeyExchange, t.ForwardSecrecy = keyExchange13(h)
		if h.HasKeyShare {
			t.Group = GroupName(h.KeyShare)
		}
	} else {
		t.KeyExchange, t.ForwardSecrecy = keyExchange(h.Cipher)
		t.Group = s.kx.group
	}
	t.HandshakeRTTs = s.roundTrips()
	t.Weak = s.weaknesses()
}

// downgrade returns the version that the server's random says it knows, when a lower one was chosen (RFC 8446 §4.1.3).
func downgrade(h *ServerHello) string {
	switch mark := string(h.Random[24:]); {
	case mark == "DOWNGRD\x01" && h.Selected <= version12:
		return "1.3"
	case mark == "DOWNGRD\x00" && h.Selected <= version11:
		return "1.2"
	}
	return ""
}

// echoed reports whether the server repeats the client's session ID: before TLS 1.3 that takes up the session, in
// TLS 1.3 it means nothing (RFC 8446 §4.1.3).
func (s *session) echoed() bool {
	return s.hello != nil && s.server != nil && len(s.server.SessionID) > 0 && string(s.hello.SessionID) == string(s.server.SessionID)
}

// tellResumption tells what the client offered to take up and what the server took. A session ID sent along with an offer
// of TLS 1.3 is a random one for middleboxes (RFC 8446 §D.4), and one sent with a ticket only asks for an echo (RFC 5077 §3.4).
func (s *session) tellResumption(t *hanalyze.TLS) {
	r := &t.Resumption
	if h := s.hello; h != nil {
		offers13 := false
		for _, v := range h.Versions {
			offers13 = offers13 || is13(v)
		}
		if len(h.SessionID) > 0 && !h.Ticket && (!offers13 || s.resumed) {
			r.Offered = append(r.Offered, "session_id")
		}
		if h.Ticket {
			r.Offered = append(r.Offered, "ticket")
		}
		if h.PSK {
			r.Offered = append(r.Offered, "psk")
		}
	}
	switch {
	case s.server == nil:
	case is13(s.server.Selected):
		if s.server.PSK {
			r.Kind = "psk"
		}
	case !s.resumed:
	case s.hello != nil && s.hello.Ticket:
		r.Kind = "ticket"
	case s.echoed():
		r.Kind = "session_id"
	}
}

// roundTrips counts the round trips before the client might send application data, 0 where a part of the handshake that
// counts may be missing, or never came.
func (s *session) roundTrips() uint64 {
	n := uint64(1)
	switch {
	case !s.whole(), s.early.sent && s.earlyDataRead():
		return 0
	case is13(s.server.Selected), s.resumed, s.falseStart:
	case s.full():
		n = 2
	default:
		return 0
	}
	if s.retry != nil {
		n++
	}
	return n
}
