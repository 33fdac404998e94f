package tlsinfo

import (
	"cmp"
	"encoding/binary"
	"slices"

	"hanalyze"
)

// DatagramConn is Conn for DTLS (RFC 6347, RFC 9147): every Feed is one datagram. Handshake messages are put together from
// their fragments in whatever order these come, and repeated ones are told once. Records of epoch 1 and later are encrypted.
type DatagramConn struct {
	session session
	half    [2]dhalf
	another bool     // another association was on these ports before
	before  [32]byte // the random of its client, zeros if not known
}

// dhalf is one direction: the messages that wait for fragments, and which ones were told.
type dhalf struct {
	pending []dmessage
	told    [maxTold / 64]uint64 // bit i: message_seq i was told
	next    uint16               // the message_seq behind the highest seen
}

// maxTold bounds the message numbers that are followed. A handshake has fewer than ten messages a side.
const maxTold = 256

// dmessage is a message in fragments, sorted by offset.
type dmessage struct {
	seq   uint16
	typ   uint8
	size  int
	have  int // bytes in parts, overlaps counted twice
	parts []dpart
}

type dpart struct {
	off int
	b   []byte // owned
}

// Lengths of the headers of a DTLS record and of a handshake fragment (RFC 6347 §4.1, §4.2.2).
const (
	dtlsRecordHeader   = 13
	dtlsFragmentHeader = 12
)

// NewDatagramConn returns a parser for a new DTLS association. emit is called inside Feed.
func NewDatagramConn(emit func(*Event)) *DatagramConn {
	return &DatagramConn{session: session{emit: emit, carrier: JA4DTLS}}
}

// Feed takes one datagram of direction d, all of it. b is borrowed. A datagram with something that is no DTLS record is read
// up to there. What shares the ports with DTLS is passed over: STUN, RTP and others are told by their first byte (RFC 9443 §3).
func (c *DatagramConn) Feed(d hanalyze.Dir, b []byte) int {
	const firstDTLS, lastDTLS = 20, 63
	if len(b) == 0 || b[0] < firstDTLS || b[0] > lastDTLS {
		return len(b)
	}
	for at := 0; at < len(b); {
		if b[at]>>5 == 1 { // RFC 9147 §4: the unified header of DTLS 1.3 encrypts the rest
			if !c.stray13(b[at]) {
				c.session.applicationData(d, int64(at), len(b)-at)
			}
			break
		}
		r := b[at:]
		if r[0] == recordCID {
			n := c.connectionID(d, r)
			if !c.stray(d) {
				c.session.end[d].ccs, c.session.end[d].secret = true, true
				c.session.applicationData(d, int64(at), n)
			}
			at += n
			continue
		}
		if !plausibleDatagramHeader(r) {
			c.session.malformed(d, int64(at), MalformedRecord, "not a DTLS record header")
			break
		}
		n := int(binary.BigEndian.Uint16(r[11:]))
		epoch := binary.BigEndian.Uint16(r[3:])
		body := r[dtlsRecordHeader:]
		if epoch == 0 || !c.stray(d) {
			c.record(d, int64(at), r[0], epoch, n, body[:min(n, len(body))])
		}
		at += dtlsRecordHeader + n
	}
	return len(b)
}

// connectionID returns the length of a record with a connection ID (RFC 9146 §4), which begins r: all of r where the
// length of the ID is not known. The ID is the one its receiver asked for.
func (c *DatagramConn) connectionID(d hanalyze.Dir, r []byte) int {
	s := &c.session
	var id *uint64
	switch {
	case s.hello == nil || s.server == nil:
	case d == s.client:
		id = s.server.More.ConnectionIDBytes
	default:
		id = s.hello.More.ConnectionIDBytes
	}
	if id == nil || dtlsRecordHeader+int(*id) > len(r) {
		return len(r)
	}
	header := dtlsRecordHeader + int(*id)
	return min(header+int(binary.BigEndian.Uint16(r[header-2:])), len(r))
}

// Gap tells that datagrams are missing. DTLS lives with that.
func (c *DatagramConn) Gap(d hanalyze.Dir, _ int64) { c.session.lost(d) }

// End tells that no more datagrams come from d.
func (c *DatagramConn) End(d hanalyze.Dir) { c.half[d].pending = nil }

// Info is Conn.Info.
func (c *DatagramConn) Info(now hanalyze.Time) hanalyze.TLS { return c.session.info(now) }

// plausibleDatagramHeader reports whether r begins with a record header of DTLS 1.0 or 1.2, or the plaintext one of 1.3.
func plausibleDatagramHeader(r []byte) bool {
	if len(r) < dtlsRecordHeader || r[0] < recordCCS || r[0] > recordACK {
		return false
	}
	v := binary.BigEndian.Uint16(r[1:])
	return (v == versionDTLS10 || v == versionDTLS12 || v == versionDTLS13 || v == 0x0100) &&
		binary.BigEndian.Uint16(r[11:]) <= maxRecord
}

