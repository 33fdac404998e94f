package dns

import (
	"strconv"

	"hanalyze"
)

// Options of IANA's "DNS EDNS0 Option Codes" whose data is read.
const (
	optLLQ       = 1
	optLease     = 2
	optNSID      = 3
	optDAU       = 5
	optDHU       = 6
	optN3U       = 7
	optECS       = 8
	optExpire    = 9
	optCookie    = 10
	optKeepalive = 11
	optPadding   = 12
	optChain     = 13
	optKeyTag    = 14
	optEDE       = 15
	optClientTag = 16
	optServerTag = 17
	optReport    = 18
	optZone      = 19
	optUmbrella  = 20292
	optDevice    = 26946
)

var optionNames = [...]string{
	optLLQ: "LLQ", optLease: "UPDATE-LEASE", optNSID: "NSID", optDAU: "DAU", optDHU: "DHU", optN3U: "N3U", optECS: "ECS",
	optExpire: "EXPIRE", optCookie: "COOKIE", optKeepalive: "TCP-KEEPALIVE", optPadding: "PADDING", optChain: "CHAIN",
	optKeyTag: "KEY-TAG", optEDE: "EDE", optClientTag: "CLIENT-TAG", optServerTag: "SERVER-TAG", optReport: "REPORT-CHANNEL",
	optZone: "ZONEVERSION",
}

// edeNames are the INFO-CODEs of RFC 8914 §5.2 and later ones.
var edeNames = [...]string{
	"Other", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
	"DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
	"RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored", "Filtered",
	"Prohibited", "Stale NXDOMAIN Answer", "Not Authoritative", "Not Supported", "No Reachable Authority", "Network Error",
	"Invalid Data", "Signature Expired before Valid", "Too Early", "Unsupported NSEC3 Iterations Value",
	"Unable to conform to policy", "Synthesized", "Invalid Query Type",
}

// OptionName returns the name of an EDNS option, or OPT65001 for one without.
func OptionName(code uint16) string {
	switch code {
	case optUmbrella:
		return "UMBRELLA-IDENT"
	case optDevice:
		return "DEVICEID"
	}
	return nameOr(optionNames[:], code, "OPT")
}

// opt reads an OPT record (RFC 6891 §6.1.2): its class is a size, its TTL holds bits, its data, msg[off:end], options.
func (p *parser) opt(start int, class uint16, ttl uint32, off, end int) {
	if p.m.EDNS != nil {
		p.fail(start, "opt_repeated", "")
		return
	}
	p.m.Rcode |= uint16(ttl>>24) << 4
	p.m.EDNS = &hanalyze.EDNS{Version: uint8(ttl >> 16), UDPSize: class, DO: ttl&0x8000 != 0, CO: ttl&0x4000 != 0}
	for off < end {
		if p.full(len(p.m.EDNS.Options)) {
			return
		}
		r := rdata{p: p, off: off, end: end}
		code, length := uint16(r.uint(2)), int(r.uint(2))
		if r.bad || length > end-r.off {
			p.fail(off, "option_malformed", "")
			return
		}
		off = r.off + length
		p.m.EDNS.Options = append(p.m.EDNS.Options, hanalyze.EDNSOption{
			Code: code, Name: OptionName(code), Data: p.option(code, r.off, off),
		})
	}
}

// option returns the readable form of an option's data, msg[off:end]; hexadecimal where the data has not the form it
// should have.
func (p *parser) option(code uint16, off, end int) string {
	if off == end && code != optPadding {
		return "" // most options are empty in one of the two directions
	}
	start := p.text.Len()
	r := rdata{p: p, off: off, end: end}
	r.option(code)
	if !r.bad && r.off == end {
		return p.text.from(start)
	}
	p.fail(off, "option_malformed", OptionName(code))
	start = p.text.Len()
	p.text.hex(p.msg[off:end])
	return p.text.from(start)
}

