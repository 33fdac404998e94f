package troublelink

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"hanalyze"
)

// missed is the share of packets that a capture loses on purpose.
const missed = 0.01

// judgeGaps has a capture lose packets, which is no loss on the network, and compares the bytes told to be missing with
// those that are.
func judgeGaps(t *testing.T, trace *Trace, side Side, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, missedStream))
	var kept []Event
	for _, e := range trace.At(side) {
		if r.Float64() >= missed {
			kept = append(kept, e)
		}
	}
	var pcap bytes.Buffer
	if err := trace.WritePcap(&pcap, kept); err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		if err := os.WriteFile(filepath.Join(*keep, filepath.Base(t.Name())+"-"+side.String()+"-thinned.pcap"), pcap.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	told := analyze(t, pcap.Bytes())
	want := trace.gaps(kept)
	var got [2]int64
	for _, c := range told.conns {
		for from, s := range []*hanalyze.TCPSide{c.TCP.Client, c.TCP.Server} {
			if s != nil {
				got[from] += int64(s.GapBytes)
			}
		}
		sum := c.TCP.Client.GapBytes + c.TCP.Server.GapBytes
		if c.TCP.GapBytes != sum {
			t.Errorf("at the %s: %d bytes of gap, %d at both ends", side, c.TCP.GapBytes, sum)
		}
		if gap := c.Missing&hanalyze.MissingGap != 0; gap != (sum > 0) {
			t.Errorf("at the %s: %d bytes of gap, and missing is %b", side, sum, c.Missing)
		}
	}
	if got != want {
		t.Errorf("at the %s, without %d packets: acknowledged bytes missing from the capture by sender %d, told %d", side, len(trace.At(side))-len(kept), want, got)
	}
}

// missedStream makes the randomness of missed packets another than the link's.
const missedStream = 99

// gaps counts, by sender, the payload bytes that are acknowledged in what was captured, and not in it.
func (t *Trace) gaps(kept []Event) (bytes [2]int64) {
	type direction struct {
		seen  ranges
		acked int64
		from  Side
		fin   int64 // offset of the FIN, -1 for none
	}
	flows := map[flow]*direction{}
	first := map[flow]uint32{}
	of := func(f flow, from Side) *direction {
		if flows[f] == nil {
			flows[f] = &direction{from: from, fin: -1}
		}
		return flows[f]
	}
	for i := range t.Packets { // the first packet of a flow is its SYN: offsets count from there
		p := &t.Packets[i]
		if _, ok := first[p.flow()]; !ok {
			first[p.flow()] = p.Seq
		}
		if p.Flags&FIN != 0 {
			of(p.flow(), p.From).fin = int64(p.Seq-first[p.flow()]) + int64(p.Len)
		}
	}
	for _, e := range kept {
		p := &t.Packets[e.Packet]
		at := int64(p.Seq - first[p.flow()])
		if p.Len > 0 {
			of(p.flow(), p.From).seen.add(at, at+int64(p.Len))
		}
		back := flow{p.Dst, p.Src}
		if p.Flags&ACK != 0 {
			d := of(back, p.From.Other())
			d.acked = max(d.acked, int64(p.Ack-first[back]))
		}
	}
	for _, d := range flows {
		if d.fin >= 0 {
			d.acked = min(d.acked, d.fin)
		}
		bytes[d.from] += d.seen.missing(1, d.acked)
	}
	return bytes
}
