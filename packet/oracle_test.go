package packet

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"hanalyze"
	"hanalyze/capture"
)

var captures = flag.String("captures", "../pcaps", "the folder whose captures are read side by side with gopacket")

// headers is what both parsers say of a packet.
type headers struct {
	transport hanalyze.Transport
	src, dst  netip.AddrPort
	ttl       uint8
	ipID      uint16
	seq, ack  uint32
	flags     hanalyze.TCPFlags
	window    uint16
	options   int // bytes
	payload   int // captured bytes
}

func (h headers) String() string {
	return fmt.Sprintf("%s %s>%s ttl=%d id=%d seq=%d ack=%d %s win=%d opt=%d payload=%d",
		h.transport, h.src, h.dst, h.ttl, h.ipID, h.seq, h.ack, h.flags, h.window, h.options, h.payload)
}

// ourHeaders is what Parse found.
func ourHeaders(p *Packet) headers {
	return headers{p.Transport, p.Src, p.Dst, p.TTL, p.IPID, p.Seq, p.Ack, p.Flags, p.Window, len(p.Options), len(p.Payload)}
}

// sighting is one frame as both parsers see it.
type sighting struct {
	link      hanalyze.LinkType
	data      []byte
	reason    Reason
	ours      headers // valid iff reason is OK
	found     bool    // gopacket found TCP or UDP
	theirs    headers // valid iff found
	layers    []gopacket.LayerType
	truncated bool  // gopacket missed bytes
	broken    error // where gopacket gave up
	fragment  bool  // gopacket saw a fragment
}

// see parses a frame twice.
func see(link hanalyze.LinkType, data []byte, wire int) *sighting {
	s := &sighting{link: link, data: data}
	var p Packet
	if s.reason = p.Parse(link, data, wire); s.reason == OK {
		s.ours = ourHeaders(&p)
	}
	s.gopacket(data)
	return s
}

// gopacket takes the innermost TCP or UDP header and the IP header before it.
func (s *sighting) gopacket(data []byte) {
	var first gopacket.Decoder = layers.LinkType(s.link)
	switch s.link {
	case hanalyze.LinkIPv4:
		first = layers.LayerTypeIPv4
	case hanalyze.LinkIPv6:
		first = layers.LayerTypeIPv6
	}
	g := gopacket.NewPacket(data, first, gopacket.DecodeOptions{NoCopy: true})
	if e := g.ErrorLayer(); e != nil {
		s.broken = e.Error()
	}
	s.truncated = g.Metadata().Truncated
	var ip headers
	for _, l := range g.Layers() {
		s.layers = append(s.layers, l.LayerType())
		switch l := l.(type) {
		case *layers.IPv4:
			ip = headers{src: address(l.SrcIP), dst: address(l.DstIP), ttl: l.TTL, ipID: l.Id}
			s.fragment = s.fragment || l.FragOffset > 0 || l.Flags&layers.IPv4MoreFragments != 0
		case *layers.IPv6:
			ip = headers{src: address(l.SrcIP), dst: address(l.DstIP), ttl: l.HopLimit}
		case *layers.IPv6Fragment:
			s.fragment = s.fragment || l.FragmentOffset > 0 || l.MoreFragments
		case *layers.TCP:
			s.found, s.theirs = true, ip.tcp(l)
		case *layers.UDP:
			s.found, s.theirs = true, ip.udp(l)
		}
	}
}

func address(b []byte) netip.AddrPort {
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, 0)
}

func (h headers) ports(src, dst uint16) headers {
	h.src, h.dst = netip.AddrPortFrom(h.src.Addr(), src), netip.AddrPortFrom(h.dst.Addr(), dst)
	return h
}

func (h headers) tcp(l *layers.TCP) headers {
	h = h.ports(uint16(l.SrcPort), uint16(l.DstPort))
	h.transport, h.seq, h.ack, h.window, h.payload = hanalyze.TCP, l.Seq, l.Ack, l.Window, len(l.LayerPayload())
	h.options = int(l.DataOffset)*4 - 20
	for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR, l.NS} {
		if set {
			h.flags |= 1 << i
		}
	}
	return h
}

