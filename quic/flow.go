package quic

import "hanalyze"

// Limits of a Flow.
const (
	// maxConns bounds the connections followed on one pair of addresses and ports at once. Clients take a new port for each;
	// load generators keep the port and have a few under way.
	maxConns = 16
	// maxPending bounds the Initial packets of a server kept until its client's first one is seen, and maxPendingBytes their
	// size. A server sends two or three before it has to wait for the client.
	maxPending      = 8
	maxPendingBytes = 12 << 10
)

// Sink takes what a Flow tells. All fields must be set.
type Sink struct {
	Record func(*hanalyze.QUIC)    // a connection that is over; its envelope has Start and Last only
	Notice func(id, detail string) // something wrong with the datagram being taken
}

// Limits counts how often limits were reached.
type Limits struct {
	ConnsEvicted   uint64 // connections told before they were over: more than maxConns
	PendingDropped uint64 // Initial packets that came before their keys and were not kept
	CryptoDropped  uint64 // bytes of handshakes behind holes that were not kept
	KeysUntried    uint64 // Initial packets for which no further keys were tried
	ListsCut       uint64 // lists of versions or parameters, and texts, that were longer than a record tells
	TLSLimits      uint64 // limits of package tlsinfo
}

// Flow follows the QUIC connections of one UDP flow.
type Flow struct {
	Limits Limits
	// FirstDecides says that the flow's client is whoever sent its first packet, for want of better evidence. Set it before
	// the first datagram.
	FirstDecides bool

	sink    Sink
	conns   []*conn // in order of their first packets
	now     hanalyze.Meta
	current *conn // of the datagram that was taken last
	from    hanalyze.Dir
	scratch []byte       // a packet whose protection is being removed
	derived *initialKeys // the last ones that were
}

// NewFlow returns a Flow without connections.
func NewFlow(s Sink) *Flow { return &Flow{sink: s} }

// Datagram takes one datagram of direction d. b is borrowed.
func (f *Flow) Datagram(d hanalyze.Dir, m hanalyze.Meta, b []byte) {
	f.now, f.current, f.from = m, nil, d
	size := len(b)
	var first connID
	for len(b) > 0 {
		if b[0]&longHeader == 0 {
			f.short(d, b, size)
			return
		}
		p, rest, ok := consumePacket(b)
		if !ok || f.current != nil && !first.is(p.dcid) {
			return // RFC 9000 §12.2: all packets of a datagram have the same destination
		}
		c := f.route(d, &p)
		if c == nil {
			return
		}
		if f.current == nil {
			f.current = c
			first = newConnID(p.dcid)
			c.datagram(d, size, false)
		}
		c.long(d, &p)
		b = rest
	}
}

// Cut says that the datagram taken last was longer by n bytes, which the capture lacks.
func (f *Flow) Cut(n int64, why hanalyze.Missing) {
	if c := f.current; c != nil {
		c.cutShort(f.from, n, why)
	}
}

// Close tells the connections that are left. why is what those lack whose handshake is not over.
func (f *Flow) Close(why hanalyze.Missing) {
	for _, c := range f.conns {
		f.finish(c, why)
	}
	f.conns, f.scratch, f.derived = nil, nil, nil
}

func (f *Flow) finish(c *conn, why hanalyze.Missing) {
	for i := range c.crypto {
		f.Limits.CryptoDropped += c.crypto[i].dropped
	}
	f.sink.Record(c.finish(why))
}

// short takes what begins with a short header: a packet with the final keys, of Google's QUIC a packet of any kind, or
// padding behind other packets of the datagram.
func (f *Flow) short(d hanalyze.Dir, b []byte, size int) {
	behind := f.current != nil
	c := f.current
	if !behind {
		if len(f.conns) == 0 {
			c = f.google(d, b)
		} else {
			c = f.shortConn(d, b)
		}
		if c == nil {
			return
		}
		f.current = c
		c.datagram(d, size, true)
	}
	c.short(d, b, behind)
}

// shortConn returns the connection of a short header packet: the one whose connection ID it carries, else the newest of
// those that use an empty one, else the newest.
func (f *Flow) shortConn(d hanalyze.Dir, b []byte) *conn {
	newest := f.conns[len(f.conns)-1]
	if len(f.conns) == 1 {
		return newest
	}
	var empty *conn
	for i := len(f.conns) - 1; i >= 0; i-- {
		c := f.conns[i]
		to := c.sender(d).Reverse()
		id, alias := &c.cid[to], &c.alias[to]
		switch {
		case id.n > 0 && id.prefixes(b[1:]), alias.n > 0 && alias.prefixes(b[1:]):
			return c
		case (c.has[to] || c.aliased[to]) && id.n == 0 && empty == nil:
			empty = c
		}
	}
	if empty != nil {
		return empty
	}
	return newest
}

// google begins the connection of a flow of Google's QUIC with the public header.
func (f *Flow) google(d hanalyze.Dir, b []byte) *conn {
	if len(b) < googleVersionAt+4 || !sniffGoogle(b) {
		return nil
	}
	p := packet{version: googleVersion(b), dcid: b[1:googleVersionAt], raw: b}
	c := f.begin(d, &p)
	c.speak(c.sender(d), &p)
	return c
}

// begin adds a connection whose first packet seen is p, of direction d. The oldest is told when there are too many.
func (f *Flow) begin(d hanalyze.Dir, p *packet) *conn {
	if len(f.conns) == maxConns {
		f.Limits.ConnsEvicted++
		f.finish(f.conns[0], hanalyze.MissingLimit)
		f.conns = append(f.conns[:0], f.conns[1:]...)
	}
	c := newConn(f, d, p)
	f.conns = append(f.conns, c)
	return c
}
