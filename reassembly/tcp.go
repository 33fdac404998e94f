package reassembly

import (
	"hanalyze"
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// conn is the TCP part of a flow.
type conn struct {
	state   tcpstate.Conn
	half    [2]half
	event   hanalyze.Time // the last event's time, valid iff events
	events  bool
	before  uint32 // the client's ISN in the connection these ports had before, valid iff reused
	reused  bool
	notices int  // overlap notices emitted
	fromISN bool // the first packet was a SYN or SYN-ACK
}

// init makes c ready for f, whatever it was used for before.
func (c *conn) init(f *flow, before uint32, reused bool) {
	c.state.Init(f.info.MidStream)
	c.half = [2]half{}
	c.events, c.notices = false, 0
	c.before, c.reused, c.fromISN = before, reused, !f.info.MidStream
}

// segment takes a TCP packet. f is the open flow of its key, or nil.
func (t *Tracker) segment(k key, fromA bool, f *flow, p *packet.Packet) {
	opens := p.Flags&(hanalyze.SYN|hanalyze.ACK|hanalyze.RST) == hanalyze.SYN
	answers := p.Flags&(hanalyze.SYN|hanalyze.ACK|hanalyze.RST) == hanalyze.SYN|hanalyze.ACK
	var before uint32
	var reused bool
	if f != nil {
		t.wake(f)
	}
	if f != nil && (opens && f.reopens(f.dir(fromA), p.Seq) || answers && f.revives(f.dir(fromA), p.Seq)) {
		before, reused = f.tcp.half[hanalyze.C2S].isn, true
		f.tcp.state.Reopened()
		t.finish(f, f.reason(CloseTimeout))
		f = nil
	}
	if f == nil {
		if tomb, ok := t.dead.find(k, p.Meta.Time); ok {
			again := opens && p.Seq != tomb.isn || answers && tomb.why == CloseReset || tomb.bare && p.PayloadLen > 0
			if !again {
				t.stats.Stragglers++
				return
			}
			before, reused = tomb.isn, true
		}
		f = t.open(opening, k, fromA, p)
		t.stats.TCP++
		t.begin(f, f.dir(fromA), p, before, reused)
		return
	}
	t.follow(f, f.dir(fromA), p)
}

// begin takes the first segment of a connection, and keeps no more of it than it must.
func (t *Tracker) begin(f *flow, d hanalyze.Dir, p *packet.Packet, before uint32, reused bool) {
	s := firstOf(d, p)
	f.tcp = &t.beginning
	f.tcp.init(f, before, reused)
	t.follow(f, d, p)
	s.before, s.reused, s.sum = before, reused, t.seg.Sum
	f.tcp, f.first = nil, s
}

// reopens reports whether a SYN with the given sequence number, sent in direction d, begins another connection.
func (f *flow) reopens(d hanalyze.Dir, isn uint32) bool {
	c, h := f.tcp, &f.tcp.half[d]
	if f.phase == lingering {
		// RFC 9293 §3.6.1: a SYN may reopen a connection in TIME-WAIT. With the same number it is the old SYN: some
		// systems send it again after a refusal.
		return !h.known || isn != h.isn
	}
	if !h.known || isn == h.isn {
		return false // a simultaneous open, or the same SYN again
	}
	if c.reused && isn == c.before {
		return false // a late duplicate of the connection before this one
	}
	// A number the connection has used already is an old duplicate; the receiver would answer with a challenge ACK
	// (RFC 5961 §4.2). Any other means that at least one end has forgotten the connection.
	off := h.offset(isn)
	return off < 0 || off > h.next
}

// revives reports whether a SYN-ACK answers a SYN that was sent again after a refusal, and that the capture missed: then it is a
// connection after all.
func (f *flow) revives(d hanalyze.Dir, isn uint32) bool {
	h := &f.tcp.half[d]
	return f.phase == lingering && f.over == CloseReset && (!h.known || isn != h.isn)
}

// follow takes a segment of a connection.
func (t *Tracker) follow(f *flow, d hanalyze.Dir, p *packet.Packet) {
	c := f.tcp
	before := f.last
	t.touch(f, d, p)
	sum := tcpstate.SumUnknown
	if f.side[d].Packets <= checkedPackets {
		sum = t.check(p)
	}
	seq, v := t.observe(c, d, p, sum)
	if t.cfg.Packets {
		t.segmentPacket(f, d, p, before, &v)
	}
	if v.Changed {
		t.event(f, d, v.Step)
	}

	if carries(p, v.Class) {
		seq = streamOffset(p, seq)
		n := int64(p.PayloadLen)
		if n > 0 && p.Flags.Has(hanalyze.ACK) && c.half[d.Reverse()].hole != nil {
			t.answered(f, d.Reverse(), p.Meta)
		}
		if n > 0 {
			if peer := &c.half[d.Reverse()]; p.Flags.Has(hanalyze.ACK) && t.seg.Ack > peer.next && t.seg.Ack-peer.next <= maxAhead {
				f.handler.Unshown(d, t.seg.Ack-peer.next)
			}
			t.data(f, d, seq, p.Payload, n, p.Meta)
		}
		if p.Flags.Has(hanalyze.FIN) {
			t.fin(f, d, seq+n)
		}
	}
	for i := range c.half {
		if c.half[i].hole != nil {
			t.settle(f, hanalyze.Dir(i))
		}
	}
	if v.Changed {
		t.rephase(f, p)
	}
}

// carries reports whether the bytes of a segment are part of the stream. RFC 9293 §3.8.4 and §3.10.7.4: the byte of a keep-alive
// probe and the text of a RST are not.
func carries(p *packet.Packet, class tcpstate.Class) bool {
	return !p.Flags.Has(hanalyze.RST) && class != tcpstate.ClassKeepAlive
}

// streamOffset returns the offset of p's first byte, given that of its sequence number.
func streamOffset(p *packet.Packet, seq int64) int64 {
	if p.Flags.Has(hanalyze.SYN) {
		seq++
	}
	return seq
}

// observe places a segment in the sequence space of c, lets tcpstate judge it, and returns its offset. sum is what its
// checksum is worth.
func (t *Tracker) observe(c *conn, d hanalyze.Dir, p *packet.Packet, sum tcpstate.Sum) (seq int64, v tcpstate.Verdict) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	syn, ack := p.Flags.Has(hanalyze.SYN), p.Flags.Has(hanalyze.ACK)

	// A server that answers with SYN cookies may choose another number each time, until one is acknowledged.
	if !h.known || syn && p.Seq != h.isn && h.untouched() {
		h.place(p.Seq, syn)
	}
	seq = h.offset(p.Seq)
	h.started = h.started || syn
	var ackOff int64
	if ack {
		if !peer.known {
			// The first acknowledgment of a connection whose opening was captured, or of a SYN-ACK's SYN, names the
			// peer's first byte. In mid-stream it names some byte before those the capture will show.
			peer.place(p.Ack-1, true)
			peer.started = c.fromISN
		}
		ackOff = peer.offset(p.Ack)
		if ackOff > peer.acked && ackOff-peer.next <= maxAhead {
			peer.acked, peer.ackedAt = ackOff, p.Meta.Time
		}
	}

	g := &t.seg // every field is set; a literal would be built elsewhere and copied
	g.Meta, g.Seq, g.Ack, g.Len = p.Meta, seq, ackOff, int64(p.PayloadLen)
	g.WireSeq, g.WireAck = p.Seq, p.Ack
	g.Flags, g.Window, g.Options = p.Flags, p.Window, tcpstate.ParseOptions(p.Options)
	g.TTL, g.IPID, g.HasIPID = p.TTL, p.IPID, p.HasIPID
	g.Sum = sum
	return seq, c.state.Segment(d, g)
}

