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
	ClientSide  Side         `json:"client"`               // joined to the envelope's client object
	ServerSide  Side         `json:"server"`               // joined to the envelope's server object
	Duration    Span         `json:"duration_ms"`          // from the first to the last packet
	Orientation Orientation  `json:"orientation"`          // how it was decided who is the client
	TCP         *TCPConn     `json:"tcp,omitzero"`         // TCP only
	HTTP        *HTTPUse     `json:"http,omitzero"`        // what HTTP used it for
	HTTP2       *HTTP2Conn   `json:"http2,omitzero"`       // HTTP/2 only, where it could be read
	Lookup      *ConnLookup  `json:"lookup,omitzero"`      // the answer of the DNS that named the server's address to the client
	Unreachable *Unreachable `json:"unreachable,omitzero"` // an ICMP error answered a packet of the flow: the first one
	History     string       `json:"history,omitzero"`     // Zeek's history letters
	ZeekState   string       `json:"zeek_state,omitzero"`  // Zeek's conn_state
	Missing     Missing      `json:"missing"`
}

// RecordType returns "conn".
func (*Conn) RecordType() string { return "conn" }

// MarshalText makes encoding/json print the name.
func (o Orientation) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText makes encoding/json print the name.
func (d Dir) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// TCPConn is the account of a TCP connection.
type TCPConn struct {
	Handshake        TCPHandshake    `json:"handshake"`           // the opening
	Close            TCPClose        `json:"close"`               // the end
	Steps            []TCPStep       `json:"steps"`               // segments that opened or closed it, at most MaxTCPSteps
	Retransmissions  Retransmissions `json:"retransmissions"`     // segments sent again
	OutOfOrder       uint64          `json:"out_of_order"`        // segments that came after later ones
	DuplicateAcks    uint64          `json:"duplicate_acks"`      // ACKs that repeat the last one while data is outstanding
	ZeroWindows      uint64          `json:"zero_windows"`        // segments that closed the receive window
	WindowFull       uint64          `json:"window_full"`         // segments that filled the receive window
	KeepAlives       uint64          `json:"keep_alives"`         // keep-alive probes
	DuplicatePackets uint64          `json:"duplicate_packets"`   // packets captured twice
	GapBytes         uint64          `json:"gap_bytes"`           // bytes acknowledged but never seen: missing from the capture
	LostBytes        uint64          `json:"lost_bytes,omitzero"` // bytes never seen, never acknowledged and never sent again: lost on the way
	RTT              *RTT            `json:"rtt,omitzero"`        // data to ACK, seen from the capture point, both directions
	Client           *TCPSide        `json:"client,omitzero"`     // what the client did
	Server           *TCPSide        `json:"server,omitzero"`     // what the server did
	Phases           *TCPPhases      `json:"phases,omitzero"`     // how long each phase took
	Incidents        []TCPIncident   `json:"incidents,omitzero"`  // what disturbed or delayed it, one per kind and end
}

// TCPSide is what one end did, as a sender of bytes and as the receiver of its peer's.
type TCPSide struct {
	StreamBytes     uint64           `json:"stream_bytes"`                 // payload bytes it was seen to send, each counted once
	ResentBytes     uint64           `json:"resent_bytes,omitzero"`        // payload bytes it sent again
	Retransmissions *Retransmissions `json:"retransmissions,omitzero"`     // of its segments
	OutOfOrder      uint64           `json:"out_of_order,omitzero"`        // of its segments
	GapBytes        uint64           `json:"gap_bytes,omitzero"`           // of its bytes, acknowledged but never seen
	LostBytes       uint64           `json:"lost_bytes,omitzero"`          // of its bytes, never seen, acknowledged or sent again
	MaxSegment      uint64           `json:"max_segment_bytes,omitzero"`   // largest payload of a segment it sent
	MaxInFlight     uint64           `json:"max_in_flight_bytes,omitzero"` // most bytes it had sent that were not acknowledged
	WindowFull      uint64           `json:"window_full,omitzero"`         // its segments that filled the peer's window
	WindowProbes    uint64           `json:"window_probes,omitzero"`       // its probes of the peer's closed window
	WindowProbeAcks uint64           `json:"window_probe_acks,omitzero"`   // its answers to the peer's window probes
	KeepAlives      uint64           `json:"keep_alives,omitzero"`         // its keep-alive probes
	KeepAliveAcks   uint64           `json:"keep_alive_acks,omitzero"`     // its answers to the peer's keep-alive probes
	RTT             *RTT             `json:"rtt,omitzero"`                 // its data to the peer's ACK
	Throughput      uint64           `json:"throughput_bps,omitzero"`      // payload bits per second between its first and its last data, repetitions included
	Goodput         uint64           `json:"goodput_bps,omitzero"`         // the same without repetitions
	MinWindow       *uint64          `json:"min_window_bytes,omitzero"`    // smallest receive window it offered after its SYN
	MaxWindow       *uint64          `json:"max_window_bytes,omitzero"`    // largest receive window it offered after its SYN
	ZeroWindows     uint64           `json:"zero_windows,omitzero"`        // times it closed its receive window
	WindowUpdates   uint64           `json:"window_updates,omitzero"`      // segments it sent only to offer a larger window
	DuplicateAcks   uint64           `json:"duplicate_acks,omitzero"`      // ACKs it sent that repeat the last one
	SACKs           uint64           `json:"sacks,omitzero"`               // its ACKs with selective acknowledgments, RFC 2018
	DSACKs          uint64           `json:"dsacks,omitzero"`              // its reports of bytes received twice, RFC 2883
}

