package output

import (
	"strconv"

	"hanalyze"
)

// appendTime appends what t.Append appends, five times as fast: every record carries a time, and most of the work of
// the time package goes into layouts and zones that records do not have.
func appendTime(b []byte, t hanalyze.Time) []byte {
	year, month, day, nanos := civil(t)
	b = append(b, "yyyy-mm-ddThh:mm:ss.nnnnnnnnnZ"...)
	to := b[len(b)-30:]
	put2(to[0:], uint64(year)/100)
	put2(to[2:], uint64(year)%100)
	put2(to[5:], uint64(month))
	put2(to[8:], uint64(day))
	s, frac := nanos/1e9, nanos%1e9
	put2(to[11:], s/3600)
	put2(to[14:], s/60%60)
	put2(to[17:], s%60)
	put2(to[20:], frac/1e7)
	put2(to[22:], frac/1e5%100)
	put2(to[24:], frac/1e3%100)
	put2(to[26:], frac/10%100)
	to[28] = byte('0' + frac%10)
	return b
}

// put2 writes the two digits of v, which is below 100.
func put2(to []byte, v uint64) {
	_ = to[1]
	to[0], to[1] = digitPairs[2*v], digitPairs[2*v+1]
}

// appendClock appends nanos after midnight as 15:04:05 and a fraction of so many decimals, cut off.
func appendClock(b []byte, nanos uint64, decimals int) []byte {
	s := nanos / 1e9
	b = appendDigits(b, s/3600, 2)
	b = append(b, ':')
	b = appendDigits(b, s/60%60, 2)
	b = append(b, ':')
	b = appendDigits(b, s%60, 2)
	frac := nanos % 1e9
	for i := decimals; i < 9; i++ {
		frac /= 10
	}
	if decimals > 0 {
		b = append(b, '.')
		b = appendDigits(b, frac, decimals)
	}
	return b
}

// civil splits t into a date of the proleptic Gregorian calendar and the nanoseconds after its midnight. The years are
// counted from March in eras of 400 years, so that the leap day is the last day of the year and its rule the same in
// every era (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
func civil(t hanalyze.Time) (year, month, day int64, nanos uint64) {
	const dayNanos = 86400 * 1e9
	days, rest := int64(t)/dayNanos, int64(t)%dayNanos
	if rest < 0 {
		days, rest = days-1, rest+dayNanos
	}
	days += 719468 // days from 0000-03-01 to the Unix epoch; a Time cannot reach back before it
	era := days / 146097
	ofEra := days % 146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	fromMarch := (5*ofYear + 2) / 153
	day = ofYear - (153*fromMarch+2)/5 + 1
	month = (fromMarch+2)%12 + 1
	year = era*400 + yearOfEra
	if month <= 2 {
		year++
	}
	return year, month, day, uint64(rest)
}

// appendDigits appends the last n decimal digits of v, zeros included.
func appendDigits(b []byte, v uint64, n int) []byte {
	const zeros = "000000000"
	b = append(b, zeros[:n]...)
	i := len(b)
	for ; n >= 2; n -= 2 { // two at a time: the divisions are what it costs
		pair := v % 100 * 2
		v /= 100
		i -= 2
		b[i], b[i+1] = digitPairs[pair], digitPairs[pair+1]
	}
	if n > 0 {
		b[i-1] = byte('0' + v%10)
	}
	return b
}

// appendUint appends v in decimal. Most numbers of a record are small, and strconv costs several times as much for those.
func appendUint(b []byte, v uint64) []byte {
	switch {
	case v < 10:
		return append(b, byte('0'+v))
	case v < 100:
		return append(b, digitPairs[2*v], digitPairs[2*v+1])
	case v < 10000:
		return appendDigits(b, v, decimals(v))
	}
	return strconv.AppendUint(b, v, 10)
}

// decimals returns how many digits v has, which is from 100 to 9999.
func decimals(v uint64) int {
	if v < 1000 {
		return 3
	}
	return 4
}

// digitPairs are the digits of the numbers from 00 to 99.
var digitPairs = func() (t [200]byte) {
	for i := range 100 {
		t[2*i], t[2*i+1] = byte('0'+i/10), byte('0'+i%10)
	}
	return t
}()
