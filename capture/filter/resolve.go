package filter

import (
	"math/bits"
	"strings"
)

// resolve makes a condition of an id and its qualifiers.
func (p *parser) resolve(t *token, q qualifiers) (node, error) {
	switch q.kind {
	case portKind, portRangeKind:
		return p.port(t, q)
	case protoKind:
		return p.protoID(t, q)
	}
	switch t.kind {
	case tokenMAC:
		if q.proto != link || q.kind == netKind {
			return nil, p.fail(t.at, "an Ethernet address needs ether in front: ether host %s", t.text)
		}
		return &hardware{t.at, q.dir, t.mac}, nil
	case tokenIP6:
		return p.host6(t, q)
	case tokenDotted, tokenNumber:
		return p.host4(t, q)
	}
	switch {
	case q.proto == link:
		return nil, p.fail(t.at, "names are not looked up: give an Ethernet address for %q", t.text)
	case q.kind == netKind:
		return nil, p.fail(t.at, "names are not looked up: give the number of the net %q", t.text)
	}
	return nil, p.fail(t.at, "names are not looked up: give an address for %q", t.text)
}

// checkHost says whether addresses can be told of the protocol.
func (p *parser) checkHost(t *token, q qualifiers, version string, allowed ...proto) *Error {
	for _, a := range allowed {
		if q.proto == a {
			return nil
		}
	}
	if q.proto == link {
		return p.fail(t.at, "%s is no Ethernet address", p.text[t.at.from:t.at.to])
	}
	return p.fail(t.at, "the protocol in front does not go with an %s address: write PROTOCOL and host ADDRESS", version)
}

// host4 makes a condition of an IPv4 address or net. Numbers that are missing at its end are not compared; a lone number is
// the whole address of a host but the first byte of a net.
func (p *parser) host4(t *token, q qualifiers) (node, error) {
	addr, mask := t.value, ^uint32(0)
	switch {
	case t.kind == tokenDotted:
		addr <<= 32 - t.bits
		mask <<= 32 - t.bits
	case q.kind == netKind && addr != 0:
		shift := bits.LeadingZeros32(addr) &^ 7
		addr <<= shift
		mask <<= shift
	}
	at := t.at
	if p.peek().is("/", "mask") && t.kind == tokenDotted {
		var err *Error
		if addr, mask, at, err = p.mask4(t, addr, q); err != nil {
			return nil, err
		}
	}
	if err := p.checkHost(t, q, "IPv4", anyProto, ip, arp, rarp); err != nil {
		return nil, err
	}
	return &address4{at, q.proto, q.dir, addr, mask}, nil
}

// mask4 reads the mask that follows a net: "/8" or "mask 255.0.0.0".
func (p *parser) mask4(t *token, addr uint32, q qualifiers) (_, mask uint32, at span, _ *Error) {
	slash := p.next().text == "/"
	m := p.next()
	at = t.at.until(m.at)
	switch {
	case slash && m.kind == tokenNumber && m.value <= 32:
		mask = uint32(^uint64(0) << (32 - m.value))
	case slash:
		return 0, 0, at, p.fail(m.at, "the length of an IPv4 net is a number from 0 to 32")
	case m.kind == tokenDotted:
		mask = m.value << (32 - m.bits)
	default:
		return 0, 0, at, p.fail(m.at, "a mask is written like an address: 255.255.0.0")
	}
	if q.kind != netKind {
		return 0, 0, at, p.fail(at, "a mask needs net in front")
	}
	if addr&^mask != 0 {
		return 0, 0, at, p.fail(at, "the address has bits set that the mask does not cover")
	}
	return addr, mask, at, nil
}

