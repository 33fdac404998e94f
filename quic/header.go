package quic

import (
	"encoding/binary"
	"encoding/hex"

	"hanalyze/tlskeys"
)

// maxConnID is the longest connection ID of the versions that can be read (RFC 9000 §17.2).
const maxConnID = 20

// connID is a connection ID. The zero connID is the empty one.
type connID struct {
	n uint8
	b [maxConnID]byte
}

// newConnID copies b, cut to the longest there is.
func newConnID(b []byte) (id connID) {
	id.n = uint8(copy(id.b[:], b))
	return id
}

func (id *connID) bytes() []byte          { return id.b[:id.n] }
func (id *connID) is(b []byte) bool       { return string(id.bytes()) == string(b) }
func (id *connID) String() string         { return hex.EncodeToString(id.bytes()) }
func (id *connID) prefixes(b []byte) bool { return len(b) >= int(id.n) && id.is(b[:id.n]) }

// packetType is what a header says a packet is.
type packetType uint8

const (
	typeOther packetType = iota // of a version that cannot be read
	typeInitial
	typeZeroRTT
	typeHandshake
	typeRetry
	typeVersionNegotiation
	typeOneRTT
)

// packet is one packet with a long header. Its slices are borrowed from the datagram.
type packet struct {
	typ        packetType
	version    Version
	dcid, scid []byte
	token      []byte   // of Initial and Retry
	versions   []byte   // of Version Negotiation: four bytes each
	odcid      []byte   // of Retry up to draft 24: the original Destination Connection ID
	numberAt   int      // offset of the packet number in raw
	raw        []byte   // the packet; what is there of it when it is cut
	cut        bool     // the datagram ends before the packet does
	dialect    *dialect // nil iff the version cannot be read
}

// Bits of the first byte (RFC 8999 §5, RFC 9000 §17).
const (
	longHeader = 0x80
	fixedBit   = 0x40
	spinBit    = 0x20
)

// consumePacket reads the long header at the beginning of b. rest is what follows the packet in the datagram. ok is false
// when b begins with something else.
func consumePacket(b []byte) (p packet, rest []byte, ok bool) {
	if len(b) < 7 || b[0]&longHeader == 0 {
		return p, nil, false
	}
	p.version = Version(binary.BigEndian.Uint32(b[1:]))
	p.dialect = p.version.dialect()
	p.raw = b
	if p.version.google() != "" && p.version&0xffff < 0x3530 {
		return p, nil, p.googleHeader(b)
	}
	at := 5
	for _, id := range [...]*[]byte{&p.dcid, &p.scid} {
		if at >= len(b) {
			return p, nil, false
		}
		n := int(b[at])
		at++
		if n > maxConnID || n > len(b)-at {
			return p, nil, false
		}
		*id = b[at : at+n]
		at += n
	}
	switch {
	case p.version == 0:
		p.typ, p.versions = typeVersionNegotiation, b[at:]
		return p, nil, len(p.versions) >= 4 && len(p.versions)%4 == 0
	case p.dialect == nil:
		return p, nil, true
	}
	p.typ = p.dialect.types[b[0]>>4&3]
	if p.typ == typeRetry {
		return p, nil, p.retry(b[at:])
	}
	return p.numbered(b, at)
}

// retry reads what is in a Retry packet after the connection IDs (RFC 9000 §17.2.5).
func (p *packet) retry(b []byte) bool {
	tag := tlskeys.TagSize
	if p.dialect.retryKey == "" && p.dialect.oldParams { // up to draft 24
		if tag = 0; len(b) == 0 || int(b[0]) > min(maxConnID, len(b)-1) {
			return false
		}
		p.odcid, b = b[1:1+b[0]], b[1+b[0]:]
	}
	if len(b) <= tag {
		return false
	}
	p.token = b[:len(b)-tag]
	return true
}

// numbered reads the rest of a header that ends with length and packet number; at is where the connection IDs end.
func (p packet) numbered(b []byte, at int) (packet, []byte, bool) {
	if p.typ == typeInitial {
		token, n := consumePrefixed(b[at:])
		if n == 0 {
			return p, nil, false
		}
		p.token = token
		at += n
	}
	size, n := consumeVarint(b[at:])
	// RFC 9001 §5.4.2: there is always enough for a sample four bytes behind the start of the packet number.
	if n == 0 || size < 4+tlskeys.SampleSize {
		return p, nil, false
	}
	p.numberAt = at + n
	if size > uint64(len(b)-p.numberAt) {
		p.cut = true
		return p, nil, true
	}
	end := p.numberAt + int(size)
	p.raw = b[:end]
	return p, b[end:], true
}

// googleHeader reads the long header of Google's QUIC before Q050: the lengths of both connection IDs share a byte.
func (p *packet) googleHeader(b []byte) bool {
	at := 6
	for i, id := range [...]*[]byte{&p.dcid, &p.scid} {
		n := int(b[5] >> (4 - 4*i) & 15)
		if n > 0 {
			n += 3
		}
		if n > len(b)-at {
			return false
		}
		*id = b[at : at+n]
		at += n
	}
	return true
}
