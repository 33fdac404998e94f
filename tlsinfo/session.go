package tlsinfo

import "hanalyze"

// Handshake message types (RFC 8446 §B.3, RFC 5246 §7.4, RFC 6347 §4.3.2).
const (
	msgHelloRequest       = 0
	msgClientHello        = 1
	msgServerHello        = 2
	msgHelloVerifyRequest = 3
	msgNewSessionTicket   = 4
	msgEndOfEarlyData     = 5
	msgHelloRetryRequest  = 6 // drafts of TLS 1.3 up to 21
	msgEncryptedExts      = 8
	msgCertificate        = 11
	msgServerKeyExchange  = 12
	msgCertificateRequest = 13
	msgServerHelloDone    = 14
	msgCertificateVerify  = 15
	msgClientKeyExchange  = 16
	msgFinished           = 20
	msgCertificateURL     = 21
	msgCertificateStatus  = 22
	msgSupplementalData   = 23
	msgKeyUpdate          = 24
	msgCompressedCert     = 25
	msgNextProtocol       = 67 // draft-agl-tls-nextprotoneg
)

// messageLimit returns how many bytes of a message's body are wanted at most, 0 for those whose content tells nothing,
// and whether the type is known.
func messageLimit(typ uint8) (limit int, known bool) {
	switch typ {
	case msgClientHello, msgServerHello, msgHelloVerifyRequest, msgHelloRetryRequest, msgServerKeyExchange, msgNewSessionTicket,
		msgEncryptedExts:
		return MaxHello, true
	case msgCertificate, msgCertificateRequest, msgCertificateStatus:
		return MaxCertificates, true
	case msgHelloRequest, msgEndOfEarlyData, msgServerHelloDone, msgCertificateVerify, msgClientKeyExchange, msgFinished,
		msgCertificateURL, msgSupplementalData, msgKeyUpdate, msgCompressedCert, msgNextProtocol:
		return 0, true
	}
	return 0, false
}

func wantsBody(typ uint8) bool {
	limit, _ := messageLimit(typ)
	return limit > 0
}

// session follows one TLS connection, whatever carries its messages.
//
// Up to TLS 1.2, each end sends ChangeCipherSpec and then an encrypted handshake record, which is its Finished: that end
// is then finished, and when both are, the handshake is done (RFC 5246 §7.3). A further handshake record is a
// renegotiation. In a full handshake the server sends ServerHelloDone; one without it takes up an earlier session.
//
// In TLS 1.3 everything after ServerHello is application data on the wire. ChangeCipherSpec means nothing (RFC 8446 §D.4)
// and may come before a second ClientHello in the clear. The server's first such record is its flight; the first of the
// client after it is the client's Finished, unless it has the size of an alert. So the handshake is done as far as an
// onlooker can know.
//
// Where bytes are missing, application data from both ends is proof enough that the handshake went through.
type session struct {
	emit    func(*Event)
	ev      Event
	carrier byte // JA4TLS, JA4QUIC or JA4DTLS

	end     [2]end
	client  hanalyze.Dir // who sent the ClientHello: C2S but for role reversal
	hello   *ClientHello // the first, or the second where that is missing
	second  bool         // hello is, or may be, the answer to a HelloRetryRequest: its key shares are not those of the first
	server  *ServerHello // the one that counts
	retry   *hanalyze.HelloRetry
	kx      keyExchangeMessage
	auth    hanalyze.ClientAuth
	staple  *hanalyze.OCSPStaple
	ticket  *hanalyze.Ticket
	alerts  []hanalyze.TLSAlert
	chains  [2]chain
	rawKeys [2]*hanalyze.RawKey // instead of chains
	missing hanalyze.Missing

	again          bool // the hello came again, which a HelloRetryRequest asked for, seen or not
	helloDone      bool // ServerHelloDone seen: the handshake is a full one
	keyed          bool // ClientKeyExchange seen: the handshake is a full one
	resumed        bool // TLS 1.2: abbreviated handshake
	clientCertSent bool
	ahead          bool // the client sent data before the server's ChangeCipherSpec reached it
	doubt          bool // the client sent data that may have been ahead
	falseStart     bool
	done           bool
	renegotiating  bool

	early earlyData
}

// end is what one end has done.
type end struct {
	ccs      bool // sent ChangeCipherSpec
	secret   bool // its handshake records and alerts are encrypted
	finished bool // its Finished was seen, or inferred
	appData  bool // sent application data that is no early data
	lost     bool // bytes of its handshake are missing
	torn     bool // DTLS: of its messages one is missing before the last seen, or late
	behind   bool // the other end had read bytes of it that were not fed yet

	again, refinished bool // sent ChangeCipherSpec, Finished within a renegotiation
}

