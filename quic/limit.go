package quic

import "hanalyze"

// amplification is how many times as much as it got a server may send to an address that may be forged (RFC 9000 §8.1).
const amplification = 3

// allowance watches the server until it knows that the client's address is real.
type allowance struct {
	validated bool
	sent      [2]uint64 // bytes by end
	server    hanalyze.Time
	largest   uint64 // datagram of the server
	blocked   *hanalyze.QUICLimit
}

// datagram takes the next datagram. A server with no room left for another one may have been stopped by the limit; it was
// when it goes on with its handshake as soon as the client has sent something.
func (a *allowance) datagram(c *conn, from hanalyze.Dir, size int, now hanalyze.Meta) {
	if a.validated {
		return
	}
	if from == hanalyze.S2C {
		a.sent[from] += uint64(size)
		a.server = now.Time
		a.largest = max(a.largest, uint64(size))
		return
	}
	if s := a.sent[hanalyze.S2C]; a.blocked == nil && s > 0 && s <= amplification*a.sent[from] && s+a.largest > amplification*a.sent[from] {
		a.blocked = &hanalyze.QUICLimit{ClientBytes: a.sent[from], ServerBytes: s, Wait: hanalyze.Known(now.Time.Sub(a.server)), Basis: hanalyze.Inferred}
	}
	a.sent[from] += uint64(size)
}

// more notes that the server goes on with its handshake.
func (a *allowance) more(c *conn) {
	if a.blocked != nil && c.rec.Amplification == nil && c.missing == 0 {
		c.rec.Amplification = a.blocked
	}
}
