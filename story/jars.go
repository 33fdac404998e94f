package story

import (
	"slices"
	"strings"
	"time"

	"hanalyze"
	"hanalyze/semantics"
)

// Limits of what is remembered of cookies.
const (
	// maxJars bounds the domains whose cookies are remembered, for all clients together, oldest forgotten first.
	maxJars = 1024
	// maxJarCookies bounds the cookies of one domain. RFC 6265bis §6.1 asks for at least 50.
	maxJarCookies = 50
	// maxCookieWords bounds the name and path of a cookie that is remembered. Real ones have a few dozen bytes; with it a
	// full table takes less than 20 MiB.
	maxCookieWords = 256
	// maxLabels bounds the parent domains of a host that are looked at; real names have a handful.
	maxLabels = 10
)

// jars are the cookies that clients were given, by domain.
type jars struct {
	table[resource, *jar]
	dropped uint64
}

// jar holds the cookies of one client for one domain.
type jar struct{ cookies []cookie }

// cookie is one that a client was given.
type cookie struct {
	name, path string
	at         hanalyze.Time // when
	expires    hanalyze.Time
	persistent bool
	secure     bool
	hostOnly   bool
	anySite    bool // SameSite=None: requests from other sites carry it too
	missed     bool // it was told that the client did not send it
}

// exchange tells which cookies a client was given and did not send, and remembers those it is given.
func (t *jars) exchange(w *web, r *hanalyze.HTTP) {
	set := r.Cookies != nil && r.Cookies.Set != nil
	if t.len() == 0 && !set {
		return
	}
	host := semantics.Host(r.Authority)
	path, _, _ := strings.Cut(r.PathQuery, "?")
	if t.len() > 0 {
		if list := t.notSent(w, r, host, path); list != nil {
			if r.Cookies == nil {
				r.Cookies = &hanalyze.HTTPCookies{}
			}
			r.Cookies.NotSent, r.Cookies.Basis = list, hanalyze.Inferred
		}
	}
	if set {
		for i := range r.Cookies.Set {
			t.set(w, r, &r.Cookies.Set[i], host, path)
		}
	}
}

// notSent returns the names of the cookies that belong to a request and are not part of it, each once.
func (t *jars) notSent(w *web, r *hanalyze.HTTP, host, path string) (names []string) {
	foreign := crossSite(r, host)
	domain := host
	for range maxLabels {
		if j, ok := t.get(w.resource(r, domain)); ok {
			for i := range j.cookies {
				c := &j.cookies[i]
				if c.missed || c.hostOnly && domain != host || foreign && !c.anySite || !c.applies(r, path) {
					continue
				}
				if r.Cookies == nil || !slices.Contains(r.Cookies.Sent, c.name) {
					c.missed = true
					names = append(names, c.name)
				}
			}
		}
		_, parent, more := strings.Cut(domain, ".")
		if !more {
			break
		}
		domain = parent
	}
	return names
}

// applies reports whether a client that keeps cookies sends this one with a request.
func (c *cookie) applies(r *hanalyze.HTTP, path string) bool {
	return c.at <= r.Start.Time && (!c.persistent || c.expires > r.Start.Time) && (!c.secure || r.Scheme == "https") &&
		semantics.PathMatch(path, c.path)
}

// crossSite reports whether another site made the client send a request, as far as Origin or Referer tell: then cookies
// with SameSite, and by default, stay behind.
func crossSite(r *hanalyze.HTTP, host string) bool {
	s := fields(r.Request)
	from := s.Get(semantics.Origin)
	if from == "" {
		from = s.Get(semantics.Referer)
	}
	_, rest, ok := strings.Cut(from, "://")
	if !ok {
		return from != "" // "null": an opaque origin
	}
	authority, _, _ := strings.Cut(rest, "/")
	site := semantics.Host(authority)
	return site != host && !semantics.DomainMatch(site, host) && !semantics.DomainMatch(host, site)
}

// set puts a cookie in its jar, or takes it out.
func (t *jars) set(w *web, r *hanalyze.HTTP, s *hanalyze.HTTPCookie, host, path string) {
	switch {
	case s.Refused != "" || host == "":
		return
	case len(s.Name)+len(s.Path)+len(path) > maxCookieWords:
		t.dropped++
		return
	}
	c := cookie{name: strings.Clone(s.Name), path: strings.Clone(s.Path), at: answerBegan(r), secure: s.Secure, hostOnly: s.Domain == "",
		anySite: s.SameSite == "none"}
	domain := s.Domain
	if c.hostOnly {
		domain = host
	}
	if c.path == "" {
		c.path = strings.Clone(semantics.DefaultPath(path))
	}
	if e, err := time.Parse(time.RFC3339, s.Expires); err == nil {
		c.persistent, c.expires = true, hanalyze.Time(e.UnixNano())
	}
	k := w.resource(r, domain)
	j, ok := t.get(k)
	if !ok {
		j = &jar{}
		t.put(k, j)
	}
	j.cookies = slices.DeleteFunc(j.cookies, func(o cookie) bool {
		same := o.name == c.name && o.path == c.path && o.hostOnly == c.hostOnly
		c.missed = c.missed || same && o.missed // a program that keeps none is given it again and again
		return same
	})
	switch {
	case s.Deleted:
	case len(j.cookies) < maxJarCookies:
		j.cookies = append(j.cookies, c)
	default:
		t.dropped++
	}
}