// TCPPhases tells how long each phase of a connection took; a phase that was not reached, or not captured, is absent.
type TCPPhases struct {
	Handshake Span `json:"handshake_ms,omitzero"` // first SYN to the ACK that completes the opening
	Data      Span `json:"data_ms,omitzero"`      // first to last payload
	Teardown  Span `json:"teardown_ms,omitzero"`  // first FIN or RST to the last packet
	MaxIdle   Span `json:"max_idle_ms,omitzero"`  // longest silence of both ends
}

// TCPIncident is what one end did, or suffered, that disturbed or delayed a connection: one kind, all occurrences together.
type TCPIncident struct {
	Kind   string   `json:"kind"`              // what it was, see the constants
	By     string   `json:"by"`                // client or server: whose doing it was
	Count  uint64   `json:"count"`             // how often
	Bytes  uint64   `json:"bytes,omitzero"`    // payload bytes concerned
	Total  Span     `json:"total_ms,omitzero"` // time it cost, all occurrences together
	Max    Span     `json:"max_ms,omitzero"`   // time the longest occurrence cost
	Frames []uint64 `json:"frames"`            // the first packets that show it, at most MaxIncidentFrames
}

// MaxIncidentFrames bounds TCPIncident.Frames: enough to find the place, and the count tells the rest.
const MaxIncidentFrames = 8

// The kinds of incidents. By is the sender of the packets unless told otherwise.
const (
	IncidentTimeout      = "retransmission_timeout"  // resent after a timeout; time: how long nothing moved before
	IncidentFast         = "fast_retransmission"     // resent because the receiver signalled the loss
	IncidentTailProbe    = "tail_loss_probe"         // the last segment resent early to learn whether it arrived, RFC 8985 §7
	IncidentSpurious     = "spurious_retransmission" // resent although the first copy had arrived
	IncidentResent       = "retransmission"          // resent, and nothing in the capture says why
	IncidentOutOfOrder   = "out_of_order"            // overtaken on the way; time: how late it came
	IncidentDuplicate    = "duplicate_packet"        // captured twice
	IncidentGap          = "capture_gap"             // bytes the receiver acknowledged and the capture lacks
	IncidentLost         = "lost_bytes"              // bytes neither seen nor acknowledged when the connection ended
	IncidentHeadOfLine   = "head_of_line"            // later bytes had arrived and waited behind missing ones; time: how long
	IncidentZeroWindow   = "zero_window"             // the receive window it offered was closed; time: how long; packets: what closed and what opened it
	IncidentWindowFull   = "window_full"             // it filled the peer's window and had to wait; time: until the window moved
	IncidentWindowProbe  = "window_probe"            // it asked whether the closed window is open again
	IncidentSillyWindow  = "silly_window"            // it offered, or used, a window too small to be worth a segment, RFC 9293 §3.8.6.2
	IncidentNoScaling    = "no_window_scaling"       // its missing window scale option bounds what can be in flight
	IncidentDelayedAck   = "delayed_ack"             // its delayed ACK held back a peer that waits for it (Nagle); time: how long
	IncidentKeepAlive    = "keep_alive"              // it probed an idle connection
	IncidentIdle         = "idle"                    // both ends were silent; by: who spoke next; time: how long
	IncidentStaleSYN     = "stale_syn"               // a SYN of an older connection arrived
	IncidentChallengeACK = "challenge_ack"           // it answered an unacceptable SYN or RST with an ACK, RFC 5961 §3
	IncidentInvalidReset = "invalid_reset"           // a RST that a careful receiver ignores
	IncidentImplausible  = "implausible"             // sequence numbers no window allows: another connection's, or forged
	IncidentHalfOpen     = "half_open"               // it had forgotten the connection: it answered data with a RST or a SYN
	IncidentBadChecksum  = "bad_checksum"            // the checksum is wrong and not left to the hardware
)

// MaxTCPSteps bounds TCPConn.Steps: a normal connection has 7; retried SYNs and RST storms can have any number.
const MaxTCPSteps = 64

