package h2

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"hanalyze"
	"hanalyze/internal/convo"
)

func FuzzConn(f *testing.F) { convo.Fuzz(f, "testdata/*.txt", create) }

// play plays a script and returns the Conn and how many events of each kind there were.
func play(s *script) (*Conn, map[Kind]int) {
	kinds := map[Kind]int{}
	c := NewConn(func(ev *Event) { kinds[ev.Kind]++ })
	for _, st := range s.steps {
		switch {
		case st.Gap != 0:
			c.Gap(st.Dir, st.Gap)
		default:
			c.Feed(st.Dir, st.Data)
		}
	}
	c.End(c2s)
	c.End(s2c)
	return c, kinds
}

func TestStreamLimit(t *testing.T) {
	s := newScript()
	s.open()
	for i := range uint32(MaxStreams + 10) {
		s.get(2*i+1, "/")
	}
	c, kinds := play(s)
	if len(c.streams.byID) != MaxStreams || c.Limits().Streams != 10 || kinds[KindEvicted] != 10 {
		t.Errorf("%d streams, %+v, %v", len(c.streams.byID), c.Limits(), kinds)
	}
}

// TestClosedStreams wants closed streams to be forgotten, late frames on them not to be called a violation of idle
// streams, and the lists to stay consistent.
func TestClosedStreams(t *testing.T) {
	s := newScript()
	s.open()
	const n = 3 * maxClosed
	for i := range uint32(n) {
		s.get(2*i+1, "/")
		s.ok(2*i+1, 1)
	}
	s.frame(s2c, FrameWindowUpdate, 0, 1, u32(1)...)
	c, kinds := play(s)
	if len(c.streams.byID) != maxClosed || c.streams.closed.n != maxClosed || c.streams.open.n != 0 {
		t.Errorf("%d streams, %d closed, %d open", len(c.streams.byID), c.streams.closed.n, c.streams.open.n)
	}
	if kinds[KindMalformed] != 0 || kinds[KindStreamEnd] != 2*n {
		t.Errorf("%v", kinds)
	}
}

func TestFieldBlockLimit(t *testing.T) {
	s := newScript()
	s.open()
	b := append(s.block(c2s, request("/")...), 0x00, 1, 'x', 0x7f, 0x81, 0xff, 0x7f)
	s.frame(c2s, FrameHeaders, FlagEndStream, 1, b...)
	for range MaxFieldBlock/defaultFrameSize + 2 {
		s.frame(c2s, FrameContinuation, 0, 1, make([]byte, defaultFrameSize)...)
	}
	s.frame(c2s, FrameContinuation, FlagEndHeaders, 1, make([]byte, 10)...)
	s.get(3, "/")
	c, kinds := play(s)
	if c.Limits().FieldBlocks != 1 || kinds[KindHeaders] != 2 {
		t.Errorf("%+v, %v", c.Limits(), kinds)
	}
	if n := cap(c.half[c2s].block.buf); n > keepCarry {
		t.Errorf("%d bytes are kept", n)
	}

	s = newScript()
	s.open()
	s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 1, append(b, make([]byte, MaxFieldBlock)...)...)
	if c, _ = play(s); c.Limits().FieldBlocks != 1 {
		t.Errorf("one frame: %+v", c.Limits())
	}
}

func TestHeaderListCounter(t *testing.T) {
	s := newScript()
	s.open()
	b := append([]byte{0x40, 1, 'x', 0x7f, 0xa1, 0x1e}, bytes.Repeat([]byte{'v'}, 4000)...)
	s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 1, append(b, bytes.Repeat([]byte{0xbe}, 1000)...)...)
	if c, _ := play(s); c.Limits().HeaderLists != 1 {
		t.Errorf("%+v", c.Limits())
	}
}

func TestMalformedLimit(t *testing.T) {
	s := newScript()
	s.open()
	for range MaxMalformed + 5 {
		s.frame(c2s, FrameWindowUpdate, 0, 0, u32(0)...)
	}
	c, kinds := play(s)
	if c.Limits().Malformed != 5 || kinds[KindMalformed] != MaxMalformed {
		t.Errorf("%+v, %v", c.Limits(), kinds)
	}
}

