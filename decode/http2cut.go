package decode

import (
	"fmt"

	"hanalyze"
)

// cutOff says which messages of x the end of the connection cut: END_STREAM did not come (RFC 9113 §8.1), although nothing
// is missing from the capture. A body that has its declared length lacks nothing but gRPC's trailers, and what CONNECT opens
// ends as it likes.
func (h *http2) cutOff(x *exchange2) {
	if x.Missing != 0 || !h.sure() || x.Reset != nil || x.Method == "CONNECT" {
		return
	}
	for d, m := range [...]*hanalyze.HTTPMessage{x.Request, x.Response} {
		if m == nil || m.HeaderBytes == 0 || x.end[d].Packet != 0 || x.body[d].grpc == nil && m.DeclaredBytes != nil && *m.DeclaredBytes == m.BodyBytes {
			continue
		}
		m.Cut = true
		if h.leftFirst(hanalyze.Dir(d)) && (d == int(hanalyze.S2C) || x.Status < 300) {
			h.tellCut(x, hanalyze.Dir(d), m)
		}
	}
}

// leftFirst reports whether the sender of direction d closed the connection and the other end did so later. Of an end
// whose FIN was not seen nobody knows whether it had come before and is missing from the capture.
func (h *http2) leftFirst(d hanalyze.Dir) bool {
	mine, other := h.fin[d], h.fin[d.Reverse()]
	return mine.Packet != 0 && other.Packet > mine.Packet
}

func (h *http2) tellCut(x *exchange2, d hanalyze.Dir, m *hanalyze.HTTPMessage) {
	what, how := "request", "without its end"
	if d == hanalyze.S2C {
		what = "response"
	}
	if m.DeclaredBytes != nil {
		how = fmt.Sprintf("after %d of %d body bytes", m.BodyBytes, *m.DeclaredBytes)
	}
	detail := fmt.Sprintf("The %s of %s %s ended %s (stream %d)", what, x.Method, x.PathQuery, how, x.StreamID)
	h.s.emit(&hanalyze.Notice{Envelope: h.s.envelope(h.fin[d], h.fin[d]), ID: "http.cut", Detail: detail})
}
