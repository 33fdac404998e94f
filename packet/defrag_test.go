package packet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/gopacket/layers"

	"hanalyze"
)

// cut4 cuts an IPv4 packet without options into fragments of at most n bytes.
func cut4(b []byte, n int) [][]byte {
	var frags [][]byte
	for at := 0; at < len(b)-20; at += n {
		end := min(at+n, len(b)-20)
		f := append(append([]byte{}, b[:20]...), b[20+at:20+end]...)
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		cut := uint16(at / 8)
		if end < len(b)-20 {
			cut |= 0x2000
		}
		binary.BigEndian.PutUint16(f[6:], cut)
		frags = append(frags, f)
	}
	return frags
}

// frag6 makes an IPv6 fragment with the bytes [at, end) of data.
func frag6(data []byte, at, end int, more bool) []byte {
	b := append([]byte{0x60, 0, 0, 0, 0, 0, 44, 61}, bytes.Repeat([]byte{0x20}, 32)...)
	cut := uint16(at)
	if more {
		cut |= 1
	}
	b = append(b, 17, 0)
	b = binary.BigEndian.AppendUint16(b, cut)
	b = append(b, 0, 0, 0, 9)
	b = append(b, data[at:end]...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
	return b
}

// defrag plays raw IP packets of the given times in seconds, and prints what became of each.
type defrag struct {
	Defragmenter
	p Packet
}

func (d *defrag) add(seconds int, b []byte) Reason {
	d.p.Meta.Time = hanalyze.Time(seconds) * hanalyze.Time(time.Second)
	frame := append([]byte{}, b...)
	r := d.p.Parse(hanalyze.LinkRaw, frame, len(frame))
	if r == IPFragment {
		r = d.Add(&d.p)
		for i := range frame {
			frame[i] = 0xee
		}
	}
	return r
}

// settled prints the counts that are not zero.
func (d *Defragmenter) settled() string {
	s := ""
	for r, n := range d.Counts() {
		if n > 0 {
			s += fmt.Sprintf("%s=%d ", Reason(r), n)
		}
	}
	return s
}

func TestDefragment4(t *testing.T) {
	whole := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	want := fmt.Sprintf(tcp4want, "0")
	frags := cut4(whole, 16)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {1, 0, 2}} {
		var d defrag
		for i, n := range order {
			r := d.add(i, frags[n])
			if last := i == len(order)-1; !last && r != FragmentHeld || last && r != OK {
				t.Fatalf("order %v, fragment %d: %s", order, n, r)
			}
		}
		wantBytes := fmt.Sprintf("ip=%d", len(whole)+2*20)
		if got := describe(&d.p); got != string(bytes.Replace([]byte(want), []byte("ip=62"), []byte(wantBytes), 1)) {
			t.Errorf("order %v: %s", order, got)
		}
		if d.settled() != "ok=2 " || d.held != 0 || len(d.found) != 0 {
			t.Errorf("order %v: %s, %d bytes held", order, d.settled(), d.held)
		}
	}
}

func TestDefragment6(t *testing.T) {
	data := build(t, udp(), body)
	var d defrag
	if r := d.add(0, frag6(data, 16, len(data), false)); r != FragmentHeld {
		t.Fatal(r)
	}
	if r := d.add(0, frag6(data, 16, len(data), false)); r != FragmentHeld { // an exact copy
		t.Fatal(r)
	}
	if r := d.add(0, frag6(data, 0, 16, true)); r != OK || string(d.p.Payload) != string(body) || d.p.Dst.Port() != 80 || d.p.HasIPID {
		t.Fatal(r, describe(&d.p))
	}
	if d.settled() != "ok=2 " {
		t.Error(d.settled())
	}
}

// RFC 5722 §4: a datagram with overlapping fragments is dropped, those to come included.
func TestOverlap6(t *testing.T) {
	data := build(t, udp(), body)
	var d defrag
	want := []Reason{FragmentHeld, FragmentOverlap, FragmentOverlap, FragmentHeld}
	for i, b := range [][]byte{frag6(data, 0, 16, true), frag6(data, 8, 24, true), frag6(data, 16, len(data), false), cut4(build(t, ip4(layers.IPProtocolTCP), tcp(), body), 16)[0]} {
		if r := d.add(i, b); r != want[i] {
			t.Errorf("fragment %d: %s, want %s", i, r, want[i])
		}
	}
	if d.settled() != "fragment_timeout=1 fragment_overlap=1 " || d.Stats().Contradictory != 1 {
		t.Error(d.settled(), d.Stats())
	}
}

func TestOverlap4FirstWins(t *testing.T) {
	whole := build(t, ip4(layers.IPProtocolUDP), udp(), body)
	frags := cut4(whole, 16)
	evil := append([]byte{}, frags[0]...)
	evil[6], evil[7] = 0x20, 1 // the same bytes 8 further on
	var d defrag
	for i, b := range [][]byte{frags[0], evil, frags[0], frags[1]} {
		if r := d.add(i, b); i < 3 && r != FragmentHeld || i == 3 && r != OK {
			t.Fatalf("fragment %d: %s", i, r)
		}
	}
	s := d.Stats()
	if got := string(d.p.Payload[:8]); got != string(body[:8]) || s.Overlaps != 2 || s.Differ != 2 || len(s.Suspicious) != 2 {
		t.Errorf("%q, %+v", got, s)
	}
}

