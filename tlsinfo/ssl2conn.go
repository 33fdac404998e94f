package tlsinfo

import "hanalyze"

// recordSSL2 marks the record of an SSL 2.0 hello; TLS uses no such type.
const recordSSL2 = 0x80

// ssl2Length reads the second byte of an SSL 2.0 record header: 0x80 and 15 bits of length.
func (c *Conn) ssl2Length(d hanalyze.Dir, b byte) int {
	h := &c.half[d]
	n := int(h.hdr[0]&0x7f)<<8 | int(b)
	h.off++
	if n < 9 { // the fixed part of a hello
		h.state = opaque
		c.session.malformed(d, h.off-2, MalformedRecord, "not a TLS record header")
		return 1
	}
	h.state, h.typ, h.left, h.skip = inBody, recordSSL2, n, false
	h.msg.off = h.off - 2
	return 1
}

// ssl2Body puts an SSL 2.0 hello together. A client that offers SSL 3.0 or later goes on with TLS records if the server
// answers with one; SSL 2.0 proper encrypts everything after the hellos in a format that is not followed.
func (c *Conn) ssl2Body(d hanalyze.Dir, b []byte) {
	h := &c.half[d]
	h.msg.body = append(h.msg.body, b...)
	h.off += int64(len(b))
	if h.left -= len(b); h.left > 0 {
		return
	}
	body, at := h.msg.body, h.msg.off
	h.msg = message{wary: true}
	h.state = opaque
	switch body[0] {
	case ssl2ClientHello:
		if c.session.ssl2ClientHello(d, at, body) {
			h.state = atHeader
		}
	case ssl2ServerHello:
		c.session.ssl2ServerHello(d, at, body)
		c.half[d.Reverse()].state = opaque
	default:
		c.session.malformed(d, at, MalformedRecord, "not a TLS record header")
	}
}
