package reassembly

import (
	"hanalyze"
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// datagramPacket emits the Packet of a UDP packet.
func (t *Tracker) datagramPacket(f *flow, d hanalyze.Dir, p *packet.Packet, before hanalyze.Meta) {
	t.cfg.Emit(newPacket(f, d, p, before))
}

// segmentPacket emits the Packet of the segment in t.seg, which is p and was found to be v.
func (t *Tracker) segmentPacket(f *flow, d hanalyze.Dir, p *packet.Packet, before hanalyze.Meta, v *tcpstate.Verdict) {
	c, g := f.tcp, t.seg
	r := newPacket(f, d, p, before)
	r.Flags, r.Class, r.Cause, r.Phase = g.Flags.String(), v.Class.String(), v.Cause, c.state.Phase()
	r.ClientState, r.ServerState = c.state.State(hanalyze.C2S), c.state.State(hanalyze.S2C)
	if v.Changed {
		r.Step, r.Merged, r.Retry = v.Step.Step, v.Step.Merged, v.Step.Retry
	}
	r.Seq, r.Window = &g.Seq, &g.Window
	if g.Flags.Has(hanalyze.ACK) {
		r.Ack = &g.Ack
	}
	if n, known := c.state.Window(d, &g); known {
		r.WindowBytes = &n
	}
	if o := &g.Options; o.HasTS {
		r.TSVal, r.TSEcr = &o.TSVal, &o.TSEcr
	}
	peer := &c.half[d.Reverse()]
	for _, b := range g.Options.SACK[:g.Options.SACKs] {
		r.SACK = append(r.SACK, hanalyze.SACKBlock{Left: peer.offset(b.Left), Right: peer.offset(b.Right)})
	}
	t.cfg.Emit(r)
}

// newPacket makes the part of a Packet that every transport has. before is the packet before p on the flow, zero for the
// first.
func newPacket(f *flow, d hanalyze.Dir, p *packet.Packet, before hanalyze.Meta) *hanalyze.Packet {
	r := &hanalyze.Packet{
		Envelope: hanalyze.Envelope{Flow: f.info, Start: p.Meta, Last: p.Meta, Path: f.handler.Path()},
		Dir:      d, Len: int64(p.PayloadLen), TTL: p.TTL,
	}
	if before.Packet != 0 {
		r.SincePrev = hanalyze.Known(p.Meta.Time.Sub(before.Time))
	}
	if p.HasIPID {
		id := p.IPID
		r.IPID = &id
	}
	return r
}
