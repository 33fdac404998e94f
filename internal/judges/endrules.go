package main

import "math"

// endRule is a rule about figures of an end.
type endRule struct {
	rule
	figures []string
	applies func(e *end, figure string, theirs, ours float64) bool
}

// endRules are tried in this order.
var endRules = []endRule{
	{rule: rule{"other packets", definition, "tcptrace read fewer packets of this connection: it leaves out what its link and IP decoders do not know"},
		figures: []string{
			"SYN pkts", "FIN pkts", "actual data pkts", "unique bytes sent", "max segm size", "rexmt data pkts", "rexmt data bytes", "outoforder pkts",
			"missed data", "max owin", "RTT samples", "RTT min", "RTT max",
		},
		applies: func(e *end, _ string, _, _ float64) bool { return e.fewer() || e.peer.fewer() }},
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
