package decode

import (
	"fmt"

	"hanalyze"
	"hanalyze/h2"
)

// maxDebugText bounds what a sentence repeats of GOAWAY's debug data. Servers write a few words.
const maxDebugText = 200

// debugText is what GOAWAY's debug data adds to a sentence; output escapes it.
func debugText(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return " (" + string(b[:min(len(b), maxDebugText)]) + ")"
}

func (h *http2) malformed(e *h2.Event) {
	if h.told[e.Code] {
		return
	}
	h.told[e.Code] = true
	detail := fmt.Sprintf("%s, frame %d of the %s: %s", e.Code, e.Ordinal, e.Dir.Sender(), e.Detail)
	switch {
	case e.Code == h2.HTTP1Answer:
		h.s.notice("http.other_version", "The client spoke HTTP/2 at once, and the server answers in HTTP/1")
	case e.Code == h2.BadStreamState && !h.closing:
		h.doubted[e.Dir.Reverse()] = &hanalyze.Notice{Envelope: h.s.envelope(h.s.now, h.s.now), ID: "h2.malformed", Detail: detail}
	default:
		h.s.notice("h2.malformed", detail)
	}
}
