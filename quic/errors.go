package quic

import "strconv"

// cryptoError is the first of the 256 error codes that stand for TLS alerts (RFC 9000 §20.1).
const cryptoError = 0x0100

// errorNames are the transport error codes of RFC 9000 §20.1, from 0 on.
var errorNames = [...]string{
	"NO_ERROR", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR", "STREAM_STATE_ERROR",
	"FINAL_SIZE_ERROR", "FRAME_ENCODING_ERROR", "TRANSPORT_PARAMETER_ERROR", "CONNECTION_ID_LIMIT_ERROR", "PROTOCOL_VIOLATION",
	"INVALID_TOKEN", "APPLICATION_ERROR", "CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR", "AEAD_LIMIT_REACHED", "NO_VIABLE_PATH",
}

// errorName returns the name of a transport error code, and the TLS alert it stands for.
func errorName(code uint64) (name string, alert uint8, isAlert bool) {
	switch {
	case code < uint64(len(errorNames)):
		return errorNames[code], 0, false
	case code == 0x11:
		return "VERSION_NEGOTIATION_ERROR", 0, false // RFC 9368
	case code>>8 == cryptoError>>8:
		return "CRYPTO_ERROR", uint8(code), true
	}
	return "0x" + strconv.FormatUint(code, 16), 0, false
}

// frameNames are the frame types of RFC 9000 §12.4, those of STREAM apart.
var frameNames = map[uint64]string{
	0x00: "PADDING", 0x01: "PING", 0x02: "ACK", 0x03: "ACK", 0x04: "RESET_STREAM", 0x05: "STOP_SENDING", 0x06: "CRYPTO",
	0x07: "NEW_TOKEN", 0x10: "MAX_DATA", 0x11: "MAX_STREAM_DATA", 0x12: "MAX_STREAMS", 0x13: "MAX_STREAMS",
	0x14: "DATA_BLOCKED", 0x15: "STREAM_DATA_BLOCKED", 0x16: "STREAMS_BLOCKED", 0x17: "STREAMS_BLOCKED",
	0x18: "NEW_CONNECTION_ID", 0x19: "RETIRE_CONNECTION_ID", 0x1a: "PATH_CHALLENGE", 0x1b: "PATH_RESPONSE",
	0x1c: "CONNECTION_CLOSE", 0x1d: "CONNECTION_CLOSE", 0x1e: "HANDSHAKE_DONE", 0x30: "DATAGRAM", 0x31: "DATAGRAM",
}

// frameName returns the name of a frame type, "" for PADDING: a close that blames no frame says so with 0.
func frameName(typ uint64) string {
	switch {
	case typ == framePadding:
		return ""
	case typ >= 0x08 && typ <= 0x0f:
		return "STREAM"
	case frameNames[typ] != "":
		return frameNames[typ]
	}
	return "0x" + strconv.FormatUint(typ, 16)
}
