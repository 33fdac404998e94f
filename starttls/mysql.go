package starttls

import (
	"bytes"
	"encoding/binary"

	"hanalyze"
)

// mysql is the opening of the MySQL client/server protocol: the server's greeting has a flag that offers TLS; a client that
// takes it up sends the first 32 bytes of its answer, with that flag, and goes on in TLS.
type mysql struct {
	half [2]struct {
		packet []byte // what came of the packet so far, up to maxMySQL
		left   int    // bytes of it still to come
	}
	greeted bool
}

const (
	mysqlHeader  = 4      // length, sequence number
	mysqlSSL     = 0x0800 // CLIENT_SSL
	sslRequest   = 32     // length of an SSLRequest
	maxMySQL     = 512    // a greeting has about 80 bytes, the version's text among them
	mysqlVersion = 10     // of the handshake
)

func (m *mysql) boundary(d hanalyze.Dir) bool { return d == hanalyze.C2S && len(m.half[d].packet) == 0 }

func (m *mysql) gap(d hanalyze.Dir) { m.half[d].packet, m.half[d].left = nil, 0 }

// feed takes bytes up to the end of a packet, or all.
func (m *mysql) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	h := &m.half[d]
	if have := len(h.packet); have < mysqlHeader {
		n := min(mysqlHeader-have, len(b))
		h.packet = append(h.packet, b[:n]...)
		if len(h.packet) == mysqlHeader {
			if h.left = packetLength(h.packet); h.left == 0 {
				m.end(c, d)
			}
		}
		return n
	}
	n := min(h.left, len(b))
	h.packet = append(h.packet, b[:min(n, maxMySQL-len(h.packet))]...)
	if h.left -= n; h.left == 0 {
		m.end(c, d)
	}
	return n
}

// end takes a packet that is all there. An empty one has a header alone.
func (m *mysql) end(c *Conn, d hanalyze.Dir) {
	h := &m.half[d]
	body := h.packet[mysqlHeader:]
	switch {
	case d == hanalyze.S2C && !m.greeted:
		m.greeted = true
		if flags, ok := greetingFlags(body); ok && flags&mysqlSSL != 0 {
			c.tell(Offered, "")
		}
	case d == hanalyze.C2S:
		m.response(c, body)
	}
	h.packet = h.packet[:0]
}

// response takes the client's first packet.
func (m *mysql) response(c *Conn, body []byte) {
	if len(body) == sslRequest && binary.LittleEndian.Uint16(body)&mysqlSSL != 0 {
		c.tell(Asked, "")
		c.phase = switched
		return
	}
	c.login("HandshakeResponse")
}

func packetLength(header []byte) int {
	return int(header[0]) | int(header[1])<<8 | int(header[2])<<16
}

// greetingFlags returns the lower capability flags of a greeting: version, text, thread, eight bytes of challenge, a zero.
func greetingFlags(body []byte) (uint16, bool) {
	if len(body) == 0 || body[0] != mysqlVersion {
		return 0, false
	}
	text := bytes.IndexByte(body, 0)
	const between = 1 + 4 + 8 + 1
	if text < 0 || len(body) < text+between+2 {
		return 0, false
	}
	return binary.LittleEndian.Uint16(body[text+between:]), true
}

// sniffMySQL believes a greeting: packet 0 of a plausible length, version 10, a version's text that begins with a digit.
func sniffMySQL(_, s2c []byte) Verdict {
	switch {
	case len(s2c) > 5 && (s2c[3] != 0 || s2c[4] != mysqlVersion || s2c[5] < '0' || s2c[5] > '9'):
		return No
	case len(s2c) >= mysqlHeader && packetLength(s2c) > maxMySQL-mysqlHeader:
		return No
	case len(s2c) < mysqlHeader+1:
		return No // the server speaks first, in one segment
	}
	n := packetLength(s2c)
	if len(s2c) < mysqlHeader+n {
		return Maybe
	}
	if _, ok := greetingFlags(s2c[mysqlHeader : mysqlHeader+n]); ok {
		return Yes
	}
	return No
}
