package tlsinfo

import (
	"bytes"

	"hanalyze"
)

// Associations of DTLS, one after the other on the same ports: a client that lost its state begins anew, and the server keeps the
// old association until the new one is agreed on (RFC 6347 §4.2.8). A ClientHello belongs to the one before only if it has its
// random, which the answer to a HelloVerifyRequest or HelloRetryRequest repeats (§4.2.1). Early implementations take another random
// for that answer, but they number it 1, as they should.

// versionAndRandom is the length of what a ClientHello begins with.
const versionAndRandom = 2 + 32

// beginsAnother reports whether part, the first bytes of a ClientHello of d with number seq, begins another association than the one
// followed.
func (c *DatagramConn) beginsAnother(d hanalyze.Dir, seq uint16, part []byte) bool {
	s := &c.session
	if len(part) < versionAndRandom {
		return false
	}
	random := part[2:versionAndRandom]
	switch {
	case s.hello == nil: // its own was not seen, or there was none: nobody sends one when the handshake is over
		return s.done || s.server == nil && (s.end[0].secret || s.end[1].secret)
	case bytes.Equal(random, s.hello.Random[:]):
		return false
	case d != s.client:
		return s.done
	}
	return s.server != nil || seq == 0
}

// late reports whether part begins a ClientHello of the association before, delayed or sent again.
func (c *DatagramConn) late(part []byte) bool {
	return c.another && len(part) >= versionAndRandom && bytes.Equal(part[2:versionAndRandom], c.before[:])
}

// restart tells of the association that was followed and forgets it.
func (c *DatagramConn) restart(d hanalyze.Dir, at int64) {
	s := &c.session
	s.fire(EventAnother, d, at)
	c.another, c.before = true, [32]byte{}
	if s.hello != nil {
		c.before = s.hello.Random
	}
	c.session, c.half = session{emit: s.emit, carrier: JA4DTLS}, [2]dhalf{}
}

// stray reports whether an encrypted record of d may belong to the association before: d has not turned to encryption in this one
// as far as was seen.
func (c *DatagramConn) stray(d hanalyze.Dir) bool { return c.another && !c.session.end[d].ccs }

// stray13 is stray for a record of DTLS 1.3 that begins with b, whose last two bits are those of the epoch: 2 while the handshake
// lasts, 3 and on for data (RFC 9147 §6.1).
func (c *DatagramConn) stray13(b byte) bool {
	const epochBits, handshake = 3, 2
	return c.another && !c.session.done && (c.session.server == nil || b&epochBits != handshake)
}
