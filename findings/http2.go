package findings

import (
	"fmt"
	"time"

	"hanalyze"
)

const (
	// minFlowStall is the least time that one end must have waited for windows in all: less is lost in round trips.
	minFlowStall = 10 * time.Millisecond

	// minStreamLimit is the least time at the limit of streams worth telling: a page often opens all it may for a moment.
	minStreamLimit = 100 * time.Millisecond
)

// http2 judges the account of an HTTP/2 connection.
func (e *Engine) http2(r *hanalyze.Conn) {
	e.flowStalls(r, hanalyze.C2S, r.HTTP2.Client.FlowStalls)
	e.flowStalls(r, hanalyze.S2C, r.HTTP2.Server.FlowStalls)
	if d, _ := r.HTTP2.AtLimit.Get(); d >= minStreamLimit {
		title := fmt.Sprintf("The client had all the streams open that the server allows for %s", lasting(d))
		if limit := r.HTTP2.StreamLimit; limit != nil {
			title += fmt.Sprintf(" (%d)", *limit)
		}
		e.add(&r.Envelope, "h2.stream_limit", title, "")
	}
}

// flowStalls judges the waits of the sender in direction d.
func (e *Engine) flowStalls(r *hanalyze.Conn, d hanalyze.Dir, s *hanalyze.HTTP2Stalls) {
	if s == nil {
		return
	}
	total, _ := s.Total.Get()
	longest, _ := s.Max.Get()
	if total < minFlowStall {
		return
	}
	of := "streams"
	switch {
	case s.Streams == 0:
		of = "the connection"
	case s.Connection > 0:
		of = "streams and the connection"
	}
	title := fmt.Sprintf("The %s waited %s for the %s to open the windows of %s, at most %s at a time",
		d.Sender(), lasting(total), d.Reverse().Sender(), of, lasting(longest))
	e.add(&r.Envelope, "h2.flow_stall", title, hanalyze.Inferred, s.Frames...)
}

// http2Reset judges a stream that did not end as it should.
func (e *Engine) http2Reset(r *hanalyze.HTTP) {
	switch {
	case r.Reset == nil:
	case r.RetrySafe:
		how := "refused it"
		if r.Reset.GoAway {
			how = "closed before it got there"
		}
		e.add(&r.Envelope, "h2.not_processed",
			fmt.Sprintf("%s %s was not processed: the server %s (stream %d, %s)", r.Method, r.PathQuery, how, r.StreamID, r.Reset.ErrorCode), "")
	case r.Reset.GoAway || r.Reset.Answered:
	default:
		e.add(&r.Envelope, "h2.reset", fmt.Sprintf("The %s cancelled stream %d: %s", r.Reset.By, r.StreamID, r.Reset.ErrorCode), "")
	}
}
