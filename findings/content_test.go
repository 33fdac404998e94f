package findings

import (
	"strings"
	"testing"

	"hanalyze"
)

func TestContent(t *testing.T) {
	for code, want := range map[string]string{
		"": "", "unsupported": "", "limit_size": "", "trailing_bytes": "",
		"checksum": "http.bad_coding", "corrupt": "http.bad_coding", "truncated": "http.bad_coding", "mislabelled": "http.bad_coding",
		"limit_ratio": "http.decompression_bomb",
	} {
		e, f := New(), &hanalyze.Flow{ID: 1}
		h := &hanalyze.HTTP{Method: "GET", PathQuery: "/a", Status: 200, Response: &hanalyze.HTTPMessage{
			ContentEncoding: []string{"br"}, HTTPContent: &hanalyze.HTTPContent{DecodeError: code},
		}}
		h.Envelope.Flow = f
		e.Record(h)
		c := &hanalyze.Conn{}
		c.Envelope.Flow = f
		var ids []string
		for _, found := range e.Record(c) {
			ids = append(ids, found.ID)
			if !strings.Contains(found.Title, "response to GET /a") {
				t.Errorf("%s: %s", code, found.Title)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}
