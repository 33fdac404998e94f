package quic

import "hanalyze"

// settle makes what the Initial packets told final, and gives back what it took to read them.
func (c *conn) settle() {
	c.settled = true
	c.tellVersions()
	c.tellTLS()
	c.keys, c.pending, c.tls = nil, nil, nil
	for i := range c.crypto {
		c.crypto[i].pieces = nil
	}
}

// finish completes the record. why is what a connection lacks whose handshake is not over.
func (c *conn) finish(why hanalyze.Missing) *hanalyze.QUIC {
	r := c.rec
	r.Last = c.last
	c.tellVersions()
	if !c.settled {
		c.tellTLS()
	}
	c.tellToken()
	if len(c.originals) > 0 {
		r.DCID = c.originals[0].String()
	}
	r.SCID, r.ServerCID = c.cid[hanalyze.C2S].String(), c.cid[hanalyze.S2C].String()
	c.tellReset()
	c.tellProbes()
	c.tellSilence()
	r.Spin = c.spin.tell()
	r.Missing = c.missing
	if !c.readable() {
		why &^= hanalyze.MissingEndOfCapture // nobody can know whether its handshake was over
	}
	if !r.Established && r.Close == nil {
		r.Missing |= why
	}
	r.Missing |= c.lacks()
	if r.Missing&hanalyze.MissingGap != 0 {
		r.Amplification = nil // what the client sent may be more than was seen
	}
	if r.TLS != nil {
		r.TLS.Established, r.TLS.Handshake = r.Established, r.Handshake
		if r.Established {
			r.TLS.NotDecrypted = "no_keys"
		}
	}
	if c.unsided {
		c.withhold()
	}
	return r
}

// tellVersions tells the version spoken, and the one that was offered when it is another. The server's choice counts. From
// a version that stands for none, only a Version Negotiation packet leads to another: where none was seen, it is missing.
func (c *conn) tellVersions() {
	r := c.rec
	spoken := c.version[hanalyze.C2S]
	if c.spoke[hanalyze.S2C] {
		spoken = c.version[hanalyze.S2C]
	}
	if c.spoke[hanalyze.C2S] || c.spoke[hanalyze.S2C] {
		r.Version = spoken.String()
	}
	switch kept := c.offered == spoken; {
	case !c.spoke[hanalyze.C2S]:
	case !kept:
		r.OfferedVersion = c.offered.String()
		if c.offered.grease() && spoken.dialect() != nil && !r.VersionNegotiation {
			r.VersionNegotiation = true
			c.missing |= hanalyze.MissingGap
		}
	case c.spoke[hanalyze.S2C] || r.Retry: // RFC 9000 §6.2: the client discards it where it has another answer
		r.VersionNegotiation, r.SupportedVersions = false, nil
	}
}

// tellToken tells where the client's token is from. A Retry may have come before the first packet seen, and it gives a token
// too. After it packet numbers go on (RFC 9000 §17.2.5.3), so where number 0 was read nothing came before.
func (c *conn) tellToken() {
	if c.rec.TokenBytes > 0 && c.begun {
		c.rec.TokenFrom = "earlier_connection"
	}
}

// mayHaveBegunBefore reports whether the server may have sent the client back to the beginning once more than is told, by
// a Retry or by Version Negotiation, which takes a round trip each.
func (c *conn) mayHaveBegunBefore() bool {
	token := c.rec.TokenBytes > 0 && !c.begun && !c.rec.Retry
	private := c.rec.OfferedVersion != "" && c.offered.dialect() == nil && !c.rec.VersionNegotiation
	return token || private
}

// lacks says which parts of the opening were not seen.
func (c *conn) lacks() (m hanalyze.Missing) {
	r := c.rec
	switch {
	case !c.readable():
		return hanalyze.MissingNoKeys
	case c.missing&(hanalyze.MissingSnaplen|hanalyze.MissingMidStream) != 0:
	case !c.hellos[hanalyze.C2S]:
		m |= hanalyze.MissingGap
	case !c.hellos[hanalyze.S2C] && (c.spoke[hanalyze.S2C] || r.Established) && r.Close == nil:
		m |= hanalyze.MissingGap
	}
	if r.Client.Undecipherable+r.Server.Undecipherable > 0 && !c.hellos[hanalyze.S2C] {
		m |= hanalyze.MissingGap
	}
	return m
}

// tellTLS makes the TLS record inside. Without a ClientHello there is nothing to tell.
func (c *conn) tellTLS() {
	if c.tls == nil || !c.hellos[hanalyze.C2S] {
		return
	}
	t := c.tls.Info(c.flow.now.Time)
	if c.mayHaveBegunBefore() {
		t.HandshakeRTTs = 0
	}
	if t.HandshakeRTTs > 0 { // it is unknown where part of the handshake is missing
		if c.rec.Retry {
			t.HandshakeRTTs++
		}
		if c.rec.VersionNegotiation {
			t.HandshakeRTTs++
		}
	}
	if !c.hellos[hanalyze.S2C] && c.spoke[hanalyze.S2C] && c.rec.Close == nil {
		t.Missing |= hanalyze.MissingGap
	}
	c.rec.TLS = &t
}
