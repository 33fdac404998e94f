package capture

import (
	"math"
	"math/bits"

	"hanalyze"
)

// microseconds is the if_tsresol of interfaces that state none.
const microseconds = 6

// clock turns the 64-bit timestamps of one pcapng interface into time. A timestamp t means t·mul/div ns if div is not 0,
// else t·mul/2^shift ns, after offset. Times beyond what hanalyze.Time can hold stop at its ends.
type clock struct {
	mul    uint64
	div    uint64
	shift  uint8
	offset hanalyze.Time
}

// newClock reads if_tsresol and if_tsoffset (draft-ietf-opsawg-pcapng §4.2). The resolution's high bit tells whether the
// rest is a negative power of 2 or of 10; the offset is in seconds.
func newClock(resol uint8, offset int64) clock {
	c := clock{mul: 1, div: 1, offset: saturate(offset)}
	switch n := resol & 0x7f; {
	case resol&0x80 != 0:
		c.mul, c.div, c.shift = 1e9, 0, n
	case n <= 9:
		c.mul = pow10(9 - n)
	case n > 28:
		c.mul = 0 // the largest timestamp is less than a nanosecond
	default:
		c.div = pow10(n - 9)
	}
	return c
}

// pow10 returns 10^n for n up to 19.
func pow10(n uint8) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// saturate converts seconds to Time.
func saturate(sec int64) hanalyze.Time {
	switch {
	case sec > math.MaxInt64/1_000_000_000:
		return math.MaxInt64
	case sec < math.MinInt64/1_000_000_000:
		return math.MinInt64
	}
	return hanalyze.Time(sec * 1_000_000_000)
}

// time converts a timestamp.
func (c *clock) time(ticks uint64) hanalyze.Time {
	hi, lo := bits.Mul64(ticks, c.mul)
	switch {
	case c.div > 1: // mul is 1, so hi is 0
		lo /= c.div
	case c.div == 0 && c.shift >= 64:
		hi, lo = 0, hi>>(c.shift-64)
	case c.div == 0:
		hi, lo = hi>>c.shift, hi<<(64-c.shift)|lo>>c.shift
	}
	if hi != 0 || lo > math.MaxInt64 {
		lo = math.MaxInt64
	}
	return c.after(hanalyze.Time(lo))
}

// after adds t, which is not negative, to the offset.
func (c *clock) after(t hanalyze.Time) hanalyze.Time {
	if c.offset > 0 && t > math.MaxInt64-c.offset {
		return math.MaxInt64
	}
	return t + c.offset
}
