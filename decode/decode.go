// Package decode finds the decoder of each byte stream and turns what decoders tell into records.
//
// A Stream is a bidirectional byte stream that finds its own decoder. "Not known yet" is a normal state: it queues, sniffs,
// then replays. Sniffers are pure functions of the first bytes of both directions, asked in the fixed order of protocols.go.
// A protocol that gives way to another (CONNECT, Upgrade) switches the Stream: it sniffs again, and the bytes the first
// protocol did not take belong to the next. So CONNECT, then TLS, needs no code that knows of both.
package decode

import (
	"hanalyze"
	"hanalyze/h1"
	"hanalyze/internal/arena"
)

// Config says what to tell and to whom.
type Config struct {
	Emit     func(hanalyze.Record) // receives records; they own their memory, but for those given back with Reuse
	Frames   bool                  // tell every HTTP/2 frame
	Messages bool                  // tell every WebSocket message
	Payload  int                   // bytes of each WebSocket message that its record keeps
	Body     OpenBody              // is asked about the body of every message; nil: nobody wants bodies
	Reuse    bool                  // records are given back with Reuse
	Poison   bool                  // for tests: overwrite the records that are given back
}

// A Decoder opens the streams of one worker and counts for them. It is not safe for concurrent use.
type Decoder struct {
	cfg       Config
	counters  Counters
	meaning   meaning // of the exchange being told
	text      arena.Strings
	http1     h1.Room    // shared by all HTTP/1 connections
	told      []*record  // since Told was called
	spare     []*record  // given back
	protocols []protocol // streamProtocols, which lead back here: protocols are found inside protocols
}

// New returns a Decoder.
func New(cfg Config) *Decoder { return &Decoder{cfg: cfg, protocols: streamProtocols[:]} }

// Open returns the Stream of a flow.
func (d *Decoder) Open(f *hanalyze.Flow) *Stream { return &Stream{decoder: d, flow: f} }

// Counters returns what was counted so far.
func (d *Decoder) Counters() *Counters { return &d.counters }

// Counters are counts over all streams of a Decoder.
type Counters struct {
	Decoded, Opaque uint64 // streams by fate, counted when they end
	QueueDropped    uint64 // bytes dropped because a Stream's queue was full
	limits          map[string]uint64
}

// add counts that decoders reached a limit n times.
func (c *Counters) add(name string, n uint64) {
	if n == 0 {
		return
	}
	if c.limits == nil {
		c.limits = map[string]uint64{}
	}
	c.limits[name] += n
}

// Limits returns how often each limit was reached, by its name in stats.
func (c *Counters) Limits() map[string]uint64 {
	m := map[string]uint64{"stream_queue_bytes_dropped": c.QueueDropped}
	for name, n := range c.limits {
		m[name] += n
	}
	return m
}
