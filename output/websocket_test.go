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
