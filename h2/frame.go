package h2

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"hanalyze"
)

// headerLen is the length of a frame header (RFC 9113 §4.1).
const headerLen = 9

// FrameType is the type of a frame (RFC 9113 §6, RFC 7838, RFC 8336, RFC 9218).
type FrameType uint8

// The frame types with a meaning here.
const (
	FrameData           FrameType = 0x00
	FrameHeaders        FrameType = 0x01
	FramePriority       FrameType = 0x02
	FrameRSTStream      FrameType = 0x03
	FrameSettings       FrameType = 0x04
	FramePushPromise    FrameType = 0x05
	FramePing           FrameType = 0x06
	FrameGoAway         FrameType = 0x07
	FrameWindowUpdate   FrameType = 0x08
	FrameContinuation   FrameType = 0x09
	FrameAltSvc         FrameType = 0x0a
	FrameOrigin         FrameType = 0x0c
	FramePriorityUpdate FrameType = 0x10
)

// String returns the IANA name, or 0x0b-style hexadecimal.
func (t FrameType) String() string {
	switch t {
	case FrameData:
		return "DATA"
	case FrameHeaders:
		return "HEADERS"
	case FramePriority:
		return "PRIORITY"
	case FrameRSTStream:
		return "RST_STREAM"
	case FrameSettings:
		return "SETTINGS"
	case FramePushPromise:
		return "PUSH_PROMISE"
	case FramePing:
		return "PING"
	case FrameGoAway:
		return "GOAWAY"
	case FrameWindowUpdate:
		return "WINDOW_UPDATE"
	case FrameContinuation:
		return "CONTINUATION"
	case FrameAltSvc:
		return "ALTSVC"
	case FrameOrigin:
		return "ORIGIN"
	case FramePriorityUpdate:
		return "PRIORITY_UPDATE"
	}
	return hexName(uint32(t))
}

func hexName(v uint32) string { return fmt.Sprintf("0x%02x", v) }

// Flags are the flags of a frame; what a bit means depends on the type.
type Flags uint8

// The flags of RFC 9113 §6.
const (
	FlagEndStream  Flags = 0x01 // DATA, HEADERS
	FlagAck        Flags = 0x01 // SETTINGS, PING
	FlagEndHeaders Flags = 0x04 // HEADERS, PUSH_PROMISE, CONTINUATION
	FlagPadded     Flags = 0x08 // DATA, HEADERS, PUSH_PROMISE
	FlagPriority   Flags = 0x20 // HEADERS
)

// flagsOf are the flags defined for a type.
func flagsOf(t FrameType) Flags {
	switch t {
	case FrameData:
		return FlagEndStream | FlagPadded
	case FrameHeaders:
		return FlagEndStream | FlagEndHeaders | FlagPadded | FlagPriority
	case FrameSettings, FramePing:
		return FlagAck
	case FramePushPromise:
		return FlagEndHeaders | FlagPadded
	case FrameContinuation:
		return FlagEndHeaders
	}
	return 0
}

// Names returns the names of the flags set on a frame of type t, lowest bit first, a bit without a meaning as 0x40-style
// hexadecimal. The slice is new.
func (g Flags) Names(t FrameType) []string {
	var names []string
	for bit := Flags(1); bit != 0; bit <<= 1 {
		switch {
		case g&bit == 0:
		case flagsOf(t)&bit == 0:
			names = append(names, hexName(uint32(bit)))
		case bit == FlagAck && (t == FrameSettings || t == FramePing):
			names = append(names, "ACK")
		case bit == FlagEndStream:
			names = append(names, "END_STREAM")
		case bit == FlagEndHeaders:
			names = append(names, "END_HEADERS")
		case bit == FlagPadded:
			names = append(names, "PADDED")
		case bit == FlagPriority:
			names = append(names, "PRIORITY")
		}
	}
	return names
}

// Frame is one frame. Fields below Missing are set for the types named.
type Frame struct {
	Type      FrameType
	Flags     Flags
	StreamID  uint32
	Length    int              // payload length
	State     State            // of the stream after the frame, as its sender sees it
	PadBytes  int              // padding, the pad length byte not counted
	Joined    bool             // DATA: the first that was seen of its stream
	Malformed string           // the first thing wrong with it, "" if nothing
	Missing   hanalyze.Missing // the payload was not seen whole

	read bool // the payload has the length its type wants: RST_STREAM, PING, GOAWAY

	Fields       []hanalyze.Header       // the frame that ends a field block: the whole block
	Settings     []hanalyze.HTTP2Setting // SETTINGS
	ErrorCode    ErrorCode               // RST_STREAM, GOAWAY
	LastStreamID uint32                  // GOAWAY
	Debug        string                  // GOAWAY, printable form
	Increment    uint32                  // WINDOW_UPDATE
	Promised     uint32                  // PUSH_PROMISE
	HasPriority  bool                    // PRIORITY, HEADERS with PRIORITY
	Priority     hanalyze.HTTP2Priority  // valid iff HasPriority
	Ping         [8]byte                 // PING
	Prioritized  uint32                  // PRIORITY_UPDATE: the stream it is about
	Origin       string                  // ALTSVC; ORIGIN: all origins, separated by spaces
	FieldValue   string                  // ALTSVC, PRIORITY_UPDATE
}

// parseHeader reads the nine bytes of a frame header. The reserved bit is ignored (RFC 9113 §4.1).
func parseHeader(b []byte) Frame {
	return Frame{
		Length:   int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		Type:     FrameType(b[3]),
		Flags:    Flags(b[4]),
		StreamID: binary.BigEndian.Uint32(b[5:9]) &^ (1 << 31),
	}
}

// has reports whether flag g, which is defined for the frame's type, is set.
func (f *Frame) has(g Flags) bool { return f.Flags&g&flagsOf(f.Type) != 0 }

// whole reports whether the payload was seen whole.
func (f *Frame) whole() bool { return f.Missing == 0 }

// Fill writes f to the record's own fields, all but the envelope and Dir. The record owns its memory.
func (f *Frame) Fill(r *hanalyze.HTTP2Frame) {
	r.StreamID = f.StreamID
	r.FrameType = f.Type.String()
	r.FrameBytes = uint64(f.Length)
	r.Flags = f.Flags.Names(f.Type)
	r.StreamState = f.State.String()
	r.PadBytes = uint64(f.PadBytes)
	r.Headers = f.Fields
	r.Malformed = f.Malformed
	r.Missing = f.Missing
	if f.HasPriority {
		p := f.Priority
		r.Priority = &p
	}
	if !f.whole() {
		return
	}
	r.Settings = f.Settings
	r.WindowIncrement = f.Increment
	r.PromisedStream = f.Promised
	r.DebugData = f.Debug
	r.Origin = f.Origin
	r.FieldValue = f.FieldValue
	r.Prioritized = f.Prioritized
	if !f.read {
		return
	}
	switch f.Type {
	case FrameGoAway:
		last := f.LastStreamID
		r.LastStreamID = &last
		r.ErrorCode = f.ErrorCode.String()
	case FrameRSTStream:
		r.ErrorCode = f.ErrorCode.String()
	default: // PING
		r.Ping = hex.EncodeToString(f.Ping[:])
	}
}

// printable returns b with everything but printable ASCII as \xNN.
func printable(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		if c >= 0x20 && c < 0x7f {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, `\x%02x`, c)
		}
	}
	return s.String()
}
