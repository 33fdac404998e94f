package hanalyze

// HTTP2Conn is the account of an HTTP/2 connection: what the frames of both ends add up to.
type HTTP2Conn struct {
	Streams        uint64    `json:"streams"`               // streams that the client opened or the server promised
	PeakConcurrent uint64    `json:"peak_concurrent"`       // most of the client's streams that were open at a time
	StreamLimit    *uint32   `json:"stream_limit,omitzero"` // SETTINGS_MAX_CONCURRENT_STREAMS of the server, as the client last acknowledged it
	AtLimit        Span      `json:"at_limit_ms,omitzero"`  // how long the client could open no more
	Client         HTTP2Side `json:"client"`                // what the client sent
	Server         HTTP2Side `json:"server"`                // what the server sent
}

// HTTP2Side is what one end of an HTTP/2 connection sent.
type HTTP2Side struct {
	Frames        map[string]uint64 `json:"frames"`                  // frames by type; other is all types without a name here
	Settings      []HTTP2Setting    `json:"settings,omitzero"`       // what it announced, the last value of each, at most MaxHTTP2Settings
	SettingsAcked bool              `json:"settings_acked,omitzero"` // the peer acknowledged all of it
	HPACK         *HTTP2HPACK       `json:"hpack,omitzero"`          // its field blocks
	FlowStalls    *HTTP2Stalls      `json:"flow_stalls,omitzero"`    // it had more to send than the peer's windows allowed
	PingRTT       Span              `json:"ping_rtt_ms,omitzero"`    // the shortest time from a PING of it to the answer
	GoAway        *HTTP2GoAway      `json:"goaway,omitzero"`         // its last GOAWAY
}

// MaxHTTP2Settings bounds HTTP2Side.Settings: ten are registered, and browsers add one or two without a meaning.
const MaxHTTP2Settings = 32

// HTTP2HPACK tells how well the field blocks of one end are compressed (RFC 7541).
type HTTP2HPACK struct {
	Fields       uint64 `json:"fields"`              // fields sent
	Bytes        uint64 `json:"bytes"`               // their blocks on the wire, without padding and frame headers
	DecodedBytes uint64 `json:"decoded_bytes"`       // their names and values
	SavedPercent uint64 `json:"saved_percent"`       // how much smaller the first is than the second
	FromTable    uint64 `json:"from_table"`          // fields that were one reference to the dynamic table
	Unresolved   uint64 `json:"unresolved,omitzero"` // fields that refer to what the capture lacks
	TableEntries uint64 `json:"table_entries"`       // entries in the dynamic table at the end, as far as they are known
	TableBytes   uint64 `json:"table_bytes"`         // their size by RFC 7541 §4.1
	TableLimit   uint64 `json:"table_limit_bytes"`   // the largest table the peer allowed, 4096 unless it said otherwise
}

// HTTP2Stalls tells how long one end could not send for want of flow-control window (RFC 9113 §5.2).
type HTTP2Stalls struct {
	Streams    uint64   `json:"streams,omitzero"`    // waits for the window of a stream
	Connection uint64   `json:"connection,omitzero"` // waits for the window of the connection
	Total      Span     `json:"total_ms"`            // time that was waited in all, overlapping waits counted once
	Max        Span     `json:"max_ms"`              // the longest wait
	Frames     []uint64 `json:"frames"`              // packets in which the first windows opened again, at most MaxIncidentFrames
}

// HTTP2GoAway is how one end announced the end of the connection (RFC 9113 §6.8).
type HTTP2GoAway struct {
	Frame        uint64 `json:"frame"`               // packet
	ErrorCode    string `json:"error_code"`          // RFC 9113 §7
	LastStreamID uint32 `json:"last_stream_id"`      // streams of the peer above it were not processed
	DebugData    string `json:"debug_data,omitzero"` // printable form
}
