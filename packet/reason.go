package packet

// Reason says why a frame did not reach a flow. The names are keys of stats.packets.skipped.
type Reason uint8

// The reasons. OK means the frame was decoded.
const (
	OK               Reason = iota
	UnknownLink             // a link type nobody here reads
	NotIP                   // ARP, spanning tree, LLDP, …
	TruncatedHeaders        // the capture cut the frame inside a header
	MalformedHeaders        // lengths or versions that cannot be
	IPFragment              // part of an IP packet
	Tunnel                  // IP in IP, GRE, MPLS, PPPoE: the inner packet is not looked at
	ICMP                    // ICMP and ICMPv6
	OtherTransport          // any other protocol over IP
	NumReasons
)

var reasonNames = [NumReasons]string{
	"ok", "unknown_link", "not_ip", "truncated_headers", "malformed_headers", "ip_fragment", "tunnel", "icmp", "other_transport",
}

// String returns the lower_snake name.
func (r Reason) String() string {
	if r < NumReasons {
		return reasonNames[r]
	}
	return ""
}
