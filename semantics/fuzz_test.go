package semantics

import (
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// Whatever stands in a header: nothing panics, lists stay bounded, and what is returned obeys its own rules.
func FuzzReaders(f *testing.F) {
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "max-age=1, private=\"a,b\"",
		"bytes=0-1,-5", "bytes 0-1/2", "a=b; Path=/; Max-Age=5; SameSite=None", "text/html;q=0.5, */*", "Digest realm=\"x\", nonce=y, Basic",
		"../a/./b?c#d", "timeout=5, max=3", "\"", "W/\"x\"", "http://[::1]:80/..",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var hs, other []hanalyze.Header
		for field := Other + 1; field < numFields; field++ {
			hs = append(hs, hanalyze.Header{Name: field.String(), Value: a})
			other = append(other, hanalyze.Header{Name: field.String(), Value: b})
		}
		s, o := ReadSection(hs), ReadSection(other)
		readAll(t, &s, &o, a, b)
	})
}

func readAll(t *testing.T, s, o *Section, a, b string) {
	const now = hanalyze.Time(1e18)
	d, e := s.CacheDirectives(), o.CacheDirectives()
	if fr := s.Fresh(200, &d, now); fr.Lifetime < 0 || fr.Age < 0 {
		t.Errorf("%+v", fr)
	}
	Storable("GET", 200, s, o, &d, &e)
	if d, _ := s.RetryAfter(now); d < 0 {
		t.Errorf("retry after %v", d)
	}
	NotModified(s, o, now)
	Modified(s, o)
	s.Validator()
	asked, _ := ParseRange(a)
	if c, ok := ParseContentRange(b); ok {
		if c.Bytes() < 0 {
			t.Errorf("%+v has %d bytes", c, c.Bytes())
		}
		c.Answers(asked)
	}
	for _, r := range asked {
		if first, last, ok := r.Resolve(1000); ok && (first < 0 || last > 999 || first > last) {
			t.Errorf("%+v is %d-%d", r, first, last)
		}
	}
	if c, ok := ParseSetCookie(a, now); ok {
		c.Refused(b, true)
		c.Deletes(now)
		if c.Name != "" && !strings.Contains(a, c.Name) || c.Persistent && c.Expires.Sub(now) > 290*365*24*time.Hour {
			t.Errorf("%+v", c)
		}
	}
	DomainMatch(a, b)
	if path := DefaultPath(a); strings.HasPrefix(a, "/") && !PathMatch(a, path) {
		t.Errorf("a cookie set by %q for %q is not sent back to it", a, path)
	}
	for name := range CookieNames(a) {
		if !strings.Contains(a, name) {
			t.Errorf("cookie %q", name)
		}
	}
	for _, q := range []func(string) (int, bool){s.AcceptsType, s.AcceptsCoding, s.AcceptsLanguage} {
		if n, _ := q(b); n < 0 || n > best {
			t.Errorf("weight %d", n)
		}
	}
	if len(s.Challenges(WWWAuthenticate)) > maxChallenges {
		t.Error("too many challenges")
	}
	s.Credentials(Authorization)
	if u := ResolveLocation(a, b); u != "" {
		// A URL in normal form is its own normal form.
		if again := NormalURL(u); again != u && strings.Contains(u, "://") {
			t.Errorf("%q, again %q", u, again)
		}
	}
	s.KeepAliveParams()
	s.Asks()
	s.Waits()
}
