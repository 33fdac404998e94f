package reassembly

import (
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// checkedPackets is how many packets of each direction of a connection have their checksum computed: enough to tell a
// host whose network card computes it from one bad packet, and no cost to a long transfer.
const checkedPackets = 4

// check looks at the checksum of p.
func (t *Tracker) check(p *packet.Packet) tcpstate.Sum {
	sum := p.Checksum()
	if sum == packet.ChecksumUnknown {
		return tcpstate.SumUnknown
	}
	t.stats.SumsChecked++
	switch sum {
	case packet.ChecksumGood:
		return tcpstate.SumGood
	case packet.ChecksumBad:
		t.stats.SumsBad++
		return tcpstate.SumBad
	}
	t.stats.SumsLeft++
	return tcpstate.SumUnknown
}
