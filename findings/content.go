package findings

import (
	"fmt"
	"strings"

	"hanalyze"
)

// content judges the bodies of an exchange, where somebody asked for them.
func (e *Engine) content(r *hanalyze.HTTP) {
	for d, m := range []*hanalyze.HTTPMessage{r.Request, r.Response} {
		if m == nil || m.HTTPContent == nil {
			continue
		}
		what := fmt.Sprintf("The body of the %s %s %s", [...]string{"request", "response to"}[d], r.Method, r.PathQuery)
		switch code := m.DecodeError; code {
		case "checksum", "corrupt", "truncated", "mislabelled":
			e.add(&r.Envelope, "http.bad_coding", what+" "+badCodings[code]+": "+strings.Join(m.ContentEncoding, ", "), "")
		case "limit_ratio":
			e.add(&r.Envelope, "http.decompression_bomb", what+" claims to be thousands of times larger than what was sent", "")
		}
	}
}

// badCodings say how a body differs from what its coding makes of it.
var badCodings = map[string]string{
	"checksum":    "does not match the checksum of its coding",
	"corrupt":     "cannot be decoded",
	"truncated":   "ends before its coding does",
	"mislabelled": "is not in the coding it claims",
}