func (h headers) udp(l *layers.UDP) headers {
	h = h.ports(uint16(l.SrcPort), uint16(l.DstPort))
	h.transport, h.payload = hanalyze.UDP, len(l.LayerPayload())
	return h
}

// agree reports whether both say the same: the same headers, or that there is none to be had.
func (s *sighting) agree() bool {
	if s.reason == OK {
		return s.found && s.ours == s.theirs
	}
	return !s.found
}

func (s *sighting) String() string {
	return fmt.Sprintf("link %s, %s: %v\n\tgopacket %v: %v %v", s.link, s.reason, s.ours, s.found, s.theirs, s.layers)
}

// differences are why the two may disagree, each with the packets it holds for. A frame that none holds for fails the test.
var differences = []struct {
	why string
	is  func(s *sighting) bool
}{
	{"gopacket does not know what is around the packet, and reads the same from its IP header on", (*sighting).sameFromIP},
	{"gopacket takes an atomic fragment (RFC 6946) for a part", func(s *sighting) bool {
		return s.reason == OK && !s.found && !s.fragment && slices.Contains(s.layers, layers.LayerTypeIPv6Fragment)
	}},
	{"gopacket does not know the routing header", func(s *sighting) bool {
		return s.reason == OK && !s.found && s.broken != nil && strings.Contains(s.broken.Error(), "routing")
	}},
	{"gopacket has no bound for tunnels in one another", (*sighting).tooDeep},
	{"what is in the UDP tunnel is of no flow; gopacket's last transport is the tunnel's", func(s *sighting) bool {
		return s.reason != OK && s.found && udpTunnelOf(s.theirs.src.Port(), s.theirs.dst.Port()) != noTunnel
	}},
}

// tooDeep reports whether there are more IP headers in one another than Parse reads.
func (s *sighting) tooDeep() bool {
	n := 0
	for _, l := range s.layers {
		if l == layers.LayerTypeIPv4 || l == layers.LayerTypeIPv6 {
			n++
		}
	}
	return s.reason == Tunnel && n > maxTunnels
}

// sameFromIP reports whether there is an IP header in the frame from which on gopacket reads what we read.
func (s *sighting) sameFromIP() bool {
	if s.reason != OK {
		return false
	}
	for at := range s.data {
		if v := s.data[at] >> 4; v != 4 && v != 6 {
			continue
		}
		inner := sighting{link: hanalyze.LinkRaw}
		inner.gopacket(s.data[at:])
		if inner.found && inner.theirs == s.ours {
			return true
		}
	}
	return false
}

// TestOracle compares every frame of the captures with gopacket's reading.
func TestOracle(t *testing.T) {
	count := map[string]int{}
	err := filepath.WalkDir(*captures, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			compare(t, path, count)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if count[""] == 0 {
		t.Error("nothing was compared")
	}
	for _, why := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%8d %s", count[why], cmp.Or(why, "agree"))
	}
}

func compare(t *testing.T, path string, count map[string]int) {
	src, err := capture.OpenFiles([]string{path}, nil)
	if err != nil {
		return // a golden file, a key log
	}
	defer src.Close()
	var b capture.Batch
	n, told := 0, 0
	for {
		err := src.ReadBatch(&b)
		for _, f := range b.Frames {
			n++
			s := see(f.Link, f.Data, f.Len)
			why := s.difference()
			count[why]++
			if why == unexplained && told < 3 {
				told++
				t.Errorf("%s frame %d: %v", filepath.Base(path), n, s)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s: %v", path, err)
			}
			return
		}
	}
}

const unexplained = "unexplained"

// difference names why the two disagree; it is empty when they do not.
func (s *sighting) difference() string {
	if s.agree() {
		return ""
	}
	for _, d := range differences {
		if d.is(s) {
			return d.why
		}
	}
	return unexplained
}
