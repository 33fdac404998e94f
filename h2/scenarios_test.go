package h2

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScenarios wants the conversation files to be what the scenarios write. With -update it writes them anew, without
// their events, which TestConversations fills in.
func TestScenarios(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	seen := map[string]bool{}
	for _, sc := range scenarios {
		if seen[sc.name] {
			t.Fatalf("two scenarios %s", sc.name)
		}
		seen[sc.name] = true
		s := newScript()
		sc.play(s)
		name := filepath.Join("testdata", sc.name+".txt")
		text := sc.title + "\n" + s.text.String()
		if update {
			if err := os.WriteFile(name, []byte(text+"-- want --\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(string(have), "-- want --\n"); got != text {
			t.Errorf("%s is not what the scenario writes; run the tests twice with -update and read the difference", name)
		}
	}
}

type scenario struct {
	name, title string
	play        func(s *script)
}

var scenarios = []scenario{
	{"get", "A request without a body, its response, connection preface and settings", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0, append(setting(3, 100), setting(4, 65535)...)...)
		s.frame(s2c, FrameSettings, 0, 0, setting(5, 32768)...)
		s.frame(s2c, FrameSettings, FlagAck, 0)
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.get(1, "/")
		s.ok(1, 5)
	}},
	{"server-first", "The server's SETTINGS come before the client's preface (RFC 9113 3.4)", func(s *script) {
		s.frame(s2c, FrameSettings, 0, 0)
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0)
		s.get(1, "/")
		s.ok(1, 3)
	}},
	{"post", "A request with a body in two DATA frames, answered before it is complete", func(s *script) {
		s.open()
		s.headers(c2s, 0, 1, ":method", "POST", ":scheme", "http", ":authority", "example.com", ":path", "/form", "content-length", "8")
		s.frame(c2s, FrameData, 0, 1, []byte("half")...)
		s.headers(s2c, 0, 1, ":status", "200")
		s.frame(c2s, FrameData, FlagEndStream, 1, []byte("full")...)
		s.frame(s2c, FrameData, 0, 1, []byte("done")...)
		s.frame(s2c, FrameData, FlagEndStream, 1)
	}},
	{"multiplexed", "Three streams, answered out of order and interleaved", func(s *script) {
		s.open()
		s.get(1, "/a")
		s.get(3, "/b")
		s.get(5, "/c")
		s.headers(s2c, 0, 5, ":status", "200")
		s.headers(s2c, 0, 1, ":status", "404")
		s.frame(s2c, FrameData, 0, 5, []byte("five")...)
		s.frame(s2c, FrameData, FlagEndStream, 1, []byte("one")...)
		s.frame(s2c, FrameData, FlagEndStream, 5, []byte("five")...)
		s.headers(s2c, FlagEndStream, 3, ":status", "304", "content-length", "1000")
	}},
	{"head", "An answer to HEAD declares a length and has no DATA", func(s *script) {
		s.open()
		s.headers(c2s, FlagEndStream, 1, ":method", "HEAD", ":scheme", "http", ":authority", "example.com", ":path", "/")
		s.headers(s2c, FlagEndStream, 1, ":status", "200", "content-length", "1000")
	}},
	{"interim", "1xx responses come before the final one", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "100")
		s.headers(s2c, 0, 1, ":status", "103", "link", "</style.css>; rel=preload")
		s.ok(1, 2)
	}},
	{"trailers", "Trailers in both directions", func(s *script) {
		s.open()
		s.headers(c2s, 0, 1, ":method", "POST", ":scheme", "http", ":authority", "example.com", ":path", "/rpc", "te", "trailers")
		s.frame(c2s, FrameData, 0, 1, []byte("ping")...)
		s.headers(c2s, FlagEndStream, 1, "checksum", "1234")
		s.headers(s2c, 0, 1, ":status", "200", "content-type", "application/grpc")
		s.frame(s2c, FrameData, 0, 1, []byte("pong")...)
		s.headers(s2c, FlagEndStream, 1, "grpc-status", "0")
	}},
	{"continuation", "A field block in three frames, the last one empty", func(s *script) {
		s.open()
		b := s.block(c2s, request("/long", "x-a", strings.Repeat("a", 40))...)
		s.frame(c2s, FrameHeaders, FlagEndStream, 1, b[:7]...)
		s.frame(c2s, FrameContinuation, 0, 1, b[7:]...)
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 1)
		s.ok(1, 1)
	}},
	{"continuation-missing", "A field block is interrupted; the frame that interrupts is read", func(s *script) {
		s.open()
		s.frame(c2s, FrameHeaders, FlagEndStream, 1, s.block(c2s, request("/")...)...)
		s.frame(c2s, FramePing, 0, 0, []byte("12345678")...)
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 1, s.block(c2s, "x", "y")...)
		s.frame(c2s, FrameHeaders, 0, 3, s.block(c2s, request("/3")...)...)
		s.get(5, "/5", "x", "y")
	}},
	{"continuation-alone", "CONTINUATION without a field block, and on another stream", func(s *script) {
		s.open()
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 1, s.block(c2s, "x", "y")...)
		s.frame(c2s, FrameHeaders, 0, 1, s.block(c2s, request("/")...)...)
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 3, s.block(c2s, "x", "y")...)
	}},
	{"continuation-flood", "130 empty CONTINUATION frames are called a flood, once", func(s *script) {
		s.open()
		b := s.block(c2s, request("/")...)
		s.frame(c2s, FrameHeaders, FlagEndStream, 1, b...)
		s.raw(c2s, "129 empty CONTINUATION frames", bytes.Repeat(frameBytes(FrameContinuation, 0, 1), 129)...)
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 1)
	}},
	{"padding", "Padded DATA, HEADERS and PUSH_PROMISE", func(s *script) {
		s.open()
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders|FlagPadded, 1, padded(10, s.block(c2s, request("/")...)...)...)
		s.frame(s2c, FramePushPromise, FlagEndHeaders|FlagPadded, 1, padded(3, append(u32(2), s.block(s2c, request("/pushed")...)...)...)...)
		s.headers(s2c, 0, 1, ":status", "200", "content-length", "4")
		s.frame(s2c, FrameData, FlagPadded, 1, padded(20, []byte("pad")...)...)
		s.frame(s2c, FrameData, FlagPadded, 1, padded(0)...)
		s.frame(s2c, FrameData, FlagPadded|FlagEndStream, 1, padded(255, []byte("!")...)...)
	}},
	{"padding-bad", "Padding longer than the payload, and no room for the pad length", func(s *script) {
		s.open()
		s.frame(c2s, FrameHeaders, FlagEndHeaders, 1, s.block(c2s, request("/")...)...)
		s.frame(c2s, FrameData, FlagPadded, 1, 9, 'a', 'b')
		s.frame(c2s, FrameData, FlagPadded, 1)
		s.frame(c2s, FrameHeaders, FlagEndHeaders|FlagPadded, 3, 200, 0x82)
		s.frame(c2s, FrameHeaders, FlagEndHeaders|FlagPadded, 5)
		s.frame(c2s, FramePing, 0, 0, []byte("12345678")...)
	}},
	{"priority", "Priorities of RFC 7540, weight 256 and exclusive, and a stream that depends on itself", func(s *script) {
		s.open()
		s.frame(c2s, FramePriority, 0, 3, u32(0, 200)...)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders|FlagPriority, 5, append(u32(1<<31|3, 255), s.block(c2s, request("/")...)...)...)
		s.frame(c2s, FramePriority, 0, 7, u32(7, 0)...)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders|FlagPriority, 9, 0, 0, 0)
	}},
	{"push", "A pushed exchange: the promise has the request, the promised stream the response", func(s *script) {
		s.open()
		s.get(1, "/")
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, append(u32(2), s.block(s2c, request("/style.css")...)...)...)
		s.ok(1, 1)
		s.ok(2, 2)
	}},
	{"push-continued", "A promise in two frames, and a promise that the client resets", func(s *script) {
		s.open()
		s.get(1, "/")
		b := s.block(s2c, request("/a.js")...)
		s.frame(s2c, FramePushPromise, 0, 1, append(u32(2), b[:4]...)...)
		s.frame(s2c, FrameContinuation, FlagEndHeaders, 1, b[4:]...)
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, append(u32(4), s.block(s2c, request("/b.js")...)...)...)
		s.frame(c2s, FrameRSTStream, 0, 4, u32(8)...)
		s.ok(2, 2)
		s.ok(1, 1)
	}},
	{"push-bad", "Promises by a client, against the client's settings, of stream 0 and of a client's number", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0, setting(2, 0)...)
		s.frame(s2c, FrameSettings, 0, 0)
		s.get(1, "/")
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, append(u32(2), s.block(s2c, request("/a")...)...)...)
		s.frame(c2s, FrameSettings, 0, 0, setting(2, 1)...)
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, append(u32(7), s.block(s2c, request("/b")...)...)...)
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, u32(0)...)
		s.frame(c2s, FramePushPromise, FlagEndHeaders, 1, append(u32(9), s.block(c2s, request("/c")...)...)...)
		s.frame(s2c, FramePushPromise, FlagEndHeaders, 1, 0, 0)
	}},
	{"reset", "The client cancels; what was in flight is no violation, what the client sends on is", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200")
		s.headers(c2s, 0, 3, request("/3")...)
		s.frame(c2s, FrameRSTStream, 0, 3, u32(8)...)
		s.frame(c2s, FrameRSTStream, 0, 1, u32(8)...)
		s.frame(s2c, FrameData, FlagEndStream, 1, []byte("late")...)
		s.frame(c2s, FrameData, FlagEndStream, 3, []byte("no")...)
		s.frame(s2c, FrameRSTStream, 0, 3, u32(77)...)
		s.frame(c2s, FrameRSTStream, 0, 99, u32(0)...)
		s.frame(c2s, FrameRSTStream, 0, 1, 1, 2)
		s.frame(c2s, FrameRSTStream, 0, 0, u32(0)...)
	}},
	{"goaway", "GOAWAY with debug data that is not text, then one that is too short", func(s *script) {
		s.open()
		s.get(1, "/")
		s.frame(s2c, FrameGoAway, 0, 0, append(u32(1, u32(11)...), []byte("too much \x1b[31m")...)...)
		s.frame(s2c, FrameGoAway, 0, 0, u32(1)...)
		s.frame(c2s, FrameGoAway, 0, 0, u32(0, u32(0)...)...)
	}},
	{"settings-bad", "Settings out of range, unknown ones, odd lengths, wrong streams, acknowledged with a payload", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0, bytes.Join([][]byte{setting(2, 2), setting(4, 1<<31), setting(5, 1), setting(8, 2), setting(9, 1), setting(0xabcd, 7), setting(0x10, 0)}, nil)...)
		s.frame(s2c, FrameSettings, 0, 0, append(setting(2, 1), 1, 2)...)
		s.frame(s2c, FrameSettings, FlagAck, 0, 1)
		s.frame(c2s, FrameSettings, FlagAck, 3)
	}},
	{"gap-nested", "After a gap no border is looked for where a stream carries HTTP/2: its frames look like those of the connection", func(s *script) {
		s.open()
		s.headers(c2s, 0, 1, ":method", "CONNECT", ":authority", "inner:80")
		s.frame(c2s, FrameData, 0, 1, []byte(Preface)...)
		s.gap(c2s, 9)
		for range 4 {
			s.raw(c2s, "part of a DATA frame: a HEADERS frame", frameBytes(FrameHeaders, FlagEndHeaders|FlagEndStream, 1, 0x82, 0x86, 0x84, 0x41, 1, 'x')...)
		}
	}},
	{"window-shut", "The window of a stream used up and opened again, by WINDOW_UPDATE and by settings", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0, setting(4, 10)...)
		s.frame(s2c, FrameSettings, 0, 0)
		s.frame(s2c, FrameSettings, FlagAck, 0)
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.get(1, "/a")
		s.headers(s2c, 0, 1, ":status", "200")
		s.frame(s2c, FrameData, FlagPadded, 1, padded(2, []byte("sevenxx")...)...)
		s.frame(c2s, FrameWindowUpdate, 0, 1, u32(5)...)
		s.frame(s2c, FrameData, 0, 1, []byte("five!")...)
		s.frame(c2s, FrameSettings, 0, 0, setting(4, 70_000)...)
		s.frame(s2c, FrameSettings, FlagAck, 0)
		s.frame(s2c, FrameData, FlagEndStream, 1, 'x')
	}},
	{"windows", "WINDOW_UPDATE on the connection, a stream, an idle stream, by nothing and of the wrong size", func(s *script) {
		s.open()
		s.frame(c2s, FrameWindowUpdate, 0, 0, u32(1000000)...)
		s.get(1, "/")
		s.frame(s2c, FrameWindowUpdate, 0, 1, u32(1<<31|5)...)
		s.frame(s2c, FrameWindowUpdate, 0, 1, u32(0)...)
		s.frame(s2c, FrameWindowUpdate, 0, 9, u32(1)...)
		s.frame(s2c, FrameWindowUpdate, 0, 0, 1, 2, 3)
	}},
	{"ping", "PING, its answer, one of the wrong size and one on a stream", func(s *script) {
		s.open()
		s.frame(c2s, FramePing, 0, 0, []byte("\x00\x01\x02abcde")...)
		s.frame(s2c, FramePing, FlagAck, 0, []byte("\x00\x01\x02abcde")...)
		s.frame(c2s, FramePing, 0, 0, []byte("abc")...)
		s.frame(c2s, FramePing, 0, 1, []byte("abcdefgh")...)
	}},
	{"extensions", "ALTSVC, ORIGIN, PRIORITY_UPDATE and frames of unknown type, some malformed", func(s *script) {
		s.open()
		s.frame(s2c, FrameAltSvc, 0, 0, []byte("\x00\x13https://example.com h2=\":8000\"")...)
		s.frame(s2c, FrameAltSvc, 0, 1, []byte("\x00\x00h3=\":443\"")...)
		s.frame(s2c, FrameAltSvc, 0, 0, []byte("\x00\x00h3=\":443\"")...)
		s.frame(s2c, FrameAltSvc, 0, 0, []byte("\x00\x40h3")...)
		s.frame(s2c, FrameOrigin, 0, 0, []byte("\x00\x0dhttps://a.com\x00\x0dhttps://b.com")...)
		s.frame(s2c, FrameOrigin, 0, 0, []byte("\x00\x0dhttps://a.com\x00")...)
		s.frame(c2s, FramePriorityUpdate, 0, 0, append(u32(1), []byte("u=3, i")...)...)
		s.frame(c2s, FramePriorityUpdate, 0, 0, u32(0)...)
		s.frame(c2s, FramePriorityUpdate, 0, 0, 1)
		s.frame(c2s, 0x0b, 0x41, 7, []byte("whatever")...)
		s.frame(s2c, 0xfe, 0, 0)
	}},
	{"upgrade", "After an Upgrade to h2c: stream 1 is half closed, the client's HTTP2-Settings hold", func(s *script) {
		s.gap(c2s, upgradeMark)
		s.frame(s2c, FrameSettings, 0, 0)
		s.enc[s2c].SetMaxDynamicTableSizeLimit(256)
		s.enc[s2c].SetMaxDynamicTableSize(256)
		s.ok(1, 4)
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0)
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.get(3, "/next")
		s.ok(3, 1)
	}},
	{"upgrade-update-missing", "After an Upgrade with a smaller table the server must begin with a size update", func(s *script) {
		s.gap(c2s, upgradeMark)
		s.frame(s2c, FrameSettings, 0, 0)
		s.ok(1, 4)
	}},
	{"connect", "A CONNECT tunnel, and an extended CONNECT (RFC 8441)", func(s *script) {
		s.open()
		s.headers(c2s, 0, 1, ":method", "CONNECT", ":authority", "example.com:443")
		s.headers(s2c, 0, 1, ":status", "200")
		s.frame(c2s, FrameData, 0, 1, []byte("\x16\x03\x01")...)
		s.frame(s2c, FrameData, 0, 1, []byte("\x16\x03\x03")...)
		chat := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/chat", ":authority", "example.com"}
		s.headers(c2s, 0, 3, chat...)
		s.frame(s2c, FrameSettings, 0, 0, setting(8, 1)...)
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.headers(c2s, 0, 5, chat...)
		s.headers(c2s, 0, 7, ":method", "CONNECT")
	}},
	{"fields-bad", "Field sections that RFC 9113 8.2 and 8.3 forbid", func(s *script) {
		s.open()
		s.get(1, "/", "Upper", "case")
		s.get(3, "/", "connection", "close")
		s.get(5, "/", "te", "gzip")
		s.get(7, "/", ":path", "/again")
		s.headers(c2s, FlagEndStream, 9, ":method", "GET", ":path", "/")
		s.headers(c2s, FlagEndStream, 11, ":method", "GET", ":method", "PUT")
		s.get(13, "/", "x", "a\nb")
		s.get(15, "/", "x", " a")
		s.get(17, "/", "", "a")
		s.headers(c2s, FlagEndStream, 19, request("/", ":status", "200")...)
		s.headers(s2c, 0, 1, "server", "x")
		s.headers(s2c, 0, 1, "trailer", "without end")
		s.headers(s2c, FlagEndStream, 1, ":status", "200")
	}},
	{"content-length-bad", "A body that is not as long as declared", func(s *script) {
		s.open()
		s.headers(c2s, 0, 1, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/", "content-length", "3")
		s.frame(c2s, FrameData, FlagEndStream, 1, []byte("1234")...)
		s.headers(s2c, FlagEndStream, 1, ":status", "200", "content-length", "12")
	}},
	{"states-bad", "Frames that the stream's state does not allow", func(s *script) {
		s.open()
		s.frame(c2s, FrameData, 0, 1, []byte("idle")...)
		s.get(5, "/5")
		s.frame(c2s, FrameData, 0, 5, []byte("after the end")...)
		s.headers(c2s, FlagEndStream, 5, "x", "y")
		s.get(3, "/3")
		s.headers(s2c, 0, 9, ":status", "200")
		s.frame(s2c, FrameData, 0, 5, []byte("before the head")...)
		s.headers(c2s, 0, 2, request("/2")...)
		s.headers(s2c, 0, 4, ":status", "200")
		s.frame(c2s, FrameData, FlagEndStream, 0, []byte("stream 0")...)
		s.headers(c2s, 0, 0, request("/0")...)
		s.frame(c2s, FramePriority, 0, 0, u32(1, 1)...)
		s.frame(c2s, FramePriority, 0, 3, 1)
	}},
	{"frame-too-long", "A frame longer than the peer accepts, and one as long as it announced", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0)
		s.frame(s2c, FrameSettings, 0, 0, setting(5, 20000)...)
		s.headers(c2s, 0, 1, request("/")...)
		s.frame(c2s, 0x77, 0, 1, make([]byte, 17000)...)
		s.frame(s2c, 0x77, 0, 1, make([]byte, 17000)...)
	}},
	{"control-too-long", "Of a SETTINGS frame longer than is kept nothing is read", func(s *script) {
		s.open()
		s.frame(s2c, FrameSettings, 0, 0, make([]byte, 18000)...)
		s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	}},
	{"first-frame", "A frame other than SETTINGS comes first", func(s *script) {
		s.preface()
		s.get(1, "/")
		s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	}},
	{"not-http2", "The server answers in HTTP/1.1", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0)
		s.raw(s2c, "HTTP/1.1 400", []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")...)
	}},
	{"table-update", "Size updates down to nothing and up again, over the limit, and not at the beginning", func(s *script) {
		s.open()
		s.get(1, "/", "x-long", "kept in the table")
		s.enc[c2s].SetMaxDynamicTableSize(0)
		s.enc[c2s].SetMaxDynamicTableSize(200)
		s.get(3, "/", "x-long", "kept in the table")
		s.get(5, "/", "x-long", "kept in the table")
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 7, append([]byte{0x3f, 0xe2, 0x1f}, s.block(c2s, request("/")...)...)...)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 9, append(s.block(c2s, request("/")...), 0x20)...)
	}},
	{"table-limit", "A smaller table is in force once acknowledged, and must be announced in the next block", func(s *script) {
		s.preface()
		s.frame(c2s, FrameSettings, 0, 0)
		s.frame(s2c, FrameSettings, 0, 0)
		s.get(1, "/", "x", "1")
		s.frame(s2c, FrameSettings, 0, 0, setting(1, 64)...)
		s.get(3, "/", "x", "1")
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.get(5, "/", "x", "1")
		s.frame(c2s, FrameSettings, FlagAck, 0)
		s.get(7, "/", "x", "1")
		s.enc[c2s].SetMaxDynamicTableSizeLimit(64)
		s.get(9, "/", "x", "1")
	}},
	{"table-eviction", "Entries are evicted; one that does not fit empties the table; then an index beyond it", func(s *script) {
		s.open()
		s.enc[c2s].SetMaxDynamicTableSize(120)
		s.get(1, "/one", "first", "1")
		s.get(3, "/two", "second", "2")
		s.get(5, "/two", "second", "2")
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 7, append([]byte{0x82, 0x86, 0x84, 0x40, 1, 'x', 100}, bytes.Repeat([]byte{'v'}, 100)...)...)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 9, 0x82, 0x86, 0x84, 0xbe)
	}},
	{"compression-bad", "Index 0, a bad Huffman code, an endless integer and a block that ends inside a string", func(s *script) {
		s.open()
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 1, 0x82, 0x80, 0x86, 0x84)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 3, 0x82, 0x86, 0x84, 0x40, 1, 'a', 0x81, 0x00, 0xbe)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 5, 0x82, 0x86, 0x84, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 7, 0x82, 0x86, 0x84, 0x40, 1, 'a', 5, 'b')
		s.frame(c2s, FrameHeaders, FlagEndStream|FlagEndHeaders, 9, 0x82, 0x86, 0x84, 0xbe)
	}},
	{"gap-data", "A gap inside a DATA payload is counted and nothing else is lost", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200", "content-length", "10", "x", "y")
		s.part(s2c, 12, FrameData, FlagEndStream, 1, []byte("0123456789")...)
		s.gap(s2c, 4)
		s.raw(s2c, "the last 3 bytes", []byte("789")...)
		s.get(3, "/")
		s.headers(s2c, FlagEndStream, 3, ":status", "204", "x", "y")
	}},
	{"gap-data-end", "A gap to the very end of a padded DATA payload, and one inside its padding", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200", "content-length", "10")
		s.part(s2c, 12, FrameData, FlagPadded, 1, padded(5, []byte("01234")...)...)
		s.gap(s2c, 8)
		s.part(s2c, 15, FrameData, FlagPadded|FlagEndStream, 1, padded(5, []byte("56789")...)...)
		s.gap(s2c, 3)
		s.raw(s2c, "the end of the padding", 0, 0)
		s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	}},
	{"gap-pad-length", "A gap that takes the pad length: the rest of the payload cannot be told from padding", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200")
		s.part(s2c, 9, FrameData, FlagPadded|FlagEndStream, 1, padded(2, []byte("0123")...)...)
		s.gap(s2c, 2)
		s.raw(s2c, "the rest", []byte("123\x00\x00")...)
		s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
	}},
	{"gap-headers", "A gap inside a field block: the fields before it are told, the table is unknown after it", func(s *script) {
		s.open()
		s.get(1, "/", "x-a", "1", "x-b", "2")
		b := frameBytes(FrameHeaders, FlagEndStream|FlagEndHeaders, 3, s.block(c2s, request("/three", "x-a", "1", "x-c", "3")...)...)
		s.raw(c2s, "HEADERS stream 3, its last 4 bytes missing", b[:len(b)-4]...)
		s.gap(c2s, 4)
		s.get(5, "/three", "x-a", "1", "x-c", "3", "x-d", "4")
		s.get(7, "/three", "x-a", "1", "x-c", "3", "x-d", "4")
	}},
	{"gap-borders", "A gap that takes frame borders: they are found again, streams may lack anything, the table is unknown", func(s *script) {
		s.open()
		s.get(1, "/", "x-a", "1")
		s.get(3, "/", "x-a", "1")
		s.headers(s2c, 0, 1, ":status", "200", "x-a", "1")
		s.headers(s2c, 0, 3, ":status", "200", "x-b", "2")
		s.part(s2c, 15, FrameData, 0, 1, bytes.Repeat([]byte{'d'}, 30)...)
		s.gap(s2c, 100)
		s.raw(s2c, "the end of a payload", []byte("the end of a payload that nobody saw begin")...)
		s.frame(s2c, FrameData, 0, 3, []byte("found")...)
		s.headers(s2c, FlagEndStream, 3, "x-a", "1", "x-c", "3")
		s.frame(s2c, FrameData, FlagEndStream, 1, []byte("again")...)
		s.get(5, "/", "x-a", "1")
		s.headers(s2c, FlagEndStream, 5, ":status", "200", "x-b", "2", "x-c", "3", "x-d", "4")
	}},
	{"gap-unknown", "A gap of unknown length inside DATA", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200", "content-length", "30")
		s.part(s2c, 12, FrameData, FlagEndStream, 1, bytes.Repeat([]byte{'d'}, 30)...)
		s.gap(s2c, -1)
		s.frame(s2c, FramePing, 0, 0, []byte("12345678")...)
		s.frame(s2c, FrameWindowUpdate, 0, 0, u32(77)...)
		s.frame(s2c, FrameGoAway, 0, 0, u32(1, u32(0)...)...)
	}},
	{"gap-padded-empty", "Where a border is looked for, an empty HEADERS frame that claims to be padded is none", func(s *script) {
		s.open()
		s.gap(c2s, 100)
		s.frame(c2s, FrameHeaders, FlagPadded, 1)
		s.get(3, "/")
		s.frame(c2s, FramePing, 0, 0, []byte("12345678")...)
		s.frame(c2s, FramePing, FlagAck, 0, []byte("87654321")...)
	}},
	{"gap-continuation", "A gap takes the HEADERS; the CONTINUATION after it has no beginning", func(s *script) {
		s.open()
		s.get(1, "/", "x-a", "1")
		b := s.block(c2s, request("/3", "x-b", "2")...)
		s.frame(c2s, FrameHeaders, FlagEndStream, 3, b[:5]...)
		s.gap(c2s, 20)
		s.frame(c2s, FrameContinuation, FlagEndHeaders, 3, b[5:]...)
		s.get(5, "/3", "x-b", "2", "x-c", "3")
		s.get(7, "/3", "x-b", "2", "x-c", "3")
	}},
	{"gap-start", "The client's first bytes are missing; the server's are there, and its table is certain", func(s *script) {
		s.gap(c2s, 33)
		s.frame(s2c, FrameSettings, 0, 0)
		s.get(1, "/", "x-a", "1")
		s.get(3, "/", "x-a", "1")
		s.ok(1, 2, "x-b", "2")
		s.ok(3, 2, "x-b", "2")
		s.get(5, "/", "x-a", "1")
	}},
	{"gap-settings", "A gap inside SETTINGS leaves the frame borders", func(s *script) {
		s.preface()
		s.part(c2s, 12, FrameSettings, 0, 0, setting(1, 9)...)
		s.gap(c2s, 3)
		s.frame(s2c, FrameSettings, 0, 0)
		s.get(1, "/")
		s.ok(1, 2)
	}},
	{"mid-stream", "The capture begins in the middle, in both directions", func(s *script) {
		s.block(c2s, request("/old", "x-old", "0")...)
		s.block(s2c, "x-old", "0")
		s.get(41, "/old", "x-old", "0", "x-new", "1")
		s.get(43, "/old", "x-old", "0", "x-new", "1")
		s.get(45, "/old", "x-new", "1")
		s.headers(s2c, 0, 41, ":status", "200", "x-old", "0", "content-length", "9")
		s.frame(s2c, FrameData, FlagEndStream, 41, []byte("body")...)
		s.headers(s2c, FlagEndStream, 39, "grpc-status", "0")
		s.headers(s2c, FlagEndStream, 43, ":status", "304", "x-old", "0")
	}},
	{"mid-stream-size-zero", "After a size update to 0 the table is certain again", func(s *script) {
		s.block(c2s, "x-old", "0")
		s.get(41, "/", "x-old", "0")
		s.get(43, "/", "x-old", "0")
		s.enc[c2s].SetMaxDynamicTableSize(0)
		s.enc[c2s].SetMaxDynamicTableSize(4096)
		s.get(45, "/", "x-old", "0")
		s.get(47, "/", "x-old", "0")
	}},
	{"mid-stream-data", "Two DATA frames of one direction are all there is", func(s *script) {
		s.frame(s2c, FrameData, 0, 3, []byte("first message")...)
		s.frame(s2c, FrameData, 0, 3, []byte("second message")...)
	}},
	{"mid-stream-one", "One HEADERS frame is all there is", func(s *script) {
		s.get(3, "/only")
	}},
	{"end-in-frame", "Both directions end inside frames", func(s *script) {
		s.open()
		s.get(1, "/")
		s.headers(s2c, 0, 1, ":status", "200")
		s.part(s2c, 14, FrameData, FlagEndStream, 1, []byte("0123456789")...)
		s.part(c2s, 9+12, FrameHeaders, FlagEndStream|FlagEndHeaders, 3, s.block(c2s, request("/cut", "x", "yz")...)...)
	}},
	{"end-in-header", "The client ends inside a frame header, the server between the frames of a field block", func(s *script) {
		s.open()
		s.get(1, "/")
		s.part(c2s, 4, FramePing, 0, 0, []byte("12345678")...)
		b := s.block(s2c, ":status", "200", "x", "yz")
		s.frame(s2c, FrameHeaders, FlagEndStream, 1, b[:4]...)
		s.end(s2c)
	}},
	{"end-in-preface", "The client ends inside the preface", func(s *script) {
		s.raw(c2s, "half a preface", []byte(Preface[:12])...)
	}},
}
