package reassembly

import (
	"cmp"
	"encoding/binary"

	"hanalyze"
	"hanalyze/packet"
)

// key names a flow: its two ends in a fixed order, the transport and the packet's tag. It has neither pointers nor
// padding, so that the map hashes it in one go; the map's own random seed keeps attackers from choosing collisions.
type key struct {
	a, b         [16]byte
	aPort, bPort uint16
	kind         uint32 // transport, and whether the addresses are IPv4
	tag          uint64
}

// keyOf returns the key of p's flow and whether p comes from the end the key calls a.
func keyOf(p *packet.Packet) (k key, fromA bool) {
	k = key{
		a: p.Src.Addr().As16(), b: p.Dst.Addr().As16(),
		aPort: p.Src.Port(), bPort: p.Dst.Port(),
		kind: uint32(p.Transport), tag: p.Tag,
	}
	if p.Src.Addr().Is4() {
		k.kind |= 1 << 8
	}
	if inOrder(&k) {
		return k, true
	}
	k.a, k.b, k.aPort, k.bPort = k.b, k.a, k.bPort, k.aPort
	return k, false
}

// inOrder reports whether end a is not the greater one. Two loads a comparison: this runs for every packet.
func inOrder(k *key) bool {
	for i := 0; i < 16; i += 8 {
		if a, b := binary.BigEndian.Uint64(k.a[i:]), binary.BigEndian.Uint64(k.b[i:]); a != b {
			return a < b
		}
	}
	return k.aPort <= k.bPort
}

// flow is one conversation in the table.
type flow struct {
	key         key
	tags        []uint64 // others it goes by than that of key
	phase       phase
	aIsClient   bool
	prev, next  *flow         // in the list of its phase
	since       hanalyze.Time // idle time counts from here: the last packet, or the end when lingering
	last        hanalyze.Meta // last packet
	packets     uint64        // packets of both directions
	handler     Handler
	info        *hanalyze.Flow // shared with all records of the flow
	side        [2]hanalyze.Side
	missing     hanalyze.Missing
	tcp         *conn                 // nil for UDP, and while first is not
	first       *first                // the only packet of a TCP flow, as long as that is all there is
	over        string                // why it is over, valid iff lingering
	unreachable *hanalyze.Unreachable // what an ICMP error says of it; nil: there was none
}

// reason returns why f ended if it is over, else otherwise.
func (f *flow) reason(otherwise string) string {
	if f.phase == lingering {
		return f.over
	}
	return otherwise
}

// open makes the flow of a first packet, in its first phase.
func (t *Tracker) open(ph phase, k key, fromA bool, p *packet.Packet) *flow {
	t.makeRoom(ph, p.Meta.Time)
	srcIsClient, how := t.orient(p)
	client, server := p.Src, p.Dst
	if !srcIsClient {
		client, server = server, client
	}
	f := &flow{
		key:       k,
		phase:     ph,
		aIsClient: fromA == srcIsClient,
		since:     p.Meta.Time,
		info: &hanalyze.Flow{
			First:       p.Meta,
			Transport:   p.Transport,
			Client:      client,
			Server:      server,
			Orientation: how,
			MidStream:   p.Transport == hanalyze.TCP && !p.Flags.Has(hanalyze.SYN),
			CommunityID: hanalyze.CommunityIDv1(p.Transport, client, server),
		},
	}
	if f.info.MidStream {
		f.missing |= hanalyze.MissingMidStream
	}
	f.handler = t.cfg.Open(f.info)
	t.enlist(f)
	t.lists[ph].push(f)
	return f
}

// touch counts p, sent in direction d.
func (t *Tracker) touch(f *flow, d hanalyze.Dir, p *packet.Packet) {
	s := &f.side[d]
	s.Packets++
	s.Bytes += uint64(max(p.IPBytes, 0))
	s.PayloadBytes += uint64(max(p.PayloadLen, 0))
	f.packets++
	f.last = p.Meta
	if s.Packets == 1 && f.packets > 1 {
		t.heard(f)
	}
	if f.phase == lingering {
		return
	}
	f.since = p.Meta.Time
	if l := &t.lists[f.phase]; l.tail != f {
		l.remove(f)
		l.push(f)
	}
}

// dir returns the direction of a packet from end a, or b.
func (f *flow) dir(fromA bool) hanalyze.Dir {
	if fromA == f.aIsClient {
		return hanalyze.C2S
	}
	return hanalyze.S2C
}

// datagram takes a UDP packet. f is nil when it opens a flow.
func (t *Tracker) datagram(k key, fromA bool, f *flow, p *packet.Packet) {
	if f == nil {
		f = t.open(oneWayUDP, k, fromA, p)
		t.stats.UDP++
	}
	d := f.dir(fromA)
	before := f.last
	t.touch(f, d, p)
	if t.cfg.Packets {
		t.datagramPacket(f, d, p, before)
	}
	f.handler.Data(d, p.Meta, p.Payload)
	if n := p.PayloadLen - len(p.Payload); n > 0 {
		t.gap(f, d, p.Meta, int64(n), hanalyze.MissingSnaplen)
	}
}

