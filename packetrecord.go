package hanalyze

// Packet tells of one packet of a flow. What only TCP has is absent for UDP.
type Packet struct {
	Envelope
	Dir         Dir         `json:"dir"`                        // c2s or s2c
	Flags       string      `json:"flags,omitzero"`             // letters of FSRPAUEC in this order: "SA"
	Seq         *int64      `json:"seq,omitzero"`               // relative to the sender's initial sequence number
	Ack         *int64      `json:"ack,omitzero"`               // relative to the peer's; absent without ACK
	Len         int64       `json:"len"`                        // payload bytes on the wire
	Window      *uint16     `json:"window,omitzero"`            // window field as sent
	WindowBytes *uint64     `json:"window_bytes,omitzero"`      // the receive window it offers; absent when the scale is not known
	Class       string      `json:"class,omitzero"`             // what its place in the sequence space makes of it
	Cause       string      `json:"cause,omitzero"`             // why it was sent again, as far as it shows at once: rto, fast, tail_loss_probe or spurious
	Phase       string      `json:"phase,omitzero"`             // handshake, data, teardown, reset or keep_alive
	Step        string      `json:"step,omitzero"`              // syn, synack, ack, fin_1, fin_1_ack, fin_2, fin_2_ack or rst
	Merged      bool        `json:"merged,omitzero"`            // it carries the ACK of fin_1 and fin_2
	Retry       uint64      `json:"retry,omitzero"`             // n-th repetition of the step
	ClientState TCPState    `json:"client_state,omitzero"`      // after the packet
	ServerState TCPState    `json:"server_state,omitzero"`      // after the packet
	SincePrev   Span        `json:"since_previous_ms,omitzero"` // since the previous packet of the flow, of either direction
	SACK        []SACKBlock `json:"sack,omitzero"`              // bytes of the peer it has beyond its acknowledgment, RFC 2018
	TSVal       *uint32     `json:"tsval,omitzero"`             // its timestamp, RFC 7323 §3.2
	TSEcr       *uint32     `json:"tsecr,omitzero"`             // the peer's timestamp it echoes
	TTL         uint8       `json:"ttl"`                        // IPv4 TTL or IPv6 hop limit
	IPID        *uint16     `json:"ip_id,omitzero"`             // IPv4 identification
}

// RecordType returns "packet".
func (*Packet) RecordType() string { return "packet" }

// SACKBlock is a range of bytes that a receiver says it has.
type SACKBlock struct {
	Left  int64 `json:"left"`  // first byte, relative to the initial sequence number of the end that sent them
	Right int64 `json:"right"` // the byte after the last one
}