func TestControlLimit(t *testing.T) {
	s := newScript()
	s.open()
	s.frame(c2s, FrameGoAway, 0, 0, make([]byte, maxControl+1)...)
	if c, _ := play(s); c.Limits().ControlPayloads != 1 {
		t.Errorf("%+v", c.Limits())
	}
}

func TestPendingSettingsLimit(t *testing.T) {
	s := newScript()
	s.open()
	for range maxPending + 1 {
		s.frame(s2c, FrameSettings, 0, 0, setting(1, 100)...)
	}
	for range maxPending {
		s.frame(c2s, FrameSettings, FlagAck, 0)
	}
	s.get(1, "/")
	c, kinds := play(s)
	if c.Limits().PendingSettings != 1 || kinds[KindMalformed] != 0 {
		t.Errorf("%+v, %v", c.Limits(), kinds)
	}
}

// TestContinuationLimit wants the frames of a block beyond maxContinuations to be called a flood, once.
func TestContinuationLimit(t *testing.T) {
	for n, want := range map[int]int{maxContinuations: 0, maxContinuations + 1: 1, maxContinuations + 50: 1} {
		s := newScript()
		s.open()
		s.frame(c2s, FrameHeaders, FlagEndStream, 1, s.block(c2s, request("/")...)...)
		for range n - 1 {
			s.frame(c2s, FrameContinuation, 0, 1)
		}
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 1)
		if _, kinds := play(s); kinds[KindMalformed] != want || kinds[KindHeaders] != 1 {
			t.Errorf("%d frames: %v", n, kinds)
		}
	}
}

// TestScratchLimit wants the memory in which Huffman codes are undone to be given back after a long value.
func TestScratchLimit(t *testing.T) {
	d := newDecoder()
	for _, n := range []int{100, keepScratch, 100_000} {
		b := hpack.AppendHuffmanString(nil, strings.Repeat("0", n))
		literal := append([]byte{0x00, 1, 'x'}, appendInt(0x80, 7, len(b))...)
		r := d.decode(append(literal, b...), false)
		if r.err != nil || len(r.fields) != 1 || len(r.fields[0].Value) != n {
			t.Fatalf("%d: %v", n, r.err)
		}
		if cap(d.scratch) == 0 || cap(d.scratch) > keepScratch {
			t.Errorf("%d bytes are kept after %d", cap(d.scratch), n)
		}
	}
}

