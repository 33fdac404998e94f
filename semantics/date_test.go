package semantics

import (
	"testing"
	"time"

	"hanalyze"
)

func at(s string) hanalyze.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return hanalyze.Time(t.UnixNano())
}

func TestParseDate(t *testing.T) {
	now := at("2026-11-22T00:00:00Z")
	for in, want := range map[string]string{
		"Sun, 06 Nov 1994 08:49:37 GMT":   "1994-11-06T08:49:37Z", // RFC 9110 §5.6.7, all three
		"Sunday, 06-Nov-94 08:49:37 GMT":  "1994-11-06T08:49:37Z",
		"Sun Nov  6 08:49:37 1994":        "1994-11-06T08:49:37Z",
		"Tuesday, 06-Nov-76 08:49:37 GMT": "2076-11-06T08:49:37Z",
		"Friday, 06-Nov-77 08:49:37 GMT":  "1977-11-06T08:49:37Z", // more than 50 years ahead
		"Thu, 01 Jan 1970 00:00:00 GMT":   "1970-01-01T00:00:00Z",
		"Thu, 29 Feb 2024 23:59:60 GMT":   "2024-03-01T00:00:00Z", // a leap second
	} {
		got, ok := ParseDate(in, now)
		if !ok || got != at(want) {
			t.Errorf("ParseDate(%q) = %v, %v, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "0", "-1", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 9994 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 31 Apr 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov  6 08:49:37 9994", "Sun,?06 Nov 1994 08:49:37 GMT"} {
		if got, ok := ParseDate(in, now); ok {
			t.Errorf("ParseDate(%q) = %v", in, got)
		}
	}
}

// Own arithmetic agrees with package time on every day of the calendar's cycle and beyond.
func TestDaysSinceEpoch(t *testing.T) {
	for d := time.Date(1679, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2262; d = d.AddDate(0, 0, 1) {
		y, m, day := d.Date()
		if got := daysSinceEpoch(y, int(m), day); got*86400 != d.Unix() {
			t.Fatalf("%v is day %d, want %d", d, got, d.Unix()/86400)
		}
		if day > daysIn(y, int(m)) {
			t.Fatalf("%v does not exist", d)
		}
	}
}

func TestCookieDate(t *testing.T) {
	for in, want := range map[string]string{
		"Wed, 09 Jun 2021 10:18:14 GMT":  "2021-06-09T10:18:14Z", // RFC 6265 §4.1.1
		"Mon, 10-Dec-07 13:02:24 GMT":    "2007-12-10T13:02:24Z",
		"Tue Dec 11 21:11:00 2008 +0100": "2008-12-11T21:11:00Z", // zones do not count
		"10:18:14 9 June 70":             "1970-06-09T10:18:14Z",
		"Fri, 31 Dec 9999 23:59:59 GMT":  "2261-12-31T23:59:59Z",
		"1 Jan 1601 0:0:0":               "1679-01-01T00:00:00Z",
	} {
		if got, ok := CookieDate(in); !ok || got != at(want) {
			t.Errorf("CookieDate(%q) = %v, %v, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "0", "Thu, 10 Dec", "Wed, 32 Jun 2021 10:18:14 GMT", "9 Jun 2021 25:00:00", "9 Jun 1600 10:00:00", "9 Jun 2021 10:00"} {
		if got, ok := CookieDate(in); ok {
			t.Errorf("CookieDate(%q) = %v", in, got)
		}
	}
}
