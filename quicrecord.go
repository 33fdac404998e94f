package hanalyze

// QUIC tells of one QUIC connection (RFC 9000): what its packet headers show, and what its Initial packets say, which are
// protected with keys that everybody can derive. All else is encrypted.
type QUIC struct {
	Envelope
	Version            string          `json:"version,omitzero"`              // the version spoken: 1, 2, draft-29, Q043 …; 0x and digits for one without a name
	OfferedVersion     string          `json:"offered_version,omitzero"`      // the client's first packet had this one, when it is another
	DCID               string          `json:"dcid,omitzero"`                 // Destination Connection ID of the client's first Initial, in hexadecimal
	SCID               string          `json:"scid,omitzero"`                 // connection ID the client chose; absent when it is empty or unknown
	ServerCID          string          `json:"server_cid,omitzero"`           // connection ID the server chose
	TokenBytes         uint64          `json:"token_bytes,omitzero"`          // token in the client's first Initial seen: of an earlier connection, or of a Retry that was not seen
	TokenFrom          string          `json:"token_from,omitzero"`           // earlier_connection, where that is certain
	Retry              bool            `json:"retry"`                         // the server asked the client to prove its address (RFC 9000 §8.1.2)
	RetryPacket        *QUICRetry      `json:"retry_packet,omitzero"`         // the Retry packet that counts
	VersionNegotiation bool            `json:"version_negotiation"`           // the server does not speak the version that the client began with
	SupportedVersions  []string        `json:"supported_versions,omitzero"`   // what it speaks, from its Version Negotiation packet
	AvailableVersions  []string        `json:"available_versions,omitzero"`   // what the client speaks, from its version_information (RFC 9368)
	Packets            QUICPackets     `json:"packets"`                       // packets of both ends
	Client             QUICEnd         `json:"client_sent"`                   // what the client sent
	Server             QUICEnd         `json:"server_sent"`                   // what the server sent
	Parameters         []QUICParameter `json:"transport_parameters,omitzero"` // the client's, in wire order; the server's are encrypted
	TLS                *TLS            `json:"tls,omitzero"`                  // the handshake in it
	Handshake          Span            `json:"handshake_ms,omitzero"`         // from the client's first packet to its first one with the final keys
	ServerRTT          Span            `json:"server_rtt_ms,omitzero"`        // from the client's first packet to the server's first one: round trip from the capture to the server
	ClientRTT          Span            `json:"client_rtt_ms,omitzero"`        // from the server's first packet to the client's next one: round trip from the capture to the client
	Amplification      *QUICLimit      `json:"amplification,omitzero"`        // the server had to wait for the client because of the limit of RFC 9000 §8.1
	Close              *QUICClose      `json:"close,omitzero"`                // CONNECTION_CLOSE in an Initial packet; later ones are encrypted
	StatelessReset     *QUICReset      `json:"stateless_reset,omitzero"`      // one end no longer knew the connection (RFC 9000 §10.3)
	Spin               *QUICSpin       `json:"spin,omitzero"`                 // round trips by the spin bit (RFC 9000 §17.4), where both ends take part
	Unheard            *QUICUnheard    `json:"unheard,omitzero"`              // at the end one end went on sending and got nothing back
	LedBy              *QUICLedBy      `json:"led_by,omitzero"`               // what told the client before that the server speaks HTTP/3
	Established        bool            `json:"established"`                   // the client sent packets with the final keys: the handshake went through
	Missing            Missing         `json:"missing"`
}

// RecordType returns "quic".
func (*QUIC) RecordType() string { return "quic" }

// QUICPackets counts packets by type. Several may share a datagram.
type QUICPackets struct {
	Initial            uint64 `json:"initial"`
	ZeroRTT            uint64 `json:"zero_rtt"`
	Handshake          uint64 `json:"handshake"`
	OneRTT             uint64 `json:"one_rtt"` // with the short header
	Retry              uint64 `json:"retry,omitzero"`
	VersionNegotiation uint64 `json:"version_negotiation,omitzero"`
	Other              uint64 `json:"other,omitzero"` // of a version whose packet types are not known
}

// QUICEnd is what one end sent.
type QUICEnd struct {
	Datagrams        uint64      `json:"datagrams"`
	Bytes            uint64      `json:"bytes"`              // in all datagrams, UDP header not counted
	MaxDatagramBytes uint64      `json:"max_datagram_bytes"` // largest datagram; a probe among them may not have arrived
	Packets          QUICPackets `json:"packets"`
	CryptoBytes      uint64      `json:"initial_crypto_bytes,omitzero"`    // handshake bytes in Initial packets, each counted once
	Retransmitted    uint64      `json:"initials_retransmitted,omitzero"`  // Initial packets with nothing but handshake bytes that had come before
	Acks             uint64      `json:"initial_acks,omitzero"`            // ACK frames in Initial packets
	Pings            uint64      `json:"initial_pings,omitzero"`           // PING frames in Initial packets
	PaddingBytes     uint64      `json:"initial_padding_bytes,omitzero"`   // PADDING in Initial packets
	Undecipherable   uint64      `json:"initials_undecipherable,omitzero"` // Initial packets that none of the keys opens
	Probes           *QUICProbes `json:"mtu_probes,omitzero"`              // datagrams that try whether the path carries more
}

