package decode

import (
	"fmt"
	"strings"
	"testing"

	"hanalyze"
)

// meaning2 are the exchanges over HTTP/2 whose meaning is held against what is wanted: fields of the request behind the
// method and path, fields of the response behind the status, bytes of its body.
var meaning2 = []struct {
	name            string
	method, path    string
	asked, answered []string
	status, body    int
	want            string
}{
	{"nothing to say", "GET", "/", nil, nil, 200, 5, ""},
	{"connection fields are none", "GET", "/", []string{"te", "trailers"}, []string{"keep-alive", "timeout=5"}, 200, 5, ""},
	{"caching", "GET", "/", nil, []string{"cache-control", "max-age=60", "age", "5"}, 200, 5,
		`caching {"storable":"any","lifetime_ms":60000,"from":"max_age","age_ms":5000}`},
	{"not to be kept", "GET", "/", []string{"authorization", "Basic eDp5"}, []string{"cache-control", "no-store"}, 200, 5,
		`caching {"storable":"none"}|auth {"scheme":"Basic","outcome":"accepted"}`},
	{"a condition", "GET", "/", []string{"if-none-match", `"1"`}, []string{"etag", `"1"`}, 304, 0,
		`conditional {"conditions":["if_none_match"],"outcome":"not_modified","validator":"agrees"}`},
	{"a condition that was misread", "GET", "/", []string{"if-none-match", `"1"`}, []string{"etag", `"2"`}, 304, 0,
		`conditional {"conditions":["if_none_match"],"outcome":"not_modified","validator":"contradicts"}`},
	// RFC 9113 §8.2.3: a cookie may come in crumbs.
	{"cookies in crumbs", "GET", "/", []string{"cookie", "a=1", "cookie", "b=2; c=3"}, []string{"set-cookie", "d=4; Secure", "set-cookie", "a=; Max-Age=0"}, 200, 5,
		`cookies {"sent":["a","b","c"],"set":[{"name":"d","secure":true},{"name":"a","deleted":true}]}`},
	{"a cookie for others", "GET", "/", nil, []string{"set-cookie", "a=1; Domain=b.example"}, 200, 5,
		`cookies {"set":[{"name":"a","domain":"b.example","refused":"foreign_domain"}]}`},
	{"a redirect", "GET", "/a/b", nil, []string{"location", "../c?d"}, 302, 5, `redirect {"location":"https://a.example/c?d"}`},
	{"a redirect that changes the method", "POST", "/a", nil, []string{"location", "//b.example"}, 303, 5,
		`redirect {"location":"https://b.example/","method":"GET"}`},
	{"a range", "GET", "/", []string{"range", "bytes=0-4"}, []string{"content-range", "bytes 0-4/10"}, 206, 5,
		`range {"asked":"bytes=0-4","outcome":"partial","first_byte":0,"last_byte":4,"total_bytes":10}`},
	{"a range of another length", "GET", "/", []string{"range", "bytes=0-4"}, []string{"content-range", "bytes 0-4/10"}, 206, 4,
		`range {"asked":"bytes=0-4","outcome":"partial","first_byte":0,"last_byte":4,"total_bytes":10,"mismatch":"body_length"}`},
	{"a range that nobody asked for", "GET", "/", []string{"range", "bytes=0-4"}, []string{"content-range", "bytes 5-9/10"}, 206, 5,
		`range {"asked":"bytes=0-4","outcome":"partial","first_byte":5,"last_byte":9,"total_bytes":10,"mismatch":"not_asked"}`},
	{"no such range", "GET", "/", []string{"range", "bytes=90-"}, []string{"content-range", "bytes */10"}, 416, 0,
		`range {"asked":"bytes=90-","outcome":"unsatisfiable","total_bytes":10}`},
	{"a choice", "GET", "/", []string{"accept-language", "de, en;q=0.5"}, []string{"content-language", "en", "vary", "Accept-Language"}, 200, 5,
		`negotiation {"vary":["accept-language"],"choices":[{"of":"language","chosen":"en","q_permille":500}]}`},
	{"a challenge", "GET", "/", nil, []string{"www-authenticate", `Bearer realm="r"`}, 401, 5,
		`auth {"challenges":[{"scheme":"Bearer","realm":"r","params":["realm"]}],"outcome":"challenged"}`},
	{"wait", "GET", "/", nil, []string{"retry-after", "7"}, 503, 5, `retry_after=7000`},
	{"refused before the body", "POST", "/", []string{"expect", "100-continue"}, nil, 417, 0, `expect {"answer":"417"}`},
}

func TestMeaningHTTP2(t *testing.T) {
	for _, c := range meaning2 {
		t.Run(c.name, func(t *testing.T) {
			p := newH2Play(t)
			p.open(nil, nil)
			p.c.headers(1, c.method == "GET", append([]string{":method", c.method, ":scheme", "https", ":authority", "a.example", ":path", c.path}, c.asked...)...)
			p.client()
			p.s.headers(1, c.body == 0, append([]string{":status", fmt.Sprint(c.status)}, c.answered...)...)
			if c.body > 0 {
				p.s.data(1, true, c.body)
			}
			p.server()
			if c.method != "GET" {
				p.c.data(1, true, 0)
				p.client()
			}
			p.close("fin")
			if got := meaningOf(p.exchanges()); got != c.want {
				t.Errorf("told\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// meaningOf are the facts of one exchange, divided by bars.
func meaningOf(list []*hanalyze.HTTP) string {
	var b strings.Builder
	for _, x := range list {
		writeMeaning(&b, x, false)
	}
	return strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(b.String(), "\n\t", "|")), "\n", "")
}

// What an exchange means is not told from a field that HPACK could not resolve, nor what compares with it.
func TestMeaningHTTP2Unresolved(t *testing.T) {
	p := newH2Play(t)
	p.flow.MidStream = true
	p.open(nil, nil)
	fields := []string{":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/", "if-none-match", `"1"`, "range", "bytes=0-4"}
	p.c.headers(1, true, fields...)
	p.c.take() // was not captured: what follows refers to it
	p.c.headers(3, true, fields...)
	p.client()
	p.s.headers(3, true, ":status", "304", "etag", `"2"`)
	p.server()
	p.close("fin")
	for _, x := range p.exchanges() {
		if x.Conditional != nil && x.Conditional.Validator != "" || x.Range != nil {
			t.Errorf("told of fields that are not known: %s", meaningOf([]*hanalyze.HTTP{x}))
		}
	}
	if len(p.exchanges()) == 0 {
		t.Error("nothing was told")
	}
}

// Expect: 100-continue over HTTP/2: permission, then the body.
func TestExpectHTTP2(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	ask := func(stream uint32) {
		p.c.headers(stream, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/", "expect", "100-continue")
		p.client()
	}
	ask(1)
	p.s.headers(1, false, ":status", "100")
	p.server()
	p.c.data(1, true, 5)
	p.client()
	p.s.headers(1, true, ":status", "200")
	p.server()
	ask(3)
	p.c.data(3, true, 5)
	p.client()
	p.s.headers(3, true, ":status", "200")
	p.server()
	p.close("fin")
	if got := meaningOf(p.exchanges()); got != `expect {"answer":"100"}|expect {"answer":"none"}` {
		t.Errorf("told %s", got)
	}
}
