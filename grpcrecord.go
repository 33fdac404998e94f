package hanalyze

// GRPC tells what an HTTP exchange is as a gRPC call. Kind is what was seen of it: a streaming call with one message in
// each direction looks like a unary one.
type GRPC struct {
	Service      string       `json:"service,omitzero"` // package and service
	Method       string       `json:"method,omitzero"`
	Web          bool         `json:"web,omitzero"`           // gRPC-Web
	Kind         string       `json:"kind,omitzero"`          // unary, client_stream, server_stream or bidi, as far as seen
	Timeout      Span         `json:"timeout_ms,omitzero"`    // how long the client waits
	Status       *uint32      `json:"status,omitzero"`        // grpc-status
	StatusName   string       `json:"status_name,omitzero"`   // OK, NOT_FOUND, …
	Message      string       `json:"message,omitzero"`       // grpc-message, percent-encoding undone
	TrailersOnly bool         `json:"trailers_only,omitzero"` // the status came in the response's head: there was no message
	Request      GRPCMessages `json:"request"`
	Response     GRPCMessages `json:"response"`
}

// GRPCMessages counts the messages of one direction of a call.
type GRPCMessages struct {
	Messages   uint64   `json:"messages"`            // messages begun
	Bytes      uint64   `json:"bytes"`               // of those that are complete, without their prefixes
	Sizes      []uint32 `json:"sizes,omitzero"`      // of the first 32, as their prefixes say
	Encoding   string   `json:"encoding,omitzero"`   // grpc-encoding
	Compressed uint64   `json:"compressed,omitzero"` // messages that are compressed
	LostBytes  uint64   `json:"lost_bytes,omitzero"` // of messages, that the capture lacks
	Cut        bool     `json:"cut,omitzero"`        // the body ended within a message
	Unread     bool     `json:"unread,omitzero"`     // bytes are missing with the beginning of a message among them: there may be more
	Malformed  bool     `json:"malformed,omitzero"`  // the body is not what its media type says
}
