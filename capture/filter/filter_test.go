package filter

import (
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"hanalyze"
)

// compile makes the program of an expression for Ethernet.
func compile(t testing.TB, expr string) *Program {
	t.Helper()
	e, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Compile(hanalyze.LinkEthernet, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestErrors(t *testing.T) {
	for expr, want := range map[string]string{
		"tcp prt 80":                             "unknown word \"prt\"\n  tcp prt 80\n      ^~~",
		"tcp port 80 and":                        "the expression is not complete\n  tcp port 80 and\n                 ^",
		"(tcp or udp":                            "this parenthesis is not closed\n  (tcp or udp\n  ^",
		"tcp)":                                   "\")\" cannot stand here\n  tcp)\n     ^",
		"port":                                   "a port is missing\n  port\n      ^",
		"port 65536":                             "port 65536 is more than 65535\n  port 65536\n       ^~~~~",
		"port nosuch":                            "\"nosuch\" is no port that is known by name",
		"tcp port ntp":                           "\"ntp\" is no service of that protocol: give the number 123",
		"icmp port 7":                            "only tcp, udp and sctp have ports",
		"host www.example.com":                   "names are not looked up: give an address for \"www.example.com\"",
		"net ucb-ether":                          "names are not looked up: give the number of the net \"ucb-ether\"",
		"ether host gate":                        "names are not looked up: give an Ethernet address for \"gate\"",
		"host 256.1.1.1":                         "\"256.1.1.1\" is no IPv4 address: 256 is more than 255",
		"net 10.1.2.3/8":                         "the address has bits set that the mask does not cover\n  net 10.1.2.3/8\n      ^~~~~~~~~~",
		"net 2001:db8::1/32":                     "the address has bits set that the mask does not cover",
		"net 10.0/33":                            "the length of an IPv4 net is a number from 0 to 32",
		"net ::/129":                             "the length of an IPv6 net is a number from 0 to 128",
		"host 10.0.0.0/8":                        "a mask needs net in front",
		"host 1:2:3":                             "\"1:2:3\" is neither an IPv6 nor an Ethernet address",
		"host 1:2:3:4:5:6":                       "an Ethernet address needs ether in front",
		"ether host 1.2.3.4":                     "1.2.3.4 is no Ethernet address",
		"tcp host 1.2.3.4":                       "the protocol in front does not go with an IPv4 address",
		"ip host ::1":                            "the protocol in front does not go with an IPv6 address",
		"1.2.3.4":                                "\"1.2.3.4\" needs a word in front",
		"tcp and 80":                             "\"80\" needs a word in front",
		"(port 80 or 22) and 443":                "\"443\" needs a word in front",
		"ip proto tcp":                           "\"tcp\" is a keyword: write \\tcp for the protocol of that name",
		"ip proto nosuch":                        "\"nosuch\" is no protocol that is known by name",
		"arp proto 6":                            "proto goes with ip, ip6, ether, iso and isis",
		"ether":                                  "\"ether\" alone is no condition",
		"tcp[0:3] = 1":                           "the number of bytes is 1, 2 or 4",
		"tcp[0 = 1":                              "\"=\" cannot stand here",
		"tcp[0]":                                 "a number is no condition: compare it with another one",
		"ah[0] = 1":                              "the bytes of ah cannot be looked at",
		"ip[0] / 0 = 1":                          "division by zero",
		"ip[0] / (1 - 1) = 1":                    "division by zero",
		"ip[0] << 32 = 1":                        "shift by more than 31 bits",
		"ip[0] % 3 + 1 = 1":                      "use parentheses to mix % or ^",
		"1 + ip[0] ^ 1 = 1":                      "use parentheses to mix % or ^",
		"ip[0xffffffff] = 1":                     "no packet has so many bytes",
		"len = 4294967296":                       "4294967296 does not fit into 32 bits",
		"len = 08":                               "08 begins with 0, which makes it octal, but has other digits",
		"tcp # udp":                              "unexpected character '#'\n  tcp # udp\n      ^",
		"vlan 4096":                              "4096 is more than 4095, the largest that vlan has",
		"mpls 1048576":                           "1048576 is more than 1048575",
		"mpls and arp":                           "after mpls there is only IP",
		"mpls and vlan":                          "there are no VLAN tags after mpls",
		"pppoes and ether host 1:1:1:1:1:1":      "there are no Ethernet addresses after pppoes",
		"llc xx":                                 "\"xx\" is no kind of LLC PDU",
		"inbound":                                "a file of link type ETHERNET does not tell which packets came in",
		"ifindex 3":                              "a file of link type ETHERNET does not tell the number of the interface",
		"gateway gate":                           "gateway is not supported",
		"ip protochain 6":                        "protochain is not supported",
		"type mgt":                               "filters on IEEE 802.11 headers are not supported",
		"wlan addr1 1:1:1:1:1:1":                 "filters on IEEE 802.11 headers are not supported",
		"ifname eth0":                            "filters on packet filter logs are not supported",
		"less tcp":                               "less needs a number of bytes",
		"ip6 broadcast":                          "broadcast is known of ether and ip",
		"tcp multicast":                          "multicast is known of ether, ip and ip6",
		"\\":                                     "a backslash must stand before a name",
		"tcp\x1b[31m":                            "unexpected character '\\x1b'",
		strings.Repeat("(", 600):                 "parentheses and negations nest deeper than 500",
		strings.Repeat("not ", 600) + "tcp":      "parentheses and negations nest deeper than 500",
		strings.Repeat("tcp or ", 10000) + "tcp": "the expression is longer than 65536 bytes",
		"len = " + strings.Repeat("(", 600):      "parentheses and negations nest deeper than 500",
		"port 1" + strings.Repeat(" or 1000 or 20000", 300):           "",
		"host 1.2.3.4" + strings.Repeat(" and port 80 or 1.2.3.4", 2): "names",
	} {
		e, err := Parse(expr)
		if err == nil {
			_, err = e.Compile(hanalyze.LinkEthernet, Options{})
		}
		switch {
		case want == "" && err != nil:
			t.Errorf("%.80s\n%v", expr, err)
		case want == "" || want == "names":
		case err == nil:
			t.Errorf("%.80s: no error, want %s", expr, want)
		case !strings.HasPrefix(err.Error(), want):
			t.Errorf("%.80s\ngot:\n%v\nwant:\n%s", expr, err, want)
		case strings.Contains(err.Error(), "\x1b"):
			t.Errorf("%q: the error controls the terminal", expr)
		}
	}
}

// tooLong has more hosts than fit into 4096 instructions.
func TestTooLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("ip host 10.0.0.0")
	for i := range 3000 {
		b.WriteString(" or 10." + string(rune('0'+i%10)) + "." + string(rune('0'+i/10%10)) + string(rune('0'+i/100%10)) + "." + string(rune('1'+i/1000)))
	}
	e, err := Parse(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Compile(hanalyze.LinkEthernet, Options{}); err == nil || !strings.HasPrefix(err.Error(), "the expression is too long") {
		t.Errorf("%.200v", err)
	}
}

// Jumps have eight bits; a list of a thousand ports needs more.
func TestFarJumps(t *testing.T) {
	var b strings.Builder
	b.WriteString("udp and not dst port 1000")
	for i := range 700 {
		b.WriteString(" and not " + string(rune('1'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)))
	}
	p := compile(t, b.String())
	if len(p.Code()) < 700 {
		t.Fatalf("%d instructions", len(p.Code()))
	}
	packet := make([]byte, 60)
	packet[12], packet[14], packet[23] = 8, 0x45, 17
	for port := range 1200 {
		packet[36], packet[37] = byte(port>>8), byte(port)
		want := port != 1000 && (port < 100 || port > 799)
		if p.Match(packet, len(packet)) != want {
			t.Fatalf("port %d: want %v", port, want)
		}
	}
}

// What the kernel knows of a packet is asked for in programs for the kernel only.
func TestKernel(t *testing.T) {
	uses := func(expr string, o Options, link hanalyze.LinkType) string {
		e, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Compile(link, o)
		if err != nil {
			return err.Error()
		}
		return p.Listing()
	}
	kernel, cooked := Options{Kernel: true, Bytes: 96}, Options{Kernel: true, Cooked: true}
	for _, c := range []struct {
		expr string
		o    Options
		link hanalyze.LinkType
		want []string
	}{
		{"vlan 5 and tcp", kernel, hanalyze.LinkEthernet, []string{"[vlanp]", "[vlan_tci]", "#0x8100", "ret      #96"}},
		{"inbound", kernel, hanalyze.LinkEthernet, []string{"[type]"}},
		{"ifindex 3", kernel, hanalyze.LinkEthernet, []string{"[ifidx]"}},
		{"tcp", cooked, hanalyze.LinkSLL2, []string{"[proto]", "[9]"}},
		{"vlan and ip", cooked, hanalyze.LinkSLL2, []string{"[vlanp]", "[proto]", "ldh      [2]"}},
		{"len > 100", cooked, hanalyze.LinkSLL2, []string{"#pktlen", "add      #20"}},
		{"link[0] = 1", cooked, hanalyze.LinkSLL2, []string{"does not show the link-layer header"}},
		{"tcp", kernel, hanalyze.LinkEthernet, []string{"ldh      [12]"}},
	} {
		got := uses(c.expr, c.o, c.link)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s lacks %q:\n%s", c.expr, w, got)
			}
		}
	}
}

