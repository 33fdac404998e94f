package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"hanalyze"
)

// writer writes frames of one direction as a peer does, with the compressor of the standard library.
type writer struct {
	rnd    *rand.Rand
	masked bool
	z      *flate.Writer // nil: no compression
	packed bytes.Buffer
	reset  bool // no context takeover
	out    []byte
}

func newWriter(rnd *rand.Rand, d hanalyze.Dir, compressed, reset bool) *writer {
	w := &writer{rnd: rnd, masked: d == hanalyze.C2S, reset: reset}
	if compressed {
		w.z, _ = flate.NewWriter(&w.packed, 1+rnd.IntN(9))
	}
	return w
}

// message appends a message in one or more frames, sometimes with a ping between them.
func (w *writer) message(op Opcode, b []byte) {
	first := byte(op)
	if w.z != nil && w.rnd.IntN(5) > 0 {
		w.packed.Reset()
		if w.reset {
			w.z.Reset(&w.packed)
		}
		w.z.Write(b)
		w.z.Flush()
		b = bytes.TrimSuffix(w.packed.Bytes(), flushTail[:4])
		first |= rsv1 << 4
	}
	for {
		n := len(b)
		if w.rnd.IntN(3) == 0 {
			n = w.rnd.IntN(len(b) + 1)
		}
		fin := byte(0)
		if n == len(b) {
			fin = 0x80
		}
		w.frame(first|fin, b[:n])
		if b, first = b[n:], 0; fin != 0 {
			return
		}
		if w.rnd.IntN(3) == 0 {
			w.frame(0x80|byte(OpPing), []byte("ping"))
		}
	}
}

func (w *writer) frame(first byte, b []byte) {
	mask := byte(0)
	if w.masked {
		mask = 0x80
	}
	switch n := len(b); {
	case n < length16:
		w.out = append(w.out, first, mask|byte(n))
	case n < 1<<16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, first, mask|length16), uint16(n))
	default:
		w.out = binary.BigEndian.AppendUint64(append(w.out, first, mask|length64), uint64(n))
	}
	if !w.masked {
		w.out = append(w.out, b...)
		return
	}
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], w.rnd.Uint32())
	w.out = append(w.out, key[:]...)
	for i, c := range b {
		w.out = append(w.out, c^key[i&3])
	}
}

// said is a message as its sender meant it.
type said struct {
	op   Opcode
	text string
}

// talk makes one direction of a conversation, and what it says.
func talk(rnd *rand.Rand, w *writer, n int) (list []said) {
	for i := range n {
		op, size := OpText, rnd.IntN(200)
		switch rnd.IntN(12) {
		case 0:
			size = 126 + rnd.IntN(3000)
		case 1:
			size = 66_000
		}
		b := []byte(fmt.Sprintf("%d: größer ", i))
		for len(b) < size {
			b = append(b, "same again, "...)
		}
		if rnd.IntN(2) == 0 {
			op = OpBinary
			for range rnd.IntN(100) {
				b = append(b, byte(rnd.Uint32()))
			}
		}
		w.message(op, b)
		list = append(list, said{op, string(b)})
	}
	return list
}

// heard collects what a Conn tells of one direction.
type heard struct {
	t        *testing.T
	whole    []said
	ended    []Event
	data     []byte
	unread   int64
	breaches []string
}

func (h *heard) see(e *Event) {
	switch e.Kind {
	case Data:
		h.data = append(h.data, e.Data...)
	case MessageEnd:
		if e.How == Complete {
			h.whole = append(h.whole, said{e.Op, string(h.data)})
			if e.Bytes != int64(len(h.data)) {
				h.t.Fatalf("%d bytes are told as %d", len(h.data), e.Bytes)
			}
		}
		h.ended = append(h.ended, *e)
		h.data = h.data[:0]
	case Resync, Unread:
		h.unread += e.N
	case Malformed:
		h.breaches = append(h.breaches, string(e.Violation)+" "+e.Detail)
	case MessageBegin, DataGap, Control, Close, Lost:
	}
}

func params(d hanalyze.Dir, compressed, reset bool) Params {
	p := Params{Deflate: compressed}
	p.Side[d].NoContextTakeover = reset
	return p
}

// Without loss everything is read as it was meant, with and without compression and context takeover.
func TestAgainstCompressor(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		d, compressed, reset := hanalyze.Dir(seed&1), seed&2 != 0, seed&4 != 0
		w := newWriter(rnd, d, compressed, reset)
		want := talk(rnd, w, 20)
		h := &heard{t: t}
		c := NewConn(params(d, compressed, reset), h.see)
		for b := w.out; len(b) > 0; {
			n := min(len(b), 1+rnd.IntN(1500))
			c.Feed(d, b[:n])
			b = b[n:]
		}
		c.End(d)
		if fmt.Sprint(h.whole) != fmt.Sprint(want) || len(h.breaches) > 0 {
			t.Fatalf("seed %d: %d messages of %d, %v", seed, len(h.whole), len(want), h.breaches)
		}
	}
}

