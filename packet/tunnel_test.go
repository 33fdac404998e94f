package packet

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/gopacket/layers"

	"hanalyze"
)

const macs = "020000000001 020000000002 "

// unhex reads hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// carry4 puts b into an IPv4 packet, over UDP if port is not 0.
func carry4(t testing.TB, proto layers.IPProtocol, port layers.UDPPort, b []byte) []byte {
	t.Helper()
	if port != 0 {
		u := append(binary.BigEndian.AppendUint16([]byte{0xc0, 0}, uint16(port)), byte((len(b)+8)>>8), byte(len(b)+8), 0, 0)
		b, proto = append(u, b...), layers.IPProtocolUDP
	}
	h := build(t, ip4(proto))
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(b)))
	return append(h, b...)
}

// TestEncapsulations wants the inner packet of every tunnel and link, one name for it in both directions, and a reason for every cut.
func TestEncapsulations(t *testing.T) {
	raw4 := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	raw6 := build(t, ip6(layers.IPProtocolTCP), tcp(), body)
	const eth, snap = macs + "0800", "aaaa03000000 0800"
	tests := []struct {
		name  string
		link  hanalyze.LinkType
		proto layers.IPProtocol // of the outer IPv4 packet
		port  layers.UDPPort
		head  string
		inner []byte
		tag   bool
	}{
		{"4in4", hanalyze.LinkRaw, 4, 0, "", raw4, true},
		{"6in4", hanalyze.LinkRaw, 41, 0, "", raw6, true},
		{"gre", hanalyze.LinkRaw, 47, 0, "00000800", raw4, true},
		{"gre, checksum, key, sequence", hanalyze.LinkRaw, 47, 0, "b00086dd 00000000 00000007 00000001", raw6, true},
		{"gre, ppp", hanalyze.LinkRaw, 47, 0, "3081880b 0064 0007 00000001 00000002 ff030021", raw4, true},
		{"gretap with key", hanalyze.LinkRaw, 47, 0, "20006558 02000000" + eth, raw4, true},
		{"erspan I", hanalyze.LinkRaw, 47, 0, "000088be" + eth, raw4, true},
		{"erspan II", hanalyze.LinkRaw, 47, 0, "100088be 00000001 1001000100000000" + eth, raw4, true},
		{"erspan III", hanalyze.LinkRaw, 47, 0, "100022eb 00000001 200100010000000000000001 0000000000000000" + eth, raw4, true},
		{"wccp", hanalyze.LinkRaw, 47, 0, "0000883e 00000000", raw4, true},
		{"etherip", hanalyze.LinkRaw, 97, 0, "3000" + eth, raw4, true},
		{"mpls", hanalyze.LinkEthernet, 0, 0, macs + "8847 00010040 00011140", raw4, false},
		{"mpls pseudo-wire", hanalyze.LinkEthernet, 0, 0, macs + "8847 00011140 00000000" + eth, raw4, false},
		{"pppoe", hanalyze.LinkEthernet, 0, 0, macs + "8864 11000007 0100 0021", raw4, true},
		{"pbb", hanalyze.LinkEthernet, 0, 0, macs + "88e7 00000101" + eth, raw4, true},
		{"vn-tag", hanalyze.LinkEthernet, 0, 0, macs + "8926 00010002 0800", raw4, false},
		{"fabricpath", hanalyze.LinkEthernet, 0, 0, macs + "8903 0041" + eth, raw4, false},
		{"trill", hanalyze.LinkEthernet, 0, 0, macs + "22f3 003f 0001 0002" + eth, raw4, false},
		{"nsh", hanalyze.LinkEthernet, 0, 0, macs + "894f 0fc60101 00000101 00000000000000000000000000000000", raw4, false},
		{"vxlan", hanalyze.LinkRaw, 17, 4789, "08000000 00000700" + eth, raw4, true},
		{"vxlan with reserved bits set", hanalyze.LinkRaw, 17, 4789, "089b0000 00000701" + eth, raw4, true},
		{"vxlan-gpe on the port of vxlan", hanalyze.LinkRaw, 17, 4789, "0c000003 00000700" + eth, raw4, true},
		{"vxlan-gpe", hanalyze.LinkRaw, 17, 4790, "0c000001 00000700", raw4, true},
		{"geneve with an option", hanalyze.LinkRaw, 17, 6081, "02006558 00000700 0102030100000000" + eth, raw4, true},
		{"geneve with reserved bits set", hanalyze.LinkRaw, 17, 6081, "00216558 00000701" + eth, raw4, true},
		{"gtp-u with an extension", hanalyze.LinkRaw, 17, 2152, "34ff0056 00000001 00000085 01000000", raw4, true},
		{"teredo", hanalyze.LinkRaw, 17, 3544, "00010000 0102030405060708 00 0000123401020304", raw6, true},
		{"ayiya", hanalyze.LinkRaw, 17, 5072, "44521129 00000000" + strings.Repeat("00", 36), raw6, true},
		{"l2tp", hanalyze.LinkRaw, 17, 1701, "0002 0001 0002 ff030021", raw4, true},
		{"gre in udp", hanalyze.LinkRaw, 17, 4754, "00000800", raw4, true},
		{"mpls in udp", hanalyze.LinkRaw, 17, 6635, "00011140", raw4, false},
		{"ppp", hanalyze.LinkPPP, 0, 0, "ff030021", raw4, false},
		{"ppp, compressed", hanalyze.LinkPPP, 0, 0, "21", raw4, false},
		{"cisco hdlc", hanalyze.LinkCHDLC, 0, 0, "0f000800", raw4, false},
		{"802.11", hanalyze.LinkWiFi, 0, 0, "08010000" + macs + "020000000003 1000" + snap, raw4, false},
		{"802.11 QoS, four addresses", hanalyze.LinkWiFi, 0, 0, "88030000" + macs + "020000000003 1000 020000000004 0000" + snap, raw4, false},
		{"radiotap", hanalyze.LinkRadiotap, 0, 0, "00000a0002000000 0000 08010000" + macs + "020000000003 1000" + snap, raw4, false},
		{"prism", hanalyze.LinkPrism, 0, 0, "44000000 90000000" + strings.Repeat("00", 136) + "08010000" + macs + "020000000003 1000" + snap, raw4, false},
		{"nflog", hanalyze.LinkNFLog, 0, 0, "02000000 0800010008000000 42000900", raw4, false},
		{"ppi", hanalyze.LinkPPI, 0, 0, "00000800 65000000", raw4, false},
		{"pktap", hanalyze.LinkPKTAP, 0, 0, "6c000000 01000000 01000000" + strings.Repeat("00", 96) + eth, raw4, false},
		{"ipnet", hanalyze.LinkIPNet, 0, 0, strings.Repeat("00", 24), raw4, false},
		{"token ring", hanalyze.LinkTokenRing, 0, 0, "1040" + macs + snap, raw4, false},
		{"fddi", hanalyze.LinkFDDI, 0, 0, "50" + macs + snap, raw4, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wrap := func(inner []byte) []byte {
				head := unhex(t, tt.head)
				if tt.port == 2152 {
					binary.BigEndian.PutUint16(head[2:], uint16(len(head)-8+len(inner)))
				}
				b := append(head, inner...)
				if tt.proto != 0 {
					b = carry4(t, tt.proto, tt.port, b)
				}
				return b
			}
			var there, back, bare Packet
			frame := wrap(tt.inner)
			if r := there.Parse(tt.link, frame, len(frame)); r != OK {
				t.Fatal(r)
			}
			tag := there.Tag
			if (tag != 0) != tt.tag {
				t.Errorf("tag %x, want one: %t", tag, tt.tag)
			}
			bare.Parse(hanalyze.LinkRaw, tt.inner, len(tt.inner))
			bare.Tag = tag
			if describe(&there) != describe(&bare) {
				t.Errorf("\n got %s\nwant %s", describe(&there), describe(&bare))
			}
			turned := append([]byte{}, tt.inner...)
			at, n := 12, 4
			if turned[0]>>4 == 6 {
				at, n = 8, 16
			}
			copy(turned[at:], tt.inner[at+n:at+2*n])
			copy(turned[at+n:], tt.inner[at:at+n])
			frame = wrap(turned)
			if r := back.Parse(tt.link, frame, len(frame)); r != OK || back.Tag != tag || back.Src.Addr() != there.Dst.Addr() {
				t.Errorf("back: %s %s", r, describe(&back))
			}
			for i := range frame {
				if r := back.Parse(tt.link, frame[:i], i); r == OK && len(back.Payload) > back.PayloadLen {
					t.Errorf("cut at %d: %s", i, describe(&back))
				}
				back.Parse(tt.link, frame[:i], len(frame))
			}
			if n := testing.AllocsPerRun(10, func() { back.Parse(tt.link, frame, len(frame)) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func TestEndlessTunnels(t *testing.T) {
	b := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	for range 1000 {
		b = carry4(t, layers.IPProtocolIPv4, 0, b)
	}
	if r := new(Packet).Parse(hanalyze.LinkRaw, b, len(b)); r != Tunnel {
		t.Errorf("%s, want tunnel", r)
	}
}

// A port alone is no tunnel.
func TestForeignBytesOnTunnelPorts(t *testing.T) {
	for _, port := range []layers.UDPPort{1701, 2152, 3544, 4754, 4789, 4790, 5072, 6081, 6635, 8472} {
		for _, content := range []string{"", "x", "GET / HTTP/1.1\r\n\r\n and more than any header needs", strings.Repeat("\x00", 60), strings.Repeat("\xff", 60)} {
			b := carry4(t, 0, port, []byte(content))
			var p Packet
			if r := p.Parse(hanalyze.LinkRaw, b, len(b)); r != OK || string(p.Payload) != content || p.Tag != 0 || p.Dst.Port() != uint16(port) {
				t.Errorf("port %d, %q: %s %s", port, content, r, describe(&p))
			}
		}
	}
}
