package hanalyze

// HTTP tells of one request and its response, HTTP/0.9 to HTTP/2 alike.
type HTTP struct {
	Envelope
	Version       string           `json:"version,omitzero"`    // 0.9, 1.0, 1.1, 2 or 3, or what else was sent (1.2): of the request, of the response where no request was seen; absent where that part of the start line is missing
	IndexOnConn   uint64           `json:"index_on_conn"`       // 1-based ordinal of the exchange on its connection
	StreamID      uint32           `json:"stream_id,omitzero"`  // HTTP/2 stream
	Method        string           `json:"method,omitzero"`     // absent without a request
	Scheme        string           `json:"scheme,omitzero"`     // http or https, or that of an absolute target (ftp)
	Authority     string           `json:"authority,omitzero"`  // Host, :authority, or that of the absolute form
	PathQuery     string           `json:"path_query,omitzero"` // request target as sent, or :path
	URL           string           `json:"url,omitzero"`        // put together
	Status        uint16           `json:"status,omitzero"`     // absent without a response
	Reason        string           `json:"reason,omitzero"`     // reason phrase
	Request       *HTTPMessage     `json:"request,omitzero"`
	Response      *HTTPMessage     `json:"response,omitzero"`
	Persistent    bool             `json:"persistent"`              // the connection stays open after it; false where that is not certain
	Persistence   *HTTPPersistence `json:"persistence,omitzero"`    // why, or why not
	Pipelined     bool             `json:"pipelined"`               // sent before the previous answer was complete
	PipelineDepth uint64           `json:"pipeline_depth,omitzero"` // of a pipelined request: how many were unanswered with it
	BlockedBy     uint64           `json:"blocked_by,omitzero"`     // index_on_conn of the exchange whose answer it had to wait behind, for timing.blocked_ms
	Upgrade       string           `json:"upgrade,omitzero"`        // protocol switched to: websocket, h2c, …
	Upgraded      bool             `json:"upgraded,omitzero"`       // stream 1 of an h2c upgrade: the request is the HTTP/1.1 one
	Pushed        bool             `json:"pushed,omitzero"`         // promised by the server
	Reversed      bool             `json:"reversed,omitzero"`       // the end that accepted the connection asked, the other answered
	Reset         *HTTPReset       `json:"reset,omitzero"`          // HTTP/2: the stream was cancelled, or given up with the connection
	RetrySafe     bool             `json:"retry_safe,omitzero"`     // HTTP/2: the server says that it did not process the request, RFC 9113 §8.7
	MetClose      *HTTPMetClose    `json:"met_close,omitzero"`      // it got no answer because the connection was closed
	Expect        *HTTPExpect      `json:"expect,omitzero"`         // Expect: 100-continue
	Delivery      *HTTPDelivery    `json:"delivery,omitzero"`       // how the body came, where not at once
	Range         *HTTPRange       `json:"range,omitzero"`          // parts of a resource
	Conditional   *HTTPConditional `json:"conditional,omitzero"`    // conditional request
	Caching       *HTTPCaching     `json:"caching,omitzero"`        // what caches may do with the answer, where it says so
	Cookies       *HTTPCookies     `json:"cookies,omitzero"`        // cookies by name
	Redirect      *HTTPRedirect    `json:"redirect,omitzero"`       // sent elsewhere, or come from there
	RetryAfter    Span             `json:"retry_after_ms,omitzero"` // Retry-After: how long the client shall wait
	Negotiation   *HTTPNegotiation `json:"negotiation,omitzero"`    // content negotiation
	Auth          *HTTPAuth        `json:"auth,omitzero"`           // authentication
	GRPC          *GRPC            `json:"grpc,omitzero"`           // what it is as a gRPC call
	Timing        HTTPTiming       `json:"timing"`
	Pairing       string           `json:"pairing,omitzero"` // certain or guessed; absent when there is no pair
	Missing       Missing          `json:"missing"`
}

// RecordType returns "http".
func (*HTTP) RecordType() string { return "http" }

// Header is one header or trailer field.
type Header struct {
	Name       string `json:"name"`                // as on the wire
	Value      string `json:"value"`               // as on the wire, outer white space removed
	Unresolved bool   `json:"unresolved,omitzero"` // HPACK referred to an entry from before the capture
}

// HTTPMessage is a request or a response.
type HTTPMessage struct {
	Headers         []Header       `json:"headers"`                   // in wire order
	Trailers        []Header       `json:"trailers,omitzero"`         // after the body
	HeaderBytes     uint64         `json:"header_bytes"`              // start line and headers on the wire
	BodyBytes       uint64         `json:"body_bytes"`                // after removing chunk framing, before content decoding
	BodyWireBytes   uint64         `json:"body_wire_bytes,omitzero"`  // with chunk framing, where it differs
	Framing         string         `json:"framing,omitzero"`          // none, content_length, chunked, until_close, frames or tunnel; absent where a head, or the end of it, is missing that may tell
	Chunks          uint64         `json:"chunks,omitzero"`           // chunks, the last one not counted
	Notes           []string       `json:"notes,omitzero"`            // HTTP/1: what is odd about the head: bare_lf, folded, host_missing, …
	Ambiguous       *HTTPAmbiguity `json:"ambiguous,omitzero"`        // HTTP/1: not every reader sees the same end of the message
	ContentType     string         `json:"content_type,omitzero"`     // media type
	ContentEncoding []string       `json:"content_encoding,omitzero"` // codings in the order applied
	DeclaredBytes   *uint64        `json:"declared_bytes,omitzero"`   // Content-Length, where there is one
	Cut             bool           `json:"cut,omitzero"`              // the connection ended in the middle of it
	Interim         []HTTPInterim  `json:"interim,omitzero"`          // 1xx responses before the final one

	*HTTPContent // nil unless bodies were asked for
}

