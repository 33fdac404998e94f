package quic

import "hanalyze"

// maxProbe is the largest probe believed: what an Ethernet frame has room for behind the headers of IPv4 and UDP. What is
// larger are mostly several datagrams that the capture has as one, taken before the interface cut them apart.
const maxProbe = 1472

// probes looks for path MTU probes of one end (RFC 9000 §14.3): a datagram larger than all before it, alone, where the next
// one has another size. Others of that size come only when the probe was acknowledged, so not right behind it.
type probes struct {
	most   uint64 // the largest datagram, as far as it is no probe
	usual  uint64 // the largest of those that are no larger than probes can be
	doubt  uint64 // the last datagram, if it is larger than usual and may be a probe; else 0
	probed uint64 // the largest probe
	count  uint64
}

// datagram takes the next datagram of the end. late says that it holds a packet with the final keys and nothing else: only
// such are probes. 1,200 bytes need no probe, as every path that carries QUIC carries them (RFC 9000 §14).
func (p *probes) datagram(size uint64, late bool) {
	switch {
	case p.doubt == 0:
	case size == p.doubt:
		p.ordinary(size)
	default:
		p.probed = p.doubt
		p.count++
	}
	p.doubt = 0
	if late && size > max(p.most, p.probed, minInitial) && size <= maxProbe {
		p.doubt = size
		return
	}
	p.ordinary(size)
}

// ordinary takes the size of a datagram that is no probe.
func (p *probes) ordinary(size uint64) {
	p.most = max(p.most, size)
	if size <= maxProbe {
		p.usual = max(p.usual, size)
	}
}

// tellProbes tells of the probes of both ends.
func (c *conn) tellProbes() {
	for from := range c.probes {
		if p := &c.probes[from]; p.count > 0 {
			c.end(hanalyze.Dir(from)).Probes = &hanalyze.QUICProbes{Count: p.count, MaxBytes: p.probed, Used: p.usual >= p.probed, Basis: hanalyze.Inferred}
		}
	}
}
