package capture

import (
	"encoding/binary"
	"time"

	"hanalyze"
)

// Magic numbers of draft-ietf-opsawg-pcap, and of the "modified" format that Alexey Kuznetzov's patches of libpcap wrote.
const (
	pcapMagicMicro    = 0xa1b2c3d4
	pcapMagicNano     = 0xa1b23c4d
	pcapMagicModified = 0xa1b2cd34
)

const (
	pcapFileHeader     = 24
	pcapRecordHeader   = 16
	pcapModifiedHeader = 24 // 8 more bytes: interface index, protocol, packet type
)

const (
	// maxSkip bounds a record or block that is stepped over on its own word. USB captures really hold packets of many
	// megabytes; a larger length is more likely garbage.
	maxSkip = 64 << 20

	// maxResync bounds the search for the next header after a bad one, from the bad header on. Damage is mostly a lost or
	// overwritten disk page or two.
	maxResync = 256 << 10

	// resyncWindow is what the search must see to judge its last candidate: a whole record and the header after it.
	resyncWindow = maxResync + MaxFrame + 2*pcapModifiedHeader

	// maxWireLen is the largest length on the wire that a search believes.
	maxWireLen = 1 << 20

	// maxClockStep is how far a searched header's clock may be from that of the last record.
	maxClockStep = 24 * time.Hour
)

// pcapReader reads the records of a pcap file.
type pcapReader struct {
	big    bool              // fields are big-endian
	header int               // length of a record header
	link   hanalyze.LinkType // of all records
	unit   hanalyze.Time     // nanoseconds per unit of the fraction of a second
	minor  uint16            // minor version
}

// isPcap reports whether b begins with a magic number of pcap.
func isPcap(b []byte) bool {
	for _, m := range []uint32{binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)} {
		switch m {
		case pcapMagicMicro, pcapMagicNano, pcapMagicModified:
			return true
		}
	}
	return false
}

// newPcapReader reads a file header (draft-ietf-opsawg-pcap §4). b has pcapFileHeader bytes. The reason is empty if all is
// well.
func newPcapReader(b []byte) (p *pcapReader, reason string) {
	p = &pcapReader{header: pcapRecordHeader, unit: 1000}
	p.big = b[0] == 0xa1
	switch u32(b, p.big) {
	case pcapMagicNano:
		p.unit = 1
	case pcapMagicModified:
		p.header = pcapModifiedHeader
	}
	if major := u16(b[4:], p.big); major != 2 {
		return nil, "pcap of an unknown version"
	}
	p.minor = u16(b[6:], p.big)
	// The upper half of the field tells of checksums at the end of frames.
	p.link = hanalyze.LinkType(u32(b[20:], p.big) & 0xffff)
	return p, ""
}

// parse appends the complete records of the window to b. It returns how many bytes it must see at once to go on, or 0 if b
// is full, or a reason to stop.
func (p *pcapReader) parse(in *input, b *Batch) (need int, reason string) {
	w := &in.w
	for len(b.Frames) < MaxBatch {
		rest := w.bytes()
		if len(rest) < p.header {
			return p.header, ""
		}
		// draft-ietf-opsawg-pcap §5: seconds, fraction, captured length, original length.
		captured, wire := p.lengths(rest)
		if captured > MaxFrame {
			if need, reason = p.recover(in, b, captured, wire); need > 0 || reason != "" {
				return need, reason
			}
			continue
		}
		end := p.header + int(captured)
		if len(rest) < end {
			return end, ""
		}
		t := hanalyze.Time(u32(rest, p.big))*1e9 + hanalyze.Time(u32(rest[4:], p.big))*p.unit
		in.deliver(b, t, rest[p.header:end:end], wire, p.link)
		w.advance(end)
	}
	return 0, ""
}

// lengths reads the captured and the original length of a record header. Before version 2.3 they stood the other way
// round, and in 2.3 they stood either way.
func (p *pcapReader) lengths(h []byte) (captured, wire uint32) {
	captured, wire = u32(h[8:], p.big), u32(h[12:], p.big)
	if p.minor < 3 || p.minor == 3 && captured > wire {
		return wire, captured
	}
	return captured, wire
}

// recover deals with a record that is longer than MaxFrame. If its header is otherwise sound the record is stepped over;
// else the next sound header is searched.
func (p *pcapReader) recover(in *input, b *Batch, captured, wire uint32) (need int, reason string) {
	if len(b.Frames) > 0 {
		return p.header, "" // first hand out what is there: the search moves the window
	}
	w := &in.w
	if captured <= maxSkip && captured <= wire && p.clockPlausible(in, w.bytes()) {
		in.warn("packet of %d bytes skipped: more than %d", captured, MaxFrame)
		w.discard(int64(p.header) + int64(captured))
		return 0, ""
	}
	if len(w.bytes()) < resyncWindow && w.err == nil {
		return resyncWindow, ""
	}
	n := p.resync(in, w.bytes())
	if n < 0 {
		return 0, "no record header: captured length " + utoa(captured)
	}
	in.warn("bad record header (captured length %d): %d bytes skipped", captured, n)
	w.advance(n)
	return 0, ""
}

// resync returns the offset of the next record in b, or -1. Two sound headers in a row make a record, or one whose record
// ends where the file ends.
func (p *pcapReader) resync(in *input, b []byte) int {
	for n := 1; n <= maxResync && n+p.header <= len(b); n++ {
		size, ok := p.plausible(in, b[n:])
		if !ok || n+size > len(b) {
			continue
		}
		next := b[n+size:]
		if len(next) == 0 {
			return n // the window holds less than it could, so the file ends here
		}
		if len(next) < p.header {
			continue
		}
		if _, ok := p.plausible(in, next); ok {
			return n
		}
	}
	return -1
}

// plausible judges a record header at the start of h and returns the size of its record.
func (p *pcapReader) plausible(in *input, h []byte) (size int, ok bool) {
	captured, wire := p.lengths(h)
	ok = captured > 0 && captured <= MaxFrame && captured <= wire && wire <= maxWireLen && p.clockPlausible(in, h)
	return p.header + int(captured), ok
}

func (p *pcapReader) clockPlausible(in *input, h []byte) bool {
	frac := hanalyze.Time(u32(h[4:], p.big))
	if frac*p.unit >= 1e9 {
		return false
	}
	if in.stats.Packets == 0 {
		return true
	}
	step := (hanalyze.Time(u32(h, p.big)) * 1e9).Sub(in.last)
	return -maxClockStep < step && step < maxClockStep
}

// u16 reads a field in the file's byte order.
func u16(b []byte, big bool) uint16 {
	if big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// u32 reads a field in the file's byte order.
func u32(b []byte, big bool) uint32 {
	if big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}
