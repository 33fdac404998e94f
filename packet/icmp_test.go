package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"hanalyze"
)

// routerSays returns an ICMP error of a router at 192.0.2.254, or 2001:db8::fe, about a packet, quoted as it is given.
func routerSays(t testing.TB, kind, code byte, rest uint32, quote []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{kind, code, 0, 0}, rest)
	if quote[0]>>4 == 6 {
		ip := ip6(layers.IPProtocolICMPv6)
		ip.SrcIP = netip.MustParseAddr("2001:db8::fe").AsSlice()
		return build(t, ip, gopacket.Payload(append(head, quote...)))
	}
	ip := ip4(layers.IPProtocolICMPv4)
	ip.SrcIP = netip.MustParseAddr("192.0.2.254").AsSlice()
	return build(t, ip, gopacket.Payload(append(head, quote...)))
}

func TestICMPErrors(t *testing.T) {
	tcp4, udp4 := build(t, ip4(layers.IPProtocolTCP), tcp(), body), build(t, ip4(layers.IPProtocolUDP), udp(), body)
	tcp6, udp6 := build(t, ip6(layers.IPProtocolTCP), tcp(), body), build(t, ip6(layers.IPProtocolUDP), udp(), body)
	with := func(b []byte, at int, v ...byte) []byte {
		b = append([]byte{}, b...)
		copy(b[at:], v)
		return b
	}
	// An IPv6 packet with hop-by-hop options of eight bytes.
	hop6 := with(append(append(append([]byte{}, tcp6[:40]...), layersTCP, 0, 1, 4, 0, 0, 0, 0), tcp6[40:]...), 6, 0)
	gre := build(t, ip4(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeIPv4}, gopacket.Payload(tcp4))
	vxlan := carry4(t, 0, 4789, append([]byte{8, 0, 0, 0, 0, 0, 7, 0}, build(t, eth4, gopacket.Payload(tcp4))...))
	var inVXLAN Packet
	inVXLAN.Parse(hanalyze.LinkRaw, vxlan, len(vxlan))

	const (
		flow4 = "10.0.0.5:51514>203.0.113.7:80 seq=2147483648"
		flow6 = "[2001:db8::5]:51514>[2001:db8::7]:80 seq=2147483648"
	)
	tests := []struct {
		name       string
		kind, code byte
		rest       uint32
		quote      []byte
		want       string // "" for an ICMP message about no packet that is known
	}{
		{"host unreachable", 3, 1, 0, tcp4, "192.0.2.254 host_unreachable hard tcp " + flow4},
		{"eight bytes of the header", 3, 3, 0, tcp4[:28], "192.0.2.254 port_unreachable hard tcp " + flow4},
		{"seven bytes", 3, 3, 0, tcp4[:27], ""},
		{"no header", 3, 3, 0, tcp4[:20], ""},
		{"a lie about the header's length", 3, 13, 0, with(tcp4, 32, 0xf0), "192.0.2.254 admin_prohibited hard tcp " + flow4},
		{"UDP", 3, 3, 0, udp4, "192.0.2.254 port_unreachable hard udp 10.0.0.5:51514>203.0.113.7:80"},
		{"UDP cut", 3, 3, 0, udp4[:28], "192.0.2.254 port_unreachable hard udp 10.0.0.5:51514>203.0.113.7:80"},
		{"fragmentation needed", 3, 4, 1400, tcp4, "192.0.2.254 fragmentation_needed mtu=1400 tcp " + flow4},
		{"an unknown code", 3, 99, 0, tcp4, "192.0.2.254 unreachable hard tcp " + flow4},
		{"source quench", 4, 0, 0, tcp4, "192.0.2.254 source_quench tcp " + flow4},
		{"redirect", 5, 1, 0, tcp4, ""},
		{"echo", 8, 0, 0, tcp4, ""},
		{"ttl exceeded", 11, 0, 0, tcp4, "192.0.2.254 ttl_exceeded tcp " + flow4},
		{"reassembly", 11, 1, 0, tcp4, "192.0.2.254 reassembly_timeout tcp " + flow4},
		{"parameter", 12, 0, 0, tcp4, "192.0.2.254 parameter_problem tcp " + flow4},
		{"first fragment", 3, 4, 576, with(tcp4, 6, 0x20), "192.0.2.254 fragmentation_needed mtu=576 tcp " + flow4},
		{"later fragment", 11, 1, 0, with(tcp4, 6, 0x20, 1), ""},
		{"about an error", 3, 1, 0, routerSays(t, 3, 1, 0, tcp4), ""},
		{"in a tunnel", 3, 1, 0, gre, "192.0.2.254 host_unreachable hard tcp " + flow4 + fmt.Sprintf(" tag=%x", tagOf(kindGRE))},
		{"in a UDP tunnel", 3, 1, 0, vxlan, "192.0.2.254 host_unreachable hard tcp " + flow4 + fmt.Sprintf(" tag=%x", inVXLAN.Tag)},
		{"in a UDP tunnel, cut", 3, 1, 0, vxlan[:28], "192.0.2.254 host_unreachable hard udp " + outerOf(vxlan)},

		{"IPv6: no route", 1, 0, 0, tcp6, "2001:db8::fe no_route hard tcp " + flow6},
		{"IPv6: port unreachable", 1, 4, 0, udp6, "2001:db8::fe port_unreachable hard udp [2001:db8::5]:51514>[2001:db8::7]:80"},
		{"IPv6: too big", 2, 0, 1280, tcp6[:48], "2001:db8::fe packet_too_big mtu=1280 tcp " + flow6},
		{"IPv6: hop limit", 3, 0, 0, tcp6, "2001:db8::fe ttl_exceeded tcp " + flow6},
		{"IPv6: extension header", 1, 3, 0, hop6, "2001:db8::fe host_unreachable hard tcp " + flow6},
		{"IPv6: echo", 128, 0, 0, tcp6, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frame := routerSays(t, tt.kind, tt.code, tt.rest, tt.quote)
			var p Packet
			want := QuotedInICMP
			if tt.want == "" {
				want = ICMP
			}
			if r := p.Parse(hanalyze.LinkRaw, frame, len(frame)); r != want || r.String() != "icmp" {
				t.Fatalf("%d (%s)", r, r)
			}
			if got := describeError(&p); tt.want != "" && got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			for i := range frame {
				p.Parse(hanalyze.LinkRaw, frame[:i], len(frame))
				p.Parse(hanalyze.LinkRaw, frame[:i], i)
			}
			if n := testing.AllocsPerRun(10, func() { p.Parse(hanalyze.LinkRaw, frame, len(frame)) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// A quote that is nothing but fragment headers costs no more than any other.
func TestEndlessFragmentsInQuote(t *testing.T) {
	b := build(t, ip6(layers.IPProtocolIPv6Fragment))
	for range 8000 {
		b = append(b, 44, 0, 0, 1, 0, 0, 0, 0)
	}
	head := ip6(layers.IPProtocolICMPv6)
	head.Length = 0xffff
	frame := build(t, head, gopacket.Payload(append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, b...)))
	if r := new(Packet).Parse(hanalyze.LinkRaw, frame, len(frame)); r != ICMP {
		t.Error(r)
	}
}

const layersTCP = byte(layers.IPProtocolTCP)

// describeError prints what Parse found in an ICMP error.
func describeError(p *Packet) string {
	s := fmt.Sprintf("%s %s", p.ICMP.From, p.ICMP.Reason())
	if p.ICMP.Hard() {
		s += " hard"
	}
	if p.ICMP.MTU != 0 {
		s += fmt.Sprintf(" mtu=%d", p.ICMP.MTU)
	}
	s += fmt.Sprintf(" %s %s>%s", p.Transport, p.Src, p.Dst)
	if p.Transport == hanalyze.TCP {
		s += fmt.Sprintf(" seq=%d", p.Seq)
	}
	if p.Tag != 0 {
		s += fmt.Sprintf(" tag=%x", p.Tag)
	}
	return s
}

// tagOf returns the tag of a packet in one tunnel.
func tagOf(kind tunnelKind) uint64 {
	f := frame{p: new(Packet)}
	f.enter(kind, 0)
	return f.p.Tag
}

// outerOf returns the addresses of a UDP datagram in an IPv4 packet.
func outerOf(b []byte) string {
	port := func(at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
	return fmt.Sprintf("%s>%s",
		netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:])), port(20)), netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:])), port(22)))
}
