package filter_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"hanalyze"
	"hanalyze/capture/filter"
)

// writer writes random expressions of the language.
type writer struct{ rnd *rand.Rand }

func (w writer) pick(list ...string) string { return list[w.rnd.IntN(len(list))] }

func (w writer) maybe(s string) string {
	if w.rnd.IntN(2) == 0 {
		return s
	}
	return ""
}

// expression returns a condition. Only what stands at the top may change what the rest looks at: elsewhere libpcap follows
// the order of its own grammar's reductions, and packets that are not of the kind are read at random places.
func (w writer) expression(depth int) string {
	switch n := w.rnd.IntN(10); {
	case depth == 0 || n < 4:
		return w.primitive()
	case n < 6:
		return w.expression(depth-1) + w.pick(" and ", " && ") + w.expression(depth-1)
	case n < 8:
		return w.expression(depth-1) + w.pick(" or ", " || ") + w.expression(depth-1)
	case n < 9:
		return w.pick("not ", "!") + "(" + w.expression(depth-1) + ")"
	}
	return "(" + w.expression(depth-1) + ")"
}

func (w writer) direction() string {
	return w.pick("", "", "src ", "dst ", "src or dst ", "src and dst ")
}

func (w writer) address4() string {
	return w.pick("127.0.0.1", "10.0.0.1", "192.168.1.1", "224.0.0.1", "255.255.255.255", "0.0.0.0")
}

func (w writer) primitive() string {
	switch w.rnd.IntN(12) {
	case 0:
		return w.pick("ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "pim", "esp", "ah", "vrrp", "stp", "ipx", "iso", "isis", "l1", "atalk", "aarp")
	case 1:
		return w.pick("", "ip ", "arp ", "rarp ") + w.direction() + "host " + w.address4() + w.maybe(" or "+w.address4())
	case 2:
		return w.pick("", "ip6 ") + w.direction() + "host " + w.pick("fe80::1", "::1", "2001:db8::1:0:1")
	case 3:
		return w.direction() + "net " + w.pick("10", "127.0.0.0/8", "192.168", "0.0.0.0/1", "fe80::/10", "2001:db8::/32", "::/0", "224.0.0.0 mask 240.0.0.0")
	case 4:
		return w.pick("", "tcp ", "udp ", "sctp ") + w.direction() + "port " + w.pick("80", "443", "53", "0x50") + w.maybe(w.pick(" or ", " and ")+w.pick("22", "8080", "6081"))
	case 5:
		return w.pick("", "tcp ", "udp ") + w.direction() + "portrange " + w.pick("1-1023", "80", "443-80", "30000-65535")
	case 6:
		return w.pick("", "ip ", "ip6 ") + "proto " + w.pick("6", "17", "58", "44", "\\icmp", "\\udp", "132")
	case 7:
		return w.pick("ether ", "") + w.pick("broadcast", "multicast")
	case 8:
		return "ether " + w.pick("host ", "src ", "dst ") + w.pick("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", "0200.0000.0002")
	case 9:
		return w.pick("ip multicast", "ip6 multicast", "ip broadcast", "llc", "less 60", "greater 80", "pppoed", "ether proto 0x8864", "ether proto 0x42")
	}
	return w.number(2) + w.pick(" = ", " != ", " > ", " < ", " >= ", " <= ", "==") + w.number(1)
}

// number returns arithmetic. Of what an operator joins, the left side holds bytes of the protocol, if any do: libpcap
// forgets what the right side asks for.
func (w writer) number(depth int) string {
	if w.rnd.IntN(4) == 0 {
		return w.pick("0", "1", "2", "0x40", "6", "17", "255", "1000", "tcp-syn", "tcpflags", "len", "(len - 14)", "(len & 0xff)")
	}
	return w.arithmetic(w.pick("ip", "ip6", "tcp", "udp", "icmp", "ether", "arp", "icmp6"), depth)
}

func (w writer) arithmetic(p string, depth int) string {
	left := fmt.Sprintf("%s[%d]", p, w.rnd.IntN(20))
	if w.rnd.IntN(2) == 0 {
		left = fmt.Sprintf("%s[%d:%s]", p, w.rnd.IntN(16), w.pick("1", "2", "4"))
	}
	switch n := w.rnd.IntN(6); {
	case n < 2 || depth == 0:
		return left
	case n < 3:
		return fmt.Sprintf("(%s %s %s)", w.arithmetic(p, depth-1), w.pick("+", "-", "*", "&", "|", "^"), w.arithmetic(p, depth-1))
	case n < 4:
		return fmt.Sprintf("(%s %s %s)", left, w.pick("+", "-", "&", "|"), w.pick("1", "0xf", "len", "0", "0x80"))
	case n < 5:
		return fmt.Sprintf("(%s %s %d)", w.arithmetic(p, depth-1), w.pick("/", "%", "<<", ">>"), 1+w.rnd.IntN(9))
	}
	return fmt.Sprintf("%s[%s & 0x1f]", p, w.arithmetic(p, depth-1))
}

// whole returns an expression that may begin with an encapsulation.
func (w writer) whole() string {
	head := ""
	if w.rnd.IntN(4) == 0 {
		head = w.pick("vlan and ", "vlan 5 and ", "vlan and vlan and ", "pppoes and ip and ")
	}
	e := w.expression(3)
	if strings.Contains(head, "pppoes") && strings.Contains(e, "ether") {
		return e
	}
	return head + e
}

// FuzzTcpdump compares random expressions with tcpdump.
func FuzzTcpdump(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		f.Fuzz(func(*testing.T, uint64) {}) // nothing to compare with
		return
	}
	// Frames are whole and long: what reads past the end of a packet depends on which tests are left out.
	list := frames(hanalyze.LinkEthernet, 2000)
	for i := range list {
		list[i].data = append(list[i].data, make([]byte, 300)...)
		list[i].wire = len(list[i].data)
	}
	b := newBench(f, hanalyze.LinkEthernet, list)
	f.Fuzz(func(t *testing.T, seed uint64) {
		expr := writer{rand.New(rand.NewPCG(seed, 1))}.whole()
		switch result, detail := b.compare(t.Context(), expr); result {
		case same, bothRefuse:
		default:
			t.Errorf("seed %d: %s: %s\n%s", seed, expr, result, detail)
		}
	})
}

