package tcpstate

import "hanalyze"

// Phase returns what the connection is busy with: handshake, data, teardown, reset or keep_alive; "" before the first
// segment that says.
func (c *Conn) Phase() string { return phaseNames[c.phase] }

// Window returns the receive window that s, sent in direction d and taken already, offers in bytes. It is not known while
// the scale is not, but zero is zero by any scale.
func (c *Conn) Window(d hanalyze.Dir, s *Segment) (bytes uint64, known bool) {
	if s.Flags&hanalyze.SYN != 0 || s.Window == 0 { // RFC 7323 §2.2: the window of a SYN is never scaled
		return uint64(s.Window), true
	}
	return uint64(s.Window) << c.half[d].shift, c.handshake.scaled
}
