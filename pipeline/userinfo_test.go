package pipeline

import (
	"testing"

	"hanalyze"
)

func TestHideUserinfo(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"http://u:p@a.example/x@y", "http://u:***@a.example/x@y"},
		{"http://token@a.example", "http://***@a.example"},
		{"http://a.example/@scope/x?y=http://u:p@b", "http://a.example/@scope/x?y=http://u:p@b"},
		{"/x//u:p@y", "/x//u:p@y"},
		{"ws://u:p@a.example?", "ws://u:***@a.example?"},
		{"http://u:p@q@a.example#", "http://u:***@a.example#"},
		{"The request GET http://u:p@a.example/x ended early", "The request GET http://u:***@a.example/x ended early"},
		{"http://@a.example/", "http://***@a.example/"},
		{"http://", "http://"},
		{"", ""},
	} {
		if got := withoutPassword(c.url); got != c.want {
			t.Errorf("%s: %s, want %s", c.url, got, c.want)
		}
	}
	h := &hanalyze.HTTP{Method: "CONNECT", PathQuery: "u:p@a.example:443", Authority: "u:p@a.example:443", Redirect: &hanalyze.HTTPRedirect{Location: "https://u:p@b.example/"}}
	hideUserinfo(h)
	if h.PathQuery != "u:***@a.example:443" || h.Authority != h.PathQuery || h.Redirect.Location != "https://u:***@b.example/" {
		t.Errorf("%q %q %q", h.PathQuery, h.Authority, h.Redirect.Location)
	}
	h = &hanalyze.HTTP{Method: "GET", PathQuery: "http://u:p@a.example/", URL: "http://u:p@a.example/", Authority: "u:p@a.example"}
	hideUserinfo(h)
	if h.PathQuery != "http://u:***@a.example/" || h.URL != h.PathQuery || h.Authority != "u:***@a.example" {
		t.Errorf("%q %q %q", h.PathQuery, h.URL, h.Authority)
	}
}
