package output

import (
	"math"
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// size returns n bytes for people, in three significant digits and powers of 1000: "512 B", "14.2 kB", "1.82 MB".
func size(n uint64) string { return scaled(n, "B") }

// bitRate returns so many bits per second for people: "1.43 Mbit/s".
func bitRate(n uint64) string { return scaled(n, "bit/s") }

// scaled returns n of a unit in three significant digits and powers of 1000.
func scaled(n uint64, unit string) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10) + " " + unit
	}
	v, prefixes := float64(n)/1000, "kMGTPE"
	i := 0
	for v >= 999.5 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	return significant(v) + " " + prefixes[i:i+1] + unit
}

// lasting returns a duration for people in three significant digits: "250 µs", "52.4 ms", "1.2 s", "2 min 3 s".
func lasting(d time.Duration) string {
	if d < 0 {
		if d == math.MinInt64 {
			d++
		}
		return "-" + lasting(-d)
	}
	switch {
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + " ns"
	case d < 999_500*time.Nanosecond:
		return significant(float64(d)/1e3) + " µs"
	case d < 999_500*time.Microsecond:
		return significant(float64(d)/1e6) + " ms"
	case d < 59_950*time.Millisecond:
		return significant(float64(d)/1e9) + " s"
	}
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 3600:
		return twoUnits(s, 60, " min ", " s")
	case s < 86400:
		return twoUnits(s/60, 60, " h ", " min")
	}
	return twoUnits(s/3600, 24, " d ", " h")
}

// twoUnits returns n of the small unit in both units, in the big one alone if that is all of it.
func twoUnits(n, per int64, big, small string) string {
	if n%per == 0 {
		return strconv.FormatInt(n/per, 10) + strings.TrimRight(big, " ")
	}
	return strconv.FormatInt(n/per, 10) + big + strconv.FormatInt(n%per, 10) + small
}

// significant formats 0 ≤ v < 1000 with three significant digits and no zeros at the end of a fraction.
func significant(v float64) string {
	switch {
	case v < 9.995:
		v = math.Round(v*100) / 100
	case v < 99.95:
		v = math.Round(v*10) / 10
	default:
		v = math.Round(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// offset returns the time since the beginning of a connection with three decimals, so that the digits of a column of
// them are below each other: "+24.300 ms", "+1.204 s", "+2.500 d".
func offset(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign = ""
	}
	if d > -time.Second && d < time.Second {
		return sign + strconv.FormatFloat(float64(d)/1e6, 'f', 3, 64) + " ms"
	}
	if d <= -24*time.Hour || d >= 24*time.Hour {
		return sign + strconv.FormatFloat(d.Hours()/24, 'f', 3, 64) + " d"
	}
	return sign + strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + " s"
}

// clock returns the time of day as 15:04:05.000.
func clock(t hanalyze.Time) string {
	_, _, _, nanos := civil(t)
	return string(appendClock(nil, nanos, 3))
}

// count returns "1 packet" or "2 packets".
func count(n uint64, noun string) string {
	s := strconv.FormatUint(n, 10) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// times returns "once", "twice" or "3 times".
func times(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return strconv.FormatUint(n, 10) + " times"
}
