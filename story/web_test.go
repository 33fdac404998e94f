package story

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hanalyze"
)

const sec = 1000 * ms

// surfer makes the exchanges of one client with one site, each on a connection of its own, one packet and second apart
// unless told otherwise.
type surfer struct {
	j      *Joiner
	client string
	agent  string
	now    hanalyze.Time
	packet uint64
}

func newSurfer() *surfer { return &surfer{j: New(), client: "10.0.0.5", agent: "curl/8"} }

// exchange tells the Joiner of a request and its answer. Headers of the request are lines "Name: value".
func (s *surfer) exchange(method, url string, status uint16, change func(*hanalyze.HTTP), headers ...string) *hanalyze.HTTP {
	s.packet += 2
	s.now += sec
	scheme, rest, _ := strings.Cut(url, "://")
	authority, path, _ := strings.Cut(rest, "/")
	f := &hanalyze.Flow{ID: s.packet, Client: netip.AddrPortFrom(netip.MustParseAddr(s.client), 40000), Server: server}
	r := &hanalyze.HTTP{
		Envelope: hanalyze.Envelope{Flow: f, Start: hanalyze.Meta{Packet: s.packet, Time: s.now}, Last: hanalyze.Meta{Packet: s.packet + 1, Time: s.now + 100*ms}},
		Version:  "1.1", Method: method, Scheme: scheme, Authority: authority, PathQuery: "/" + path, URL: url, Status: status,
		Pairing: "certain", Request: &hanalyze.HTTPMessage{}, Response: &hanalyze.HTTPMessage{},
	}
	for _, h := range append(headers, "User-Agent: "+s.agent) {
		name, value, _ := strings.Cut(h, ": ")
		r.Request.Headers = append(r.Request.Headers, hanalyze.Header{Name: name, Value: value})
	}
	if change != nil {
		change(r)
	}
	s.j.Record(r)
	return r
}

func to(url string) func(*hanalyze.HTTP) {
	return func(r *hanalyze.HTTP) { r.Redirect = &hanalyze.HTTPRedirect{Location: url} }
}

var spans = cmpopts.EquateComparable(hanalyze.Span{})

func TestRedirectChain(t *testing.T) {
	s := newSurfer()
	first := s.exchange("GET", "http://a.example/1", 302, to("http://b.example/2"))
	if first.Redirect.Hop != 0 || first.Redirect.Basis != "" {
		t.Errorf("the first one follows nothing: %+v", first.Redirect)
	}
	second := s.exchange("GET", "http://B.example:80/2", 301, to("http://b.example/3"))
	want := &hanalyze.HTTPRedirect{Location: "http://b.example/3", Hop: 1, From: 2, Chain: 2, Spent: hanalyze.Known(time.Second), Basis: hanalyze.Inferred}
	if d := cmp.Diff(want, second.Redirect, spans); d != "" {
		t.Error(d)
	}
	third := s.exchange("GET", "http://b.example/3", 200, nil)
	want = &hanalyze.HTTPRedirect{Hop: 2, From: 4, Chain: 2, Spent: hanalyze.Known(2 * time.Second), Basis: hanalyze.Inferred}
	if d := cmp.Diff(want, third.Redirect, spans); d != "" {
		t.Error(d)
	}
	if again := s.exchange("GET", "http://b.example/3", 200, nil); again.Redirect != nil {
		t.Errorf("one redirect was followed twice: %+v", again.Redirect)
	}
}

func TestRedirectFollowedByTheSameClientOnly(t *testing.T) {
	for name, change := range map[string]func(*surfer){
		"another address": func(s *surfer) { s.client = "10.0.0.6" },
		"another program": func(s *surfer) { s.agent = "wget" },
		"much later":      func(s *surfer) { s.now += hanalyze.Time(followAge) },
		"before":          func(s *surfer) { s.now -= 2 * sec },
	} {
		s := newSurfer()
		s.exchange("GET", "http://a.example/1", 302, to("http://a.example/2"))
		change(s)
		if r := s.exchange("GET", "http://a.example/2", 200, nil); r.Redirect != nil {
			t.Errorf("%s: %+v", name, r.Redirect)
		}
	}
	s := newSurfer()
	s.exchange("POST", "http://a.example/1", 307, to("http://a.example/2"))
	if r := s.exchange("GET", "http://a.example/2", 200, nil); r.Redirect != nil {
		t.Errorf("with another method: %+v", r.Redirect)
	}
}

