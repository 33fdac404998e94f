package tlsinfo

import "encoding/binary"

// Verdict is the answer of a sniffer.
type Verdict uint8

// The verdicts.
const (
	No    Verdict = iota // it is something else
	Maybe                // more bytes are needed
	Yes                  // it is
)

// Sniff tells whether a byte stream is TLS from what its two directions begin with; either may be empty. A direction that
// begins with a record header is enough: with a handshake message behind it, or, where the capture joined later, with any
// record and, if it is all there, another header after it. Hellos in the format of SSL 2.0 count.
func Sniff(c2s, s2c []byte) Verdict { return either(sniffStream(c2s), sniffStream(s2c)) }

// SniffDatagram is Sniff for DTLS, given one datagram of each direction.
func SniffDatagram(c2s, s2c []byte) Verdict { return either(sniffDatagram(c2s), sniffDatagram(s2c)) }

// either joins what two directions say: one that is sure is enough.
func either(a, b Verdict) Verdict {
	switch {
	case a == Yes || b == Yes:
		return Yes
	case a == No || b == No:
		return No
	}
	return Maybe
}

func sniffStream(b []byte) Verdict {
	switch {
	case len(b) == 0:
		return Maybe
	case b[0]&0x80 != 0:
		return sniffSSL2(b)
	case b[0] < recordCCS || b[0] > recordHeartbeat, len(b) > 1 && b[1] != 3, len(b) > 2 && b[2] > 4:
		return No
	case len(b) < 5:
		return Maybe
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	if n > maxRecord {
		return No
	}
	next := b[min(5+n, len(b)):]
	switch {
	case b[0] == recordHandshake:
		return sniffHandshake(b[5:], n)
	case b[0] == recordCCS && n != 1, b[0] == recordAlert && n < 2:
		return No
	case len(next) >= 3 && !plausibleHeader(next[0], next[1], next[2], 0):
		return No
	}
	return Yes
}

// sniffHandshake judges the body of a handshake record of n bytes. An encrypted one is random and told from others by
// nothing but its header, which has 29 bits fixed.
func sniffHandshake(body []byte, n int) Verdict {
	switch {
	case n == 0:
		return No
	case len(body) == 0:
		return Maybe
	case body[0] != msgClientHello && body[0] != msgServerHello, n < 6: // n < 6: a hello split so early that nobody does by chance
		return Yes
	case len(body) < 6:
		return Maybe
	}
	size := int(body[1])<<16 | int(body[2])<<8 | int(body[3])
	if size > MaxHello || body[4] != 3 && body[4] != draft13 && body[4] != 0x7e && body[4] != 0xfb {
		return No
	}
	return Yes
}

// sniffSSL2 judges a hello in the format of SSL 2.0: two bytes of header, type, version and three lengths that add up.
func sniffSSL2(b []byte) Verdict {
	if len(b) >= 3 && b[2] != ssl2ClientHello {
		return No
	}
	if len(b) < 11 {
		return Maybe
	}
	v := binary.BigEndian.Uint16(b[3:])
	total := int(binary.BigEndian.Uint16(b) & 0x7fff)
	ciphers, id, challenge := int(binary.BigEndian.Uint16(b[5:])), int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[9:]))
	if v != versionSSL2 && v>>8 != 3 || ciphers%3 != 0 || challenge > 32 || total != 9+ciphers+id+challenge {
		return No
	}
	return Yes
}

func sniffDatagram(b []byte) Verdict {
	switch {
	case len(b) == 0:
		return Maybe
	case !plausibleDatagramHeader(b), int(binary.BigEndian.Uint16(b[11:])) > len(b)-dtlsRecordHeader:
		return No
	}
	return Yes
}
