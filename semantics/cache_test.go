package semantics

import (
	"testing"
	"time"
)

func TestCacheDirectives(t *testing.T) {
	d := section("Cache-Control: no-cache=\"set-cookie\", PRIVATE, max-age=60", "cache-control: s-maxage=\"600\", max-age=5, immutable").CacheDirectives()
	want := Directives{Private: true, Immutable: true, HasMaxAge: true, MaxAge: time.Minute, HasSMaxAge: true, SMaxAge: 10 * time.Minute}
	if d != want {
		t.Errorf("got %+v", d)
	}
	d = section("Cache-Control: no-store, no-cache, must-revalidate, public, only-if-cached, max-age=x").CacheDirectives()
	want = Directives{NoStore: true, NoCache: true, MustRevalidate: true, Public: true, OnlyIfCached: true, HasMaxAge: true}
	if d != want {
		t.Errorf("got %+v", d)
	}
	if d := section("Pragma: no-cache").CacheDirectives(); !d.NoCache {
		t.Error("Pragma counts without Cache-Control")
	}
	if d := section("Pragma: no-cache", "Cache-Control: max-age=1").CacheDirectives(); d.NoCache {
		t.Error("Pragma does not count beside Cache-Control")
	}
}

func TestFresh(t *testing.T) {
	now := at("1994-11-15T08:12:31Z")
	const dated, day = "Date: Tue, 15 Nov 1994 08:12:31 GMT", 24 * time.Hour
	for name, c := range map[string]struct {
		lines []string
		want  Freshness
	}{
		"nothing":                  {nil, Freshness{}},
		"max-age":                  {[]string{"Cache-Control: max-age=3600", "Expires: 0", "Age: 24"}, Freshness{Lifetime: time.Hour, From: "max_age", Age: 24 * time.Second, HasAge: true}},
		"s-maxage is for others":   {[]string{"Cache-Control: s-maxage=3600"}, Freshness{}},
		"expires":                  {[]string{dated, "Expires: Tue, 15 Nov 1994 08:13:31 GMT"}, Freshness{Lifetime: time.Minute, From: "expires"}},
		"expires, no date":         {[]string{"Expires: Tue, 15 Nov 1994 08:13:31 GMT"}, Freshness{Lifetime: time.Minute, From: "expires"}},
		"expired":                  {[]string{dated, "Expires: Tue, 15 Nov 1994 08:11:31 GMT"}, Freshness{From: "expires"}},
		"expires 0, RFC 9111 §5.3": {[]string{"Expires: 0"}, Freshness{From: "expires"}},
		"heuristic":                {[]string{dated, "Last-Modified: Mon, 14 Nov 1994 22:12:31 GMT"}, Freshness{Lifetime: time.Hour, From: "heuristic"}},
		"heuristic, bounded":       {[]string{dated, "Last-Modified: Mon, 14 Nov 1983 22:12:31 GMT"}, Freshness{Lifetime: day, From: "heuristic"}},
		"modified in the future":   {[]string{dated, "Last-Modified: Wed, 16 Nov 1994 08:12:31 GMT"}, Freshness{From: "heuristic"}},
		"invalid max-age is stale": {[]string{"Cache-Control: max-age=-1", "Last-Modified: Mon, 14 Nov 1983 22:12:31 GMT"}, Freshness{From: "max_age"}},
	} {
		s := section(c.lines...)
		d := s.CacheDirectives()
		if got := s.Fresh(200, &d, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	s := section(dated, "Last-Modified: Mon, 14 Nov 1994 22:12:31 GMT")
	if got := s.Fresh(302, &Directives{}, now); got.From != "" {
		t.Errorf("302 is fresh by %s", got.From)
	}
}

func TestStorable(t *testing.T) {
	for _, c := range []struct {
		method, request, response string
		status                    uint16
		want                      string
	}{
		{"GET", "", "", 200, "any"},
		{"GET", "", "", 302, "none"},
		{"GET", "", "Cache-Control: max-age=1", 302, "any"},
		{"GET", "", "Expires: 0", 302, "any"},
		{"GET", "", "Cache-Control: no-store", 200, "none"},
		{"GET", "Cache-Control: no-store", "", 200, "none"},
		{"GET", "", "Cache-Control: private", 200, "private"},
		{"GET", "Authorization: Basic x", "", 200, "private"}, // RFC 9111 §3.5
		{"GET", "Authorization: Basic x", "Cache-Control: public", 200, "any"},
		{"POST", "", "", 200, "none"},
		{"GET", "", "", 206, "any"},
	} {
		request, response := section(c.request), section(c.response)
		asked, told := request.CacheDirectives(), response.CacheDirectives()
		if got := Storable(c.method, c.status, request, response, &asked, &told); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := at("1999-12-31T23:58:59Z")
	for in, want := range map[string]time.Duration{ // RFC 9110 §10.2.3
		"Fri, 31 Dec 1999 23:59:59 GMT": time.Minute, "120": 2 * time.Minute, "Fri, 31 Dec 1999 23:00:00 GMT": 0, "99999999999999999999": 1 << 31 * time.Second,
	} {
		if got, ok := section("Retry-After: " + in).RetryAfter(now); !ok || got != want {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "soon", "-1"} {
		if _, ok := section("Retry-After: " + in).RetryAfter(now); ok {
			t.Errorf("%q was read", in)
		}
	}
}
