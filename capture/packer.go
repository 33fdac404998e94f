package capture

// packer puts copies of packets one behind the other into slabs. Live sources have one.
type packer struct {
	pool slabPool
	slab *slab // being filled; nil before the first packet
	used int   // bytes of slab that are taken
}

// room returns n bytes, at most slabSize, which b holds from now on. It returns nil if they are in another slab than the
// frames that b has: then b should be handed out, so that a batch stays small.
func (p *packer) room(b *Batch, n int) []byte {
	if p.slab == nil || len(p.slab.buf)-p.used < n {
		if len(b.Frames) > 0 {
			return nil
		}
		p.close()
		p.slab, p.used = p.pool.get(), 0
	}
	b.hold(p.slab)
	p.used += n
	return p.slab.buf[p.used-n : p.used : p.used]
}

// close gives the slab back. Batches keep theirs.
func (p *packer) close() {
	if p.slab != nil {
		p.slab.release()
		p.slab = nil
	}
}
