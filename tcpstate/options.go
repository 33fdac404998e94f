package tcpstate

import "encoding/binary"

// Options are the TCP options of one segment that hanalyze reads.
type Options struct {
	SACK           [4]SACKBlock // RFC 2018 §3; the first SACKs of them are valid
	TSVal, TSEcr   uint32       // RFC 7323 §3.2, valid iff HasTS
	MSS            uint16       // RFC 9293 §3.7.1; 0 is absent
	WindowScale    uint8        // shift count as sent, RFC 7323 §2.2; valid iff HasWindowScale
	SACKs          uint8        // number of SACK blocks
	TFO            TFO          // TCP Fast Open, RFC 7413 §4.1.1
	HasWindowScale bool
	HasTS          bool
	SACKPermitted  bool // RFC 2018 §2
	Malformed      bool // an option's length lies, or runs past the end; what came before it is valid
}

// SACKBlock is a range of received bytes as raw sequence numbers, Right being the first one not received.
type SACKBlock struct{ Left, Right uint32 }

// TFO is what a segment says of TCP Fast Open.
type TFO uint8

// What a Fast Open option can be.
const (
	TFONone    TFO = iota // no such option
	TFORequest            // an empty cookie: please give me one
	TFOCookie             // a cookie
)

// Option kinds, IANA "TCP Option Kind Numbers".
const (
	kindEnd           = 0
	kindNop           = 1
	kindMSS           = 2
	kindWindowScale   = 3
	kindSACKPermitted = 4
	kindSACK          = 5
	kindTimestamps    = 8
	kindFastOpen      = 34
	kindExperiment    = 254 // shared, told apart by a magic number, RFC 6994
)

// magicFastOpen marks the experimental Fast Open option of before RFC 7413.
const magicFastOpen = 0xf989

// nopNopTimestamps is how nearly every segment of a connection with timestamps begins: RFC 7323 appendix A.
const nopNopTimestamps = kindNop<<24 | kindNop<<16 | kindTimestamps<<8 | 10

// ParseOptions reads the options of a TCP header: the bytes after its first 20. b is borrowed. An option of a length it
// cannot have is skipped; one that runs past the end stops the reading. Both set Malformed.
func ParseOptions(b []byte) (o Options) {
	if len(b) == 12 && binary.BigEndian.Uint32(b) == nopNopTimestamps {
		o.HasTS, o.TSVal, o.TSEcr = true, binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		return o
	}
	for len(b) > 0 && b[0] != kindEnd {
		if b[0] == kindNop {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			o.Malformed = true
			return o
		}
		if !o.set(b[0], b[2:b[1]]) {
			o.Malformed = true
		}
		b = b[b[1]:]
	}
	return o
}

// set takes one option with its value v and reports whether v has a length the kind can have.
func (o *Options) set(kind byte, v []byte) bool {
	switch kind {
	case kindMSS:
		if len(v) != 2 {
			return false
		}
		o.MSS = binary.BigEndian.Uint16(v)
	case kindWindowScale:
		if len(v) != 1 {
			return false
		}
		o.HasWindowScale, o.WindowScale = true, v[0]
	case kindSACKPermitted:
		o.SACKPermitted = true
		return len(v) == 0
	case kindSACK:
		return o.setSACK(v)
	case kindTimestamps:
		if len(v) != 8 {
			return false
		}
		o.HasTS, o.TSVal, o.TSEcr = true, binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
	case kindFastOpen:
		return o.setFastOpen(v)
	case kindExperiment:
		if len(v) >= 2 && binary.BigEndian.Uint16(v) == magicFastOpen {
			return o.setFastOpen(v[2:])
		}
	}
	return true
}

func (o *Options) setSACK(v []byte) bool {
	if len(v) == 0 || len(v)%8 != 0 || len(v) > 8*len(o.SACK) {
		return false
	}
	o.SACKs = uint8(len(v) / 8)
	for i := range o.SACKs {
		o.SACK[i] = SACKBlock{binary.BigEndian.Uint32(v[8*i:]), binary.BigEndian.Uint32(v[8*i+4:])}
	}
	return true
}

// setFastOpen obeys RFC 7413 §4.1.1: no cookie, or one of 4 to 16 bytes with an even length.
func (o *Options) setFastOpen(v []byte) bool {
	switch {
	case len(v) == 0:
		o.TFO = TFORequest
	case len(v) >= 4 && len(v) <= 16 && len(v)%2 == 0:
		o.TFO = TFOCookie
	default:
		return false
	}
	return true
}
