package quic

import (
	"slices"

	"hanalyze"
	"hanalyze/tlsinfo"
)

// opens reports whether one of the keys of c opens p, without taking it.
func (c *conn) opens(d hanalyze.Dir, p *packet) bool {
	_, _, ok := c.open(c.sender(d), p)
	return ok
}

// open removes the protection of an Initial packet. The payload is a part of the flow's scratch buffer. Where two ends
// change the version on the way (RFC 9368 §2.3), keys of the new one follow from the same connection ID (RFC 9369 §4.1).
func (c *conn) open(from hanalyze.Dir, p *packet) (number int64, payload []byte, ok bool) {
	try := func(k *initialKeys) bool {
		number, payload, c.flow.scratch, ok = k.open(p, from, c.largest[from], c.flow.scratch)
		return ok
	}
	versions := false
	for _, k := range slices.Backward(c.keys) {
		versions = versions || k.version == p.version
		if try(k) {
			c.obeyed(k.cid.String())
			return number, payload, true
		}
	}
	switch {
	case versions || c.keyless():
		return 0, nil, false
	case c.failures >= maxFailures:
		c.flow.Limits.KeysUntried++
		c.missing |= hanalyze.MissingLimit
		return 0, nil, false
	}
	k := newInitialKeys(p.version, c.keys[len(c.keys)-1].cid)
	if k == nil || !try(k) {
		c.failures++
		return 0, nil, false
	}
	c.keys = append(c.keys, k)
	return number, payload, true
}

// obeyed notes that the ends use keys that follow from id. If it is that of a Retry packet, the client obeys that.
func (c *conn) obeyed(id string) {
	if r := c.rec.RetryPacket; r != nil && r.SCID == id {
		c.rec.Retry = true
	}
}

// initial takes an Initial packet.
func (c *conn) initial(from hanalyze.Dir, p *packet) {
	if p.cut {
		c.missing |= hanalyze.MissingSnaplen
		return
	}
	number, payload, ok := c.open(from, p)
	switch {
	case ok:
		c.dialect = p.dialect
		c.largest[from] = max(c.largest[from], number)
		if from == hanalyze.C2S && number == 0 {
			c.begun = true
		}
		c.payload(from, payload)
		c.release()
	case c.keyless():
		c.keep(from, p)
	default:
		c.end(from).Undecipherable++
	}
}

// keep puts a packet of the server aside until there are keys for it.
func (c *conn) keep(from hanalyze.Dir, p *packet) {
	if from != hanalyze.S2C {
		return
	}
	if len(c.pending) == maxPending || c.kept+len(p.raw) > maxPendingBytes {
		c.flow.Limits.PendingDropped++
		return
	}
	c.pending = append(c.pending, slices.Clone(p.raw))
	c.kept += len(p.raw)
}

// release takes the packets that waited for keys.
func (c *conn) release() {
	waiting := c.pending
	c.pending, c.kept = nil, 0
	for _, b := range waiting {
		if p, _, ok := consumePacket(b); ok {
			c.initial(hanalyze.S2C, &p)
		}
	}
}

// payload takes the frames of an Initial packet. They are borrowed.
func (c *conn) payload(from hanalyze.Dir, b []byte) {
	e := c.end(from)
	data, fresh := 0, 0
	for len(b) > 0 {
		f, n, err := consumeFrame(b)
		if err != nil {
			c.notice("Initial packet of the %s: %v (type 0x%x)", from.Sender(), err, f.typ)
			break
		}
		b = b[n:]
		switch f.typ {
		case framePadding:
			e.PaddingBytes += uint64(f.n)
		case framePing:
			e.Pings++
		case frameAck, frameAckECN:
			e.Acks++
		case frameCrypto:
			data += len(f.data)
			s := &c.crypto[from]
			fresh += s.add(f.offset, f.data, func(b []byte) { c.handshake(from, s.next-int64(len(b)), b) })
		case frameClose, frameCloseApp:
			c.closed(from, &f)
		}
	}
	e.CryptoBytes += uint64(fresh)
	if data > 0 && fresh == 0 {
		e.Retransmitted++
	}
}

// handshake takes bytes of an end's CRYPTO stream in order, from offset off. Those that were taken before are the same ones.
func (c *conn) handshake(from hanalyze.Dir, off int64, b []byte) {
	again := min(max(c.fed[from]-off, 0), int64(len(b)))
	b = b[again:]
	c.fed[from] += int64(len(b))
	if c.tls == nil {
		c.tls = tlsinfo.NewHandshakeConn(c.tlsEvent)
	}
	c.tls.Feed(from, b)
}

func (c *conn) tlsEvent(e *tlsinfo.Event) {
	switch e.Kind {
	case tlsinfo.EventClientHello:
		if !c.hellos[hanalyze.C2S] {
			c.hellos[hanalyze.C2S] = true
			c.parameters(e.ClientHello)
		}
	case tlsinfo.EventServerHello:
		c.hellos[hanalyze.S2C] = true
	case tlsinfo.EventMalformed:
		c.flow.sink.Notice("tls.malformed", e.Code+": "+e.Detail)
	case tlsinfo.EventLimit:
		c.flow.Limits.TLSLimits++
	}
}

// parameters reads the client's transport parameters.
func (c *conn) parameters(h *tlsinfo.ClientHello) {
	if h.QUICParameters == nil {
		return
	}
	var verdict paramsVerdict
	c.rec.Parameters, c.rec.AvailableVersions, verdict = parseParameters(c.dialect, h.QUICParameters)
	switch verdict {
	case paramsWhole:
	case paramsCut:
		c.truncated()
	case paramsMalformed:
		c.notice("The transport parameters of the client are cut short")
	}
}

// maxReason bounds a reason phrase. It is for people, and packets have room for about a thousand bytes.
const maxReason = 512

// closed takes a CONNECTION_CLOSE frame; the first one counts.
func (c *conn) closed(from hanalyze.Dir, f *frame) {
	if c.rec.Close != nil {
		return
	}
	x := &hanalyze.QUICClose{Frame: c.flow.now.Packet, By: from.Sender(), FrameType: frameName(f.faulty)}
	x.Reason = string(f.reason[:min(len(f.reason), maxReason)])
	if len(f.reason) > maxReason {
		c.truncated()
	}
	if f.typ == frameCloseApp {
		x.Code = "APPLICATION_ERROR"
	} else if name, alert, isAlert := errorName(f.code); isAlert {
		x.Code, x.Alert = name, tlsinfo.AlertName(alert)
	} else {
		x.Code = name
	}
	c.rec.Close = x
}
