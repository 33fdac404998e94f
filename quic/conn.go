package quic

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"hanalyze"
	"hanalyze/tlsinfo"
)

// Limits of a connection.
const (
	// maxOriginals bounds the IDs a client uses for a server that has not named itself: its first, the one of a Retry, and
	// those again after Version Negotiation.
	maxOriginals = 4
	// maxFailures bounds the Initial packets for which further keys are tried in vain. Each costs ten microseconds.
	maxFailures = 32
	// settleAfter is how many packets with the final keys it takes until nothing new is expected from Initial packets: the
	// client drops their keys when it sends its first Handshake packet (RFC 9001 §4.9.1).
	settleAfter = 64
)

// conn is one connection. What it has by end is indexed by who sent it: C2S is the client of the connection, which is the
// client of the flow but for a capture that begins with a packet of the server.
//
// A connection is followed until both hellos were read and the client sends packets with the final keys; then it is settled:
// packets are only counted.
type conn struct {
	flow    *Flow
	rec     *hanalyze.QUIC
	missing hanalyze.Missing
	client  hanalyze.Dir // the direction of the client's packets
	unsided bool         // nothing tells which end is the client, see sides.go

	version   [2]Version // of the last packet of each end
	offered   Version    // of the client's first packet
	spoke     [2]bool    // there was one with a long header
	cid       [2]connID  // that each end chose for itself, valid iff has
	has       [2]bool
	alias     [2]connID // what the other end called it last, when that is another one; valid iff aliased
	aliased   [2]bool
	originals []connID // destinations of the client before the server named itself

	keys     []*initialKeys // newest last
	failures int
	largest  [2]int64 // packet number of Initial packets, -1 before the first
	crypto   [2]cryptoStream
	fed      [2]int64 // bytes of these streams that tls has taken
	tls      *tlsinfo.HandshakeConn
	dialect  *dialect // of the ClientHello
	hellos   [2]bool  // ClientHello, ServerHello were read
	pending  [][]byte // Initial packets of the server for which there were no keys
	kept     int      // bytes in pending
	settled  bool
	final    int // packets with the final keys since the connection was established

	first   [2]hanalyze.Meta // first datagram of each end
	last    hanalyze.Meta
	replied bool // the client has sent something after the server's first datagram
	missed  bool // the Retry that the client obeys was not seen
	begun   bool // the client's Initial packet number 0 was read
	limit   allowance
	short1  [2]shorts
	spin    spin
	probes  [2]probes
	run     run
}

// newConn begins a connection with its first packet seen, of direction d.
func newConn(f *Flow, d hanalyze.Dir, p *packet) *conn {
	c := &conn{flow: f, rec: &hanalyze.QUIC{}, client: d, largest: [2]int64{-1, -1}}
	c.rec.Start, c.last = f.now, f.now
	opens := p.typ == typeInitial && f.opensItself(p)
	switch {
	case opens || p.typ == typeZeroRTT || len(p.token) > 0 && p.typ == typeInitial:
	case p.typ == typeRetry || p.typ == typeVersionNegotiation:
		c.client = d.Reverse()
	case p.version.grease() && sniffGrease(p.raw): // only clients ask for Version Negotiation
	case d == hanalyze.S2C:
		c.client = d.Reverse()
	}
	from := c.sender(d)
	to := from.Reverse()
	switch {
	case opens || p.typ == typeZeroRTT:
		c.follow(p.version, newConnID(p.dcid))
	case from == hanalyze.C2S && (p.typ == typeInitial && p.cut || p.dialect == nil):
		c.originals = append(c.originals, newConnID(p.dcid))
	default:
		c.alias[to], c.aliased[to] = newConnID(p.dcid), true
		c.missing |= hanalyze.MissingMidStream
		c.unsided = f.FirstDecides && !onlyOneSends(p)
	}
	return c
}

// sender returns which end of the connection sends in direction d.
func (c *conn) sender(d hanalyze.Dir) hanalyze.Dir { return d ^ c.client }

// end returns what is told of an end.
func (c *conn) end(from hanalyze.Dir) *hanalyze.QUICEnd {
	if from == hanalyze.C2S {
		return &c.rec.Client
	}
	return &c.rec.Server
}

// follow makes v and original those from which keys follow.
func (c *conn) follow(v Version, original connID) {
	if !c.isOriginal(original.bytes()) && len(c.originals) < maxOriginals {
		c.originals = append(c.originals, original)
	}
	if k := c.flow.derive(v, original); k != nil {
		c.keys = append(c.keys, k)
	}
}

// restart forgets the attempt that the server answered with Version Negotiation.
func (c *conn) restart(p *packet) {
	c.keys, c.largest, c.crypto, c.fed, c.tls, c.hellos = nil, [2]int64{-1, -1}, [2]cryptoStream{}, [2]int64{}, nil, [2]bool{}
	c.cid[hanalyze.C2S], c.has[hanalyze.C2S] = newConnID(p.scid), true
}

