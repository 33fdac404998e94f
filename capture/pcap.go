package capture

import (
	"encoding/binary"

	"hanalyze"
)

// Magic numbers of pcap files: those of draft-ietf-opsawg-pcap §4, those that libpcap (sf-pcap.c) knows or keeps for others,
// and those of Ixia's lcap files.
const (
	pcapMagicMicro    = 0xa1b2c3d4
	pcapMagicNano     = 0xa1b23c4d
	pcapMagicModified = 0xa1b2cd34 // Alexey Kuznetzov's patches
	pcapMagicMesquita = 0xa1b234cd // kept for Francisco Mesquita's format, which is Kuznetzov's
	pcapMagicNavtel   = 0xa12b3c4d // Navtel: nanoseconds
	pcapMagicIxiaHW   = 0x1c0001ac // Ixia, times of the hardware: nanoseconds
	pcapMagicIxiaSW   = 0x1c0001ab // Ixia, times of the software: microseconds
)

const (
	pcapFileHeader     = 24
	pcapRecordHeader   = 16
	pcapModifiedHeader = 24 // 8 more bytes: interface index, protocol, packet type
	pcapSS990915Header = 28 // 4 more than that: two CPU numbers and padding
	pcapNokiaHeader    = 20 // 4 bytes more than usual
	pcapIxiaFileHeader = 28 // 4 bytes more than usual: the size of all records
)

const (
	// maxSkip bounds a record or block that is stepped over on its own word. USB captures really hold packets of many
	// megabytes; a larger length is more likely garbage.
	maxSkip = 64 << 20

	// dgux is the major version that DG/UX wrote where others have 2.
	dgux = 543
)

// pcapFormat is what a magic number tells.
type pcapFormat struct {
	magic uint32
	file  int           // length of the file header
	heads []int         // lengths of a record header, the usual one first
	unit  hanalyze.Time // nanoseconds per unit of the fraction of a second
}

var pcapFormats = [...]pcapFormat{
	{pcapMagicMicro, pcapFileHeader, []int{pcapRecordHeader, pcapModifiedHeader, pcapNokiaHeader}, 1000},
	{pcapMagicNano, pcapFileHeader, []int{pcapRecordHeader}, 1},
	{pcapMagicModified, pcapFileHeader, []int{pcapModifiedHeader, pcapSS990915Header, pcapRecordHeader}, 1000},
	{pcapMagicMesquita, pcapFileHeader, []int{pcapModifiedHeader, pcapSS990915Header, pcapRecordHeader}, 1000},
	{pcapMagicNavtel, pcapFileHeader, []int{pcapRecordHeader}, 1},
	{pcapMagicIxiaHW, pcapIxiaFileHeader, []int{pcapRecordHeader}, 1},
	{pcapMagicIxiaSW, pcapIxiaFileHeader, []int{pcapRecordHeader}, 1000},
}

// pcapReader reads the records of a pcap file.
type pcapReader struct {
	big    bool              // fields are big-endian
	header int               // length of a record header
	link   hanalyze.LinkType // of all records
	unit   hanalyze.Time     // nanoseconds per unit of the fraction of a second
	second uint32            // units in a second
	snap   uint32            // most bytes of a packet that are believed without a second look
	either bool              // the two lengths stand either way round
	lost   damage            // what is being stepped over
}

// pcapFormatOf returns the format that the first four bytes of a file tell, nil if it is none of pcap.
func pcapFormatOf(b []byte) (f *pcapFormat, big bool) {
	little, large := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)
	for i := range pcapFormats {
		switch f := &pcapFormats[i]; f.magic {
		case little:
			return f, false
		case large:
			return f, true
		}
	}
	return nil, false
}

// newPcapReader reads a file header (draft-ietf-opsawg-pcap §4) of the given format. b has pcapFileHeader bytes. The reason is
// empty if all is well.
func newPcapReader(f *pcapFormat, big bool, b []byte) (p *pcapReader, reason string) {
	p = &pcapReader{big: big, header: f.heads[0], unit: f.unit, second: uint32(1e9 / f.unit)}
	major, minor := u16(b[4:], big), u16(b[6:], big)
	if major != 2 && major != dgux {
		return nil, "pcap of an unknown version"
	}
	p.either = minor <= 3 || major == dgux
	p.snap = u32(b[16:], big)
	if p.snap == 0 || p.snap > MaxFrame {
		p.snap = MaxFrame // none, or one that says nothing
	}
	// The upper half of the field tells of checksums at the end of frames.
	p.link = hanalyze.LinkType(u32(b[20:], big) & 0xffff)
	return p, ""
}

