package semantics

import (
	"strings"
	"time"
)

// Persistence of connections, RFC 9112 §9.3 and §9.6.

// KeepAliveParams are those of the Keep-Alive field (RFC 2068 §19.7.1.1, still sent).
type KeepAliveParams struct {
	Timeout            time.Duration
	Max                uint64
	HasTimeout, HasMax bool
}

// KeepAliveParams reads the Keep-Alive field.
func (s *Section) KeepAliveParams() (k KeepAliveParams) {
	for e := range s.Elements(KeepAlive) {
		name, value := parameter(e)
		n, ok := digits(value)
		switch {
		case !ok:
		case strings.EqualFold(name, "timeout"):
			k.Timeout, k.HasTimeout = time.Duration(min(n, 1<<31))*time.Second, true
		case strings.EqualFold(name, "max"):
			k.Max, k.HasMax = uint64(n), true
		}
	}
	return k
}

// Asks returns "close" or "keep_alive", what Connection says about the connection, "" when it says nothing. Close wins
// (RFC 9112 §9.3). Proxy-Connection is what old clients send proxies instead.
func (s *Section) Asks() string {
	keep := false
	for _, f := range [...]Field{Connection, ProxyConnection} {
		if !s.Has(f) {
			continue
		}
		if s.HasToken(f, "close") {
			return "close"
		}
		keep = keep || s.HasToken(f, "keep-alive")
	}
	if keep {
		return "keep_alive"
	}
	return ""
}

// Idempotent reports whether a method may be sent again by the client on its own after a lost answer, RFC 9110 §9.2.2.
func Idempotent(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PROPFIND", "REPORT", "SEARCH":
		return true
	}
	return false
}

// Waits reads the preference wait=N of Prefer (RFC 7240 §4.3): the client lets the server hold the answer back so long.
func (s *Section) Waits() (time.Duration, bool) {
	for e := range s.Elements(Prefer) {
		e, _, _ = strings.Cut(e, ";")
		if name, value := parameter(e); strings.EqualFold(name, "wait") {
			n, ok := digits(value)
			return time.Duration(min(n, 1<<31)) * time.Second, ok
		}
	}
	return 0, false
}
