package output

import (
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// story returns the lines that the records of one connection make, without colours.
func storyOf(columns int, records ...hanalyze.Record) string {
	s := NewStory(Options{Width: columns})
	flow := exampleFlow()
	var b []byte
	for _, r := range records {
		r.Head().Flow = flow
		r.Head().Start = hanalyze.Meta{Packet: 4, Time: exampleTime}
		b = s.Append(b, r)
	}
	return string(s.Append(b, &hanalyze.Stats{}))
}

func TestStoryOfWebSocket(t *testing.T) {
	got := storyOf(200, &hanalyze.WebSocket{
		Subprotocol: "chat\x1b[31m", Extensions: []string{"permessage-deflate; client_max_window_bits=15"},
		Messages: hanalyze.WebSocketMessages{
			Client: hanalyze.WebSocketSide{Text: 2, Binary: 1, Bytes: 1200, WireBytes: 300, Compressed: 3, Frames: 4, LostBytes: 7},
			Server: hanalyze.WebSocketSide{Ping: 1, UnreadBytes: 90},
		},
		Pings:   &hanalyze.WebSocketPings{Answered: 2, Mean: hanalyze.Known(3 * time.Millisecond)},
		Close:   &hanalyze.WebSocketClose{By: "server", Code: 1011, Name: "internal_error", Reason: "oops", Took: hanalyze.Known(time.Millisecond)},
		Missing: hanalyze.MissingGap,
	})
	for _, want := range []string{"2 pings answered in 3 ms", "2 text, 1 binary  1.2 kB  compressed to 300 B  in 4 frames  7 B of them not captured",
		"90 B after a gap that cannot be read", `the server closed: 1011 internal error  "oops"  answered in 1 ms`, "packets are missing from the capture"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("a control character of the wire in %q", got)
	}
}

// What messages say is told below them, at the end of a capture and live, and no control character of it reaches a terminal.
func TestTextOfMessages(t *testing.T) {
	size := uint64(1200)
	messages := func() []*hanalyze.WebSocketMessage {
		return []*hanalyze.WebSocketMessage{
			{Dir: hanalyze.C2S, Opcode: "text", Bytes: &size, WireBytes: 300, Compressed: true, Frames: 2, Body: "one\x1b[31m\ntwo\x00", BodyTruncated: true},
			{Dir: hanalyze.S2C, Opcode: "binary", Bytes: &size, Frames: 1, BodyBase64: "AAE="},
			{Dir: hanalyze.S2C, Opcode: "text", Frames: 1, LostBytes: 7, Cut: true, Missing: hanalyze.MissingGap},
			{Dir: hanalyze.S2C, Opcode: "pong", Frames: 1, RTT: hanalyze.Known(3 * time.Millisecond)},
			{Dir: hanalyze.S2C, Opcode: "close", Frames: 1, Code: 1000, Reason: "b\x1bye", StreamID: 5},
		}
	}
	var records []hanalyze.Record
	for _, m := range messages() {
		records = append(records, m)
	}
	live := NewLive(Options{Width: 200})
	var b []byte
	for _, m := range messages() {
		m.Flow, m.Start = exampleFlow(), hanalyze.Meta{Packet: 4, Time: exampleTime}
		m.Last = m.Start
		b = live.Append(b, m)
	}
	for name, got := range map[string]string{"story": storyOf(200, records...), "live": string(b)} {
		for _, want := range []string{`text  1.2 kB  compressed to 300 B  in 2 frames`, `│ one\x1b[31m`, `│ two\x00`, "│ … and more", "binary  1.2 kB",
			"│ (no text; --json has it in Base64)", "7 B of it not captured  not ended by its sender", "pong  3 ms after the ping", `close  stream 5  1000  "b\x1bye"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
		if strings.ContainsAny(got, "\x1b\x00") {
			t.Errorf("%s: a control character of the wire in %q", name, got)
		}
	}
}

func TestStoryOfGRPC(t *testing.T) {
	code := uint32(5)
	got := storyOf(200, &hanalyze.HTTP{Method: "POST", Status: 200, GRPC: &hanalyze.GRPC{
		Service: "a.B", Method: "C\x1b", Kind: "server_stream", Timeout: hanalyze.Known(2 * time.Second), Status: &code, StatusName: "NOT_FOUND", Message: "no\n",
		Request:  hanalyze.GRPCMessages{Messages: 1, Bytes: 5, Compressed: 1, Encoding: "gzip"},
		Response: hanalyze.GRPCMessages{Messages: 3, Bytes: 30, Cut: true},
	}})
	for _, want := range []string{"server stream  NOT_FOUND", "must be done in 2 s", "asks with 1 message  5 B  compressed gzip", "answers with 3 messages  30 B  cut"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("a control character of the wire in %q", got)
	}
}
