package tlsinfo

import (
	"encoding/binary"

	"hanalyze"
)

// Record types (RFC 8446 §B.1, RFC 6520, RFC 9146, RFC 9147).
const (
	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordAppData   = 23
	recordHeartbeat = 24
	recordCID       = 25 // DTLS
	recordACK       = 26 // DTLS 1.3
)

// Conn follows the TLS records of one connection. It reads the handshake while it is in the clear; after that only record
// headers are looked at and bodies are passed over. See session.go for what is concluded.
//
// A direction that the capture joins in the middle of a record must be told so by Gap(d, -1) before its first byte.
type Conn struct {
	session session
	half    [2]half
}

// half is the record layer of one direction.
//
// A direction is at a record header, inside a record's body, hunting for a header after loss, or opaque for good.
type half struct {
	state  recordState
	off    int64   // stream offset of the next byte
	hdr    [5]byte // record header, while split
	hdrLen int     // bytes of hdr that are filled
	typ    uint8   // type of the current record
	left   int     // bytes of its body still to come
	skip   bool    // the body is passed over
	loose  bool    // the last header was found by hunting or follows one that was
	window uint64  // last bytes seen while hunting
	seen   int     // how many, up to 5
	alert  [2]byte // clear alert, while split
	alerts int     // bytes of alert that are filled
	begun  bool    // a record header was read

	msg message
}

type recordState uint8

const (
	atHeader     recordState = iota
	atSSL2Length             // at the second byte of an SSL 2.0 header, which only the first record can have
	inBody
	hunting
	opaque
)

// message is the handshake message that is being put together.
type message struct {
	hdr    [4]byte
	hdrLen int
	off    int64  // stream offset of the header
	left   int    // body bytes still to come
	keep   bool   // the body is wanted
	body   []byte // what has come of it, when split
	wary   bool   // the next header may be no header: after loss, at the start, or where encryption may have begun
}

// NewConn returns a parser for a new connection. emit is called inside Feed.
func NewConn(emit func(*Event)) *Conn {
	c := &Conn{session: session{emit: emit, carrier: JA4TLS}}
	c.half[hanalyze.C2S].msg.wary = true
	c.half[hanalyze.S2C].msg.wary = true
	return c
}

// Feed takes the next bytes of direction d, all of them. b is borrowed.
func (c *Conn) Feed(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	n := len(b)
	for len(b) > 0 {
		var used int
		switch h.state {
		case atHeader:
			used = c.header(d, b)
		case atSSL2Length:
			used = c.ssl2Length(d, b[0])
		case inBody:
			used = c.body(d, b)
		case hunting:
			used = c.hunt(d, b)
		case opaque:
			used = len(b)
			h.off += int64(used)
		}
		b = b[used:]
	}
	c.session.end[d.Reverse()].behind = false
	return n
}

// Behind tells that who sends the next Feed had read bytes of direction d that were not fed yet: what it sends then does
// not tell that it did not wait for them.
func (c *Conn) Behind(d hanalyze.Dir) { c.session.end[d].behind = true }

// Gap tells that n bytes of direction d are missing, -1 if nobody knows how many. A gap inside a body leaves the record
// layer in step; otherwise the next plausible header is looked for.
func (c *Conn) Gap(d hanalyze.Dir, n int64) {
	if n == 0 {
		return
	}
	h := &c.half[d]
	if n > 0 {
		h.off += n
	}
	if h.state == opaque {
		return
	}
	inside := h.state == inBody && n > 0 && n <= int64(h.left)
	if !inside || !h.skip {
		c.session.lost(d)
		h.msg, h.alerts = message{wary: true}, 0
	}
	if !inside {
		h.state, h.seen, h.hdrLen = hunting, 0, 0
		return
	}
	h.skip = true
	if h.left -= int(n); h.left == 0 {
		h.state = atHeader
	}
}

