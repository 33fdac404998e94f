package h2

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"hanalyze"
)

// fact is a field block as it was sent, and where.
type fact struct {
	dir        hanalyze.Dir
	stream     uint32
	fields     []hanalyze.Header
	start, end int // the bytes of its frames in their direction
}

// talk is a conversation with its truth. Every value names its stream, so that a wrong field cannot be right by chance.
type talk struct {
	*rand.Rand
	enc   [2]*hpack.Encoder
	buf   [2]bytes.Buffer
	wire  [2][]byte
	turns []turn
	facts []fact
	body  map[uint32]int // bytes the server sent on each stream
}

// turn is a run of bytes of one direction.
type turn struct {
	dir        hanalyze.Dir
	start, end int
}

func newTalk(seed uint64) *talk {
	t := &talk{Rand: rand.New(rand.NewPCG(seed, 11)), body: map[uint32]int{}}
	for d := range t.enc {
		t.enc[d] = hpack.NewEncoder(&t.buf[d])
	}
	t.write(c2s, []byte(Preface))
	t.frame(c2s, FrameSettings, 0, 0, setting(settingInitialWindowSize, 1<<30)...)
	t.frame(c2s, FrameWindowUpdate, 0, 0, u32(1<<30)...)
	t.frame(s2c, FrameSettings, 0, 0)
	t.frame(s2c, FrameSettings, FlagAck, 0)
	t.frame(c2s, FrameSettings, FlagAck, 0)
	return t
}

func (t *talk) write(d hanalyze.Dir, b []byte) {
	start := len(t.wire[d])
	t.wire[d] = append(t.wire[d], b...)
	if n := len(t.turns); n > 0 && t.turns[n-1].dir == d {
		t.turns[n-1].end = len(t.wire[d])
		return
	}
	t.turns = append(t.turns, turn{d, start, len(t.wire[d])})
}

func (t *talk) frame(d hanalyze.Dir, ft FrameType, g Flags, stream uint32, payload ...byte) {
	t.write(d, frameBytes(ft, g, stream, payload...))
}

// block sends fields in HEADERS and, sometimes, CONTINUATION; promised is the stream they are about, in PUSH_PROMISE.
func (t *talk) block(d hanalyze.Dir, stream, promised uint32, end bool, fields ...string) {
	t.buf[d].Reset()
	if t.IntN(12) == 0 {
		t.enc[d].SetMaxDynamicTableSize(uint32([]int{0, 100, 500, 4096}[t.IntN(4)]))
	}
	f := fact{dir: d, stream: stream, start: len(t.wire[d])}
	for i := 0; i < len(fields); i += 2 {
		h := hpack.HeaderField{Name: fields[i], Value: fields[i+1], Sensitive: t.IntN(15) == 0}
		_ = t.enc[d].WriteField(h)
		f.fields = append(f.fields, hanalyze.Header{Name: h.Name, Value: h.Value})
	}
	b := bytes.Clone(t.buf[d].Bytes())
	ft, flags := FrameHeaders, Flags(0)
	if end {
		flags = FlagEndStream
	}
	var head []byte
	if promised != 0 {
		ft, head, f.stream = FramePushPromise, u32(promised), promised
	}
	first := b
	if t.IntN(6) == 0 {
		first = b[:t.IntN(len(b))]
	} else {
		flags |= FlagEndHeaders
	}
	payload := append(head, first...)
	if t.IntN(8) == 0 {
		payload, flags = padded(t.IntN(40), payload...), flags|FlagPadded
	}
	t.frame(d, ft, flags, stream, payload...)
	for rest := b[len(first):]; flags&FlagEndHeaders == 0; {
		n := min(len(rest), 1+t.IntN(60))
		last := n == len(rest)
		g := Flags(0)
		if last {
			g = FlagEndHeaders
		}
		t.frame(d, FrameContinuation, g, stream, rest[:n]...)
		if rest = rest[n:]; last {
			break
		}
	}
	f.end = len(t.wire[d])
	t.facts = append(t.facts, f)
}

// data sends a body in frames of at most size bytes.
func (t *talk) data(stream uint32, n, size int, end bool) {
	t.body[stream] += n
	for n > 0 || end {
		k := min(n, size)
		n -= k
		g := Flags(0)
		if end && n == 0 {
			g, end = FlagEndStream, false
		}
		t.frame(s2c, FrameData, g, stream, bytes.Repeat([]byte{byte(stream)}, k)...)
	}
}

