package tcpstate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"hanalyze"
)

// maxTimed bounds the segments of a direction that wait for their ACK to give a round-trip sample. Of a larger window the
// first and the last segments are timed: an ACK is most likely for one of these.
const maxTimed = 8

// timing is what the segments of a direction tell of the round trip between the capture point and the other end.
type timing struct {
	ring    [maxTimed]timed // not acknowledged yet, oldest first from ring[head]
	head, n uint8

	samples samples
	srtt    time.Duration // smoothed, RFC 6298 §2
}

// timed is a segment that waits for its ACK.
type timed struct {
	end   int64
	at    hanalyze.Time
	ts    uint32 // its timestamp, valid iff twice
	twice bool   // sent again: only an ACK that echoes ts answers this copy
	apart bool   // segments between it and the one before it in the ring are not timed
}

// time makes a segment wait for its ACK. When there is no room it takes the place of the last one.
func (t *timing) time(x timed) {
	if t.n == maxTimed {
		t.n--
		x.apart = true
	}
	t.ring[(t.head+t.n)%maxTimed] = x
	t.n++
}

// clear forgets the segments that wait.
func (t *timing) clear() { t.n = 0 }

// acknowledged takes an ACK. It answers the last segment it covers; the earlier ones only waited with it.
func (t *timing) acknowledged(s *Segment) {
	var x timed
	found := false
	for t.n > 0 && t.ring[t.head].end <= s.Ack {
		x, found = t.ring[t.head], true
		t.head = (t.head + 1) % maxTimed
		t.n--
	}
	switch {
	case !found, x.twice && !(s.Options.HasTS && s.Options.TSEcr == x.ts):
		return
	case t.n > 0 && t.ring[t.head].apart && s.Ack > x.end:
		return // it answers one that is not timed
	}
	t.measure(s.Meta.Time.Sub(x.at))
}

// measure takes a sample, RFC 6298 §2.3. A negative one, from a capture clock that went back, is none.
func (t *timing) measure(r time.Duration) {
	switch {
	case r < 0:
		return
	case t.samples.count == 0:
		t.srtt = r
	default:
		t.srtt += (r - t.srtt) / 8
	}
	t.samples.add(r)
}

// maxSamples bounds the round-trip samples kept per direction: up to it percentiles are exact, beyond it they come from
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

// add takes a sample.
func (r *samples) add(d time.Duration) {
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

// report summarises the samples, or returns nil when there are none.
func (r *samples) report() *hanalyze.RTT { return summarise(r) }

// summarise reports the samples of all directions given as one, nil when there are none. Percentiles are by the
// nearest-rank method; a sample that stands for others counts for all of them.
func summarise(all ...*samples) *hanalyze.RTT {
	type weighed struct {
		d      time.Duration
		weight uint64
	}
	var kept []weighed
	var total, count uint64
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for _, r := range all {
		if r.count == 0 {
			continue
		}
		count += r.count
		low, high = min(low, r.min), max(high, r.max)
		for _, d := range r.kept[:r.n] {
			kept = append(kept, weighed{d, r.stride})
			total += r.stride
		}
	}
	if count == 0 {
		return nil
	}
	slices.SortFunc(kept, func(a, b weighed) int { return cmp.Compare(a.d, b.d) })
	rank := func(percent uint64) hanalyze.Span {
		want := (percent*total + 99) / 100
		i := 0
		for seen := kept[0].weight; seen < want; seen += kept[i].weight {
			i++
		}
		return hanalyze.Known(kept[i].d)
	}
	return &hanalyze.RTT{Min: hanalyze.Known(low), P50: rank(50), P95: rank(95), Max: hanalyze.Known(high), Samples: count}
}
