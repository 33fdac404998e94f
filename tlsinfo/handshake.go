package tlsinfo

import "hanalyze"

// HandshakeConn is Conn for handshake messages without a record layer: the CRYPTO streams of QUIC (RFC 9001 §4.1.3), whose
// encryption levels are fed one after the other. It tells what Conn would; the caller knows what packets are, so the
// handshake is done when both Finished came, and Info says so of nothing else.
type HandshakeConn struct {
	session session
	half    [2]messages
}

// messages puts the handshake messages of one direction together.
type messages struct {
	message
	off  int64 // stream offset of the next byte
	dead bool  // nobody knows where the next message begins
}

// NewHandshakeConn returns a parser for a new connection of QUIC. emit is called inside Feed.
func NewHandshakeConn(emit func(*Event)) *HandshakeConn {
	return &HandshakeConn{session: session{emit: emit, carrier: JA4QUIC}}
}

// Feed takes the next bytes of direction d, all of them. b is borrowed.
func (c *HandshakeConn) Feed(d hanalyze.Dir, b []byte) int {
	m := &c.half[d]
	n := len(b)
	for len(b) > 0 && !m.dead {
		var used int
		if m.hdrLen < len(m.hdr) {
			used = c.header(d, b)
		} else {
			used = m.fill(b)
		}
		b = b[used:]
		m.off += int64(used)
		if m.hdrLen == len(m.hdr) && m.left == 0 {
			c.deliver(d)
		}
	}
	m.off += int64(len(b))
	return n
}

// header reads the header of a message and returns the bytes used of b.
func (c *HandshakeConn) header(d hanalyze.Dir, b []byte) int {
	m := &c.half[d]
	if m.hdrLen == 0 {
		m.message.off = m.off
	}
	used := copy(m.hdr[m.hdrLen:], b)
	if m.hdrLen += used; m.hdrLen < len(m.hdr) {
		return used
	}
	typ := m.hdr[0]
	limit, known := messageLimit(typ)
	if !known {
		m.dead = true
		c.session.malformed(d, m.message.off, MalformedHandshake, "unknown handshake type "+hex16(uint16(typ)))
		return used
	}
	m.left = int(m.hdr[1])<<16 | int(m.hdr[2])<<8 | int(m.hdr[3])
	if m.keep = m.left <= limit; !m.keep && limit > 0 {
		c.session.limit(d, m.message.off, LimitMessage)
	}
	return used
}

// fill takes bytes of the body and returns how many.
func (m *messages) fill(b []byte) int {
	b = b[:min(len(b), m.left)]
	if m.keep {
		m.body = append(m.body, b...)
	}
	m.left -= len(b)
	return len(b)
}

func (c *HandshakeConn) deliver(d hanalyze.Dir) {
	m := &c.half[d]
	if m.keep || !wantsBody(m.hdr[0]) {
		c.session.message(d, m.message.off, m.hdr[0], m.body)
	}
	m.message = message{}
}

// Gap tells that n bytes of direction d are missing, -1 if nobody knows how many. A message with a hole in its body is
// passed over; where a header is missing, the direction is not followed any further.
func (c *HandshakeConn) Gap(d hanalyze.Dir, n int64) {
	m := &c.half[d]
	if n == 0 || m.dead {
		return
	}
	c.session.lost(d)
	if n < 0 || m.hdrLen < len(m.hdr) || n > int64(m.left) {
		m.dead, m.message = true, message{}
		return
	}
	m.off += n
	m.keep, m.body = false, nil
	if m.left -= int(n); m.left == 0 {
		c.deliver(d)
	}
}

// End tells that direction d ends.
func (c *HandshakeConn) End(d hanalyze.Dir) {
	c.half[d].dead, c.half[d].message = true, message{}
}

// Info is Conn.Info.
func (c *HandshakeConn) Info(now hanalyze.Time) hanalyze.TLS { return c.session.info(now) }