// exchange asks for something and answers it.
func (t *talk) exchange(stream uint32) {
	value := func(what string) string { return fmt.Sprintf("%s-%d-%d", what, stream, t.IntN(5)) }
	t.block(c2s, stream, 0, true, ":method", "GET", ":scheme", "https", ":authority", fmt.Sprintf("a%d.example", stream/8), ":path", "/"+value("p"),
		"user-agent", "test", "cookie", fmt.Sprintf("c=%d", stream/6), "x-a", value("a"), "x-b", fmt.Sprint(t.IntN(3)))
	if t.IntN(5) == 0 {
		t.block(s2c, stream, 2*stream, false, ":method", "GET", ":scheme", "https", ":authority", "push.example", ":path", "/"+value("push"))
		t.block(s2c, 2*stream, 0, true, ":status", "200", "x-pushed", value("y"))
	}
	trailers := t.IntN(4) == 0
	n := t.IntN(3000)
	if t.IntN(10) == 0 {
		n = t.IntN(60_000)
	}
	t.block(s2c, stream, 0, n == 0 && !trailers, ":status", []string{"200", "404", "206"}[t.IntN(3)], "server", "s", "etag", value("e"),
		"x-c", fmt.Sprint(t.IntN(4)), "date", fmt.Sprint("d", stream/4))
	switch t.IntN(6) {
	case 0:
		t.frame(s2c, FramePing, 0, 0, make([]byte, 8)...)
	case 1:
		t.frame(c2s, FrameWindowUpdate, 0, 0, u32(1000)...)
	}
	if n > 0 {
		t.data(stream, n, 1+t.IntN(16_000), !trailers)
	}
	if trailers {
		t.block(s2c, stream, 0, true, "grpc-status", "0", "x-t", value("t"))
	}
}

// damage says what of a direction is missing.
type damage [2][]turn

// touches reports whether something of the bytes from start to end is missing.
func (l *damage) touches(d hanalyze.Dir, start, end int) bool {
	for _, g := range l[d] {
		if g.start < end && g.end > start {
			return true
		}
	}
	return false
}

// play feeds the conversation in packets, of which some are missing. Of unknown gaps only -1 is told.
func (t *talk) play(c *Conn, every int, unknown bool) (l damage) {
	for _, u := range t.turns {
		for at := u.start; at < u.end; {
			n := min(u.end-at, 1+t.IntN(1460))
			if at > len(Preface) && t.IntN(every) == 0 {
				l[u.dir] = append(l[u.dir], turn{u.dir, at, at + n})
				gap := int64(n)
				if unknown {
					gap = -1
				}
				c.Gap(u.dir, gap)
			} else {
				c.Feed(u.dir, t.wire[u.dir][at:at+n])
			}
			at += n
		}
	}
	c.End(c2s)
	c.End(s2c)
	return l
}

// holds reports whether what is told of a block can be this one: every field is what was sent in its place, or unresolved
// and says nothing that was not sent. A block may be told in part.
func (f *fact) holds(fields []hanalyze.Header) bool {
	if len(fields) > len(f.fields) {
		return false
	}
	for i, g := range fields {
		w := f.fields[i]
		name, value := g.Name == w.Name, g.Value == w.Value
		if g.Unresolved {
			name, value = name || g.Name == UnknownName, value || g.Value == ""
		}
		if !name || !value {
			return false
		}
	}
	return true
}

// lossSeeds is how many conversations are damaged; with forty times as many nothing else shows.
const lossSeeds = 400

// Whatever is lost, no field is told that was not sent, no body is longer than it was, and what the loss did not touch is told.
func TestLoss(t *testing.T) {
	blocks, untouched, told := 0, 0, 0
	for seed := range uint64(lossSeeds) {
		k := newTalk(seed)
		for i := range uint32(25) {
			k.exchange(2*i + 1)
		}
		got := make(map[*fact]bool)
		bodies := map[uint32]int{}
		wrong := ""
		c := NewConn(func(ev *Event) {
			switch ev.Kind {
			case KindData:
				if ev.Data[0] != byte(ev.StreamID) || ev.Data[len(ev.Data)-1] != byte(ev.StreamID) {
					wrong = fmt.Sprintf("stream %d: body of another", ev.StreamID)
				}
				bodies[ev.StreamID] += len(ev.Data)
			case KindGap:
				if ev.StreamID != 0 && ev.N > 0 && ev.Dir == s2c {
					bodies[ev.StreamID] += int(ev.N)
				}
			case KindHeaders:
				for i := range k.facts {
					if f := &k.facts[i]; f.dir == ev.Dir && f.stream == ev.StreamID && f.holds(ev.Fields) {
						got[f] = true
						return
					}
				}
				wrong = fmt.Sprintf("stream %d: %v", ev.StreamID, ev.Fields)
			case KindMalformed:
				wrong = ev.Detail
			}
		})
		l := k.play(c, 3+k.IntN(150), seed%2 == 0)
		for stream, n := range bodies {
			if n > k.body[stream] {
				wrong = fmt.Sprintf("stream %d: %d bytes of %d", stream, n, k.body[stream])
			}
		}
		if wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
		for i := range k.facts {
			f := &k.facts[i]
			blocks++
			if !l.touches(f.dir, f.start, f.end) {
				untouched++
				if got[f] {
					told++
				}
			}
		}
	}
	t.Logf("%d blocks, %d not touched by a loss, %d of these told", blocks, untouched, told)
	if told*100 < untouched*90 {
		t.Errorf("%d of %d untouched blocks are told", told, untouched)
	}
}