// fire emits an event; the fields beyond kind, direction and offset are set by the callers in s.ev before.
func (s *session) fire(k Kind, d hanalyze.Dir, off int64) {
	s.ev.Kind, s.ev.Dir, s.ev.Offset = k, d, off
	s.emit(&s.ev)
	s.ev = Event{}
}

func (s *session) malformed(d hanalyze.Dir, off int64, code, detail string) {
	s.ev.Code, s.ev.Detail = code, detail
	s.fire(EventMalformed, d, off)
}

func (s *session) limit(d hanalyze.Dir, off int64, code string) {
	s.missing |= hanalyze.MissingLimit
	s.ev.Code = code
	s.fire(EventLimit, d, off)
}

// lost notes that bytes of d are missing. After the handshake that is no loss to the record.
func (s *session) lost(d hanalyze.Dir) {
	if !s.done {
		s.end[d].lost = true
		s.early.ended = false
		s.missing |= hanalyze.MissingGap
	}
}

// protected reports whether handshake records and alerts of d are encrypted.
func (s *session) protected(d hanalyze.Dir) bool { return s.end[d].secret }

// wary reports whether the next handshake record of d may be encrypted without our knowing.
func (s *session) wary(d hanalyze.Dir) bool { return s.end[d].ccs }

// is13 reports whether TLS 1.3 was negotiated; known is false before the ServerHello.
func (s *session) is13() (yes, known bool) {
	if s.server == nil {
		return s.retry != nil && s.carrier != JA4DTLS, s.retry != nil && s.carrier != JA4DTLS
	}
	return is13(s.server.Selected), true
}

func (s *session) changeCipherSpec(d hanalyze.Dir, off int64) {
	e := &s.end[d]
	s.fire(EventChangeCipherSpec, d, off)
	if e.ccs && e.secret {
		e.again = true
		return
	}
	e.ccs = true
	if s.ahead && d != s.client {
		s.falseStart = s.falseStart || s.gapless()
		s.doubt = s.doubt || !s.falseStart // the round trips depend on it
	}
	if yes, known := s.is13(); known && !yes {
		e.secret = true
		s.resumed = s.resumed || d != s.client && s.abbreviated()
	}
}

// abbreviated reports whether the server, whose ChangeCipherSpec comes, takes up a session: what a full handshake has before
// it did not come, and is not missing. Nobody knows what datagrams are missing behind the last message; there the server
// has to repeat the session ID.
func (s *session) abbreviated() bool {
	return !s.full() && !s.end[s.client.Reverse()].lost && (s.carrier != JA4DTLS || s.echoed())
}

// full reports whether a message was seen that, up to TLS 1.2, only a full handshake has.
func (s *session) full() bool { return s.helloDone || s.keyed }

// lacking reports whether a handshake up to TLS 1.2 that is over must have had more than was seen: a full one has both
// messages that tell it. A session may be taken up by its ticket and nothing else to tell it. Over DTLS nobody sends before the
// other's Finished.
func (s *session) lacking() bool {
	if s.carrier == JA4DTLS && !s.done {
		return s.halfFinished()
	}
	if !s.done || s.server == nil || is13(s.server.Selected) || s.server.Selected == versionSSL2 || s.resumed {
		return false
	}
	ticket := s.hello != nil && s.hello.Ticket && !s.full()
	return !ticket && !(s.helloDone && s.keyed) || s.doubt && s.carrier == JA4DTLS
}

// halfFinished reports whether, over DTLS up to 1.2, an end turned to encryption in a handshake of which the other's Finished did not
// come, nor an alert that says why. Most likely it is missing: no datagram tells of those before it.
func (s *session) halfFinished() bool {
	return s.server != nil && !is13(s.server.Selected) && len(s.alerts) == 0 && (s.end[0].secret || s.end[1].secret)
}

// gapless reports whether nothing is known to be missing from either direction.
func (s *session) gapless() bool {
	for _, e := range &s.end {
		if e.lost || e.torn {
			return false
		}
	}
	return true
}

// whole reports whether all of the handshake was seen, from the first hello to the last Finished: what was not seen then did
// not happen. Of QUIC the hellos are enough, as what is missing between them is known.
func (s *session) whole() bool {
	return s.hello != nil && !s.second && s.server != nil && s.gapless() && !s.unheard() && !s.doubt && (s.done || s.carrier == JA4QUIC)
}

