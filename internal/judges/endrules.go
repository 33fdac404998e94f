package main

import (
	"math"
	"strings"
)

// endRule is a rule about figures of an end.
type endRule struct {
	rule
	figures []string
	applies func(e *end, figure string, theirs, ours float64) bool
}

// maxEthernet is the largest payload of a TCP segment in an Ethernet frame of 1500 bytes.
const maxEthernet = 1460

// endRules are tried in this order.
var endRules = []endRule{
	{rule: rule{"other packets", definition, "tcptrace read fewer packets of this connection: it leaves out what its link and IP decoders do not know"},
		figures: []string{
			"SYN pkts", "FIN pkts", "actual data pkts", "unique bytes sent", "max segm size", "rexmt data pkts", "rexmt data bytes", "outoforder pkts",
			"missed data", "max owin", "RTT samples", "RTT min", "RTT max",
		},
		applies: func(e *end, _ string, _, _ float64) bool { return e.fewer() || e.peer.fewer() }},
	{rule: rule{"segmentation offload", oursRight, "tcptrace drops packets whose IP length is 0, left to the network card: those it lacks are as many as the segments larger than any frame"},
		figures: []string{"total packets", "actual data pkts"},
		applies: func(e *end, _ string, theirs, ours float64) bool {
			return ours-theirs == e.count(func(p *packet) bool { return p.Len > maxEthernet })
		}},
	{rule: rule{"extension headers", oursRight, "tcptrace takes IPv6 extension headers, which are multiples of 8 bytes, for payload"},
		figures: []string{"actual data pkts", "unique bytes sent", "max segm size", "rexmt data pkts", "rexmt data bytes", "max owin", "RTT samples", "RTT min", "RTT max"},
		applies: func(e *end, _ string, _, _ float64) bool {
			extra := int(e.theirs["max segm size"]) - int(e.side.MaxSegment)
			return strings.Contains(e.c.Client.IP, ":") && extra > 0 && extra%8 == 0
		}},
	{rule: rule{"copies with SACK", oursRight, "packets captured twice: tcptrace counts the SACK blocks of both"},
		figures: []string{"sacks sent", "dsack pkts sent"},
		applies: func(e *end, _ string, theirs, ours float64) bool {
			return theirs-ours == e.count(func(p *packet) bool { return len(p.SACK) > 0 && p.Class == "duplicate_packet" && p.copied() })
		}},
	{rule: rule{"tcptrace window", definition, "the same packets by tcptrace's definition give its figure: it counts one byte more, SYN and FIN, and before the first ACK each segment alone"},
		figures: []string{"max owin"}, applies: replayed},
	{rule: rule{"tcptrace stream length", definition, "the same packets by tcptrace's definition give its figure: to it the stream ends where the last FIN or RST says, and a RST comes after the FIN or before bytes already sent"},
		figures: []string{"missed data"}, applies: replayed},
	{rule: rule{"tcptrace resends", definition, "the same packets by tcptrace's definition give its figure: every SYN, FIN, keep-alive probe and copy with bytes seen before counts"},
		figures: []string{"rexmt data pkts", "rexmt data bytes", "outoforder pkts"}, applies: replayed},
	{rule: rule{"tcptrace round trips", definition, "the same packets by tcptrace's definition give its figure: SYN and FIN give samples, and only an ACK of exactly the segment's end does"},
		figures: []string{"RTT samples", "RTT min", "RTT max"}, applies: replayed},
}

// fewer reports whether tcptrace saw fewer packets of e than we did.
func (e *end) fewer() bool { return e.theirs["total packets"] < float64(len(e.packets)) }

// replayed reports whether tcptrace's own definition gives its figure on our packets, and ours gives ours. It cuts times to
// a tenth of a millisecond.
func replayed(e *end, figure string, theirs, ours float64) bool {
	value, ok := playBack(e).figure(figure)
	return ok && math.Abs(value-theirs) <= max(0.1, value/1e9) && e.own(figure, ours)
}
