package reassembly

import (
	"hanalyze"
	"hanalyze/packet"
)

// ICMP takes an ICMP error: p is a packet for which Parse returned QuotedInICMP, borrowed. The flow of the packet it complains
// about remembers it; an error about a packet of no flow tells nothing. It moves no timer and is no packet of the flow.
func (t *Tracker) ICMP(p *packet.Packet) {
	k, fromA := keyOf(p)
	f := t.flows[k]
	if f == nil {
		f = t.relative(k)
	}
	if f == nil || t.overdue(f, p.Meta.Time) {
		return
	}
	t.wake(f)
	d := f.dir(fromA)
	if !f.sent(d, p.Seq) {
		t.stats.ICMPImplausible++
		return
	}
	u := f.unreachable
	if u == nil {
		u = &hanalyze.Unreachable{
			Frame: p.Meta.Packet, TS: p.Meta.Time, From: p.ICMP.From.String(),
			Reason: p.ICMP.Reason(), Hard: p.ICMP.Hard(), Type: p.ICMP.Type, Code: p.ICMP.Code,
		}
		f.unreachable = u
	}
	u.Count++
	if mtu := p.ICMP.MTU; mtu != 0 && (u.MTU == 0 || mtu < u.MTU) {
		u.MTU = mtu
	}
	if f.tcp != nil && p.ICMP.Hard() {
		f.tcp.state.Undeliverable(d, f.tcp.half[d].offset(p.Seq))
	}
}

// sent reports whether direction d of f can have sent the packet an ICMP error quotes: whoever forges errors without seeing
// the packets has to guess the sequence number (RFC 5927 §4.1). Unlike an end, which heeds no error about what has been
// acknowledged, the capture may have missed the repetition that was.
func (f *flow) sent(d hanalyze.Dir, seq uint32) bool {
	if f.tcp == nil {
		return f.side[d].Packets > 0
	}
	h := &f.tcp.half[d]
	if !h.known || f.side[d].Packets == 0 {
		return false
	}
	off := h.offset(seq)
	return off >= 0 && off <= h.reach() // an ACK without bytes carries the next number
}
