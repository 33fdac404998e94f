package pipeline

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
)

// floodPackets is large enough to fill every room of the flow table several times over.
const floodPackets = 100_000

// flooded is a web server's capture: one client fetches pages over one connection while SYNs with forged addresses pour in.
func flooded(seed uint64) func(n int) (capture.Frame, bool) {
	tr := newTrace()
	c := tr.tcp(1, 80)
	c.open()
	for range 50 {
		c.get("/page", ok)
	}
	c.close()
	const every = floodPackets / 210 // the connection has 206 packets
	server := c.end[1]
	r := rand.New(rand.NewPCG(seed, 1))
	return func(n int) (capture.Frame, bool) {
		if n == floodPackets {
			return capture.Frame{}, false
		}
		f := capture.Frame{Time: start + hanalyze.Time(n)*1000, Link: hanalyze.LinkEthernet}
		if n%every == 0 && len(tr.frames) > 0 {
			f.Data = tr.frames[0].Data
			tr.frames = tr.frames[1:]
		} else {
			forged := netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}), uint16(r.Uint32()))
			f.Data = tcpSegment(forged, server, r.Uint32(), 0, hanalyze.SYN, nil)
		}
		f.Len = len(f.Data)
		return f, true
	}
}

// floodLog takes JSON lines apart: a hash of all of them, and those of one client.
type floodLog struct {
	hash  maphash.Hash
	conns int
	mine  []map[string]any
}

func (l *floodLog) Write(b []byte) (int, error) {
	l.hash.Write(b)
	for line := range bytes.Lines(b) {
		if bytes.HasPrefix(line, []byte(`{"type":"conn"`)) {
			l.conns++
		}
		if bytes.Contains(line, []byte(`"client":{"ip":"10.0.0.0","port":40001`)) {
			var m map[string]any
			if json.Unmarshal(line, &m) == nil {
				l.mine = append(l.mine, m)
			}
		}
	}
	return len(b), nil
}

// A flood costs bounded memory, and a connection in the middle of it is told completely. Every SYN has its record; of what they
// amount to there is one finding. All of it is the same for any number of workers.
func TestFlood(t *testing.T) {
	const mostHeap = 120 << 20
	seed := maphash.MakeSeed()
	var sums []uint64
	for _, workers := range []int{1, 2, 7} {
		var peak uint64
		next := flooded(3)
		src := &source{size: 1000, next: func(n int) (capture.Frame, bool) {
			if n%10_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
			return next(n)
		}}
		out := new(floodLog)
		out.hash.SetSeed(seed)
		s, err := Run(Options{Source: src, Workers: workers, Render: output.NewJSON(output.Options{}), Out: out, Events: map[string]bool{"tcp_event": false}})
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, out.hash.Sum64())
		if uint64(out.conns) != s.Connections.TCP || s.Connections.TCP != floodPackets-205 {
			t.Errorf("-j %d: %d conn records of %d connections", workers, out.conns, s.Connections.TCP)
		}
		exchanges := 0
		for _, m := range out.mine {
			if m["complete"] != true && m["type"] != "finding" {
				t.Errorf("-j %d: %v", workers, m)
			}
			if m["type"] == "http" && m["status"] == 200.0 {
				exchanges++
			}
		}
		if exchanges != 50 {
			t.Errorf("-j %d: %d exchanges", workers, exchanges)
		}
		if n := s.Limits["findings_folded"] + s.Records["finding"]; n < s.Connections.TCP || s.Records["finding"] > 200 {
			t.Errorf("-j %d: %d findings, %d folded", workers, s.Records["finding"], s.Limits["findings_folded"])
		}
		if peak > mostHeap {
			t.Errorf("-j %d: the heap grew to %d MiB", workers, peak>>20)
		}
	}
	if sums[0] != sums[1] || sums[0] != sums[2] {
		t.Errorf("the output depends on the number of workers: %x", sums)
	}
}