// resend expects the client's CRYPTO stream from its beginning once more: after a Retry it has to send all of it again.
func (c *conn) resend() {
	c.crypto[hanalyze.C2S] = cryptoStream{}
	c.rec.Client.CryptoBytes = 0
}

// isOriginal reports whether b is an ID that the client used before the server named itself.
func (c *conn) isOriginal(b []byte) bool {
	for i := range c.originals {
		if c.originals[i].is(b) {
			return true
		}
	}
	return false
}

func (c *conn) keyless() bool { return len(c.keys) == 0 }

// provenBy reports whether the keys that follow from a client's packet p open what the server sent before.
func (c *conn) provenBy(p *packet) bool {
	k := c.flow.derive(p.version, newConnID(p.dcid))
	if k == nil || len(c.pending) == 0 {
		return false
	}
	q, _, ok := consumePacket(c.pending[0])
	if !ok {
		return false
	}
	_, _, buf, ok := k.open(&q, hanalyze.S2C, -1, c.flow.scratch)
	c.flow.scratch = buf
	return ok
}

// datagram counts a datagram of direction d. short says that it begins with a packet with a short header.
func (c *conn) datagram(d hanalyze.Dir, size int, short bool) {
	from := c.sender(d)
	now := c.flow.now
	c.limit.datagram(c, from, size, now)
	c.probes[from].datagram(uint64(size), short && c.rec.Established && c.missing&hanalyze.MissingMidStream == 0)
	c.run.datagram(from, now)
	e := c.end(from)
	e.Datagrams++
	e.Bytes += uint64(size)
	e.MaxDatagramBytes = max(e.MaxDatagramBytes, uint64(size))
	if c.first[from].Packet == 0 {
		c.first[from] = now
		if from == hanalyze.S2C && c.first[hanalyze.C2S].Packet != 0 {
			c.rec.ServerRTT = hanalyze.Known(now.Time.Sub(c.first[hanalyze.C2S].Time))
		}
	}
	if s := c.first[hanalyze.S2C]; from == hanalyze.C2S && s.Packet != 0 && !c.replied {
		c.replied = true
		c.rec.ClientRTT = hanalyze.Known(now.Time.Sub(s.Time))
	}
	c.last = now
}

// cutShort notes that a datagram of direction d was longer by n bytes.
func (c *conn) cutShort(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	e := c.end(c.sender(d))
	e.Bytes += uint64(max(n, 0))
	if !c.rec.Established {
		c.missing |= why
	}
}

// long takes a packet with a long header.
func (c *conn) long(d hanalyze.Dir, p *packet) {
	c.side(d, p)
	from := c.sender(d)
	c.count(from, p.typ)
	switch p.typ {
	case typeVersionNegotiation:
		c.negotiate(p)
		return
	case typeRetry:
		c.retry(p)
		return
	case typeOneRTT:
	case typeInitial, typeZeroRTT, typeHandshake, typeOther:
	}
	c.speak(from, p)
	switch {
	case p.typ == typeInitial && !c.settled:
		c.initial(from, p)
	case p.typ == typeHandshake && from == hanalyze.C2S:
		c.limit.validated = true // RFC 9000 §8.1: the client has the server's packets, so its address is real
	case p.typ == typeHandshake:
		c.limit.more(c)
	}
}

// speak learns version and connection ID of an end.
func (c *conn) speak(from hanalyze.Dir, p *packet) {
	r := c.rec.RetryPacket
	obeys := r != nil && from == hanalyze.C2S && len(p.token) > 0 && hex.EncodeToString(p.dcid) == r.SCID
	c.rec.Retry = c.rec.Retry || obeys
	if !c.spoke[from] && from == hanalyze.C2S {
		c.offered = p.version
		c.limit.validated = c.limit.validated || len(p.token) > 0
		if !obeys {
			c.rec.TokenBytes = uint64(len(p.token))
		}
	}
	c.spoke[from], c.version[from] = true, p.version
	if !c.has[from] {
		c.cid[from], c.has[from] = newConnID(p.scid), true
	}
	to := from.Reverse()
	switch {
	case p.dialect == nil || c.isOriginal(p.dcid) || c.has[to] && c.cid[to].is(p.dcid):
	case from == hanalyze.S2C && p.typ == typeInitial && !c.has[to]: // the client has no other ID yet
		c.cid[to], c.has[to] = newConnID(p.dcid), true
	default:
		c.alias[to], c.aliased[to] = newConnID(p.dcid), true
	}
}

// count counts a packet.
func (c *conn) count(from hanalyze.Dir, t packetType) {
	for _, n := range [...]*hanalyze.QUICPackets{&c.rec.Packets, &c.end(from).Packets} {
		switch t {
		case typeInitial:
			n.Initial++
		case typeZeroRTT:
			n.ZeroRTT++
		case typeHandshake:
			n.Handshake++
		case typeRetry:
			n.Retry++
		case typeVersionNegotiation:
			n.VersionNegotiation++
		case typeOneRTT:
			n.OneRTT++
		case typeOther:
			n.Other++
		}
	}
}

