package reassembly

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hanalyze"
	"hanalyze/packet"
	"hanalyze/tcpstate"
)

// flood is a kind of packet that is cheap to send in millions with forged addresses.
type flood struct {
	name string
	make func(r *rand.Rand, p *packet.Packet)
}

var floods = []flood{
	{"SYN", func(r *rand.Rand, p *packet.Packet) { p.Flags = hanalyze.SYN }},
	{"SYN-ACK", func(r *rand.Rand, p *packet.Packet) {
		p.Flags, p.Ack = hanalyze.SYN|hanalyze.ACK, r.Uint32()
		p.Src, p.Dst = p.Dst, p.Src
	}},
	{"RST", func(r *rand.Rand, p *packet.Packet) { p.Flags = hanalyze.RST }},
	{"RST-ACK", func(r *rand.Rand, p *packet.Packet) { p.Flags, p.Ack = hanalyze.RST|hanalyze.ACK, r.Uint32() }},
	{"ACK", func(r *rand.Rand, p *packet.Packet) { p.Flags, p.Ack = hanalyze.ACK, r.Uint32() }},
	{"FIN", func(r *rand.Rand, p *packet.Packet) { p.Flags, p.Ack = hanalyze.FIN|hanalyze.ACK, r.Uint32() }},
	{"data", func(r *rand.Rand, p *packet.Packet) {
		p.Flags, p.Ack, p.Payload, p.PayloadLen = hanalyze.ACK, r.Uint32(), []byte("data"), 4
	}},
	{"UDP", func(r *rand.Rand, p *packet.Packet) {
		p.Transport, p.Payload, p.PayloadLen = hanalyze.UDP, []byte("data"), 4
		p.Dst = netip.AddrPortFrom(p.Dst.Addr(), uint16(r.Uint32()))
	}},
	{"nonsense", func(r *rand.Rand, p *packet.Packet) {
		p.Flags, p.Ack, p.Window = hanalyze.TCPFlags(r.Uint32()&0x1ff), r.Uint32(), uint16(r.Uint32())
		p.Options = make([]byte, r.IntN(maxOptions+1))
		for i := range p.Options {
			p.Options[i] = byte(r.Uint32())
		}
		p.PayloadLen = r.IntN(1 << 16)
		p.Payload = make([]byte, r.IntN(min(p.PayloadLen, 64)+1))
	}},
}

// packet makes the n-th packet of the flood from a random address to one server.
func (f flood) packet(r *rand.Rand, n uint64) *packet.Packet {
	p := &packet.Packet{
		Meta: hanalyze.Meta{Packet: n, Time: hanalyze.Time(n * 1000)}, Transport: hanalyze.TCP, TTL: 64, IPBytes: 40, Window: 512,
		Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}), uint16(r.Uint32())),
		Dst: netip.MustParseAddrPort("192.0.2.1:80"), Seq: r.Uint32(),
	}
	f.make(r, p)
	return p
}

// listener counts what a Handler is told.
type listener struct {
	deaf
	bytes, gaps int
}

func (l *listener) Data(_ hanalyze.Dir, _ hanalyze.Meta, b []byte) { l.bytes += len(b) }

func (l *listener) Gap(hanalyze.Dir, hanalyze.Meta, int64, hanalyze.Missing) { l.gaps++ }

