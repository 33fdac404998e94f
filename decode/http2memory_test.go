package decode

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// What hostile ends send, however much of it, takes a bounded amount of memory.
func TestHostileMemory(t *testing.T) {
	const most = 12_000_000
	big := strings.Repeat("v", 4000)
	for _, tt := range []struct {
		name string
		n    int
		send func(p *h2Play, i int)
	}{
		{"streams opened and cancelled", 20_000, func(p *h2Play, i int) {
			p.c.get(uint32(2*i+1), "/")
			p.c.check(p.c.fr.WriteRSTStream(uint32(2*i+1), xhttp2.ErrCodeCancel))
		}},
		{"streams opened", 10_000, func(p *h2Play, i int) { p.c.get(uint32(2*i+1), "/") }},
		{"streams opened with long fields of their own", 1_200, func(p *h2Play, i int) {
			p.c.enc.SetMaxDynamicTableSize(0)
			p.c.headers(uint32(2*i+1), true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "x", strings.Repeat("ü", 5_000))
		}},
		{"streams opened with many fields of a byte", 100, func(p *h2Play, i int) {
			p.c.check(p.c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: bytes.Repeat([]byte{0x90}, 16_000), EndHeaders: true}))
		}},
		{"references to a long entry", 200, func(p *h2Play, i int) {
			if i == 0 {
				p.c.headers(1, true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "x", big)
				return
			}
			p.c.check(p.c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: bytes.Repeat([]byte{0xbe}, 10_000), EndHeaders: true}))
		}},
		{"a field block without end", 800, func(p *h2Play, i int) {
			if i == 0 {
				p.c.check(p.c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}}))
			}
			p.c.check(p.c.fr.WriteContinuation(1, false, bytes.Repeat([]byte{0x82}, 16_000)))
		}},
		{"interim answers", 150_000, func(p *h2Play, i int) {
			if i == 0 {
				p.c.get(1, "/")
			}
			p.s.headers(1, false, ":status", "103", "link", "</style.css>; rel=preload")
		}},
		{"trailers again and again", 10_000, func(p *h2Play, i int) {
			if i == 0 {
				p.c.get(1, "/")
			}
			p.s.headers(1, false, ":status", "200", "x", "y")
		}},
		{"PING", 20_000, func(p *h2Play, _ int) { p.c.check(p.c.fr.WritePing(false, [8]byte{})) }},
		{"SETTINGS of unknown parameters", 100, func(p *h2Play, i int) {
			p.c.check(p.c.fr.WriteRawFrame(xhttp2.FrameSettings, 0, 0, bytes.Repeat([]byte{byte(i), byte(i >> 8), 9, 9, 9, 9}, 2700)))
		}},
		{"insertions into a table of any size", 5_000, func(p *h2Play, i int) {
			if i == 0 {
				p.s.check(p.s.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 1<<32 - 1}))
				p.server()
				p.c.check(p.c.fr.WriteSettingsAck())
				p.c.enc.SetMaxDynamicTableSizeLimit(1<<32 - 1)
				p.c.enc.SetMaxDynamicTableSize(1<<32 - 1)
			}
			p.c.headers(uint32(2*i+1), true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "x", strings.Repeat(string(rune('a'+i%26)), 500+i%100))
			p.s.headers(uint32(2*i+1), true, ":status", "204")
		}},
		{"promises", 10_000, func(p *h2Play, i int) {
			if i == 0 {
				p.c.get(1, "/")
				p.client()
			}
			p.s.check(p.s.fr.WritePushPromise(xhttp2.PushPromiseParam{StreamID: 1, PromiseID: uint32(2*i + 2), BlockFragment: []byte{0x82, 0x86, 0x84, 0x41, 1, 'a'}, EndHeaders: true}))
		}},
		{"GOAWAY", 1_000, func(p *h2Play, _ int) { p.c.check(p.c.fr.WriteGoAway(0, 1, make([]byte, 10_000))) }},
		{"frames nobody knows", 500, func(p *h2Play, i int) { p.c.check(p.c.fr.WriteRawFrame(0xee, 0xff, uint32(i), make([]byte, 16_000))) }},
	} {
		p := newH2Play(t)
		records := 0
		p.decoder = New(Config{Emit: func(hanalyze.Record) { records++ }, Frames: true})
		p.stream = p.decoder.Open(p.flow)
		p.c.fr.AllowIllegalWrites, p.s.fr.AllowIllegalWrites = true, true
		p.open(nil, nil)
		before, peak, wire := heap(), uint64(0), 0
		for i := range tt.n {
			tt.send(p, i)
			for _, d := range []hanalyze.Dir{hanalyze.C2S, hanalyze.S2C} {
				w := [...]*h2Writer{p.c, p.s}[d]
				if b := w.buf.Bytes(); len(b) > 0 {
					wire += len(b)
					p.stream.Data(d, p.tick(), b)
					w.buf.Reset()
				}
			}
			if i%(tt.n/10) == 0 || i == tt.n-1 {
				peak = max(peak, heap())
			}
		}
		if peak > before+most {
			t.Errorf("%s: %.1f MB after %.1f MB on the wire", tt.name, float64(peak-before)/1e6, float64(wire)/1e6)
		}
		p.close("fin")
		if records == 0 {
			t.Errorf("%s: nothing is told", tt.name)
		}
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
