package packet

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"hanalyze"
	"hanalyze/internal/samples"
)

// build serializes layers with their lengths fixed up.
func build(t testing.TB, ls ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ls...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	mac  = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	eth4 = &layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: layers.EthernetTypeIPv4}
	eth6 = &layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: layers.EthernetTypeIPv6}
	body = gopacket.Payload("GET / HTTP/1.1\r\n\r\n")
)

func ip4(p layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 61, Id: 4711, Protocol: p, SrcIP: net.IP{10, 0, 0, 5}, DstIP: net.IP{203, 0, 113, 7}}
}

func ip6(p layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 61, NextHeader: p, SrcIP: net.ParseIP("2001:db8::5"), DstIP: net.ParseIP("2001:db8::7")}
}

func tcp() *layers.TCP {
	return &layers.TCP{SrcPort: 51514, DstPort: 80, Seq: 1 << 31, Ack: 77, SYN: true, ACK: true, ECE: true, Window: 512,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}}}}
}

func udp() *layers.UDP { return &layers.UDP{SrcPort: 51514, DstPort: 80} }

// describe prints what Parse found, for tables.
func describe(p *Packet) string {
	s := fmt.Sprintf("%s %s>%s tag=%x ip=%d ttl=%d", p.Transport, p.Src, p.Dst, p.Tag, p.IPBytes, p.TTL)
	if p.HasIPID {
		s += fmt.Sprintf(" id=%d", p.IPID)
	}
	if p.Transport == hanalyze.TCP {
		s += fmt.Sprintf(" %s seq=%d ack=%d win=%d opt=%x", p.Flags, p.Seq, p.Ack, p.Window, p.Options)
	}
	return s + fmt.Sprintf(" %d/%d %q", len(p.Payload), p.PayloadLen, p.Payload)
}

const (
	tcp4want   = `tcp 10.0.0.5:51514>203.0.113.7:80 tag=%s ip=62 ttl=61 id=4711 SAE seq=2147483648 ack=77 win=512 opt=020405b4 18/18 "GET / HTTP/1.1\r\n\r\n"`
	udp4want   = `udp 10.0.0.5:51514>203.0.113.7:80 tag=0 ip=46 ttl=61 id=4711 18/18 "GET / HTTP/1.1\r\n\r\n"`
	large4want = `udp 10.0.0.5:51514>203.0.113.7:80 tag=0 ip=64028 ttl=61 id=4711 64000/64000 %q`
	udp6want   = `udp [2001:db8::5]:51514>[2001:db8::7]:80 tag=0 ip=%d ttl=61 18/18 "GET / HTTP/1.1\r\n\r\n"`
)

