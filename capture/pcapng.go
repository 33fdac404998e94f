package capture

import (
	"encoding/binary"
	"iter"
)

// Block types of draft-ietf-opsawg-pcapng §11.1. All others are stepped over: they hold nothing that is told.
const (
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockSecrets    = 10
	blockSection    = 0x0a0d0d0a // the same in both byte orders
	blockCustom     = 0xbad
	blockCustomKeep = 0x40000bad // not to be copied
)

// Sizes of blocks without options and data, including the 12 bytes of type and both lengths.
const (
	minBlock      = 12
	minSection    = 28
	minInterface  = 20
	minPacket     = 32 // enhanced and obsolete
	minSimple     = 16
	minStatistics = 24
	minSecrets    = 20
)

const (
	byteOrderMagic = 0x1a2b3c4d

	// maxWhole is the largest block that is read as a whole; larger ones, with some other program's huge options, are read
	// up to the end of the packet and stepped over.
	maxWhole = 512 << 10

	// maxInterfaces bounds the interfaces of one section. Interface IDs of the obsolete packet block have 16 bits, and
	// merging 10,000 files gives 10,000 interfaces.
	maxInterfaces = 1 << 16
)

// pcapngReader reads the blocks of a pcapng file.
type pcapngReader struct {
	big      bool // byte order of the section
	ifaces   []pcapngInterface
	overflow bool   // the section has interfaces that were not kept
	secrets  int    // bytes of secrets kept
	lost     damage // what is being stepped over
}

// checkSection reads a section header block (§4.1), of which b has at least minSection bytes, and begins a section. The
// reason is empty if all is well.
func (p *pcapngReader) checkSection(b []byte) (reason string) {
	big, ok := sectionOrder(b)
	if !ok {
		return "section header without byte-order magic"
	}
	if n := u32(b[4:], big); n < minSection || n%4 != 0 || n > maxSkip {
		return "section header of length " + utoa(n)
	}
	// Minor version 2 was written by mistake and means 0.
	if major := u16(b[12:], big); major != 1 {
		return "pcapng of unknown version " + utoa(uint32(major))
	}
	p.big = big
	p.ifaces = p.ifaces[:0]
	p.overflow = false
	return ""
}

// sectionOrder reads the byte-order magic of a section header, of which b has at least 12 bytes.
func sectionOrder(b []byte) (big, ok bool) {
	if binary.LittleEndian.Uint32(b[8:]) == byteOrderMagic {
		return false, true
	}
	return true, binary.BigEndian.Uint32(b[8:]) == byteOrderMagic
}

// parse implements parser.
func (p *pcapngReader) parse(in *input, b *Batch) (need int, stop string) {
	w := &in.w
	for !b.full() {
		if p.lost.under {
			if need, stop = p.lost.search(in, b, p.sound); need > 0 || stop != "" {
				return need, stop
			}
		}
		rest := w.bytes()
		if len(rest) < minBlock {
			return minBlock, ""
		}
		kind, total := u32(rest, p.big), u32(rest[4:], p.big)
		if kind == blockSection {
			if len(rest) < minSection {
				return minSection, ""
			}
			if reason := p.checkSection(rest); reason != "" {
				p.lost.begin(in, reason)
				continue
			}
			total = u32(rest[4:], p.big)
		}
		if total < minBlock || total%4 != 0 || total > maxSkip {
			p.lost.begin(in, "bad block of length "+utoa(total))
			continue
		}
		if need = p.wanted(kind, total, rest); len(rest) < need {
			if beyond(in, rest, p.sound) {
				p.lost.begin(in, "bad block of length "+utoa(total))
				continue
			}
			return need, ""
		}
		if need < int(total) {
			if p.overlong(kind, rest) || len(rest) < int(total) && beyond(in, rest, p.sound) {
				p.lost.begin(in, "bad block of length "+utoa(total))
				continue
			}
			p.block(in, b, kind, total, rest[:need:need])
			w.discard(int64(total))
			continue
		}
		if tail := u32(rest[total-4:], p.big); tail != total {
			need, ok := p.goesOn(w, rest[total:])
			switch {
			case need > 0:
				return int(total) + need, ""
			case !ok:
				p.lost.begin(in, "bad block of lengths "+utoa(total)+" and "+utoa(tail))
				continue
			}
			in.warn("block lengths %d and %d differ: the first one is used", total, tail)
		}
		p.block(in, b, kind, total, rest[:total-4:total-4])
		w.advance(int(total))
	}
	return 0, ""
}

// goesOn reports whether next, which follows a block whose lengths differ, begins like a block or is the end of the input.
// To tell, it may need so many bytes of it.
func (p *pcapngReader) goesOn(w *window, next []byte) (need int, ok bool) {
	if len(next) < minBlock {
		if w.err == nil {
			return minBlock, false
		}
		return 0, len(next) == 0
	}
	kind, total := u32(next, p.big), u32(next[4:], p.big)
	if kind == blockSection {
		_, ok = sectionOrder(next)
		return 0, ok
	}
	return 0, knownBlock(kind) && total >= minBlock && total%4 == 0 && total <= maxSkip
}

// knownBlock reports whether a block of this type is to be expected: one of the standard ones, all of which have small
// numbers, or a custom one.
func knownBlock(kind uint32) bool {
	return kind > 0 && kind <= 0x20 || kind == blockSection || kind == blockCustom || kind == blockCustomKeep
}