// Whatever is missing, known or unknown in length: a message told as complete was said so, in this order, and nothing is
// told as a breach. Most of what the loss did not touch is read.
func TestLossNeverLies(t *testing.T) {
	var sent, read, lossless int
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		d, compressed, reset := hanalyze.Dir(seed&1), seed&2 != 0, seed&4 != 0
		w := newWriter(rnd, d, compressed, reset)
		want := talk(rnd, w, 60)
		h := &heard{t: t}
		c := NewConn(params(d, compressed, reset), h.see)
		every := 5 + rnd.IntN(200)
		for b := w.out; len(b) > 0; {
			n := min(len(b), 1+rnd.IntN(1500))
			switch {
			case rnd.IntN(every) > 0:
				c.Feed(d, b[:n])
				lossless += n
			case rnd.IntN(3) == 0:
				c.Gap(d, -1)
			default:
				c.Gap(d, int64(n))
			}
			b = b[n:]
		}
		c.End(d)
		if len(h.breaches) > 0 {
			t.Fatalf("seed %d: %v", seed, h.breaches)
		}
		next := 0
		for _, s := range h.whole {
			for next < len(want) && want[next] != s {
				next++
			}
			if next == len(want) {
				t.Fatalf("seed %d: nobody said %v %.80q", seed, s.op, s.text)
			}
			next++
		}
		sent += len(want)
		read += len(h.whole)
	}
	t.Logf("%d of %d messages were read whole", read, sent)
	if read*2 < sent {
		t.Errorf("only %d of %d messages were read", read, sent)
	}
}

// Random bytes after a loss are no frames.
func TestHuntInNoise(t *testing.T) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		d := hanalyze.Dir(seed & 1)
		h := &heard{t: t}
		c := NewConn(Params{Deflate: true}, h.see)
		c.Gap(d, -1)
		const noise = 1 << 18
		b := make([]byte, noise)
		for i := range b {
			switch seed % 4 {
			case 0:
				b[i] = byte(rnd.Uint32())
			case 1:
				b[i] = byte(rnd.Uint32N(4)) // small numbers
			case 2:
				b[i] = byte(0x80 + rnd.Uint32N(4)) // silence in 8-bit sound
			default:
				b[i] = byte(i >> 2 & 1 * 0x82) // tables
			}
		}
		c.Feed(d, b)
		c.End(d)
		if len(h.ended) > 0 || h.unread != noise {
			t.Errorf("seed %d: %d messages in noise, %d bytes unread", seed, len(h.ended), h.unread)
		}
		if n := len(c.half[d].hunt.carry); n >= maxHeader {
			t.Errorf("%d bytes are kept", n)
		}
	}
}

func TestTextCheck(t *testing.T) {
	for _, s := range []string{"", "a", "größer", "€uro", "\U0001f600!", "\xff", "a\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "ok\x80"} {
		for cut := range len(s) + 1 {
			var c textCheck
			c.feed([]byte(s[:cut]))
			c.feed([]byte(s[cut:]))
			if c.wrong() == utf8.ValidString(s) {
				t.Errorf("%q cut at %d: wrong %v", s, cut, c.wrong())
			}
		}
	}
}

// A bomb is stopped, and what a message may take is bounded.
func TestLimits(t *testing.T) {
	var packed bytes.Buffer
	z, _ := flate.NewWriter(&packed, 9)
	for range 40 {
		z.Write(make([]byte, 1<<20))
	}
	z.Flush()
	w := &writer{}
	w.frame(0x80|rsv1<<4|byte(OpBinary), bytes.TrimSuffix(packed.Bytes(), flushTail[:4]))
	w.frame(0x80|rsv1<<4|byte(OpBinary), make([]byte, maxCompressed+1))
	w.frame(0x80|byte(OpText), []byte("on"))
	h := &heard{t: t}
	c := NewConn(Params{Deflate: true}, h.see)
	c.Feed(hanalyze.S2C, w.out)
	if len(h.ended) != 3 || h.ended[0].How != EndLimit || h.ended[1].How != EndLimit || h.ended[2].How != Complete {
		t.Errorf("%+v", h.ended)
	}
	if c.half[hanalyze.S2C].message.packed != nil {
		t.Error("a large buffer is kept")
	}
}

// What has no compression costs no allocation.
func TestNoAllocation(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for d := range hanalyze.Dir(2) {
		w := newWriter(rnd, d, false, false)
		w.message(OpText, bytes.Repeat([]byte("hello "), 2000))
		w.frame(0x80|byte(OpPing), []byte("ping"))
		c := NewConn(Params{}, func(*Event) {})
		c.Feed(d, w.out)
		if n := testing.AllocsPerRun(100, func() { c.Feed(d, w.out) }); n != 0 {
			t.Errorf("%s: %v allocations", d, n)
		}
	}
}

// BenchmarkMessages reads masked messages of 100 bytes, a message each time.
func BenchmarkMessages(b *testing.B) {
	for name, compressed := range map[string]bool{"plain": false, "deflate": true} {
		b.Run(name, func(b *testing.B) {
			rnd := rand.New(rand.NewPCG(1, 1))
			w := newWriter(rnd, hanalyze.C2S, compressed, false)
			for range 1000 {
				w.message(OpText, []byte(`{"id":1234,"method":"subscribe","params":["trades","depth","candles"],"time":1700000000000,"ok":true}`))
			}
			c := NewConn(params(hanalyze.C2S, compressed, false), func(*Event) {})
			b.ReportAllocs()
			for b.Loop() {
				c.Feed(hanalyze.C2S, w.out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/message")
		})
	}
}
