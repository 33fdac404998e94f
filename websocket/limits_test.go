package websocket

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"slices"
	"testing"

	"hanalyze"
)

// afterLoss returns a parser that has lost the frame borders of what the server sends, and its hunter.
func afterLoss(t *testing.T) (*Conn, *heard, *hunter) {
	h := &heard{t: t}
	c := NewConn(Params{}, h.see)
	c.Gap(hanalyze.S2C, -1)
	return c, h, &c.half[hanalyze.S2C].hunt
}

// noFrame is what no header has, long enough that what stands before it is looked at.
var noFrame = bytes.Repeat([]byte{0xff}, maxHeader)

// No more than maxChains chains are followed; when those that lead nowhere have ended, borders are found again.
func TestMaxChains(t *testing.T) {
	for _, n := range []int{maxChains - 1, maxChains, maxChains + 1, 3 * maxChains} {
		c, h, hunt := afterLoss(t)
		// Headers of binary messages of 0xfffe bytes, each of which begins a chain.
		c.Feed(hanalyze.S2C, append(bytes.Repeat([]byte{0x82, length16, 0xff, 0xfe}, n), noFrame...))
		if got := len(hunt.chains); got != min(n, maxChains) {
			t.Errorf("%d headers begin %d chains", n, got)
		}
		// What no frame has, until all those messages would be over, and then messages.
		c.Feed(hanalyze.S2C, bytes.Repeat(noFrame, 1<<13))
		if got := len(hunt.chains); got != 0 {
			t.Errorf("%d chains are left", got)
		}
		w := &writer{}
		for i := range 2 * chainLength {
			w.frame(0x80|byte(OpText), bytes.Repeat([]byte{'a'}, 20+i))
		}
		c.Feed(hanalyze.S2C, w.out)
		if len(h.whole) == 0 {
			t.Errorf("%d headers: borders are not found again", n)
		}
	}
}

// A chain counts maxMarks different frames, and no more.
func TestMaxMarks(t *testing.T) {
	for _, d := range []hanalyze.Dir{hanalyze.C2S, hanalyze.S2C} {
		var k chain
		for i := range 3 * maxMarks {
			f := header{fin: true, op: OpText, length: int64(i), masked: d == hanalyze.C2S, mask: [4]byte{byte(i)}}
			k.add(&f, int64(10*i))
			if want := min(i+1, maxMarks); k.marked != want {
				t.Fatalf("%s: %d frames count as %d", d, i+1, k.marked)
			}
		}
		if k.next != 10*(3*maxMarks-1) {
			t.Errorf("%s: the chain goes on at %d", d, k.next)
		}
	}
}

// A frame longer than maxHuntFrame begins no chain, and ends one.
func TestMaxHuntFrame(t *testing.T) {
	frame := func(n uint32) []byte {
		return []byte{0x82, length64, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	small := append([]byte{0x82, 2}, 0xff, 0xff)
	for n, want := range map[uint32]int{maxHuntFrame: 1, maxHuntFrame + 1: 0} {
		for _, before := range [][]byte{nil, small} {
			c, _, hunt := afterLoss(t)
			c.Feed(hanalyze.S2C, slices.Concat(before, frame(n), noFrame))
			if got := len(hunt.chains); got != want {
				t.Errorf("%d bytes behind %d others: %d chains, want %d", n, len(before), got, want)
			}
		}
	}
}

// A quiet conversation saves up maxCredit for what a message may be decompressed to, and no more.
func TestMaxCredit(t *testing.T) {
	const spare = 1 << 20
	for _, c := range []struct {
		size int
		how  How
	}{{maxCredit - spare, Complete}, {maxCredit + spare, EndLimit}} {
		h := &lengths{}
		conn := NewConn(Params{Deflate: true}, h.see)
		rnd := rand.New(rand.NewPCG(1, 1))
		var packed bytes.Buffer
		z, _ := flate.NewWriter(&packed, flate.BestSpeed)
		send := func(b []byte) {
			w := &writer{}
			w.frame(0x80|rsv1<<4|byte(OpBinary), bytes.TrimSuffix(b, flushTail[:4]))
			conn.Feed(hanalyze.S2C, w.out)
		}
		// What does not shrink earns 64 times its length, so that twice what fills the credit passes here.
		for sent := 0; sent < 2*maxCredit/inflateRatio; sent += 1 << 16 {
			noise := make([]byte, 1<<16)
			for i := range noise {
				noise[i] = byte(rnd.Uint32())
			}
			packed.Reset()
			z.Write(noise)
			z.Flush()
			send(packed.Bytes())
		}
		if credit := conn.half[hanalyze.S2C].inflate.credit; credit > maxCredit {
			t.Errorf("the credit is %d", credit)
		}
		packed.Reset()
		for left := c.size; left > 0; left -= spare {
			z.Write(make([]byte, spare))
		}
		z.Flush()
		if packed.Len() > maxCompressed {
			t.Fatalf("%d bytes are more than is collected", packed.Len())
		}
		send(packed.Bytes())
		if h.last.How != c.how || c.how == Complete && h.last.Bytes != int64(c.size) {
			t.Errorf("%d bytes: %v, %d told", c.size, h.last.How, h.last.Bytes)
		}
	}
}

// lengths keeps the end of the last message.
type lengths struct{ last Event }

func (l *lengths) see(e *Event) {
	if e.Kind == MessageEnd {
		l.last = *e
	}
}
