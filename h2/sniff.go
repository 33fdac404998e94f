package h2

import (
	"strings"

	"hanalyze"
)

// Verdict is what Sniff says.
type Verdict uint8

// The verdicts.
const (
	No    Verdict = iota // it is not HTTP/2
	Maybe                // more bytes are needed
	Yes                  // it is HTTP/2
)

// Sniff judges the first bytes of both directions; it keeps nothing. The client's preface is proof. Without it, the
// capture may have begun in the middle: then a direction must begin with three frames in a row that make sense, or
// consist of two. A server may send its SETTINGS before the client says anything (RFC 9113 §3.4).
func Sniff(c2s, s2c []byte) Verdict {
	if len(c2s) > 0 {
		n := min(len(c2s), len(Preface))
		if strings.HasPrefix(Preface, string(c2s[:n])) {
			if n == len(Preface) {
				return Yes
			}
			return Maybe
		}
	}
	client, server := sniffFrames(hanalyze.C2S, c2s), sniffFrames(hanalyze.S2C, s2c)
	switch {
	case client == Yes && server != No, server == Yes && client != No:
		return Yes
	case client == No || server == No:
		return No
	}
	return Maybe
}

// sniffFrames judges a direction that is not known to begin with a preface; nothing yet is Maybe.
func sniffFrames(d hanalyze.Dir, b []byte) Verdict {
	b = b[:min(len(b), maxHunt)]
	k := chain{dir: d, limit: defaultFrameSize, ids: firstID}
	v := k.check(b)
	if v != Maybe {
		return v
	}
	k.last = true
	if k.check(b) == Yes {
		return Yes
	}
	if len(b) == maxHunt {
		return No
	}
	return Maybe
}

// IsSettings reports whether b, the first bytes of a server, begins with a SETTINGS frame, as that of HTTP/2 does (RFC 9113 §3.4).
func IsSettings(b []byte) bool {
	if len(b) < headerLen {
		return false
	}
	f := parseHeader(b)
	return f.Type == FrameSettings && f.Flags == 0 && f.StreamID == 0 && f.Length%6 == 0 && f.Length <= defaultFrameSize
}
