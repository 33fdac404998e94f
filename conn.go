package hanalyze

// TCPState is a state of RFC 9293 §3.3.2, spelled as OpenTelemetry does.
type TCPState string

// The eleven states.
const (
	Listen      TCPState = "listen"
	SynSent     TCPState = "syn_sent"
	SynReceived TCPState = "syn_received"
	Established TCPState = "established"
	FinWait1    TCPState = "fin_wait_1"
	FinWait2    TCPState = "fin_wait_2"
	CloseWait   TCPState = "close_wait"
	Closing     TCPState = "closing"
	LastAck     TCPState = "last_ack"
	TimeWait    TCPState = "time_wait"
	Closed      TCPState = "closed"
)

// Conn tells of one TCP connection or UDP flow, when it ends.
type Conn struct {
	Envelope
	ClientSide  Side        `json:"client"`              // joined to the envelope's client object
	ServerSide  Side        `json:"server"`              // joined to the envelope's server object
	Duration    Span        `json:"duration_ms"`         // from the first to the last packet
	Orientation Orientation `json:"orientation"`         // how it was decided who is the client
	TCP         *TCPConn    `json:"tcp,omitzero"`        // TCP only
	History     string      `json:"history,omitzero"`    // Zeek's history letters
	ZeekState   string      `json:"zeek_state,omitzero"` // Zeek's conn_state
	Missing     Missing     `json:"missing"`
}

// RecordType returns "conn".
func (*Conn) RecordType() string { return "conn" }

// MarshalText makes encoding/json print the name.
func (o Orientation) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText makes encoding/json print the name.
func (d Dir) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// TCPConn is the account of a TCP connection.
type TCPConn struct {
	Handshake        TCPHandshake    `json:"handshake"`         // the opening
	Close            TCPClose        `json:"close"`             // the end
	Steps            []TCPStep       `json:"steps"`             // segments that opened or closed it, at most MaxTCPSteps
	Retransmissions  Retransmissions `json:"retransmissions"`   // segments sent again
	OutOfOrder       uint64          `json:"out_of_order"`      // segments that came after later ones
	DuplicateAcks    uint64          `json:"duplicate_acks"`    // ACKs that repeat the last one while data is outstanding
	ZeroWindows      uint64          `json:"zero_windows"`      // segments that closed the receive window
	WindowFull       uint64          `json:"window_full"`       // segments that filled the receive window
	KeepAlives       uint64          `json:"keep_alives"`       // keep-alive probes
	DuplicatePackets uint64          `json:"duplicate_packets"` // packets captured twice
	GapBytes         uint64          `json:"gap_bytes"`         // stream bytes missing from the capture
	RTT              *RTT            `json:"rtt,omitzero"`      // data to ACK, seen from the capture point
}

// MaxTCPSteps bounds TCPConn.Steps: a normal connection has 7; retried SYNs and RST storms can have any number.
const MaxTCPSteps = 64

// TCPHandshake tells how a connection was opened.
type TCPHandshake struct {
	Kind          string    `json:"kind"`                   // three_way, simultaneous, incomplete, refused or mid_stream
	RTT           Span      `json:"rtt_ms,omitzero"`        // SYN to the final ACK
	ClientRTT     Span      `json:"client_rtt_ms,omitzero"` // SYN-ACK to ACK: the client's side of the capture point
	ServerRTT     Span      `json:"server_rtt_ms,omitzero"` // SYN to SYN-ACK: the server's side of the capture point
	SynRetries    uint64    `json:"syn_retries"`            // SYNs sent again
	SynAckRetries uint64    `json:"synack_retries"`         // SYN-ACKs sent again
	Client        *TCPOffer `json:"client,omitzero"`        // what the client's SYN offered
	Server        *TCPOffer `json:"server,omitzero"`        // what the server's SYN-ACK offered
	TFO           string    `json:"tfo"`                    // TCP Fast Open: none, cookie_request, data_on_syn or accepted
}

