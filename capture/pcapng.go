package capture

import (
	"encoding/binary"

	"hanalyze"
)

// Block types of draft-ietf-opsawg-pcapng §11.1. All others are stepped over: they hold no packets.
const (
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
	blockSection   = 0x0a0d0d0a // the same in both byte orders
)

// Sizes of blocks without options and data, including the 12 bytes of type and both lengths.
const (
	minBlock     = 12
	minSection   = 28
	minInterface = 20
	minPacket    = 32 // enhanced and obsolete
	minSimple    = 16
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
	overflow bool // the section has interfaces that were not kept
}

// pcapngInterface is what an interface description says about the packets of an interface.
type pcapngInterface struct {
	link  hanalyze.LinkType
	snap  uint32 // 0: no limit
	clock clock
}

// checkSection reads a section header block (§4.1), of which b has at least minSection bytes, and begins a section. The
// reason is empty if all is well.
func (p *pcapngReader) checkSection(b []byte) (reason string) {
	switch binary.LittleEndian.Uint32(b[8:]) {
	case byteOrderMagic:
		p.big = false
	case 0x4d3c2b1a:
		p.big = true
	default:
		return "section header without byte-order magic"
	}
	if n := u32(b[4:], p.big); n < minSection || n%4 != 0 || n > maxSkip {
		return "section header of length " + utoa(n)
	}
	// Minor version 2 was written by mistake and means 0.
	if major := u16(b[12:], p.big); major != 1 {
		return "pcapng of unknown version " + utoa(uint32(major))
	}
	p.ifaces = p.ifaces[:0]
	p.overflow = false
	return ""
}

// parse implements parser.
func (p *pcapngReader) parse(in *input, b *Batch) (need int, reason string) {
	w := &in.w
	for len(b.Frames) < MaxBatch {
		rest := w.bytes()
		if len(rest) < minBlock {
			return minBlock, ""
		}
		kind, total := u32(rest, p.big), u32(rest[4:], p.big)
		if kind == blockSection {
			if len(rest) < minSection {
				return minSection, ""
			}
			if reason = p.checkSection(rest); reason != "" {
				return 0, reason
			}
			total = u32(rest[4:], p.big)
		}
		if total < minBlock || total%4 != 0 || total > maxSkip {
			if need, reason = p.recover(in, b, total); need > 0 || reason != "" {
				return need, reason
			}
			continue
		}
		if need = p.wanted(kind, total, rest); len(rest) < need {
			return need, ""
		}
		if need < int(total) {
			p.block(in, b, kind, total, rest[:need:need])
			w.discard(int64(total))
			continue
		}
		if tail := u32(rest[total-4:], p.big); tail != total {
			in.warn("block lengths %d and %d differ: the first one is used", total, tail)
		}
		p.block(in, b, kind, total, rest[:total-4:total-4])
		w.advance(int(total))
	}
	return 0, ""
}

// wanted returns how much of a block must be in memory: all of it, or of a huge one only what is used. rest has at least
// minBlock bytes.
func (p *pcapngReader) wanted(kind, total uint32, rest []byte) int {
	switch {
	case total <= maxWhole:
		return int(total)
	case kind == blockInterface:
		return maxWhole // the options that count come first in practice
	case kind == blockEnhanced || kind == blockPacket:
		if len(rest) < minPacket {
			return minPacket
		}
		if n := u32(rest[20:], p.big); n <= MaxFrame {
			return minPacket - 4 + int(n)
		}
		return minPacket
	default:
		return minBlock
	}
}

// block reads one block. body has all of it but the length at the end, or of a huge block the part that wanted named.
func (p *pcapngReader) block(in *input, b *Batch, kind, total uint32, body []byte) {
	switch kind {
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
}

func (p *pcapngReader) warnInterface(in *input, id uint32) {
	if p.overflow {
		in.warn("packet of interface %d skipped: more than %d interfaces", id, maxInterfaces)
		return
	}
	in.warn("packet skipped: no interface %d is described", id)
}

// addInterface reads an interface description block (§4.2).
func (p *pcapngReader) addInterface(in *input, total uint32, body []byte) {
	if len(p.ifaces) == maxInterfaces {
		p.overflow = true
		return
	}
	f := pcapngInterface{clock: newClock(microseconds, 0)}
	if total < minInterface {
		in.warn("interface block of %d bytes is too short", total)
	} else {
		f.link = hanalyze.LinkType(u16(body[8:], p.big))
		f.snap = u32(body[12:], p.big)
		f.clock = p.clock(body[minInterface-4:])
	}
	p.ifaces = append(p.ifaces, f) // also a bad one: packets name interfaces by ordinal
}

// Options of an interface description (§4.2) and the end of options (§3.5).
const (
	optEnd      = 0
	optName     = 2
	optTSResol  = 9
	optTSOffset = 14
)

// clock reads the options that tell how to read times.
func (p *pcapngReader) clock(options []byte) clock {
	resol, offset := uint8(microseconds), int64(0)
	for len(options) >= 4 {
		code, n := u16(options, p.big), int(u16(options[2:], p.big))
		options = options[4:]
		if code == optEnd || n > len(options) {
			break
		}
		switch v := options[:n]; {
		case code == optTSResol && n >= 1:
			resol = v[0]
		case code == optTSOffset && n >= 8:
			hi, lo := u32(v, p.big), u32(v[4:], p.big)
			if !p.big {
				hi, lo = lo, hi
			}
			offset = int64(uint64(hi)<<32 | uint64(lo))
		}
		options = options[min(len(options), (n+3)&^3):]
	}
	return newClock(resol, offset)
}

// recover searches the next sound block after one whose length is impossible.
func (p *pcapngReader) recover(in *input, b *Batch, total uint32) (need int, reason string) {
	if len(b.Frames) > 0 {
		return minBlock, "" // first hand out what is there: the search moves the window
	}
	w := &in.w
	if len(w.bytes()) < resyncWindow && w.err == nil {
		return resyncWindow, ""
	}
	n := p.resync(w.bytes())
	if n < 0 {
		return 0, "no block: length " + utoa(total)
	}
	in.warn("bad block of length %d: %d bytes skipped", total, n)
	w.advance(n)
	return 0, ""
}

// resync returns the offset of the next block in b, or -1. A block of a known type whose two lengths agree is believed.
func (p *pcapngReader) resync(b []byte) int {
	for n := 1; n <= maxResync && n+minBlock <= len(b); n++ {
		h := b[n:]
		kind, total := u32(h, p.big), u32(h[4:], p.big)
		switch kind {
		case blockEnhanced, blockPacket, blockSimple, blockInterface, blockSection:
		default:
			continue
		}
		if total >= minSimple && total%4 == 0 && int64(total) <= int64(len(h)) && u32(h[total-4:], p.big) == total {
			return n
		}
	}
	return -1
}
