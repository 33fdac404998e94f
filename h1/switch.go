package h1

import "hanalyze"

// tunnelHint is the Upgrade of the Switch event after CONNECT: nobody said which protocol follows.
const tunnelHint = "tunnel"

// maySwitch decides whether to believe a 101 in h, the server's direction. RFC 9110 §15.2.2: the server switches "immediately
// after the empty line that terminates the 101 response". It is not believed while the client is in the middle of another
// request.
func (c *Conn) maySwitch(h *half) (ok bool, code Code) {
	client := &c.half[hanalyze.C2S]
	if p := c.outstanding.find(h.exchange); p == nil && client.spoke && !client.lossy || p != nil && !p.upgrade {
		code = UnexpectedSwitch
	}
	ok = client.state != hunt && client.state != dead && (!client.state.inMessage() || client.exchange == h.exchange)
	return ok, code
}

// switchNow ends the response in h and HTTP with it.
func (c *Conn) switchNow(h *half, hint string) {
	if hint == "" {
		hint = c.hint
	}
	c.end(hanalyze.S2C, h, Complete)
	c.switchTo(hanalyze.S2C, h, hint)
}

// switchTo ends HTTP in both directions. A request that is still being sent is read to its end.
func (c *Conn) switchTo(d hanalyze.Dir, h *half, hint string) {
	for i := range c.half {
		if g := &c.half[i]; g.state.inMessage() {
			g.switchAfter = true
		} else {
			g.state, g.carry, g.yields = switched, nil, false
		}
	}
	c.wait = 0
	ev := c.event(d, h, Switch)
	ev.Offset, ev.Upgrade = h.offset, hint
	c.emit(ev)
}

// look decides from the bytes themselves whether HTTP goes on after a CONNECT or Upgrade whose answer is lost. It reports
// whether it could tell.
func (c *Conn) look(d hanalyze.Dir, h *half, b []byte) bool {
	switch sniffDir(d, b, false) {
	case Maybe:
		return false
	case Yes:
		if d == hanalyze.S2C {
			h.state = idle
		}
		if p := c.outstanding.front(); d == hanalyze.C2S || p == nil || p.exchange != c.wait {
			c.release()
			h.yields = d == hanalyze.S2C && c.half[hanalyze.C2S].withheld
		}
	case No:
		h.exchange, h.pairing = c.wait, Guessed
		c.switchTo(d, h, c.hint)
	}
	return true
}