// finish ends a flow: what waits is told, the Handler is closed, the conn record emitted.
func (t *Tracker) finish(f *flow, why string) {
	t.lists[f.phase].remove(f)
	t.strike(f)
	if why == CloseTimeout {
		t.stats.TimedOut++
	}
	if f.first != nil {
		t.replay(f, &t.ending)
		f.tcp = &t.ending
	}
	if f.tcp != nil {
		t.settleAll(f, why)
		if f.phase == lingering {
			t.bury(f, why)
		}
	}
	f.handler.Close(f.last, why)
	r := f.record(why)
	if f.tcp != nil {
		d := f.tcp.state.Dropped()
		t.stats.StepsDropped += d.Steps
		t.stats.HistoryDropped += d.History
		t.stats.HolesUntold += d.Holes
		if d.Steps > 0 {
			r.Missing |= hanalyze.MissingLimit
		}
	}
	t.cfg.Emit(r)
}

// bury remembers a connection that is over, under all its tags.
func (t *Tracker) bury(f *flow, why string) {
	tomb := tombstone{
		until: f.since.Add(t.limits.Linger).Add(t.limits.TombstoneStays),
		isn:   f.tcp.half[hanalyze.C2S].isn,
		why:   why,
		bare:  f.side[0].PayloadBytes+f.side[1].PayloadBytes == 0,
	}
	k := f.key
	t.stats.TombstonesLost += t.dead.add(k, tomb)
	for _, k.tag = range f.tags {
		t.stats.TombstonesLost += t.dead.add(k, tomb)
	}
}

// record makes the conn record of a flow that ended.
func (f *flow) record(why string) *hanalyze.Conn {
	r := &hanalyze.Conn{
		Envelope:    hanalyze.Envelope{Flow: f.info, Start: f.info.First, Last: f.last, Path: f.handler.Path()},
		Duration:    hanalyze.Known(f.last.Time.Sub(f.info.First.Time)),
		Orientation: f.info.Orientation,
		Unreachable: f.unreachable,
		Missing:     f.missing,
	}
	if c := f.tcp; c != nil {
		r.TCP, r.History, r.ZeekState = c.state.Report(f.last, why)
		for d := range f.side {
			f.side[d].State = c.state.State(hanalyze.Dir(d))
		}
		if why == CloseEndOfCapture {
			r.Missing |= hanalyze.MissingEndOfCapture
		}
	}
	if u := f.unreachable; u != nil && r.TCP != nil && r.TCP.Close.Kind == "refused" && u.From == f.info.Server.Addr().String() {
		r.TCP.Close.By = cmp.Or(r.TCP.Close.By, hanalyze.S2C.Sender()) // the server's own word
	}
	r.ClientSide, r.ServerSide = f.side[hanalyze.C2S], f.side[hanalyze.S2C]
	f.handler.Complete(r)
	return r
}

// tombstone remembers a connection that is over.
type tombstone struct {
	until hanalyze.Time
	isn   uint32 // the client's
	why   string
	bare  bool // no payload was ever seen, so payload cannot be a straggler's
}

// tombstones are the connections of which stragglers may still come, in the order in which they ended.
type tombstones struct {
	max   int
	byKey map[key]tombstone
	queue []buried // from head on
	head  int
}

type buried struct {
	key   key
	until hanalyze.Time
}

func newTombstones(limit int) tombstones {
	return tombstones{max: limit, byKey: make(map[key]tombstone)}
}

// add remembers k and returns how many others were forgotten for it.
func (s *tombstones) add(k key, tomb tombstone) (lost uint64) {
	for len(s.queue)-s.head >= s.max {
		if s.pop() {
			lost++
		}
	}
	s.byKey[k] = tomb
	s.queue = append(s.queue, buried{k, tomb.until})
	return lost
}

// find returns the tombstone of k if it still stands at now.
func (s *tombstones) find(k key, now hanalyze.Time) (tombstone, bool) {
	tomb, ok := s.byKey[k]
	return tomb, ok && now <= tomb.until
}

func (s *tombstones) expire(now hanalyze.Time) {
	for s.head < len(s.queue) && now > s.queue[s.head].until {
		s.pop()
	}
}

// pop forgets the oldest tombstone and reports whether it still stood: another may have taken its place.
func (s *tombstones) pop() bool {
	b := s.queue[s.head]
	s.head++
	if s.head*2 > len(s.queue) {
		s.queue = append(s.queue[:0], s.queue[s.head:]...)
		s.head = 0
	}
	if tomb, ok := s.byKey[b.key]; !ok || tomb.until != b.until {
		return false
	}
	delete(s.byKey, b.key)
	return true
}

func (s *tombstones) clear() { *s = newTombstones(s.max) }
