package h2

import "hanalyze"

// Event is something that happened on a connection. The Conn reuses one Event for all: it and Data are borrowed until
// emit returns. Fields, Settings, Detail and all other strings own their memory.
type Event struct {
	Kind     Kind
	Dir      hanalyze.Dir // who sent it
	StreamID uint32       // 0 is the connection itself
	Ordinal  uint64       // 1-based ordinal of the frame in its direction, as far as frames were seen; 0 before the first
	Offset   int64        // where the frame begins in its direction's bytes, gaps of known length included
	At       int64        // offset behind the last byte that it took: the end of the frame, of its header, or of Data
	Missing  hanalyze.Missing

	Frame *Frame // KindFrame: borrowed like the Event

	Late bool // KindHeadBegin: the stream is closed, and what was sent before its sender knew comes late

	Role        Role              // KindHeaders
	Fields      []hanalyze.Header // KindHeaders: wire order, pseudo-fields included
	HeaderBytes int               // KindHeaders: field block on the wire, without padding and frame headers
	ListBytes   uint64            // KindHeaders: size of the fields by RFC 9113 §6.5.2: names, values, and 32 for each; those left out included
	Status      uint16            // KindHeaders: :status of a response, 0 when unknown
	EndStream   bool              // KindHeaders: nothing follows in this direction

	Data []byte // KindData: a piece of the body; KindGoAway: debug data; borrowed
	N    int64  // KindGap, KindResync, KindTruncated: bytes missing or skipped, -1 unknown

	Settings     []hanalyze.HTTP2Setting // KindSettings
	ErrorCode    ErrorCode               // KindReset, KindGoAway
	LastStreamID uint32                  // KindGoAway

	Code   Code   // KindMalformed
	Detail string // KindMalformed: where and what; KindGoAway: debug data in printable form
}

// Kind says what an Event tells and which of its fields are set, besides Dir, StreamID, Ordinal, Offset and Missing.
type Kind uint8

// The kinds of events.
const (
	// KindPreface: the client's connection preface (RFC 9113 §3.4) is complete.
	KindPreface Kind = iota + 1

	// KindHeadBegin: the frame header of a HEADERS frame is complete; the moment a head begins to arrive.
	KindHeadBegin

	// KindFrame: Frame. A DATA frame is told when its header and pad length are there, any other when it is complete.
	// It comes before the events that tell what the frame means.
	KindFrame

	// KindHeaders: a field block is complete: Role, Fields, HeaderBytes, Status, EndStream. StreamID is the promised
	// stream for RolePush. Missing says that fields may be absent or unresolved.
	KindHeaders

	// KindData: Data, a piece of a body without padding, as it arrives.
	KindData

	// KindStreamEnd: the sender closed its side with END_STREAM.
	KindStreamEnd

	// KindReset: RST_STREAM with ErrorCode.
	KindReset

	// KindSettings: Settings; no settings is an empty frame. Acknowledgements are told as KindFrame only.
	KindSettings

	// KindGoAway: LastStreamID, ErrorCode, Data.
	KindGoAway

	// KindWindowShut: Dir has used up the flow-control window of the stream, or with StreamID 0 that of the connection, by
	// the DATA frame that is complete now. KindWindowOpen: it may go on. What may have passed unseen in a gap makes windows
	// uncertain, and nothing is told of them after one.
	KindWindowShut
	KindWindowOpen

	// KindGap: with a StreamID, N bytes of that stream's body are missing here (-1: any number, heads as well).
	// With StreamID 0, N bytes are missing and frame borders with them.
	KindGap

	// KindResync: after N skipped bytes frame borders were found again, or, mid-stream, for the first time.
	KindResync

	// KindEvicted: the stream was forgotten because of MaxStreams before it was closed.
	KindEvicted

	// KindTruncated: the direction ended N bytes before the end of a frame (-1: inside a frame header or preface).
	KindTruncated

	// KindMalformed: Code and Detail say what RFC 9113 or RFC 7541 forbids. The Conn goes on.
	KindMalformed
)

var kindNames = [...]string{"", "preface", "head_begin", "frame", "headers", "data", "stream_end", "reset", "settings", "goaway",
	"window_shut", "window_open", "gap",
	"resync", "evicted", "truncated", "malformed"}

// String returns the lower_snake name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// Role says what a field section is (RFC 9113 §8.1).
type Role uint8

// The roles of field sections.
const (
	RoleRequest  Role = iota + 1 // head of a request
	RoleInterim                  // head of a 1xx response
	RoleResponse                 // head of the final response
	RoleTrailers                 // trailers of a request or response
	RolePush                     // request that the server promised
)

var roleNames = [...]string{"", "request", "interim", "response", "trailers", "push"}

// String returns the lower_snake name.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return ""
}

// Code is the stable identifier of what is wrong.
type Code string

// The codes of KindMalformed.
const (
	BadFirstFrame    Code = "first_frame_not_settings" // RFC 9113 §3.4
	HTTP1Answer      Code = "http1_answer"             // the server answers the preface in HTTP/1
	BadSize          Code = "frame_size"               // the length does not fit the frame type, or exceeds the peer's limit
	BadStreamID      Code = "stream_id"                // stream 0 where a stream belongs, or the other way round, or a wrong number
	BadPadding       Code = "padding"                  // RFC 9113 §6.1
	BadContinuation  Code = "continuation"             // a field block was interrupted, or there was none to continue
	BadStreamState   Code = "stream_state"             // the frame is not allowed in the stream's state (RFC 9113 §5.1)
	BadSetting       Code = "setting"                  // value out of range (RFC 9113 §6.5.2)
	BadWindow        Code = "window_increment"         // zero increment, or one that makes the window too large (RFC 9113 §6.9)
	BadFlow          Code = "flow_control"             // more DATA than the windows allow (RFC 9113 §6.9.1)
	BadPriority      Code = "priority"                 // a stream depends on itself (RFC 7540 §5.3.1)
	BadPush          Code = "push"                     // sent by a client, or refused by the receiver's settings
	BadCompression   Code = "compression"              // RFC 7541
	BadFields        Code = "fields"                   // RFC 9113 §8.2 and §8.3
	BadContentLength Code = "content_length"           // RFC 9113 §8.1.1
	BadPayload       Code = "payload"                  // an extension frame's own format (RFC 7838, 8336, 9218)
)

// ErrorCode is an error code of RFC 9113 §7.
type ErrorCode uint32

// RefusedStream says that the stream was not processed at all (RFC 9113 §8.7).
const RefusedStream ErrorCode = 7

var errorNames = [...]string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
	"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY",
	"HTTP_1_1_REQUIRED"}

// String returns the IANA name, or 0x1a-style hexadecimal.
func (e ErrorCode) String() string {
	if int64(e) < int64(len(errorNames)) {
		return errorNames[e]
	}
	return hexName(uint32(e))
}
