package quic

import "hanalyze"

// A stateless reset has 21 bytes at least, so that it cannot be told from a packet (RFC 9000 §10.3), and is smaller than the
// packet that it answers. Those in use have 21 to 43.
const (
	minReset = 21
	maxReset = 43
)

// shorts watches the short header packets of one end.
type shorts struct {
	packets uint64 // all of them so far went to the connection ID that the other end chose
	odd     bool   // one did not
	reset   hanalyze.Meta
}

// packet takes one. A packet to an ID that nobody chose may be a stateless reset: its bytes are random but for the last 16.
func (s *shorts) packet(c *conn, from hanalyze.Dir, b []byte, behind bool) {
	to := from.Reverse()
	id := &c.cid[to]
	if s.odd || !c.has[to] || id.n == 0 {
		s.odd = true
		return
	}
	if id.prefixes(b[1:]) {
		s.packets++
		return
	}
	s.odd = true
	if !behind && s.packets > 0 && len(b) >= minReset && len(b) <= maxReset {
		s.reset = c.flow.now
	}
}

// tellReset guesses that an end sent a stateless reset: the last packet of the connection is the only one that looks so.
func (c *conn) tellReset() {
	for from := range c.short1 {
		if m := c.short1[from].reset; m.Packet != 0 && m.Packet == c.last.Packet {
			c.rec.StatelessReset = &hanalyze.QUICReset{Frame: m.Packet, By: hanalyze.Dir(from).Sender(), Basis: hanalyze.Inferred}
		}
	}
}
