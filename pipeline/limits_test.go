package pipeline

import (
	"io"
	"net/netip"
	"runtime"
	"testing"

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
