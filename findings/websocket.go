package findings

import (
	"fmt"

	"hanalyze"
)

// Ranges of close codes, RFC 6455 §7.4.2.
const (
	firstCloseError     = 1002
	noStatusReceived    = 1005
	abnormalClosure     = 1006
	firstRegisteredCode = 3000
)

// webSocket judges how a WebSocket connection ended.
func (e *Engine) webSocket(r *hanalyze.WebSocket) {
	c := r.Close
	switch {
	case c == nil || c.Code < firstCloseError || c.Code == noStatusReceived:
	case c.Code == abnormalClosure && c.Basis == hanalyze.Inferred:
		e.add(&r.Envelope, "ws.abnormal_close", "The WebSocket connection ended without a close frame", hanalyze.Inferred)
	case c.Code >= firstRegisteredCode:
		e.add(&r.Envelope, "ws.application_close", closeTitle(c), "")
	default:
		e.add(&r.Envelope, "ws.error_close", closeTitle(c), "")
	}
}

// closeMeanings say what the close codes of errors mean, RFC 6455 §7.4.1 and IANA's registry.
var closeMeanings = map[uint16]string{
	1002: "the other end broke the protocol",
	1003: "it cannot take this type of message",
	1007: "a message was not what its type says, such as a text that is not UTF-8",
	1008: "a message is against its rules",
	1009: "a message was too big for it",
	1010: "the server did not agree to an extension it needs",
	1011: "the server met an error of its own",
	1012: "the server restarts",
	1013: "the server is overloaded: try again later",
	1014: "a server behind it gave a bad answer",
}

// closeTitle tells a close code with its meaning and the sender's words.
func closeTitle(c *hanalyze.WebSocketClose) string {
	who := "One end"
	if c.By != "" {
		who = "The " + c.By
	}
	title := fmt.Sprintf("%s closed the WebSocket connection with %d", who, c.Code)
	if m := closeMeanings[c.Code]; m != "" {
		title += ", " + m
	}
	if c.Reason != "" {
		title += fmt.Sprintf(" (%q)", c.Reason)
	}
	return title
}