// HTTPInterim is one 1xx response.
type HTTPInterim struct {
	Status  uint16   `json:"status"`
	TS      Time     `json:"ts"`
	Headers []Header `json:"headers,omitzero"`
}

// HTTPReset tells who cancelled an HTTP/2 stream.
type HTTPReset struct {
	By        string `json:"by"`                // client or server
	ErrorCode string `json:"error_code"`        // RFC 9113 §7
	GoAway    bool   `json:"goaway,omitzero"`   // by GOAWAY, which left out this stream; otherwise by RST_STREAM
	Answered  bool   `json:"answered,omitzero"` // the server had answered in full and wanted no more of the request, RFC 9113 §8.1: nothing failed
}

// HTTPTiming splits the time of an exchange like HAR does. The first three are the connection's, told with its first exchange.
type HTTPTiming struct {
	Idle       Span `json:"idle_ms,omitzero"`         // the connection lay unused before the request, since the end of the previous answer
	Blocked    Span `json:"blocked_ms,omitzero"`      // waited on the connection behind earlier exchanges
	DNS        Span `json:"dns_ms,omitzero"`          // looking up the name
	Connect    Span `json:"connect_ms,omitzero"`      // TCP handshake
	TLS        Span `json:"tls_ms,omitzero"`          // TLS handshake
	Send       Span `json:"send_ms,omitzero"`         // first to last byte of the request
	Wait       Span `json:"wait_ms,omitzero"`         // last byte of the request to the first of the response
	Receive    Span `json:"receive_ms,omitzero"`      // first to last byte of the response
	Total      Span `json:"total_ms,omitzero"`        // first byte of the request to the last of the response
	HeadOfLine Span `json:"head_of_line_ms,omitzero"` // HTTP/2: bytes of it had arrived and waited for lost bytes of other streams
}

// HTTP2Frame tells of one HTTP/2 frame.
type HTTP2Frame struct {
	Envelope
	Dir             Dir            `json:"dir"`                            // c2s or s2c
	StreamID        uint32         `json:"stream_id"`                      // 0 is the connection itself
	FrameType       string         `json:"frame_type"`                     // IANA name, or 0x0b-style hex
	FrameBytes      uint64         `json:"frame_bytes"`                    // payload length
	Flags           []string       `json:"flags,omitzero"`                 // names of the flags set
	StreamState     string         `json:"stream_state,omitzero"`          // seen from the frame's sender: idle, open, half_closed_local, …
	PadBytes        uint64         `json:"pad_bytes,omitzero"`             // padding
	Settings        []HTTP2Setting `json:"settings,omitzero"`              // SETTINGS
	ErrorCode       string         `json:"error_code,omitzero"`            // RST_STREAM, GOAWAY
	LastStreamID    *uint32        `json:"last_stream_id,omitzero"`        // GOAWAY
	WindowIncrement uint32         `json:"window_increment,omitzero"`      // WINDOW_UPDATE
	PromisedStream  uint32         `json:"promised_stream_id,omitzero"`    // PUSH_PROMISE
	Prioritized     uint32         `json:"prioritized_stream_id,omitzero"` // PRIORITY_UPDATE, RFC 9218 §7.1
	Priority        *HTTP2Priority `json:"priority,omitzero"`              // PRIORITY, HEADERS with PRIORITY
	DebugData       string         `json:"debug_data,omitzero"`            // GOAWAY, printable form
	Ping            string         `json:"ping,omitzero"`                  // PING's eight bytes in hexadecimal
	Origin          string         `json:"origin,omitzero"`                // ALTSVC, ORIGIN
	FieldValue      string         `json:"field_value,omitzero"`           // ALTSVC, PRIORITY_UPDATE
	Headers         []Header       `json:"headers,omitzero"`               // the whole field block, on the frame that ended it; pseudo-headers included
	Malformed       string         `json:"malformed,omitzero"`             // what RFC 9113 forbids about it
	Missing         Missing        `json:"missing"`
}

// RecordType returns "http2_frame".
func (*HTTP2Frame) RecordType() string { return "http2_frame" }

// HTTP2Setting is one parameter of a SETTINGS frame.
type HTTP2Setting struct {
	Name  string `json:"name"` // IANA name, or 0x1a1a
	Value uint32 `json:"value"`
}

// HTTP2Priority is the priority of RFC 7540 §5.3, deprecated and still sent.
type HTTP2Priority struct {
	DependsOn uint32 `json:"depends_on"`
	Exclusive bool   `json:"exclusive"`
	Weight    uint16 `json:"weight"` // 1 to 256
}