// A fragment that covers others and brings the same bytes is nothing to be suspicious of.
func TestOverlap4Same(t *testing.T) {
	whole := build(t, ip4(layers.IPProtocolUDP), udp(), body)
	small := cut4(whole, 8)
	var d defrag
	for i, b := range [][]byte{small[0], small[2], cut4(whole, 16)[0], cut4(whole, 16)[1]} {
		if r := d.add(i, b); i < 3 && r != FragmentHeld || i == 3 && r != OK {
			t.Fatalf("fragment %d: %s", i, r)
		}
	}
	if s := d.Stats(); string(d.p.Payload) != string(body) || s.Overlaps != 2 || s.Differ != 0 || len(s.Suspicious) != 0 {
		t.Errorf("%q, %+v", d.p.Payload, s)
	}
}

func TestContradictoryEnds(t *testing.T) {
	data := make([]byte, 64)
	for name, frags := range map[string][][]byte{
		"two ends":        {frag6(data, 16, 24, false), frag6(data, 16, 32, false)},
		"beyond the end":  {frag6(data, 16, 24, false), frag6(data, 32, 40, true)},
		"end comes short": {frag6(data, 32, 40, true), frag6(data, 16, 24, false)},
	} {
		var d defrag
		if r := d.add(0, frags[0]); r != FragmentHeld {
			t.Fatal(name, r)
		}
		if r := d.add(0, frags[1]); r != FragmentOverlap {
			t.Error(name, r)
		}
	}
}

func TestFragmentsThatCannotBe(t *testing.T) {
	far := cut4(make([]byte, 20+16), 16)[0]
	far[0], far[9] = 0x45, 17
	far[6], far[7] = 0x1f, 0xff // offset 65528, 16 bytes
	odd := frag6(make([]byte, 64), 0, 12, true)
	empty := frag6(make([]byte, 64), 8, 8, true)
	for _, b := range [][]byte{far, odd, empty} {
		var d defrag
		if r := d.add(0, b); r != MalformedHeaders || len(d.found) != 0 {
			t.Errorf("%x: %s", b, r)
		}
	}
}

func TestFragmentTimeout(t *testing.T) {
	f4 := cut4(build(t, ip4(layers.IPProtocolUDP), udp(), body), 16)
	data := build(t, udp(), body)
	for _, tt := range []struct {
		first, last []byte
		wait        int
		want        Reason
	}{
		{f4[0], f4[1], 30, OK}, {f4[0], f4[1], 31, FragmentHeld},
		{frag6(data, 0, 16, true), frag6(data, 16, 26, false), 60, OK}, {frag6(data, 0, 16, true), frag6(data, 16, 26, false), 61, FragmentHeld},
	} {
		var d defrag
		d.add(100, tt.first)
		if r := d.add(100+tt.wait, tt.last); r != tt.want {
			t.Errorf("after %d s: %s, want %s", tt.wait, r, tt.want)
		}
		if tt.want != OK && (d.Stats().TimedOut != 1 || d.settled() != "fragment_timeout=2 ") {
			t.Errorf("%+v %s", d.Stats(), d.settled())
		}
	}
}

// Fragments inside a tunnel, of a tunnel that is itself in fragments.
func TestFragmentsInTunnel(t *testing.T) {
	whole := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	var d defrag
	var r Reason
	for _, b := range cut4(whole, 32) {
		outer := build(t, ip4(layers.IPProtocolIPv4))
		outer = append(outer, b...)
		binary.BigEndian.PutUint16(outer[2:], uint16(len(outer)))
		outer[5]++ // another datagram than the inner one
		for _, c := range cut4(outer, 24) {
			binary.BigEndian.PutUint16(c[4:], binary.BigEndian.Uint16(b[6:])+7)
			r = d.add(0, c)
		}
	}
	if r != OK || string(d.p.Payload) != string(body) || d.p.Tag == 0 {
		t.Fatal(r, describe(&d.p), d.settled())
	}
	// 52 bytes in 24 and 34 in 24: three and two fragments, of which the last one is not held.
	if d.settled() != "ok=4 " || len(d.found) != 0 {
		t.Error(d.settled())
	}
}

// The capture cut a fragment: the datagram has its length on the wire and the bytes up to the hole.
func TestCutFragment(t *testing.T) {
	whole := build(t, ip4(layers.IPProtocolTCP), tcp(), body)
	frags := cut4(whole, 32)
	var d Defragmenter
	var p Packet
	if r := p.Parse(hanalyze.LinkRaw, frags[0][:20+28], len(frags[0])); r != IPFragment || d.Add(&p) != FragmentHeld {
		t.Fatal(r)
	}
	if r := p.Parse(hanalyze.LinkRaw, frags[1], len(frags[1])); r != IPFragment || d.Add(&p) != OK || p.PayloadLen != len(body) || len(p.Payload) != 4 {
		t.Fatal(r, describe(&p))
	}
}

