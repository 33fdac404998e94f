package main

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// end is one end of a connection as both sides tell of it.
type end struct {
	c       *conn
	dir     string // of its packets
	side    *side
	theirs  map[string]float64
	packets []*packet
	peer    *end
}

// endFigure is one of tcptrace's figures of an end and what of ours is the same.
type endFigure struct {
	name  string
	ours  func(e *end) float64
	close float64 // differences up to this are none: tcptrace prints a tenth of a millisecond
}

// endFigures are compared end by end.
var endFigures = []endFigure{
	{name: "total packets", ours: func(e *end) float64 { return float64(len(e.packets)) }},
	{name: "SYN pkts", ours: func(e *end) float64 { return e.count(func(p *packet) bool { return p.has('S') }) }},
	{name: "FIN pkts", ours: func(e *end) float64 { return e.count(func(p *packet) bool { return p.has('F') }) }},
	{name: "actual data pkts", ours: func(e *end) float64 { return e.count((*packet).data) }},
	{name: "unique bytes sent", ours: func(e *end) float64 { return float64(e.side.StreamBytes) }},
	{name: "max segm size", ours: func(e *end) float64 { return float64(e.side.MaxSegment) }},
	{name: "rexmt data pkts", ours: func(e *end) float64 {
		return e.count(func(p *packet) bool { return p.data() && p.Class == "retransmission" })
	}},
	{name: "rexmt data bytes", ours: func(e *end) float64 { return float64(e.side.ResentBytes) }},
	{name: "outoforder pkts", ours: func(e *end) float64 { return float64(e.side.OutOfOrder) }},
	{name: "zwnd probe pkts", ours: func(e *end) float64 { return float64(e.side.WindowProbes) }},
	{name: "sacks sent", ours: func(e *end) float64 { return float64(e.side.SACKs) }},
	{name: "dsack pkts sent", ours: func(e *end) float64 { return float64(e.side.DSACKs) }},
	{name: "missed data", ours: func(e *end) float64 { return float64(e.side.GapBytes + e.side.LostBytes) }},
	{name: "max owin", ours: func(e *end) float64 { return float64(e.side.MaxInFlight) }},
	{name: "RTT samples", ours: func(e *end) float64 { return float64(e.rtt().Samples) }},
	{name: "RTT min", ours: func(e *end) float64 { return e.rtt().Min }, close: 0.1},
	{name: "RTT max", ours: func(e *end) float64 { return e.rtt().Max }, close: 0.1},
}

// data reports whether p carries bytes of the stream.
func (p *packet) data() bool { return p.Len > 0 && !p.has('R') }

func (e *end) count(is func(*packet) bool) (n float64) {
	for _, p := range e.packets {
		n += float64(bit(is(p)))
	}
	return n
}

func (e *end) rtt() rtt {
	if e.side.RTT == nil {
		return rtt{}
	}
	return *e.side.RTT
}

// compareEnds compares the figures of all connections both sides know.
func compareEnds(r *result, t *told, traces []*trace) {
	counts := make([]agreement, len(endFigures))
	for i, f := range endFigures {
		counts[i].figure = "tcptrace " + f.name
	}
	pairs := match(r, t, traces)
	counts = append(counts, agreement{figure: connections, ours: len(pairs), theirs: len(pairs), both: len(pairs)})
	for _, pair := range pairs {
		for _, e := range pair {
			for i, f := range endFigures {
				e.compare(r, &f, &counts[i])
			}
		}
	}
	r.agreed = append(r.agreed, counts...)
}

