package reassembly

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
	"hanalyze/packet"
)

// rebuilt is a Handler that puts the client's stream together; what was missing stays zero and is counted.
type rebuilt struct {
	b       []byte
	missing [][2]int
	ended   bool
}

func (r *rebuilt) Data(d hanalyze.Dir, _ hanalyze.Meta, b []byte) {
	if d == hanalyze.C2S {
		r.b = append(r.b, b...)
	}
}

func (r *rebuilt) Gap(d hanalyze.Dir, _ hanalyze.Meta, n int64, _ hanalyze.Missing) {
	if d == hanalyze.C2S {
		r.missing = append(r.missing, [2]int{len(r.b), len(r.b) + int(n)})
		r.b = append(r.b, make([]byte, n)...)
	}
}

func (r *rebuilt) End(d hanalyze.Dir, _ hanalyze.Meta) { r.ended = r.ended || d == hanalyze.C2S }
func (r *rebuilt) Close(hanalyze.Meta, string)         {}
func (r *rebuilt) Path() string                        { return "" }
func (*rebuilt) Complete(*hanalyze.Conn)               {}
func (*rebuilt) Waited(hanalyze.Dir, hanalyze.Meta)    {}
func (*rebuilt) Unshown(hanalyze.Dir, int64)           {}

type sent struct{ from, to int }

// deal cuts a stream of n bytes into segments, sends some twice, cut elsewhere, and moves some by up to far places.
func deal(r *rand.Rand, n, far int) []sent {
	var segs []sent
	for at := 0; at < n; {
		to := min(n, at+1+r.IntN(1+r.IntN(5000)))
		segs = append(segs, sent{at, to})
		if r.IntN(6) == 0 {
			from := max(0, at-r.IntN(3000))
			segs = append(segs, sent{from, min(n, from+1+r.IntN(6000))})
		}
		at = to
	}
	for i := range segs {
		if r.IntN(4) == 0 {
			j := min(len(segs)-1, i+r.IntN(far))
			segs[i], segs[j] = segs[j], segs[i]
		}
	}
	return segs
}

// sender plays the client's stream to a tracker, with the server's acknowledgments.
type sender struct {
	t      *Tracker
	stream []byte
	isn    uint32
	n      uint64
}

func (s *sender) packet(d hanalyze.Dir, flags hanalyze.TCPFlags, seq, ack uint32, b []byte) {
	s.n++
	p := packet.Packet{
		Meta: hanalyze.Meta{Packet: s.n, Time: hanalyze.Time(s.n * 1e6)}, Transport: hanalyze.TCP,
		Src: netip.MustParseAddrPort("[2001:db8::1]:40000"), Dst: netip.MustParseAddrPort("[2001:db8::2]:443"),
		Seq: seq, Ack: ack, Flags: flags, Window: 65535, Payload: bytes.Clone(b), PayloadLen: len(b),
	}
	if d == hanalyze.S2C {
		p.Src, p.Dst = p.Dst, p.Src
	}
	s.t.Packet(&p)
	for i := range p.Payload {
		p.Payload[i] = 0xdb
	}
}

func (s *sender) open() {
	s.packet(hanalyze.C2S, hanalyze.SYN, s.isn, 0, nil)
	s.packet(hanalyze.S2C, hanalyze.SYN|hanalyze.ACK, 1000, s.isn+1, nil)
	s.packet(hanalyze.C2S, hanalyze.ACK, s.isn+1, 1001, nil)
}

func (s *sender) data(g sent) {
	s.packet(hanalyze.C2S, hanalyze.ACK, s.isn+1+uint32(g.from), 1001, s.stream[g.from:g.to])
}

func (s *sender) ack(to int) {
	s.packet(hanalyze.S2C, hanalyze.ACK, 1001, s.isn+1+uint32(to), nil)
}

func (s *sender) fin() {
	s.packet(hanalyze.C2S, hanalyze.FIN|hanalyze.ACK, s.isn+1+uint32(len(s.stream)), 1001, nil)
}

func newSender(r *rand.Rand, limits Limits) (*sender, *rebuilt) {
	got := &rebuilt{}
	s := &sender{
		t:      New(Config{Open: func(*hanalyze.Flow) Handler { return got }, Emit: func(hanalyze.Record) {}, Limits: limits}),
		stream: make([]byte, 1+r.IntN(100_000)),
		isn:    -uint32(r.IntN(120_000)),
	}
	for i := range s.stream {
		s.stream[i] = byte(1 + r.IntN(255))
	}
	return s, got
}