// TCPOffer is what one end's SYN says.
type TCPOffer struct {
	ISN           uint32 `json:"isn"`                   // initial sequence number on the wire
	MSS           uint16 `json:"mss,omitzero"`          // maximum segment size, RFC 9293 §3.7.1
	WindowScale   *uint8 `json:"window_scale,omitzero"` // shift count, RFC 7323 §2
	SACKPermitted bool   `json:"sack_permitted"`        // RFC 2018
	Timestamps    bool   `json:"timestamps"`            // RFC 7323 §3
}

// TCPClose tells how a connection ended.
type TCPClose struct {
	Kind      string       `json:"kind"`                   // fin_4, fin_3_merged, simultaneous, half_closed, reset, refused, timeout or open
	By        string       `json:"by,omitzero"`            // who began it: client or server
	Segments  uint64       `json:"segments,omitzero"`      // segments the teardown took
	HalfClose Span         `json:"half_close_ms,omitzero"` // time between the first FIN and the second
	TimeWait  *TCPTimeWait `json:"time_wait,omitzero"`     // inferred
}

// TCPTimeWait tells who must remember the connection, and for how long.
type TCPTimeWait struct {
	Side    string `json:"side"`           // client, server or both
	From    Time   `json:"from"`           // when it began
	Assumed Span   `json:"assumed_ms"`     // assumed 2MSL
	Basis   Basis  `json:"basis,omitzero"` // inferred: nothing on the wire says it
}

// TCPStep is one segment that opened or closed the connection, and the states of both ends after it.
type TCPStep struct {
	Frame       uint64   `json:"frame"`           // packet
	TS          Time     `json:"ts"`              // its time
	Dir         Dir      `json:"dir"`             // c2s or s2c
	Flags       string   `json:"flags"`           // letters of FSRPAUEC in this order: "SA"
	Phase       string   `json:"phase"`           // handshake, data, teardown, reset or keep_alive
	Step        string   `json:"step"`            // syn, synack, ack, fin_1, fin_1_ack, fin_2, fin_2_ack or rst
	Merged      bool     `json:"merged,omitzero"` // the segment carries the ACK of fin_1 and fin_2
	Retry       uint64   `json:"retry,omitzero"`  // n-th repetition of the step
	ClientState TCPState `json:"client_state"`    // after the segment
	ServerState TCPState `json:"server_state"`    // after the segment
}

// Retransmissions counts segments sent again, by cause.
type Retransmissions struct {
	Total    uint64 `json:"total"`    // all
	RTO      uint64 `json:"rto"`      // after a timeout
	Fast     uint64 `json:"fast"`     // after duplicate ACKs or SACK
	Spurious uint64 `json:"spurious"` // of bytes the receiver had already acknowledged
}

// RTT summarises round-trip samples.
type RTT struct {
	Min     Span   `json:"min_ms"`
	P50     Span   `json:"p50_ms"`
	P95     Span   `json:"p95_ms"`
	Max     Span   `json:"max_ms"`
	Samples uint64 `json:"samples"` // number of samples
}

// TCPEvent tells of one segment that changed a state or a phase.
type TCPEvent struct {
	Envelope
	Dir         Dir      `json:"dir"`                        // c2s or s2c
	Flags       string   `json:"flags"`                      // letters of FSRPAUEC in this order: "SA"
	Phase       string   `json:"phase"`                      // handshake, data, teardown, reset or keep_alive
	Step        string   `json:"step,omitzero"`              // syn, synack, ack, fin_1, fin_1_ack, fin_2, fin_2_ack or rst
	Merged      bool     `json:"merged,omitzero"`            // the segment carries the ACK of fin_1 and fin_2
	Retry       uint64   `json:"retry,omitzero"`             // n-th repetition of the step
	ClientState TCPState `json:"client_state"`               // after the segment
	ServerState TCPState `json:"server_state"`               // after the segment
	Seq         int64    `json:"seq"`                        // relative to the sender's initial sequence number
	Ack         int64    `json:"ack"`                        // relative to the peer's
	Len         int64    `json:"len"`                        // payload bytes
	SincePrev   Span     `json:"since_previous_ms,omitzero"` // since the previous event of the connection
}

// RecordType returns "tcp_event".
func (*TCPEvent) RecordType() string { return "tcp_event" }
