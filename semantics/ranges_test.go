package semantics

import (
	"slices"
	"strings"
	"testing"
)

func TestParseRange(t *testing.T) {
	for in, want := range map[string][]ByteRange{ // RFC 9110 §14.1.2
		"bytes=0-499":                        {{First: 0, Last: 499}},
		"bytes=500-999":                      {{First: 500, Last: 999}},
		"bytes=-500":                         {{First: -1, Last: -1, Suffix: 500}},
		"bytes=9500-":                        {{First: 9500, Last: -1}},
		"bytes=0-0,-1":                       {{First: 0, Last: 0}, {First: -1, Last: -1, Suffix: 1}},
		"bytes= 0-999, 4500-5499, -1000":     {{First: 0, Last: 999}, {First: 4500, Last: 5499}, {First: -1, Last: -1, Suffix: 1000}},
		"Bytes=500-600,601-999":              {{First: 500, Last: 600}, {First: 601, Last: 999}},
		"bytes=0-" + strings.Repeat("9", 30): {{First: 0, Last: 1<<63 - 1}},
	} {
		if got, ok := ParseRange(in); !ok || !slices.Equal(got, want) {
			t.Errorf("ParseRange(%q) = %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "bytes", "bytes=", "bytes=5-4", "bytes=-", "bytes=a-b", "bytes=5", "pages=1-2", "bytes=1-2-3", "bytes=" + strings.Repeat("0-0,", maxRanges+1)} {
		if got, ok := ParseRange(in); ok {
			t.Errorf("ParseRange(%q) = %v", in, got)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		r           ByteRange
		total       int64
		first, last int64
		ok          bool
	}{
		{ByteRange{First: -1, Last: -1, Suffix: 500}, 10000, 9500, 9999, true},
		{ByteRange{First: 9500, Last: -1}, 10000, 9500, 9999, true},
		{ByteRange{First: 9500, Last: 20000}, 10000, 9500, 9999, true},
		{ByteRange{First: -1, Last: -1, Suffix: 20000}, 10000, 0, 9999, true},
		{ByteRange{First: 10000, Last: -1}, 10000, 0, 0, false},
		{ByteRange{First: -1, Last: -1}, 10000, 0, 0, false},
		{ByteRange{First: -1, Last: -1, Suffix: 1}, 0, 0, 0, false},
	} {
		if first, last, ok := c.r.Resolve(c.total); first != c.first || last != c.last || ok != c.ok {
			t.Errorf("%+v: %d-%d %v", c, first, last, ok)
		}
	}
}

func TestParseContentRange(t *testing.T) {
	for in, want := range map[string]PartialContent{ // RFC 9110 §14.4
		"bytes 42-1233/1234": {42, 1233, 1234},
		"bytes 42-1233/*":    {42, 1233, -1},
		"bytes */1234":       {-1, -1, 1234},
		"bytes 0-499/1234":   {0, 499, 1234},
	} {
		if got, ok := ParseContentRange(in); !ok || got != want {
			t.Errorf("ParseContentRange(%q) = %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "bytes", "bytes 1-2", "bytes */*", "bytes 2-1/5", "bytes 0-5/5", "bytes x-5/9", "bytes -5/9", "lines 1-2/3"} {
		if got, ok := ParseContentRange(in); ok {
			t.Errorf("ParseContentRange(%q) = %v", in, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		asked, told string
		want        bool
	}{
		{"bytes=100-299", "bytes 100-299/6000", true},
		{"bytes=100-299", "bytes 100-199/200", true},
		{"bytes=100-299", "bytes 0-299/6000", false},
		{"bytes=-50", "bytes 5950-5999/6000", true},
		{"bytes=-50", "bytes 0-49/6000", false},
		{"bytes=-50", "bytes 10-59/*", true},
		{"bytes=5-", "bytes 5-9/10", true},
		{"bytes=0-9,10-19", "bytes 0-19/100", true},
	} {
		asked, _ := ParseRange(c.asked)
		told, _ := ParseContentRange(c.told)
		if got := told.Answers(asked); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestOtherRangeUnit(t *testing.T) {
	for value, want := range map[string]bool{
		"items 0-1/2": true, "bytes 0-1/2": false, "Bytes */*": false, "": false, "items": false, "0-1/2": false, "b(d 0-1/2": false,
	} {
		if got := OtherRangeUnit(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
