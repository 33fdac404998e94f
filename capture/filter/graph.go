package filter

import "slices"

// block is a test and where to go after it, or one of the two ends.
type block struct {
	test    test
	yes, no *block
	facts   []fact // while graph.thread runs: what is known whenever the block is reached
	reached bool   // and whether it can be
}

// ends reports whether b is an end.
func (b *block) ends() bool { return b.yes == nil }

// graph is a condition as blocks. It has no cycles. Equal blocks are one.
type graph struct {
	accept, reject *block
	table          map[blockKey]*block
}

type blockKey struct {
	test    test
	yes, no *block
}

const (
	// maxBlocks bounds a graph: with more it becomes a program that is too long, however much of it can be saved.
	maxBlocks = 4 * maxInstructions

	// maxSteps bounds the work of shortening paths: lists of thousands of addresses make it grow with their square.
	maxSteps = 1 << 20

	// maxRounds bounds how often the graph is gone through; each round does what the one before made possible.
	maxRounds = 8
)

func newGraph() *graph {
	return &graph{accept: &block{}, reject: &block{}, table: map[blockKey]*block{}}
}

// block returns the block of a test. A test with one outcome is none.
func (g *graph) block(t test, yes, no *block) *block {
	if yes == no {
		return yes
	}
	key := blockKey{t, yes, no}
	b := g.table[key]
	if b == nil {
		b = &block{test: t, yes: yes, no: no}
		g.table[key] = b
	}
	return b
}

// build returns where to begin in order to go to yes if c holds, else to no.
func (g *graph) build(c *condition, yes, no *block) *block {
	if len(g.table) > maxBlocks {
		return g.reject
	}
	switch c.op {
	case condAlways:
		return yes
	case condNever:
		return no
	case condNot:
		return g.build(c.x, no, yes)
	case condAnd:
		return g.build(c.x, g.build(c.y, yes, no), no)
	case condOr:
		return g.build(c.x, yes, g.build(c.y, yes, no))
	}
	return g.block(c.test, yes, no)
}

// order returns the blocks that can be reached from root, ends excepted, each before those it leads to.
func order(root *block) []*block {
	var list []*block
	seen := map[*block]bool{}
	var visit func(b *block)
	visit = func(b *block) {
		if b.ends() || seen[b] {
			return
		}
		seen[b] = true
		visit(b.no)
		visit(b.yes)
		list = append(list, b)
	}
	visit(root)
	slices.Reverse(list)
	return list
}

// shorten returns a graph with the same outcomes in which no test is made whose outcome is known.
func (g *graph) shorten(root *block) *block {
	steps := maxSteps
	for range maxRounds {
		changed := thread(root, &steps)
		root = g.rebuild(root)
		if !changed {
			break
		}
	}
	return root
}

// thread leads every way past the tests whose outcome is known on it. It reports whether there were any.
func thread(root *block, steps *int) (changed bool) {
	blocks := order(root)
	for _, b := range blocks {
		b.facts, b.reached = nil, b == root
	}
	for _, b := range blocks {
		if !b.reached {
			continue // all ways lead past it by now
		}
		for _, way := range []struct {
			next  **block
			holds bool
		}{{&b.yes, true}, {&b.no, false}} {
			facts := with(b.facts, b.test, way.holds)
			to := follow(*way.next, facts, steps)
			changed = changed || to != *way.next
			*way.next = to
			to.learn(facts)
		}
	}
	return changed
}

// follow goes on from b as long as the outcome of the test is known.
func follow(b *block, facts []fact, steps *int) *block {
	for !b.ends() && *steps > 0 {
		*steps--
		holds, known := outcome(b.test, facts)
		switch {
		case !known:
			return b
		case holds:
			b = b.yes
		default:
			b = b.no
		}
	}
	return b
}

// learn notes that b is reached with facts: only what is known on all ways is known there.
func (b *block) learn(facts []fact) {
	if b.ends() {
		return
	}
	if !b.reached {
		b.reached, b.facts = true, facts
		return
	}
	b.facts = common(b.facts, facts)
}

// rebuild makes equal blocks one again, and drops tests with one outcome.
func (g *graph) rebuild(root *block) *block {
	clear(g.table)
	fresh := map[*block]*block{g.accept: g.accept, g.reject: g.reject}
	for _, b := range slices.Backward(order(root)) {
		fresh[b] = g.block(b.test, fresh[b.yes], fresh[b.no])
	}
	return fresh[root]
}
