package pipeline

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"

	"hanalyze/packet"
)

// numShards is how many independent parts the flows are divided into, whatever the number of workers: the result must not
// depend on it. 64 keeps the parts even for any sensible number of cores.
const numShards = 64

// A hashKey decides which shard a flow belongs to. Live, the key is random: an attacker must not choose the shard. Files
// always have the same one, so that limits, which are per shard, are reached at the same packet in every run.
type hashKey struct{ a, b uint64 }

func fileKey() hashKey { return hashKey{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03} }

func liveKey() hashKey { return hashKey{rand.Uint64() | 1, rand.Uint64() | 1} }

// shard returns the shard of p's flow, the same for both directions, and the same for all tags: which of them are of one
// flow, only the Tracker knows. It folds 128-bit products, as wyhash does.
func (k hashKey) shard(p *packet.Packet) int {
	x, y := k.endpoint(p.Src), k.endpoint(p.Dst)
	h := fold((x+y)^k.a, x^y^k.b^uint64(p.Transport))
	return int(h % numShards)
}

func (k hashKey) endpoint(a netip.AddrPort) uint64 {
	b := a.Addr().As16()
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	return fold(hi^k.a^uint64(a.Port())<<48, lo^k.b)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a|1<<63, b|1<<63)
	return hi ^ lo
}
