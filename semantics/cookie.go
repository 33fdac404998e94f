package semantics

import (
	"iter"
	"strings"
	"time"

	"hanalyze"
)

// Cookies, RFC 6265bis. Values are never returned.

// SetCookieField is a Set-Cookie header as a user agent reads it (RFC 6265bis §5.6), without its value.
type SetCookieField struct {
	Name     string
	Domain   string // lower case, without a leading dot; "" when absent: the cookie is for this host only
	Path     string // "" when absent or not absolute: the default is the request's
	SameSite string // strict, lax or none; "" when absent or unknown

	Secure, HTTPOnly, Partitioned bool

	// Persistent says that it lives until Expires; otherwise it ends with the session. MaxAge wins over Expires.
	Persistent bool
	Expires    hanalyze.Time
}

// maxCookieBytes bounds name and value together, RFC 6265bis §5.6: user agents ignore what is longer.
const maxCookieBytes = 4096

// ParseSetCookie reads one Set-Cookie header that came at now. ok is false for what user agents ignore.
func ParseSetCookie(value string, now hanalyze.Time) (c SetCookieField, ok bool) {
	pair, attributes, _ := strings.Cut(value, ";")
	name, v, found := strings.Cut(pair, "=")
	if !found {
		name, v = "", pair // a cookie without a name, §5.6 step 3
	}
	name, v = trim(name), trim(v)
	if name == "" && v == "" || len(name)+len(v) > maxCookieBytes || hasControl(pair) {
		return c, false
	}
	c.Name = name
	hasMaxAge := false
	for attributes != "" {
		var a string
		a, attributes, _ = strings.Cut(attributes, ";")
		key, val, _ := strings.Cut(a, "=")
		c.attribute(trim(key), trim(val), now, &hasMaxAge)
	}
	return c, true
}

// attribute reads one attribute; the last of a kind counts.
func (c *SetCookieField) attribute(key, value string, now hanalyze.Time, hasMaxAge *bool) {
	switch {
	case strings.EqualFold(key, "expires"):
		if t, ok := CookieDate(value); ok && !*hasMaxAge {
			c.Persistent, c.Expires = true, t
		}
	case strings.EqualFold(key, "max-age"):
		if age, ok := maxAge(value); ok {
			*hasMaxAge, c.Persistent, c.Expires = true, true, now.Add(age)
		}
	case strings.EqualFold(key, "domain"):
		c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
	case strings.EqualFold(key, "path"):
		c.Path = ""
		if strings.HasPrefix(value, "/") {
			c.Path = value
		}
	case strings.EqualFold(key, "secure"):
		c.Secure = true
	case strings.EqualFold(key, "httponly"):
		c.HTTPOnly = true
	case strings.EqualFold(key, "partitioned"):
		c.Partitioned = true
	case strings.EqualFold(key, "samesite"):
		switch s := strings.ToLower(value); s {
		case "strict", "lax", "none":
			c.SameSite = s
		default:
			c.SameSite = ""
		}
	}
}

// maxCookieAge is the limit of RFC 6265bis §5.5: user agents cut what is longer to it.
const maxCookieAge = 400 * 24 * time.Hour

// maxAge reads Max-Age: zero and less is the past.
func maxAge(value string) (time.Duration, bool) {
	negative := strings.HasPrefix(value, "-")
	n, ok := digits(strings.TrimPrefix(value, "-"))
	if negative {
		n = 0
	}
	return min(time.Duration(min(n, 1<<31))*time.Second, maxCookieAge), ok
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 && s[i] != '\t' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// Deletes reports whether the cookie is over when it is set: that is how servers delete one.
func (c *SetCookieField) Deletes(now hanalyze.Time) bool { return c.Persistent && c.Expires <= now }

// Refused says why user agents ignore the cookie when it comes from host over https or not: "secure_over_http",
// "same_site_none_not_secure", "secure_prefix", "host_prefix", "foreign_domain", "public_suffix" or "partitioned_not_secure"; ""
// when they take it (RFC 6265bis §5.7). Of public suffixes only those are known that have no dot.
func (c *SetCookieField) Refused(host string, secure bool) string {
	switch {
	case c.Domain != "" && !DomainMatch(host, c.Domain):
		return "foreign_domain"
	case c.Domain != "" && c.Domain != strings.ToLower(host) && !strings.Contains(c.Domain, "."):
		return "public_suffix"
	case c.Secure && !secure && !ownMachine(host):
		return "secure_over_http"
	case c.SameSite == "none" && !c.Secure:
		return "same_site_none_not_secure"
	case hasPrefixFold(c.Name, "__Secure-") && !c.Secure:
		return "secure_prefix"
	case hasPrefixFold(c.Name, "__Host-") && (!c.Secure || c.Domain != "" || c.Path != "/"):
		return "host_prefix"
	case c.Partitioned && !c.Secure:
		return "partitioned_not_secure"
	}
	return ""
}

// ownMachine reports whether a host is the client's own: browsers trust it without TLS (Secure Contexts §3.1).
func ownMachine(host string) bool {
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "::1" || isAddress(host) && strings.HasPrefix(host, "127.")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// DomainMatch reports whether a host is a domain or one of its subdomains, RFC 6265bis §5.1.3. An address is only itself.
func DomainMatch(host, domain string) bool {
	host = strings.ToLower(host)
	if host == domain {
		return true
	}
	return strings.HasSuffix(host, domain) && host[len(host)-len(domain)-1] == '.' && !isAddress(host)
}

// isAddress reports whether a host is an IP address: an IPv6 one has a colon, an IPv4 one ends with a number.
func isAddress(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, number := digits(last)
	return number || strings.IndexByte(host, ':') >= 0
}

// PathMatch reports whether a cookie of a path is sent with a request path, RFC 6265bis §5.1.4.
func PathMatch(requestPath, cookiePath string) bool {
	if !strings.HasPrefix(requestPath, cookiePath) {
		return false
	}
	return len(requestPath) == len(cookiePath) || strings.HasSuffix(cookiePath, "/") || requestPath[len(cookiePath)] == '/'
}

// DefaultPath is the path of a cookie set without one, from the path of the request, RFC 6265bis §5.1.4.
func DefaultPath(requestPath string) string {
	i := strings.LastIndexByte(requestPath, '/')
	if i <= 0 {
		return "/"
	}
	return requestPath[:i]
}

// CookieNames yields the names in a Cookie header; that of a cookie without a name is "".
func CookieNames(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for value != "" {
			pair := value
			if n := strings.IndexByte(value, ';'); n >= 0 {
				pair, value = value[:n], value[n+1:]
			} else {
				value = ""
			}
			if pair = trim(pair); pair == "" {
				continue
			}
			name := "" // without "=" all of it is the value, and that is nobody's business
			if n := strings.IndexByte(pair, '='); n >= 0 {
				name = trim(pair[:n])
			}
			if !yield(name) {
				return
			}
		}
	}
}