// FuzzCompile compiles any text: no panic, an error that points into the text, and programs that the kernel would take, that
// end, and that do what x/net's machine does.
func FuzzCompile(f *testing.F) {
	for _, expr := range expressions(f) {
		f.Add(expr, uint16(1))
	}
	for _, expr := range []string{"(((", "ip[ip[ip[0]]] = 1", "vlan and vlan and vlan", "host 1:2:3:4:5:6", "\\tcp", "port a-b-c", "net 1/2/3", "geneve and tcp"} {
		for _, link := range madeLinks {
			f.Add(expr, uint16(link))
		}
	}
	list := frames(hanalyze.LinkEthernet, 50)
	f.Fuzz(func(t *testing.T, expr string, link uint16) {
		e, err := filter.Parse(expr)
		if err != nil {
			checkError(t, expr, err)
			return
		}
		for _, o := range []filter.Options{{}, {Kernel: true}, {Kernel: true, Cooked: true, Netmask: 0xffff0000}} {
			p, err := e.Compile(hanalyze.LinkType(link), o)
			if err != nil {
				checkError(t, expr, err)
				continue
			}
			checkProgram(t, p)
			if !o.Kernel {
				checkRun(t, p, list)
			}
		}
	})
}

func checkError(t *testing.T, expr string, err error) {
	e, ok := err.(*filter.Error)
	if !ok || e.Expr != expr || e.From < 0 || e.To < e.From || e.To > len(expr) {
		t.Fatalf("%#v", err)
	}
	if s := e.Error(); strings.Count(s, "\n") != 2 || strings.Contains(s, "\x1b") {
		t.Fatalf("%q", s)
	}
}

// checkProgram checks what the kernel checks: known instructions, jumps forward and inside, a return at the end.
func checkProgram(t *testing.T, p *filter.Program) {
	code := p.Code()
	if _, ok := bpf.Disassemble(code); !ok || len(code) == 0 || len(code) > 4096 {
		t.Fatalf("%d instructions, known: %v\n%s", len(code), ok, p.Listing())
	}
	for i, in := range code {
		far := 0
		switch {
		case in.Op == 0x05:
			far = int(in.K)
		case in.Op&7 == 5:
			far = int(max(in.Jt, in.Jf))
		}
		if i+1+far >= len(code) && in.Op&7 != 6 {
			t.Fatalf("instruction %d leaves the program\n%s", i, p.Listing())
		}
	}
	for _, text := range []string{p.Listing(), p.CSource(), p.Decimal()} {
		if n := strings.Count(text, "\n"); n != len(code) && n != len(code)+1 || strings.Contains(text, "%!") {
			t.Fatalf("%d lines\n%s", n, text)
		}
	}
}

// checkRun compares the program on both machines, over packets that were not cut.
func checkRun(t *testing.T, p *filter.Program, list []frame) {
	ins, _ := bpf.Disassemble(p.Code())
	if slices.ContainsFunc(ins, func(i bpf.Instruction) bool { _, raw := i.(bpf.RawInstruction); return raw }) {
		return
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		return // it refuses constants the kernel takes
	}
	for _, f := range list {
		n, err := vm.Run(f.data)
		if want := err == nil && n > 0; want != p.Match(f.data, len(f.data)) {
			t.Fatalf("x/net's machine: %v %v; ours differs for % x\n%s", n, err, f.data, p.Listing())
		}
	}
}

// checkRun must notice a machine that differs; so must compare.
func TestComparisonsCanFail(t *testing.T) {
	if d := symmetric([]uint32{1, 2}, []uint32{2, 3}); !slices.Equal(d, []uint32{1, 3}) {
		t.Errorf("%v", d)
	}
	b := bench{link: hanalyze.LinkEthernet, frames: frames(hanalyze.LinkEthernet, 500)}
	ip, err := b.ours("ip")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := b.ours("tcp")
	if err != nil || len(ip) < 50 || len(tcp) < 20 || slices.Equal(ip, tcp) {
		t.Errorf("%d and %d frames, %v", len(ip), len(tcp), err)
	}
	if s := b.describe(ip, tcp); !bytes.Contains([]byte(s), []byte("only we accept frame")) {
		t.Errorf("%s", s)
	}
}
