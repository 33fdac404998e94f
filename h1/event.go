// Package h1 reads HTTP/0.9, 1.0 and 1.1 (RFC 9110, RFC 9112) from the bytes of a connection as a push parser: bytes
// are fed, events come out. It describes what peers do, so it refuses almost nothing; what the RFCs forbid is noted.
package h1

import (
	"hanalyze"
	"hanalyze/semantics"
)

// Kind says what an Event tells.
type Kind uint8

// The kinds of events. Every MessageBegin is followed by one MessageEnd of the same direction. A message without a
// RequestHead or ResponseHead between the two was lost, cut or not HTTP before its start line was complete.
const (
	MessageBegin Kind = iota + 1 // the first byte of a request or response
	RequestHead                  // start line and headers of a request
	ResponseHead                 // start line and headers of a response, interim ones included
	Body                         // bytes of the body without chunk framing
	BodyGap                      // N bytes of the body are missing from the capture, -1: nobody knows how many
	Trailers                     // trailer fields; absent when there are none
	MessageEnd                   // the message is over; How says whether it is whole
	Switch                       // the connection goes on in another protocol from here; nothing more is taken
	Malformed                    // Code says what is wrong, or which limit was reached
	StartFound                   // after a loss, what may be a start line; a MessageBegin at the same Offset confirms it
)

var kindNames = [...]string{"", "message_begin", "request_head", "response_head", "body", "body_gap", "trailers", "message_end", "switch", "malformed", "start_found"}

// String returns the lower_snake name.
func (k Kind) String() string { return kindNames[k] }

// Event is one thing the parser found out. The Event, Headers and Data are borrowed: they are overwritten after emit
// returns, but see Headers. Strings own their memory; those of several heads share a piece of it. Fields not named for a kind
// are zero.
type Event struct {
	Kind   Kind
	Dir    hanalyze.Dir
	Offset int64 // in the bytes of Dir: where the thing begins; where the message stops for MessageEnd and Switch

	// Exchange is the 1-based ordinal, on the connection, of the request the message is or answers; 0 only on a
	// Malformed outside of messages. A response whose request was not seen gets an ordinal of its own and Pairing
	// Unpaired. Answers come in order: once one begins that is paired, earlier exchanges get none any more.
	Exchange uint64
	Pairing  Pairing // of responses

	// RequestHead.
	Method    string
	Target    string // as sent: origin, absolute or authority form, or "*" (RFC 9112 §3.2)
	Pipelined bool   // begun before the previous answer was seen complete; also on the request's MessageBegin

	// ResponseHead.
	Status  uint16 // 0 for HTTP/0.9
	Reason  string // without the space before it
	Interim bool   // 1xx other than 101: the answer proper is still to come
	Dropped uint64 // of an Unpaired one: exchanges up to this are answered by none that comes, as far as can be known

	// RequestHead and ResponseHead. Of a Truncated head they tell what its known part says.
	Version       string  // "1.1", "1.0", "0.9"; "" when its end of the start line is missing
	HeadBytes     int64   // start line, headers and the empty line, as far as seen
	Framing       Framing // also of MessageEnd: the next bytes may have shown that a guess at the request was wrong
	ContentLength int64   // as declared, used or not; -1 when absent or invalid
	Persistent    bool    // RFC 9112 §9.3; for a response its request has its say too; false for a Truncated head, which may ask for the end
	Notes         Notes

	// Upgrade is the first protocol of the Upgrade field, lower case: "websocket", "h2c", "tls/1.0". For Switch it is
	// the protocol switched to, "tunnel" after CONNECT.
	Upgrade string

	// Headers are those of heads and Trailers in wire order. emit may keep the list if it puts another one, or none, in its
	// place, which is used for the next head.
	Headers []hanalyze.Header
	Known   *semantics.Section // RequestHead and ResponseHead, except of HTTP/0.9: the known fields of Headers; borrowed

	Data []byte // Body: borrowed until emit returns
	N    int64  // BodyGap: bytes missing, -1 when unknown

	// MessageEnd.
	How       How
	BodyBytes int64 // without chunk framing, known missing bytes included
	WireBytes int64 // everything after the head: chunk framing and trailers included
	LostBytes int64 // of BodyBytes, how many the capture lacks
	Chunks    int64 // without the last, empty one

	// Malformed.
	Code   Code
	Detail string

	// Ambiguity comes with the Malformed that tells of it, as far as its readings are known there, and again with the
	// MessageEnd of that message. It is not overwritten.
	Ambiguity *Ambiguity
}

// Pairing says how sure it is that a response answers the request of its Exchange.
type Pairing uint8

// A pair is certain only while no byte of the connection was lost or misread: answers come in the order of requests.
const (
	Unpaired Pairing = iota // no request was seen for it
	Certain
	Guessed
)

var pairingNames = [...]string{"unpaired", "certain", "guessed"}

// String returns the lower_snake name.
func (p Pairing) String() string { return pairingNames[p] }

// How says how a message ended.
type How uint8

// The ends of a message. Complete and UntilClose are whole messages.
const (
	Complete   How = iota
	UntilClose     // the body lasted until its direction ended, as its framing says
	EndGap         // bytes are missing from the capture
	EndCut         // the direction ended first
	EndLimit       // a limit of this package was reached
	EndBroken      // the message breaks the grammar so that its end cannot be told
)