func TestDefragmenterLimits(t *testing.T) {
	data := make([]byte, maxDatagram)
	id := func(b []byte, n int) []byte {
		b = append([]byte{}, b...)
		binary.BigEndian.PutUint32(b[44:], uint32(n))
		return b
	}
	t.Run("datagrams", func(t *testing.T) {
		var d defrag
		b := frag6(data, 0, 8, true)
		for i := range maxDatagrams + 10 {
			d.add(0, id(b, i))
		}
		if len(d.found) != maxDatagrams || d.Stats().Evicted != 10 || d.Counts()[FragmentLimit] != 10 || d.Stats().PeakDatagrams != maxDatagrams {
			t.Errorf("%d datagrams, %+v", len(d.found), d.Stats())
		}
	})
	t.Run("bytes", func(t *testing.T) {
		var d defrag
		b := frag6(data, 0, 60000, true)
		for i := range 100 {
			d.add(0, id(b, i))
		}
		if d.held > maxHeldBytes || d.Stats().PeakBytes > maxHeldBytes || d.Counts()[FragmentLimit] == 0 {
			t.Errorf("%d bytes, %+v", d.held, d.Stats())
		}
	})
	t.Run("pieces", func(t *testing.T) {
		var d defrag
		for i := range maxPieces {
			if r := d.add(0, frag6(data, i*16, i*16+8, true)); r != FragmentHeld {
				t.Fatal(i, r)
			}
		}
		if r := d.add(0, frag6(data, maxPieces*16, maxPieces*16+8, true)); r != FragmentLimit {
			t.Error(r)
		}
	})
}

// FuzzDefragment plays fragments of a few IPv4 datagrams in the order the input says and holds the result to a reference that
// has one array of 64 KiB for each datagram.
func FuzzDefragment(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, 40)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		type reference struct {
			data  [256]byte
			have  [256]bool
			total int
			dead  bool
		}
		refs := map[byte]*reference{}
		var d defrag
		added, done := uint64(0), uint64(0)
		for i := 0; i+3 <= len(script); i += 3 {
			id, at, n, more := script[i]&1, int(script[i+1]&15)*8, int(script[i+2]&15)*8, script[i+2]&0x80 == 0
			if !more {
				n += int(script[i+2] >> 4 & 7)
			}
			b := append([]byte{0x45, 0, 0, 0, 0, id, 0, 0, 61, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, bytes.Repeat([]byte{byte(i) + 1}, n)...)
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			cut := uint16(at / 8)
			if more {
				cut |= 0x2000
			}
			if cut == 0 {
				continue
			}
			binary.BigEndian.PutUint16(b[6:], cut)

			ref := refs[id]
			if ref == nil {
				ref = &reference{total: -1}
			}
			want := FragmentHeld
			highest := 0
			for j, h := range ref.have {
				if h {
					highest = j + 1
				}
			}
			switch {
			case n == 0:
				want = MalformedHeaders
			case ref.dead:
				want = FragmentOverlap
			case ref.total >= 0 && (at+n > ref.total || !more && at+n != ref.total), !more && highest > at+n:
				ref.dead, want = true, FragmentOverlap
			default:
				if !more {
					ref.total = at + n
				}
				for j := at; j < at+n; j++ {
					if !ref.have[j] {
						ref.have[j], ref.data[j] = true, byte(i)+1
					}
				}
				if ref.total >= 0 && !bytes.Contains(boolBytes(ref.have[:ref.total]), []byte{0}) {
					want = OK
					if ref.total < 8 { // no room for the UDP header
						want = MalformedHeaders
					}
				}
			}
			refs[id] = ref
			got := d.add(0, b)
			if got != want {
				t.Fatalf("fragment %d of %d at %d, %d bytes, more %t: %s, want %s", i/3, id, at, n, more, got, want)
			}
			added++
			if got != FragmentHeld {
				done++
			}
			// What the bytes say is the UDP length is more than there can be, so the payload is the rest.
			if want == OK && !bytes.Equal(d.p.Payload, ref.data[8:ref.total]) {
				t.Fatalf("payload %x, want %x", d.p.Payload, ref.data[8:ref.total])
			}
			if n > 0 && (want == OK || want == MalformedHeaders) {
				delete(refs, id)
			}
			if d.held > maxHeldBytes || d.held < 0 {
				t.Fatalf("%d bytes held", d.held)
			}
		}
		for _, n := range d.Counts() {
			done += n
		}
		if done != added {
			t.Fatalf("%d fragments added, %d accounted for", added, done)
		}
	})
}

func boolBytes(b []bool) []byte {
	out := make([]byte, len(b))
	for i, v := range b {
		if v {
			out[i] = 1
		}
	}
	return out
}