// rephase follows a change of state.
func (t *Tracker) rephase(f *flow, p *packet.Packet) {
	over, lingers := f.tcp.state.Over(), f.phase == lingering
	switch {
	case over && !lingers:
		f.over = CloseFIN
		if p.Flags.Has(hanalyze.RST) {
			f.over = CloseReset
		}
		t.enter(f, lingering)
	case !over && lingers: // the RST that seemed to end it has not, or a SYN that was refused is sent again
		f.since = p.Meta.Time
		t.enter(f, f.alive())
	case f.phase == opening && f.alive() != opening:
		t.enter(f, f.alive())
	}
}

// alive is the phase of a connection that is not over, as far as can be told.
func (f *flow) alive() phase {
	c := f.tcp
	switch {
	case !open(c.state.State(hanalyze.C2S)) || !open(c.state.State(hanalyze.S2C)):
		return opening
	case f.side[hanalyze.C2S].Packets == 0 || f.side[hanalyze.S2C].Packets == 0:
		return oneWayTCP
	}
	return established
}

// open reports whether an end has completed the handshake.
func open(s hanalyze.TCPState) bool {
	switch s {
	case hanalyze.Listen, hanalyze.SynSent, hanalyze.SynReceived, hanalyze.Closed, "":
		return false
	}
	return true
}

// event emits the TCPEvent of the segment in t.seg.
func (t *Tracker) event(f *flow, d hanalyze.Dir, s *hanalyze.TCPStep) {
	c := f.tcp
	e := &hanalyze.TCPEvent{
		Envelope: hanalyze.Envelope{Flow: f.info, Start: f.last, Last: f.last, Path: f.handler.Path()},
		Dir:      d, Flags: s.Flags, Phase: s.Phase, Step: s.Step, Merged: s.Merged, Retry: s.Retry,
		ClientState: s.ClientState, ServerState: s.ServerState,
		Seq: t.seg.Seq, Ack: t.seg.Ack, Len: t.seg.Len,
	}
	if c.events {
		e.SincePrev = hanalyze.Known(f.last.Time.Sub(c.event))
	}
	c.event, c.events = f.last.Time, true
	t.cfg.Emit(e)
}
