package packet

import (
	"encoding/binary"

	"hanalyze"
)

// link reads a frame of any link type, https://www.tcpdump.org/linktypes.html.
func (f *frame) link(link hanalyze.LinkType) Reason {
	switch link {
	case hanalyze.LinkEthernet:
		return f.ethernet()
	case hanalyze.LinkNull, hanalyze.LinkLoop:
		return f.loopback()
	case hanalyze.LinkLinuxSLL:
		return f.typed(14, 16)
	case hanalyze.LinkSLL2:
		return f.typed(0, 20)
	case hanalyze.LinkRaw, hanalyze.LinkRaw12, hanalyze.LinkRaw14:
		return f.ip()
	case hanalyze.LinkIPv4:
		return f.ipv4()
	case hanalyze.LinkIPv6:
		return f.ipv6()
	case hanalyze.LinkMPLS:
		return f.mpls()
	case hanalyze.LinkPPP, hanalyze.LinkPPPHDLC:
		return f.pppOrCisco()
	case hanalyze.LinkCHDLC:
		return f.typed(2, 4)
	case hanalyze.LinkPPPEther:
		return f.pppoe()
	case hanalyze.LinkPPPD: // direction in place of the address, then control
		return f.after(2, (*frame).ppp)
	case hanalyze.LinkPPPWithDir:
		return f.after(1, (*frame).ppp)
	case hanalyze.LinkWiFi:
		return f.wifi(false)
	case hanalyze.LinkRadiotap:
		return f.radiotap()
	case hanalyze.LinkPrism, hanalyze.LinkAVS:
		return f.prism()
	case hanalyze.LinkATM1483:
		return f.llc()
	case hanalyze.LinkIPoverFC: // two addresses of 8 bytes, RFC 2625 §3
		return f.after(16, (*frame).llc)
	case hanalyze.LinkFDDI: // frame control and two addresses
		return f.after(13, (*frame).llc)
	case hanalyze.LinkFireWire:
		return f.typed(16, 18)
	case hanalyze.LinkTokenRing:
		return f.tokenRing()
	case hanalyze.LinkEnc: // address family, SPI, flags
		return f.after(12, (*frame).ip)
	case hanalyze.LinkPFLog:
		return f.pflog()
	case hanalyze.LinkIPNet: // version, family, hook, length, three interfaces and zones
		return f.after(24, (*frame).ip)
	case hanalyze.LinkNFLog:
		return f.nflog()
	case hanalyze.LinkPPI:
		return f.ppi()
	case hanalyze.LinkPKTAP, hanalyze.LinkUser2:
		return f.pktap(link)
	}
	f.p.Unknown = link
	return UnknownLink
}

// after skips a header of n bytes that says nothing of interest.
func (f *frame) after(n int, next func(*frame) Reason) Reason {
	if len(f.b) < n {
		return f.short(n)
	}
	f.skip(n)
	return next(f)
}

// typed reads a header of n bytes with an EtherType at the given offset.
func (f *frame) typed(at, n int) Reason {
	const linuxLLC = 4 // LINUX_SLL_P_802_2
	if len(f.b) < n {
		return f.short(n)
	}
	etype := binary.BigEndian.Uint16(f.b[at:])
	f.skip(n)
	switch {
	case etype == linuxLLC:
		return f.llc()
	case etype < etherMinimum: // other frames the kernel numbers for itself; here the field is never a length
		return NotIP
	}
	return f.etherType(etype)
}

// loopback reads a NULL or LOOP frame: four bytes of address family in an order that depends on the writer, whose values
// differ between systems. The IP version says the same, so it alone decides.
func (f *frame) loopback() Reason {
	if len(f.b) < 4 {
		return f.short(4)
	}
	family := binary.BigEndian.Uint32(f.b)
	if family > 0xffff {
		family = binary.LittleEndian.Uint32(f.b)
	}
	f.skip(4)
	switch family {
	case 2, 10, 24, 28, 30: // AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin
		return f.ip()
	}
	return NotIP
}

