package packet

import (
	"encoding/binary"
	"net/netip"

	"hanalyze"
)

// maxNesting bounds VLAN tags, labels and IPv6 extension headers: real frames have at most three tags and three extension
// headers, and a frame that is nothing but headers must not cost more than its share.
const maxNesting = 16

// IP protocol numbers, https://www.iana.org/assignments/protocol-numbers.
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPIP     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoAH       = 51
	protoEtherIP  = 97
	protoMPLS     = 137
	protoEthernet = 143
	protoICMPv6   = 58
	protoDestOpts = 60
	protoMobility = 135
	protoHIP      = 139
	protoShim6    = 140
)

// Parse reads the headers of a frame of the given link type, through tunnels to the innermost packet. data is what was
// captured, borrowed for as long as p is used; wire is the frame's length on the wire. On OK all fields of p but Meta and
// Fragment are set. On IPFragment, Src and Dst have no ports, Payload is the fragment's part of the datagram, and Fragment
// says which: see Defragmenter. On QuotedInICMP, ICMP is what an error message says, and Transport, Src, Dst, Tag and Seq are
// those of the packet it complains about; the other fields are not to be relied upon. On any other reason all are meaningless.
func (p *Packet) Parse(link hanalyze.LinkType, data []byte, wire int) Reason {
	meta := p.Meta
	*p = Packet{Meta: meta}
	f := frame{p: p, b: data, wire: max(wire, len(data))}
	if link == hanalyze.LinkEthernet {
		return f.ethernet()
	}
	return f.link(link)
}

// ParseJoined reads the packet that begins at offset at of a frame that Parse has read: an A-MSDU of 802.11 joins several. data
// and wire are those given to Parse, at is the Joined of the packet before. The result is as of Parse.
func (p *Packet) ParseJoined(data []byte, wire, at int) Reason {
	*p = Packet{Meta: p.Meta}
	f := frame{p: p, b: data, wire: max(wire, len(data))}
	f.skip(at)
	return f.amsdu()
}

// frame is what is left of a frame while its headers are taken off.
type frame struct {
	p    *Packet
	b    []byte // captured
	wire int    // length on the wire, at least len(b)
	at   int    // bytes taken off so far

	depth  uint8 // tunnels entered
	inner  bool  // a capture header such as PPI or PKTAP has been taken off
	detour bool  // an IPv6 routing header has been taken off: the destination is not that of the checksum
	quoted bool  // an ICMP error has been taken off: what is left may end anywhere
}

// skip takes n bytes off; the caller has checked that they are there.
func (f *frame) skip(n int) {
	f.b = f.b[n:]
	f.wire -= n
	f.at += n
}

// limit shortens the frame to n bytes on the wire: what follows is padding or a trailer.
func (f *frame) limit(n int) {
	f.wire = min(f.wire, n)
	f.b = f.b[:min(len(f.b), n)]
}

// short tells apart why there are fewer than the n bytes a header needs.
func (f *frame) short(n int) Reason {
	if f.wire >= n {
		return TruncatedHeaders
	}
	return MalformedHeaders
}

func (f *frame) ip() Reason {
	if len(f.b) == 0 {
		return f.short(1)
	}
	switch f.b[0] >> 4 {
	case 4:
		return f.ipv4()
	case 6:
		return f.ipv6()
	}
	return NotIP
}

// ipv4 reads an IPv4 header, RFC 791 §3.1.
func (f *frame) ipv4() Reason {
	if len(f.b) < 20 {
		return f.short(20)
	}
	h := f.b
	head := int(h[0]&15) * 4
	total := int(binary.BigEndian.Uint16(h[2:]))
	if h[0]>>4 != 4 || head < 20 {
		return MalformedHeaders
	}
	// Segmentation offload leaves the total length zero: the frame's own length is then the truth.
	if total == 0 {
		total = f.wire
	}
	if total < head {
		return MalformedHeaders
	}
	f.p.IPBytes = total
	f.p.TTL = h[8]
	f.p.IPID, f.p.HasIPID = binary.BigEndian.Uint16(h[4:]), true
	f.limit(total)
	if len(f.b) < head {
		return f.short(head)
	}
	src, dst := netip.AddrFrom4([4]byte(h[12:])), netip.AddrFrom4([4]byte(h[16:]))
	// More-fragments or a fragment offset: the transport header may not be here, and the payload is not whole.
	proto, cut := h[9], binary.BigEndian.Uint16(h[6:])
	f.skip(head)
	if cut&0x3fff != 0 {
		return f.fragment(src, dst, Fragment{ID: uint32(f.p.IPID), Proto: proto, Offset: cut << 3, More: cut&0x2000 != 0})
	}
	return f.transport(proto, src, dst)
}

