package main

import "time"

// verdict says who is right.
type verdict string

const (
	oursRight  verdict = "ours right"
	definition verdict = "judge's definition" // both are right, by their own definition
	unknown    verdict = "unknown"            // the capture does not tell
	oursWrong  verdict = "ours wrong"         // known, not mended yet
)

// rule is a reason for differences that the program checks itself.
type rule struct {
	name    string
	verdict verdict
	why     string
}

// dispute is a packet about which tshark and we differ in one flag.
type dispute struct {
	flag   string
	p      *packet
	theirs bool // tshark sets the flag
	t      *told
	v      *verdicts
}

// frameRule is a rule about packets.
type frameRule struct {
	rule
	applies func(x *dispute) bool
}

// How far apart two copies of a packet are at most: less than any retransmission timeout in use; and where there is no IP
// identification that tells, less than any sender takes to repeat itself.
const (
	copySpan     = 200 * time.Millisecond
	noIDCopySpan = 100 * time.Microsecond
)

// frameRules are tried in this order.
var frameRules = []frameRule{
	{rule{"copy", oursRight, "the packet was captured twice: an earlier one is the same in all fields, its IP identification included, " +
		"less than 200 ms before. tshark takes the second for something its sender did"},
		func(x *dispute) bool { return x.p.Class == "duplicate_packet" && x.theirs && x.p.copied() }},
	{rule{"reset", definition, "tshark does not analyse segments with RST; ours calls a repeated RST a retransmission, and counts it as none"},
		func(x *dispute) bool { return !x.theirs && x.flag == "retransmission" && x.p.has('R') }},
	{rule{"nothing outstanding", definition, "RFC 5681 §2 calls an ACK a duplicate only while bytes are outstanding; to tshark any repeated ACK is one"},
		func(x *dispute) bool {
			return x.flag == "duplicate_ack" && x.theirs && x.p.Class == "pure_ack" && !x.p.outstanding()
		}},
	{rule{"SACK in a window update", oursRight, "RFC 6675 §2: an ACK with new SACK information is a duplicate ACK though the window changed"},
		func(x *dispute) bool { return x.flag == "duplicate_ack" && !x.theirs && len(x.p.SACK) > 0 }},
	{rule{"empty segment", definition, "tshark says of a segment without bytes too that something before it was lost; ours counts what it skipped"},
		func(x *dispute) bool {
			at, ok := x.p.highest()
			return x.flag == "lost_segment" && x.theirs && x.p.Len == 0 && x.p.Class != "ahead" && ok && x.p.Seq > at
		}},
	{rule{"FIN carried by an ACK", oursRight, "the FIN was sent before, without payload, and comes again because it acknowledges more: no timer ran, nothing was lost"},
		func(x *dispute) bool {
			return x.theirs && x.flag == "retransmission" && x.p.Class == "pure_ack" && x.p.carriesFIN()
		}},
	{rule{"first copy", oursRight, "the capture holds no earlier copy of these bytes: they are late in it, behind an ACK or a later segment, but not sent twice"},
		func(x *dispute) bool {
			return x.theirs && resent(x.flag) && x.p.Class != "retransmission" && x.p.end() > x.p.Seq && x.p.unseen() == x.p.end()-x.p.Seq
		}},
	{rule{"seen before", oursRight, "an earlier packet holds bytes of this one: they were sent again, not overtaken"},
		func(x *dispute) bool { return x.notOvertaken() && x.p.unseen() < x.p.end()-x.p.Seq }},
	{rule{"sent later", oursRight, "the IP identification is higher than that of the segment behind the hole: it was sent after it, so it was not overtaken but sent again"},
		func(x *dispute) bool { return x.notOvertaken() && x.p.sentLater() }},
	{rule{"signalled", oursRight, "the receiver had reported by SACK (RFC 6675, RFC 8985) or by three duplicate ACKs (RFC 5681) that these bytes are missing; tshark wants two duplicate ACKs not more than 20 ms before"},
		func(x *dispute) bool {
			return x.flag == "fast_retransmission" && !x.theirs && x.p.Class == "retransmission" && x.p.signalled()
		}},
	{rule{"spurious without bytes", definition, "the receiver had acknowledged the SYN or FIN that was sent again; tshark looks at segments with bytes only"},
		func(x *dispute) bool {
			return x.flag == "spurious_retransmission" && !x.theirs && x.p.Len == 0 && x.p.acknowledged()
		}},
	{rule{"other network", definition, "the VLAN or tunnel is another than that of the earlier packet: tshark 4.0 has one conversation for both, ours two"},
		func(x *dispute) bool { return x.otherNetwork() }},
}

