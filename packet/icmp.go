package packet

import (
	"encoding/binary"
	"net/netip"

	"hanalyze"
)

// ICMPError says what an ICMP or ICMPv6 error message says, and who says it. The packet it complains about is quoted in it:
// RFC 792 has the quote go as far as eight bytes of the transport header, which is enough for the ports and TCP's sequence
// number.
type ICMPError struct {
	From netip.Addr // a router, or the host itself
	Type uint8
	Code uint8
	MTU  uint32 // of the next link, where the packet was too big for it; 0 from routers older than RFC 1191
}

// Types of error messages. The rest of ICMP, redirects too, complains about no packet: what those quote was forwarded.
const (
	icmpUnreachable  = 3  // RFC 792
	icmpSourceQuench = 4  // RFC 792; deprecated by RFC 6633
	icmpTimeExceeded = 11 // RFC 792
	icmpParameter    = 12 // RFC 792

	icmp6Unreachable  = 1 // RFC 4443 §3.1
	icmp6TooBig       = 2 // RFC 4443 §3.2
	icmp6TimeExceeded = 3 // RFC 4443 §3.3
	icmp6Parameter    = 4 // RFC 4443 §3.4
)

// Codes of icmpUnreachable with a meaning here.
const icmpFragmentationNeeded = 4

// unreachable4 names the codes of type 3: RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1.
var unreachable4 = [...]string{
	"net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable", "fragmentation_needed",
	"source_route_failed", "net_unknown", "host_unknown", "source_isolated", "net_prohibited", "host_prohibited",
	"net_unreachable_for_tos", "host_unreachable_for_tos", "admin_prohibited", "precedence_violation", "precedence_cutoff",
}

// unreachable6 names the codes of ICMPv6's type 1: RFC 4443 §3.1 and, for the last, RFC 8883 §3.
var unreachable6 = [...]string{
	"no_route", "admin_prohibited", "beyond_scope", "host_unreachable", "port_unreachable", "source_policy", "reject_route",
	"source_route_failed", "headers_too_long",
}

// v6 reports whether the message is ICMPv6: who sends the one has an address of the same family.
func (e *ICMPError) v6() bool { return !e.From.Is4() }

// Reason names what the message says, in lower_snake.
func (e *ICMPError) Reason() string {
	switch {
	case e.v6() && e.Type == icmp6Unreachable && int(e.Code) < len(unreachable6):
		return unreachable6[e.Code]
	case e.v6() && e.Type == icmp6TooBig:
		return "packet_too_big"
	case !e.v6() && e.Type == icmpUnreachable && int(e.Code) < len(unreachable4):
		return unreachable4[e.Code]
	case !e.v6() && e.Type == icmpSourceQuench:
		return "source_quench"
	case e.timeExceeded() && e.Code == 0:
		return "ttl_exceeded"
	case e.timeExceeded():
		return "reassembly_timeout"
	case e.v6() && e.Type == icmp6Parameter, !e.v6() && e.Type == icmpParameter:
		return "parameter_problem"
	}
	return "unreachable"
}

func (e *ICMPError) timeExceeded() bool {
	return e.v6() && e.Type == icmp6TimeExceeded || !e.v6() && e.Type == icmpTimeExceeded
}

// Hard reports whether the message says that no packet to that address or port gets through, so that whoever is opening a
// connection gives up. RFC 1122 §4.2.3.9 calls only some of these hard errors; in SYN-SENT systems take all of them so
// (RFC 5461 §4).
func (e *ICMPError) Hard() bool {
	if e.v6() {
		return e.Type == icmp6Unreachable
	}
	return e.Type == icmpUnreachable && e.Code != icmpFragmentationNeeded
}

// isICMPError reports whether a type of message is one of the errors above.
func isICMPError(v6 bool, kind byte) bool {
	if v6 {
		return kind >= icmp6Unreachable && kind <= icmp6Parameter
	}
	switch kind {
	case icmpUnreachable, icmpSourceQuench, icmpTimeExceeded, icmpParameter:
		return true
	}
	return false
}

// icmp reads an ICMP message: an error with the packet it quotes. RFC 1122 §3.2.2: no error is sent about an error.
func (f *frame) icmp(src netip.Addr) Reason {
	if f.quoted || len(f.b) < 8 || !isICMPError(!src.Is4(), f.b[0]) {
		return ICMP
	}
	e := ICMPError{From: src, Type: f.b[0], Code: f.b[1]}
	switch {
	case e.v6() && e.Type == icmp6TooBig:
		e.MTU = binary.BigEndian.Uint32(f.b[4:])
	case !e.v6() && e.Type == icmpUnreachable && e.Code == icmpFragmentationNeeded:
		e.MTU = uint32(binary.BigEndian.Uint16(f.b[6:])) // RFC 1191 §4
	}
	f.skip(8)
	f.quoted, f.wire = true, maxDatagram // the quote ends early: how long the packet was, its own header says
	if f.ip() != OK {
		return ICMP
	}
	f.p.ICMP = e
	return QuotedInICMP
}

// quotedTCP reads of a quoted TCP header what RFC 792 guarantees: ports and sequence number.
func (f *frame) quotedTCP(src, dst netip.Addr) Reason {
	if len(f.b) < 8 {
		return f.short(8)
	}
	f.p.Transport = hanalyze.TCP
	f.p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(f.b))
	f.p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(f.b[2:]))
	f.p.Seq = binary.BigEndian.Uint32(f.b[4:])
	return OK
}