func TestParse(t *testing.T) {
	raw4 := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	raw6 := build(t, ip6(layers.IPProtocolUDP), udp(), body)
	vlan := func(id uint16, next layers.EthernetType) *layers.Dot1Q {
		return &layers.Dot1Q{VLANIdentifier: id, Type: next}
	}
	ethV := func(et layers.EthernetType) *layers.Ethernet {
		return &layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: et}
	}
	prefix := func(h string, b []byte) []byte { return append([]byte(h), b...) }
	withExt := func(next byte, ext ...byte) []byte {
		b := append([]byte{}, raw6[:40]...)
		b[6] = next
		b = append(b, ext...)
		b = append(b, raw6[40:]...)
		b[5] = byte(len(b) - 40)
		return b
	}
	frag4 := append([]byte{}, raw4...)
	frag4[6] = 0x20
	tso := append([]byte{}, raw4...)
	tso[2], tso[3] = 0, 0
	gso := build(t, ip4(layers.IPProtocolUDP), udp(), body)
	gso[2], gso[3], gso[24], gso[25] = 0, 0, 0, 0
	tso6 := append([]byte{}, raw6...)
	tso6[4], tso6[5] = 0, 0
	large := build(t, ip4(layers.IPProtocolUDP), udp(), gopacket.Payload(make([]byte, 64000)))

	tests := []struct {
		name   string
		link   hanalyze.LinkType
		data   []byte
		reason Reason
		want   string
	}{
		{"ethernet", hanalyze.LinkEthernet, build(t, eth4, ip4(layers.IPProtocolTCP), tcp(), body), OK, fmt.Sprintf(tcp4want, "0")},
		{"ethernet padding is no payload", hanalyze.LinkEthernet, append(build(t, eth4, ip4(layers.IPProtocolUDP), udp(), body), 0, 0, 0), OK, udp4want},
		{"vlan", hanalyze.LinkEthernet, build(t, ethV(layers.EthernetTypeDot1Q), vlan(100, layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), tcp(), body), OK, fmt.Sprintf(tcp4want, "1064")},
		{"qinq", hanalyze.LinkEthernet, build(t, ethV(layers.EthernetTypeQinQ), vlan(1, layers.EthernetTypeDot1Q), vlan(2, layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), tcp(), body), OK, fmt.Sprintf(tcp4want, "2003002")},
		{"segmentation offload", hanalyze.LinkRaw, tso, OK, fmt.Sprintf(tcp4want, "0")},
		{"segmentation offload of UDP", hanalyze.LinkRaw, gso, OK, udp4want},
		{"segmentation offload over IPv6", hanalyze.LinkRaw, tso6, OK, fmt.Sprintf(udp6want, 66)},
		{"a datagram larger than any link", hanalyze.LinkRaw, large, OK, fmt.Sprintf(large4want, large[28:])},
		{"snap", hanalyze.LinkEthernet, prefix("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x01\x00\x46\xaa\xaa\x03\x00\x00\x00\x08\x00", raw4), OK, fmt.Sprintf(tcp4want, "0")},
		{"raw 4", hanalyze.LinkRaw, raw4, OK, fmt.Sprintf(tcp4want, "0")},
		{"raw 6", hanalyze.LinkRaw12, raw6, OK, fmt.Sprintf(udp6want, 66)},
		{"ipv4", hanalyze.LinkIPv4, raw4, OK, fmt.Sprintf(tcp4want, "0")},
		{"ipv6", hanalyze.LinkIPv6, raw6, OK, fmt.Sprintf(udp6want, 66)},
		{"null little endian", hanalyze.LinkNull, prefix("\x02\x00\x00\x00", raw4), OK, fmt.Sprintf(tcp4want, "0")},
		{"null big endian, Darwin's AF_INET6", hanalyze.LinkNull, prefix("\x00\x00\x00\x1e", raw6), OK, fmt.Sprintf(udp6want, 66)},
		{"loop", hanalyze.LinkLoop, prefix("\x00\x00\x00\x02", raw4), OK, fmt.Sprintf(tcp4want, "0")},
		{"sll", hanalyze.LinkLinuxSLL, prefix("\x00\x00\x00\x01\x00\x06abcdef\x00\x00\x08\x00", raw4), OK, fmt.Sprintf(tcp4want, "0")},
		{"sll2", hanalyze.LinkSLL2, prefix("\x86\xdd\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06abcdef\x00\x00", raw6), OK, fmt.Sprintf(udp6want, 66)},
		{"hop-by-hop and destination options", hanalyze.LinkRaw, withExt(0, 60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0), OK, fmt.Sprintf(udp6want, 82)},
		{"atomic fragment", hanalyze.LinkRaw, withExt(44, 17, 0, 0, 0, 1, 2, 3, 4), OK, fmt.Sprintf(udp6want, 74)},
		{"authentication header", hanalyze.LinkRaw, withExt(51, 17, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2), OK, fmt.Sprintf(udp6want, 78)},

		{"fragment 4", hanalyze.LinkRaw, frag4, IPFragment, ""},
		{"fragment 6", hanalyze.LinkRaw, withExt(44, 17, 0, 0, 1, 1, 2, 3, 4), IPFragment, ""},
		{"reserved fragment bits are ignored", hanalyze.LinkRaw, withExt(44, 17, 0, 0, 6, 1, 2, 3, 4), OK, fmt.Sprintf(udp6want, 74)},
		{"arp", hanalyze.LinkEthernet, prefix("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x01\x08\x06", raw4), NotIP, ""},
		{"spanning tree", hanalyze.LinkEthernet, prefix("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x01\x00\x26\x42\x42\x03", raw4), NotIP, ""},
		{"icmp", hanalyze.LinkEthernet, build(t, eth4, ip4(layers.IPProtocolICMPv4), body), ICMP, ""},
		{"gre", hanalyze.LinkEthernet, build(t, eth4, ip4(layers.IPProtocolGRE), body), Tunnel, ""},
		{"sctp", hanalyze.LinkEthernet, build(t, eth4, ip4(layers.IPProtocolSCTP), body), OtherTransport, ""},
		{"endless vlans", hanalyze.LinkEthernet, prefix("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x01", fmt.Appendf(nil, "%0100d", 0)), NotIP, ""},
		{"endless extensions", hanalyze.LinkRaw, withExt(0, make([]byte, 8*40)...), MalformedHeaders, ""},
		{"unknown link", 147, raw4, UnknownLink, ""},
		{"version 5", hanalyze.LinkRaw, []byte{0x55}, NotIP, ""},
		{"header length 16", hanalyze.LinkRaw, prefix("\x44", raw4[1:]), MalformedHeaders, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Packet{Tag: 99, Payload: []byte("stale")}
			if r := p.Parse(tt.link, tt.data, len(tt.data)); r != tt.reason {
				t.Fatalf("reason %s, want %s", r, tt.reason)
			}
			if got := describe(&p); tt.reason == OK && got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestEndlessTags(t *testing.T) {
	b := make([]byte, 12, 500)
	for len(b) < 400 {
		b = append(b, 0x81, 0, 0, 1)
	}
	if r := new(Packet).Parse(hanalyze.LinkEthernet, b, len(b)); r != MalformedHeaders {
		t.Errorf("%s, want malformed_headers", r)
	}
}

// TestCut wants every cut to be named, and the length on the wire to survive it.
func TestCut(t *testing.T) {
	whole := build(t, eth4, ip4(layers.IPProtocolTCP), tcp(), body)
	for n := range whole {
		var p Packet
		switch r := p.Parse(hanalyze.LinkEthernet, whole[:n], len(whole)); {
		case n < 14+20+20 && r != TruncatedHeaders:
			t.Errorf("%d bytes: %s, want truncated_headers", n, r)
		case n >= 14+20+20 && (r != OK || p.PayloadLen != len(body) || len(p.Payload) != max(0, n-58)):
			t.Errorf("%d bytes: %s, payload %d/%d", n, r, len(p.Payload), p.PayloadLen)
		}
		if r := p.Parse(hanalyze.LinkEthernet, whole[:n], n); n < 14+20 && r != MalformedHeaders {
			t.Errorf("%d bytes on the wire: %s, want malformed_headers", n, r)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	b := build(t, eth6, ip6(layers.IPProtocolTCP), tcp(), body)
	var p Packet
	if n := testing.AllocsPerRun(100, func() { p.Parse(hanalyze.LinkEthernet, b, len(b)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// oracle returns what gopacket reads, where it reads what we do and has nothing to complain about: fuzzed bytes find its
// weaknesses too.
func oracle(link hanalyze.LinkType, data []byte) (h headers, ok bool) {
	s := sighting{link: link, data: data}
	s.gopacket(data)
	strange := slices.ContainsFunc(s.layers, func(l gopacket.LayerType) bool {
		switch l {
		case layers.LayerTypeDot11: // gopacket takes the last four bytes of every frame for a check sequence
			return true
		case layers.LayerTypeGRE, layers.LayerTypeMPLS, layers.LayerTypePPP, layers.LayerTypeIPv6Fragment, layers.LayerTypeEtherIP:
			return true
		}
		return false
	})
	tunnel := udpTunnelOf(s.theirs.src.Port(), s.theirs.dst.Port()) != noTunnel
	return s.theirs, s.found && s.broken == nil && !s.truncated && !strange && !tunnel
}

func FuzzParse(f *testing.F) {
	for _, b := range [][]byte{
		build(f, eth4, ip4(layers.IPProtocolTCP), tcp(), body), build(f, eth6, ip6(layers.IPProtocolUDP), udp(), body),
	} {
		f.Add(uint32(1), b, 0)
		f.Add(uint32(101), b[14:], 10)
	}
	f.Add(uint32(101), routerSays(f, 3, 1, 0, build(f, ip4(layers.IPProtocolTCP), tcp(), body)), 0)
	f.Add(uint32(101), routerSays(f, 2, 0, 1280, build(f, ip6(layers.IPProtocolUDP), udp(), body)), 0)
	for _, sample := range []string{"links", "tunnels", "fragments"} {
		for i, s := range samples.Frames(f, "../pcaps/"+sample+".pcapng") {
			if i%8 == 3 { // the request of each exchange
				f.Add(uint32(s.Link), s.Data, 0)
			}
		}
	}
	f.Fuzz(func(t *testing.T, link uint32, data []byte, more int) {
		var p Packet
		wire := len(data) + max(0, min(more, 1<<20))
		reason := p.Parse(hanalyze.LinkType(link), data, wire)
		for at, q := p.Joined, (Packet{}); at > 0; at = q.Joined {
			if q.ParseJoined(data, wire, at); q.Joined != 0 && q.Joined <= at {
				t.Fatalf("the packet at %d is followed by one at %d", at, q.Joined)
			}
		}
		switch reason {
		case OK:
		case QuotedInICMP:
			if !p.ICMP.From.IsValid() || !p.Src.IsValid() || !p.Dst.IsValid() || p.Transport == 0 || p.ICMP.Reason() == "" {
				t.Fatalf("impossible error: %s", describeError(&p))
			}
			return
		default:
			return
		}
		if len(p.Payload) > p.PayloadLen || p.PayloadLen < 0 || p.IPBytes < 20 || !p.Src.IsValid() || !p.Dst.IsValid() {
			t.Fatalf("impossible packet: %s", describe(&p))
		}
		// gopacket believes any bytes on a tunnel's port to be of the tunnel.
		if more > 0 || p.Transport == hanalyze.UDP && udpTunnelOf(p.Src.Port(), p.Dst.Port()) != noTunnel {
			return
		}
		h, ok := oracle(hanalyze.LinkType(link), data)
		if ok && (h.src != p.Src || h.dst != p.Dst || p.Transport == hanalyze.TCP && h.payload != len(p.Payload)) {
			t.Fatalf("gopacket reads %s, we read %s", h, describe(&p))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data := build(b, eth4, ip4(layers.IPProtocolTCP), tcp(), body)
	var p Packet
	b.ReportAllocs()
	for b.Loop() {
		p.Parse(hanalyze.LinkEthernet, data, len(data))
	}
}
