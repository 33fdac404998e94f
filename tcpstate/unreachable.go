package tcpstate

import "hanalyze"

// Undeliverable takes an ICMP error that says that nothing gets through, about the segment at offset seq sent in direction d.
// Whoever is opening a connection gives up then (RFC 5461 §4): it is refused, unless the SYN is answered all the same. Once a
// connection is open such errors are only hints (RFC 5927 §5.2), and whether an end heeds one is seen by what it does next.
func (c *Conn) Undeliverable(d hanalyze.Dir, seq int64) {
	h := &c.half[d]
	if h.bareSYN && seq == h.syn {
		h.barred = true
	}
}

// undelivered reports whether a SYN never got through, by the word of an ICMP error.
func (c *Conn) undelivered() bool {
	a, b := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	return a.barred && !b.synSeen || b.barred && !a.synSeen
}
