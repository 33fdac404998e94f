package semantics

import (
	"strings"
	"time"

	"hanalyze"
)

// ParseDate reads an HTTP date in any of the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and asctime. now settles
// the century of RFC 850's two-digit years: more than 50 years ahead is the past.
func ParseDate(s string, now hanalyze.Time) (hanalyze.Time, bool) {
	switch {
	case len(s) == len("Sun, 06 Nov 1994 08:49:37 GMT") && s[3] == ',':
		return fixDate(s)
	case strings.IndexByte(s, ',') > 3:
		return rfc850Date(s, now)
	}
	t, err := time.Parse(time.ANSIC, s)
	return hanalyze.Time(t.UnixNano()), err == nil && inRange(t.Year())
}

// fixDate reads "Sun, 06 Nov 1994 08:49:37 GMT", by far the most common form: without package time, which takes as long for
// it as the rest of a header section.
func fixDate(s string) (hanalyze.Time, bool) {
	day, ok1 := digits(s[5:7])
	month := monthNumber(s[8:11])
	year, ok2 := digits(s[12:16])
	clock, ok3 := clockTime(s[17:25])
	if !ok1 || !ok2 || !ok3 || month == 0 || s[4] != ' ' || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' || s[25:] != " GMT" {
		return 0, false
	}
	return date(int(year), month, int(day), clock)
}

// rfc850Date reads "Sunday, 06-Nov-94 08:49:37 GMT".
func rfc850Date(s string, now hanalyze.Time) (hanalyze.Time, bool) {
	const form = "06-Nov-94 08:49:37 GMT"
	_, s, _ = strings.Cut(s, ", ")
	if len(s) != len(form) || s[2] != '-' || s[6] != '-' || s[9] != ' ' || s[18:] != " GMT" {
		return 0, false
	}
	day, ok1 := digits(s[0:2])
	month := monthNumber(s[3:6])
	year, ok2 := digits(s[7:9])
	clock, ok3 := clockTime(s[10:18])
	if !ok1 || !ok2 || !ok3 || month == 0 {
		return 0, false
	}
	this := now.Std().Year()
	full := this - this%100 + int(year)
	if full > this+50 {
		full -= 100
	}
	return date(full, month, int(day), clock)
}

// clockTime reads "08:49:37" as a time of day. A leap second counts as the next one.
func clockTime(s string) (time.Duration, bool) {
	h, ok1 := digits(s[0:2])
	m, ok2 := digits(s[3:5])
	sec, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 || s[2] != ':' || s[5] != ':' || h > 23 || m > 59 || sec > 60 {
		return 0, false
	}
	return time.Duration(h*3600+m*60+sec) * time.Second, true
}

// monthNumber returns 1 to 12, 0 for what is no English month.
func monthNumber(s string) int {
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(months); i += 3 {
		if months[i]|0x20 == s[0]|0x20 && strings.EqualFold(months[i:i+3], s) {
			return i/3 + 1
		}
	}
	return 0
}

// date puts a moment together. Days that a month does not have make it invalid.
func date(year, month, day int, clock time.Duration) (hanalyze.Time, bool) {
	if !inRange(year) || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return hanalyze.Time((daysSinceEpoch(year, month, day) * 24 * int64(time.Hour)) + int64(clock)), true
}

// inRange reports whether a year fits a Time, with a margin: nanoseconds since 1970 in 64 bits.
func inRange(year int) bool { return year > 1678 && year < 2262 }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts the days from 1970-01-01 in the Gregorian calendar. Years begin in March, so that the leap day is
// the last of its year, and eras have 400 years of 146097 days.
func daysSinceEpoch(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	const epoch = 719468 // days from 0000-03-01 to 1970-01-01
	era, yoe := y/400, y%400
	doy := (153*(m-3)+2)/5 + int64(day) - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - epoch
}

// CookieDate reads the date of a cookie's Expires by the forgiving algorithm of RFC 6265bis §5.1.1: a time, a day, a month
// and a year in any order, between any delimiters.
func CookieDate(s string) (hanalyze.Time, bool) {
	clock, day, month, year := time.Duration(-1), 0, 0, -1
	for _, tok := range strings.FieldsFunc(s, isDateDelimiter) {
		switch {
		case clock < 0 && cookieClock(tok, &clock):
		case day == 0 && leading(tok, 1, 2, &day):
		case month == 0 && len(tok) >= 3 && monthNumber(tok[:3]) != 0:
			month = monthNumber(tok[:3])
		case year < 0 && leading(tok, 2, 4, &year):
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if clock < 0 || month == 0 || year < 1601 {
		return 0, false
	}
	year = min(max(year, 1679), 2261) // what a Time can hold; "never" and "long ago" stay that
	return date(year, month, day, clock)
}

// isDateDelimiter is the delimiter of RFC 6265bis §5.1.1: everything but digits, letters, ":" and what is not ASCII.
func isDateDelimiter(r rune) bool {
	switch {
	case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == ':', r > 0x7e:
		return false
	}
	return true
}

// cookieClock reads "8:49:37", one or two digits each, anything after the seconds but a digit.
func cookieClock(tok string, clock *time.Duration) bool {
	h, rest, ok1 := strings.Cut(tok, ":")
	m, sec, ok2 := strings.Cut(rest, ":")
	var hh, mm, ss int
	if !ok1 || !ok2 || len(h) > 2 || len(m) > 2 || !leading(h, 1, 2, &hh) || !leading(m, 1, 2, &mm) || !leading(sec, 1, 2, &ss) ||
		hh > 23 || mm > 59 || ss > 59 {
		return false
	}
	*clock = time.Duration(hh*3600+mm*60+ss) * time.Second
	return true
}

// leading reads the number of least to most digits that tok begins with, if no further digit follows.
func leading(tok string, least, most int, n *int) bool {
	i := 0
	for i < len(tok) && tok[i] >= '0' && tok[i] <= '9' {
		i++
	}
	if i < least || i > most {
		return false
	}
	v, _ := digits(tok[:i])
	*n = int(v)
	return true
}
