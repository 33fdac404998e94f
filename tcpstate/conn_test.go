package tcpstate

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"hanalyze"
)

// opened returns a connection after its handshake.
func opened(t testing.TB) *Conn {
	t.Helper()
	c := New(false)
	p := &script{}
	for _, text := range []string{"> S ws=7", "< SA ws=7", "> A"} {
		l, err := p.line(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Segment(l.dir, &l.seg)
	}
	return c
}

// transferOnce returns a function that sends the next data segment and its ACK.
func transferOnce(c *Conn) func() {
	data := Segment{Seq: 1, Ack: 1, WireSeq: 1, Len: 1460, Flags: hanalyze.ACK | hanalyze.PSH, Window: 500, HasIPID: true}
	ack := Segment{Seq: 1, Ack: 1, WireSeq: 1, Flags: hanalyze.ACK, Window: 500, HasIPID: true}
	return func() {
		data.Meta.Packet++
		data.Meta.Time += 10_000
		data.IPID++
		c.Segment(hanalyze.S2C, &data)
		data.Seq += data.Len
		data.WireSeq += uint32(data.Len)
		ack.Ack = data.Seq
		ack.Meta.Time = data.Meta.Time + 1000
		ack.IPID++
		c.Segment(hanalyze.C2S, &ack)
	}
}

func TestNoAllocations(t *testing.T) {
	c := opened(t)
	once := transferOnce(c)
	once()
	if n := testing.AllocsPerRun(1000, once); n != 0 {
		t.Errorf("%v allocations per data segment and ACK", n)
	}
	if c.State(hanalyze.C2S) != hanalyze.Established {
		t.Error("not established")
	}
}

func TestStepsLimit(t *testing.T) {
	c := New(false)
	const n = hanalyze.MaxTCPSteps + 10
	for i := range n {
		c.Segment(hanalyze.C2S, &Segment{Meta: hanalyze.Meta{Time: hanalyze.Time(i) * 1e9}, Flags: hanalyze.SYN})
	}
	dropped := c.Dropped().Steps
	tcp, _, _ := c.Report(hanalyze.Meta{}, "timeout")
	if len(tcp.Steps) != hanalyze.MaxTCPSteps || dropped != 10 || tcp.Handshake.SynRetries != n-1 {
		t.Errorf("%d steps, %d dropped, %d retries", len(tcp.Steps), dropped, tcp.Handshake.SynRetries)
	}
}

func TestBackoffLimit(t *testing.T) {
	c := New(false)
	for i := range hanalyze.MaxBackoff + 3 {
		c.Segment(hanalyze.C2S, &Segment{Meta: hanalyze.Meta{Time: hanalyze.Time(i) * 1e9}, Flags: hanalyze.SYN})
	}
	tcp, _, _ := c.Report(hanalyze.Meta{}, "timeout")
	h := &tcp.Handshake
	if d, ok := h.SynBackoff[0].Get(); len(h.SynBackoff) != hanalyze.MaxBackoff || !ok || d != time.Second {
		t.Errorf("%d retries, back-off %v", h.SynRetries, h.SynBackoff)
	}
}

func TestHistoryLimit(t *testing.T) {
	c := opened(t)
	for i := range 100 {
		c.Segment(hanalyze.C2S, &Segment{Seq: int64(1 + i), Flags: hanalyze.RST})
	}
	dropped := c.Dropped().History
	_, history, _ := c.Report(hanalyze.Meta{}, "reset")
	if len(history) != maxHistory || dropped != 100+3-maxHistory {
		t.Errorf("history %q, %d dropped", history, dropped)
	}
}

func TestHolesLimit(t *testing.T) {
	c := opened(t)
	for i := range maxHoles + 3 {
		c.Segment(hanalyze.C2S, &Segment{Seq: int64(1 + 20*(i+1)), Len: 10, Flags: hanalyze.ACK, Ack: 1})
	}
	if n := c.Dropped().Holes; n != 3 {
		t.Errorf("%d holes dropped", n)
	}
	tcp, _, _ := c.Report(hanalyze.Meta{}, "timeout")
	if want := uint64(20 + (maxHoles+2)*10); tcp.LostBytes != want || tcp.GapBytes != 0 {
		t.Errorf("%d bytes lost and a gap of %d, want %d and 0", tcp.LostBytes, tcp.GapBytes, want)
	}
	c.Segment(hanalyze.S2C, &Segment{Meta: hanalyze.Meta{Packet: 99}, Seq: 1, Ack: 1 + 20*(maxHoles+3) + 10, Flags: hanalyze.ACK})
	tcp, _, _ = c.Report(hanalyze.Meta{}, "timeout")
	if want := uint64(20 + (maxHoles+2)*10); tcp.GapBytes != want || tcp.LostBytes != 0 {
		t.Errorf("after the ACK a gap of %d bytes and %d lost, want %d and 0", tcp.GapBytes, tcp.LostBytes, want)
	}
	for i := range maxHoles + 3 { // all of them come late: the first, 20 bytes, and the others
		c.Segment(hanalyze.C2S, &Segment{Seq: int64(1 + 20*i), Len: 20, Flags: hanalyze.ACK, Ack: 1})
	}
	if tcp, _, _ = c.Report(hanalyze.Meta{}, "timeout"); tcp.GapBytes != 0 {
		t.Errorf("with everything seen a gap of %d bytes", tcp.GapBytes)
	}
}

func TestSamples(t *testing.T) {
	var x timing
	r := &x.samples
	if r.report() != nil {
		t.Error("a report without samples")
	}
	for i := range 1000 {
		x.measure(time.Duration(i+1) * time.Millisecond)
	}
	x.measure(-1)
	got := r.report()
	check := func(name string, s hanalyze.Span, low, high time.Duration) {
		if d, ok := s.Get(); !ok || d < low || d > high {
			t.Errorf("%s is %v, want %v to %v", name, d, low, high)
		}
	}
	check("min", got.Min, time.Millisecond, time.Millisecond)
	check("max", got.Max, time.Second, time.Second)
	check("p50", got.P50, 450*time.Millisecond, 550*time.Millisecond)
	check("p95", got.P95, 900*time.Millisecond, time.Second)
	if got.Samples != 1000 || r.n > maxSamples {
		t.Errorf("%d samples, %d kept", got.Samples, r.n)
	}
	var few samples
	for _, ms := range []int{5, 1, 3} {
		few.add(time.Duration(ms) * time.Millisecond)
	}
	check("p50 of three", few.report().P50, 3*time.Millisecond, 3*time.Millisecond)
	check("p95 of three", few.report().P95, 5*time.Millisecond, 5*time.Millisecond)
}

func TestTiming(t *testing.T) {
	var x timing
	at := func(ms int) hanalyze.Time { return hanalyze.Time(time.Duration(ms) * time.Millisecond) }
	ack := func(ms int, ack int64) { x.acknowledged(&Segment{Meta: hanalyze.Meta{Time: at(ms)}, Ack: ack}) }
	for i := range 3 * maxTimed {
		x.time(timed{end: int64(i + 1), at: at(i)})
	}
	ack(100, 2)
	ack(101, maxTimed+3) // answers a segment that is not timed
	ack(110, 3*maxTimed)
	if got := x.samples; got.count != 2 || got.min != 99*time.Millisecond-12*time.Millisecond || got.max != 99*time.Millisecond {
		t.Errorf("%d samples from %v to %v", got.count, got.min, got.max)
	}
}

// fuzzSegment reads one segment: flags and direction, small offsets around the expected ones and a few wild ones.
func fuzzSegment(b []byte, next *[2]int64, now *hanalyze.Time) (d hanalyze.Dir, s Segment) {
	d = hanalyze.Dir(b[0] >> 7)
	s.Flags = hanalyze.TCPFlags(b[0] & 0x7f)
	offset := func(x byte) int64 {
		switch {
		case x == 0x80:
			return 1 << 31
		case x == 0x81:
			return -1 << 31
		case x >= 0x70 && x < 0x80:
			return int64(x) << 18
		}
		return int64(int8(x))
	}
	s.Seq, s.Ack = next[d]+offset(b[1]), next[d.Reverse()]+offset(b[2])
	s.Len, s.Window = int64(b[3]), uint16(b[4])<<8
	s.WireSeq = uint32(s.Seq)
	s.HasIPID, s.IPID = b[5]&1 != 0, uint16(b[5]>>1)
	s.WireAck = uint32(s.Ack)
	s.Options = Options{
		TFO: TFO(b[5] >> 6 % 3), SACKs: b[7] & 3, SACKPermitted: b[7]&4 != 0, HasWindowScale: b[5]&8 != 0, WindowScale: b[5],
		HasTS: b[7]&8 != 0, TSVal: uint32(*now>>20) - uint32(b[7]>>4&1), TSEcr: uint32(b[8]),
	}
	for i := range s.Options.SACK {
		left := s.WireAck + uint32(offset(b[8]+byte(i)))
		s.Options.SACK[i] = SACKBlock{left, left + uint32(b[7]>>4)}
	}
	*now += hanalyze.Time(int64(int8(b[6]))<<20) + hanalyze.Time(b[5])
	s.Meta.Time = *now
	if b[1] == 0 {
		next[d] = s.end()
	}
	return d, s
}

func FuzzConn(f *testing.F) {
	f.Add(false, []byte{2, 0, 0, 0, 60, 1, 1, 0x92, 0, 0, 0, 60, 1, 1, 0x10, 0, 0, 0, 60, 3, 1, 0x11, 0, 0, 9, 60, 5, 1})
	f.Add(true, []byte{0x11, 0, 0, 0, 60, 1, 1, 0x91, 0, 0, 0, 60, 1, 1, 0x10, 0, 0, 0, 60, 3, 1, 4, 0, 0, 0, 0, 5, 1})
	f.Add(false, []byte{2, 0, 0, 0, 60, 1, 1, 0x82, 0, 0, 0, 60, 1, 1, 0x12, 0xff, 0, 0, 60, 3, 1, 0x92, 0xff, 0, 0, 60, 5, 1})
	reach := reachable()
	f.Fuzz(func(t *testing.T, mid bool, b []byte) {
		c := New(mid)
		var next [2]int64
		var now hanalyze.Time
		var last hanalyze.Meta
		n, over := uint64(0), false
		for ; len(b) >= 9; b = b[9:] {
			d, s := fuzzSegment(b, &next, &now)
			n++
			s.Meta.Packet = n
			last = s.Meta
			was := [2]state{c.half[0].state, c.half[1].state}
			first, doubted := !c.begun, c.reset != nil && c.reset.doubt != nil
			refused := c.teardown.refused && s.Flags&hanalyze.SYN != 0
			v := c.Segment(d, &s)
			revived := doubted && c.reset == nil || refused && v.Class == ClassRetransmission
			for e := range was {
				if is := c.half[e].state; !first && !revived && !reach[was[e]][is] {
					t.Fatalf("segment %d: %v from %s to %s", n, s.Flags, stateNames[was[e]], stateNames[is])
				}
				if was[e] != c.half[e].state && !v.Changed {
					t.Fatalf("segment %d: a silent change of state", n)
				}
			}
			if v.Class >= ClassDuplicatePacket && v.Class != ClassNew && v.Changed && !first && !revived {
				t.Fatalf("segment %d: a %s segment changed something", n, v.Class)
			}
			if over && !c.Over() && !revived {
				t.Fatalf("segment %d: %v at %d brought the connection back", n, s.Flags, s.Seq)
			}
			over = c.Over()
		}
		tcp, history, zeek := c.Report(last, "end_of_capture")
		r := tcp.Retransmissions
		switch {
		case len(tcp.Steps) > hanalyze.MaxTCPSteps, len(history) > maxHistory, zeek == "":
			t.Fatalf("%d steps, history %q, state %q", len(tcp.Steps), history, zeek)
		case r.Total > n, r.RTO+r.Fast+r.TailLossProbe+r.Spurious+r.Other != r.Total, tcp.OutOfOrder+tcp.DuplicateAcks+tcp.DuplicatePackets > n:
			t.Fatalf("of %d segments: %+v", n, tcp)
		case tcp.GapBytes > n*(2*maxAhead), tcp.RTT != nil && tcp.RTT.Samples > n:
			t.Fatalf("of %d segments: gap %d, rtt %+v", n, tcp.GapBytes, tcp.RTT)
		case tcp.Client.GapBytes+tcp.Server.GapBytes != tcp.GapBytes, tcp.Client.LostBytes+tcp.Server.LostBytes != tcp.LostBytes:
			t.Fatalf("the sides do not add up: %+v %+v of %+v", tcp.Client, tcp.Server, tcp)
		case over != (tcp.Close.Kind != "open" && c.Over()):
			t.Fatalf("over %v, close %+v", over, tcp.Close)
		}
		for _, x := range tcp.Incidents {
			total, _ := x.Total.Get()
			longest, _ := x.Max.Get()
			if x.Count == 0 || len(x.Frames) == 0 || len(x.Frames) > hanalyze.MaxIncidentFrames || longest > total || longest < 0 || x.Bytes > 1<<40 {
				t.Fatalf("incident %+v", x)
			}
		}
		checkStalls(t, tcp)
		for _, side := range []*hanalyze.TCPSide{tcp.Client, tcp.Server} {
			if side.StreamBytes > 255*n || side.ResentBytes > 255*n || side.MaxInFlight > 1<<40 {
				t.Fatalf("of %d segments: %+v", n, side)
			}
		}
	})
}

func FuzzParseOptions(f *testing.F) {
	f.Add([]byte{2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Add([]byte{5, 34, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := ParseOptions(b); o.SACKs > 4 || o.TFO > TFOCookie {
			t.Fatalf("%+v", o)
		}
	})
}

// BenchmarkSegment is the cost of a segment of an established connection: data in order and their ACKs in turn.
func BenchmarkSegment(b *testing.B) {
	once := transferOnce(opened(b))
	b.ReportAllocs()
	segments := 0
	for b.Loop() {
		once()
		segments += 2
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(segments), "ns/segment")
}

func BenchmarkParseTimestamps(b *testing.B) {
	raw := binary.BigEndian.AppendUint32(nil, nopNopTimestamps)
	raw = append(raw, 0, 0, 0, 1, 0, 0, 0, 2)
	b.ReportAllocs()
	for b.Loop() {
		if o := ParseOptions(raw); !o.HasTS {
			b.Fatal("no timestamps")
		}
	}
}

// send plays lines of the conversation notation to a connection whose sequence the script knows.
func send(t *testing.T, c *Conn, p *script, lines ...string) (v Verdict) {
	t.Helper()
	for _, text := range lines {
		l, err := p.line(text)
		if err != nil {
			t.Fatal(err)
		}
		if !l.unseen {
			v = c.Segment(l.dir, &l.seg)
		}
	}
	return v
}

// A late segment whose hole had to give way was overtaken, but nobody knows for how long.
func TestLateWithoutHole(t *testing.T) {
	c, p := New(false), &script{now: time.Hour}
	send(t, c, p, "> S ts=1", "< SA ts=1 ecr=1", "> A ts=2 ecr=1")
	for range maxHoles + 2 {
		send(t, c, p, "!> PA len=10", "> PA len=10 ts=5 ecr=1")
	}
	if v := send(t, c, p, "> PA seq=1 len=10 ts=4 ecr=1"); v.Class != ClassOutOfOrder {
		t.Fatalf("it is %s", v.Class)
	}
	x := c.incidents.find(hanalyze.IncidentOutOfOrder, hanalyze.C2S)
	if x == nil || x.count != 1 || x.max > time.Second {
		t.Errorf("%+v", x)
	}
}

// Retransmissions beyond maxResent are counted, and only those that are remembered can still be proven needless.
func TestResentLimit(t *testing.T) {
	c, p := New(false), &script{}
	send(t, c, p, "> S sackok", "< SA sackok", "> A")
	const n = maxResent + 4
	for range n {
		send(t, c, p, "> PA len=100")
	}
	for i := range n {
		send(t, c, p, fmt.Sprintf("> PA seq=%d len=100 +300ms", 1+100*i))
	}
	for i := range n {
		send(t, c, p, fmt.Sprintf("< A sack=%d-%d", 1+100*i, 101+100*i))
	}
	tcp, _, _ := c.Report(hanalyze.Meta{}, "timeout")
	if r := tcp.Retransmissions; r.Total != n || r.Spurious != maxResent {
		t.Errorf("%+v", r)
	}
}

// Of the copies made by the network only the last maxCopies are remembered as what the receiver reports; a report of an
// earlier one accuses the retransmission.
func TestCopiesLimit(t *testing.T) {
	spurious := func(copies int) uint64 {
		c, p := New(false), &script{}
		send(t, c, p, "> S sackok id=1", "< SA sackok", "> A id=2", "> PA len=100 id=3", "> PA seq=1 len=100 id=3 +1ms", "> PA len=100 id=4")
		for i := range copies {
			send(t, c, p, fmt.Sprintf("> PA len=100 id=%d", 5+i), fmt.Sprintf("> PA seq=%d len=100 id=%d", 201+100*i, 5+i))
		}
		send(t, c, p, fmt.Sprintf("> PA seq=1 len=100 id=%d +300ms", 60), "< A +20ms", "< A sack=1-101")
		tcp, _, _ := c.Report(hanalyze.Meta{}, "timeout")
		if want := uint64(copies + 1); tcp.DuplicatePackets != want || tcp.Retransmissions.Total != 1 {
			t.Fatalf("%d copies, %+v", tcp.DuplicatePackets, tcp.Retransmissions)
		}
		return tcp.Retransmissions.Spurious
	}
	if spurious(maxCopies-1) != 0 || spurious(maxCopies) != 1 {
		t.Errorf("%d and %d", spurious(maxCopies-1), spurious(maxCopies))
	}
}

func TestIncidentFramesLimit(t *testing.T) {
	var l incidents
	const n = hanalyze.MaxIncidentFrames + 5
	for i := range n {
		l.note(hanalyze.IncidentIdle, hanalyze.S2C, uint64(i+1)).took(time.Second)
	}
	x := l.report()[0]
	if total, _ := x.Total.Get(); x.Count != n || total != n*time.Second || len(x.Frames) != hanalyze.MaxIncidentFrames || x.Frames[0] != 1 {
		t.Errorf("%+v", x)
	}
}