// A capture that begins in the middle tells no field that was not sent either, and soon tells all.
func TestJoin(t *testing.T) {
	late, resolved := 0, 0
	for seed := range uint64(lossSeeds) {
		k := newTalk(seed)
		for i := range uint32(40) {
			k.exchange(2*i + 1)
		}
		from := 1 + k.IntN(len(k.turns)/2)
		wrong := ""
		c := NewConn(func(ev *Event) {
			switch ev.Kind {
			case KindMalformed:
				wrong = ev.Detail
			case KindHeaders:
				known := false
				for i := range k.facts {
					f := &k.facts[i]
					known = known || f.dir == ev.Dir && f.stream == ev.StreamID && f.holds(ev.Fields)
				}
				if !known {
					wrong = fmt.Sprintf("stream %d: %v", ev.StreamID, ev.Fields)
				}
				for i := range ev.Fields {
					if ev.StreamID >= 2*30 {
						late++
						if !ev.Fields[i].Unresolved {
							resolved++
						}
					}
				}
			}
		})
		for _, u := range k.turns[from:] {
			for at := u.start; at < u.end; at += 500 {
				c.Feed(u.dir, k.wire[u.dir][at:min(at+500, u.end)])
			}
		}
		c.End(c2s)
		c.End(s2c)
		if wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
	}
	t.Logf("%d of %d late fields are resolved", resolved, late)
	if resolved*100 < late*85 {
		t.Errorf("%d of %d late fields are resolved", resolved, late)
	}
}

// Five lost packets of a page's worth of answers cost five packets, and what was read between a lost frame header and the
// next: all field blocks elsewhere are told, and 95 % of the bodies.
func TestFiveLostPackets(t *testing.T) {
	const packet, lost = 1460, 5
	var sent, got, blocks, told int
	worst := 100.0
	for seed := range uint64(60) {
		k := newTalk(seed)
		size := []int{16_384, 8_192, 4_096}[seed%3] // of DATA frames: Go's, nginx's, small ones
		for i := range uint32(30) {
			k.block(c2s, 2*i+1, 0, true, request("/"+fmt.Sprint(i))...)
			k.block(s2c, 2*i+1, 0, false, ":status", "200", "etag", fmt.Sprint(i))
			k.data(2*i+1, 20_000+k.IntN(100_000), size, true)
		}
		body, bytes := 0, 0
		var heads []*Event
		c := NewConn(func(ev *Event) {
			switch ev.Kind {
			case KindData:
				bytes += len(ev.Data)
			case KindHeaders:
				e := *ev
				heads = append(heads, &e)
			}
		})
		wire := k.wire[s2c]
		holes := map[int]bool{}
		for len(holes) < lost {
			holes[1+k.IntN(len(wire)/packet-1)] = true
		}
		c.Feed(c2s, k.wire[c2s])
		var l damage
		for i := 0; i*packet < len(wire); i++ {
			from, to := i*packet, min(len(wire), (i+1)*packet)
			if holes[i] {
				l[s2c] = append(l[s2c], turn{s2c, from, to})
				c.Gap(s2c, int64(to-from))
				continue
			}
			c.Feed(s2c, wire[from:to])
		}
		c.End(s2c)
		for _, n := range k.body {
			body += n
		}
		sent, got = sent+body, got+bytes
		worst = min(worst, 100*float64(bytes)/float64(body))
		for i := range k.facts {
			f := &k.facts[i]
			if f.dir == c2s || l.touches(s2c, f.start, f.end) {
				continue
			}
			blocks++
			for _, e := range heads {
				if e.Dir == s2c && e.StreamID == f.stream && f.holds(e.Fields) {
					told++
					break
				}
			}
		}
	}
	t.Logf("%.2f %% of the bodies, at least %.2f %% of each; %d of %d field blocks", 100*float64(got)/float64(sent), worst, told, blocks)
	if worst < 95 || told != blocks {
		t.Errorf("%.2f %% of a body, %d of %d field blocks", worst, told, blocks)
	}
}

// TestUnclearInterim loses what the table held: an answer whose status is not known may be an interim one, and the answer
// after it is no trailers.
func TestUnclearInterim(t *testing.T) {
	s := newScript()
	s.open()
	s.get(1, "/")
	s.headers(s2c, 0, 1, ":status", "103", "link", "</a>")
	s.ok(1, 3)
	s.gap(s2c, 100)
	s.get(3, "/")
	s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	s.headers(s2c, 0, 3, ":status", "103", "link", "</a>")
	s.ok(3, 3)
	var got []string
	c := NewConn(func(ev *Event) {
		switch {
		case ev.Kind == KindHeaders && ev.Dir == s2c && ev.StreamID == 3:
			got = append(got, fmt.Sprint(ev.Role, ev.Status))
		case ev.Kind == KindMalformed:
			got = append(got, ev.Detail)
		}
	})
	for _, st := range s.steps {
		if st.Gap != 0 {
			c.Gap(st.Dir, st.Gap)
		} else {
			c.Feed(st.Dir, st.Data)
		}
	}
	if want := "response 0, response 200"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