// A flood crowds out its like only: a connection that goes on through all of it is told completely. Every flow of the flood has
// its record, the evicted ones say that a limit was reached, and the table is never larger than its rooms.
func TestFloodsCrowdOutTheirLike(t *testing.T) {
	const packets, every = 6 * DefaultOneWay, 100
	for _, fl := range floods {
		t.Run(fl.name, func(t *testing.T) {
			var told *hanalyze.Conn
			var conns, evicted, most uint64
			l := new(listener)
			victim := netip.MustParseAddrPort("10.0.0.1:40000")
			tr := New(Config{
				Open: func(f *hanalyze.Flow) Handler {
					if f.Client == victim {
						return l
					}
					return deaf{}
				},
				Emit: func(r hanalyze.Record) {
					c, ok := r.(*hanalyze.Conn)
					if !ok {
						return
					}
					conns++
					if c.Missing&hanalyze.MissingLimit != 0 {
						evicted++
					}
					if c.Flow.Client == victim {
						told = c
					}
				},
			})
			good := &play{t: t, Tracker: tr}
			say := func(n uint64, line string) {
				good.n, good.now = n-1, hanalyze.Time(n*1000)
				k := good.parse(line)
				k.Meta.Time = hanalyze.Time(n * 1000)
				tr.Packet(k)
			}
			for i, line := range []string{"> S seq=100", "< SA seq=500 ack=101", "> . seq=101 ack=501"} {
				say(uint64(i+1), line)
			}
			r := rand.New(rand.NewPCG(1, 2))
			seq := 101
			for n := uint64(4); n < packets; n++ {
				if n%every == 0 {
					say(n, `> . seq=`+strconv.Itoa(seq)+` ack=501 "0123456789"`)
					seq += 10
					continue
				}
				tr.Packet(fl.packet(r, n))
				most = max(most, uint64(len(tr.flows)))
			}
			say(packets, `> FA ack=501 seq=`+strconv.Itoa(seq))
			say(packets+1, `< FA seq=501 ack=`+strconv.Itoa(seq+1))
			say(packets+2, `> . ack=502 seq=`+strconv.Itoa(seq+1))
			tr.Close(hanalyze.Meta{Packet: packets + 2, Time: (packets + 2) * 1000})

			s := tr.Stats()
			if told == nil || told.Missing != 0 || told.TCP.Close.Kind != "fin_3_merged" || l.gaps != 0 || l.bytes != seq-101 {
				t.Fatalf("%d bytes of %d, %d gaps, %+v", l.bytes, seq-101, l.gaps, told)
			}
			if conns != s.TCP+s.UDP || conns < packets*9/10 {
				t.Errorf("%d records of %d flows", conns, s.TCP+s.UDP)
			}
			if most > DefaultHalfOpen+2*DefaultOneWay+DefaultLingering+2 || s.FlowsEvicted+s.LingeringCut < conns-most-1 || s.FlowsEvicted > evicted {
				t.Errorf("%d flows at once, %d evicted, %d say so, %d cut short", most, s.FlowsEvicted, evicted, s.LingeringCut)
			}
		})
	}
}

// What is told of a connection of one packet is what tcpstate says of that packet, although it is not kept.
func TestOnePacket(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, fl := range floods {
		if fl.name == "UDP" {
			continue
		}
		var events []*hanalyze.TCPEvent
		var conn *hanalyze.Conn
		tr := New(Config{
			Open: func(*hanalyze.Flow) Handler { return deaf{} },
			Emit: func(rec hanalyze.Record) {
				switch rec := rec.(type) {
				case *hanalyze.TCPEvent:
					events = append(events, rec)
				case *hanalyze.Conn:
					conn = rec
				}
			},
		})
		p := fl.packet(r, 1)
		p.Options = []byte{2, 4, 5, 180, 4, 2, 1, 3, 3, 7}
		tr.Packet(p)
		tr.Close(p.Meta)

		d := hanalyze.C2S
		if conn.Flow.Client != p.Src {
			d = hanalyze.S2C
		}
		want := tcpstate.New(conn.Flow.MidStream)
		v := want.Segment(d, &tr.seg)
		tcp, history, zeek := want.Report(p.Meta, CloseEndOfCapture)
		opts := []cmp.Option{cmpopts.EquateComparable(hanalyze.Span{})}
		if diff := cmp.Diff(tcp, conn.TCP, opts...); diff != "" || history != conn.History || zeek != conn.ZeekState {
			t.Errorf("%s: %s %s, want %s %s (-want +got)\n%s", fl.name, conn.History, conn.ZeekState, history, zeek, diff)
		}
		if v.Changed != (len(events) == 1) || v.Changed && events[0].Step != v.Step.Step {
			t.Errorf("%s: %d events, want one: %t", fl.name, len(events), v.Changed)
		}
	}
}

// What is kept of a flow of one packet is small.
func TestOnePacketIsCheap(t *testing.T) {
	tr := New(Config{
		Open:   func(*hanalyze.Flow) Handler { return deaf{} },
		Emit:   func(hanalyze.Record) {},
		Limits: Limits{HalfOpen: 1 << 20, OneWay: 1 << 20, Lingering: 1 << 20},
	})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const flows, bytesPerFlow = 20_000, 1000
	r := rand.New(rand.NewPCG(5, 6))
	before := heap()
	for n := range uint64(flows) {
		tr.Packet(floods[n%5].packet(r, n+1)) // those without payload
	}
	if n := (heap() - before) / flows; n > bytesPerFlow {
		t.Errorf("%d bytes a flow", n)
	}
	runtime.KeepAlive(tr)
}