// unheard reports whether the server must have sent a hello that was not seen: it went on, or the client answers it. Where the
// opening of the connection was not captured, that is all there is to tell that bytes are missing. Behind a HelloRetryRequest
// comes a ChangeCipherSpec of its own (RFC 8446 §D.4).
func (s *session) unheard() bool {
	e := &s.end[s.client.Reverse()]
	if s.server == nil {
		return e.ccs && s.retry == nil || e.secret || e.finished
	}
	return s.again && s.retry == nil
}

// unreadable takes a handshake record that does not begin with a message where that was to be expected: after
// ChangeCipherSpec it is the Finished, elsewhere the rest of what was lost or a connection joined in the middle.
func (s *session) unreadable(d hanalyze.Dir, off int64) {
	if s.end[d].ccs || s.hello == nil && s.server == nil {
		s.end[d].secret = true
		s.encryptedHandshake(d, off)
	}
}

func (s *session) encryptedHandshake(d hanalyze.Dir, off int64) {
	e := &s.end[d]
	switch {
	case !e.finished:
		s.finish(d, off)
	case !s.done || s.server != nil && is13(s.server.Selected):
	case s.carrier == JA4DTLS: // as likely a Finished sent again as a renegotiation
	case !s.renegotiating:
		s.renegotiating = true
		s.fire(EventRenegotiation, d, off)
	case e.again: // the Finished of this end; with the other's the renegotiation is over
		e.again, e.refinished = false, true
		if peer := &s.end[d.Reverse()]; peer.refinished {
			e.refinished, peer.refinished, s.renegotiating = false, false, false
		}
	}
}

// finish notes that d sent its Finished.
func (s *session) finish(d hanalyze.Dir, off int64) {
	s.end[d].finished = true
	s.fire(EventFinished, d, off)
	s.checkDone(d, off)
}

func (s *session) checkDone(d hanalyze.Dir, off int64) {
	if s.done || !s.end[0].finished || !s.end[1].finished {
		return
	}
	s.done = true
	s.fire(EventHandshakeDone, d, off)
}

// alert13 is the largest record that may hold a TLS 1.3 alert without padding: level, description, type and a 16-byte
// tag. Finished, Certificate and EncryptedExtensions are all longer.
const alert13 = 2 + 1 + 16

func (s *session) applicationData(d hanalyze.Dir, off int64, n int) {
	e, peer := &s.end[d], &s.end[d.Reverse()]
	yes, known := s.is13()
	switch {
	case !known && d == s.client && s.hello != nil && s.hello.EarlyData:
		s.early.sent = true
	case yes && s.server == nil: // after HelloRetryRequest: early data still under way, or the flight after lost hellos
	case yes && d == s.client && !peer.finished && !peer.lost: // early data still under way
	case yes && !s.done && n <= alert13:
		s.encryptedAlert(d, off)
		return
	case yes && d == s.client && !e.finished && s.endOfEarlyData(n): // the Finished follows
	case yes && !e.finished:
		e.secret = true
		if d == s.client {
			s.early.finished(n, s.server.Cipher)
		}
		peer.finished = peer.finished || d == s.client
		s.finish(d, off)
	case yes:
	default:
		s.applicationData12(d, off)
	}
	s.ev.Bytes = n
	s.fire(EventApplicationData, d, off)
}

// applicationData12 concludes from application data up to TLS 1.2 or of an unknown version.
func (s *session) applicationData12(d hanalyze.Dir, off int64) {
	e, peer := &s.end[d], &s.end[d.Reverse()]
	e.appData, e.secret = true, true
	// That the server had not answered yet is certain only when its ChangeCipherSpec comes: it may be among bytes that will
	// turn out to be missing. DTLS does not tell what is.
	if d == s.client && e.finished && !peer.ccs && !s.done && s.server != nil {
		s.ahead = s.ahead || !peer.behind && s.carrier == JA4TLS
		s.doubt = s.doubt || !s.ahead
	}
	if peer.appData && !s.done {
		e.finished, peer.finished = true, true
		s.checkDone(d, off)
	}
}

func (s *session) alert(d hanalyze.Dir, off int64, a [2]byte) {
	alert := hanalyze.TLSAlert{Dir: d, Level: alertLevel(a[0]), Description: AlertName(a[1])}
	if len(s.alerts) < MaxAlerts {
		s.alerts = append(s.alerts, alert)
	} else if s.missing&hanalyze.MissingLimit == 0 {
		s.limit(d, off, LimitAlerts)
	}
	s.ev.Alert = alert
	s.fire(EventAlert, d, off)
}

func (s *session) encryptedAlert(d hanalyze.Dir, off int64) { s.fire(EventEncryptedAlert, d, off) }
