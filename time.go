package hanalyze

import (
	"strconv"
	"time"
)

// Time is a moment of the capture's clock in nanoseconds since the Unix epoch, UTC. Zero is the epoch itself, which
// captures without a clock really carry, so absence is never expressed by it.
type Time int64

// Sub returns t-u. It saturates where hostile clocks overflow 292 years.
func (t Time) Sub(u Time) time.Duration {
	d := t - u
	switch {
	case t > 0 && u < 0 && d < 0:
		return 1<<63 - 1
	case t < 0 && u > 0 && d > 0:
		return -1 << 63
	}
	return time.Duration(d)
}

// Add returns t+d, saturated like Sub.
func (t Time) Add(d time.Duration) Time {
	s := t + Time(d)
	switch {
	case t > 0 && d > 0 && s < 0:
		return 1<<63 - 1
	case t < 0 && d < 0 && s > 0:
		return -1 << 63
	}
	return s
}

// Std returns t as a time.Time in UTC.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// Append appends t in RFC 3339 form with nine decimals and the zone Z, as records print it.
func (t Time) Append(b []byte) []byte {
	return t.Std().AppendFormat(b, "2006-01-02T15:04:05.000000000Z")
}

// String returns what Append appends.
func (t Time) String() string { return string(t.Append(nil)) }

// MarshalText makes encoding/json print what Append appends.
func (t Time) MarshalText() ([]byte, error) { return t.Append(nil), nil }

// Span is a duration that may be unknown; the zero Span is unknown and is left out of records.
type Span struct {
	d     time.Duration
	known bool
}

// Known returns the Span of a known duration, which may be zero or, with a capture clock that went back, negative.
func Known(d time.Duration) Span { return Span{d, true} }

// Get returns the duration and whether it is known.
func (s Span) Get() (time.Duration, bool) { return s.d, s.known }

// IsZero reports whether the duration is unknown. encoding/json asks it for omitzero.
func (s Span) IsZero() bool { return !s.known }

// AppendMS appends the duration in decimal milliseconds with all its nanoseconds and no trailing zeros: 24.1, 0, -0.5.
func (s Span) AppendMS(b []byte) []byte {
	u := uint64(s.d)
	if s.d < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/1e6, 10)
	frac := u % 1e6
	if frac == 0 {
		return b
	}
	b = append(b, ".000000"...)
	n := len(b)
	for i := range 6 {
		b[n-1-i] = byte('0' + frac%10)
		frac /= 10
	}
	for b[n-1] == '0' {
		n--
	}
	return b[:n]
}

// MarshalJSON makes encoding/json print what AppendMS appends.
func (s Span) MarshalJSON() ([]byte, error) { return s.AppendMS(nil), nil }