func TestIPBroadcast(t *testing.T) {
	e, err := Parse("ip broadcast")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Compile(hanalyze.LinkRaw, Options{Netmask: 0xffffff00})
	if err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 20)
	packet[0] = 0x45
	for last, want := range map[byte]bool{255: true, 0: true, 7: false} {
		copy(packet[16:], []byte{192, 0, 2, last})
		if p.Match(packet, 20) != want {
			t.Errorf("192.0.2.%d: want %v", last, want)
		}
	}
}

func TestPrint(t *testing.T) {
	p := compile(t, "ip[8] < 5")
	const listing = `(000) ldh      [12]
(001) jeq      #0x800           jt 2	jf 5
(002) ldb      [22]
(003) jge      #0x5             jt 5	jf 4
(004) ret      #262144
(005) ret      #0
`
	if got := p.Listing(); got != listing {
		t.Errorf("%s", got)
	}
	if got := p.CSource(); !strings.HasPrefix(got, "{ 0x28, 0, 0, 0x0000000c },\n{ 0x15, 0, 3, 0x00000800 },\n") {
		t.Errorf("%s", got)
	}
	if got := p.Decimal(); !strings.HasPrefix(got, "6\n40 0 0 12\n21 0 3 2048\n") {
		t.Errorf("%s", got)
	}
}

