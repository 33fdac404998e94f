package semantics

import "strings"

// Preferences of clients, RFC 9110 §12. A weight is told in thousandths, as finely as it can be written.

// best is the weight of what has none.
const best = 1000

// weighted splits an element of an Accept field from its weight: "text/html;level=1;q=0.5". An invalid weight counts as 1.
func weighted(element string) (value string, q int) {
	value, rest, more := strings.Cut(element, ";")
	value, q = trim(value), best
	for more {
		var p string
		p, rest, more = strings.Cut(rest, ";")
		if name, v := parameter(p); len(name) == 1 && name[0]|0x20 == 'q' {
			q = thousandths(v)
		}
	}
	return value, q
}

// thousandths reads a qvalue, RFC 9110 §12.4.2: 0 to 1 with at most three decimals.
func thousandths(s string) int {
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := digits(whole)
	f, ok2 := digits(fraction + "000"[:max(0, 3-len(fraction))])
	if !ok || !ok2 || len(fraction) > 3 || n*best+f > best || n > 1 {
		return best
	}
	return int(n)*best + int(f)
}

// AcceptsType returns the weight that a request gives a media type, best match first (RFC 9110 §12.5.1). asked is false
// without an Accept field: then anything goes.
func (s *Section) AcceptsType(mediaType string) (q int, asked bool) {
	precedence := -1
	for e := range s.Elements(Accept) {
		asked = true
		value, weight := weighted(e)
		if p := typeMatch(value, mediaType); p > precedence {
			precedence, q = p, weight
		}
	}
	return q, asked
}

// typeMatch returns how specific a media range is that includes a media type: 0 to 2, -1 when it does not. Parameters of
// the range are not looked at, as servers seldom send any back.
func typeMatch(mediaRange, mediaType string) int {
	switch {
	case mediaRange == "*/*" || mediaRange == "*":
		return 0
	case strings.EqualFold(mediaRange, mediaType):
		return 2
	case strings.HasSuffix(mediaRange, "/*") && hasPrefixFold(mediaType, mediaRange[:len(mediaRange)-1]):
		return 1
	}
	return -1
}

// AcceptsCoding returns the weight that a request gives a content coding (RFC 9110 §12.5.3). Not coding is acceptable
// unless it is excluded.
func (s *Section) AcceptsCoding(coding string) (q int, asked bool) {
	star, found := -1, false
	for e := range s.Elements(AcceptEncoding) {
		asked = true
		value, weight := weighted(e)
		switch {
		case sameCoding(value, coding):
			q, found = weight, true
		case value == "*":
			star = weight
		}
	}
	switch {
	case found:
	case star >= 0:
		q = star
	case coding == "identity":
		q = best
	}
	return q, asked || s.Has(AcceptEncoding)
}

// sameCoding compares codings; x-gzip is gzip and x-compress is compress (RFC 9110 §8.4.1).
func sameCoding(a, b string) bool {
	return strings.EqualFold(trimX(a), trimX(b))
}

func trimX(coding string) string {
	if hasPrefixFold(coding, "x-") {
		return coding[2:]
	}
	return coding
}

// AcceptsLanguage returns the weight that a request gives a language tag, by basic filtering (RFC 4647 §3.3.1): "de" takes
// "de-CH". The longest range counts.
func (s *Section) AcceptsLanguage(tag string) (q int, asked bool) {
	longest := -1
	for e := range s.Elements(AcceptLanguage) {
		asked = true
		value, weight := weighted(e)
		n := len(value)
		switch {
		case value == "*":
			n = 0
		case strings.EqualFold(value, tag):
		case hasPrefixFold(tag, value) && tag[len(value)] == '-':
		default:
			continue
		}
		if n > longest {
			longest, q = n, weight
		}
	}
	return q, asked
}
