package reassembly

import (
	"net/netip"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/packet"
)

// place checks that the bytes of each direction, each of which is the low byte of its sequence number, stay in place.
type place struct {
	teller
	at    [2]byte
	begun [2]bool
	udp   bool
}

func (h *place) Data(d hanalyze.Dir, m hanalyze.Meta, b []byte) {
	h.check(d, m)
	if h.udp {
		return
	}
	for i, c := range b {
		if (h.begun[d] || i > 0) && c != h.at[d] {
			h.p.t.Fatalf("packet %d: %s byte %d is %d, want %d", m.Packet, d, i, c, h.at[d])
		}
		h.begun[d], h.at[d] = true, c+1
	}
}

func (h *place) Gap(d hanalyze.Dir, m hanalyze.Meta, n int64, _ hanalyze.Missing) {
	h.check(d, m)
	if n <= 0 {
		h.p.t.Fatalf("packet %d: %s gap of %d", m.Packet, d, n)
	}
	h.at[d] += byte(n)
}

// FuzzTracker plays packets made from eight bytes each: end, port, transport and tag; flags; how far from the expected number
// the sequence number and the acknowledgment are; length; cut; time.
func FuzzTracker(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x00" + "\x01\x12\x00\x00\x01\x00\x00\x00" + "\x00\x10\x00\x00\x00\x04\x00\x00" +
		"\x00\x10\x05\x40\x00\x04\x00\x00" + "\x00\x10\x00\x00\x00\x04\x00\x00" + "\x00\x11\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x01\x10\x10\x80\x00\x10\x03\x01" + "\x01\x11\x20\x80\x00\x20\x00\x00" + "\x00\x10\x00\x00\x7f\x00\x00\xf0"))
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x00" + "\x41\x12\x00\x00\x01\x00\x00\x00" + "\x80\x10\x00\x00\x00\x04\x00\x00" + "\x41\x11\x00\x00\x00\x04\x00\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p := &play{t: t}
		limits := Limits{Flows: 2, HalfOpen: 1, OneWay: 1, Lingering: 1, Tombstones: 2, HalfBytes: 8 * pageCost, TotalBytes: 12 * pageCost}
		pool := new(Pool)
		opened, closedFlows := 0, 0
		p.Tracker = New(Config{
			Limits: limits, Pool: pool,
			Open: func(f *hanalyze.Flow) Handler {
				opened++
				return &place{teller: teller{p: p}, udp: f.Transport == hanalyze.UDP}
			},
			Emit: func(r hanalyze.Record) {
				if _, ok := r.(*hanalyze.Conn); ok {
					closedFlows++
				}
			},
		})
		scale := [4]int32{1, 100, 1460, 1 << 28}
		var next [4][2]uint32
		for ; len(in) >= 8; in = in[8:] {
			end, port := in[0]&1, in[0]>>1&3
			mine, peer := &next[port][end], &next[port][1-end]
			k := &packet.Packet{
				Transport: hanalyze.TCP, Tag: uint64(in[0] >> 6), TTL: in[0] >> 7, Flags: hanalyze.TCPFlags(in[1] & 31),
				Seq:        *mine + uint32(int32(int8(in[2]))*scale[in[3]>>6]),
				Ack:        *peer + uint32(int32(int8(in[4]))*scale[in[3]>>4&3]),
				PayloadLen: int(in[5]) * 16,
			}
			*mine = k.Seq + uint32(k.PayloadLen)
			if in[0]&8 != 0 {
				k.Transport = hanalyze.UDP
			}
			k.Payload = make([]byte, max(0, k.PayloadLen-int(in[6])))
			first := byte(k.Seq)
			if k.Flags.Has(hanalyze.SYN) {
				first++
			}
			for i := range k.Payload {
				k.Payload[i] = first + byte(i)
			}
			k.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 40000+uint16(port))
			k.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), 80)
			if end == 1 {
				k.Src, k.Dst = k.Dst, k.Src
			}
			p.n++
			p.now = p.now.Add(time.Duration(in[7]) * time.Duration(in[7]) * time.Duration(in[7]) * time.Millisecond)
			k.Meta = hanalyze.Meta{Packet: p.n, Time: p.now}
			if in[0]&32 != 0 {
				k.ICMP = packet.ICMPError{From: k.Dst.Addr(), Type: 3, Code: in[1]}
				p.ICMP(k)
			} else {
				p.Packet(k)
			}
			if in[0]&16 != 0 {
				p.Expire(p.now)
			}
			if p.held > limits.TotalBytes || len(p.flows) > (1+maxTags)*(2*limits.Flows+limits.HalfOpen+2*limits.OneWay+limits.Lingering) || len(p.dead.byKey) > limits.Tombstones {
				t.Fatalf("%d bytes, %d flows, %d tombstones", p.held, len(p.flows), len(p.dead.byKey))
			}
		}
		p.end()
		if opened != closedFlows || p.held != 0 || len(p.flows)+len(p.tagged) != 0 || p.holders.head != nil || pool.episodes() != 0 || p.stats.OverlapsDiffer != 0 {
			t.Fatalf("%d flows opened, %d closed, %d bytes held, %+v", opened, closedFlows, p.held, p.stats)
		}
		for _, l := range p.lists {
			if l.head != nil || l.tail != nil {
				t.Fatal("a flow is left in a list")
			}
		}
		if e := pool.current; e != nil {
			if e.pages != 0 || e.asm.Dump() != "pageCache: used: 0, size: 1024, free: 1024" {
				t.Fatalf("engine: %d pages, %s", e.pages, e.asm.Dump())
			}
		}
	})
}
