package decode

import (
	"bytes"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

func (p *h2Play) layer() *http2 { return p.stream.layer.(*http2) }

// Of the exchanges of many streams that end together, some are kept to be used again, and none of what they said.
func TestSpareExchanges(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	const n = 10 * maxSpare
	for round := range uint32(3) {
		for i := range uint32(n) {
			p.c.get(2*(round*n+i)+1, "/")
		}
		p.client()
		for i := range uint32(n) {
			p.s.headers(2*(round*n+i)+1, true, ":status", "204")
		}
		p.server()
		spare := p.layer().spare
		if len(spare) != maxSpare {
			t.Errorf("%d are kept", len(spare))
		}
		for _, x := range spare {
			if x.record != nil || x.begin != [2]hanalyze.Meta{} {
				t.Errorf("%+v is kept", x)
			}
		}
	}
	seen := map[uint32]bool{}
	for _, x := range p.exchanges() {
		if seen[x.StreamID] || x.Method != "GET" || x.Status != 204 || x.Missing != 0 {
			t.Errorf("%+v", x)
		}
		seen[x.StreamID] = true
	}
	if len(seen) != 3*n {
		t.Errorf("%d exchanges", len(seen))
	}
}

// Answers wait for requests that may be among bytes that are not understood yet, but not all of them.
func TestOrphanLimit(t *testing.T) {
	for _, n := range []uint32{maxOrphans, maxOrphans + 3} {
		p := newH2Play(t)
		p.s.check(p.s.fr.WriteSettings())
		p.gap(hanalyze.C2S, 33, hanalyze.MissingGap)
		for i := range n {
			p.s.headers(2*i+1, true, ":status", "204")
		}
		p.server()
		if told := len(p.exchanges()); len(p.layer().orphans) != maxOrphans || told != int(n-maxOrphans) {
			t.Errorf("%d wait, %d are told", len(p.layer().orphans), told)
		}
		p.close("fin")
		if told := len(p.exchanges()); told != int(n) {
			t.Errorf("%d of %d are told", told, n)
		}
		if got := p.decoder.Counters().Limits()["h2_exchanges"]; got != uint64(n-maxOrphans) {
			t.Errorf("%d are counted", got)
		}
	}
}

// The packets of bytes in which frames are looked for are remembered as far as that makes sense.
func TestReplayLimit(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	p.gap(hanalyze.C2S, 33, hanalyze.MissingGap)
	p.c.check(p.c.fr.WritePing(false, [8]byte{}))
	for _, b := range p.c.take() { // the beginning of a chain of frames that more bytes do not prove
		p.data(hanalyze.C2S, []byte{b})
	}
	most := 0
	for range 3 * maxReplay {
		p.data(hanalyze.C2S, []byte{0xff})
		most = max(most, len(p.layer().replay[hanalyze.C2S].kept))
	}
	if most != maxReplay {
		t.Errorf("%d packets", most)
	}
}

// A wait of less than minHeadOfLine is not worth telling.
func TestShortWait(t *testing.T) {
	for _, wait := range []time.Duration{minHeadOfLine - 1, minHeadOfLine} {
		d := delay{total: wait}
		if got := d.told(); got.IsZero() != (wait < minHeadOfLine) {
			t.Errorf("%v: %v", wait, got)
		}
	}
}

// floodBurst at once and floodRate a second are no flood, however long it goes on; more is.
func TestFloodRate(t *testing.T) {
	for perSecond, want := range map[int]bool{floodRate - 1: false, floodRate + 5: true} {
		var b bucket
		now := hanalyze.Meta{Packet: 1}
		for range floodBurst - 1 {
			b.add(now, floodBurst)
		}
		for range 60 * perSecond {
			now.Packet++
			now.Time = now.Time.Add(time.Second / time.Duration(perSecond))
			b.add(now, floodBurst)
		}
		if b.over != want {
			t.Errorf("%d a second: %+v", perSecond, b)
		}
	}
}

// A field block of maxContinuations frames is long, one of more is a flood: once for all of it.
func TestContinuationLimit(t *testing.T) {
	for _, n := range []int{maxContinuations, maxContinuations + 1} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.check(p.c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82, 0x86, 0x84}, EndStream: true}))
		for i := range n {
			p.c.check(p.c.fr.WriteContinuation(1, i == n-1, []byte{0x41, 1, 'a'}[:3*(i/(n-1))]))
		}
		p.client()
		p.close("fin")
		if got := strings.Join(p.notices(), " "); strings.Contains(got, "h2.continuation_flood") != (n > maxContinuations) {
			t.Errorf("%d frames: %s", n, got)
		}
	}
}

// A client may cancel as many streams at once as the server allows, mostStreams where that is more.
func TestManyCancelled(t *testing.T) {
	for n, want := range map[uint32]bool{mostStreams: false, mostStreams + 200: true} {
		p := newH2Play(t)
		p.open(nil, []xhttp2.Setting{{ID: xhttp2.SettingMaxConcurrentStreams, Val: 100 * mostStreams}})
		for i := range n {
			p.c.get(2*i+1, "/")
			p.c.check(p.c.fr.WriteRSTStream(2*i+1, xhttp2.ErrCodeCancel))
		}
		p.client()
		p.close("fin")
		if got := strings.Join(p.notices(), " "); strings.Contains(got, "h2.rapid_reset") != want {
			t.Errorf("%d streams: %s", n, got)
		}
	}
}

