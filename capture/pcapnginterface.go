package capture

import (
	"fmt"

	"hanalyze"
)

// pcapngInterface is what an interface description says about the packets of an interface.
type pcapngInterface struct {
	link  hanalyze.LinkType
	snap  uint32 // 0: no limit
	clock clock
	stats *hanalyze.StatsInterface // what is told of it
}

// Options of an interface description (§4.2).
const (
	optName     = 2
	optTSResol  = 9
	optTSOffset = 14
)

// Options of interface statistics (§4.6), all of 8 bytes.
const (
	optReceived  = 4
	optDropped   = 5
	optOSDropped = 7
)

// addInterface reads an interface description block (§4.2).
func (p *pcapngReader) addInterface(in *input, total uint32, body []byte) {
	if len(p.ifaces) == maxInterfaces {
		p.overflow = true
		return
	}
	f := pcapngInterface{clock: newClock(microseconds, 0), stats: in.addInterface()}
	if total < minInterface {
		in.warn("interface block of %d bytes is too short", total)
	} else {
		f.link = hanalyze.LinkType(u16(body[8:], p.big))
		f.snap = u32(body[12:], p.big)
		f.stats.Link, f.stats.Snaplen = uint16(f.link), uint64(f.snap)
		p.describe(in, &f, body[minInterface-4:])
	}
	p.ifaces = append(p.ifaces, f) // also a bad one: packets name interfaces by ordinal
}

// describe reads the options of an interface description.
func (p *pcapngReader) describe(in *input, f *pcapngInterface, options []byte) {
	resol, offset := uint8(microseconds), int64(0)
	for code, v := range p.options(options) {
		switch {
		case code == optComment:
			in.stats.Comments++
		case code == optName:
			f.stats.Name = string(v[:min(len(v), maxName)])
		case code == optTSResol && len(v) >= 1:
			resol = v[0]
		case code == optTSOffset && len(v) >= 8:
			offset = int64(u64(v, p.big))
		}
	}
	if unit, useless := uselessResolution(resol); useless {
		in.warn("interface %d counts time in units of %s s: its timestamps do not reach a second", len(p.ifaces), unit)
	}
	f.clock = newClock(resol, offset)
}

// uselessResolution reports whether all of the 64-bit timestamps of this if_tsresol are less than two seconds, and names
// the unit. Such a resolution is damage or malice; times are read by its word all the same.
func uselessResolution(resol uint8) (unit string, useless bool) {
	n := resol & 0x7f
	if resol&0x80 != 0 {
		return fmt.Sprintf("2^-%d", n), n >= 64
	}
	return fmt.Sprintf("10^-%d", n), n >= 19
}

// statistics reads an interface statistics block (§4.6). The counts are sums, so the last block of an interface is right.
func (p *pcapngReader) statistics(in *input, total uint32, body []byte) {
	if total < minStatistics || total > maxWhole {
		in.warn("statistics block of %d bytes skipped", total)
		return
	}
	id := u32(body[8:], p.big)
	if id >= uint32(len(p.ifaces)) {
		in.warn("statistics skipped: no interface %d is described", id)
		return
	}
	s := p.ifaces[id].stats
	for code, v := range p.options(body[minStatistics-4:]) {
		if code == optComment {
			in.stats.Comments++
		}
		if len(v) != 8 {
			continue
		}
		n := u64(v, p.big)
		switch code {
		case optReceived:
			s.Received = &n
		case optDropped:
			s.Dropped = &n
		case optOSDropped:
			s.OSDropped = &n
		}
	}
}

func (p *pcapngReader) warnInterface(in *input, id uint32) {
	if p.overflow {
		in.warn("packet of interface %d skipped: more than %d interfaces", id, maxInterfaces)
		return
	}
	in.warn("packet skipped: no interface %d is described", id)
}
