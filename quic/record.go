package quic

import "hanalyze"

// settle makes what the Initial packets told final, and gives back what it took to read them.
func (c *conn) settle() {
	c.settled = true
	c.tellTLS()
	c.keys, c.pending, c.tls = nil, nil, nil
	for i := range c.crypto {
		c.crypto[i].pieces = nil
	}
}

// finish completes the record. why is what a connection lacks whose handshake is not over.
func (c *conn) finish(why hanalyze.Missing) *hanalyze.QUIC {
	if !c.settled {
		c.tellTLS()
	}
	r := c.rec
	r.Last = c.last
	c.tellVersions()
	if len(c.originals) > 0 {
		r.DCID = c.originals[0].String()
	}
	r.SCID, r.ServerCID = c.cid[hanalyze.C2S].String(), c.cid[hanalyze.S2C].String()
	c.tellReset()
	r.Missing = c.missing
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
	return r
}

// tellVersions tells the version spoken, and the one that was offered when it is another. The server's choice counts.
func (c *conn) tellVersions() {
	r := c.rec
	switch {
	case c.spoke[hanalyze.S2C]:
		r.Version = c.version[hanalyze.S2C].String()
	case c.spoke[hanalyze.C2S]:
		r.Version = c.version[hanalyze.C2S].String()
	}
	if r.OfferedVersion == r.Version {
		r.OfferedVersion = ""
	}
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
