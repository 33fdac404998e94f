package troublelink

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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
	told.whole(t, true)
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
	if !slices.Contains(want.possible(), got) {
		t.Errorf("at the %s, without %d packets: acknowledged bytes missing from the capture by sender %d, told %d", side, len(trace.At(side))-len(kept), want.bytes, got)
	}
}

// missedStream makes the randomness of missed packets another than the link's.
const missedStream = 99

// gaps are the payload bytes, by sender, that are acknowledged in a capture and not in it.
type gaps struct {
	bytes [2]int64
	noFIN [2]int64 // connections of which the capture lacks the FIN of that side, though it was acknowledged
}

// possible lists what may be told: a FIN that is not in the capture looks like one byte more.
func (g gaps) possible() (all [][2]int64) {
	for l := range g.noFIN[Left] + 1 {
		for r := range g.noFIN[Right] + 1 {
			all = append(all, [2]int64{g.bytes[Left] + l, g.bytes[Right] + r})
		}
	}
	return all
}

// gaps counts what is missing from a capture of the given events.
func (t *Trace) gaps(kept []Event) (g gaps) {
	type direction struct {
		seen   ranges
		acked  int64
		from   Side
		fin    int64 // offset of the FIN, -1 for none
		hasFIN bool  // it is in the capture
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
		d, back := of(p.flow(), p.From), flow{p.Dst, p.Src}
		d.seen.add(at, at+int64(p.Len))
		d.hasFIN = d.hasFIN || p.Flags&FIN != 0
		if p.Flags&ACK != 0 {
			peer := of(back, p.From.Other())
			peer.acked = max(peer.acked, int64(p.Ack-first[back]))
		}
	}
	for _, d := range flows {
		if d.fin >= 0 && d.acked > d.fin {
			d.acked = d.fin
			if !d.hasFIN {
				g.noFIN[d.from]++
			}
		}
		g.bytes[d.from] += d.seen.missing(1, d.acked)
	}
	return g
}