// chooseHeader finds out which of the record headers there were under one magic number the file has: the first one with
// which the first record is followed by a second one, or by the end of the file. b is the file behind its header, all of it
// if whole.
func (p *pcapReader) chooseHeader(in *input, f *pcapFormat, b []byte, whole bool) {
	for _, n := range f.heads {
		p.header = n
		if len(b) < n {
			continue
		}
		captured, _ := p.lengths(b)
		end := int64(n) + int64(captured)
		if end == int64(len(b)) && whole {
			return
		}
		if end+int64(n) <= int64(len(b)) {
			if _, ok := p.plausible(in, b[end:]); ok && p.near(p.time(b), b[end:]) {
				return
			}
		}
	}
	p.header = f.heads[0]
}

// parse implements parser.
func (p *pcapReader) parse(in *input, b *Batch) (need int, stop string) {
	w := &in.w
	for len(b.Frames) < MaxBatch {
		if p.lost.under {
			if need, stop = p.lost.search(in, b, p.sound); need > 0 || stop != "" {
				return need, stop
			}
		}
		rest := w.bytes()
		if len(rest) < p.header {
			return p.header, ""
		}
		// draft-ietf-opsawg-pcap §5: seconds, fraction, captured length, original length.
		captured, wire := p.lengths(rest)
		fraction := u32(rest[4:], p.big)
		if captured > p.snap || captured > wire || fraction >= p.second || wire == 0 {
			if need, stop = p.odd(in, b, captured, wire); need > 0 || stop != "" {
				return need, stop
			}
			continue
		}
		end := p.header + int(captured)
		if len(rest) < end {
			if beyond(in, rest, p.sound) {
				p.lost.begin(in, badRecord(captured, wire))
				continue
			}
			return end, ""
		}
		in.deliver(b, p.time(rest), rest[p.header:end:end], wire, p.link)
		w.advance(end)
	}
	return 0, ""
}

func (p *pcapReader) time(h []byte) hanalyze.Time {
	return hanalyze.Time(u32(h, p.big))*1e9 + hanalyze.Time(u32(h[4:], p.big))*p.unit
}

// lengths reads the captured and the original length of a record header. Before version 2.3 they stood the other way round,
// and in 2.3 either way; the captured one is the smaller.
func (p *pcapReader) lengths(h []byte) (captured, wire uint32) {
	captured, wire = u32(h[8:], p.big), u32(h[12:], p.big)
	if p.either {
		return min(captured, wire), max(captured, wire)
	}
	return captured, wire
}

// odd deals with a record header that deserves a second look: it is damaged, or its writer had ideas of its own.
func (p *pcapReader) odd(in *input, b *Batch, captured, wire uint32) (need int, stop string) {
	w := &in.w
	rest := w.bytes()
	switch {
	case captured > MaxFrame && captured <= maxSkip && captured <= wire && p.clockPlausible(in.last, in.stats.Packets > 0, rest):
		in.warn("packet of %d bytes skipped: more than %d", captured, MaxFrame)
		w.discard(int64(p.header) + int64(captured))
		return 0, ""
	case captured > MaxFrame:
		p.lost.begin(in, "bad record header (captured length "+utoa(captured)+")")
		return 0, ""
	case captured|wire|u32(rest, p.big)|u32(rest[4:], p.big) == 0:
		p.lost.begin(in, "zeros in place of a record header")
		return 0, ""
	}
	end, empty := p.header+int(captured), captured|wire == 0
	if len(rest) < end+p.header && w.err == nil && !empty {
		return end + p.header, "" // to see what follows
	}
	if len(rest) < end && beyond(in, rest, p.sound) || len(rest) >= end+p.header && !empty && !p.possible(in, p.time(rest), rest[end:]) {
		p.lost.begin(in, badRecord(captured, wire))
		return 0, ""
	}
	if len(rest) < end {
		return end, ""
	}
	if fraction := u32(rest[4:], p.big); fraction >= p.second {
		in.warn("packet with a fraction of a second of %d/%d", fraction, p.second)
	}
	in.deliver(b, p.time(rest), rest[p.header:end:end], wire, p.link)
	w.advance(end)
	return 0, ""
}

func badRecord(captured, wire uint32) string {
	return "bad record header (lengths " + utoa(captured) + " and " + utoa(wire) + ")"
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

// u64 reads a field in the file's byte order.
func u64(b []byte, big bool) uint64 {
	if big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}
