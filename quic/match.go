package quic

import (
	"slices"

	"hanalyze"
)

// route returns the connection of a packet with a long header, a new one if need be; nil for a packet that says nothing
// about any.
//
// Both ends name themselves: a packet has the ID that its sender chose as source, and the ID that the receiver chose as
// destination (RFC 9000 §7.2). Until the server has spoken, the client uses an ID it made up, or the one of a Retry packet.
// IDs may be empty, so several connections can fit; Initial packets then tell by which keys open them.
func (f *Flow) route(d hanalyze.Dir, p *packet) *conn {
	if p.typ == typeInitial && p.dialect != nil {
		return f.routeInitial(d, p)
	}
	for _, c := range slices.Backward(f.conns) {
		if c.matches(d, p) {
			return c
		}
	}
	for _, c := range slices.Backward(f.conns) {
		if c.renamed(d, p) {
			return c
		}
	}
	if p.typ == typeVersionNegotiation && len(f.conns) > 0 {
		return nil // it answers nothing that was sent
	}
	return f.begin(d, p)
}

func (f *Flow) routeInitial(d hanalyze.Dir, p *packet) *conn {
	var named *conn
	for _, c := range slices.Backward(f.conns) {
		if !c.matches(d, p) {
			continue
		}
		if c.settled || c.opens(d, p) {
			return c
		}
		if named == nil {
			named = c
		}
	}
	if named != nil && !f.firstOfMany(named, p) {
		return named
	}
	for _, c := range slices.Backward(f.conns) {
		if c.renamed(d, p) && c.opens(d, p) {
			return c
		}
	}
	if c := f.resumed(d, p); c != nil {
		return c
	}
	return f.begin(d, p)
}

// firstOfMany reports whether p, which c's keys do not open although its IDs are c's, is the first of a connection of its
// own: its ends use empty IDs, and it opens by itself.
func (f *Flow) firstOfMany(c *conn, p *packet) bool {
	return len(p.scid) == 0 && !c.isOriginal(p.dcid) && f.opensItself(p)
}

// opensItself reports whether the keys that follow from p's own destination open it: it is a client's first packet, or its
// first after a Retry.
func (f *Flow) opensItself(p *packet) bool {
	k := f.derive(p.version, newConnID(p.dcid))
	if k == nil {
		return false
	}
	_, _, buf, ok := k.open(p, hanalyze.C2S, -1, f.scratch)
	f.scratch = buf
	return ok
}

// derive returns the keys of Initial packets. The last ones are remembered: a first packet is tried before it is believed.
func (f *Flow) derive(v Version, cid connID) *initialKeys {
	if f.derived == nil || f.derived.version != v || f.derived.cid != cid {
		f.derived = newInitialKeys(v, cid)
	}
	return f.derived
}

// resumed returns the connection that a client's Initial packet goes on with, although its destination is new: the client
// was sent a Retry that is not in the capture, was told to use another version, or the server's packets were captured first.
func (f *Flow) resumed(d hanalyze.Dir, p *packet) *conn {
	if len(f.conns) == 0 || !f.opensItself(p) {
		return nil
	}
	c := f.namesake(d, p)
	from := c.sender(d)
	self := c.has[from] && c.cid[from].is(p.scid)
	switch {
	case c.keyless() && self && (len(p.scid) > 0 || c.provenBy(p)):
		if from != hanalyze.C2S {
			c.flip()
		}
	case from != hanalyze.C2S || c.largest[hanalyze.S2C] >= 0:
		return nil
	case !c.spoke[from] && len(p.scid) > 0 && c.called(from, p.scid): // what it is answered with was captured first
		c.originals = slices.Insert(c.originals, 0, newConnID(p.dcid))
	case c.rec.VersionNegotiation && p.version != c.version[hanalyze.C2S]:
		c.restart(p)
	case self && len(p.token) == 0 && len(p.scid) > 0 && c.rec.TokenBytes > 0: // captured late: the first packet, without token
		c.missRetry()
		c.rec.TokenBytes = 0
		c.originals = slices.Insert(c.originals, 0, newConnID(p.dcid))
	case self && len(p.token) > 0 && c.largest[from] >= 0 && !c.missed: // a client obeys one Retry
		c.missRetry()
	default:
		return nil
	}
	c.unsided = false
	c.follow(p.version, newConnID(p.dcid))
	return c
}

// namesake returns the newest connection whose sender in direction d calls itself as p does, else the newest.
func (f *Flow) namesake(d hanalyze.Dir, p *packet) *conn {
	for _, c := range slices.Backward(f.conns) {
		if len(p.scid) > 0 && c.called(c.sender(d), p.scid) {
			return c
		}
	}
	return f.conns[len(f.conns)-1]
}

// missRetry notes that the client answered a Retry which was not seen in its place.
func (c *conn) missRetry() {
	c.missed, c.rec.Retry, c.rec.RetryPacket = true, true, nil
	c.missing |= hanalyze.MissingGap
	c.resend()
}

// renamed reports whether p, of direction d, can be of the client of c although its destination is unknown: the server may
// have given it further IDs under encryption, and it may use them at once (RFC 9000 §5.1.1).
func (c *conn) renamed(d hanalyze.Dir, p *packet) bool {
	const from = hanalyze.C2S
	return c.sender(d) == from && p.dialect != nil && p.typ != typeRetry && c.has[from] && c.cid[from].is(p.scid)
}

// matches reports whether the IDs of p, of direction d, can be those of c.
func (c *conn) matches(d hanalyze.Dir, p *packet) bool {
	from := c.sender(d)
	to := from.Reverse()
	switch {
	case p.dialect == nil && p.typ != typeVersionNegotiation:
		return c.version[from] == p.version || !c.spoke[from] && c.version[to] == p.version
	case p.typ == typeVersionNegotiation:
		return from == hanalyze.S2C && !c.has[from] && c.called(to, p.dcid) && c.isOriginal(p.scid)
	case p.typ == typeRetry:
		return from == hanalyze.S2C && c.called(to, p.dcid)
	case c.has[from] && !c.cid[from].is(p.scid):
		return false
	case from == hanalyze.C2S && c.isOriginal(p.dcid):
		return true
	case c.has[to] || c.aliased[to]:
		return c.called(to, p.dcid)
	}
	return c.has[from] && p.typ != typeInitial
}
