package hanalyze

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Dir is the direction of bytes or packets on a flow.
type Dir uint8

// The two directions. They index arrays of two halves: h, peer := &c.half[d], &c.half[d.Reverse()].
const (
	C2S Dir = iota // from the client, the end that opened the flow
	S2C            // from the server
)

// Reverse returns the other direction.
func (d Dir) Reverse() Dir { return d ^ 1 }

// String returns "c2s" or "s2c", the spelling of RECORDS.
func (d Dir) String() string {
	if d == C2S {
		return "c2s"
	}
	return "s2c"
}

// Sender names the end that sends in direction d: "client" or "server".
func (d Dir) Sender() string {
	if d == C2S {
		return "client"
	}
	return "server"
}

// Meta says where in the capture something was seen.
type Meta struct {
	Packet uint64 // 1-based ordinal of the packet in the input, Wireshark's frame.number
	Time   Time   // the capture's clock, never the wall clock
}

// Transport is the protocol that carries a flow.
type Transport uint8

// The transports a flow can have.
const (
	TCP Transport = iota + 1
	UDP
)

// String returns "tcp" or "udp".
func (t Transport) String() string {
	switch t {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return ""
}

// Orientation says how it was decided which end of a flow is the client.
type Orientation uint8

// The ways to decide it, best evidence first.
const (
	BySYN         Orientation = iota + 1 // the client's SYN was captured
	BySYNACK                             // the server's SYN-ACK was captured, its SYN was not
	ByPort                               // the server has the well-known or the lower port
	ByContent                            // the first payload reads like a request or an answer
	ByFirstPacket                        // nothing else was known: the first sender is the client
)

// String returns the lower_snake name used in conn records.
func (o Orientation) String() string {
	switch o {
	case BySYN:
		return "syn"
	case BySYNACK:
		return "syn_ack"
	case ByPort:
		return "port"
	case ByContent:
		return "content"
	case ByFirstPacket:
		return "first_packet"
	}
	return ""
}

// Flow is a conversation between two transport addresses. All of it but ID and ServerName is fixed before the first
// byte is delivered, and none of it is ever flipped.
type Flow struct {
	// ID is the 1-based ordinal of the flow by first packet. Flows are found in parallel, so only the join, which
	// sees them in capture order, can number them: it sets ID before the flow's first record is rendered.
	ID             uint64
	First          Meta // the first packet
	Transport      Transport
	Client, Server netip.AddrPort
	Orientation    Orientation
	MidStream      bool   // the capture missed the opening
	CommunityID    string // Community ID v1, see CommunityIDv1

	// ServerName is the best name known for the server so far, and ServerNameSource where it came from: "sni", "host",
	// "dns", "hosts_file" or "capture". Both belong to the join, like ID.
	ServerName, ServerNameSource string
}

// CommunityIDv1 computes the Community ID of a flow (version 1, seed 0): "1:" and the base64 SHA-1 of seed, ordered
// addresses, protocol, padding and ordered ports. See https://github.com/corelight/community-id-spec.
func CommunityIDv1(t Transport, a, b netip.AddrPort) string {
	if c := a.Addr().Compare(b.Addr()); c > 0 || c == 0 && a.Port() > b.Port() {
		a, b = b, a
	}
	proto := byte(6)
	if t == UDP {
		proto = 17
	}
	buf := make([]byte, 0, 2+16+16+2+4)
	buf = append(buf, 0, 0)
	buf = appendAddr(buf, a.Addr())
	buf = appendAddr(buf, b.Addr())
	buf = append(buf, proto, 0)
	buf = binary.BigEndian.AppendUint16(buf, a.Port())
	buf = binary.BigEndian.AppendUint16(buf, b.Port())
	sum := sha1.Sum(buf)
	id := append(make([]byte, 0, 2+28), "1:"...)
	return string(base64.StdEncoding.AppendEncode(id, sum[:]))
}

// appendAddr appends the bytes of an address.
func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is4() {
		v4 := a.As4()
		return append(b, v4[:]...)
	}
	v6 := a.As16()
	return append(b, v6[:]...)
}

// LinkType is the link-layer header type of a captured packet, as numbered by tcpdump's LINKTYPE_ registry
// (https://www.tcpdump.org/linktypes.html).
type LinkType uint32

