package reassembly

import (
	"hanalyze"
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// maxOptions is what a TCP header has room for, RFC 9293 §3.1.
const maxOptions = 40

// A first is all that is kept of a TCP flow of one packet. A SYN that nobody answers, a stray RST, half of a handshake that
// went elsewhere: floods are made of these, and what it takes to follow a connection costs 40 times as much. When a second
// packet comes, or the flow ends, the first is played again.
type first struct {
	seq, ack   uint32
	payload    uint32 // its length
	before     uint32 // see conn
	flags      hanalyze.TCPFlags
	window     uint16
	ipID       uint16
	ttl        uint8
	hasIPID    bool
	reused     bool // see conn
	dir        hanalyze.Dir
	sum        tcpstate.Sum
	numOptions uint8
	options    [maxOptions]byte
}

// firstOf returns what is kept of p, sent in direction d.
func firstOf(d hanalyze.Dir, p *packet.Packet) *first {
	s := &first{
		seq: p.Seq, ack: p.Ack, payload: uint32(p.PayloadLen), flags: p.Flags, window: p.Window, ipID: p.IPID, ttl: p.TTL, hasIPID: p.HasIPID, dir: d,
	}
	s.numOptions = uint8(copy(s.options[:], p.Options))
	return s
}

// replay lets c, which is new, take the first packet of f again. Nothing of it is told.
func (t *Tracker) replay(f *flow, c *conn) {
	s := f.first
	c.init(f, s.before, s.reused)
	p := &t.again
	p.Meta, p.Seq, p.Ack, p.Flags, p.Window = f.info.First, s.seq, s.ack, s.flags, s.window
	p.IPID, p.HasIPID, p.TTL, p.Options = s.ipID, s.hasIPID, s.ttl, s.options[:s.numOptions]
	p.PayloadLen = int(s.payload)
	seq, v := t.observe(c, s.dir, p, s.sum)
	if v.Changed {
		c.event, c.events = f.info.First.Time, true
	}
	if carries(p, v.Class) {
		c.half[s.dir].skip(streamOffset(p, seq), p)
	}
}

// skip notes that p, which begins at offset off and is the first of h, has been told to its end.
func (h *half) skip(off int64, p *packet.Packet) {
	fin := p.Flags.Has(hanalyze.FIN)
	if p.PayloadLen == 0 && !fin {
		return
	}
	h.started, h.told, h.next = true, p.Meta, off+int64(p.PayloadLen)
	if fin {
		h.finSeen, h.ended, h.fin = true, true, h.next
	}
}

// wake gives f all that it takes to follow a connection.
func (t *Tracker) wake(f *flow) {
	if f.first != nil {
		f.tcp = new(conn)
		t.replay(f, f.tcp)
		f.first = nil
	}
}
