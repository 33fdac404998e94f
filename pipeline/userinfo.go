package pipeline

import (
	"strings"

	"hanalyze"
)

// hideUserinfo masks the passwords in the URLs of a record (RFC 3986 §3.2.1), before anything is concluded from it, so that no
// name, title or file tells them by a detour. Clients do not send them; who asks a proxy by hand, and who redirects, may.
func hideUserinfo(r hanalyze.Record) {
	switch r := r.(type) {
	case *hanalyze.HTTP:
		if d := r.Redirect; d != nil {
			d.Location = withoutPassword(d.Location)
		}
		if strings.IndexByte(r.URL, '@') < 0 && r.URL != "" {
			return // the URL holds the other two
		}
		r.URL, r.PathQuery = withoutPassword(r.URL), withoutPassword(r.PathQuery)
		r.Authority = hideIn(r.Authority)
		if r.Method == "CONNECT" {
			r.PathQuery = hideIn(r.PathQuery)
		}
	case *hanalyze.Notice:
		r.Detail = withoutPassword(r.Detail) // at most one URL is in it
	case *hanalyze.WebSocket:
		r.URL = withoutPassword(r.URL)
	}
}

// withoutPassword masks the userinfo of a URL.
func withoutPassword(url string) string {
	if strings.IndexByte(url, '@') < 0 {
		return url
	}
	scheme, rest, ok := strings.Cut(url, "//")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		return url
	}
	n := strings.IndexAny(rest, "/?#")
	if n < 0 {
		n = len(rest)
	}
	return scheme + "//" + hideIn(rest[:n]) + rest[n:]
}

// hideIn masks the userinfo of an authority: a name stays, what follows it or stands alone does not.
func hideIn(authority string) string {
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return authority
	}
	name, _, ok := strings.Cut(authority[:at], ":")
	if !ok {
		name = "***"
	} else {
		name += ":***"
	}
	return name + authority[at:]
}
