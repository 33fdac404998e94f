package filter

import "slices"

const (
	// maxFacts bounds what is remembered on the way to a block. Those that matter, the protocols, come first.
	maxFacts = 32

	// maxAmong bounds the numbers a value may be one of: three transports, three types of VLAN tags.
	maxAmong = 4
)

// fact is what earlier tests told: the outcome of a test or, where its value is one of a few numbers, these.
type fact struct {
	test  test // among: only x is set
	holds bool
	n     int // how many numbers; 0: the fact is the outcome of test
	among [maxAmong]uint32
}

// about reports whether f tells the numbers that x is one of.
func (f *fact) about(x *value) bool { return f.n > 0 && f.test.x == x }

// with returns facts and what one more outcome tells, in memory of its own.
func with(facts []fact, t test, holds bool) []fact {
	if t.op != equal || t.y.op != valConstant {
		return remember(facts, fact{test: t, holds: holds})
	}
	if holds {
		return remember(facts, fact{test: test{x: t.x}, n: 1, among: [maxAmong]uint32{t.y.k}})
	}
	for i := range facts {
		if f := facts[i]; f.about(t.x) && f.n > 1 {
			f.drop(t.y.k)
			facts = slices.Clone(facts)
			facts[i] = f
			return facts
		}
	}
	return remember(facts, fact{test: t, holds: false})
}

// drop takes a number away.
func (f *fact) drop(k uint32) {
	if i := slices.Index(f.among[:f.n], k); i >= 0 {
		f.n--
		f.among[i] = f.among[f.n]
		f.among[f.n] = 0
	}
}

// remember appends f in memory of its own. The exact value of something takes the place of what was known of it.
func remember(facts []fact, f fact) []fact {
	if f.n > 0 {
		if i := slices.IndexFunc(facts, func(o fact) bool { return o.about(f.test.x) }); i >= 0 {
			facts = slices.Clone(facts)
			facts[i] = f
			return facts
		}
	}
	if len(facts) >= maxFacts {
		return facts
	}
	return append(facts[:len(facts):len(facts)], f)
}

// common returns what is known in both cases.
func common(x, y []fact) []fact {
	var out []fact
	for _, f := range x {
		if f.n == 0 {
			if slices.Contains(y, f) {
				out = append(out, f)
			}
			continue
		}
		i := slices.IndexFunc(y, func(o fact) bool { return o.about(f.test.x) })
		if i >= 0 && f.join(&y[i]) {
			out = append(out, f)
		}
	}
	return out
}

// join adds the numbers of g. It reports false if they are too many.
func (f *fact) join(g *fact) bool {
	for _, k := range g.among[:g.n] {
		if slices.Contains(f.among[:f.n], k) {
			continue
		}
		if f.n == maxAmong {
			return false
		}
		f.among[f.n] = k
		f.n++
	}
	return true
}

// outcome returns the outcome of a test that follows from facts: of the same test, or for a comparison with a number from
// those that the value is one of. No more follows than in libpcap: a test that is left out does not reject packets that end
// before what it reads, and the same packets are to be rejected.
func outcome(t test, facts []fact) (holds, known bool) {
	for i := range facts {
		f := &facts[i]
		switch {
		case f.n == 0 && f.test == t:
			return f.holds, true
		case t.op == equal && f.about(t.x) && t.y.op == valConstant:
			if holds, known = f.decides(t); known {
				return holds, true
			}
		}
	}
	return false, false
}

// decides reports whether all numbers have the same outcome, and which.
func (f *fact) decides(t test) (holds, known bool) {
	holds = t.op.holds(f.among[0], t.y.k)
	for _, k := range f.among[1:f.n] {
		if t.op.holds(k, t.y.k) != holds {
			return false, false
		}
	}
	return holds, true
}
