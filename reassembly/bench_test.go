package reassembly

import (
	"net/netip"
	"testing"

	"hanalyze"
	"hanalyze/packet"
)

// deaf is a Handler that listens to nothing.
type deaf struct{}

func (deaf) Data(hanalyze.Dir, hanalyze.Meta, []byte)                 {}
func (deaf) Gap(hanalyze.Dir, hanalyze.Meta, int64, hanalyze.Missing) {}
func (deaf) End(hanalyze.Dir, hanalyze.Meta)                          {}
func (deaf) Close(hanalyze.Meta, string)                              {}
func (deaf) Path() string                                             { return "" }
func (deaf) Complete(*hanalyze.Conn)                                  {}
func (deaf) Waited(hanalyze.Dir, hanalyze.Meta)                       {}
func (deaf) Unshown(hanalyze.Dir, int64)                              {}

// inOrderTraffic returns a function that gives a tracker the next packets of many connections in order: three of data, then an
// acknowledgment.
func inOrderTraffic(flows int) func() {
	t := New(Config{Open: func(*hanalyze.Flow) Handler { return deaf{} }, Emit: func(hanalyze.Record) {}})
	payload := make([]byte, 1448)
	server := netip.MustParseAddrPort("10.0.0.2:443")
	next := make([]uint32, flows)
	n := uint64(0)
	p := packet.Packet{Transport: hanalyze.TCP, Window: 65535, TTL: 64, Options: []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}}
	send := func(i int, back bool, flags hanalyze.TCPFlags, seq, ack uint32, b []byte) {
		n++
		p.Src, p.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(1024+i)), server
		if back {
			p.Src, p.Dst = p.Dst, p.Src
		}
		p.Meta = hanalyze.Meta{Packet: n, Time: hanalyze.Time(n * 1000)}
		p.Seq, p.Ack, p.Flags, p.Payload, p.PayloadLen, p.IPBytes = seq, ack, flags, b, len(b), 52+len(b)
		t.Packet(&p)
	}
	for i := range next {
		send(i, false, hanalyze.SYN, 99, 0, nil)
		send(i, true, hanalyze.SYN|hanalyze.ACK, 499, 100, nil)
		send(i, false, hanalyze.ACK, 100, 500, nil)
		next[i] = 500
	}
	turn := 0
	return func() {
		i := turn / 4 % flows
		if turn%4 == 3 {
			send(i, false, hanalyze.ACK, 100, next[i], nil)
		} else {
			send(i, true, hanalyze.ACK, next[i], 100, payload)
			next[i] += uint32(len(payload))
		}
		turn++
	}
}

func TestInOrderAllocatesNothing(t *testing.T) {
	step := inOrderTraffic(10)
	for range 1000 {
		step()
	}
	if n := testing.AllocsPerRun(10_000, step); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkInOrder(b *testing.B) {
	for _, flows := range []int{1, 1000} {
		b.Run(map[int]string{1: "one flow", 1000: "1000 flows"}[flows], func(b *testing.B) {
			step := inOrderTraffic(flows)
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}