var howNames = [...]string{"complete", "until_close", "gap", "cut", "limit", "broken"}

// String returns the lower_snake name.
func (h How) String() string { return howNames[h] }

// Code is the stable identifier of something malformed. Codes that begin with "limit_" report a limit of this package.
type Code string

// What Malformed events report.
const (
	BadStartLine     Code = "bad_start_line"          // bytes where a start line was due
	ExtraBytes       Code = "extra_bytes"             // bytes after a message that begin no other; told once for each direction
	NotHTTP          Code = "not_http"                // nothing that reads like HTTP for so long that the direction is given up
	LengthAndChunked Code = "content_length_and_te"   // both framings declared; Transfer-Encoding counts if it is chunked
	LengthConflict   Code = "content_length_conflict" // several different lengths; the first counts
	LengthInvalid    Code = "content_length_invalid"  // not a number, or above 2^62
	LengthOctal      Code = "content_length_octal"    // a leading zero that makes it another number for readers of C
	CodingNotFinal   Code = "te_not_chunked"          // the last transfer coding of a request is not chunked
	CodingDisguised  Code = "te_disguised"            // a Transfer-Encoding that not everybody takes for chunked, or only some do
	CodingRepeated   Code = "te_chunked_twice"        // chunked applied more than once
	CodingInHTTP10   Code = "te_in_http10"            // Transfer-Encoding in HTTP/1.0
	FieldHidden      Code = "hidden_field"            // a Content-Length or Transfer-Encoding that not every reader sees
	ExpectOdd        Code = "expect_odd"              // an Expect without a body, or one that not everybody takes for 100-continue
	BodyIsRequest    Code = "body_is_request"         // a request body begins like a request
	BodyForbidden    Code = "body_after_bodyless"     // bytes after a response that has no body, which declares one
	ChunkSize        Code = "chunk_size"              // a chunk does not begin with a size
	ChunkSizeOdd     Code = "chunk_size_odd"          // a chunk size that only some readers accept
	ChunkLineEnd     Code = "chunk_line_end"          // a chunk's line ends where not every reader takes it to end
	ChunkEnd         Code = "chunk_end"               // a chunk does not end with a line end
	TrailerIsRequest Code = "trailer_is_request"      // a trailer section begins like a request
	TrailerFrames    Code = "trailer_frames"          // Content-Length, Transfer-Encoding or Host as a trailer, RFC 9110 §6.5.1
	UnexpectedSwitch Code = "unexpected_101"          // 101 to a request that offered no upgrade
	LimitStartLine   Code = "limit_start_line"        // a start line longer than maxStartLine
	LimitHead        Code = "limit_head"              // a head longer than maxHead
	LimitHeaders     Code = "limit_headers"           // more than maxHeaders headers; the rest frames but is not listed
	LimitTrailers    Code = "limit_trailers"          // a trailer section longer than maxTrailers
	LimitChunkLine   Code = "limit_chunk_line"        // a chunk's size line longer than maxChunkLine
	LimitOutstanding Code = "limit_outstanding"       // more than maxOutstanding unanswered requests; told once
)

// Verdict is the answer of Sniff.
type Verdict uint8

// The verdicts.
const (
	No    Verdict = iota
	Maybe         // more bytes are needed
	Yes
)

// The limits of one direction's memory and patience.
const (
	// maxStartLine bounds a start line. RFC 9112 §3 asks for at least 8000 bytes; servers stop at 8 to 32 KiB.
	maxStartLine = 64 << 10

	// maxHead bounds a message head, and with it the carry. nginx allows 32k in all, Apache 8k a line; some gateways
	// for single sign-on are known to pass 200 KiB.
	maxHead = 256 << 10

	// maxHeaders bounds the headers listed for one message. Apache takes 100, Tomcat 100, Jetty as many as fit.
	maxHeaders = 1000

	// maxTrailers bounds a trailer section, which in practice holds a checksum or a status.
	maxTrailers = 64 << 10

	// maxChunkLine bounds a chunk's size line with its extensions; nothing of it is kept. Go allows 4 KiB.
	maxChunkLine = 16 << 10

	// maxLength bounds Content-Length and chunk sizes, so that sums of two cannot overflow an int64.
	maxLength = 1 << 62

	// maxMethod bounds a method, so that text of other protocols is recognised early. The longest of the IANA registry
	// (BASELINE-CONTROL, UPDATEREDIRECTREF) have 17 bytes.
	maxMethod = 32

	// maxOutstanding bounds the requests that wait for an answer. Clients that pipeline at all send a few dozen; a
	// capture of one direction only never answers any.
	maxOutstanding = 1024

	// maxStray bounds the search for a first message: what is not HTTP for so long is something else.
	maxStray = 64 << 10

	// maxHunt bounds the search for the next message once the direction has spoken HTTP: the body of a lost head may
	// be long.
	maxHunt = 16 << 20

	// keepCarry is the capacity a carry keeps between messages: heads that come in two segments are mostly below it.
	keepCarry = 4 << 10
)