// appendInt encodes v as consumeInt reads it, behind the other bits of the first byte.
func appendInt(first byte, prefix uint, v int) []byte {
	most := 1<<prefix - 1
	if v < most {
		return []byte{first | byte(v)}
	}
	b := []byte{first | byte(most)}
	for v -= most; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

// TestWindowLimits wants windows that are exceeded, or made too large, to be called so, beyond what packets out of order explain.
func TestWindowLimits(t *testing.T) {
	grow := func(stream uint32, more int) func(s *script) {
		return func(s *script) {
			s.frame(c2s, FrameWindowUpdate, 0, stream, u32(uint32(maxWindow-initialWindow+windowSlack-1+more))...)
		}
	}
	send := func(more int) func(s *script) {
		return func(s *script) {
			for left := initialWindow + windowSlack + more; left > 0; {
				n := min(left, defaultFrameSize)
				s.frame(s2c, FrameData, 0, 1, make([]byte, n)...)
				left -= n
			}
		}
	}
	for _, tt := range []struct {
		name string
		play func(s *script)
		want string
	}{
		{"the connection's grows to the limit", grow(0, 0), ""},
		{"the connection's grows beyond", grow(0, 1), "window_increment: frame 4 (WINDOW_UPDATE): makes the window 2147549182 bytes, more than 2147483647"},
		{"a stream's grows to the limit", grow(1, 0), ""},
		{"a stream's grows beyond", grow(1, 1), "window_increment: frame 4 (WINDOW_UPDATE): makes the window 2147549182 bytes, more than 2147483647"},
		{"DATA to the limit", send(0), ""},
		{"DATA beyond", send(1), "flow_control: frame 11 (DATA): 16383 bytes where the window of the connection has 0"},
		{"DATA beyond the stream's", func(s *script) {
			s.frame(c2s, FrameWindowUpdate, 0, 0, u32(1<<30)...)
			send(1)(s)
		}, "flow_control: frame 11 (DATA): 16383 bytes where the window of the stream has 0"},
		{"a larger window that is not acknowledged yet", func(s *script) {
			s.frame(c2s, FrameWindowUpdate, 0, 0, u32(1<<30)...)
			s.frame(c2s, FrameSettings, 0, 0, setting(settingInitialWindowSize, 1<<20)...)
			send(1)(s)
		}, ""},
		{"a gap", func(s *script) { s.gap(c2s, 100); send(1)(s) }, ""},
	} {
		s := newScript()
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200")
		tt.play(s)
		var got []string
		c := NewConn(func(ev *Event) {
			if ev.Kind == KindMalformed {
				got = append(got, string(ev.Code)+": "+ev.Detail)
			}
		})
		for _, st := range s.steps {
			if st.Gap != 0 {
				c.Gap(st.Dir, st.Gap)
			} else {
				c.Feed(st.Dir, st.Data)
			}
		}
		if text := strings.Join(got, "; "); text != tt.want {
			t.Errorf("%s: %q", tt.name, text)
		}
	}
}

// TestHuntStreams wants a border to be taken for one where the numbers of streams are not far beyond those known.
func TestHuntStreams(t *testing.T) {
	for _, tt := range []struct {
		joined bool
		id     uint32
		found  bool
	}{{false, 5 + idSlack, true}, {false, 5 + idSlack + 2, false}, {true, firstID - 1, true}, {true, firstID + 1, false}} {
		s := newScript()
		if !tt.joined {
			s.open()
			s.get(5, "/")
			s.gap(c2s, 100)
		}
		for range huntFrames {
			s.frame(c2s, FrameRSTStream, 0, tt.id, u32(8)...)
		}
		if _, kinds := play(s); (kinds[KindReset] == huntFrames) != tt.found {
			t.Errorf("%+v: %v", tt, kinds)
		}
	}
}

// TestHuntChunk wants a hunt through one long segment to keep a part of it only.
func TestHuntChunk(t *testing.T) {
	s := newScript()
	s.open()
	s.gap(s2c, 100)
	c := NewConn(func(*Event) {})
	for _, st := range s.steps {
		if st.Gap != 0 {
			c.Gap(st.Dir, st.Gap)
		} else {
			c.Feed(st.Dir, st.Data)
		}
	}
	c.Feed(s2c, bytes.Repeat([]byte{0xff}, 1<<20))
	if n := cap(c.half[s2c].carry); n > 2*huntChunk {
		t.Errorf("%d bytes are kept", n)
	}
}

// TestHuntWindow hunts through bytes of which every one could begin a chain that the next frame decides.
func TestHuntWindow(t *testing.T) {
	s := newScript()
	s.open()
	s.gap(c2s, 100)
	frame := frameBytes(FrameData, 0, 1, make([]byte, defaultFrameSize)...)
	s.raw(c2s, "a frame header that leads nowhere", append(frame[:headerLen:headerLen], bytes.Repeat([]byte{0xff}, 3*maxHunt)...)...)
	for range 3 {
		s.frame(c2s, FramePing, 0, 0, []byte("12345678")...)
	}
	c, kinds := play(s)
	if kinds[KindResync] != 1 || kinds[KindFrame] != 7 {
		t.Errorf("%v", kinds)
	}
	if n := cap(c.half[c2s].carry); n > 4*maxHunt {
		t.Errorf("%d bytes are kept", n)
	}

	s = newScript()
	s.open()
	s.frame(c2s, FrameSettings, 0, 0, setting(5, maxHunt)...)
	s.gap(s2c, 100)
	for range 4 {
		s.frame(s2c, FrameData, 0, 1, bytes.Repeat([]byte{0xff}, maxHunt-100)...)
	}
	if c, _ = play(s); c.Limits().HuntWindows == 0 {
		t.Errorf("%+v", c.Limits())
	}
}

// TestFramer wants the frames that x/net's Framer writes to be read as it reads them.
func TestFramer(t *testing.T) {
	var wire bytes.Buffer
	fr := http2.NewFramer(&wire, nil)
	fr.AllowIllegalWrites = true
	s := newScript()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	prio := http2.PriorityParam{StreamDep: 5, Exclusive: true, Weight: 99}
	check(fr.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 20000}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0}))
	check(fr.WriteSettingsAck())
	check(fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 7, BlockFragment: s.block(c2s, request("/")...), EndHeaders: true, PadLength: 9, Priority: prio}))
	check(fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 9, BlockFragment: s.block(c2s, request("/b")...), EndStream: true}))
	check(fr.WriteContinuation(9, true, nil))
	check(fr.WriteDataPadded(7, false, []byte("data"), make([]byte, 3)))
	check(fr.WriteData(7, true, []byte("more")))
	check(fr.WritePriority(11, prio))
	check(fr.WriteRSTStream(7, http2.ErrCodeCancel))
	check(fr.WritePing(true, [8]byte{1, 2, 3, 4, 5, 6, 7, 8}))
	check(fr.WriteGoAway(9, http2.ErrCodeEnhanceYourCalm, []byte("calm")))
	check(fr.WriteWindowUpdate(7, 12345))
	check(fr.WriteRawFrame(0x42, 0xff, 7, []byte("raw")))

	var got []Frame
	c := NewConn(func(ev *Event) {
		if ev.Kind == KindFrame {
			got = append(got, *ev.Frame)
		}
	})
	c.Feed(c2s, []byte(Preface))
	c.Feed(c2s, wire.Bytes())
	reader := http2.NewFramer(nil, &wire)
	for i := 0; ; i++ {
		want, err := reader.ReadFrame()
		if err == io.EOF {
			if i != len(got) {
				t.Errorf("%d frames, want %d", len(got), i)
			}
			break
		}
		check(err)
		g, h := got[i], want.Header()
		if uint8(g.Type) != uint8(h.Type) || uint8(g.Flags) != uint8(h.Flags) || g.StreamID != h.StreamID || g.Length != int(h.Length) {
			t.Errorf("frame %d: %+v, want %v", i, g, h)
		}
		compareFrame(t, &g, want)
	}
}

