package reassembly

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
	"hanalyze/packet"
)

// play is a tracker whose Handler writes a line for everything it is told.
//
// A script has one packet a line: ">" from 10.0.0.1:40000 to 10.0.0.2:80 or "<" back, flag letters ("." is ACK alone, "U"
// makes it UDP), then what matters of seq=, ack=, tag=, ttl=, len= (on the wire, when the snaplen cut it), ":40001" for another port
// of the first end, and the payload in quotes. ACK is set wherever there is an ack=. "+5s" in front moves the clock.
type play struct {
	*Tracker
	t       testing.TB
	lines   []string
	waits   []string // what Waited was told
	unshown []string // what Unshown was told, with the packet
	conns   []*hanalyze.Conn
	now     hanalyze.Time
	n       uint64
}

func newPlay(t testing.TB, limits Limits) *play {
	p := &play{t: t}
	p.Tracker = New(Config{Open: p.open, Emit: p.emit, Limits: limits})
	return p
}

func (p *play) say(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

func (p *play) open(f *hanalyze.Flow) Handler {
	p.say("open %s %s", f.Client, f.Orientation)
	return &teller{p: p}
}

func (p *play) emit(r hanalyze.Record) {
	switch r := r.(type) {
	case *hanalyze.Conn:
		p.conns = append(p.conns, r)
	case *hanalyze.Notice:
		p.say("%s %s", r.ID, r.Detail)
	}
}

// teller checks the order of what a Handler is told, and poisons what it borrowed.
type teller struct {
	p      *play
	last   [2]uint64
	ended  [2]bool
	closed bool
}

func (h *teller) check(d hanalyze.Dir, m hanalyze.Meta) {
	if h.closed || h.ended[d] || m.Packet < h.last[d] {
		h.p.t.Errorf("packet %d: %s after close %v, end %v, packet %d", m.Packet, d, h.closed, h.ended[d], h.last[d])
	}
	h.last[d] = m.Packet
}

func (h *teller) Data(d hanalyze.Dir, m hanalyze.Meta, b []byte) {
	h.check(d, m)
	h.p.say("%s %d %q", d, m.Packet, b)
	clear(b)
}

func (h *teller) Waited(d hanalyze.Dir, since hanalyze.Meta) {
	h.p.waits = append(h.p.waits, fmt.Sprintf("%s %d", d, since.Packet))
}

func (h *teller) Unshown(d hanalyze.Dir, n int64) {
	h.p.unshown = append(h.p.unshown, fmt.Sprintf("%s %d: %d", d, h.p.n, n))
}

func (h *teller) Gap(d hanalyze.Dir, m hanalyze.Meta, n int64, why hanalyze.Missing) {
	h.check(d, m)
	for i, name := range hanalyze.MissingNames {
		if why == 1<<i {
			h.p.say("%s %d missing %d %s", d, m.Packet, n, name)
		}
	}
}

func (h *teller) End(d hanalyze.Dir, m hanalyze.Meta) {
	h.check(d, m)
	h.ended[d] = true
	h.p.say("%s %d end", d, m.Packet)
}

func (h *teller) Close(m hanalyze.Meta, why string) {
	if h.closed {
		h.p.t.Errorf("closed twice")
	}
	h.closed = true
	h.p.say("close %d %s", m.Packet, why)
}

func (h *teller) Path() string          { return "test" }
func (*teller) Complete(*hanalyze.Conn) {}

var flagLetters = map[rune]hanalyze.TCPFlags{'F': hanalyze.FIN, 'S': hanalyze.SYN, 'R': hanalyze.RST, 'P': hanalyze.PSH, 'A': hanalyze.ACK, '.': hanalyze.ACK}

// run plays a script.
func (p *play) run(script string) {
	p.t.Helper()
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" {
			p.Packet(p.parse(line))
		}
	}
}

func (p *play) parse(line string) *packet.Packet {
	p.t.Helper()
	p.n++
	p.now = p.now.Add(time.Millisecond)
	head, text, quoted := strings.Cut(line, `"`)
	k := &packet.Packet{Transport: hanalyze.TCP, TTL: 64, IPBytes: 40, Window: 1000}
	if quoted {
		k.Payload = []byte(strings.TrimSuffix(text, `"`))
	}
	port := 40000
	back := false
	for i, w := range strings.Fields(head) {
		name, val, _ := strings.Cut(w, "=")
		num, _ := strconv.ParseUint(val, 10, 32)
		switch {
		case i == 0 && w[0] == '+':
			d, err := time.ParseDuration(w[1:])
			if err != nil {
				p.t.Fatal(err)
			}
			p.now = p.now.Add(d)
		case w == ">" || w == "<":
			back = w == "<"
		case w == "U":
			k.Transport = hanalyze.UDP
		case w[0] == ':':
			port, _ = strconv.Atoi(w[1:])
		case name == "seq":
			k.Seq = uint32(num)
		case name == "ack":
			k.Ack = uint32(num)
			k.Flags |= hanalyze.ACK
		case name == "len":
			k.PayloadLen = int(num)
		case name == "tag":
			k.Tag = num
		case name == "ttl":
			k.TTL = uint8(num)
		default:
			for _, c := range w {
				f, ok := flagLetters[c]
				if !ok {
					p.t.Fatalf("%s: what is %q?", line, w)
				}
				k.Flags |= f
			}
		}
	}
	k.PayloadLen = max(k.PayloadLen, len(k.Payload))
	k.IPBytes += k.PayloadLen
	k.Src, k.Dst = netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(port)), netip.MustParseAddrPort("10.0.0.2:80")
	if back {
		k.Src, k.Dst = k.Dst, k.Src
	}
	k.Meta = hanalyze.Meta{Packet: p.n, Time: p.now}
	return k
}

// end closes the tracker at the time of the last packet.
func (p *play) end() { p.Close(hanalyze.Meta{Packet: p.n, Time: p.now}) }

// want compares what was told, one line each, and forgets it.
func (p *play) want(lines string) {
	p.t.Helper()
	want := []string{}
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			want = append(want, line)
		}
	}
	if d := cmp.Diff(want, append([]string{}, p.lines...)); d != "" {
		p.t.Errorf("(-want +got):\n%s", d)
	}
	p.lines = nil
}

// opened is a handshake: the client's data begins at 101, the server's at 501.
const opened = `
	> S seq=100
	< SA seq=500 ack=101
	> . seq=101 ack=501
`
