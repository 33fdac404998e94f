package hanalyze

// WebSocket tells of one WebSocket connection, RFC 6455.
type WebSocket struct {
	Envelope
	StreamID       uint32            `json:"stream_id,omitzero"`           // HTTP/2 stream it runs on (RFC 8441)
	URL            string            `json:"url,omitzero"`                 // ws://… or wss://…
	Version        string            `json:"version,omitzero"`             // Sec-WebSocket-Version
	Subprotocol    string            `json:"subprotocol,omitzero"`         // the one the server chose
	Subprotocols   []string          `json:"subprotocols,omitzero"`        // those the client offered, when there were any
	Extensions     []string          `json:"extensions,omitzero"`          // in use, with their parameters
	Declined       []string          `json:"declined_extensions,omitzero"` // names of those offered and not taken
	AcceptValid    *bool             `json:"accept_valid,omitzero"`        // Sec-WebSocket-Accept answers Sec-WebSocket-Key; HTTP/2 has neither
	Messages       WebSocketMessages `json:"messages"`
	Pings          *WebSocketPings   `json:"pings,omitzero"`              // pings that were answered
	Duration       Span              `json:"duration_ms,omitzero"`        // from the opening handshake's first packet to the last packet
	LongestSilence Span              `json:"longest_silence_ms,omitzero"` // between frames of either end, the ends of the connection included
	Reversed       bool              `json:"reversed,omitzero"`           // the end that accepted the connection is the WebSocket client
	Close          *WebSocketClose   `json:"close,omitzero"`              // how it ended, as far as that is known
	Violations     []string          `json:"violations,omitzero"`         // what RFC 6455 forbids, by stable name
	Missing        Missing           `json:"missing"`
}

// RecordType returns "websocket".
func (*WebSocket) RecordType() string { return "websocket" }

// WebSocketMessages counts what each end sent.
type WebSocketMessages struct {
	Client WebSocketSide `json:"client"`
	Server WebSocketSide `json:"server"`
}

// WebSocketSide counts what one end sent, as far as it was seen.
type WebSocketSide struct {
	Text        uint64 `json:"text"`                   // text messages
	Binary      uint64 `json:"binary"`                 // binary messages
	Ping        uint64 `json:"ping"`                   // pings
	Pong        uint64 `json:"pong"`                   // pongs
	Bytes       uint64 `json:"bytes"`                  // of messages, decompressed where that was possible
	Frames      uint64 `json:"frames"`                 // frames of messages: more than messages where they were fragmented
	WireBytes   uint64 `json:"wire_bytes,omitzero"`    // of messages as they were sent, where any was compressed
	Compressed  uint64 `json:"compressed,omitzero"`    // messages that were compressed
	Largest     uint64 `json:"largest_bytes,omitzero"` // largest message
	LostBytes   uint64 `json:"lost_bytes,omitzero"`    // of messages, that the capture lacks
	UnreadBytes uint64 `json:"unread_bytes,omitzero"`  // after a loss: nobody knows which frames they are
	Unknown     uint64 `json:"unknown,omitzero"`       // messages whose content cannot be known, because of loss or a limit
}

// WebSocketPings tells of the pings that were answered by a pong with the same payload.
type WebSocketPings struct {
	Answered uint64 `json:"answered"`
	Min      Span   `json:"min_ms"`
	Mean     Span   `json:"mean_ms"`
	Max      Span   `json:"max_ms"`
}

// WebSocketClose tells how a WebSocket connection ended.
type WebSocketClose struct {
	By     string `json:"by,omitzero"`      // the end that closed first
	Code   uint16 `json:"code"`             // 1005 when the close frame had none, 1006 when there was no close frame
	Name   string `json:"name,omitzero"`    // what the code means
	Reason string `json:"reason,omitzero"`  // the sender's words
	Answer uint16 `json:"answer,omitzero"`  // code of the close frame that answered
	Took   Span   `json:"took_ms,omitzero"` // from the first close frame to the one that answered
	Basis  Basis  `json:"basis,omitzero"`   // 1006 is concluded
}

// WebSocketMessage tells of one message, or of a ping, pong or close frame.
type WebSocketMessage struct {
	Envelope
	StreamID   uint32  `json:"stream_id,omitzero"`  // HTTP/2 stream
	Dir        Dir     `json:"dir"`                 // c2s or s2c
	Opcode     string  `json:"opcode"`              // continuation: a message whose beginning is not in the capture
	Bytes      *uint64 `json:"bytes,omitzero"`      // after decompression, absent when not known
	WireBytes  uint64  `json:"wire_bytes,omitzero"` // as sent, where it was compressed
	Frames     uint64  `json:"frames"`
	Compressed bool    `json:"compressed,omitzero"`
	LostBytes  uint64  `json:"lost_bytes,omitzero"` // of it, that the capture lacks
	RTT        Span    `json:"rtt_ms,omitzero"`     // pong: since the ping it answers
	Code       uint16  `json:"code,omitzero"`       // close: as sent
	Reason     string  `json:"reason,omitzero"`     // close
	Cut        bool    `json:"cut,omitzero"`        // its sender did not end it

	// What --bodies asks for: the beginning of a message, up to the first byte that is not known.
	Body          string `json:"body,omitzero"`           // as text
	BodyBase64    string `json:"body_base64,omitzero"`    // where it is no text
	BodyTruncated bool   `json:"body_truncated,omitzero"` // there was more than was asked for

	Missing Missing `json:"missing"`

	Kept []byte `json:"-"` // of which Body is made
}

// RecordType returns "websocket_message".
func (*WebSocketMessage) RecordType() string { return "websocket_message" }
