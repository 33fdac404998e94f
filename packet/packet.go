// Package packet reads the headers of one captured frame, from the link layer to TCP or UDP.
package packet

import (
	"net/netip"

	"hanalyze"
)

// Packet is a parsed frame. One Packet is reused for all frames: Parse overwrites every field. All slices are borrowed
// from the frame; after Defragmenter.Add they are of a buffer of their own.
type Packet struct {
	Meta      hanalyze.Meta
	Transport hanalyze.Transport
	Src, Dst  netip.AddrPort
	Tag       uint64 // VLANs and tunnels around the packet, as far as both directions of a flow should have the same
	IPBytes   int    // length of the IP packet on the wire, header included
	TTL       uint8  // or hop limit
	IPID      uint16 // IPv4 identification; 0 for IPv6
	HasIPID   bool

	// Valid iff Transport is TCP.
	Seq, Ack uint32
	Flags    hanalyze.TCPFlags
	Window   uint16
	sum      tcpSum
	Options  []byte // raw TCP options

	Fragment Fragment  // valid iff Parse returned IPFragment
	ICMP     ICMPError // valid iff Parse returned QuotedInICMP

	// Unknown is the link type that nobody here reads, valid iff Parse returned UnknownLink: that of the frame, or of the frame
	// behind a capture header.
	Unknown hanalyze.LinkType
	// Joined is where in the frame the next packet is that the link layer joined with this one, or 0: see ParseJoined.
	Joined int

	// Payload is what was captured of the transport's payload, PayloadLen what it was on the wire: more when the
	// snaplen cut it.
	Payload    []byte
	PayloadLen int
}
