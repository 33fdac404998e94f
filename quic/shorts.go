package quic

import "hanalyze"

// A stateless reset has 21 bytes at least, so that it cannot be told from a packet (RFC 9000 §10.3), and is smaller than the
// packet that it answers. Those in use have 21 to 43. Its last 16 bytes are a token, the same for a connection ID each time.
const (
	minReset   = 21
	maxReset   = 43
	resetToken = 16
	resetLead  = 4 // bytes at its beginning, random but for two bits, by which two resets differ and a packet captured twice does not
)

// shorts watches the short header packets of one end.
type shorts struct {
	packets uint64 // all of them so far went to the connection ID that the other end chose
	odd     bool   // one did not
	reset   hanalyze.Meta

	last   hanalyze.Meta // the last one that is long enough for a reset
	lead   [resetLead]byte
	token  [resetToken]byte
	first  hanalyze.Meta // valid iff resets > 0
	resets uint64        // packets that end like the one before
}

// packet takes one. behind says that it comes behind others in its datagram, which no stateless reset does.
func (s *shorts) packet(c *conn, from hanalyze.Dir, b []byte, behind bool) {
	if !behind && len(b) >= minReset {
		s.repeated(c.flow.now, b)
	}
	to := from.Reverse()
	id := &c.cid[to]
	switch {
	case s.odd || !c.has[to] || id.n == 0:
		s.odd, s.reset = true, hanalyze.Meta{}
	case id.prefixes(b[1:]):
		s.packets++
	default:
		s.odd = true
		if !behind && s.packets > 0 && len(b) >= minReset && len(b) <= maxReset {
			s.reset = c.flow.now // it goes to an ID that nobody chose: its bytes are random but for the last ones
		}
	}
}

// repeated counts packets that end in the same 16 bytes but are not the same. Of packets with the final keys these bytes are
// the AEAD's tag, which does not come again.
func (s *shorts) repeated(now hanalyze.Meta, b []byte) {
	lead, token := [resetLead]byte(b), [resetToken]byte(b[len(b)-resetToken:])
	if token == s.token && lead != s.lead && s.last.Packet != 0 {
		if s.resets == 0 {
			s.first, s.resets = s.last, 1
		}
		s.resets++
	}
	s.lead, s.token, s.last = lead, token, now
}

// tellReset tells that an end sent stateless resets: several packets that end in the same token, else by a guess the last
// packet of the connection, the only one that looks so.
func (c *conn) tellReset() {
	for from := range c.short1 {
		s := &c.short1[from]
		frame, count := s.first.Packet, s.resets
		if count == 0 && s.reset.Packet != 0 && s.reset.Packet == c.last.Packet {
			frame, count = s.reset.Packet, 1
		}
		if count > 0 {
			c.rec.StatelessReset = &hanalyze.QUICReset{Frame: frame, By: hanalyze.Dir(from).Sender(), Packets: count, Basis: hanalyze.Inferred}
		}
	}
}
