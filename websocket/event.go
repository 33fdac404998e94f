// Package websocket reads WebSocket (RFC 6455) with permessage-deflate (RFC 7692) from the bytes of a connection as a push
// parser: bytes are fed, events come out. It describes what peers do, so it goes on after what the RFCs forbid as long as
// frames keep their lengths. The opening handshake is judged by Check, from header fields alone.
package websocket

import "hanalyze"

// Kind says what an Event tells.
type Kind uint8

// The kinds of events. Every MessageBegin is followed by one MessageEnd of the same direction; control frames may come
// between them.
const (
	MessageBegin Kind = iota + 1 // the first frame of a text or binary message: Op, Compressed
	Data                         // Data: a piece of the message, unmasked and decompressed
	DataGap                      // N bytes of the message are not known
	MessageEnd                   // the message is over: Op, Compressed, Frames, WireBytes, Bytes, LostBytes, How
	Control                      // a ping or pong: Op, Data, LostBytes
	Close                        // a close frame: Code, Reason; Code is 0 when it has none or the capture lacks it (LostBytes)
	Lost                         // frame borders are lost from here on
	Resync                       // frame borders were found again after N bytes
	Unread                       // the direction ended N bytes after frame borders were lost
	Malformed                    // Violation and Detail say what RFC 6455 or 7692 forbids
)

var kindNames = [...]string{"", "message_begin", "data", "data_gap", "message_end", "control", "close", "lost", "resync", "unread", "malformed"}

// String returns the lower_snake name.
func (k Kind) String() string { return kindNames[k] }

// Event is one thing the parser found out. The Event and Data are borrowed: both are overwritten after emit returns.
// Strings own their memory. Fields not named for a kind are zero.
type Event struct {
	Kind   Kind
	Dir    hanalyze.Dir
	Offset int64 // in the bytes of Dir, gaps of known length included: where the frame begins that tells it

	Op         Opcode
	Compressed bool // permessage-deflate was applied

	Data []byte // borrowed until emit returns
	N    int64

	// MessageEnd.
	Frames    int64
	WireBytes int64 // payload as sent, what the capture lacks included; -1 when unknown
	Bytes     int64 // payload after decompression; -1 when unknown
	LostBytes int64 // of WireBytes, how many the capture lacks
	How       How

	// Close.
	Code   uint16 // as sent
	Reason string

	Violation Violation
	Detail    string
}

// Opcode is the type of a frame, RFC 6455 §5.2.
type Opcode uint8

// The opcodes in use; the others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xa
)

// String returns the lower_snake name, "reserved" for what has none.
func (o Opcode) String() string {
	switch o {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return "reserved"
}

func (o Opcode) control() bool { return o&0x8 != 0 }

func (o Opcode) reserved() bool { return o > OpBinary && o < OpClose || o > OpPong }

// How says how a message ended.
type How uint8

// The ends of a message. Only of a Complete one every byte was read; EndUnknown has its sizes right, but what it says
// refers to earlier messages that are not known.
const (
	Complete   How = iota
	EndUnknown     // its decompression needs bytes the capture lacks
	EndGap         // bytes of it are missing from the capture
	EndCut         // the direction ended first
	EndLimit       // a limit of this package was reached: nobody looked into it
	EndBroken      // another message began in it, or it could not be decompressed
)

var howNames = [...]string{"complete", "unknown", "gap", "cut", "limit", "broken"}

// String returns the lower_snake name.
func (h How) String() string { return howNames[h] }

// Violation is the stable name of something that RFC 6455 or RFC 7692 forbids.
type Violation string

// The violations.
const (
	BadMask         Violation = "mask"              // a client's frame without, a server's with a mask (§5.1)
	BadReserved     Violation = "reserved_bits"     // RSV bits no extension gives a meaning (§5.2)
	BadOpcode       Violation = "opcode"            // a reserved opcode (§5.2)
	BadLength       Violation = "length"            // not the shortest form, or the highest bit set (§5.2)
	BadControl      Violation = "control_frame"     // fragmented, or more than 125 bytes (§5.5)
	BadFragment     Violation = "fragmentation"     // a continuation of nothing, or a message within another (§5.4)
	BadText         Violation = "text_encoding"     // a text message, or a reason, that is not UTF-8 (§8.1)
	BadClose        Violation = "close_frame"       // one byte, or a code that must not be sent (§5.5.1, §7.4)
	BadAfterClose   Violation = "frame_after_close" // (§5.5.1)
	BadDeflate      Violation = "deflate"           // RFC 7692 §7.2.2
	LimitDeflate    Violation = "limit_deflate"     // more than this package decompresses
	LimitCompressed Violation = "limit_compressed"  // a compressed message longer than this package collects
)
