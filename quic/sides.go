package quic

import "hanalyze"

// Where the capture begins in the middle of an opening, packets of both ends look alike, and the flow may not know either
// which end is the client. Some packets only one of them sends; the client's first Initial packet is known by opening with
// keys that follow from itself, should it come late. Until then, nothing is told that depends on who is who.

// onlyOneSends reports whether p is of a kind that only clients send, or only servers.
func onlyOneSends(p *packet) bool { return ofClient(p) || ofServer(p) }

func ofClient(p *packet) bool {
	return p.typ == typeZeroRTT || p.typ == typeInitial && len(p.token) > 0
}

func ofServer(p *packet) bool { return p.typ == typeRetry || p.typ == typeVersionNegotiation }

// side learns from a packet of direction d which end is the client.
func (c *conn) side(d hanalyze.Dir, p *packet) {
	if !c.unsided || !onlyOneSends(p) {
		return
	}
	c.unsided = false
	if client := c.sender(d) == hanalyze.C2S; client != ofClient(p) {
		c.flip()
	}
}

// flip exchanges the two ends: the first packet seen was the server's.
func (c *conn) flip() {
	c.client = c.client.Reverse()
	c.rec.Client, c.rec.Server = c.rec.Server, c.rec.Client
	for _, pair := range [...]func(){
		func() { c.version[0], c.version[1] = c.version[1], c.version[0] },
		func() { c.spoke[0], c.spoke[1] = c.spoke[1], c.spoke[0] },
		func() { c.cid[0], c.cid[1] = c.cid[1], c.cid[0] },
		func() { c.has[0], c.has[1] = c.has[1], c.has[0] },
		func() { c.alias[0], c.alias[1] = c.alias[1], c.alias[0] },
		func() { c.aliased[0], c.aliased[1] = c.aliased[1], c.aliased[0] },
		func() { c.first[0], c.first[1] = c.first[1], c.first[0] },
		func() { c.short1[0], c.short1[1] = c.short1[1], c.short1[0] },
		func() { c.probes[0], c.probes[1] = c.probes[1], c.probes[0] },
	} {
		pair()
	}
	c.run.from = c.run.from.Reverse()
}

// withhold takes back what depends on who is who.
func (c *conn) withhold() {
	r := c.rec
	r.SCID, r.ServerCID = "", ""
	r.Established, r.Handshake, r.ServerRTT, r.ClientRTT = false, hanalyze.Span{}, hanalyze.Span{}, hanalyze.Span{}
	r.StatelessReset, r.Unheard, r.Spin, r.Client.Probes, r.Server.Probes = nil, nil, nil, nil, nil
}