// Each DATA frame allows dataGrant WINDOW_UPDATE frames.
func TestWindowUpdatesOfData(t *testing.T) {
	for each, want := range map[int]bool{dataGrant: false, dataGrant + 1: true} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/")
		p.client()
		p.s.headers(1, false, ":status", "200")
		for range 3 * floodBurst {
			p.s.data(1, false, 100)
			p.server()
			p.now.Time -= hanalyze.Time(time.Millisecond)
			for range each {
				p.c.check(p.c.fr.WriteWindowUpdate(1, 10))
			}
			p.client()
			p.now.Time -= hanalyze.Time(time.Millisecond)
		}
		p.close("fin")
		if got := strings.Join(p.notices(), " "); strings.Contains(got, "h2.window_update_flood") != want {
			t.Errorf("%d each: %s", each, got)
		}
	}
}

// What GOAWAY's debug data adds to a sentence is bounded.
func TestDebugText(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 4, maxDebugText: maxDebugText + 3, 10 * maxDebugText: maxDebugText + 3} {
		if got := len(debugText(make([]byte, n))); got != want {
			t.Errorf("%d bytes: %d", n, got)
		}
	}
}

// Fields of exchanges that are under way are kept up to maxHeld, those of the youngest first; open or given up, it is the same.
func TestHeldFields(t *testing.T) {
	const size = 100_000
	for _, given := range []bool{false, true} {
		for _, n := range []uint32{maxHeld / size, maxHeld/size + 10} {
			p := newH2Play(t)
			p.open(nil, nil)
			for i := range n {
				id := 2*i + 1
				p.c.headers(id, true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "x", strings.Repeat("v", size-300))
				if given {
					p.c.check(p.c.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel))
				}
				p.client()
			}
			h, told := p.layer(), len(p.exchanges())
			if h.held > maxHeld || (told > 0) != (n > maxHeld/size) {
				t.Errorf("given up %v, %d streams: %d bytes are held, %d exchanges told", given, n, h.held, told)
			}
			for _, x := range p.exchanges() {
				if x.Missing != hanalyze.MissingLimit {
					t.Errorf("given up %v: stream %d lacks %v", given, x.StreamID, x.Missing)
				}
			}
			p.close("fin")
			if h.held != 0 {
				t.Errorf("given up %v: %d bytes are held in the end", given, h.held)
			}
		}
	}
}

// Interim answers beyond maxInterim are left out, and it is said.
func TestInterimLimit(t *testing.T) {
	for _, n := range []int{maxInterim, maxInterim + 5} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/")
		p.client()
		for range n {
			p.s.headers(1, false, ":status", "103")
		}
		p.s.headers(1, true, ":status", "204")
		p.server()
		p.close("fin")
		x, over := p.exchanges()[0], n-maxInterim
		if len(x.Response.Interim) != maxInterim || (x.Missing != 0) != (over > 0) || p.decoder.Counters().Limits()["h2_interim"] != uint64(over) {
			t.Errorf("%d: %d are told, %v is missing", n, len(x.Response.Interim), x.Missing)
		}
	}
}

// A field block that decodes to more than minBomb times its length, and more than is kept, is a bomb, and told once.
func TestHeaderBomb(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int // of the entry that is named again and again
		n    int
		want string
	}{
		{"as much as is kept", 4000 - 1 - 32, 260, ""},
		{"more", 4000 - 1 - 32, 300, "300 bytes of the client decode to header fields of 1200000 (stream 3)"},
		{"long, but not for its length", 1, 40_000, ""},
	} {
		p := newH2Play(t)
		p.c.fr.AllowIllegalWrites = true
		p.open(nil, nil)
		p.c.headers(1, true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "x", strings.Repeat("v", tt.size))
		for id := uint32(3); id < 8; id += 2 {
			p.c.check(p.c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, BlockFragment: bytes.Repeat([]byte{0xbe}, tt.n), EndHeaders: true}))
		}
		p.client()
		p.close("fin")
		if got := p.details("h2.header_bomb"); got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// A request that cannot be read is not missing from the capture, nor is anything of the requests after it.
func TestUnreadableRequest(t *testing.T) {
	for _, lost := range []bool{false, true} {
		p := newH2Play(t)
		p.c.fr.AllowIllegalWrites = true
		p.open(nil, nil)
		if lost {
			p.gap(hanalyze.C2S, 50, hanalyze.MissingGap)
		}
		p.c.check(p.c.fr.WriteRawFrame(xhttp2.FrameHeaders, xhttp2.FlagHeadersEndHeaders|xhttp2.FlagHeadersPadded|xhttp2.FlagHeadersEndStream, 1, []byte{0xff, 0x82}))
		p.c.get(3, "/")
		p.c.get(5, "/")
		p.client()
		p.s.headers(1, true, ":status", "400")
		p.server()
		p.close("fin")
		for _, x := range p.exchanges() {
			if (x.Missing != 0) != lost {
				t.Errorf("lost %v: stream %d lacks %v", lost, x.StreamID, x.Missing)
			}
		}
	}
}