func compareFrame(t *testing.T, g *Frame, want http2.Frame) {
	t.Helper()
	ok := true
	sameName := func(ours, theirs string) { ok = ok && strings.HasSuffix(theirs, ours) }
	samePriority := func(p http2.PriorityParam) {
		ok = ok && g.HasPriority && g.Priority == hanalyze.HTTP2Priority{DependsOn: p.StreamDep, Exclusive: p.Exclusive, Weight: uint16(p.Weight) + 1}
	}
	switch w := want.(type) {
	case *http2.SettingsFrame:
		ok = len(g.Settings) == w.NumSettings()
		for i := range g.Settings {
			ok = ok && g.Settings[i].Name == w.Setting(i).ID.String() && g.Settings[i].Value == w.Setting(i).Val
		}
	case *http2.HeadersFrame:
		if w.HasPriority() {
			samePriority(w.Priority)
		}
	case *http2.DataFrame:
		ok = g.Length-g.PadBytes >= len(w.Data())
	case *http2.PriorityFrame:
		samePriority(w.PriorityParam)
	case *http2.RSTStreamFrame:
		sameName(g.ErrorCode.String(), w.ErrCode.String())
	case *http2.PingFrame:
		ok = g.Ping == w.Data
	case *http2.GoAwayFrame:
		ok = g.LastStreamID == w.LastStreamID && g.Debug == string(w.DebugData())
		sameName(g.ErrorCode.String(), w.ErrCode.String())
	case *http2.WindowUpdateFrame:
		ok = g.Increment == w.Increment
	}
	if !ok {
		t.Errorf("%+v, want %v", g, want)
	}
}