// End tells that direction d ends.
func (c *Conn) End(d hanalyze.Dir) {
	h := &c.half[d]
	h.state, h.msg = opaque, message{}
}

// header reads a record header and returns the bytes used of b.
func (c *Conn) header(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	if !h.begun && h.hdrLen == 0 && b[0]&0x80 != 0 {
		h.begun, h.hdr[0], h.state = true, b[0], atSSL2Length
		h.off++
		return 1
	}
	used := 5
	hdr := b
	if h.hdrLen > 0 || len(b) < 5 {
		used = copy(h.hdr[h.hdrLen:], b)
		if h.hdrLen += used; h.hdrLen < 5 {
			h.off += int64(used)
			return used
		}
		hdr = h.hdr[:]
		h.hdrLen = 0
	}
	h.off += int64(used)
	h.begun = true
	typ, n := hdr[0], int(binary.BigEndian.Uint16(hdr[3:]))
	switch {
	case plausibleHeader(typ, hdr[1], hdr[2], n):
		c.record(d, typ, n)
	case h.loose:
		h.state, h.seen = hunting, 0
	default:
		h.state = opaque
		c.session.malformed(d, h.off-5, MalformedRecord, "not a TLS record header")
	}
	return used
}

func plausibleHeader(typ, major, minor uint8, n int) bool {
	return typ >= recordCCS && typ <= recordHeartbeat && major == 3 && minor <= 4 && n <= maxRecord
}

// record begins the body of a record of n bytes.
func (c *Conn) record(d hanalyze.Dir, typ uint8, n int) {
	h, s := &c.half[d], &c.session
	h.state, h.typ, h.left, h.skip = inBody, typ, n, true
	at := h.off - 5
	switch typ {
	case recordAppData:
		s.applicationData(d, at, n)
		h.msg.wary = true
	case recordCCS:
		if n != 1 && !s.protected(d) {
			s.malformed(d, at, MalformedCCS, "ChangeCipherSpec is not one byte")
		}
		s.changeCipherSpec(d, at)
		h.msg.wary = true
	case recordAlert:
		if h.skip = s.protected(d) || n > maxClearAlerts; h.skip {
			s.encryptedAlert(d, at)
		}
	case recordHandshake:
		if h.skip = s.protected(d); h.skip {
			s.encryptedHandshake(d, at)
		}
	}
	if n == 0 {
		h.state = atHeader
	}
}

// body takes bytes of the current record's body and returns how many.
func (c *Conn) body(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	b = b[:min(len(b), h.left)]
	last := len(b) == h.left
	switch {
	case h.skip:
		h.off += int64(len(b))
		h.left -= len(b)
	case h.typ == recordHandshake:
		c.handshake(d, b)
	case h.typ == recordAlert:
		c.clearAlerts(d, b)
	default:
		c.ssl2Body(d, b)
	}
	if last && h.state == inBody {
		h.state = atHeader
	}
	return len(b)
}

// maxClearAlerts is the length of the longest record that is taken for alerts in the clear where nobody told that d encrypts: an
// encrypted one has a message authentication code of 16 bytes besides, so more than 17 (RFC 5246 §6.2.3).
const maxClearAlerts = 16

// clearAlerts takes bytes of alerts. A record may hold several, or a part of one (RFC 5246 §6.2.1).
func (c *Conn) clearAlerts(d hanalyze.Dir, b []byte) {
	h := &c.half[d]
	for _, x := range b {
		h.alert[h.alerts] = x
		h.alerts++
		h.off++
		h.left--
		if h.alerts == len(h.alert) {
			h.alerts = 0
			c.session.alert(d, h.off-int64(len(h.alert)), h.alert)
		}
	}
}