// ipv6 reads an IPv6 header, RFC 8200 §3.
func (f *frame) ipv6() Reason {
	if len(f.b) < 40 {
		return f.short(40)
	}
	h := f.b
	if h[0]>>4 != 6 {
		return MalformedHeaders
	}
	length := int(binary.BigEndian.Uint16(h[4:]))
	f.p.TTL = h[7]
	f.p.IPID, f.p.HasIPID = 0, false // an outer IPv4 header may have set them
	src, dst := netip.AddrFrom16([16]byte(h[8:])), netip.AddrFrom16([16]byte(h[24:]))
	proto := h[6]
	f.skip(40)
	// A jumbogram (RFC 2675) or segmentation offload has length zero: take what is there.
	if length != 0 {
		f.limit(length)
	}
	f.p.IPBytes = 40 + f.wire
	if length > f.wire {
		f.p.IPBytes = 40 + length
	}
	return f.transport(proto, src, dst)
}

// transport walks extension headers (RFC 8200 §4, and AH over either IP) to the transport header.
func (f *frame) transport(proto byte, src, dst netip.Addr) Reason {
	for range maxNesting {
		switch proto {
		case protoTCP:
			return f.tcp(src, dst)
		case protoUDP:
			return f.udp(src, dst)
		case protoICMP, protoICMPv6:
			return f.icmp(src)
		case protoIPIP, protoIPv6, protoGRE, protoEtherIP, protoMPLS, protoEthernet:
			return f.tunnel(proto)
		case protoHopByHop, protoRouting, protoFragment, protoAH, protoDestOpts, protoMobility, protoHIP, protoShim6:
		default:
			return OtherTransport
		}
		if len(f.b) < 8 {
			return f.short(8)
		}
		n := (int(f.b[1]) + 1) * 8
		switch proto {
		case protoFragment:
			// RFC 6946: an atomic fragment, offset zero and nothing more to come, is a whole packet.
			if cut := binary.BigEndian.Uint16(f.b[2:]); cut&0xfff9 != 0 {
				g := Fragment{ID: binary.BigEndian.Uint32(f.b[4:]), Proto: f.b[0], Offset: cut &^ 7, More: cut&1 != 0}
				f.skip(8)
				return f.fragment(src, dst, g)
			}
			n = 8
		case protoAH:
			n = (int(f.b[1]) + 2) * 4 // RFC 4302 §2.2 counts in words of four bytes, minus two
		}
		if len(f.b) < n {
			return f.short(n)
		}
		f.detour = f.detour || proto == protoRouting
		proto = f.b[0]
		f.skip(n)
	}
	return MalformedHeaders
}

// tcp reads a TCP header, RFC 9293 §3.1. Options cut by the capture are kept as far as they go: the segment still counts.
func (f *frame) tcp(src, dst netip.Addr) Reason {
	if f.quoted {
		return f.quotedTCP(src, dst)
	}
	if len(f.b) < 20 {
		return f.short(20)
	}
	h, p := f.b, f.p
	head := int(h[12]>>4) * 4
	if head < 20 || head > f.wire {
		return MalformedHeaders
	}
	p.Transport = hanalyze.TCP
	p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(h))
	p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(h[2:]))
	p.Seq = binary.BigEndian.Uint32(h[4:])
	p.Ack = binary.BigEndian.Uint32(h[8:])
	p.Flags = hanalyze.TCPFlags(h[13]) | hanalyze.TCPFlags(h[12]&1)<<8
	p.Window = binary.BigEndian.Uint16(h[14:])
	if !f.detour {
		p.sum = tcpSum{binary.BigEndian.Uint16(h[12:]), binary.BigEndian.Uint16(h[16:]), binary.BigEndian.Uint16(h[18:])}
	}
	p.Options = h[20:min(head, len(h))]
	p.PayloadLen = f.wire - head
	p.Payload = h[min(head, len(h)):]
	return OK
}

// udp reads a UDP header, RFC 768.
func (f *frame) udp(src, dst netip.Addr) Reason {
	if len(f.b) < 8 {
		return f.short(8)
	}
	h, p := f.b, f.p
	length := int(binary.BigEndian.Uint16(h[4:]))
	// RFC 2675 §4: zero where the length does not fit; segmentation offload leaves the same.
	if length == 0 {
		length = f.wire
	}
	if length < 8 {
		return MalformedHeaders
	}
	p.Transport = hanalyze.UDP
	p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(h))
	p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(h[2:]))
	f.skip(8)
	f.limit(length - 8)
	p.Payload, p.PayloadLen = f.b, f.wire
	if kind := udpTunnelOf(p.Src.Port(), p.Dst.Port()); kind != noTunnel {
		return f.udpTunnel(kind)
	}
	return OK
}
