package troublelink

import (
	"math/rand/v2"
	"time"
)

// Plan says what the link does to the packets of one direction. The zero Plan delivers everything at once.
type Plan struct {
	Drop        []Drop        // a packet is lost if any of these says so
	Delay       time.Duration // of every packet
	Jitter      time.Duration // at most so much more, evenly; it keeps the order
	Reorder     float64       // share of the packets that are held back, so that later ones overtake them
	ReorderBy   time.Duration // for so long
	Duplicate   float64       // share of the packets that are delivered twice
	DuplicateBy time.Duration // the second copy comes so much later
	Rate        float64       // bytes per second, 0 without limit
	Queue       float64       // bytes that wait for the rate; what does not fit is lost
}

// Drop reports whether a packet is to be lost. It is asked once for each packet, in order. r is the plan's randomness.
type Drop func(p *Packet, r *rand.Rand) bool

// DropShare loses the given share of all packets.
func DropShare(share float64) Drop {
	return func(_ *Packet, r *rand.Rand) bool { return r.Float64() < share }
}

// DropBursts begins to lose with the given probability, and then loses everything for a while. A while rather than a
// number of packets, because a sender that waits for its timer sends them one by one.
func DropBursts(probability float64, while time.Duration) Drop {
	var until time.Time
	return func(p *Packet, r *rand.Rand) bool {
		if starts := r.Float64() < probability; starts && !p.Time.Before(until) {
			until = p.Time.Add(while)
		}
		return p.Time.Before(until)
	}
}

// DropFor loses everything for a while, from the packet with the given ordinal on.
func DropFor(ordinal int, while time.Duration) Drop {
	var until time.Time
	return func(p *Packet, _ *rand.Rand) bool {
		if p.Ordinal == ordinal {
			until = p.Time.Add(while)
		}
		return p.Time.Before(until)
	}
}

// DropAcks loses the given share of the packets that carry nothing.
func DropAcks(share float64) Drop {
	return func(p *Packet, r *rand.Rand) bool { return p.takes() == 0 && r.Float64() < share }
}

// DropFlags loses the first n packets that have all of the given control bits and none of the others in mask.
func DropFlags(flags, mask uint8, n int) Drop {
	return func(p *Packet, _ *rand.Rand) bool {
		if n == 0 || p.Flags&mask != flags {
			return false
		}
		n--
		return true
	}
}

// DropShort loses the given share of the segments that are not full, among them the last one of every answer.
func DropShort(full int, share float64) Drop {
	return func(p *Packet, r *rand.Rand) bool { return p.Len > 0 && p.Len < full && r.Float64() < share }
}

// fates decides for the packets of one direction.
type fates struct {
	plan Plan
	r    *rand.Rand
	free time.Time // when the rate lets the next packet begin
	last time.Time // when the last packet that kept its order is due
}

func newFates(plan Plan, seed uint64, from Side) *fates {
	return &fates{plan: plan, r: rand.New(rand.NewPCG(seed, uint64(from)))}
}

// of returns when the copies of p are due that came in at now: none if it is lost. Every packet draws the same number of
// random values, whatever becomes of it, so that one fate does not shift those after it.
func (f *fates) of(p *Packet, now time.Time) (due []time.Time) {
	jitter, reorder, duplicate := f.r.Float64(), f.r.Float64(), f.r.Float64()
	lost := false
	for _, drop := range f.plan.Drop {
		lost = drop(p, f.r) || lost
	}
	if lost {
		return nil
	}
	at := now
	if f.plan.Rate > 0 {
		begin := now
		if f.free.After(now) {
			begin = f.free
		}
		if begin.Sub(now).Seconds()*f.plan.Rate > f.plan.Queue {
			return nil
		}
		f.free = begin.Add(time.Duration(float64(len(p.Data)) / f.plan.Rate * float64(time.Second)))
		at = f.free
	}
	at = at.Add(f.plan.Delay + time.Duration(jitter*float64(f.plan.Jitter)))
	if at.Before(f.last) {
		at = f.last
	}
	if reorder < f.plan.Reorder {
		at = at.Add(f.plan.ReorderBy)
	} else {
		f.last = at
	}
	due = append(due, at)
	if duplicate < f.plan.Duplicate {
		due = append(due, at.Add(f.plan.DuplicateBy))
	}
	return due
}