func TestMatcher(t *testing.T) {
	e, err := Parse("ip and not ether host 1:1:1:1:1:1")
	if err != nil {
		t.Fatal(err)
	}
	m := NewMatcher(e)
	packet := make([]byte, 60)
	packet[12] = 8
	if ok, err := m.Match(hanalyze.LinkEthernet, packet, 60); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	if _, err := m.Match(hanalyze.LinkRaw, packet, 60); err == nil || !strings.HasPrefix(err.Error(), "there are no Ethernet addresses in packets of link type RAW") {
		t.Errorf("%v", err)
	}
	if ok, err := m.Match(hanalyze.LinkEthernet, packet, 60); !ok || err != nil {
		t.Errorf("after an error: %v %v", ok, err)
	}
}

// Of other link types only the bytes and the length can be asked for.
func TestOtherLinks(t *testing.T) {
	for expr, want := range map[string]string{
		"link[0] = 8 and len > 5": "", "less 9": "",
		"tcp":       "filters on protocols are not supported for link type IEEE802_11\n",
		"host ::1":  "filters on protocols are not supported for link type IEEE802_11\n",
		"broadcast": "there are no Ethernet addresses in packets of link type IEEE802_11\n",
		"vlan":      "there are no VLAN tags in packets of link type IEEE802_11\n",
		"mpls":      "there are no MPLS labels in packets of link type IEEE802_11\n",
		"llc":       "there is no LLC header in packets of link type IEEE802_11\n",
	} {
		e, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Compile(hanalyze.LinkWiFi, Options{})
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	p := compile(t, "tcp port 80 and ((tcp[12] & 0xf0) >> 2) + ((ip[0] & 0xf) << 2) != ip[2:2]")
	packet := make([]byte, 60)
	if n := testing.AllocsPerRun(100, func() { p.Match(packet, 60) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// slow runs the program on x/net's machine, which knows no length on the wire.
func slow(t testing.TB, p *Program) func(data []byte) bool {
	ins, ok := bpf.Disassemble(p.Code())
	if !ok {
		t.Fatal("cannot be disassembled")
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		t.Fatal(err)
	}
	return func(data []byte) bool {
		n, err := vm.Run(data)
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
}

func BenchmarkMatch(b *testing.B) {
	packet := make([]byte, 60)
	packet[12], packet[14], packet[23], packet[37] = 8, 0x45, 6, 80
	for _, expr := range []string{"tcp port 80", "host 192.0.2.1 or 192.0.2.2", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420"} {
		p := compile(b, expr)
		b.Run("own/"+expr, func(b *testing.B) {
			for b.Loop() {
				p.Match(packet, len(packet))
			}
		})
		vm := slow(b, p)
		b.Run("bpf.VM/"+expr, func(b *testing.B) {
			for b.Loop() {
				vm(packet)
			}
		})
	}
}
