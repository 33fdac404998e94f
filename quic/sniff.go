package quic

import "encoding/binary"

// minInitial is the least size of a datagram with an Initial packet of a client (RFC 9000 §14.1). A server may drop
// smaller ones, and does.
const minInitial = 1200

// Sniff reports whether the first datagram seen of a UDP flow is one of QUIC: it begins with a long header of a version that
// is in use, whose lengths fit the datagram. Short headers look like anything, so they never are. b is borrowed.
func Sniff(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	if b[0]&longHeader == 0 {
		return sniffGoogle(b)
	}
	v := Version(binary.BigEndian.Uint32(b[1:]))
	if v != 0 && (b[0]&fixedBit == 0 || !v.named() && !v.grease()) {
		return false
	}
	p, rest, ok := consumePacket(b)
	switch {
	case !ok:
		return false
	case p.typ == typeVersionNegotiation:
		return plausibleNegotiation(&p)
	case v.grease():
		return sniffGrease(b)
	case p.dialect == nil:
		return len(b) >= 28 // header, packet number and tag of a packet that says something
	case p.cut:
		return p.typ == typeInitial && p.announced() >= minInitial
	case p.typ == typeRetry:
		return len(p.scid) > 0
	}
	return plausibleRest(rest, v)
}

// announced returns the length of a packet that is cut, as its header gives it.
func (p *packet) announced() int {
	at := 5 + 1 + len(p.dcid) + 1 + len(p.scid)
	_, n := consumePrefixed(p.raw[at:])
	size, _ := consumeVarint(p.raw[at+n:])
	return p.numberAt + int(size)
}

// plausibleRest reports whether what follows a packet in its datagram is another one, padding, or nothing.
func plausibleRest(rest []byte, v Version) bool {
	switch {
	case len(rest) == 0 || rest[0] == 0:
		return true
	case rest[0]&longHeader == 0:
		return rest[0]&fixedBit != 0
	}
	return len(rest) >= 5 && Version(binary.BigEndian.Uint32(rest[1:])) == v
}

// plausibleNegotiation reports whether all versions of a list can be such, and one of them is in use.
func plausibleNegotiation(p *packet) bool {
	named := false
	for b := p.versions; len(b) >= 4; b = b[4:] {
		v := Version(binary.BigEndian.Uint32(b))
		if v == 0 {
			return false
		}
		named = named || v.named()
	}
	return named
}

// sniffGrease reports whether a datagram with a version that stands for none is a client's first packet that wants Version
// Negotiation: it looks like one of version 1 but for that.
func sniffGrease(b []byte) bool {
	if len(b) < minInitial {
		return false
	}
	p := packet{dialect: &dialect1, raw: b, typ: dialect1.types[b[0]>>4&3]}
	dcid, scid := int(b[5]), 0
	at := 6 + dcid
	if dcid < 8 || dcid > maxConnID { // RFC 9000 §7.2: a client chooses eight bytes at least
		return false
	}
	if scid = int(b[at]); scid > maxConnID || p.typ != typeInitial {
		return false
	}
	p, rest, ok := p.numbered(b, at+1+scid)
	return ok && !p.cut && plausibleRest(rest, Version(binary.BigEndian.Uint32(b[1:])))
}

// The public header of Google's QUIC up to Q043.
const (
	googleVersionFlag = 0x01
	googleConnIDFlag  = 0x08
	googleConnID      = 8
	googleVersionAt   = 1 + googleConnID
)

// sniffGoogle reports whether b begins with a public header of Google's QUIC that names a version, as clients' first do.
func sniffGoogle(b []byte) bool {
	return b[0]&(longHeader|fixedBit|googleVersionFlag|googleConnIDFlag) == googleVersionFlag|googleConnIDFlag &&
		googleVersion(b).google() != ""
}

// googleVersion returns the version in a public header, which is at least as long as Sniff asks.
func googleVersion(b []byte) Version { return Version(binary.BigEndian.Uint32(b[googleVersionAt:])) }
