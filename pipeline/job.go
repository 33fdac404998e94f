package pipeline

import (
	"cmp"
	"sync"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/decode"
	"hanalyze/packet"
)

// A job is one batch on its way through the pipeline. Jobs are reused: their slabs are most of the memory hanalyze needs.
type job struct {
	batch   capture.Batch
	packets []parsed
	ticks   []tick
	names   []named
	last    hanalyze.Meta // the last packet read so far
	end     bool          // the input is over: flush everything
	idle    bool          // live: nothing came, only the clock moved

	done sync.WaitGroup // the workers that have yet to finish
	out  []made         // by worker
}

// parsed is a packet that goes to a shard.
type parsed struct {
	packet.Packet
	shard uint8
	icmp  bool // an ICMP error about a packet of the shard
}

// tick says that before packets[at] the capture's clock passed a whole second: what is due expires first. after is the
// packet before the tick, to which expired records are ascribed.
type tick struct {
	at    int
	now   hanalyze.Time
	after hanalyze.Meta
}

// named is what the capture calls an address, and the ordinal of the packet that it says so after.
type named struct {
	after uint64
	capture.Name
}

// made is what one worker made of a job.
type made struct {
	flows   []*hanalyze.Flow // flows that began, in order of first packet
	entries []entry
	pieces  []piece     // of bodies, in the order in which they came
	bytes   []byte      // their bytes
	told    decode.Told // the memory of entries, used again with the job
}

// entry is a record and what completed it.
type entry struct {
	cause
	record hanalyze.Record
}

// cause is what makes a worker tell records: a packet, or what happens after it. Causes are ordered by packet, then moment,
// so that the order does not depend on which of them are in the same job.
type cause struct {
	packet uint64
	moment moment
}

func (c cause) compare(d cause) int {
	return cmp.Or(cmp.Compare(c.packet, d.packet), cmp.Compare(c.moment, d.moment))
}

type moment uint8

const (
	atPacket moment = iota // the packet itself
	atTick                 // flows expired before the next packet
	atEnd                  // nothing follows
)

func (o *made) reset() {
	clear(o.flows)
	clear(o.entries)
	clear(o.pieces)
	o.flows, o.entries, o.pieces, o.bytes = o.flows[:0], o.entries[:0], o.pieces[:0], o.bytes[:0]
}
