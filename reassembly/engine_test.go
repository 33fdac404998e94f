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

// An engine that has grown is not kept, nor are more engines than will be needed.
func TestPoolStaysSmall(t *testing.T) {
	var p Pool
	var all []*engine
	for range maxIdleEngines + 2 {
		all = append(all, p.get())
	}
	for _, e := range all {
		p.put(e)
	}
	if len(p.idle) != maxIdleEngines {
		t.Errorf("%d engines idle", len(p.idle))
	}
	e := p.get()
	ep := e.begin(0)
	for i := range enginePages + 1 {
		ep.add(int64(1+2*i), []byte("x"), hanalyze.Meta{})
	}
	for i := range enginePages + 1 {
		ep.skip(int64(1 + 2*i))
		ep.released(1)
	}
	ep.end()
	if p.put(e); len(p.idle) != maxIdleEngines-1 {
		t.Error("an engine that has grown was kept")
	}
}

// A tracker leaves an engine far below its peak to the episodes it has, and begins new ones in another.
func TestSpentEngineIsReplaced(t *testing.T) {
	p := newPlay(t, Limits{})
	old := p.engine()
	if p.engine() != old {
		t.Error("an engine was replaced for nothing")
	}
	if old.peak = 4*enginePages + 1; p.engine() == old {
		t.Error("a spent engine is still used")
	}
}
