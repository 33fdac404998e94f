package semantics

import "hanalyze"

// Validators and conditions, RFC 9110 §8.8 and §13.

// Validator returns what tells one version of a resource from another: its strong ETag, else its Last-Modified. A weak ETag
// is none: its parts may not be joined (RFC 9110 §8.8.1). "" when there is neither.
func (s *Section) Validator() string {
	if tag := s.Get(ETag); isEntityTag(tag) && !isWeak(tag) {
		return tag
	}
	if !s.Has(ETag) {
		return s.Get(LastModified)
	}
	return ""
}

// isEntityTag reports whether s is an entity-tag: W/"…" or "…".
func isEntityTag(s string) bool {
	if isWeak(s) {
		s = s[2:]
	}
	return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"'
}

func isWeak(tag string) bool { return len(tag) > 2 && tag[:2] == "W/" }

// sameWeakly is the weak comparison of RFC 9110 §8.8.3.2.
func sameWeakly(a, b string) bool {
	if isWeak(a) {
		a = a[2:]
	}
	if isWeak(b) {
		b = b[2:]
	}
	return a == b
}

// conditions are the fields that make a request conditional, in the order in which RFC 9110 §13.2.2 evaluates them.
var conditions = [...]Field{IfMatch, IfUnmodifiedSince, IfNoneMatch, IfModifiedSince, IfRange}

var conditionSet = SetOf(conditions[:]...)

// Conditions returns the names of the conditions of a request: "if_none_match", …
func (s *Section) Conditions() (list []string) {
	if !s.HasAny(conditionSet) {
		return nil
	}
	for _, f := range conditions {
		if s.Has(f) {
			list = append(list, snake[f])
		}
	}
	return list
}

// snake are the names of conditions as records spell them.
var snake = [numFields]string{IfMatch: "if_match", IfUnmodifiedSince: "if_unmodified_since", IfNoneMatch: "if_none_match",
	IfModifiedSince: "if_modified_since", IfRange: "if_range"}

// Verdict says whether an answer is what the conditions of its request ask for.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // the headers do not tell
	Agrees
	Contradicts
)

// NotModified judges a 304 to a request: its validator must be one the client named (RFC 9110 §13.1.2 and §13.1.3).
func NotModified(request, response *Section, now hanalyze.Time) Verdict {
	if request.Has(IfNoneMatch) {
		tag := response.Get(ETag)
		if tag == "" {
			return Unknown
		}
		return verdict(request.namesTag(tag))
	}
	since, ok1 := ParseDate(request.Get(IfModifiedSince), now)
	changed, ok2 := ParseDate(response.Get(LastModified), now)
	if !ok1 || !ok2 {
		return Unknown
	}
	return verdict(changed <= since)
}

// Modified judges a 200 to a conditional GET: a server that sends what the client named as its own copy did not look at
// the condition.
func Modified(request, response *Section) Verdict {
	tag := response.Get(ETag)
	if tag == "" || !request.Has(IfNoneMatch) {
		return Unknown
	}
	return verdict(!request.namesTag(tag))
}

// namesTag reports whether If-None-Match names an entity-tag, or any.
func (s *Section) namesTag(tag string) bool {
	for e := range s.Elements(IfNoneMatch) {
		if e == "*" || sameWeakly(e, tag) {
			return true
		}
	}
	return false
}

func verdict(agrees bool) Verdict {
	if agrees {
		return Agrees
	}
	return Contradicts
}
