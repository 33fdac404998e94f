package reassembly

import (
	"testing"

	"hanalyze"
)

func TestEngineOrder(t *testing.T) {
	e := newEngine()
	ep := e.begin(1000)
	m := hanalyze.Meta{Packet: 1}
	if run := ep.add(1010, []byte("klmno"), m); run != nil {
		t.Fatalf("a piece ahead came out: %q", run)
	}
	if run := ep.add(1020, []byte("uvwxy"), m); run != nil {
		t.Fatalf("a piece ahead came out: %q", run)
	}
	if run := ep.add(1000, []byte("abcdefghij"), m); string(run) != "abcdefghijklmno" {
		t.Fatalf("filled: %q", run)
	}
	ep.released(2)
	if run := ep.skip(1020); string(run) != "uvwxy" {
		t.Fatalf("skipped: %q", run)
	}
	ep.released(1)
	ep.end()
	if e.episodes != 0 || e.pages != 0 {
		t.Fatalf("episodes %d, pages %d", e.episodes, e.pages)
	}
}

func TestEngineForgetsEpisodes(t *testing.T) {
	e := newEngine()
	for i := range 5000 {
		base := int64(i) << 33
		ep := e.begin(base)
		ep.add(base+1, []byte("b"), hanalyze.Meta{})
		if run := ep.add(base, []byte("a"), hanalyze.Meta{}); string(run) != "ab" {
			t.Fatalf("episode %d: %q", i, run)
		}
		ep.released(2)
		ep.end()
	}
	if got := e.asm.Dump(); got != "pageCache: used: 0, size: 1024, free: 1024" {
		t.Fatalf("pages leaked: %s", got)
	}
	if e.peak != 2 {
		t.Fatalf("peak %d", e.peak)
	}
}

// episodes returns how many there are in the engine that is lent now.
func (p *Pool) episodes() int {
	if p.current == nil {
		return 0
	}
	return p.current.episodes
}

// New episodes share an engine, but leave one that is far below its peak to those it has.
func TestSpentEngineIsReplaced(t *testing.T) {
	var p Pool
	old := p.engine()
	ep := old.begin(0)
	for i := range 4*enginePages + 1 {
		ep.add(int64(1+2*i), []byte("x"), hanalyze.Meta{})
	}
	if p.engine() != old {
		t.Error("an engine in use was replaced")
	}
	for i := range 4*enginePages + 1 {
		ep.skip(int64(1 + 2*i))
		ep.released(1)
	}
	ep.end()
	if p.engine() == old {
		t.Error("a spent engine is still lent")
	}
}