// The link types the packet parser reads.
const (
	LinkNull       LinkType = 0   // BSD loopback: address family in the writer's byte order
	LinkEthernet   LinkType = 1   // Ethernet II, 802.3, VLAN tags
	LinkTokenRing  LinkType = 6   // 802.5
	LinkPPP        LinkType = 9   // PPP, with or without address and control
	LinkFDDI       LinkType = 10  // FDDI
	LinkRaw12      LinkType = 12  // raw IP, as some systems number it
	LinkRaw14      LinkType = 14  // raw IP, as OpenBSD numbers it
	LinkPPPHDLC    LinkType = 50  // PPP in HDLC-like framing, or Cisco HDLC
	LinkPPPEther   LinkType = 51  // PPPoE session without Ethernet
	LinkATM1483    LinkType = 100 // LLC over ATM, RFC 1483
	LinkRaw        LinkType = 101 // raw IP, version in the first nibble
	LinkCHDLC      LinkType = 104 // Cisco HDLC
	LinkWiFi       LinkType = 105 // 802.11
	LinkLoop       LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkEnc        LinkType = 109 // OpenBSD's view inside IPsec
	LinkLinuxSLL   LinkType = 113 // Linux cooked capture v1
	LinkPFLog      LinkType = 117 // the log of OpenBSD's packet filter
	LinkPrism      LinkType = 119 // 802.11 after a Prism or AVS header
	LinkIPoverFC   LinkType = 122 // IP over Fibre Channel, RFC 2625
	LinkRadiotap   LinkType = 127 // 802.11 after a radiotap header
	LinkFireWire   LinkType = 138 // Apple's IP over IEEE 1394
	LinkUser2      LinkType = 149 // PKTAP, as Darwin wrote it before it had a number
	LinkAVS        LinkType = 163 // 802.11 after an AVS header
	LinkPPPD       LinkType = 166 // Linux pppd: the direction in place of the address
	LinkPPI        LinkType = 192 // per-packet information, then a frame of the type it names
	LinkPPPWithDir LinkType = 204 // PPP after a byte of direction
	LinkMPLS       LinkType = 219 // a label stack
	LinkIPNet      LinkType = 226 // Solaris ipnet
	LinkIPv4       LinkType = 228 // raw IPv4
	LinkIPv6       LinkType = 229 // raw IPv6
	LinkNFLog      LinkType = 239 // Linux netfilter log
	LinkPKTAP      LinkType = 258 // Darwin's packet tap, then a frame of the type it names
	LinkSLL2       LinkType = 276 // Linux cooked capture v2
)

// String returns the name without the LINKTYPE_ prefix, or the number for a type hanalyze does not read.
func (l LinkType) String() string {
	switch l {
	case LinkNull:
		return "NULL"
	case LinkEthernet:
		return "ETHERNET"
	case LinkTokenRing:
		return "IEEE802_5"
	case LinkPPP:
		return "PPP"
	case LinkFDDI:
		return "FDDI"
	case LinkRaw12, LinkRaw14, LinkRaw:
		return "RAW"
	case LinkPPPHDLC:
		return "PPP_HDLC"
	case LinkPPPEther:
		return "PPP_ETHER"
	case LinkATM1483:
		return "ATM_RFC1483"
	case LinkCHDLC:
		return "C_HDLC"
	case LinkWiFi:
		return "IEEE802_11"
	case LinkLoop:
		return "LOOP"
	case LinkEnc:
		return "ENC"
	case LinkLinuxSLL:
		return "LINUX_SLL"
	case LinkPFLog:
		return "PFLOG"
	case LinkPrism:
		return "IEEE802_11_PRISM"
	case LinkIPoverFC:
		return "IP_OVER_FC"
	case LinkRadiotap:
		return "IEEE802_11_RADIOTAP"
	case LinkFireWire:
		return "APPLE_IP_OVER_IEEE1394"
	case LinkUser2:
		return "USER2"
	case LinkAVS:
		return "IEEE802_11_AVS"
	case LinkPPPD:
		return "PPP_PPPD"
	case LinkPPI:
		return "PPI"
	case LinkPPPWithDir:
		return "PPP_WITH_DIR"
	case LinkMPLS:
		return "MPLS"
	case LinkIPNet:
		return "IPNET"
	case LinkIPv4:
		return "IPV4"
	case LinkIPv6:
		return "IPV6"
	case LinkNFLog:
		return "NFLOG"
	case LinkPKTAP:
		return "PKTAP"
	case LinkSLL2:
		return "LINUX_SLL2"
	}
	return strconv.Itoa(int(l))
}

// TCPFlags are the control bits of a TCP header (RFC 9293 §3.1, RFC 3168 §6.1, AE from RFC 9768).
type TCPFlags uint16

// The control bits.
const (
	FIN TCPFlags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
	AE
)

// Has reports whether all of f are set.
func (g TCPFlags) Has(f TCPFlags) bool { return g&f == f }

// String returns the letters of the flags that are set in the order FSRPAUEC, and N for AE.
func (g TCPFlags) String() string {
	var b [9]byte
	n := 0
	for i, c := range []byte("FSRPAUECN") {
		if g&(1<<i) != 0 {
			b[n] = c
			n++
		}
	}
	return string(b[:n])
}
