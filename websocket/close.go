package websocket

// Abnormal is the code that stands for a connection that ended without a close frame. It is never sent (RFC 6455 §7.4.1).
const Abnormal = 1006

// closeNames are the names of IANA's WebSocket Close Code Number Registry in lower_snake.
var closeNames = map[uint16]string{
	1000: "normal_closure",
	1001: "going_away",
	1002: "protocol_error",
	1003: "unsupported_data",
	1005: "no_status",
	1006: "abnormal_closure",
	1007: "invalid_payload",
	1008: "policy_violation",
	1009: "message_too_big",
	1010: "mandatory_extension",
	1011: "internal_error",
	1012: "service_restart",
	1013: "try_again_later",
	1014: "bad_gateway",
	1015: "tls_handshake",
	3000: "unauthorized",
	3003: "forbidden",
	3008: "timeout",
}

// CloseName returns the lower_snake name of a close code, "registered" and "private" for the ranges of RFC 6455 §7.4.2
// that have none, "" for a code outside of all ranges.
func CloseName(code uint16) string {
	if name := closeNames[code]; name != "" {
		return name
	}
	switch {
	case 3000 <= code && code < 4000:
		return "registered"
	case 4000 <= code && code < 5000:
		return "private"
	}
	return ""
}

// MayBeSent reports whether a close frame may carry the code: 1005, 1006 and 1015 stand for what was not sent (RFC 6455
// §7.4.1), and 1004 has no meaning.
func MayBeSent(code uint16) bool {
	switch code {
	case 1005, 1006, 1015:
		return false
	}
	return CloseName(code) != ""
}