// host6 makes a condition of an IPv6 address or net.
func (p *parser) host6(t *token, q qualifiers) (node, error) {
	n := &address6{t.at, q.dir, t.ip6, [4]uint32{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}}
	if p.accept("/") {
		m := p.next()
		if m.kind != tokenNumber || m.value > 128 {
			return nil, p.fail(m.at, "the length of an IPv6 net is a number from 0 to 128")
		}
		n.span = t.at.until(m.at)
		if q.kind != netKind && m.value < 128 {
			return nil, p.fail(n.span, "a mask needs net in front")
		}
		for i := range n.mask {
			covered := min(32, max(0, int(m.value)-32*i))
			n.mask[i] = uint32(^uint64(0) << (32 - covered))
			if n.addr[i]&^n.mask[i] != 0 {
				return nil, p.fail(n.span, "the address has bits set that the mask does not cover")
			}
		}
	}
	if err := p.checkHost(t, q, "IPv6", anyProto, ip6); err != nil {
		return nil, err
	}
	return n, nil
}

// port makes a condition of a port or a range of them.
func (p *parser) port(t *token, q qualifiers) (node, error) {
	n := &ports{span: t.at, dir: q.dir}
	switch q.proto {
	case anyProto:
		n.over = overAny
	case tcp:
		n.over = overTCP
	case udp:
		n.over = overUDP
	case sctp:
		n.over = overSCTP
	default:
		return nil, p.fail(t.at, "only tcp, udp and sctp have ports")
	}
	lo, hi := t.text, ""
	if q.kind == portRangeKind && t.kind == tokenWord {
		lo, hi = splitRange(t.text)
	}
	s, err := p.service(t, lo)
	if err != nil {
		return nil, err
	}
	n.lo, n.hi = s.port, s.port
	if hi != "" {
		last, err := p.service(t, hi)
		if err != nil {
			return nil, err
		}
		n.hi = last.port
		if s.over |= last.over; n.lo > n.hi {
			n.lo, n.hi = n.hi, n.lo
		}
	}
	if n.over == overAny {
		n.over = s.over
	} else if n.over&s.over == 0 {
		return nil, p.fail(t.at, "%q is no service of that protocol: give the number %d", t.text, s.port)
	}
	return n, nil
}

// splitRange cuts "6000-6008" and "ftp-data-ssh" at the dash that has known ports on both sides; "" if there is none.
func splitRange(s string) (lo, hi string) {
	for i := range len(s) {
		if s[i] == '-' && knownPort(s[:i]) && knownPort(s[i+1:]) {
			return s[:i], s[i+1:]
		}
	}
	lo, hi, _ = strings.Cut(s, "-")
	return lo, hi
}

func knownPort(s string) bool {
	_, named := services[s]
	return named || s != "" && strings.Trim(s, "0123456789") == ""
}

// service looks a port up. A number may be used with any transport.
func (p *parser) service(t *token, text string) (service, error) {
	if s, ok := services[text]; ok {
		return s, nil
	}
	port := t.value
	if t.kind != tokenNumber {
		n, err := lexOne(text+" ", 0)
		if err != nil || n.kind != tokenNumber || n.at.to != len(text) {
			return service{}, p.fail(t.at, "%q is no port that is known by name: give its number", text)
		}
		port = n.value
	}
	if port > 65535 {
		return service{}, p.fail(t.at, "port %d is more than 65535", port)
	}
	return service{port, overAny}, nil
}

// protoID makes a condition of a protocol given by number or by name, where the protocol in front says of which header.
func (p *parser) protoID(t *token, q qualifiers) (node, error) {
	var names map[string]uint32
	switch q.proto {
	case anyProto, ip, ip6:
		names = ipProtocols
	case link:
		names = etherProtocols
	case iso:
		names = isoProtocols
	case isis: // PDU types have no names here
	default:
		return nil, p.fail(t.at, "proto goes with ip, ip6, ether, iso and isis")
	}
	n := &number{t.at, q.proto, t.value}
	if t.kind == tokenNumber {
		return n, nil
	}
	v, ok := names[t.text]
	if !ok || t.kind != tokenWord && t.kind != tokenEscaped {
		return nil, p.fail(t.at, "%q is no protocol that is known by name: give its number", p.text[t.at.from:t.at.to])
	}
	n.value = v
	return n, nil
}