// hunt looks for a plausible record header after loss. One header is enough: random bytes look like one once in 15
// million. If what follows it is no header, the hunt goes on from there; nothing is scanned twice.
func (c *Conn) hunt(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	for i, x := range b {
		h.window = h.window<<8 | uint64(x)
		if h.seen < 5 {
			h.seen++
		}
		typ, n := uint8(h.window>>32), int(h.window&0xffff)
		if h.seen == 5 && n > 0 && plausibleHeader(typ, uint8(h.window>>24), uint8(h.window>>16), n) {
			h.off += int64(i + 1)
			h.loose, h.begun = true, true
			c.record(d, typ, n)
			return i + 1
		}
	}
	h.off += int64(len(b))
	return len(b)
}

// handshake takes the bytes of a handshake record that is in the clear: pieces of messages, in order.
func (c *Conn) handshake(d hanalyze.Dir, b []byte) {
	h := &c.half[d]
	m := &h.msg
	for len(b) > 0 && !h.skip {
		var used int
		if m.hdrLen < 4 {
			used = c.messageHeader(d, b)
		} else {
			used = c.messageBody(d, b)
		}
		b = b[used:]
		h.off += int64(used)
		h.left -= used
		if m.hdrLen == 4 && m.left == 0 {
			c.deliver(d, nil)
		}
	}
	h.off += int64(len(b))
	h.left -= len(b)
}

// messageHeader reads the header of a handshake message and returns the bytes used of b.
func (c *Conn) messageHeader(d hanalyze.Dir, b []byte) int {
	h := &c.half[d]
	m := &h.msg
	if m.hdrLen == 0 {
		m.off = h.off
	}
	used := copy(m.hdr[m.hdrLen:], b)
	if m.hdrLen += used; m.hdrLen < 4 {
		return used
	}
	typ, n := m.hdr[0], int(m.hdr[1])<<16|int(m.hdr[2])<<8|int(m.hdr[3])
	limit, known := messageLimit(typ)
	switch {
	case m.wary && !plausibleMessage(typ, n, h.left-used):
		h.skip, m.hdrLen = true, 0
		c.session.unreadable(d, m.off)
	case !known:
		h.skip, m.hdrLen, m.wary = true, 0, true
		c.session.malformed(d, m.off, MalformedHandshake, "unknown handshake type "+hex16(uint16(typ)))
	default:
		m.wary = false
		m.left, m.keep = n, limit > 0
		if m.keep && n > limit {
			m.keep = false
			c.session.limit(d, m.off, LimitMessage)
		}
	}
	return used
}

// plausibleMessage reports whether a message header where anything may stand is one: the type is known and the message
// fits the record, of which rest bytes follow, or is one that is often split over records.
func plausibleMessage(typ uint8, n, rest int) bool {
	limit, known := messageLimit(typ)
	switch {
	case !known:
		return false
	case typ == msgHelloRequest || typ == msgServerHelloDone:
		return n == 0 && (typ == msgServerHelloDone || rest == 0)
	case limit > 0 && n > limit:
		return false
	}
	return n <= rest || typ == msgCertificate || typ == msgClientHello && n >= 38 || typ == msgServerHello && n >= 38
}

// messageBody takes bytes of a message's body, returns how many, and delivers the message when it is whole.
func (c *Conn) messageBody(d hanalyze.Dir, b []byte) int {
	m := &c.half[d].msg
	b = b[:min(len(b), m.left)]
	whole := len(b) == m.left
	switch {
	case !m.keep:
	case whole && len(m.body) == 0:
		c.deliver(d, b)
		return len(b)
	default:
		m.body = append(m.body, b...)
	}
	m.left -= len(b)
	return len(b)
}

// deliver hands the message over; body is nil when it was put together in m.body or is not kept.
func (c *Conn) deliver(d hanalyze.Dir, body []byte) {
	m := &c.half[d].msg
	if body == nil {
		body = m.body
	}
	if m.keep || !wantsBody(m.hdr[0]) {
		c.session.message(d, m.off, m.hdr[0], body)
	}
	*m = message{wary: c.session.wary(d)}
}
