package semantics

import (
	"strings"
	"time"

	"hanalyze"
)

// Directives are those of Cache-Control that are acted upon, RFC 9111 §5.2. A directive with an invalid number of seconds
// counts as stale at once (§4.2.1), so its time is 0.
type Directives struct {
	NoStore, NoCache, Private, Public, MustRevalidate, Immutable, OnlyIfCached bool

	HasMaxAge, HasSMaxAge bool
	MaxAge, SMaxAge       time.Duration
}

// CacheDirectives reads Cache-Control of a request or response, and of a request without one Pragma: no-cache (RFC 9111
// §5.4). The first of two contradicting directives counts (§4.2.1).
func (s *Section) CacheDirectives() (d Directives) {
	for e := range s.Elements(CacheControl) {
		d.add(e)
	}
	if !s.Has(CacheControl) && s.HasToken(Pragma, "no-cache") {
		d.NoCache = true
	}
	return d
}

func (d *Directives) add(directive string) {
	switch directive { // as nearly everybody writes it
	case "no-cache":
		d.NoCache = true
		return
	case "no-store":
		d.NoStore = true
		return
	}
	name, value := parameter(directive)
	switch len(name) {
	case len("public"):
		d.Public = d.Public || strings.EqualFold(name, "public")
	case len("max-age"):
		switch {
		case strings.EqualFold(name, "private"):
			// With field names it is about these fields only, RFC 9111 §5.2.2.7.
			d.Private = d.Private || value == ""
		case strings.EqualFold(name, "max-age") && !d.HasMaxAge:
			d.HasMaxAge, d.MaxAge = true, seconds(value)
		}
	case len("no-store"):
		switch {
		case strings.EqualFold(name, "no-store"):
			d.NoStore = true
		case strings.EqualFold(name, "no-cache"):
			d.NoCache = d.NoCache || value == ""
		case strings.EqualFold(name, "s-maxage") && !d.HasSMaxAge:
			d.HasSMaxAge, d.SMaxAge = true, seconds(value)
		}
	case len("immutable"):
		d.Immutable = d.Immutable || strings.EqualFold(name, "immutable")
	case len("only-if-cached"):
		d.OnlyIfCached = d.OnlyIfCached || strings.EqualFold(name, "only-if-cached")
	case len("must-revalidate"):
		d.MustRevalidate = d.MustRevalidate || strings.EqualFold(name, "must-revalidate")
	}
}

// seconds reads delta-seconds, RFC 9111 §1.2.2: anything above 2^31 is that.
func seconds(s string) time.Duration {
	n, ok := digits(s)
	if !ok {
		return 0
	}
	return time.Duration(min(n, 1<<31)) * time.Second
}

// Freshness is how long a response may be used without asking again, and what says so.
type Freshness struct {
	Lifetime time.Duration
	From     string // "max_age", "expires" or "heuristic", "" when nothing tells
	Age      time.Duration
	HasAge   bool // an Age header was read: the answer came out of a cache
}

// Fresh computes the lifetime of a response for a private cache, as a browser has one, by RFC 9111 §4.2.1, where nothing is
// said by the heuristic of §4.2.2: a tenth of the time since it was last modified, at most a day. received is when the
// answer came; without a Date it stands for it (RFC 9110 §6.6.1). A negative lifetime is 0.
func (s *Section) Fresh(status uint16, d *Directives, received hanalyze.Time) (f Freshness) {
	if n, ok := digits(s.Get(Age)); ok {
		f.Age, f.HasAge = time.Duration(min(n, 1<<31))*time.Second, true
	}
	switch {
	case d.HasMaxAge:
		f.Lifetime, f.From = d.MaxAge, "max_age"
	case s.Has(Expires):
		f.From = "expires"
		// An invalid date, "0" above all, is in the past: RFC 9111 §5.3.
		if t, ok := ParseDate(s.Get(Expires), received); ok {
			f.Lifetime = max(0, t.Sub(s.date(received)))
		}
	case s.Has(LastModified) && heuristic(status):
		if t, ok := ParseDate(s.Get(LastModified), received); ok {
			f.Lifetime, f.From = min(max(0, s.date(received).Sub(t)/10), maxHeuristic), "heuristic"
		}
	}
	return f
}

// maxHeuristic bounds what is taken for fresh by guessing. RFC 9111 §4.2.2 sets no bound; caches use a day to a week, and
// the shortest accuses nobody wrongly.
const maxHeuristic = 24 * time.Hour

// date returns the response's Date, or when it was received.
func (s *Section) date(received hanalyze.Time) hanalyze.Time {
	if t, ok := ParseDate(s.Get(Date), received); ok {
		return t
	}
	return received
}

// heuristic reports whether a status is heuristically cacheable, RFC 9110 §15.1.
func heuristic(status uint16) bool {
	switch status {
	case 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

// Storable says which caches may store the answer to a request, by RFC 9111 §3: "any", "private", or "none".
func Storable(method string, status uint16, request, response *Section, asked, told *Directives) string {
	switch {
	case method != "GET" && method != "HEAD", asked.NoStore, told.NoStore, status < 200, status == 304:
		return "none"
	case !told.HasMaxAge && !told.HasSMaxAge && !told.Public && !told.Private && !response.Has(Expires) && !heuristic(status):
		return "none"
	case told.Private:
		return "private"
	case request.Has(Authorization) && !told.Public && !told.MustRevalidate && !told.HasSMaxAge:
		return "private" // RFC 9111 §3.5
	}
	return "any"
}

// RetryAfter reads Retry-After, RFC 9110 §10.2.3, as a delay from now on.
func (s *Section) RetryAfter(now hanalyze.Time) (time.Duration, bool) {
	v := s.Get(RetryAfter)
	if n, ok := digits(v); ok {
		return time.Duration(min(n, 1<<31)) * time.Second, true
	}
	t, ok := ParseDate(v, now)
	return max(0, t.Sub(now)), ok
}
