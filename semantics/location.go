package semantics

import "strings"

// Redirects, RFC 9110 §10.2.2 and §15.4; references are resolved by RFC 3986 §5.2.

// Redirects reports whether a status asks the client to go to Location.
func Redirects(status uint16) bool {
	switch status {
	case 300, 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// RedirectMethod returns the method with which clients follow: 303 makes it GET, and 301 and 302 make GET of POST, as the
// browsers do (RFC 9110 §15.4.2).
func RedirectMethod(status uint16, method string) string {
	switch {
	case method == "HEAD":
		return method
	case status == 303, (status == 301 || status == 302) && method == "POST":
		return "GET"
	}
	return method
}

// reference is a URI in the parts of RFC 3986 §3, without its fragment. Which parts are there is told apart from empty ones.
type reference struct {
	scheme, authority, path, query string
	hasAuthority, hasQuery         bool
}

// splitReference splits a URI reference by the expression of RFC 3986 appendix B.
func splitReference(s string) (r reference) {
	s, _, _ = strings.Cut(s, "#")
	s, r.query, r.hasQuery = strings.Cut(s, "?")
	if i := strings.IndexByte(s, ':'); i > 0 && isScheme(s[:i]) {
		r.scheme, s = s[:i], s[i+1:]
	}
	if strings.HasPrefix(s, "//") {
		s, r.hasAuthority = s[2:], true
		if i := strings.IndexByte(s, '/'); i >= 0 {
			s, r.authority, r.path = "", s[:i], s[i:]
			return r
		}
		r.authority = s
		return r
	}
	r.path = s
	return r
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (s[i] < '0' || s[i] > '9') && s[i] != '+' && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return s != ""
}

// ResolveLocation returns the URL that a Location means for a request to base, without its fragment, with scheme and host
// in lower case and a path of at least "/", so that two spellings of one URL compare equal. "" when it means none.
func ResolveLocation(base, location string) string {
	b, r := splitReference(base), splitReference(location)
	if location == "" || hasControl(base) || hasControl(location) || b.scheme == "" && r.scheme == "" {
		return ""
	}
	t := r
	switch {
	case r.scheme != "":
		t.path = removeDots(r.path)
	case r.hasAuthority:
		t.scheme, t.path = b.scheme, removeDots(r.path)
	default:
		t.scheme, t.authority, t.hasAuthority = b.scheme, b.authority, b.hasAuthority
		t.path = b.path
		switch {
		case r.path == "":
			if !r.hasQuery {
				t.query, t.hasQuery = b.query, b.hasQuery
			}
		case r.path[0] == '/':
			t.path = removeDots(r.path)
		default:
			t.path = removeDots(merge(&b, r.path))
		}
	}
	return t.String()
}

// NormalURL returns a URL as ResolveLocation spells it.
func NormalURL(url string) string { return ResolveLocation("", url) }

// String puts the parts together, RFC 3986 §5.3.
func (r *reference) String() string {
	var b strings.Builder
	scheme := strings.ToLower(r.scheme)
	if scheme != "" {
		b.WriteString(scheme + ":")
	}
	if r.hasAuthority {
		authority := strings.ToLower(r.authority)
		switch scheme {
		case "http":
			authority = strings.TrimSuffix(authority, ":80")
		case "https":
			authority = strings.TrimSuffix(authority, ":443")
		}
		b.WriteString("//" + authority)
		if r.path == "" {
			b.WriteByte('/')
		}
	} else if strings.HasPrefix(r.path, "//") {
		b.WriteString("/.") // RFC 3986 §3.3: without an authority a path cannot begin with two slashes
	}
	b.WriteString(r.path)
	if r.hasQuery {
		b.WriteString("?" + r.query)
	}
	return b.String()
}

// merge is RFC 3986 §5.2.3.
func merge(base *reference, path string) string {
	if base.hasAuthority && base.path == "" {
		return "/" + path
	}
	return base.path[:strings.LastIndexByte(base.path, '/')+1] + path
}

// removeDots is RFC 3986 §5.2.4: "." and ".." are taken out.
func removeDots(path string) string {
	if !strings.Contains(path, ".") {
		return path
	}
	var kept []string
	segments := strings.Split(path, "/")
	for i, seg := range segments {
		last := i == len(segments)-1
		switch seg {
		case ".":
			if last {
				kept = append(kept, "")
			}
		case "..":
			if len(kept) > 1 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, seg)
		}
	}
	return strings.Join(kept, "/")
}

// Host returns the host of an authority in lower case, without user, port and the brackets of an IPv6 address.
func Host(authority string) string {
	host := strings.ToLower(authority[strings.LastIndexByte(authority, '@')+1:])
	if strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host[1:], "]")
		return host
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}
