package capture

import (
	"sync"
	"sync/atomic"
)

// slabSize is the size of one slab and so of one large read(2). Reading is fastest while a slab stays in the second-level
// cache; see BenchmarkReadFile.
const slabSize = 1 << 20

// slab is memory shared by the source that fills it and the batches whose frames point into it. The last holder gives it
// back to the pool.
type slab struct {
	buf  []byte
	refs atomic.Int32
	pool *slabPool
}

func (s *slab) retain() { s.refs.Add(1) }

func (s *slab) release() {
	if s.refs.Add(-1) == 0 {
		s.pool.put(s)
	}
}

// shared reports whether anybody but the caller, who holds s, holds it too. Only holders make new holders, so a false
// answer stays true until the caller shares s.
func (s *slab) shared() bool { return s.refs.Load() > 1 }

// slabPool keeps slabs that nobody holds. It never has more of them than were in use at the same time.
type slabPool struct {
	mu   sync.Mutex
	free []*slab
}

// get returns a slab held by the caller. Its contents are those of its last use.
func (p *slabPool) get() *slab {
	p.mu.Lock()
	defer p.mu.Unlock()
	var s *slab
	if n := len(p.free); n > 0 {
		s = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		s = &slab{buf: make([]byte, slabSize), pool: p}
	}
	s.refs.Store(1)
	return s
}

func (p *slabPool) put(s *slab) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, s)
}