// To be sent back to the same page once, as for a cookie, is no loop; the same way a second time is.
func TestRedirectLoop(t *testing.T) {
	s := newSurfer()
	loops := func(from, to_ string) bool { return s.exchange("GET", from, 302, to(to_)).Redirect.Loop }
	got := []bool{
		loops("http://a.example/1", "http://a.example/1"), loops("http://a.example/1", "http://a.example/1"),
		loops("http://a.example/1", "http://a.example/2"), loops("http://a.example/2", "http://a.example/1"),
		loops("http://a.example/1", "http://a.example/2"),
	}
	if !slices.Equal(got, []bool{false, true, false, false, true}) {
		t.Errorf("loops %v", got)
	}
}

func caching(c hanalyze.HTTPCaching, etag string) func(*hanalyze.HTTP) {
	return func(r *hanalyze.HTTP) {
		r.Caching = &c
		r.Response.Headers = []hanalyze.Header{{Name: "ETag", Value: etag}}
	}
}

func TestRefetch(t *testing.T) {
	const url = "http://a.example/style.css"
	hour := hanalyze.HTTPCaching{Storable: "any", Lifetime: hanalyze.Known(time.Hour), From: "max_age"}
	for name, c := range map[string]struct {
		first   hanalyze.HTTPCaching
		then    func(s *surfer)
		status  uint16
		second  func(*hanalyze.HTTP)
		headers []string
		want    *hanalyze.HTTPRefetch
	}{
		"fresh": {hour, nil, 200, caching(hour, `"1"`), nil,
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(900 * time.Millisecond), Fresh: true, Asked: "whole", Same: true, Basis: hanalyze.Inferred}},
		"changed": {hour, nil, 200, caching(hour, `"2"`), nil,
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(900 * time.Millisecond), Fresh: true, Asked: "whole", Basis: hanalyze.Inferred}},
		"stale, checked": {hour, func(s *surfer) { s.now += 3600 * sec }, 304, nil, []string{`If-None-Match: "1"`},
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(time.Hour + 900*time.Millisecond), Asked: "check", Same: true, Basis: hanalyze.Inferred}},
		"old already": {hanalyze.HTTPCaching{Storable: "any", Lifetime: hanalyze.Known(time.Hour), From: "max_age", Age: hanalyze.Known(time.Hour)}, nil, 200, caching(hour, `"1"`), nil,
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(time.Hour + 900*time.Millisecond), Asked: "whole", Same: true, Basis: hanalyze.Inferred}},
		"no-cache": {hanalyze.HTTPCaching{Storable: "any", Lifetime: hanalyze.Known(time.Hour), Check: true}, nil, 200, caching(hour, `"1"`), nil,
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(900 * time.Millisecond), Asked: "whole", Same: true, Basis: hanalyze.Inferred}},
		"reload": {hour, nil, 200, caching(hour, `"1"`), []string{"Cache-Control: no-cache"},
			&hanalyze.HTTPRefetch{Frame: 2, Conn: 2, Age: hanalyze.Known(900 * time.Millisecond), Fresh: true, Asked: "reload", Same: true, Basis: hanalyze.Inferred}},
		"not storable":    {hanalyze.HTTPCaching{Storable: "none"}, nil, 200, caching(hour, `"1"`), nil, nil},
		"another client":  {hour, func(s *surfer) { s.client = "10.0.0.6" }, 200, caching(hour, `"1"`), nil, nil},
		"changed by POST": {hour, func(s *surfer) { s.exchange("POST", url, 200, nil) }, 200, caching(hour, `"1"`), nil, nil},
	} {
		s := newSurfer()
		s.exchange("GET", url, 200, caching(c.first, `"1"`))
		if c.then != nil {
			c.then(s)
		}
		r := s.exchange("GET", url, c.status, c.second, c.headers...)
		var got *hanalyze.HTTPRefetch
		if r.Caching != nil {
			got = r.Caching.Refetch
		}
		if d := cmp.Diff(c.want, got, spans); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

// An answer that depends on a header is no copy for a request with another value of it.
func TestRefetchVary(t *testing.T) {
	s := newSurfer()
	varies := func(r *hanalyze.HTTP) {
		r.Caching = &hanalyze.HTTPCaching{Storable: "any", Lifetime: hanalyze.Known(time.Hour)}
		r.Negotiation = &hanalyze.HTTPNegotiation{Vary: []string{"accept-language"}}
	}
	s.exchange("GET", "http://a.example/", 200, varies, "Accept-Language: de")
	if r := s.exchange("GET", "http://a.example/", 200, varies, "Accept-Language: en"); r.Caching.Refetch != nil {
		t.Errorf("another language: %+v", r.Caching.Refetch)
	}
	if r := s.exchange("GET", "http://a.example/", 200, varies, "Accept-Language: en"); r.Caching.Refetch == nil {
		t.Error("the same language is no refetch")
	}
}

func sets(cookies ...hanalyze.HTTPCookie) func(*hanalyze.HTTP) {
	return func(r *hanalyze.HTTP) { r.Cookies = &hanalyze.HTTPCookies{Set: cookies} }
}

func TestCookiesNotSent(t *testing.T) {
	for name, c := range map[string]struct {
		cookie  hanalyze.HTTPCookie
		url     string
		sent    []string
		headers []string
		want    bool
	}{
		"dropped":               {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/x/2", nil, nil, true},
		"sent":                  {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/x/2", []string{"b", "a"}, nil, false},
		"another host":          {hanalyze.HTTPCookie{Name: "a"}, "http://a.example/x/2", nil, nil, false},
		"a sibling":             {hanalyze.HTTPCookie{Name: "a", Domain: "a.example"}, "http://b.a.example/x/2", nil, nil, true},
		"another path":          {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/y", nil, nil, false},
		"all paths":             {hanalyze.HTTPCookie{Name: "a", Path: "/"}, "http://www.a.example/y", nil, nil, true},
		"secure":                {hanalyze.HTTPCookie{Name: "a", Secure: true}, "http://www.a.example/x/2", nil, nil, false},
		"secure, https":         {hanalyze.HTTPCookie{Name: "a", Secure: true}, "https://www.a.example/x/2", nil, nil, true},
		"expired":               {hanalyze.HTTPCookie{Name: "a", Expires: "1970-01-01T00:00:01Z"}, "http://www.a.example/x/2", nil, nil, false},
		"not expired":           {hanalyze.HTTPCookie{Name: "a", Expires: "1970-01-01T00:00:09Z"}, "http://www.a.example/x/2", nil, nil, true},
		"refused":               {hanalyze.HTTPCookie{Name: "a", Refused: "foreign_domain"}, "http://www.a.example/x/2", nil, nil, false},
		"deleted":               {hanalyze.HTTPCookie{Name: "a", Deleted: true}, "http://www.a.example/x/2", nil, nil, false},
		"another site asks":     {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/x/2", nil, []string{"Referer: http://b.example/"}, false},
		"any site may ask":      {hanalyze.HTTPCookie{Name: "a", SameSite: "none"}, "http://www.a.example/x/2", nil, []string{"Origin: http://b.example"}, true},
		"the same site asks":    {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/x/2", nil, []string{"Referer: http://www.a.example/"}, true},
		"an opaque origin asks": {hanalyze.HTTPCookie{Name: "a"}, "http://www.a.example/x/2", nil, []string{"Origin: null"}, false},
	} {
		s := newSurfer()
		s.exchange("GET", "http://www.a.example/x/1", 200, sets(c.cookie))
		ask := func() *hanalyze.HTTP {
			return s.exchange("GET", c.url, 200, func(r *hanalyze.HTTP) {
				if c.sent != nil {
					r.Cookies = &hanalyze.HTTPCookies{Sent: c.sent}
				}
			}, c.headers...)
		}
		r := ask()
		got := r.Cookies != nil && slices.Equal(r.Cookies.NotSent, []string{"a"}) && r.Cookies.Basis == hanalyze.Inferred
		if got != c.want || !got && r.Cookies != nil && r.Cookies.NotSent != nil {
			t.Errorf("%s: %+v", name, r.Cookies)
		}
		s.exchange("GET", "http://www.a.example/x/1", 200, sets(c.cookie)) // asks as well
		if r := ask(); c.want && r.Cookies != nil && r.Cookies.NotSent != nil {
			t.Errorf("%s: told twice", name)
		}
	}
}

func got(first, last, total uint64, etag string) func(*hanalyze.HTTP) {
	return func(r *hanalyze.HTTP) {
		r.Range = &hanalyze.HTTPRange{Outcome: "partial", First: &first, Last: &last, Total: &total}
		r.Response.BodyBytes = last - first + 1
		r.Response.Headers = []hanalyze.Header{{Name: "ETag", Value: etag}}
	}
}

func TestPartsJoined(t *testing.T) {
	s := newSurfer()
	const url = "http://a.example/iso"
	part := func(first, last uint64) *hanalyze.HTTPJoined {
		return s.exchange("GET", url, 206, got(first, last, 100, `"1"`)).Range.Joined
	}
	if j := part(10, 19); j != nil {
		t.Errorf("one part alone: %+v", j)
	}
	for _, c := range []struct {
		first, last, bytes, pieces uint64
		complete                   bool
	}{{30, 39, 20, 2, false}, {15, 34, 30, 1, false}, {60, 99, 70, 2, false}, {0, 5, 76, 3, false}, {6, 70, 100, 1, true}, {0, 0, 100, 1, true}} {
		j := part(c.first, c.last)
		if j == nil || j.Bytes != c.bytes || j.Pieces != c.pieces || j.Complete != c.complete {
			t.Errorf("%+v: %+v", c, j)
		}
	}
	if j := s.exchange("GET", url, 206, got(0, 9, 100, `"2"`)).Range.Joined; j != nil {
		t.Errorf("another version: %+v", j)
	}
	if j := s.exchange("GET", url, 206, got(0, 9, 100, `W/"1"`)).Range.Joined; j != nil {
		t.Errorf("a weak validator: %+v", j)
	}
}

// A download that was cut short and the rest that was asked for afterwards belong together.
func TestCutDownloadResumed(t *testing.T) {
	s := newSurfer()
	whole := uint64(100)
	s.exchange("GET", "http://a.example/iso", 200, func(r *hanalyze.HTTP) {
		r.Response.BodyBytes, r.Response.DeclaredBytes = 60, &whole
		r.Response.Headers = []hanalyze.Header{{Name: "ETag", Value: `"1"`}}
	})
	j := s.exchange("GET", "http://a.example/iso", 206, got(60, 99, 100, `"1"`)).Range.Joined
	if j == nil || !j.Complete || j.Parts != 2 || j.Pieces != 1 {
		t.Errorf("%+v", j)
	}
}

// Of an exchange that lacks a part, and of a pair that is guessed, nothing is concluded.
func TestIncompleteExchangesTeachNothing(t *testing.T) {
	for _, spoil := range []func(*hanalyze.HTTP){
		func(r *hanalyze.HTTP) { r.Missing = hanalyze.MissingGap },
		func(r *hanalyze.HTTP) { r.Pairing = "guessed" },
		func(r *hanalyze.HTTP) { r.Request = nil },
	} {
		s := newSurfer()
		s.exchange("GET", "http://a.example/1", 302, func(r *hanalyze.HTTP) {
			to("http://a.example/2")(r)
			sets(hanalyze.HTTPCookie{Name: "a"})(r)
			spoil(r)
		})
		if r := s.exchange("GET", "http://a.example/2", 200, nil); r.Redirect != nil || r.Cookies != nil {
			t.Errorf("%+v %+v", r.Redirect, r.Cookies)
		}
	}
}

func TestWebIsBounded(t *testing.T) {
	limit := func(s *surfer, name string) uint64 {
		m := map[string]uint64{}
		s.j.Limits(m)
		return m[name]
	}
	s := newSurfer()
	for i := range maxRedirects + 1 {
		s.exchange("GET", fmt.Sprintf("http://a.example/%d", i), 302, to(fmt.Sprintf("http://a.example/to/%d", i)))
	}
	if n := limit(s, "redirects_forgotten"); n != 1 || s.j.web.redirects.pending.len() != maxRedirects {
		t.Errorf("%d redirects forgotten", n)
	}
	s = newSurfer()
	for i := range maxHops + 10 {
		s.exchange("GET", fmt.Sprintf("http://a.example/%d", i), 302, to(fmt.Sprintf("http://a.example/%d", i+1)))
	}
	for _, h := range s.j.web.redirects.pending.values {
		if len(h.chain.edges) != maxHops {
			t.Errorf("%d edges are kept", len(h.chain.edges))
		}
	}
	s = newSurfer()
	for i := range maxCopies + 1 {
		s.exchange("GET", fmt.Sprintf("http://a.example/%d", i), 200, caching(hanalyze.HTTPCaching{Storable: "any"}, `"1"`))
	}
	if n := limit(s, "http_copies_forgotten"); n != 1 || s.j.web.copies.len() != maxCopies {
		t.Errorf("%d copies forgotten", n)
	}
	s = newSurfer()
	for i := range maxJars + 1 {
		s.exchange("GET", fmt.Sprintf("http://h%d.example/", i), 200, sets(hanalyze.HTTPCookie{Name: "a"}))
	}
	for i := range maxJarCookies + 1 {
		s.exchange("GET", "http://a.example/", 200, sets(hanalyze.HTTPCookie{Name: fmt.Sprint(i)}))
	}
	s.exchange("GET", "http://a.example/", 200, sets(hanalyze.HTTPCookie{Name: strings.Repeat("x", maxCookieWords)}))
	if n := limit(s, "cookies_forgotten"); n != 2+2 || s.j.web.jars.len() != maxJars {
		t.Errorf("%d jars and cookies forgotten", n)
	}
	s = newSurfer()
	for i := range maxParts + 1 {
		s.exchange("GET", fmt.Sprintf("http://a.example/%d", i), 206, got(0, 1, 9, `"1"`))
	}
	for i := range uint64(maxPieces + 1) {
		s.exchange("GET", "http://b.example/", 206, got(2*i, 2*i, 1<<20, `"1"`))
	}
	if n := limit(s, "http_parts_forgotten"); n != 2+1 || s.j.web.parts.len() != maxParts {
		t.Errorf("%d parts forgotten", n)
	}
}

func TestUse(t *testing.T) {
	f := &hanalyze.Flow{Transport: hanalyze.TCP, Client: client, Server: server}
	exchange := func(at hanalyze.Time) *hanalyze.HTTP {
		return &hanalyze.HTTP{Envelope: hanalyze.Envelope{Flow: f, Last: hanalyze.Meta{Time: at}}, Persistent: true, Response: &hanalyze.HTTPMessage{}}
	}
	for name, c := range map[string]struct {
		last func(*hanalyze.HTTP)
		conn func(*hanalyze.Conn)
		want *hanalyze.HTTPUse
	}{
		"idle": {nil, nil, &hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), LastIdle: hanalyze.Known(5 * time.Second), End: "idle", By: "server"}},
		"announced": {func(r *hanalyze.HTTP) {
			r.Persistent, r.Persistence = false, &hanalyze.HTTPPersistence{Why: "connection_close"}
		}, nil,
			&hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "connection_close"}},
		"aborted": {func(r *hanalyze.HTTP) { r.Response = nil }, nil, &hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "aborted", By: "server"}},
		"cut":     {func(r *hanalyze.HTTP) { r.Response.Cut = true }, nil, &hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "aborted", By: "server"}},
		"stopped": {func(r *hanalyze.HTTP) { r.Request = &hanalyze.HTTPMessage{Cut: true} }, nil,
			&hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "aborted", By: "server"}},
		"too late": {func(r *hanalyze.HTTP) { r.Response, r.MetClose = nil, &hanalyze.HTTPMetClose{When: "before"} }, nil,
			&hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), LastIdle: hanalyze.Known(8 * time.Second), End: "idle", By: "server"}},
		"crossing": {func(r *hanalyze.HTTP) { r.Response, r.MetClose = nil, &hanalyze.HTTPMetClose{When: "during"} }, nil,
			&hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "aborted", By: "server"}},
		"upgrade": {func(r *hanalyze.HTTP) { r.Upgrade = "websocket" }, nil, &hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "upgrade"}},
		"open":    {nil, func(c *hanalyze.Conn) { c.TCP.Close.Kind = "open" }, &hanalyze.HTTPUse{Exchanges: 2, MaxIdle: hanalyze.Known(2 * time.Second), End: "open"}},
		"a gap":   {nil, func(c *hanalyze.Conn) { c.Missing = hanalyze.MissingGap }, nil},
		"a guess": {func(r *hanalyze.HTTP) { r.Pairing = "guessed" }, nil, nil},
	} {
		j := New()
		j.Record(exchange(1 * sec))
		r := exchange(4 * sec)
		r.Timing.Idle = hanalyze.Known(2 * time.Second)
		if c.last != nil {
			c.last(r)
		}
		j.Record(r)
		conn := &hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: f, Last: hanalyze.Meta{Time: 10 * sec}}, TCP: &hanalyze.TCPConn{
			Close: hanalyze.TCPClose{Kind: "fin_4", By: "server"}, Phases: &hanalyze.TCPPhases{Teardown: hanalyze.Known(time.Second)}}}
		if c.conn != nil {
			c.conn(conn)
		}
		j.Record(conn)
		if d := cmp.Diff(c.want, conn.HTTP, spans); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}
