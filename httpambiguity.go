package hanalyze

// HTTPAmbiguity tells of an HTTP/1 message whose end is not the same for every reader, and how two of them read it. Where
// a proxy is the one and the server behind it the other, one request can hide in another (request smuggling).
type HTTPAmbiguity struct {
	Kind   string      `json:"kind"`            // what is ambiguous: content_length_and_te, te_disguised, …
	Detail string      `json:"detail,omitzero"` // particulars: how a field is hidden, where a chunk is odd
	Here   HTTPReading `json:"here"`            // how the message is read here
	Other  HTTPReading `json:"other"`           // how another reader may read it
}

// HTTPReading is how one reader finds the end of a message.
type HTTPReading struct {
	Framing string  `json:"framing"`          // what it goes by: none, content_length, chunked, until_close
	Bytes   *uint64 `json:"bytes,omitzero"`   // what it takes for the body, chunk framing included; absent when that cannot be told
	More    bool    `json:"more,omitzero"`    // and of what follows, an unknown number of bytes
	Refused bool    `json:"refused,omitzero"` // it accepts the message no further
	Next    string  `json:"next,omitzero"`    // beginning of what it takes for the next message, within the bytes read as body here
}
