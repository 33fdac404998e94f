package websocket

import (
	"encoding/binary"
	"math"
	"slices"

	"hanalyze"
)

// Where frame borders are lost, every place where a frame could begin starts a chain: the length in its header says where
// the next header must be. How likely it is that a header is there by accident depends on the bytes around: in noise it is
// one in forty, in small numbers or the silence of recorded sound every second. So the bytes are counted while they are
// searched, and a chain is believed when it is as unlikely as chainBits says. Data that repeat, as tables of numbers do, make
// a chain of the same few headers go on for ever, so that only those count that no other one of the chain is like: a client
// has to choose a new mask for every frame (RFC 6455 §5.3), and the lengths of what a server says differ.
const (
	// chainLength is how many different frames a chain has at least.
	chainLength = 6
	// chainBits is how unlikely a chain must be, as a power of two: one false chain in a million searched megabytes.
	chainBits = 40
	// maxMarks bounds the frames that count.
	maxMarks = 16
	// maxChains bounds the chains that are followed. In random bytes about ten are alive at a time.
	maxChains = 64
	// maxHuntFrame bounds the frames of a chain: larger ones are rare, and random lengths are mostly large.
	maxHuntFrame = 1 << 20
)

// hunter looks for frame borders. Its carry is what is not searched yet: less than a header between two calls.
//
// Nothing of a chain but its last header is certain: a place that is none may lead, by its length, to a frame that is one.
// So reading goes on with that header, and what the chain went over stays unread.
type hunter struct {
	from   int64 // where the borders were lost
	base   int64 // offset of carry[0]
	next   int64 // offset where the next header may begin
	carry  []byte
	chains []chain

	// Of the bytes before next: how many there are, could begin a header, could be its second byte.
	seen, first, second float64
}

// chain is a row of headers that look right, each where the one before says.
type chain struct {
	next   int64            // offset of its next header
	marks  [maxMarks]uint64 // different masks of a client, or lengths of a server
	marked int
	within fragmentState
}

// fragmentState says whether a chain is within a fragmented message.
type fragmentState uint8

const (
	fragmentUnknown fragmentState = iota // so far it has control frames only
	fragmentNone
	fragmentOpen
)

// gap says that bytes before offset are missing: no chain reaches over them.
func (u *hunter) gap(offset int64) {
	u.base, u.next, u.carry, u.chains = offset, offset, u.carry[:0], u.chains[:0]
}

// stepHunt searches b. When it finds frame borders, what follows them is fed again.
func (c *Conn) stepHunt(d hanalyze.Dir, h *half, b []byte) {
	u := &h.hunt
	u.carry = append(u.carry, b...)
	h.pass(len(b))
	for ; ; u.count(d, c.params.Deflate) {
		rest := u.carry[min(u.next-u.base, int64(len(u.carry))):]
		size := headerSize(rest)
		if len(rest) < size {
			break
		}
		f := parseHeader(rest)
		v, _ := f.violation(d, c.params.Deflate, false)
		if v != "" || f.length > maxHuntFrame || f.op == OpClose {
			u.drop()
			continue
		}
		if u.follow(&f, size) {
			c.found(d, h)
			return
		}
	}
	u.carry = u.carry[:copy(u.carry, u.carry[u.next-u.base:])]
	u.base = u.next
}

// count goes on to the next byte.
func (u *hunter) count(d hanalyze.Dir, compression bool) {
	b := u.carry[u.next-u.base]
	u.next++
	u.seen++
	f := header{fin: b&0x80 != 0, rsv: b >> 4 & 0x7, op: Opcode(b & 0xf), masked: d == hanalyze.C2S}
	if v, _ := f.violation(d, compression, false); v == "" && f.op != OpClose {
		u.first++
	}
	if masked := b&0x80 != 0; masked == (d == hanalyze.C2S) {
		u.second++
	}
}

// bits is how unlikely a header is among bytes like these, as a power of two.
func (u *hunter) bits() float64 {
	return -math.Log2((u.first + 1) / (u.seen + 2) * (u.second + 1) / (u.seen + 2))
}

// drop ends the chains that need a header at next.
func (u *hunter) drop() {
	u.chains = slices.DeleteFunc(u.chains, func(k chain) bool { return k.next == u.next })
}

// follow adds the frame at next to the chains that lead here, or begins one. It reports whether one of them is to be
// believed.
func (u *hunter) follow(f *header, size int) bool {
	after := u.next + int64(size) + f.length
	led := false
	u.chains = slices.DeleteFunc(u.chains, func(k chain) bool { return k.next == u.next && !k.fits(f) })
	for i := range u.chains {
		k := &u.chains[i]
		if k.next != u.next {
			continue
		}
		led = true
		k.add(f, after)
		if k.marked >= chainLength && u.bits()*float64(k.marked) >= chainBits {
			return true
		}
	}
	if !led && f.op != OpContinuation && len(u.chains) < maxChains {
		var k chain
		k.add(f, after)
		u.chains = append(u.chains, k)
	}
	return false
}

// fits reports whether the frame f may come next in the chain.
func (k *chain) fits(f *header) bool {
	switch {
	case f.op.control():
		return true
	case f.op == OpContinuation:
		return k.within != fragmentNone && (f.fin || f.length > 0)
	}
	return k.within != fragmentOpen
}

// add adds the frame f, which ends at offset after.
func (k *chain) add(f *header, after int64) {
	k.next = after
	mark := uint64(f.length)
	if f.masked {
		mark = uint64(binary.BigEndian.Uint32(f.mask[:]))
	}
	if k.marked < maxMarks && !slices.Contains(k.marks[:k.marked], mark) {
		k.marks[k.marked] = mark
		k.marked++
	}
	switch {
	case f.op.control():
	case f.fin:
		k.within = fragmentNone
	default:
		k.within = fragmentOpen
	}
}

// found goes on reading at the header that made a chain long enough.
func (c *Conn) found(d hanalyze.Dir, h *half) {
	u := &h.hunt
	rest := u.carry[u.next-u.base:]
	c.tell(d, Event{Kind: Resync, Offset: u.next, N: u.next - u.from})
	h.offset -= int64(len(rest))
	h.state, h.found, h.hunt = inHeader, true, hunter{}
	c.Feed(d, rest)
}