// negotiate takes a Version Negotiation packet. One that lists the version which the client began with was not sent by the
// server it asked, and one after another answer counts as little (RFC 9000 §6.2).
func (c *conn) negotiate(p *packet) {
	for b := p.versions; len(b) >= 4; b = b[4:] {
		if v := c.version[hanalyze.C2S]; c.spoke[hanalyze.C2S] && bytes.Equal(b[:4], []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}) {
			return
		}
	}
	if c.rec.VersionNegotiation {
		return
	}
	c.rec.VersionNegotiation = true
	c.rec.SupportedVersions = versionNames(p.versions)
	if len(p.versions) > 4*maxVersions {
		c.truncated()
	}
	if !c.has[hanalyze.C2S] {
		c.cid[hanalyze.C2S], c.has[hanalyze.C2S] = newConnID(p.dcid), true
	}
}

// called reports whether b is an ID of an end, as far as is known.
func (c *conn) called(end hanalyze.Dir, b []byte) bool {
	return c.has[end] && c.cid[end].is(b) || c.aliased[end] && c.alias[end].is(b)
}

// truncated notes that a list or a text was longer than the record tells.
func (c *conn) truncated() {
	c.missing |= hanalyze.MissingLimit
	c.flow.Limits.ListsCut++
}

// retry takes a Retry packet. The first one counts, unless the server has answered otherwise before (RFC 9000 §17.2.5.2), or
// gives the client the very ID that it made up, which clients discard (§17.2.5.1).
func (c *conn) retry(p *packet) {
	scid := newConnID(p.scid)
	if c.has[hanalyze.S2C] || c.rec.Retry || retryIntegrity(p, &scid) == integrityValid {
		return
	}
	r := &hanalyze.QUICRetry{Frame: c.flow.now.Packet, SCID: scid.String(), TokenBytes: uint64(len(p.token)), Integrity: integrityUnknown}
	answers := len(c.originals) == 0 // what it answers is not in the capture
	if !answers {
		r.Integrity = c.integrity(p)
		answers = r.Integrity == integrityValid || r.Integrity == integrityUnknown && (c.rec.TokenBytes == 0 || c.isOriginal(p.scid))
	}
	if answers || r.Integrity == integrityInvalid && c.rec.RetryPacket == nil {
		c.rec.RetryPacket = r
	}
	switch {
	case answers:
		c.rec.Retry = r.Integrity == integrityValid || c.isOriginal(p.scid)
		c.limit.validated = true
		c.follow(p.version, scid)
		c.resend()
	case r.Integrity == integrityInvalid:
		c.flow.sink.Notice("quic.retry_forged", "The integrity tag of a Retry packet is wrong")
	}
}

// integrity checks the tag of a Retry packet against the client's packet before it. A client whose first packet seen has a
// token may have got that by a Retry: then its very first packet is not in the capture, and what fails proves nothing.
func (c *conn) integrity(p *packet) string {
	verdict := retryIntegrity(p, &c.originals[len(c.originals)-1])
	if verdict == integrityInvalid && c.rec.TokenBytes > 0 {
		return integrityUnknown
	}
	return verdict
}

// short takes a packet with a short header. behind says that it comes behind others in its datagram, where it may as well be
// padding.
func (c *conn) short(d hanalyze.Dir, b []byte, behind bool) {
	from := c.sender(d)
	switch {
	case !c.readable():
		if !behind {
			c.count(from, typeOther)
		}
		return
	case b[0]&fixedBit == 0 && (behind || !c.greases()):
		return
	}
	c.count(from, typeOneRTT)
	c.short1[from].packet(c, from, b, behind)
	c.spun(from, b[0])
	if from == hanalyze.C2S && !c.rec.Established && c.spoke[hanalyze.S2C] {
		c.establish()
	}
	if c.rec.Established && !c.settled && c.hellos[hanalyze.S2C] {
		if c.final++; c.final == settleAfter {
			c.settle()
		}
	}
}

// readable reports whether the version spoken is one whose short headers are those of RFC 9000.
func (c *conn) readable() bool {
	for _, d := range [...]hanalyze.Dir{hanalyze.S2C, hanalyze.C2S} {
		if c.spoke[d] {
			return c.version[d].dialect() != nil
		}
	}
	return true
}

// greases reports whether the client lets the fixed bit be zero (RFC 9287).
func (c *conn) greases() bool {
	for i := range c.rec.Parameters {
		if c.rec.Parameters[i].Name == "grease_quic_bit" {
			return true
		}
	}
	return false
}

// establish notes the client's first packet with the final keys: it has the server's Finished (RFC 9001 §4.1.1).
func (c *conn) establish() {
	c.rec.Established, c.limit.validated = true, true
	if first := c.first[hanalyze.C2S]; c.missing&hanalyze.MissingMidStream == 0 && first.Packet != 0 {
		c.rec.Handshake = hanalyze.Known(c.flow.now.Time.Sub(first.Time))
	}
}

func (c *conn) notice(format string, args ...any) {
	c.flow.sink.Notice("quic.malformed", fmt.Sprintf(format, args...))
}
