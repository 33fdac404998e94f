package h1

import (
	"strings"
	"testing"

	"hanalyze"
)

// What is told of a head that is cut anywhere is told of the whole head too: what is missing may change the rest.
func TestCutHeadsTellNothingElse(t *testing.T) {
	for _, tc := range []struct {
		d    hanalyze.Dir
		head string
	}{
		{hanalyze.C2S, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nConnection: close\r\n\r\n"},
		{hanalyze.C2S, "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{hanalyze.C2S, "POST  /a b HTTP/1.1\nHost: a\nContent-Length: 2\nContent-Length: 2\nContent-Length: 3\n\n"},
		{hanalyze.C2S, "GET http://a/b HTTP/1.0\r\nHost: b\r\nHost: c\r\nConnection: keep-alive\r\n\r\n"},
		{hanalyze.S2C, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"},
		{hanalyze.S2C, "HTTP/1.1 204 No Content\r\nServer : x\r\n\r\n"},
		{hanalyze.S2C, "HTTP/1.0 304 \r\nDate: x\r\n y\r\n\r\n"},
	} {
		truth := cutHead(tc.d, tc.head)
		for n := 1; n < len(tc.head); n++ {
			told := cutHead(tc.d, tc.head[:n])
			if told == nil {
				continue // nothing can be told of so little
			}
			if told.Notes&^(truth.Notes|Truncated) != 0 || told.Persistent && !truth.Persistent ||
				told.Framing != Unknown && told.Framing != truth.Framing || told.Ambiguity != nil {
				t.Errorf("%q tells %+v, the whole head %+v", tc.head[:n], told, truth)
			}
			for i, h := range told.Headers {
				// The value before the cut may go on in a missing line: nobody sends that any more (RFC 9112 §5.2).
				if i >= len(truth.Headers) || h.Name != truth.Headers[i].Name || !strings.HasPrefix(truth.Headers[i].Value, h.Value) ||
					i < len(told.Headers)-1 && h != truth.Headers[i] {
					t.Errorf("%q has the header %v", tc.head[:n], h)
				}
			}
		}
	}
}

// cutHead returns what is told of a head when bytes are missing after it, nil for nothing. Its Ambiguity is the message's.
func cutHead(d hanalyze.Dir, head string) (told *Event) {
	c := NewConn(func(e *Event) {
		switch e.Kind {
		case RequestHead, ResponseHead:
			e := *e
			told = &e
		case Malformed, MessageEnd:
			if told != nil && e.Ambiguity != nil {
				told.Ambiguity = e.Ambiguity
			}
		default:
		}
	})
	c.Feed(d, []byte(head))
	c.Gap(d, 1000)
	return told
}
