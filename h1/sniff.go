package h1

import (
	"bytes"

	"hanalyze"
)

// Sniff says whether the first bytes of a connection are HTTP/0.9, 1.0 or 1.1. It is pure; either direction may be empty. A
// request line counts when its version is read, because RTSP, SIP and others begin alike.
func Sniff(c2s, s2c []byte) Verdict {
	request, response := sniffDir(hanalyze.C2S, c2s, true), sniffDir(hanalyze.S2C, s2c, true)
	switch {
	case request == Yes || response == Yes:
		return Yes
	case response == No:
		return No
	case request == No && len(s2c) == 0:
		return No
	}
	return Maybe
}

// sniffDir is Sniff for one direction. old says that a lone request of HTTP/0.9 counts: it can only be a connection's first.
func sniffDir(d hanalyze.Dir, b []byte, old bool) Verdict {
	b = bytes.TrimLeft(b, "\r\n")
	if d == hanalyze.S2C {
		switch n := min(len(b), len(statusPattern)); {
		case !statusPrefix(b[:n]):
			return No
		case n < len(statusPattern):
			return Maybe
		}
		return Yes
	}
	if badStart(d, b) >= 0 {
		return No
	}
	lf := bytes.IndexByte(b[:min(len(b), maxStartLine)], '\n')
	if lf < 0 {
		if len(b) >= maxStartLine {
			return No
		}
		return Maybe
	}
	s, ok := parseStart(d, b[:lf+1])
	switch {
	case !ok || s.simple && !old || s.version.major > 1:
		return No
	case s.simple:
		return headersFollow(b[lf+1:])
	}
	return Yes
}

// headersFollow says whether what comes after a request line without a version is nothing, an empty line or a header: who
// forgets the version may send headers all the same.
func headersFollow(b []byte) Verdict {
	line, _, whole := bytes.Cut(b, []byte("\n"))
	switch {
	case len(bytes.TrimRight(line, "\r")) == 0 || opensHeader(line):
		return Yes
	case whole || len(line) > maxMethod: // no usual name of a header is longer
		return No
	}
	return Maybe
}