// wanted returns how much of a block must be in memory: all of it, or of a huge one only what is used. rest has at least
// minBlock bytes.
func (p *pcapngReader) wanted(kind, total uint32, rest []byte) int {
	if total <= maxWhole {
		return int(total)
	}
	switch kind {
	case blockInterface:
		return maxWhole // the options that count come first in practice
	case blockNames, blockSecrets:
		return maxWhole // as much as is kept
	case blockEnhanced, blockPacket:
		if len(rest) < minPacket {
			return minPacket
		}
		if n := u32(rest[20:], p.big); n <= MaxFrame {
			return minPacket + int(n+3)&^3 // and 4 more bytes, to see whether the block ends there
		}
		return minPacket
	default:
		return minBlock
	}
}

// overlong reports whether a huge packet block really ends, with the length of a block that has no options, right after its
// packet. Of such a block wanted is in memory.
func (p *pcapngReader) overlong(kind uint32, rest []byte) bool {
	if kind != blockEnhanced && kind != blockPacket {
		return false
	}
	n := u32(rest[20:], p.big)
	if n > MaxFrame {
		return false
	}
	end := minPacket + int(n+3)&^3
	return u32(rest[end-4:], p.big) == uint32(end)
}

// block reads one block. body has all of it but the length at the end, or of a huge block the part that wanted named.
func (p *pcapngReader) block(in *input, b *Batch, kind, total uint32, body []byte) {
	switch kind {
	case blockSection:
		if total <= maxWhole {
			p.countComments(in, body[minSection-4:])
		}
	case blockInterface:
		p.addInterface(in, total, body)
	case blockEnhanced:
		if total < minPacket {
			in.warn("packet block of %d bytes skipped: too short", total)
			return
		}
		p.packet(in, b, u32(body[8:], p.big), total, body)
	case blockPacket:
		if total < minPacket {
			in.warn("packet block of %d bytes skipped: too short", total)
			return
		}
		p.packet(in, b, uint32(u16(body[8:], p.big)), total, body)
	case blockSimple:
		p.simple(in, b, total, body)
	case blockNames:
		p.names(in, b, total, body)
	case blockStatistics:
		p.statistics(in, total, body)
	case blockSecrets:
		p.keep(in, b, total, body)
	}
}

// packet reads an enhanced packet block (§4.3) or an obsolete one (appendix A): they differ in the interface ID alone.
func (p *pcapngReader) packet(in *input, b *Batch, id, total uint32, body []byte) {
	captured, wire := u32(body[20:], p.big), u32(body[24:], p.big)
	switch {
	case captured > total-minPacket:
		in.warn("packet block of %d bytes skipped: it claims %d bytes of packet", total, captured)
		return
	case captured > MaxFrame:
		in.warn("packet of %d bytes skipped: more than %d", captured, MaxFrame)
		return
	case id >= uint32(len(p.ifaces)):
		p.warnInterface(in, id)
		return
	}
	f := &p.ifaces[id]
	t := f.clock.time(uint64(u32(body[12:], p.big))<<32 | uint64(u32(body[16:], p.big)))
	const data = minPacket - 4
	end := data + int(captured)
	in.deliver(b, t, body[data:end:end], wire, f.link)
	f.stats.Packets++
	if options := data + int(captured+3)&^3; options < len(body) {
		p.countComments(in, body[options:])
	}
}

// simple reads a simple packet block (§4.4): a packet of the first interface without a time. It gets the time of the packet
// before it, so that the clock does not jump.
func (p *pcapngReader) simple(in *input, b *Batch, total uint32, body []byte) {
	if total < minSimple {
		in.warn("packet block of %d bytes skipped: too short", total)
		return
	}
	if len(p.ifaces) == 0 {
		p.warnInterface(in, 0)
		return
	}
	f := &p.ifaces[0]
	wire := u32(body[8:], p.big)
	captured := min(wire, total-minSimple)
	if f.snap > 0 {
		captured = min(captured, f.snap)
	}
	const data = minSimple - 4
	end := data + int(captured)
	if captured > MaxFrame || end > len(body) {
		in.warn("packet of %d bytes skipped: more than %d", captured, MaxFrame)
		return
	}
	in.deliver(b, in.last, body[data:end:end], wire, f.link)
	f.stats.Packets++
}

// sound reports whether b begins with a block: one of a known type whose two lengths agree.
func (p *pcapngReader) sound(_ *input, b []byte, _ bool) bool {
	if len(b) < minBlock {
		return false
	}
	kind, big := u32(b, p.big), p.big
	if !knownBlock(kind) {
		return false
	}
	if kind == blockSection {
		var ok bool
		if big, ok = sectionOrder(b); !ok {
			return false
		}
	}
	total := u32(b[4:], big)
	return total >= minSimple && total%4 == 0 && total <= searchAhead && int64(total) <= int64(len(b)) && u32(b[total-4:], big) == total
}

// Options of all blocks (§3.5).
const (
	optEnd     = 0
	optComment = 1
)

// options are the codes and values of a list of options, whatever their length, up to its end or the first that does not
// fit.
func (p *pcapngReader) options(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			code, n := u16(b, p.big), int(u16(b[2:], p.big))
			b = b[4:]
			if code == optEnd || n > len(b) || !yield(code, b[:n]) {
				return
			}
			b = b[min(len(b), (n+3)&^3):]
		}
	}
}

func (p *pcapngReader) countComments(in *input, options []byte) {
	for code := range p.options(options) {
		if code == optComment {
			in.stats.Comments++
		}
	}
}
