package tcpstate

import (
	"slices"
	"time"

	"hanalyze"
)

// maxSamples bounds the round-trip samples kept per connection: up to it percentiles are exact, beyond it they come from
// 16 to 32 samples spread evenly over the connection's life.
const maxSamples = 32

// samples keeps every stride-th sample. When it is full, every other one is dropped and stride doubles: a fixed amount of
// memory, no randomness, and no time of the connection's life counts more than another. Extremes are kept apart, exactly.
type samples struct {
	kept     [maxSamples]time.Duration
	n        int
	stride   uint64 // 0 is 1
	count    uint64
	min, max time.Duration
}

// add takes a sample; a negative one, from a capture clock that went back, is none.
func (r *samples) add(d time.Duration) {
	if d < 0 {
		return
	}
	if r.count == 0 {
		r.min, r.max, r.stride = d, d, 1
	}
	r.min, r.max = min(r.min, d), max(r.max, d)
	if r.count%r.stride == 0 {
		if r.n == maxSamples {
			r.thin()
		}
		if r.count%r.stride == 0 {
			r.kept[r.n] = d
			r.n++
		}
	}
	r.count++
}

// thin drops every other sample.
func (r *samples) thin() {
	for i := range maxSamples / 2 {
		r.kept[i] = r.kept[2*i]
	}
	r.n = maxSamples / 2
	r.stride *= 2
}

// report summarises the samples, or returns nil when there are none. Percentiles are by the nearest-rank method.
func (r *samples) report() *hanalyze.RTT {
	if r.count == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(r.kept[:r.n]))
	rank := func(percent int) hanalyze.Span { return hanalyze.Known(sorted[(percent*r.n+99)/100-1]) }
	return &hanalyze.RTT{
		Min: hanalyze.Known(r.min), P50: rank(50), P95: rank(95), Max: hanalyze.Known(r.max), Samples: r.count,
	}
}