// record takes one record of n bytes; body is shorter where the capture cut the datagram.
func (c *DatagramConn) record(d hanalyze.Dir, at int64, typ uint8, epoch uint16, n int, body []byte) {
	s := &c.session
	plain := epoch == 0
	if !plain {
		s.end[d].ccs, s.end[d].secret = true, true // it may have overtaken the ChangeCipherSpec, or that was lost
	}
	switch {
	case typ == recordCCS && plain:
		s.changeCipherSpec(d, at)
	case typ == recordAlert && plain && len(body) >= 2:
		for ; len(body) >= 2; body, n = body[2:], n-2 {
			s.alert(d, at, [2]byte(body))
		}
	case typ == recordAlert:
		s.encryptedAlert(d, at)
	case typ == recordHandshake && plain:
		c.handshake(d, at+dtlsRecordHeader, body)
	case typ == recordHandshake:
		s.encryptedHandshake(d, at)
	case typ == recordAppData:
		s.applicationData(d, at, n)
	}
	if len(body) < n {
		s.lost(d)
	}
}

// handshake takes the fragments in one record.
func (c *DatagramConn) handshake(d hanalyze.Dir, at int64, b []byte) {
	for len(b) >= dtlsFragmentHeader {
		typ, size := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
		seq := binary.BigEndian.Uint16(b[4:])
		off, n := int(b[6])<<16|int(b[7])<<8|int(b[8]), int(b[9])<<16|int(b[10])<<8|int(b[11])
		limit, known := messageLimit(typ)
		switch {
		case !known || off+n > size:
			c.session.malformed(d, at, MalformedFragment, "unknown type or fragment beyond its message")
			return
		case dtlsFragmentHeader+n > len(b): // cut by the capture
			return
		}
		part := b[dtlsFragmentHeader : dtlsFragmentHeader+n]
		if typ == msgClientHello && off == 0 {
			if c.late(part) {
				return
			}
			if c.beginsAnother(d, seq, part) {
				c.restart(d, at)
			}
		}
		c.begun(d, seq)
		b = b[dtlsFragmentHeader+n:]
		switch {
		case seq >= maxTold:
			c.session.limit(d, at, LimitFragments)
			return
		case c.half[d].wasTold(seq):
		case limit == 0 || n == size && size <= limit:
			c.tell(d, at, seq, typ, part)
		case size > limit:
			c.half[d].told[seq/64] |= 1 << (seq % 64)
			c.session.limit(d, at, LimitMessage)
		default:
			c.fragment(d, at, dmessage{seq: seq, typ: typ, size: size}, off, part)
		}
		c.session.end[d].torn = c.half[d].torn(maxTold)
		at += int64(dtlsFragmentHeader + n)
	}
}

// begun notes that a fragment of message seq of d came: each side numbers its messages from 0 (RFC 6347 §4.2.2), so those before it
// that were not told are missing, or late.
func (c *DatagramConn) begun(d hanalyze.Dir, seq uint16) {
	h := &c.half[d]
	if seq < maxTold {
		h.next = max(h.next, seq+1)
	}
	c.session.end[d].torn = h.torn(seq)
}

// torn reports whether one of the messages up to the last one seen was not told, seq itself left aside.
func (h *dhalf) torn(seq uint16) bool {
	for i := range h.next {
		if i != seq && !h.wasTold(i) {
			return true
		}
	}
	return false
}

func (h *dhalf) wasTold(seq uint16) bool { return h.told[seq/64]&(1<<(seq%64)) != 0 }

// tell hands a message over, once.
func (c *DatagramConn) tell(d hanalyze.Dir, at int64, seq uint16, typ uint8, body []byte) {
	h := &c.half[d]
	h.told[seq/64] |= 1 << (seq % 64)
	h.pending = slices.DeleteFunc(h.pending, func(m dmessage) bool { return m.seq == seq })
	c.session.message(d, at, typ, body)
}

// fragment keeps a copy of one fragment of want, and tells the message when it is whole. What is kept is what came: no memory is
// set aside for what a length field promises.
func (c *DatagramConn) fragment(d hanalyze.Dir, at int64, want dmessage, off int, part []byte) {
	h := &c.half[d]
	i := slices.IndexFunc(h.pending, func(m dmessage) bool { return m.seq == want.seq })
	if i < 0 {
		if len(h.pending) == maxPending {
			c.session.limit(d, at, LimitFragments)
			return
		}
		h.pending = append(h.pending, want)
		i = len(h.pending) - 1
	}
	m := &h.pending[i]
	if m.typ != want.typ || m.size != want.size {
		c.session.malformed(d, at, MalformedFragment, "fragments of one message differ in type or length")
		return
	}
	j, repeated := slices.BinarySearchFunc(m.parts, off, func(p dpart, off int) int { return cmp.Compare(p.off, off) })
	switch {
	case repeated && len(m.parts[j].b) >= len(part):
		return
	case repeated:
		m.have += len(part) - len(m.parts[j].b)
		m.parts[j].b = slices.Clone(part)
	case len(m.parts) == maxFragments || m.have > 2*m.size:
		c.session.limit(d, at, LimitFragments)
		return
	default:
		m.have += len(part)
		m.parts = slices.Insert(m.parts, j, dpart{off, slices.Clone(part)})
	}
	if m.have < m.size {
		return
	}
	if body := m.join(); body != nil {
		c.tell(d, at, m.seq, m.typ, body)
	}
}

// join returns the body of the message, nil while there are holes. The first copy of a byte wins.
func (m *dmessage) join() []byte {
	next := 0
	for _, p := range m.parts {
		if p.off > next {
			return nil
		}
		next = max(next, p.off+len(p.b))
	}
	if next < m.size {
		return nil
	}
	body := make([]byte, 0, m.size)
	for _, p := range m.parts {
		if skip := len(body) - p.off; skip < len(p.b) {
			body = append(body, p.b[skip:]...)
		}
	}
	return body
}