func (r *rdata) option(code uint16) {
	t := &r.p.text
	switch code {
	case optLLQ:
		r.longLived()
	case optLease:
		r.lease()
	case optNSID, optDevice:
		r.nsid()
	case optDAU, optDHU, optN3U:
		r.numbers(1)
	case optECS:
		r.clientSubnet()
	case optExpire:
		t.uint(r.uint(4))
	case optCookie:
		r.cookie()
	case optKeepalive:
		tenths := r.uint(2) // RFC 7828 §3.1: units of 100 ms
		var tmp [24]byte
		t.Write(strconv.AppendFloat(tmp[:0], float64(tenths)/10, 'f', -1, 64))
		t.WriteByte('s')
	case optPadding:
		t.uint(uint64(len(r.rest())))
	case optChain, optReport:
		r.name()
	case optKeyTag, optClientTag, optServerTag:
		r.numbers(2)
	case optZone:
		r.zoneVersion()
	case optEDE:
		r.extendedError()
	default:
		t.hex(r.rest())
	}
}

// nsid writes a name server identifier, which is opaque but mostly text (RFC 5001 §2.3), in quotes or in hexadecimal.
func (r *rdata) nsid() {
	b := r.rest()
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			r.p.text.hex(b)
			return
		}
	}
	r.p.text.quoted(b)
}

// numbers writes numbers of n bytes each.
func (r *rdata) numbers(n int) {
	for first := true; r.off < r.end; first = false {
		if !first {
			r.space()
		}
		r.p.text.uint(r.uint(n))
	}
}

// clientSubnet writes "192.0.2.0/24/0": address, source and scope prefix length (RFC 7871 §6).
func (r *rdata) clientSubnet() {
	family, source, scope := r.uint(2), r.uint(1), r.uint(1)
	a, ok := prefixAddr(family, max(source, scope), r.rest())
	if !ok && !(family == 0 && source == 0) {
		r.bad = true
		return
	}
	if ok {
		r.p.text.addr(a)
	}
	r.p.text.WriteByte('/')
	r.p.text.uint(source)
	r.p.text.WriteByte('/')
	r.p.text.uint(scope)
}

// cookie writes the client's cookie and, after a blank, the server's (RFC 7873 §4).
func (r *rdata) cookie() {
	r.p.text.hex(r.bytes(8))
	server := r.rest()
	if n := len(server); n > 0 && (n < 8 || n > 32) {
		r.bad = true
	}
	if len(server) > 0 {
		r.space()
		r.p.text.hex(server)
	}
}

// extendedError writes `18 (Prohibited) "text"`, RFC 8914 §2.
func (r *rdata) extendedError() {
	code := r.uint(2)
	r.p.text.uint(code)
	if code < uint64(len(edeNames)) {
		r.p.text.WriteString(" (" + edeNames[code] + ")")
	}
	if extra := r.rest(); len(extra) > 0 {
		r.space()
		r.p.text.quoted(extra)
	}
}

// longLived writes `opcode 1, error 0, id 81985529216486895, lease 3600s`, RFC 8764 §3.2. The version is always 1.
func (r *rdata) longLived() {
	t := &r.p.text
	if r.uint(2) != 1 {
		r.bad = true
		return
	}
	t.WriteString("opcode ")
	t.uint(r.uint(2))
	t.WriteString(", error ")
	t.uint(r.uint(2))
	t.WriteString(", id ")
	t.uint(r.uint(8))
	t.WriteString(", lease ")
	t.uint(r.uint(4))
	t.WriteByte('s')
}

// lease writes "3600s", and the lease of KEY records after a blank where it is told apart (RFC 9664 §4.2).
func (r *rdata) lease() {
	t := &r.p.text
	t.uint(r.uint(4))
	t.WriteByte('s')
	if r.off < r.end {
		r.space()
		t.uint(r.uint(4))
		t.WriteByte('s')
	}
}

// zoneVersion writes `2 labels, SOA serial 2024010100`, RFC 9660 §2.
func (r *rdata) zoneVersion() {
	t := &r.p.text
	t.uint(r.uint(1))
	t.WriteString(" labels, ")
	kind := r.uint(1)
	if kind == 0 && r.end-r.off == 4 {
		t.WriteString("SOA serial ")
		t.uint(r.uint(4))
		return
	}
	t.WriteString("type ")
	t.uint(kind)
	r.space()
	t.hex(r.rest())
}
