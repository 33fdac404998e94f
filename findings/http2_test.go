package findings

import (
	"testing"
	"time"

	"hanalyze"
)

func TestHTTP2(t *testing.T) {
	span := func(d time.Duration) hanalyze.Span { return hanalyze.Known(d) }
	stall := func(total time.Duration) hanalyze.HTTP2Conn {
		return hanalyze.HTTP2Conn{Server: hanalyze.HTTP2Side{FlowStalls: &hanalyze.HTTP2Stalls{
			Streams: 2, Connection: 1, Total: span(total), Max: span(total / 2), Frames: []uint64{4, 6},
		}}}
	}
	limit := uint32(100)
	for _, c := range []struct {
		name  string
		conn  hanalyze.HTTP2Conn
		title string // "" for no finding
	}{
		{"flow stall", stall(120 * time.Millisecond),
			"The server waited 120 ms for the client to open the windows of streams and the connection, at most 60 ms at a time"},
		{"short flow stall", stall(minFlowStall - 1), ""},
		{"at the limit", hanalyze.HTTP2Conn{AtLimit: span(2 * time.Second), StreamLimit: &limit},
			"The client had all the streams open that the server allows for 2 s (100)"},
		{"shortly at the limit", hanalyze.HTTP2Conn{AtLimit: span(minStreamLimit - 1), StreamLimit: &limit}, ""},
		{"healthy", hanalyze.HTTP2Conn{}, ""},
	} {
		e, f := New(), &hanalyze.Flow{ID: 7}
		told := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 9), HTTP2: &c.conn})
		switch {
		case c.title == "" && len(told) == 0:
		case c.title == "" || len(told) != 1 || told[0].Title != c.title:
			t.Errorf("%s: %+v", c.name, told)
		}
	}
}

func TestNotProcessed(t *testing.T) {
	reset := func(r hanalyze.HTTPReset, safe bool) []string {
		return ids(judge(t, []hanalyze.Record{&hanalyze.HTTP{Method: "POST", PathQuery: "/", Reset: &r, RetrySafe: safe}}, nil))
	}
	for _, c := range []struct {
		reset hanalyze.HTTPReset
		safe  bool
		want  string
	}{
		{hanalyze.HTTPReset{By: "server", ErrorCode: "REFUSED_STREAM"}, true, "h2.not_processed"},
		{hanalyze.HTTPReset{By: "server", ErrorCode: "NO_ERROR", GoAway: true}, true, "h2.not_processed"},
		{hanalyze.HTTPReset{By: "server", ErrorCode: "INTERNAL_ERROR"}, false, "h2.reset"},
		{hanalyze.HTTPReset{By: "client", ErrorCode: "NO_ERROR", GoAway: true}, false, ""},
		{hanalyze.HTTPReset{By: "server", ErrorCode: "NO_ERROR"}, false, "h2.reset"},
		{hanalyze.HTTPReset{By: "server", ErrorCode: "NO_ERROR", Answered: true}, false, ""},
	} {
		got := reset(c.reset, c.safe)
		if c.want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%+v: %v", c.reset, got)
		}
	}
}
