// Package semantics reads what header fields mean: dates, lists, Cache-Control, conditions, ranges, cookies, preferences,
// authentication schemes, redirects, persistence. RFC 9110, 9111, 9112 and 6265bis; each file names its sections.
//
// Everything here is a pure function of header values. Values are hostile: what cannot be read is reported as absent, and
// lists are read up to a named limit.
package semantics

import (
	"iter"

	"hanalyze"
)

// Field is a header field this package can read.
type Field uint8

// The fields. Other is everything else.
const (
	Other Field = iota
	Accept
	AcceptEncoding
	AcceptLanguage
	Age
	Authorization
	CacheControl
	Connection
	ContentEncoding
	ContentLanguage
	ContentLength
	ContentRange
	ContentType
	Cookie
	Date
	ETag
	Expect
	Expires
	HostField
	IfMatch
	IfModifiedSince
	IfNoneMatch
	IfRange
	IfUnmodifiedSince
	KeepAlive
	LastModified
	Location
	Origin
	Pragma
	Prefer
	ProxyAuthenticate
	ProxyAuthorization
	ProxyConnection
	Range
	Referer
	RetryAfter
	SetCookie
	TransferEncoding
	Upgrade
	UserAgent
	Vary
	WWWAuthenticate
	numFields
)

// names are the field names in lower case.
var names = [numFields]string{
	"", "accept", "accept-encoding", "accept-language", "age", "authorization", "cache-control", "connection",
	"content-encoding", "content-language", "content-length", "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "host",
	"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "last-modified",
	"location", "origin", "pragma", "prefer", "proxy-authenticate", "proxy-authorization", "proxy-connection", "range", "referer", "retry-after",
	"set-cookie", "transfer-encoding", "upgrade", "user-agent", "vary", "www-authenticate",
}

// String returns the name in lower case.
func (f Field) String() string {
	if f < numFields {
		return names[f]
	}
	return ""
}

// Lookup returns the field of a name in any case, Other for one this package does not read.
func Lookup(name string) Field {
	if len(name) < minName || len(name) > maxName {
		return Other
	}
	f := byHash[hash(name)]
	if len(names[f]) != len(name) || !spellings[f].is(name) {
		return Other
	}
	return f
}

// Section is a header section whose known fields have been found. The headers are borrowed from the caller, who must not
// change them. Fields that HPACK could not resolve count as absent.
type Section struct {
	headers []hanalyze.Header
	present uint64           // bit f is set when field f occurs
	several uint64           // bit f is set when it occurs on more than one line
	first   [numFields]uint8 // index of its first line, as far as maxLines reaches
}

// maxLines bounds the header lines that are looked at, so that an index fits a byte. Servers stop at about 100.
const maxLines = 256

// ReadSection finds the known fields of a header section in one pass.
func ReadSection(headers []hanalyze.Header) Section {
	var s Section
	for i := range headers {
		if h := &headers[i]; !h.Unresolved {
			s.Note(Lookup(h.Name), i)
		}
	}
	s.Of(headers)
	return s
}

// Note notes that line i of the headers is of field f. Lines are noted in order.
func (s *Section) Note(f Field, i int) {
	switch {
	case f == Other || i >= maxLines:
	case s.present&(1<<f) != 0:
		s.several |= 1 << f
	default:
		s.present |= 1 << f
		s.first[f] = uint8(i)
	}
}

// Of says which headers the notes are about.
func (s *Section) Of(headers []hanalyze.Header) { s.headers = headers[:min(len(headers), maxLines)] }

// Has reports whether a field occurs.
func (s *Section) Has(f Field) bool { return s.present&(1<<f) != 0 }

// Set is a set of fields.
type Set uint64

// SetOf returns the set of the given fields.
func SetOf(fields ...Field) (set Set) {
	for _, f := range fields {
		set |= 1 << f
	}
	return set
}

// Has reports whether f is in the set.
func (set Set) Has(f Field) bool { return set&(1<<f) != 0 }

// HasAny reports whether one of the fields of a set occurs.
func (s *Section) HasAny(set Set) bool { return s.present&uint64(set) != 0 }

// Get returns the value of the first line of field f, "" if there is none.
func (s *Section) Get(f Field) string {
	if s.present&(1<<f) == 0 {
		return ""
	}
	return s.headers[s.first[f]].Value
}

// All yields the values of all lines of field f, in order.
func (s *Section) All(f Field) iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.present&(1<<f) == 0 || !yield(s.Get(f)) || s.several&(1<<f) == 0 {
			return
		}
		for i := int(s.first[f]) + 1; i < len(s.headers); i++ {
			if h := &s.headers[i]; Lookup(h.Name) == f && !h.Unresolved && !yield(h.Value) {
				return
			}
		}
	}
}

// Elements yields the members of field f as the list it is, all lines together (RFC 9110 §5.3), empty ones left out.
func (s *Section) Elements(f Field) iter.Seq[string] {
	return func(yield func(string) bool) {
		for v := range s.All(f) {
			for e := range Elements(v) {
				if !yield(e) {
					return
				}
			}
		}
	}
}
