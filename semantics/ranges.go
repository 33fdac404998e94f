package semantics

import "strings"

// Ranges, RFC 9110 §14.

// maxRanges bounds the ranges read of one request. A client that resumes asks for one, a PDF viewer for some dozen; servers
// refuse many.
const maxRanges = 64

// ByteRange is what a client asked for: First to Last inclusive, from First to the end (Last < 0), or the last Suffix bytes
// (First < 0).
type ByteRange struct{ First, Last, Suffix int64 }

// ParseRange reads a Range field of byte ranges, RFC 9110 §14.1.2; ok is false for another unit and for what is invalid.
func ParseRange(value string) (list []ByteRange, ok bool) {
	unit, set, found := strings.Cut(value, "=")
	if !found || !strings.EqualFold(trim(unit), "bytes") {
		return nil, false
	}
	for e := range Elements(set) {
		r, ok := byteRange(e)
		if !ok || len(list) == maxRanges {
			return nil, false
		}
		list = append(list, r)
	}
	return list, len(list) > 0
}

func byteRange(s string) (ByteRange, bool) {
	first, last, found := strings.Cut(s, "-")
	if !found {
		return ByteRange{}, false
	}
	from, hasFrom := digits(trim(first))
	to, hasTo := digits(trim(last))
	switch {
	case first == "" && hasTo:
		return ByteRange{First: -1, Last: -1, Suffix: to}, true
	case hasFrom && last == "":
		return ByteRange{First: from, Last: -1}, true
	}
	return ByteRange{First: from, Last: to}, hasFrom && hasTo && from <= to
}

// Resolve returns the bytes that r means of a representation of total bytes; ok is false when it cannot be satisfied.
func (r ByteRange) Resolve(total int64) (first, last int64, ok bool) {
	switch {
	case r.First < 0 && r.Suffix > 0 && total > 0:
		return max(0, total-r.Suffix), total - 1, true
	case r.First < 0 || r.First >= total:
		return 0, 0, false
	case r.Last < 0:
		return r.First, total - 1, true
	}
	return r.First, min(r.Last, total-1), true
}

// PartialContent is a Content-Range of bytes, RFC 9110 §14.4. First is -1 in the answer to a range that cannot be satisfied,
// Total -1 where it is not told.
type PartialContent struct{ First, Last, Total int64 }

// ParseContentRange reads "bytes 42-1233/1234", "bytes 42-1233/*" and "bytes */1234".
func ParseContentRange(value string) (c PartialContent, ok bool) {
	unit, rest, found := strings.Cut(value, " ")
	span, total, found2 := strings.Cut(trim(rest), "/")
	if !found || !found2 || !strings.EqualFold(unit, "bytes") {
		return c, false
	}
	c.Total, ok = digits(total)
	if total == "*" {
		c.Total, ok = -1, true
	}
	if span == "*" {
		c.First, c.Last = -1, -1
		return c, ok && c.Total >= 0
	}
	first, last, found := strings.Cut(span, "-")
	var ok1, ok2 bool
	c.First, ok1 = digits(first)
	c.Last, ok2 = digits(last)
	return c, ok && found && ok1 && ok2 && c.First <= c.Last && (c.Total < 0 || c.Last < c.Total)
}

// Bytes returns how many bytes the part has.
func (c PartialContent) Bytes() int64 {
	if c.First < 0 {
		return 0
	}
	return c.Last - c.First + 1
}

// Answers reports whether a part is one of those that were asked for.
func (c PartialContent) Answers(asked []ByteRange) bool {
	for _, r := range asked {
		switch {
		case r.First < 0 && c.Total < 0:
			return true // how long the whole is, nobody says
		case r.First < 0:
			first, last, ok := r.Resolve(c.Total)
			if ok && c.First >= first && c.Last <= last {
				return true
			}
		// A server may send less, or join ranges that touch: RFC 9110 §15.3.7.
		case c.First >= r.First && (r.Last < 0 || c.Last <= r.Last):
			return true
		}
	}
	return len(asked) > 1 && c.First >= 0
}

// OtherRangeUnit reports whether the value of Content-Range is of another unit than bytes, of which nobody here knows what
// would be wrong (RFC 9110 §14.1).
func OtherRangeUnit(value string) bool {
	unit, _, ok := strings.Cut(value, " ")
	return ok && isToken(unit) && !strings.EqualFold(unit, "bytes")
}
