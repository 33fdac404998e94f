package quic

import "hanalyze"

// Limits of a conclusion.
const (
	// minUnheard is how many datagrams in a row must have had no answer before their receiver is called silent: the last
	// packets of a connection, CONNECTION_CLOSE among them, are answered with nothing (RFC 9000 §10.2).
	minUnheard = 3
	// minSilence is the least time from the first of them to the last. Who is there answers within a round trip and the
	// time that acknowledgments may be kept back; who is not has probes sent to it, twice as long after each other each time
	// (RFC 9002 §6.2.1).
	minSilence hanalyze.Time = 1e9
)

// run is the datagrams that one end has sent since the other one's last.
type run struct {
	from  hanalyze.Dir
	first hanalyze.Meta
	count uint64
}

// datagram takes the next datagram.
func (r *run) datagram(from hanalyze.Dir, now hanalyze.Meta) {
	if r.count == 0 || r.from != from {
		*r = run{from: from, first: now}
	}
	r.count++
}

// tellSilence tells that an end went on sending although nothing came back. Where the other end was never heard, all of the
// record tells so.
func (c *conn) tellSilence() {
	d := c.last.Time - c.run.first.Time
	if c.run.count < minUnheard || d < minSilence || c.first[c.run.from.Reverse()].Packet == 0 {
		return
	}
	c.rec.Unheard = &hanalyze.QUICUnheard{
		Frame: c.run.first.Packet, By: c.run.from.Sender(), Datagrams: c.run.count, Lasted: span(d), Basis: hanalyze.Inferred,
	}
}