// pppOrCisco reads a serial line: the first byte tells Cisco's HDLC, unicast or broadcast, from PPP.
func (f *frame) pppOrCisco() Reason {
	if len(f.b) > 0 && (f.b[0] == 0x0f || f.b[0] == 0x8f) {
		return f.typed(2, 4)
	}
	return f.ppp()
}

// tokenRing reads an 802.5 frame: the top bit of the source address says that a route of the length in its first byte follows.
func (f *frame) tokenRing() Reason {
	n := 14
	if len(f.b) > n && f.b[8]&0x80 != 0 {
		n += int(f.b[14] & 31)
	}
	return f.after(n, (*frame).llc)
}

// pflog reads a header that begins with its length, which does not count the padding to a multiple of four.
func (f *frame) pflog() Reason {
	if len(f.b) == 0 {
		return f.short(1)
	}
	return f.after((int(f.b[0])+3)&^3, (*frame).ip)
}

// nflog reads a netfilter log entry: family, version, resource, and attributes of length and type in the byte order of the
// machine that captured; one of them is the packet. Attributes begin at multiples of four.
func (f *frame) nflog() Reason {
	const payload = 9 // NFULA_PAYLOAD
	if len(f.b) < 4 {
		return f.short(4)
	}
	f.skip(4)
	// A length that makes no sense in one order is read in the other: attributes are much shorter than 64 KiB.
	order := binary.ByteOrder(binary.LittleEndian)
	if len(f.b) >= 2 && int(binary.LittleEndian.Uint16(f.b)) > f.wire {
		order = binary.BigEndian
	}
	for len(f.b) >= 4 {
		n, kind := int(order.Uint16(f.b)), order.Uint16(f.b[2:])&0x3fff
		if n < 4 || n > f.wire {
			return MalformedHeaders
		}
		if kind == payload {
			f.limit(n)
			f.skip(4)
			return f.ip()
		}
		n = min((n+3)&^3, f.wire)
		if len(f.b) < n {
			return f.short(n)
		}
		f.skip(n)
	}
	if f.wire == 0 {
		return NotIP
	}
	return f.short(4)
}

// ppi reads a per-packet information header, https://www.cacetech.com/documents/PPI_Header_format_1.0.1.pdf: version, flags,
// length, and the link type of the frame behind it.
func (f *frame) ppi() Reason {
	if len(f.b) < 8 {
		return f.short(8)
	}
	n, link := int(binary.LittleEndian.Uint16(f.b[2:])), binary.LittleEndian.Uint32(f.b[4:])
	if f.b[0] != 0 || n < 8 {
		return MalformedHeaders
	}
	return f.wrapped(n, hanalyze.LinkType(link))
}

// pktap reads a Darwin packet tap header, little endian on every machine that writes it: its length, the kind of record and
// the link type of the frame behind it. USER2 may be anything else, so the header has to look right.
func (f *frame) pktap(link hanalyze.LinkType) Reason {
	const minHeader, maxHeader, isPacket = 108, 1 << 10, 1
	if len(f.b) < 12 {
		return f.short(12)
	}
	n, kind, inner := binary.LittleEndian.Uint32(f.b), binary.LittleEndian.Uint32(f.b[4:]), binary.LittleEndian.Uint32(f.b[8:])
	if n < minHeader || n > maxHeader || kind != isPacket {
		f.p.Unknown = link
		return UnknownLink
	}
	return f.wrapped(int(n), hanalyze.LinkType(inner))
}

// wrapped reads a frame behind n bytes of capture header. Such headers do not nest.
func (f *frame) wrapped(n int, link hanalyze.LinkType) Reason {
	if f.inner {
		return MalformedHeaders
	}
	if len(f.b) < n {
		return f.short(n)
	}
	f.inner = true
	f.skip(n)
	return f.link(link)
}
