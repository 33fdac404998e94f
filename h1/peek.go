package h1

import (
	"bytes"

	"hanalyze"
	"hanalyze/semantics"
)

// doubtfulBody returns how the response in h, the server's direction, is framed if it has a body, None where there is no
// doubt whether it has one. Only an answer to HEAD lacks the body that it declares (RFC 9110 §9.3.2), so where the request is
// a guess, or its head is not known, so is the body.
func (c *Conn) doubtfulBody(h *half, facts *framingFacts) (f Framing, length int64) {
	if h.pairing == Certain && facts.method != methodUnknown || h.framing == Tunnel || h.switching {
		return None, h.left
	}
	m := *facts
	m.method = methodOther
	f, length, _ = frame(&m)
	return f, length
}

// stepPeek decides by the bytes after a head whether the response has a body: another head is none. It carries what reads
// like a head up to its end, and then reads it again.
func (c *Conn) stepPeek(h *half, b []byte) (n int) {
	for n < len(b) {
		had := len(h.carry)
		if had < len(statusPattern) {
			if had == 0 && h.mayTunnel && b[n] == tlsHandshake {
				c.endPeek(h, Tunnel)
				return n
			}
			h.carry = append(h.carry, b[n])
			n++
			if !statusPrefix(h.carry) {
				c.endPeek(h, h.ifBody)
				return n
			}
			if len(h.carry) == len(statusPattern) {
				h.candidate = candidate{}
				ev := c.event(hanalyze.S2C, h, StartFound)
				ev.Offset = h.offset
				c.emit(ev)
			}
			continue
		}
		line := b[n:]
		if lf := bytes.IndexByte(line, '\n'); lf >= 0 {
			line = line[:lf+1]
		}
		h.carry = append(h.carry, line...)
		n += len(line)
		if framing, decided := h.peekLine(); decided {
			c.endPeek(h, framing)
			return n
		}
	}
	return n
}

// tlsHandshake is the first byte of a TLS connection, RFC 8446 §5.1.
const tlsHandshake = 22

// mayAcceptTunnel reports whether the answer to a request that was not seen may be one to CONNECT: it has a body that nothing
// is said about.
func mayAcceptTunnel(ev *Event) bool {
	return ev.Pairing == Unpaired && ev.Status/100 == 2 && ev.Framing == ToClose && !ev.Known.Has(semantics.ContentType)
}

// peekLine decides by the last line of the carry, if it is complete.
func (h *half) peekLine() (f Framing, decided bool) {
	k := &h.candidate
	line := h.carry[k.size:]
	switch {
	case len(h.carry) > maxHead:
		return h.ifBody, true
	case line[len(line)-1] != '\n':
		return None, false
	case k.lines == 0:
		if statusIn(line) != 0 {
			return h.ifBody, true
		}
		k.lf = !bytes.HasSuffix(line, []byte("\r\n"))
	default:
		ended, ok := k.headLine(line)
		if ended && ok && k.isHead(hanalyze.S2C, h.carry) {
			return None, true
		}
		if ended || !ok {
			return h.ifBody, true
		}
	}
	k.lines, k.size = k.lines+1, len(h.carry)
	return None, false
}

// endPeek goes on with the framing that was decided for, and reads again what was carried meanwhile.
func (c *Conn) endPeek(h *half, f Framing) {
	again := bytes.Clone(h.carry)
	h.carry, h.candidate, h.framing = h.carry[:0], candidate{}, f
	c.enterFraming(hanalyze.S2C, h)
	for len(again) > 0 {
		took, waits := c.step(hanalyze.S2C, h, again)
		if waits {
			return // HTTP ends here by a guess: a few bytes of what follows are not worth more than that
		}
		again = again[took:]
	}
}
