// Package filter compiles the filter language of tcpdump, pcap-filter(7), to programs of the Berkeley Packet Filter. A
// program chooses packets: in the kernel while capturing, and with Program.Match in a file that was captured before.
//
//	text → tokens → syntax tree → conditions on the packet → a graph of tests → instructions
//
// Parse reads an expression; what is wrong with it is an *Error that points at the word. Compile makes a program of it for
// one link type, because what the bytes of a packet mean depends on how it begins.
//
// What a program accepts is what libpcap 1.10 accepts, with these exceptions. What libpcap refuses and is well defined is
// accepted: VLAN tags and MPLS labels on all links that carry EtherTypes, binary constants. Packets of BSD loopback links are
// understood in both byte orders, whatever the file says. Where several bytes of a packet are combined, as in len - tcp[12],
// the packet must have all of them; libpcap checks the protocol of the first only. What follows geneve looks into Geneve
// packets, and at Ethernet headers in them if they have one, and matches no others.
//
// Where libpcap groups the operators % and ^ unlike C, parentheses are demanded. Names of hosts and networks, gateway,
// protochain, and filters on IEEE 802.11, DECnet addresses, ATM and packet filter logs are refused.
package filter

import (
	"golang.org/x/net/bpf"

	"hanalyze"
)

const (
	// maxExpression bounds the text of an expression: ten times what is sensible to write by hand, enough for a list of
	// thousand addresses that a script made.
	maxExpression = 64 << 10

	// maxDepth bounds how deep parentheses nest, and so how deep functions recurse.
	maxDepth = 500

	// maxInstructions is the kernel's limit (BPF_MAXINSNS).
	maxInstructions = 4096

	// acceptBytes is what a program returns for packets it accepts unless Options say otherwise: the bytes to keep, as
	// tcpdump has it.
	acceptBytes = 262144
)

// Expression is a filter expression that was read without finding an error. It is not tied to a link type.
type Expression struct {
	text string
	root node // nil: every packet
}

// Parse reads an expression. An empty one accepts every packet. The error is an *Error.
func Parse(text string) (*Expression, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Expression{text: text, root: root}, nil
}

// String returns the text that was parsed.
func (e *Expression) String() string { return e.text }

// Options say where a program runs.
type Options struct {
	// Kernel is set for programs that are attached to a packet socket of Linux. There a VLAN tag may have been taken out of
	// the packet, and the direction is known.
	Kernel bool
	// Cooked, with Kernel and link type LINUX_SLL2, says that the socket gives no link-layer header (SOCK_DGRAM).
	Cooked bool
	// Netmask of the interface, for `ip broadcast`; 0: not known, then 0.0.0.0 and 255.255.255.255 are broadcast.
	Netmask uint32
	// Bytes is what the program returns for packets it accepts: how much to keep of them; 0: 262,144.
	Bytes uint32
}

// Compile makes a program for packets of a link type. The error is an *Error: the expression asks for something that the
// link type does not have, or needs too long a program.
func (e *Expression) Compile(link hanalyze.LinkType, o Options) (*Program, error) {
	g := newGenerator(e.text, link, o)
	c := g.program(e.root)
	if g.err != nil {
		return nil, g.err
	}
	if o.Bytes == 0 {
		o.Bytes = acceptBytes
	}
	raw, ok := assemble(c, o.Bytes)
	if !ok {
		return nil, &Error{Expr: e.text, To: len(e.text), Reason: "the expression is too long: its program has more than 4096 instructions"}
	}
	return &Program{raw, steps(raw)}, nil
}

// Program is a filter program. It does not change and may be used by several goroutines.
type Program struct {
	code  []bpf.RawInstruction
	steps []step // the same
}

// Code returns the instructions, for the kernel. The caller must not change them.
func (p *Program) Code() []bpf.RawInstruction { return p.code }

// Match reports whether the program accepts a packet of which data was captured and which had wire bytes. data is borrowed.
func (p *Program) Match(data []byte, wire int) bool {
	return run(p.steps, data, uint32(wire)) != 0
}

// Constant reports whether the program accepts all packets alike, and whether it accepts them.
func (p *Program) Constant() (constant, accepts bool) {
	return len(p.code) == 1, p.code[0].K != 0
}

// Matcher applies an expression to packets of any link types: each gets its own program when its first packet comes. It is
// for one goroutine.
type Matcher struct {
	expr     *Expression
	programs map[hanalyze.LinkType]*Program
	last     hanalyze.LinkType
	program  *Program // of last; nil before the first packet
}

// NewMatcher returns a Matcher for e.
func NewMatcher(e *Expression) *Matcher {
	return &Matcher{expr: e, programs: map[hanalyze.LinkType]*Program{}}
}

// Match reports whether the expression accepts a packet. data is borrowed. The error is an *Error: the expression cannot be
// used with this link type.
func (m *Matcher) Match(link hanalyze.LinkType, data []byte, wire int) (bool, error) {
	if m.program == nil || link != m.last {
		if err := m.use(link); err != nil {
			return false, err
		}
	}
	return m.program.Match(data, wire), nil
}

func (m *Matcher) use(link hanalyze.LinkType) error {
	p := m.programs[link]
	if p == nil {
		var err error
		if p, err = m.expr.Compile(link, Options{}); err != nil {
			return err
		}
		m.programs[link] = p
	}
	m.last, m.program = link, p
	return nil
}
