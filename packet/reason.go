package packet

// Reason says why a frame did not reach a flow. The names are keys of stats.packets.skipped; two reasons share one.
type Reason uint8

// The reasons. OK means the frame was decoded.
const (
	OK               Reason = iota
	UnknownLink             // a link type nobody here reads: Packet.Unknown
	NotIP                   // ARP, spanning tree, LLDP, …
	OpaqueLink              // encrypted or cut into pieces by the link layer
	TruncatedHeaders        // the capture cut the frame inside a header
	MalformedHeaders        // lengths or versions that cannot be
	IPFragment              // part of an IP packet, for a Defragmenter
	FragmentHeld            // the Defragmenter keeps it: counted when its datagram's fate is known
	FragmentTimeout         // the rest of the datagram did not come in time, or the capture ended
	FragmentLimit           // a limit of the Defragmenter was reached
	FragmentOverlap         // fragments that contradict each other, RFC 5722
	Tunnel                  // a tunnel of a kind that is not read, or one too many inside others
	ICMP                    // ICMP and ICMPv6
	QuotedInICMP            // an ICMP error about a packet of a flow: also told as icmp, for it has no flow of its own
	OtherTransport          // any other protocol over IP
	NumReasons
)

var reasonNames = [NumReasons]string{
	"ok", "unknown_link", "not_ip", "opaque_link", "truncated_headers", "malformed_headers", "ip_fragment", "fragment_held",
	"fragment_timeout", "fragment_limit", "fragment_overlap", "tunnel", "icmp", "icmp", "other_transport",
}

// String returns the lower_snake name.
func (r Reason) String() string {
	if r < NumReasons {
		return reasonNames[r]
	}
	return ""
}