// compare compares one figure. An end for which both say zero is not counted.
func (e *end) compare(r *result, f *endFigure, a *agreement) {
	theirs, told := e.theirs[f.name]
	ours := f.ours(e)
	if !told || theirs == 0 && ours == 0 {
		return
	}
	same := math.Abs(theirs-ours) <= f.close
	a.theirs += bit(theirs != 0)
	a.ours += bit(ours != 0)
	a.both += bit(same)
	if same {
		return
	}
	d := &difference{
		figure: a.figure, conn: e.c.Conn, side: e.name(), frame: e.c.packets[0].Frame,
		theirs: number(theirs), ours: number(ours),
	}
	for i := range endRules {
		if rule := &endRules[i]; slices.Contains(rule.figures, f.name) && rule.applies(e, f.name, theirs, ours) {
			d.rule = &rule.rule
			break
		}
	}
	r.diffs = append(r.diffs, d)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (e *end) name() string {
	if e.dir == "c2s" {
		return "client"
	}
	return "server"
}

// match pairs tcptrace's connections with ours: those of the same two endpoints in the order of their first packets. Where
// the numbers differ none of them is compared.
func match(r *result, t *told, traces []*trace) (pairs [][2]*end) {
	ours := map[[2]string][]*conn{}
	for _, c := range t.inOrder() {
		key := pairKey(c.Client.String(), c.Server.String())
		ours[key] = append(ours[key], c)
	}
	theirs := map[[2]string][]*trace{}
	for _, tr := range traces {
		if tr.reported {
			key := pairKey(canonical(tr.a), canonical(tr.b))
			theirs[key] = append(theirs[key], tr)
		}
	}
	for key, list := range theirs {
		if len(ours[key]) != len(list) {
			r.diffs = append(r.diffs, splitDifferently(ours[key], list))
			continue
		}
		for i, tr := range list {
			pairs = append(pairs, ends(ours[key][i], tr))
		}
	}
	slices.SortFunc(pairs, func(a, b [2]*end) int { return int(a[0].c.Conn) - int(b[0].c.Conn) })
	return pairs
}

// connections is the figure of how many connections two endpoints had.
const connections = "tcptrace connections"

// splitDifferently is the difference in the number of connections between two endpoints.
func splitDifferently(ours []*conn, theirs []*trace) *difference {
	d := &difference{figure: connections, theirs: fmt.Sprintf("%d between %s and %s", len(theirs), theirs[0].a, theirs[0].b), ours: strconv.Itoa(len(ours))}
	cuts := 1
	for i, c := range ours {
		if i == 0 {
			d.conn, d.frame = c.Conn, c.packets[0].Frame
		}
		cuts += c.silences()
	}
	if len(ours) == 1 && cuts == len(theirs) {
		d.rule = &silence
	}
	return d
}

// reuseAfter is how long a silence must be for tcptrace to take the next packet for another connection.
const reuseAfter = 4 * time.Minute

var silence = rule{"silence", oursRight, "tcptrace begins another connection after four minutes of silence, though the sequence numbers go on"}

// silences counts the silences of c that are longer.
func (c *conn) silences() (n int) {
	for i, p := range c.packets[1:] {
		n += bit(p.TS.Sub(c.packets[i].TS) > reuseAfter)
	}
	return n
}

// ends makes the two ends of a connection.
func ends(c *conn, tr *trace) [2]*end {
	client, server := &end{c: c, dir: "c2s", side: &c.TCP.Client}, &end{c: c, dir: "s2c", side: &c.TCP.Server}
	client.peer, server.peer = server, client
	client.theirs, server.theirs = tr.figures[0], tr.figures[1]
	if canonical(tr.a) != c.Client.String() {
		client.theirs, server.theirs = tr.figures[1], tr.figures[0]
	}
	for _, p := range c.packets {
		if e := client; p.Dir == e.dir {
			e.packets = append(e.packets, p)
		} else {
			server.packets = append(server.packets, p)
		}
	}
	return [2]*end{client, server}
}

func pairKey(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

func (e endpoint) String() string { return e.IP + " " + strconv.Itoa(int(e.Port)) }

// canonical writes tcptrace's address:port as ours are written.
func canonical(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s
	}
	if strings.HasPrefix(s, ":") { // it prints ::1 as :0001
		s, i = ":"+s, i+1
	}
	if addr, err := netip.ParseAddr(s[:i]); err == nil {
		return addr.String() + " " + s[i+1:]
	}
	return s[:i] + " " + s[i+1:]
}