// TCPHandshake tells how a connection was opened.
type TCPHandshake struct {
	Kind          string    `json:"kind"`                    // three_way, simultaneous, incomplete, refused or mid_stream
	RTT           Span      `json:"rtt_ms,omitzero"`         // SYN to the final ACK
	ClientRTT     Span      `json:"client_rtt_ms,omitzero"`  // SYN-ACK to ACK: the client's side of the capture point
	ServerRTT     Span      `json:"server_rtt_ms,omitzero"`  // SYN to SYN-ACK: the server's side of the capture point
	SynRetries    uint64    `json:"syn_retries"`             // SYNs sent again
	SynAckRetries uint64    `json:"synack_retries"`          // SYN-ACKs sent again
	Client        *TCPOffer `json:"client,omitzero"`         // what the client's SYN offered
	Server        *TCPOffer `json:"server,omitzero"`         // what the server's SYN-ACK offered
	TFO           string    `json:"tfo"`                     // TCP Fast Open: none, cookie_request, data_on_syn or accepted
	SynBackoff    []Span    `json:"syn_backoff_ms,omitzero"` // time between one SYN and the next, at most MaxBackoff
}

// MaxBackoff bounds TCPHandshake.SynBackoff: Linux sends six SYNs more, Windows four.
const MaxBackoff = 8

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
	CloseWait Span         `json:"close_wait_ms,omitzero"` // time the second end spent in CLOSE-WAIT: between its ACK of the first FIN and its own
	FinWait2  Span         `json:"fin_wait_2_ms,omitzero"` // time the first end spent in FIN-WAIT-2
	Reset     *TCPReset    `json:"reset,omitzero"`         // the RST that ended it
	TimeWait  *TCPTimeWait `json:"time_wait,omitzero"`     // inferred
}

// TCPReset tells of the RST that ended a connection.
type TCPReset struct {
	By        string        `json:"by"`                    // client or server, by its address
	Frame     uint64        `json:"frame"`                 // packet
	Phase     string        `json:"phase"`                 // handshake, data or teardown: when it came
	After     string        `json:"after"`                 // what came just before it: nothing, syn, syn_ack, handshake, data, unread_data, acknowledgment, idle, fin, client_hello or request
	Silence   Span          `json:"silence_ms"`            // time since the packet before it
	Unread    uint64        `json:"unread_bytes,omitzero"` // bytes its receiver had sent that its sender had not acknowledged
	Count     uint64        `json:"count"`                 // RSTs seen, of both ends
	Injection *TCPInjection `json:"injection,omitzero"`    // signs that somebody else sent it
}

// TCPInjection tells why a RST may come from neither end.
type TCPInjection struct {
	Confidence string   `json:"confidence"` // low, medium or high
	Evidence   []string `json:"evidence"`   // ttl, ip_id, sequence, options: what is unlike the end it claims to be; spoke_after: that went on after it
}

// Unreachable is an ICMP error that answered a packet of a flow.
type Unreachable struct {
	Frame  uint64 `json:"frame"`         // packet of the ICMP message
	TS     Time   `json:"ts"`            // its time
	From   string `json:"from"`          // who says so: the host itself or a router
	Reason string `json:"reason"`        // what it says
	Type   uint8  `json:"icmp_type"`     // ICMP or ICMPv6 type
	Code   uint8  `json:"icmp_code"`     // its code
	Hard   bool   `json:"hard,omitzero"` // it says that nothing gets through; others concern one packet, or will pass
	MTU    uint32 `json:"mtu,omitzero"`  // the smallest link MTU told, where packets were too big for it
	Count  uint64 `json:"count"`         // ICMP errors about the flow
}

// TCPTimeWait tells who must remember the connection, and for how long.
type TCPTimeWait struct {
	Side    string `json:"side"`           // client, server or both
	From    Time   `json:"from"`           // when it began
	Assumed Span   `json:"assumed_ms"`     // assumed 2MSL
	Basis   Basis  `json:"basis,omitzero"` // inferred: nothing on the wire says it
	Ended   string `json:"ended,omitzero"` // how it was cut short, if that was seen: reused by a new SYN, or assassinated by a RST (RFC 1337)
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

// Retransmissions counts segments sent again. Each has one cause; the sum of all but the spurious are losses.
type Retransmissions struct {
	Total         uint64 `json:"total"`                    // all; the others add up to it
	RTO           uint64 `json:"rto"`                      // after a timeout, and what the recovery from it sends
	Fast          uint64 `json:"fast"`                     // after duplicate ACKs or SACK
	TailLossProbe uint64 `json:"tail_loss_probe,omitzero"` // the last segment again, to learn early whether it was lost (RFC 8985 §7)
	Spurious      uint64 `json:"spurious"`                 // needless: the receiver had the bytes (by ACK, D-SACK or timestamp)
	Other         uint64 `json:"other,omitzero"`           // nothing in the capture says why
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