func TestSniff(t *testing.T) {
	s := newScript()
	ping := frameBytes(FramePing, 0, 0, []byte("12345678")...)
	get := frameBytes(FrameHeaders, FlagEndHeaders|FlagEndStream, 3, s.block(c2s, request("/")...)...)
	settings := frameBytes(FrameSettings, 0, 0)
	for _, tt := range []struct {
		name     string
		c2s, s2c string
		want     Verdict
	}{
		{"nothing", "", "", Maybe},
		{"preface", Preface, "", Yes},
		{"preface and more", Preface + "x", "HTTP/1.1 400 Bad Request", Yes},
		{"half a preface", Preface[:11], "", Maybe},
		{"one byte", "P", "", Maybe},
		{"PROPFIND", "PROPFIND / HTTP/1.1\r\n", "", No},
		{"POST", "POST", "", No},
		{"GET", "G", "", No},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", No},
		{"DNS over TCP", "\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", "", No},
		{"zeros", strings.Repeat("\x00", 100), "", No},
		{"text of the server", "", "220 mail.example.com ESMTP", No},
		{"server first", "", string(settings), Maybe},
		{"mid-stream, one frame", string(get), "", Maybe},
		{"mid-stream, two frames", string(get) + string(ping), "", Yes},
		{"mid-stream, two frames and a piece", string(get) + string(ping) + "\x00", "", Maybe},
		{"mid-stream, three headers", string(get) + string(ping) + string(ping[:9]), "", Yes},
		{"mid-stream, the other side is something else", string(get) + string(ping), "HTTP/1.1 ", No},
		{"mid-stream, a long frame", string(frameBytes(FrameData, 0, 1, make([]byte, 9000)...)[:5000]), "", Maybe},
	} {
		if got := Sniff([]byte(tt.c2s), []byte(tt.s2c)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestDataAllocs wants DATA and the control frames of a busy stream to be read without allocating.
func TestDataAllocs(t *testing.T) {
	s := newScript()
	s.open()
	s.get(1, "/")
	s.headers(s2c, 0, 1, ":status", "200")
	s.frame(c2s, FrameWindowUpdate, 0, 0, u32(1<<30)...)
	s.frame(c2s, FrameWindowUpdate, 0, 1, u32(1<<30)...)
	c := NewConn(func(*Event) {})
	for _, st := range s.steps {
		c.Feed(st.Dir, st.Data)
	}
	b := frameBytes(FrameData, 0, 1, make([]byte, 1000)...)
	b = append(b, frameBytes(FrameData, FlagPadded, 1, padded(10, []byte("padded")...)...)...)
	b = append(b, frameBytes(FrameWindowUpdate, 0, 1, u32(100)...)...)
	b = append(b, frameBytes(FramePing, 0, 0, []byte("12345678")...)...)
	if n := testing.AllocsPerRun(100, func() {
		c.Feed(s2c, b)
		c.Feed(s2c, b[:1004])
		c.Feed(s2c, b[1004:])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkData(b *testing.B) {
	c := NewConn(func(*Event) {})
	c.Feed(c2s, []byte(Preface))
	c.Feed(s2c, frameBytes(FrameSettings, 0, 0))
	c.lossy = true // windows are not what is measured
	data := frameBytes(FrameData, 0, 1, make([]byte, defaultFrameSize)...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for at := 0; at < len(data); at += 1448 {
			c.Feed(s2c, data[at:min(at+1448, len(data))])
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	s := newScript()
	more := []string{"user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "accept", "text/html,application/xhtml+xml", "accept-encoding", "gzip, deflate, br",
		"cookie", "session=0123456789abcdef"}
	s.block(c2s, request("/", more...)...)
	s.block(s2c, ":status", "200", "content-type", "text/html", "server", "example", "content-length", "5")
	c := NewConn(func(*Event) {})
	first := newScript()
	first.open()
	first.headers(c2s, FlagEndStream, 1, request("/", more...)...)
	first.headers(s2c, FlagEndStream, 1, ":status", "200", "content-type", "text/html", "server", "example", "content-length", "5")
	for _, st := range first.steps {
		c.Feed(st.Dir, st.Data)
	}
	req := frameBytes(FrameHeaders, FlagEndHeaders|FlagEndStream, 0, s.block(c2s, request("/article/12345", more...)...)...)
	resp := frameBytes(FrameHeaders, FlagEndHeaders, 0, s.block(s2c, ":status", "200", "content-type", "text/html", "server", "example", "content-length", "5")...)
	body := frameBytes(FrameData, FlagEndStream, 0, []byte("hello")...)
	id := uint32(3)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range [][]byte{req, resp, body} {
			copy(f[5:], u32(id))
		}
		c.Feed(c2s, req)
		c.Feed(s2c, resp)
		c.Feed(s2c, body)
		id = (id + 2) & (1<<31 - 1)
	}
}
