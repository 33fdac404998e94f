package tcpstate

import "hanalyze"

// origin is what the packets of one end have in common below TCP, to tell a RST that somebody else sent in its name.
type origin struct {
	seen      bool
	low, high uint8  // smallest and largest TTL
	ids       uint16 // bits of all IP identifications: 0 when it leaves them out
}

const (
	// hops is how far the TTL of one sender may wander: routes differ by a router or two.
	hops = 2
	// idAway is how far from its last IP identification a sender that counts them may be: other connections share its
	// counter.
	idAway = 4096
)

// note takes a segment that is no RST.
func (o *origin) note(s *Segment) {
	o.ids |= s.IPID
	if s.TTL-o.low <= o.high-o.low && o.seen {
		return
	}
	if !o.seen {
		o.seen, o.low, o.high = true, s.TTL, s.TTL
	}
	o.low, o.high = min(o.low, s.TTL), max(o.high, s.TTL)
}

// evidence is what is unlike the end that a RST claims to come from.
type evidence uint8

const (
	unlikeTTL      evidence = 1 << iota // more hops away, or fewer, than all its other packets
	unlikeID                            // an IP identification out of its sequence
	unlikeSequence                      // a sequence number it has not reached
	unlikeOptions                       // no timestamp, which its other packets have
	spokeAfter                          // it went on after it
)

var evidenceNames = [...]string{"ttl", "ip_id", "sequence", "options", "spoke_after"}

// strange are the signs that tell something by themselves. A kernel that has no such connection any more answers with an
// IP identification of 0, or from a counter of its own, and without options, so those count only beside another sign.
const strange = unlikeTTL | unlikeSequence | spokeAfter

// unlike compares a RST sent in direction d with what its end sent before.
func (c *Conn) unlike(d hanalyze.Dir, s *Segment) (e evidence) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	o := &h.origin
	if !o.seen {
		return 0
	}
	if o.away(s.TTL) {
		e |= unlikeTTL
	}
	if id := s.id(); id != 0 {
		last := &h.loss.newest
		if o.ids == 0 || last.ordered == trustedIDs && id-last.id > idAway && last.id-id > idAway {
			e |= unlikeID
		}
	}
	if c.open && s.Seq > h.next && len(h.loss.holes) == 0 && peer.hasAck && peer.ack <= h.next {
		e |= unlikeSequence
	}
	if !s.Options.HasTS && h.offer.timestamps && peer.offer.timestamps {
		e |= unlikeOptions
	}
	return e
}

// away reports whether a TTL is not that of the end's other packets.
func (o *origin) away(ttl uint8) bool {
	return int(ttl) < int(o.low)-hops || int(ttl) > int(o.high)+hops
}

// report names the evidence, nil when there is none that counts. One sign alone may have another cause: a load balancer,
// another route, a host with several processors. Two that agree are rarely chance.
func (e evidence) report() *hanalyze.TCPInjection {
	if e&strange == 0 {
		return nil
	}
	r := &hanalyze.TCPInjection{}
	signs := 0
	for i, name := range evidenceNames {
		if e&(1<<i) != 0 {
			r.Evidence = append(r.Evidence, name)
			if 1<<i != unlikeOptions {
				signs++
			}
		}
	}
	r.Confidence = [...]string{"", "low", "medium", "high", "high"}[signs]
	return r
}
