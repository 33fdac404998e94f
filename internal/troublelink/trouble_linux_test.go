package troublelink

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"hanalyze/internal/testenv"
)

var (
	replay = flag.String("replay", "", "judge the captures kept in this `folder` rather than new ones")
	seeds  = flag.Int("seeds", 1, "`number` of runs of each scenario")
)

// scenario is a kind of trouble.
type scenario struct {
	name       string
	right      Plan // of what goes to the right
	left       Plan // of what goes to the left
	sysctl     map[string]string
	congestion string // "" is cubic
	ipv6       bool
	do         traffic
}

// with returns settings of TCP.
func with(settings ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(settings); i += 2 {
		m["ipv4/tcp_"+settings[i]] = settings[i+1]
	}
	return m
}

var scenarios = []scenario{
	{name: "clean", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms}, do: download(megabyte)},
	{name: "loss", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, do: download(megabyte)},
	{name: "loss-upload", right: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, left: Plan{Delay: 5 * ms}, do: upload(megabyte)},
	{name: "loss-both", right: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.05)}}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.05)}}, do: download(megabyte)},
	{name: "loss-bbr", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, congestion: "bbr", do: download(megabyte)},
	{name: "loss-nosack", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, sysctl: with("sack", "0"), do: download(megabyte)},
	{name: "loss-nots", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, sysctl: with("timestamps", "0"), do: download(megabyte)},
	{name: "loss-ipv6", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, ipv6: true, do: download(megabyte)},
	{name: "loss-bare", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, ipv6: true,
		sysctl: with("timestamps", "0"), do: download(megabyte)},
	{name: "bursts", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropBursts(0.004, 2*ms)}}, do: download(megabyte)},
	{name: "acks", right: Plan{Delay: 5 * ms, Drop: []Drop{DropAcks(0.3)}}, left: Plan{Delay: 5 * ms}, do: download(megabyte)},
	{name: "tails", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShort(1448, 0.4)}}, do: requests(12, 9000)},
	{name: "reorder", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.02, ReorderBy: 1 * ms}, do: download(megabyte)},
	{name: "reorder-far", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.01, ReorderBy: 8 * ms}, do: download(megabyte)},
	{name: "reorder-ipv6", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.02, ReorderBy: 1 * ms}, ipv6: true, do: download(megabyte)},
	{name: "duplicates-ipv6", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Duplicate: 0.02}, ipv6: true, do: download(megabyte)},
	{name: "duplicates", right: Plan{Delay: 5 * ms, Duplicate: 0.02}, left: Plan{Delay: 5 * ms, Duplicate: 0.02}, do: download(megabyte)},
	{name: "duplicates-late", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Duplicate: 0.02, DuplicateBy: 3 * ms}, do: download(megabyte)},
	{name: "queue", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Rate: 2e6, Queue: 30000}, do: download(megabyte)},
	{name: "long-fat", right: Plan{Delay: 25 * ms}, left: Plan{Delay: 25 * ms, Drop: []Drop{DropShare(0.005)}}, do: download(megabyte)},
	{name: "everything", right: Plan{Delay: 5 * ms, Jitter: 2 * ms, Drop: []Drop{DropShare(0.02)}, Reorder: 0.01, ReorderBy: 2 * ms},
		left: Plan{Delay: 5 * ms, Jitter: 2 * ms, Drop: []Drop{DropShare(0.02)}, Reorder: 0.01, ReorderBy: 2 * ms, Duplicate: 0.01}, do: download(megabyte)},
	{name: "blackout", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropFor(200, 300*ms)}}, do: download(megabyte)},
	{name: "delay-spike", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.004, ReorderBy: 300 * ms}, do: requests(8, 9000)},
	{name: "syn", right: Plan{Delay: 5 * ms, Drop: []Drop{DropFlags(SYN, SYN, 1)}}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropFlags(FIN, FIN, 1)}}, do: requests(2, 1000)},
	{name: "curl", right: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.01)}}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, do: browse},
	{name: "slow-reader", right: Plan{Delay: 2 * ms}, left: Plan{Delay: 2 * ms}, do: slowReader},
	{name: "pieces", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms}, do: pieces},
}

// TestTrouble holds what hanalyze tells of captures at both ends of the link against what the link did.
func TestTrouble(t *testing.T) {
	if *replay != "" {
		replayAll(t, *replay)
		return
	}
	testenv.Root(t)
	var total score
	for _, s := range scenarios {
		for seed := range uint64(*seeds) {
			run := fmt.Sprintf("%s-%d", s.name, seed+1)
			t.Run(run, func(t *testing.T) {
				trace := s.run(t, seed+1)
				for _, at := range sights(t, run, trace) {
					if *keep != "" {
						at.save(t, *keep)
					}
					r := at.judge(t, &total)
					judgeRTT(t, trace, at.Side, r, s.right.Delay+s.left.Delay)
					judgeGaps(t, trace, at.Side, seed)
				}
			})
		}
	}
	total.check(t)
}

func replayAll(t *testing.T, dir string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing to replay in %s: %v", dir, err)
	}
	var total score
	for _, name := range names {
		s := load(t, name)
		t.Run(s.Run+"-"+s.Side.String(), func(t *testing.T) { s.judge(t, &total) })
	}
	total.check(t)
}

// run makes the link, has the traffic cross it, waits until everything is closed, and returns what happened.
func (s *scenario) run(t *testing.T, seed uint64) *Trace {
	t.Helper()
	o := Options{Seed: seed, Plan: [2]Plan{Left: s.right, Right: s.left}, Sysctl: s.sysctl, Congestion: "cubic"}
	if s.congestion != "" {
		o.Congestion = s.congestion
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, l, s)
	settle(t, l)
	var counters [2]map[string]int64
	for side := range counters {
		if counters[side], err = l.Host[side].Counters(); err != nil {
			t.Error(err)
		}
	}
	trace, err := l.Stop()
	if err != nil {
		t.Fatal(err)
	}
	for side, c := range counters {
		agree(t, trace, Side(side), c)
	}
	return trace
}

// settle waits until no connection is open any more, and for what is still on its way.
func settle(t *testing.T, l *Link) {
	t.Helper()
	for range 500 {
		open := 0
		for _, h := range l.Host {
			n, err := h.Open()
			if err != nil {
				t.Fatal(err)
			}
			open += n
		}
		if open == 0 {
			time.Sleep(20 * ms)
			return
		}
		time.Sleep(10 * ms)
	}
	t.Error("connections stay open")
}

// agree compares the truth with a kernel's counters: what it has sent again, and of that in fast recovery. When a program
// keeps the kernel from handling an ACK at once, several are handled together, and recovery that was needless may be over
// before the link has asked for it.
func agree(t *testing.T, trace *Trace, side Side, counters map[string]int64) {
	t.Helper()
	var again, fast, unsure int64
	for _, f := range trace.Truths(side) {
		switch {
		case f.From != side || f.Kind != Again:
			continue
		case f.Cause == Fast:
			fast++
		case f.Needless:
			unsure++
		}
		again++
	}
	if n := counters["TcpRetransSegs"]; n != again {
		t.Errorf("the %s kernel sent %d segments again, the link saw %d", side, n, again)
	}
	if n := counters["TcpExtTCPFastRetrans"]; n < fast || n > fast+unsure {
		t.Errorf("the %s kernel sent %d segments again in fast recovery, the link saw %d to %d", side, n, fast, fast+unsure)
	}
}
