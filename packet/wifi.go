package packet

import "encoding/binary"

// The frame control field of 802.11, IEEE 802.11-2020 §9.2.4.1: the low byte has version, type and subtype, the high byte flags.
const (
	wifiTypeMask  = 0x0c
	wifiData      = 0x08
	wifiNoData    = 0x40 // in the subtype: null frames
	wifiQoS       = 0x80 // in the subtype
	wifiWDS       = 0x03 // to and from the distribution system: four addresses
	wifiMoreFrags = 0x04
	wifiProtected = 0x40
	wifiOrder     = 0x80 // in QoS data: an HT control field follows
)

// wifi reads an 802.11 data frame. padded says that the driver padded the header to a multiple of four.
func (f *frame) wifi(padded bool) Reason {
	if len(f.b) < 24 {
		return f.shortWiFi()
	}
	kind, flags, n := f.b[0], f.b[1], 24
	if kind&3 != 0 {
		return MalformedHeaders
	}
	if kind&wifiTypeMask != wifiData || kind&wifiNoData != 0 {
		return NotIP
	}
	fragment := binary.LittleEndian.Uint16(f.b[22:]) & 15
	if flags&(wifiProtected|wifiMoreFrags) != 0 || fragment != 0 {
		return OpaqueLink
	}
	if flags&wifiWDS == wifiWDS {
		n += 6
	}
	qos := n
	if kind&wifiQoS != 0 {
		n += 2
		if flags&wifiOrder != 0 {
			n += 4
		}
	}
	if len(f.b) < n {
		return f.short(n)
	}
	joined := kind&wifiQoS != 0 && f.b[qos]&0x80 != 0
	if padded {
		n = (n + 3) &^ 3
	}
	if joined {
		return f.after(n, (*frame).amsdu)
	}
	return f.after(n, (*frame).llc)
}

// shortWiFi knows control and management frames, which may be shorter than a data header, for what they are.
func (f *frame) shortWiFi() Reason {
	if len(f.b) > 0 && f.b[0]&wifiTypeMask != wifiData {
		return NotIP
	}
	return f.short(24)
}

// amsdu reads the next subframe of an A-MSDU, IEEE 802.11-2020 §9.3.2.2: two addresses, a length and an LLC header. All but
// the last are padded to a multiple of four.
func (f *frame) amsdu() Reason {
	if len(f.b) < 14 {
		return f.short(14)
	}
	length := int(binary.BigEndian.Uint16(f.b[12:]))
	if next := (14 + length + 3) &^ 3; len(f.b) >= next+14 { // less is a frame check sequence, or cut
		f.p.Joined = f.at + next
	}
	f.skip(14)
	f.limit(length)
	return f.llc()
}

// radiotap reads https://www.radiotap.org: a version, the header's length and bitmaps of the fields that follow, each
// aligned to its size. Only the flags matter here; a time stamp may precede them.
func (f *frame) radiotap() Reason {
	const hasTime, hasFlags, moreBitmaps = 1 << 0, 1 << 1, 1 << 31
	const flagCheckSequence, flagPadded, checkSequenceLen = 0x10, 0x20, 4
	if len(f.b) < 8 {
		return f.short(8)
	}
	n, present := int(binary.LittleEndian.Uint16(f.b[2:])), binary.LittleEndian.Uint32(f.b[4:])
	if f.b[0] != 0 || n < 8 {
		return MalformedHeaders
	}
	if len(f.b) < n {
		return f.short(n)
	}
	at := 8
	for more := present; more&moreBitmaps != 0; at += 4 {
		if at+4 > n {
			return MalformedHeaders
		}
		more = binary.LittleEndian.Uint32(f.b[at:])
	}
	if present&hasTime != 0 {
		at = (at+7)&^7 + 8
	}
	var flags byte
	if present&hasFlags != 0 && at < n {
		flags = f.b[at]
	}
	f.skip(n)
	if flags&flagCheckSequence != 0 {
		f.limit(max(f.wire-checkSequenceLen, 0))
	}
	return f.wifi(flags&flagPadded != 0)
}

// prism reads a Prism header, in the byte order of a little-endian machine, or an AVS header, in network byte order. Both
// have their length in the second word.
func (f *frame) prism() Reason {
	const avs = 0x80211000
	if len(f.b) < 8 {
		return f.short(8)
	}
	n := binary.LittleEndian.Uint32(f.b[4:])
	if binary.BigEndian.Uint32(f.b)&0xfffff000 == avs {
		n = binary.BigEndian.Uint32(f.b[4:])
	}
	if n < 8 || n > 1<<10 {
		return MalformedHeaders
	}
	if len(f.b) < int(n) {
		return f.short(int(n))
	}
	f.skip(int(n))
	return f.wifi(false)
}
