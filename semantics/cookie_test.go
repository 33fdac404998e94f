package semantics

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSetCookie(t *testing.T) {
	now := at("2021-06-08T10:18:14Z")
	for in, want := range map[string]SetCookieField{ // RFC 6265bis §3.1 and §4.1
		"SID=31d4d96e407aad42":                                   {Name: "SID"},
		"SID=31d4; Path=/; Secure; HttpOnly":                     {Name: "SID", Path: "/", Secure: true, HTTPOnly: true},
		"lang=en-US; Path=/; Domain=site.example":                {Name: "lang", Path: "/", Domain: "site.example"},
		"lang=en-US; Domain=.Site.Example":                       {Name: "lang", Domain: "site.example"},
		"lang=; Expires=Wed, 09 Jun 2021 10:18:14 GMT":           {Name: "lang", Persistent: true, Expires: at("2021-06-09T10:18:14Z")},
		"a=1; max-age=60; expires=Wed, 09 Jun 2021 10:18:14 GMT": {Name: "a", Persistent: true, Expires: at("2021-06-08T10:19:14Z")},
		"a=1; max-age=-5":                                        {Name: "a", Persistent: true, Expires: now},
		"a=1; max-age=99999999999":                               {Name: "a", Persistent: true, Expires: now.Add(maxCookieAge)},
		"a=1; SameSite=LAX; samesite=None; Partitioned":          {Name: "a", SameSite: "none", Partitioned: true},
		"a=1; SameSite=sometimes; path=x":                        {Name: "a"},
		"a=1; path=/x; path=y":                                   {Name: "a"}, // the last counts, and is the default
		"value only":                                             {},
		" a = b ; secure = yes":                                  {Name: "a", Secure: true},
	} {
		got, ok := ParseSetCookie(in, now)
		if !ok {
			t.Errorf("%q is refused", in)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
	}
	for _, in := range []string{"", "=", ";Secure", "a\x00=b", "a=" + strings.Repeat("x", maxCookieBytes)} {
		if got, ok := ParseSetCookie(in, now); ok {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

func TestRefused(t *testing.T) {
	now := at("2021-06-08T10:18:14Z")
	for _, c := range []struct {
		cookie, host string
		secure       bool
		want         string
	}{
		{"a=1", "www.example.com", false, ""},
		{"a=1; Domain=example.com", "www.example.com", false, ""},
		{"a=1; Domain=foo.example.com", "www.example.com", false, "foreign_domain"},
		{"a=1; Domain=1.2.3", "4.1.2.3", false, "foreign_domain"},
		{"a=1; Secure", "www.example.com", false, "secure_over_http"},
		{"a=1; SameSite=None", "www.example.com", true, "same_site_none_not_secure"},
		{"a=1; SameSite=None; Secure", "www.example.com", true, ""},
		{"__Secure-SID=1; Domain=example.com", "www.example.com", true, "secure_prefix"}, // RFC 6265bis §4.1.3.1
		{"__Secure-SID=1; Domain=example.com; Secure", "www.example.com", true, ""},
		{"__Host-SID=1; Secure", "www.example.com", true, "host_prefix"}, // RFC 6265bis §4.1.3.2
		{"__host-SID=1; Secure; Path=/; Domain=example.com", "www.example.com", true, "host_prefix"},
		{"__Host-SID=1; Secure; Path=/", "www.example.com", true, ""},
		{"a=1; Domain=com", "www.example.com", true, "public_suffix"},
		{"a=1; Domain=Intranet", "INTRANET", true, ""},
		{"a=1; Domain=example.com", "www.example.com", true, ""},
		{"a=1; Partitioned", "www.example.com", true, "partitioned_not_secure"},
		{"a=1; Partitioned; Secure", "www.example.com", true, ""},
		{"a=1; Secure", "localhost", false, ""},
		{"a=1; Secure", "a.LocalHost", false, ""},
		{"a=1; Secure", "127.0.0.1", false, ""},
		{"a=1; Secure", "::1", false, ""},
		{"a=1; Secure", "127.example.com", false, "secure_over_http"},
		{"a=1; Secure", "notlocalhost", false, "secure_over_http"},
	} {
		cookie, _ := ParseSetCookie(c.cookie, now)
		if got := cookie.Refused(c.host, c.secure); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestDeletes(t *testing.T) {
	now := at("2021-06-10T00:00:00Z")
	for in, want := range map[string]bool{"lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT": true, "a=1": false, "a=1; Max-Age=0": true, "a=1; Max-Age=1": false} {
		if c, _ := ParseSetCookie(in, now); c.Deletes(now) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
}

func TestCookiePaths(t *testing.T) {
	for _, c := range []struct {
		request, cookie string
		want            bool
	}{{"/", "/", true}, {"/a/b", "/a", true}, {"/a/b", "/a/", true}, {"/ab", "/a", false}, {"/a", "/a/", false}, {"/a", "/a", true}} {
		if got := PathMatch(c.request, c.cookie); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for in, want := range map[string]string{"": "/", "*": "/", "/": "/", "/a": "/", "/a/": "/a", "/a/b": "/a"} {
		if got := DefaultPath(in); got != want {
			t.Errorf("DefaultPath(%q) = %q, want %q", in, got, want)
		}
	}
}

// Nothing of a value is ever taken for a name.
func TestCookieNames(t *testing.T) {
	for in, want := range map[string][]string{
		"SID=31d4; lang=en-US": {"SID", "lang"}, // RFC 6265bis §3.1
		"a=b=c;; d":            {"a", ""},
		"":                     nil,
	} {
		if got := slices.Collect(CookieNames(in)); !slices.Equal(got, want) {
			t.Errorf("CookieNames(%q) = %q", in, got)
		}
	}
}
