package tcpstate

import "hanalyze"

// summed takes a segment whose checksum was looked at.
func (c *Conn) summed(d hanalyze.Dir, s *Segment) {
	if s.Sum == SumGood {
		c.half[d].summed = true
		return
	}
	c.incidents.note(hanalyze.IncidentBadChecksum, d, s.Meta.Packet).bytes += uint64(s.Len)
}

// forgetSums drops the bad checksums of an end that was seen to send none that is right: it was not the network that
// spoiled them all, but who wrote the capture, or hardware that sums up later.
func (c *Conn) forgetSums() {
	kept := c.incidents[:0]
	for _, x := range c.incidents {
		if x.kind != hanalyze.IncidentBadChecksum || c.half[x.by].summed {
			kept = append(kept, x)
		}
	}
	c.incidents = kept
}