// However a stream is cut, doubled and shuffled: when nothing is lost and the receiver acknowledges only what it can have
// received, all bytes come out once and in order.
func TestNothingLost(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, got := newSender(r, Limits{})
		s.open()
		seen := make([]bool, len(s.stream))
		acked := 0
		segs := deal(r, len(s.stream), 1+r.IntN(40))
		finAt := len(segs) - 1 - r.IntN(min(3, len(segs)))
		for i, g := range segs {
			s.data(g)
			for j := g.from; j < g.to; j++ {
				seen[j] = true
			}
			for acked < len(seen) && seen[acked] {
				acked++
			}
			if r.IntN(2) == 0 {
				s.ack(acked)
			}
			if i == finAt {
				s.fin()
			}
		}
		if !bytes.Equal(got.b, s.stream) || !got.ended || len(got.missing) > 0 {
			t.Fatalf("seed %d: %d of %d bytes, end %v, missing %v", seed, len(got.b), len(s.stream), got.ended, got.missing)
		}
		if s.t.held != 0 || s.t.cfg.Pool.episodes() != 0 {
			t.Fatalf("seed %d: %d bytes held", seed, s.t.held)
		}
	}
}

// When the capture lost segments that the receiver got, exactly those bytes are told as missing.
func TestLosses(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		s, got := newSender(r, Limits{})
		s.open()
		segs := deal(r, len(s.stream), 6)
		want := make([]byte, len(s.stream))
		for _, g := range segs {
			if r.IntN(5) == 0 {
				continue
			}
			s.data(g)
			copy(want[g.from:g.to], s.stream[g.from:g.to])
			if r.IntN(3) == 0 { // the receiver is far enough behind that the shuffled segments it acknowledges were captured
				s.ack(max(0, g.from-60_000))
			}
		}
		s.fin()
		for range 2 * holeSlack {
			s.ack(len(s.stream) + 1)
		}
		if !bytes.Equal(got.b, want) || !got.ended {
			t.Fatalf("seed %d: %d of %d bytes, end %v, missing %v", seed, len(got.b), len(want), got.ended, got.missing)
		}
	}
}

// Small budgets make the tracker lose bytes, never misplace them, and keep to the budget.
func TestBudgetsKeepPlaces(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		s, got := newSender(r, Limits{HalfBytes: (1 + r.IntN(8)) * pageCost, TotalBytes: (1 + r.IntN(8)) * pageCost})
		s.open()
		for _, g := range deal(r, len(s.stream), 30) {
			s.data(g)
			if s.t.held > s.t.limits.TotalBytes {
				t.Fatalf("seed %d: %d bytes held", seed, s.t.held)
			}
		}
		s.fin()
		s.t.Close(hanalyze.Meta{})
		for _, m := range got.missing {
			copy(got.b[m[0]:m[1]], s.stream[m[0]:])
		}
		if !bytes.Equal(got.b, s.stream) || !got.ended {
			t.Fatalf("seed %d: %d of %d bytes, end %v", seed, len(got.b), len(s.stream), got.ended)
		}
	}
}

// What is told of each flow does not depend on when Expire is called.
func TestExpirePattern(t *testing.T) {
	for seed := range uint64(60) {
		told := func(expire func(r *rand.Rand) bool) []string {
			r, when := rand.New(rand.NewPCG(seed, 4)), rand.New(rand.NewPCG(seed, 5))
			p := newPlay(t, Limits{Flows: 2, HalfOpen: 1, OneWay: 1, Lingering: 1, Opening: 20 * time.Second, Established: time.Minute, Datagrams: 30 * time.Second})
			flows := map[string][]string{}
			p.Tracker = New(Config{Limits: p.limits, Open: func(f *hanalyze.Flow) Handler {
				q := &play{t: t}
				q.say("%d %s", f.First.Packet, f.Client)
				return &keeper{teller{p: q}, flows}
			}, Emit: func(hanalyze.Record) {}})
			for range 400 {
				p.run(wander(r))
				if expire(when) {
					p.Expire(p.now)
				}
			}
			p.end()
			var all []string
			for _, lines := range flows {
				all = append(all, strings.Join(lines, "\n"))
			}
			slices.Sort(all)
			return all
		}
		never := told(func(*rand.Rand) bool { return false })
		always := told(func(*rand.Rand) bool { return true })
		sometimes := told(func(r *rand.Rand) bool { return r.IntN(9) == 0 })
		if d := cmp.Diff(never, always) + cmp.Diff(never, sometimes); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

// keeper keeps what its flow was told when the flow is closed.
type keeper struct {
	teller
	flows map[string][]string
}

func (k *keeper) Close(m hanalyze.Meta, why string) {
	k.teller.Close(m, why)
	k.flows[k.p.lines[0]] = k.p.lines
}

// wander makes a packet of one of a few flows, with idle times between none and too long.
func wander(r *rand.Rand) string {
	wait := ""
	if r.IntN(4) == 0 {
		wait = fmt.Sprintf("+%dms ", r.IntN(25_000))
	}
	dir, port := "><"[r.IntN(2)], 40000+r.IntN(5)
	if port > 40002 {
		return fmt.Sprintf(`%s%c :%d U "x"`, wait, dir, port)
	}
	flags := []string{"S", "SA", ".", ".", ".", ".", "FA", "R"}[r.IntN(8)]
	ack := ""
	if flags != "S" && flags != "R" {
		ack = fmt.Sprintf("ack=%d", 100+r.IntN(9))
	}
	return fmt.Sprintf(`%s%c :%d %s seq=%d %s "abc"`, wait, dir, port, flags, 100+r.IntN(9), ack)
}