// QUICRetry is a Retry packet.
type QUICRetry struct {
	Frame      uint64 `json:"frame"`         // its packet in the capture
	SCID       string `json:"scid,omitzero"` // the connection ID to go on with
	TokenBytes uint64 `json:"token_bytes"`
	Integrity  string `json:"integrity"` // valid, invalid, or unknown: its tag cannot be checked
}

// QUICParameter is a transport parameter (RFC 9000 §18).
type QUICParameter struct {
	Name  string  `json:"name"`           // IANA name, grease, or 0x and digits
	Value *uint64 `json:"value,omitzero"` // of a parameter that is a number
	Data  string  `json:"data,omitzero"`  // of any other, in hexadecimal
}

// QUICLimit tells that the server had used up what it may send before it knows that the client's address is real.
type QUICLimit struct {
	ClientBytes uint64 `json:"client_bytes"`     // the client had sent by then
	ServerBytes uint64 `json:"server_bytes"`     // the server had sent, at most three times as much
	Wait        Span   `json:"wait_ms,omitzero"` // how long it waited for the client's next datagram
	Basis       Basis  `json:"basis,omitzero"`
}

// QUICClose is a CONNECTION_CLOSE frame in the clear.
type QUICClose struct {
	Frame     uint64 `json:"frame"`               // its packet in the capture
	By        string `json:"by"`                  // client or server
	Code      string `json:"code"`                // IANA name in upper case, or 0x and digits
	Alert     string `json:"alert,omitzero"`      // of CRYPTO_ERROR: the TLS alert
	FrameType string `json:"frame_type,omitzero"` // the frame that was at fault
	Reason    string `json:"reason,omitzero"`     // reason phrase
}

// QUICReset tells of what looks like a stateless reset. The server's token is encrypted, so that only the client can know.
type QUICReset struct {
	Frame   uint64 `json:"frame"`          // its packet in the capture, of several the first
	By      string `json:"by"`             // client or server
	Packets uint64 `json:"packets"`        // how many end in the same token: two are hardly chance, one may be a damaged packet
	Basis   Basis  `json:"basis,omitzero"` // always inferred
}

// QUICSpin summarises round trips measured by the spin bit. Acknowledgments that an end kept back are in them, as they are
// in what the ends measure.
type QUICSpin struct {
	RTT    RTT    `json:"rtt"`          // from end to end and back
	Server RTT    `json:"server_rtt"`   // from the capture to the server and back
	Client RTT    `json:"client_rtt"`   // from the capture to the client and back
	Odd    uint64 `json:"odd,omitzero"` // turns of the bit out of order, which measure nothing: packets were lost or reordered
	Basis  Basis  `json:"basis,omitzero"`
}

// QUICProbes tells of datagrams that look like path MTU probes (RFC 9000 §14.3): larger than all before, each alone.
type QUICProbes struct {
	Count    uint64 `json:"count"`     // sizes tried
	MaxBytes uint64 `json:"max_bytes"` // the largest
	Used     bool   `json:"used"`      // datagrams of that size became usual later, so it arrived
	Basis    Basis  `json:"basis,omitzero"`
}

// QUICUnheard tells that an end sent its last datagrams into silence.
type QUICUnheard struct {
	Frame     uint64 `json:"frame"`              // the first of them
	By        string `json:"by"`                 // client or server: who went on sending
	Datagrams uint64 `json:"datagrams"`          // how many had no answer
	Lasted    Span   `json:"lasted_ms,omitzero"` // from the first of them to the last
	Basis     Basis  `json:"basis,omitzero"`
}

// QUICLedBy is what told the client that it can use HTTP/3 there.
type QUICLedBy struct {
	Kind  string `json:"kind"`  // https_record (RFC 9460) or alt_svc (RFC 7838)
	Frame uint64 `json:"frame"` // where that was told first
	Conn  uint64 `json:"conn"`  // on which connection
}

// QUICPath is a UDP flow whose packets look like short headers of QUIC (RFC 9000 §17.3), which many things do. If one is sent
// to a connection ID that is known, it is how a connection went on after its client got another address. Like a Notice it
// is never printed: the story finds the connection, and the findings tell.
type QUICPath struct {
	Envelope
	To      [2]string // by direction: where a connection ID would begin, in hexadecimal; "" without such a packet
	Bytes   [2]int    // by direction: the size of that datagram
	Of      uint64    // the conn of the connection, 0 when there is none
	From    string    // the client's address before
	Guessed bool      // no connection ID tells so, but the time and the sizes of the first datagrams
}

// QUICPathBytes is how many bytes of a packet QUICPath.To tells: the longest connection ID.
const QUICPathBytes = 20

// RecordType returns "notice".
func (*QUICPath) RecordType() string { return "notice" }
