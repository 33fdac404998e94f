package findings

import (
	"testing"
	"time"

	"hanalyze"
)

func TestHTTPMeaning(t *testing.T) {
	long := hanalyze.Known(1200 * time.Millisecond)
	for name, c := range map[string]struct {
		change    func(*hanalyze.HTTP)
		id, title string
	}{
		"nothing": {func(*hanalyze.HTTP) {}, "", ""},
		"basic": {func(r *hanalyze.HTTP) { r.Auth = &hanalyze.HTTPAuth{Scheme: "basic"} },
			"http.basic_cleartext", "A password was sent to a.example in cleartext (Basic)"},
		"basic to a proxy": {func(r *hanalyze.HTTP) { r.Auth = &hanalyze.HTTPAuth{Scheme: "Basic", Proxy: true} },
			"http.basic_cleartext", "A password was sent to a proxy in cleartext (Basic)"},
		"basic inside TLS": {func(r *hanalyze.HTTP) { r.Auth, r.Path = &hanalyze.HTTPAuth{Scheme: "Basic"}, "tls>http1" }, "", ""},
		"bearer":           {func(r *hanalyze.HTTP) { r.Auth = &hanalyze.HTTPAuth{Scheme: "Bearer"} }, "", ""},
		"only asked for": {func(r *hanalyze.HTTP) {
			r.Auth = &hanalyze.HTTPAuth{Challenges: []hanalyze.HTTPChallenge{{Scheme: "Basic"}}}
		}, "", ""},
		"refused cookie": {func(r *hanalyze.HTTP) {
			r.Cookies = &hanalyze.HTTPCookies{Set: []hanalyze.HTTPCookie{{Name: "s", Refused: "secure_over_http"}}}
		}, "http.cookie_refused", `Browsers do not take the cookie "s": it is Secure and came over http`},
		"cookie without Secure": {func(r *hanalyze.HTTP) {
			r.Scheme, r.Cookies = "https", &hanalyze.HTTPCookies{Set: []hanalyze.HTTPCookie{{Name: "s"}}}
		}, "http.cookie_not_secure", `The cookie "s" was set over https without Secure`},
		"cookie over http": {func(r *hanalyze.HTTP) { r.Cookies = &hanalyze.HTTPCookies{Set: []hanalyze.HTTPCookie{{Name: "s"}}} }, "", ""},
		"fetched again": {func(r *hanalyze.HTTP) {
			r.Caching = &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Conn: 7, Fresh: true, Asked: "whole"}}
		}, "http.refetched", "GET /x was fetched again although the copy of connection 7 was fresh"},
		"checked while fresh": {func(r *hanalyze.HTTP) {
			r.Caching = &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Conn: 7, Fresh: true, Asked: "check"}}
		}, "http.refetched", "GET /x was checked for changes although the copy of connection 7 was fresh"},
		"reloaded": {func(r *hanalyze.HTTP) {
			r.Caching = &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Fresh: true, Asked: "reload"}}
		}, "", ""},
		"stale": {func(r *hanalyze.HTTP) {
			r.Caching = &hanalyze.HTTPCaching{Refetch: &hanalyze.HTTPRefetch{Asked: "whole"}}
		}, "", ""},
		"sent although the same": {func(r *hanalyze.HTTP) { r.Conditional = &hanalyze.HTTPConditional{Validator: "contradicts"} },
			"http.condition_wrong", "GET /x: all of it was sent though the client had this version"},
		"a wrong 304": {func(r *hanalyze.HTTP) {
			r.Status, r.Conditional = 304, &hanalyze.HTTPConditional{Validator: "contradicts"}
		},
			"http.condition_wrong", "GET /x: the answer says not modified of a version that the client does not have"},
		"a wrong part": {func(r *hanalyze.HTTP) { r.Range = &hanalyze.HTTPRange{Mismatch: "body_length"} },
			"http.range_mismatch", "GET /x: the part is not as long as its Content-Range says"},
		"circle": {func(r *hanalyze.HTTP) { r.Redirect = &hanalyze.HTTPRedirect{Location: "http://b/", Loop: true} },
			"http.redirect_loop", "GET /x goes to http://b/, as it did before"},
		"behind":        {func(r *hanalyze.HTTP) { r.BlockedBy, r.Timing.Blocked = 3, long }, "http.head_of_line", "GET /x waited 1.2 s behind the answer of exchange 3"},
		"hardly behind": {func(r *hanalyze.HTTP) { r.BlockedBy, r.Timing.Blocked = 3, hanalyze.Known(time.Millisecond) }, "", ""},
		"no 100": {func(r *hanalyze.HTTP) { r.Expect = &hanalyze.HTTPExpect{Answer: "none", Waited: long} },
			"http.expect_unanswered", "GET /x: the client waited 1.2 s for 100 (Continue) in vain"},
		"did not wait": {func(r *hanalyze.HTTP) { r.Expect = &hanalyze.HTTPExpect{Answer: "none", Waited: hanalyze.Known(0)} }, "", ""},
		"not acceptable": {func(r *hanalyze.HTTP) {
			r.Negotiation = &hanalyze.HTTPNegotiation{Choices: []hanalyze.HTTPChoice{{Of: "type", Chosen: "a/b"}}}
		}, "http.not_acceptable", "GET /x: the client does not take a/b, and got it"},
		"after the FIN": {func(r *hanalyze.HTTP) {
			r.Status, r.Response, r.MetClose = 0, nil, &hanalyze.HTTPMetClose{How: "fin", When: "before", Retry: "unsafe"}
		}, "http.met_close", "GET /x was sent when the server had closed already; to send it again is not safe"},
		"before the reset": {func(r *hanalyze.HTTP) {
			r.Status, r.Response, r.MetClose = 0, nil, &hanalyze.HTTPMetClose{How: "reset", When: "during", Retry: "safe"}
		}, "http.unanswered", "GET /x got no answer: the connection was reset; it can be sent again"},
	} {
		e := New()
		flow := &hanalyze.Flow{ID: 1}
		r := &hanalyze.HTTP{Envelope: hanalyze.Envelope{Flow: flow, Path: "http1"}, Method: "GET", PathQuery: "/x", Scheme: "http",
			Authority: "a.example", Status: 200, Response: &hanalyze.HTTPMessage{}}
		c.change(r)
		e.Record(r)
		var id, title string
		for _, f := range e.Record(&hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: flow}}) {
			id, title = f.ID, f.Title
		}
		if id != c.id || title != c.title {
			t.Errorf("%s: %q %q, want %q %q", name, id, title, c.id, c.title)
		}
	}
}
