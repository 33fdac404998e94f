package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// frameFigure is one of tshark's flags and what of ours says the same of a packet.
type frameFigure struct {
	flag string
	ours func(p *packet) bool
}

// frameFigures are compared packet by packet. tshark's words are those of its user guide, "TCP Analysis".
var frameFigures = []frameFigure{
	// Any bytes, SYN or FIN sent before. tshark sets it together with the two more special flags; RSTs it leaves alone.
	{"retransmission", func(p *packet) bool { return p.Class == "retransmission" }},
	{"out_of_order", func(p *packet) bool { return p.Class == "out_of_order" }},
	{"duplicate_ack", func(p *packet) bool { return p.Class == "duplicate_ack" }},
	{"keep_alive", func(p *packet) bool { return p.Class == "keep_alive" }},
	// Something before this segment was not seen. Ours names segments with bytes so; what an empty one skips is counted
	// in gap_bytes alike.
	{"lost_segment", func(p *packet) bool { return p.Class == "ahead" }},
	{"zero_window_probe", func(p *packet) bool { return p.Class == "window_probe" }},
	// These two are causes, as far as they show with the segment: a proof by D-SACK or timestamp comes later.
	{"spurious_retransmission", func(p *packet) bool { return p.Cause == "spurious" }},
	{"fast_retransmission", func(p *packet) bool { return p.Cause == "fast" }},
}

// compareFrames compares the flags of all packets.
func compareFrames(r *result, t *told, v *verdicts) {
	for _, f := range frameFigures {
		a := agreement{figure: "tshark " + f.flag}
		for _, p := range t.packets {
			theirs, ours := slices.Contains(v.flags[p.Frame], f.flag), f.ours(p)
			switch {
			case theirs && ours:
				a.both++
			case theirs != ours:
				r.diffs = append(r.diffs, differ(a.figure, &dispute{flag: f.flag, p: p, theirs: theirs, t: t, v: v}))
			}
			a.theirs += bit(theirs)
			a.ours += bit(ours)
		}
		r.agreed = append(r.agreed, a)
	}
}

// countFigure is one of tshark's flags of which ours gives a number for the connection.
type countFigure struct {
	flag string
	ours func(a *account) uint64
}

// countFigures are compared connection by connection: as many packets with the flag as ours counts.
var countFigures = []countFigure{
	{"zero_window", func(a *account) uint64 { return a.ZeroWindows }},
	{"window_full", func(a *account) uint64 { return a.WindowFull }},
	{"window_update", func(a *account) uint64 { return a.Client.WindowUpdates + a.Server.WindowUpdates }},
}

// compareCounts compares the numbers of all connections.
func compareCounts(r *result, t *told, v *verdicts) {
	for _, f := range countFigures {
		a := agreement{figure: "tshark " + f.flag}
		for _, c := range t.inOrder() {
			theirs, ours := 0, int(f.ours(&c.TCP))
			for _, p := range c.packets {
				theirs += bit(slices.Contains(v.flags[p.Frame], f.flag))
			}
			a.theirs += theirs
			a.ours += ours
			a.both += min(theirs, ours)
			if theirs != ours {
				d := &difference{
					figure: a.figure, conn: c.Conn, frame: c.packets[0].Frame, theirs: strconv.Itoa(theirs), ours: strconv.Itoa(ours),
				}
				if f.flag == "window_update" && theirs-ours == c.updatesWithSACK(v) {
					d.rule = &reports
				}
				r.diffs = append(r.diffs, d)
			}
		}
		r.agreed = append(r.agreed, a)
	}
}

var reports = rule{"update with SACK", oursRight, "an ACK with SACK blocks reports a loss or bytes that came twice: it was not sent only to offer a larger window"}

// updatesWithSACK counts the packets of c that tshark calls window updates and that carry SACK blocks.
func (c *conn) updatesWithSACK(v *verdicts) (n int) {
	for _, p := range c.packets {
		n += bit(len(p.SACK) > 0 && slices.Contains(v.flags[p.Frame], "window_update"))
	}
	return n
}

// differ describes a packet about which tshark and we differ.
func differ(figure string, x *dispute) *difference {
	d := &difference{figure: figure, frame: x.p.Frame, conn: x.p.Conn, ours: x.p.Class, theirs: cmp.Or(strings.Join(x.v.flags[x.p.Frame], "+"), "-")}
	for i := range frameRules {
		if frameRules[i].applies(x) {
			d.rule = &frameRules[i].rule
			break
		}
	}
	return d
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// before are the packets of p's connection and direction before it, newest first.
func (p *packet) before(yield func(*packet) bool) {
	for i := p.at - 1; i >= 0; i-- {
		if q := p.of.packets[i]; q.Dir == p.Dir && !yield(q) {
			return
		}
	}
}

// end is the offset after p's last byte; SYN and FIN count one each.
func (p *packet) end() int64 {
	n := p.Seq + p.Len
	if p.has('S') {
		n++
	}
	if p.has('F') {
		n++
	}
	return n
}

// start is the offset of p's first byte: its SYN, if it has one, comes before.
func (p *packet) start() int64 {
	if p.has('S') {
		return p.Seq + 1
	}
	return p.Seq
}

func (p *packet) has(flag byte) bool {
	for i := range len(p.Flags) {
		if p.Flags[i] == flag {
			return true
		}
	}
	return false
}

// unseen counts the offsets of p that no earlier packet of its direction covers.
func (p *packet) unseen() int64 {
	var seen spans
	for q := range p.before {
		if q.end() > q.Seq && !q.has('R') && q.Seq < p.end() && q.end() > p.Seq {
			seen.add(q.Seq, q.end())
		}
	}
	return p.end() - p.Seq - seen.add(p.Seq, p.end())
}

// highest is the offset after the last byte seen before p in its direction.
func (p *packet) highest() (end int64, ok bool) {
	for q := range p.before {
		if !q.has('R') {
			end, ok = max(end, q.end()), true
		}
	}
	return end, ok
}

// outstanding reports whether the peer had sent, before p, bytes that p does not acknowledge.
func (p *packet) outstanding() bool {
	for i := p.at - 1; i >= 0; i-- {
		if q := p.of.packets[i]; q.Dir != p.Dir && q.end() > p.Ack && !q.has('R') {
			return true
		}
	}
	return false
}
