package semantics

import (
	"slices"
	"testing"
)

func TestConditions(t *testing.T) {
	s := section(`If-Range: "x"`, `If-None-Match: "x"`, "If-Match: *", "If-Modified-Since: x", "If-Unmodified-Since: x")
	if got := s.Conditions(); !slices.Equal(got, []string{"if_match", "if_unmodified_since", "if_none_match", "if_modified_since", "if_range"}) {
		t.Errorf("got %q", got)
	}
	if got := section("Host: a").Conditions(); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestValidator(t *testing.T) {
	const modified = "Tue, 15 Nov 1994 12:45:26 GMT"
	for _, c := range []struct {
		etag, want string
	}{{`"xyzzy"`, `"xyzzy"`}, {`W/"xyzzy"`, ""}, {"", modified}, {"xyzzy", ""}} {
		lines := []string{"Last-Modified: " + modified}
		if c.etag != "" {
			lines = append(lines, "ETag: "+c.etag)
		}
		if got := section(lines...).Validator(); got != c.want {
			t.Errorf("%q: %q", c.etag, got)
		}
	}
}

func TestNotModified(t *testing.T) {
	now := at("1994-11-22T00:00:00Z")
	const since, before, after = "Tue, 15 Nov 1994 12:45:26 GMT", "Mon, 14 Nov 1994 12:45:26 GMT", "Wed, 16 Nov 1994 12:45:26 GMT"
	for _, c := range []struct {
		request, response string
		want              Verdict
	}{
		{`If-None-Match: "xyzzy", "r2d2xxxx"`, `ETag: "r2d2xxxx"`, Agrees}, // RFC 9110 §13.1.2
		{`If-None-Match: W/"xyzzy"`, `ETag: "xyzzy"`, Agrees},              // weak comparison, §8.8.3.2
		{`If-None-Match: "xyzzy"`, `ETag: W/"xyzzy"`, Agrees},
		{`If-None-Match: *`, `ETag: "1"`, Agrees},
		{`If-None-Match: "xyzzy"`, `ETag: "other"`, Contradicts},
		{`If-None-Match: "xyzzy"`, ``, Unknown},
		{"If-Modified-Since: " + since, "Last-Modified: " + since, Agrees},
		{"If-Modified-Since: " + since, "Last-Modified: " + before, Agrees},
		{"If-Modified-Since: " + since, "Last-Modified: " + after, Contradicts},
		{"If-Modified-Since: yesterday", "Last-Modified: " + after, Unknown},
	} {
		if got := NotModified(section(c.request), section(c.response), now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestModified(t *testing.T) {
	for _, c := range []struct {
		request, response string
		want              Verdict
	}{
		{`If-None-Match: "a"`, `ETag: "b"`, Agrees}, {`If-None-Match: "a"`, `ETag: "a"`, Contradicts}, {`If-None-Match: "a"`, "", Unknown}, {"", `ETag: "a"`, Unknown},
	} {
		if got := Modified(section(c.request), section(c.response)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
