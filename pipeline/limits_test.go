package pipeline

import (
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
	"hanalyze/packet"
	"hanalyze/reassembly"
)

// A scan that opens more flows than a table has room for costs no more memory than a full one does. All flows fall to one of the
// shards, so that its table is full soon.
func TestFlowsAreBounded(t *testing.T) {
	const most = reassembly.DefaultHalfOpen
	const flows = 64 * most
	var ends [][2]netip.AddrPort
	key := fileKey()
	for n := 0; len(ends) < flows; n++ {
		e := endpoints(n, 80)
		if key.shard(&packet.Packet{Transport: hanalyze.TCP, Src: e[0], Dst: e[1]}) == 0 {
			ends = append(ends, e)
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var full, end uint64
	src := &source{size: 100, next: func(n int) (capture.Frame, bool) {
		switch n {
		case flows / 2:
			full = heap()
		case flows:
			end = heap()
			return capture.Frame{}, false
		}
		data := tcpSegment(ends[n][0], ends[n][1], 1, 0, hanalyze.SYN, nil)
		return capture.Frame{Time: start.Add(1), Data: data, Len: len(data), Link: hanalyze.LinkEthernet}, true
	}}
	s, err := Run(Options{Source: src, Workers: 2, Render: output.NewJSON(output.Options{}), Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if s.Connections.TCP != flows || s.Records["conn"] != flows {
		t.Errorf("%d flows, %d conn records", s.Connections.TCP, s.Records["conn"])
	}
	if n := s.Limits["flows_evicted"]; n != flows-most {
		t.Errorf("%d flows evicted", n)
	}
	const bytesPerFlow = 2 << 10 // what is kept of a SYN, its Stream, and the records of a hundred
	const fixed = 4 << 20        // 64 trackers without flows, batches, what is rendered, addresses that are counted for
	if full > before+fixed+most*bytesPerFlow {
		t.Errorf("a full table costs %d bytes a flow", (full-before)/most)
	}
	if end > full+full/5 {
		t.Errorf("the heap grew from %d to %d bytes after the table was full", full, end)
	}
}

// One packet whose time is years ahead ends nothing; where the clock stays there, what is idle ends.
func TestLeap(t *testing.T) {
	for _, c := range []struct {
		ahead int // packets whose time is years ahead
		flows int
	}{{1, 2}, {2, 3}} {
		tr := newTrace()
		tr.dns(1, 1, "a.example.", true)
		now := tr.now
		tr.wait(28 * 365 * 24 * time.Hour)
		for range c.ahead {
			tr.dns(2, 2, "b.example.", false)
		}
		tr.now = now
		tr.dns(1, 1, "c.example.", true)
		out, _ := runSource(t, &source{frames: tr.frames, size: 1}, 2, output.NewJSON(output.Options{}))
		if n := strings.Count(out, `"type":"conn"`); n != c.flows {
			t.Errorf("%d packets ahead: %d flows, want %d\n%s", c.ahead, n, c.flows, out)
		}
	}
}