// resent reports whether a flag says that a segment was sent again.
func resent(flag string) bool {
	return flag == "retransmission" || flag == "fast_retransmission" || flag == "spurious_retransmission"
}

// copied reports whether an earlier packet is the same.
func (p *packet) copied() bool {
	span := copySpan
	if p.IPID == 0 {
		span = noIDCopySpan
	}
	for q := range p.before {
		if p.TS.Sub(q.TS) > span {
			return false
		}
		if q.Seq == p.Seq && q.Ack == p.Ack && q.Len == p.Len && q.Flags == p.Flags && q.Window == p.Window && q.IPID == p.IPID && q.TSVal == p.TSVal {
			return true
		}
	}
	return false
}

// sentLater reports whether, by the IP identifications, p was sent after the segment that overtook it: the last one before it
// with later bytes.
func (p *packet) sentLater() bool {
	for q := range p.before {
		if q.Seq >= p.end() && q.IPID != 0 && p.IPID != 0 {
			return int16(uint16(p.IPID)-uint16(q.IPID)) > 0
		}
	}
	return false
}

// notOvertaken reports whether tshark calls a segment out of order that we call a retransmission.
func (x *dispute) notOvertaken() bool {
	return (x.flag == "out_of_order" && x.theirs || x.flag == "retransmission" && !x.theirs) && x.p.Class == "retransmission"
}

// carriesFIN reports whether an earlier packet has the same FIN and acknowledges less.
func (p *packet) carriesFIN() bool {
	for q := range p.before {
		if q.has('F') && p.has('F') && p.Len == 0 && q.end() == p.end() {
			return q.Ack < p.Ack
		}
	}
	return false
}

// threeDups is how many duplicate ACKs signal a loss without SACK.
const threeDups = 3

// signalled reports whether the peer had said before p that p's bytes are missing: it has later ones, or some of them and
// p begins with the first that it lacks.
func (p *packet) signalled() bool {
	dups := 0
	for i := p.at - 1; i >= 0; i-- {
		q := p.of.packets[i]
		if q.Dir == p.Dir {
			continue
		}
		for _, b := range q.SACK {
			if b.Left >= p.end() || b.Right > p.Seq && q.Ack == p.Seq {
				return true
			}
		}
		dups += bit(q.Class == "duplicate_ack" && q.Ack == p.Seq)
	}
	return dups >= threeDups
}

// acknowledged reports whether the peer had acknowledged all of p before, and nothing that was not sent.
func (p *packet) acknowledged() bool {
	sent, _ := p.highest()
	for i := p.at - 1; i >= 0; i-- {
		if q := p.of.packets[i]; q.Dir != p.Dir && q.has('A') && q.Ack >= p.end() && q.Ack <= sent {
			return true
		}
	}
	return false
}

// otherNetwork reports whether the stream tshark sees is more than one connection of ours.
func (x *dispute) otherNetwork() bool {
	for frame, q := range x.t.byFrame {
		if frame < x.p.Frame && q.of != x.p.of && q.of.packets[len(q.of.packets)-1].Frame > x.p.of.packets[0].Frame && x.v.streams[frame] == x.v.streams[x.p.Frame] {
			return true
		}
	}
	return false
}
