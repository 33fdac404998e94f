package output

import "strings"

// mask stands for a secret. It has a fixed length, so that it does not tell the secret's.
const mask = "***"

// maxScheme bounds what is taken for an authentication scheme before a secret; the longest in IANA's registry with any
// use, SCRAM-SHA-256 and AWS4-HMAC-SHA256, are far below it. A longer first word is rather the secret itself.
const maxScheme = 24

// appendMasked appends value JSON-escaped, with its secrets masked when name is that of a header that carries them.
// Length and first letter tell most names apart before the rest is compared.
func appendMasked(b []byte, name, value string) []byte {
	switch len(name) {
	case len("host"), len("location"), len("referer"), len("content-location"):
		if strings.IndexByte(value, '@') >= 0 && isURLField(name) {
			return appendURL(b, value)
		}
	case len("cookie"):
		if name[0]|0x20 == 'c' && strings.EqualFold(name, "cookie") {
			return appendCookie(b, value)
		}
	case len("set-cookie"):
		if name[0]|0x20 == 's' && strings.EqualFold(name, "set-cookie") {
			return appendSetCookie(b, value)
		}
		if name == ":authority" {
			return appendURL(b, value)
		}
	case len("authorization"):
		if name[0]|0x20 == 'a' && strings.EqualFold(name, "authorization") {
			return appendCredentials(b, value)
		}
	case len("proxy-authorization"):
		if strings.EqualFold(name, "proxy-authorization") {
			return appendCredentials(b, value)
		}
	}
	if isOdd(name) {
		return appendOdd(b, name, value)
	}
	return appendEscaped(b, value)
}

// appendName appends the name of a header. A line without a colon is all name: what follows the name of a header that carries
// secrets is masked.
func appendName(b []byte, name string) []byte {
	for _, secret := range secretHeaders {
		if len(name) <= len(secret) {
			continue
		}
		switch name[len(secret)] {
		case ' ', '\t', '=', ';', ',':
			if strings.EqualFold(name[:len(secret)], secret) {
				return append(appendEscaped(b, name[:len(secret)+1]), mask...)
			}
		}
	}
	return appendEscaped(b, name)
}

var secretHeaders = [...]string{"authorization", "proxy-authorization", "cookie", "set-cookie"}

// isOdd reports whether a name begins or ends with what no name does: servers that take no offence see another one.
func isOdd(name string) bool {
	return name != "" && (name[0] <= ' ' || name[len(name)-1] <= ' ')
}

// appendOdd masks what appendMasked does for the name without what is odd about it.
func appendOdd(b []byte, name, value string) []byte {
	plain := strings.TrimFunc(name, func(r rune) bool { return r <= ' ' })
	if isOdd(plain) {
		return appendEscaped(b, value)
	}
	return appendMasked(b, plain, value)
}

// isURLField reports whether the values of a field are URLs, or the authority of one.
func isURLField(name string) bool {
	for _, f := range urlFields {
		if strings.EqualFold(name, f) {
			return true
		}
	}
	return false
}

var urlFields = [...]string{"host", "location", "referer", "content-location"}

// appendURL masks the password of a URL or an authority, and a name without one, which may be a token.
func appendURL(b []byte, value string) []byte {
	before, rest, ok := strings.Cut(value, "//")
	if before += "//"; !ok {
		before, rest = "", value
	}
	n := strings.IndexAny(rest, "/?#")
	if n < 0 {
		n = len(rest)
	}
	at := strings.LastIndexByte(rest[:n], '@')
	if at < 0 || strings.ContainsAny(strings.TrimSuffix(before, "//"), "/?#") {
		return appendEscaped(b, value)
	}
	b = appendEscaped(b, before)
	if name, _, password := strings.Cut(rest[:at], ":"); password {
		b = append(appendEscaped(b, name), ':')
	}
	return appendEscaped(append(b, mask...), rest[at:])
}

// appendCredentials keeps the scheme of RFC 9110 §11.4, "Basic ***", and nothing of what has no scheme.
func appendCredentials(b []byte, value string) []byte {
	if value == "" {
		return b
	}
	scheme, _, ok := strings.Cut(value, " ")
	if ok && scheme != "" && len(scheme) <= maxScheme {
		b = appendEscaped(b, scheme)
		b = append(b, ' ')
	}
	return append(b, mask...)
}

// appendCookie masks every value of a cookie-string (RFC 6265 §4.2.1): "a=***; b=***".
func appendCookie(b []byte, value string) []byte {
	for {
		end := strings.IndexByte(value, ';')
		if end < 0 {
			return appendPair(b, value)
		}
		b = append(appendPair(b, value[:end]), ';')
		value = value[end+1:]
	}
}

// appendSetCookie masks the cookie's value and keeps its attributes (RFC 6265 §4.1.1): "sid=***; Path=/". What does not
// look like an attribute is masked as well: it may be the rest of a value that has a semicolon in it.
func appendSetCookie(b []byte, value string) []byte {
	for first := true; value != ""; first = false {
		part, rest, more := strings.Cut(value, ";")
		if !first && isCookieAttribute(part) {
			b = appendEscaped(b, part)
		} else {
			b = appendPair(b, part)
		}
		if more {
			b = append(b, ';')
		}
		value = rest
	}
	return b
}

// appendPair appends "name=***" for "name=value", the mask alone for a value without a name, and white space as it is.
func appendPair(b []byte, pair string) []byte {
	for pair != "" && pair[0] == ' ' {
		b, pair = append(b, ' '), pair[1:]
	}
	trimmed := strings.TrimLeft(pair, " \t")
	b = appendEscaped(b, pair[:len(pair)-len(trimmed)])
	if trimmed == "" {
		return b
	}
	if n := strings.IndexByte(trimmed, '='); n >= 0 {
		b = append(appendEscaped(b, trimmed[:n]), '=')
	}
	return append(b, mask...)
}

// isCookieAttribute reports whether part is an attribute of RFC 6265 §4.1.2 or a successor, and nothing more: a second
// "=" is another cookie, folded into the same header with a comma.
func isCookieAttribute(part string) bool {
	name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
	if strings.Contains(value, "=") {
		return false
	}
	for _, attribute := range cookieAttributes {
		if strings.EqualFold(name, attribute) {
			return true
		}
	}
	return false
}

// cookieAttributes are the names of cookie attributes; an empty one is a semicolon too many.
var cookieAttributes = [...]string{"", "path", "domain", "expires", "max-age", "secure", "httponly", "samesite", "partitioned", "priority"}
