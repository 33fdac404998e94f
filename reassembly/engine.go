package reassembly

import (
	"encoding/binary"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	gore "github.com/google/gopacket/reassembly"

	"hanalyze"
)

// The engine is gopacket's TCP assembler, used for what it is good at: keeping pieces of one direction in order until the
// bytes before them come. What must be known of v1.1.19 to use it safely:
//
//   - Its sequence arithmetic is off by one at 2^32, so every episode counts from engineBase under a flow key of its own and
//     never reaches the wrap.
//   - Continuation pages have no context and CaptureInfo panics on them, so no piece is larger than one page.
//   - A newer copy overwrites an older one, so it is only ever given bytes it does not hold yet.
//   - A limit of one page and an empty segment ahead of what it waits for make it pop exactly its first run.
//   - Closing a half that still holds pages leaks them, so an episode is drained before it ends.
//   - Its page cache never shrinks, so an engine that is far below its peak gets no new episodes, and goes with its last.

const (
	// engineBase is where an episode's sequence numbers begin: far from 0, where gopacket looks for wrapped numbers.
	engineBase = 1 << 30
	// maxExtent bounds how far an episode may reach, so that its numbers stay below 3·2^30, where wrapping begins.
	maxExtent = 1 << 31
	// maxPiece is gopacket's page size.
	maxPiece = 1900
	// enginePages is the number of pages an engine is born with, about 2.5 MB.
	enginePages = 1024
)

// Pool lends a reassembly engine to the trackers of one goroutine. An engine is large and takes long to make, and where a
// capture loses packets every tracker needs one again and again: so they share it, each episode under a key of its own.
// That has no influence on what they tell.
type Pool struct {
	current *engine // begins new episodes; nil before the first
}

// engine returns the engine that new episodes are begun in, a new one when the old has grown too large for what it is used
// for.
func (p *Pool) engine() *engine {
	if p.current == nil || p.current.spent() {
		p.current = newEngine()
	}
	return p.current
}

// engine is one assembler and its page cache.
type engine struct {
	asm         *gore.Assembler
	tcp         layers.TCP // reused for every call
	ci          gopacket.CaptureInfo
	run         []byte // what the last call brought into order
	serial      uint64 // episodes begun, the source of private flow keys
	episodes    int    // episodes not ended
	pages, peak int    // pages in use, and the most there ever were
}

func newEngine() *engine {
	e := &engine{}
	e.asm = gore.NewAssembler(gore.NewStreamPool(factory{e}))
	return e
}

// factory makes gopacket's streams: all are the engine itself, which serves one call at a time.
type factory struct{ e *engine }

func (f factory) New(_, _ gopacket.Flow, _ *layers.TCP, _ gore.AssemblerContext) gore.Stream {
	return f.e
}

// Accept makes every half begin with its first segment.
func (e *engine) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ gore.TCPFlowDirection, _ gore.Sequence, start *bool, _ gore.AssemblerContext) bool {
	*start = true
	return true
}

// ReassembledSG keeps what came into order. Its pages are free from now on, but not reused before the next call.
func (e *engine) ReassembledSG(sg gore.ScatterGather, _ gore.AssemblerContext) {
	if n, _ := sg.Lengths(); n > 0 {
		e.run = sg.Fetch(n)
	}
}

// ReassemblyComplete lets the connection be removed.
func (e *engine) ReassemblyComplete(gore.AssemblerContext) bool { return true }

// GetCaptureInfo makes the engine the context of every call.
func (e *engine) GetCaptureInfo() gopacket.CaptureInfo { return e.ci }

// episode is one half's stay in an engine.
type episode struct {
	eng  *engine
	key  gopacket.Flow
	base int64 // offset that is engineBase for gopacket
}

// begin starts an episode that waits for the byte at offset base.
func (e *engine) begin(base int64) episode {
	var id [8]byte
	e.serial++
	binary.BigEndian.PutUint64(id[:], e.serial)
	ep := episode{eng: e, key: gopacket.NewFlow(gopacket.EndpointType(0), id[:], nil), base: base}
	e.episodes++
	ep.segment(ep.key, base, nil)
	return ep
}

// segment hands a segment to gopacket and returns the bytes it brought into order.
func (ep *episode) segment(key gopacket.Flow, off int64, b []byte) []byte {
	e := ep.eng
	e.run = nil
	e.tcp.Seq = uint32(engineBase + off - ep.base)
	e.tcp.Payload = b
	e.asm.AssembleWithContext(key, &e.tcp, e)
	e.tcp.Payload = nil
	return e.run
}

// add gives the engine at most maxPiece bytes that it does not hold. It returns the bytes that are in order now, those
// of b included: borrowed until the next call of the engine and of b.
func (ep *episode) add(off int64, b []byte, m hanalyze.Meta) []byte {
	e := ep.eng
	e.ci = gopacket.CaptureInfo{Timestamp: time.Unix(0, int64(m.Time)), CaptureLength: len(b), Length: len(b), InterfaceIndex: int(m.Packet)}
	e.pages++
	e.peak = max(e.peak, e.pages)
	return ep.segment(ep.key, off, b)
}

// skip gives up what the engine waits for and returns its first run, borrowed until the next call of the engine. first is
// the offset of that run.
func (ep *episode) skip(first int64) []byte {
	e := ep.eng
	e.asm.MaxBufferedPagesPerConnection = 1
	run := ep.segment(ep.key, first, nil)
	e.asm.MaxBufferedPagesPerConnection = 0
	return run
}

// released tells that n pieces left the engine.
func (ep *episode) released(n int) { ep.eng.pages -= n }

// end ends an episode that holds nothing more. gopacket forgets a connection when both its halves have ended.
func (ep *episode) end() {
	e := ep.eng
	e.tcp.RST = true
	ep.segment(ep.key, ep.base, nil)
	ep.segment(ep.key.Reverse(), ep.base, nil)
	e.tcp.RST = false
	e.episodes--
}

// spent reports whether the page cache has grown far beyond what is in use.
func (e *engine) spent() bool { return e.peak > 4*enginePages && e.pages < e.peak/8 }
