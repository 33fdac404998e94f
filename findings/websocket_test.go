package findings

import (
	"testing"

	"hanalyze"
)

func TestWebSocketClose(t *testing.T) {
	for _, tt := range []struct {
		close     *hanalyze.WebSocketClose
		id, title string
	}{
		{nil, "", ""},
		{&hanalyze.WebSocketClose{By: "client", Code: 1000}, "", ""},
		{&hanalyze.WebSocketClose{By: "client", Code: 1001}, "", ""},
		{&hanalyze.WebSocketClose{By: "client", Code: 1005}, "", ""},
		{&hanalyze.WebSocketClose{By: "client"}, "", ""}, // the capture lacks the code
		{&hanalyze.WebSocketClose{Code: 1006, Basis: hanalyze.Inferred}, "ws.abnormal_close", "The WebSocket connection ended without a close frame"},
		{&hanalyze.WebSocketClose{By: "server", Code: 1009, Reason: "too long"}, "ws.error_close",
			`The server closed the WebSocket connection with 1009, a message was too big for it ("too long")`},
		{&hanalyze.WebSocketClose{Code: 1011}, "ws.error_close", "One end closed the WebSocket connection with 1011, the server met an error of its own"},
		{&hanalyze.WebSocketClose{By: "client", Code: 4004}, "ws.application_close", "The client closed the WebSocket connection with 4004"},
	} {
		e := New()
		flow := &hanalyze.Flow{ID: 1}
		e.Record(&hanalyze.WebSocket{Envelope: hanalyze.Envelope{Flow: flow}, Close: tt.close})
		var id, title string
		for _, f := range e.Record(&hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: flow}}) {
			id, title = f.ID, f.Title
		}
		if id != tt.id || title != tt.title {
			t.Errorf("%+v: %q %q, want %q %q", tt.close, id, title, tt.id, tt.title)
		}
	}
}
