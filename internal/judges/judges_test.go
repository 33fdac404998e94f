package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// script makes what hanalyze would tell of one connection from lines of "ms dir flags seq ack len class ip_id".
func script(t *testing.T, lines string) *told {
	t.Helper()
	c := &conn{Conn: 1}
	all := &told{byFrame: map[uint64]*packet{}, conns: map[uint64]*conn{1: c}}
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		p := &packet{Frame: uint64(i + 1), Conn: 1, of: c, at: i}
		var ms int64
		if _, err := fmt.Sscan(line, &ms, &p.Dir, &p.Flags, &p.Seq, &p.Ack, &p.Len, &p.Class, &p.IPID); err != nil {
			t.Fatal(line, err)
		}
		p.TS = time.UnixMilli(ms)
		c.packets = append(c.packets, p)
		all.packets = append(all.packets, p)
		all.byFrame[p.Frame] = p
	}
	return all
}

const opened = `
0  c2s S  0 0 0 new 1
10 s2c SA 0 1 0 new 7
20 c2s A  1 1 0 pure_ack 2
`

// TestFrameRules plays what each rule explains, and what looks like it but is not.
func TestFrameRules(t *testing.T) {
	for _, x := range []struct {
		name, lines, flags, want string
	}{
		{"a copy", "30 c2s PA 1 1 5 new 3\n31 c2s PA 1 1 5 duplicate_packet 3", "retransmission", "copy"},
		{"another identification", "30 c2s PA 1 1 5 new 3\n31 c2s PA 1 1 5 duplicate_packet 4", "retransmission", ""},
		{"an ACK of nothing", "30 c2s A 1 1 0 pure_ack 3", "duplicate_ack", "nothing outstanding"},
		{"an ACK while bytes wait", "30 s2c PA 1 1 5 new 8\n31 c2s A 1 1 0 pure_ack 3", "duplicate_ack", ""},
		{"late", "30 c2s PA 6 1 5 ahead 4\n31 c2s PA 1 1 5 out_of_order 3", "retransmission", "first copy"},
		{"sent twice", "30 c2s PA 1 1 5 new 3\n90 c2s PA 1 1 5 retransmission 4", "out_of_order", "seen before"},
		{"sent after what overtook it", "30 c2s PA 6 1 5 ahead 3\n90 c2s PA 1 1 5 retransmission 4", "out_of_order", "sent later"},
		{"an ACK with the FIN", "30 c2s FA 1 1 0 new 3\n31 s2c FA 1 1 0 new 8\n31 c2s FA 1 2 0 pure_ack 4", "retransmission", "FIN carried by an ACK"},
		{"a FIN again", "30 c2s FA 1 1 0 new 3\n31 s2c FA 1 1 0 new 8\n31 c2s FA 1 1 0 pure_ack 4", "retransmission", ""},
		{"a RST again", "30 c2s R 1 0 0 new 3\n31 c2s R 1 0 0 retransmission 4", "", "reset"},
	} {
		all := script(t, opened+x.lines)
		last := all.packets[len(all.packets)-1]
		v := &verdicts{flags: map[uint64][]string{last.Frame: strings.Fields(x.flags)}}
		flag := x.flags
		if flag == "" {
			flag = "retransmission"
		}
		d := differ("", &dispute{flag: flag, p: last, theirs: x.flags != "", t: all, v: v})
		got := ""
		if d.rule != nil {
			got = d.rule.name
		}
		if got != x.want {
			t.Errorf("%s: rule %q, want %q", x.name, got, x.want)
		}
	}
}

func TestSpans(t *testing.T) {
	var s spans
	for _, x := range []struct{ from, to, old int64 }{{10, 20, 0}, {30, 40, 0}, {20, 30, 0}, {5, 45, 30}, {0, 5, 0}, {0, 50, 45}} {
		if old := s.add(x.from, x.to); old != x.old {
			t.Errorf("[%d,%d): %d were there, want %d", x.from, x.to, old, x.old)
		}
	}
	if !slices.Equal(s, spans{{0, 50}}) {
		t.Errorf("left: %v", s)
	}
}

// TestReplay: the SYN gives a sample, the segment sent twice gives none, and the ACK of two segments one.
func TestReplay(t *testing.T) {
	all := script(t, opened+`30 c2s PA 1  1 5 new 3
31 c2s PA 6  1 5 new 4
40 s2c A  1 11 0 pure_ack 8
50 c2s PA 11 1 5 new 5
90 c2s PA 11 1 5 retransmission 6
99 s2c A  1 16 0 pure_ack 9`)
	r := playBack(&end{c: all.conns[1], dir: "c2s"})
	for name, want := range map[string]float64{
		"RTT samples": 2, "RTT min": 9, "RTT max": 10, "rexmt data pkts": 1, "rexmt data bytes": 5, "outoforder pkts": 0, "max owin": 11,
	} {
		if got, ok := r.figure(name); !ok || got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTraceLines(t *testing.T) {
	tr := &trace{figures: [2]map[string]float64{{}, {}}}
	for _, line := range []string{
		"	host a:        10.0.0.1:52925",
		"	host b:        :0001:80",
		"     rexmt data pkts:           1           rexmt data pkts:           2      ",
		"     SYN/FIN pkts sent:       1/3           SYN/FIN pkts sent:       1/0      ",
		"     RTT min:                 0.0 ms        RTT min:                23.5 ms   ",
		"     ttl stream length:        NA           ttl stream length:       11 bytes",
	} {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		tr.line(name, strings.TrimSpace(value), line)
	}
	if got := canonical(tr.a) + ", " + canonical(tr.b); got != "10.0.0.1 52925, ::1 80" {
		t.Error(got)
	}
	if got, want := fmt.Sprint(tr.figures), "[map[FIN pkts:3 RTT min:0 SYN pkts:1 rexmt data pkts:1] map[FIN pkts:0 RTT min:23.5 SYN pkts:1 rexmt data pkts:2 ttl stream length:11]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestTableIsUsed: an entry that explains nothing any more is told.
func TestTableIsUsed(t *testing.T) {
	e := &entry{Capture: "a", Figures: []string{"f"}, Frames: []uint64{1, 2}, used: map[use]bool{}}
	if e.explains("a", &difference{figure: "f", frame: 3}) || !e.explains("a", &difference{figure: "f", frame: 1}) {
		t.Error("explains the wrong packet")
	}
	if idle := e.idle(); len(idle) != 1 || idle[0].frame != 2 {
		t.Errorf("idle: %v", idle)
	}
}

// TestTableReads holds the table's form.
func TestTableReads(t *testing.T) {
	table, err := readTable("explained.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range table {
		if e.Capture == "" || e.Reason == "" || len(e.Figures) == 0 || len(e.Frames) == 0 {
			t.Errorf("%+v lacks something", e)
		}
	}
}
