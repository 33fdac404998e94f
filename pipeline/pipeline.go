// Package pipeline joins the rooms: it reads batches, decodes them in shards, puts the records back into capture order,
// renders and writes them.
//
//	reader ── job ──▶ workers 0…n-1 (each owns every n-th of 64 shards) ──▶ join: number, story, findings, render, write
//
// Every job goes to all workers; each takes the packets of its shards. The join waits for all of them, so order never
// depends on timing: the same input gives the same bytes with any number of workers. Expiry is judged where the capture's
// clock passes a whole second, never by the wall clock.
package pipeline

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/decode"
	"hanalyze/findings"
	"hanalyze/output"
	"hanalyze/packet"
	"hanalyze/reassembly"
	"hanalyze/story"
)

// Options say what to read and where to write.
type Options struct {
	Source      capture.Source
	Live        bool            // keep the shards secret
	Flush       bool            // write after every batch: somebody waits for it
	Workers     int             // decoding goroutines, at least 1
	Filter      *filter.Matcher // which packets are read, the others are counted only; nil: all
	MaxPackets  uint64          // stop after so many packets that the filter lets through; 0: do not
	MaxDuration time.Duration   // stop after so much time on the capture's clock; 0: do not
	Save        Saver           // keeps what was read; nil: do not
	Render      output.Renderer
	Out         io.Writer
	Bodies      *Bodies         // what to do with the bodies of HTTP messages; nil: nothing
	Secrets     bool            // tell passwords in URLs
	poison      bool            // for tests: overwrite the records that are used again
	Events      map[string]bool // record types that are printed only when true here; types not listed are always printed
}

// Saver keeps packets in a file or several. A *capture.Writer is one, and a *capture.Rotator. Batches are borrowed.
type Saver interface {
	WriteBatch(b *capture.Batch) error
	Flush() error
}

// Run reads the source to its end and writes everything it tells, the stats record last. The error is the input's or the
// output's; what was read before an input error has been told.
func Run(o Options) (*hanalyze.Stats, error) {
	o.Workers = min(max(o.Workers, 1), numShards)
	r := &reader{Options: o, key: fileKey(), failed: new(atomic.Bool)}
	if o.Live {
		r.key = liveKey()
	}
	cfg := decode.Config{
		Frames: o.Events["http2_frame"], Messages: o.Events["websocket_message"],
		Reuse: true, Poison: o.poison,
	}
	if o.Bodies != nil {
		cfg.Payload = o.Bodies.Keep
	}
	workers := make([]*worker, o.Workers)
	var running sync.WaitGroup
	for i := range workers {
		workers[i] = newWorker(i, o.Workers, cfg, o.Events["packet"], o.Bodies != nil)
		jobs := make(chan *job, 1)
		r.workers = append(r.workers, jobs)
		running.Go(func() { workers[i].run(jobs) })
	}
	// One job being read, one being decoded, one being rendered, and one to absorb unevenness.
	const inFlight = 4
	r.free = make(chan *job, inFlight)
	for range inFlight {
		r.free <- new(job)
	}
	jobs := make(chan *job, inFlight)
	r.join = jobs
	n := &join{
		render: o.Render, events: o.Events, prompt: o.Flush, w: o.Out,
		story: story.New(), findings: findings.New(), counts: map[string]uint64{},
		failed: r.failed, bodies: newBodies(o.Bodies), secrets: o.Secrets,
	}
	running.Go(func() { n.run(jobs, r.free) })
	err := r.run()
	running.Wait()

	s := r.stats(n, workers)
	for _, f := range n.findings.Stats(s) {
		n.print(f)
	}
	n.buf = n.render.Append(n.buf, s)
	n.flush()
	if err == nil {
		err = n.err
	}
	return s, err
}

func (r *reader) stats(n *join, workers []*worker) *hanalyze.Stats {
	for reason, count := range r.defrag.Counts() {
		r.skipped[reason] += count
	}
	s := &hanalyze.Stats{
		TS:          r.last.Time,
		Inputs:      r.Source.Inputs(),
		Packets:     hanalyze.StatsPackets{Read: r.read, Decoded: r.skipped[packet.OK], Skipped: map[string]uint64{}},
		Bytes:       r.bytes,
		Kernel:      r.Source.Kernel(),
		Connections: n.conns,
		Records:     n.counts,
		Limits:      map[string]uint64{},
	}
	if r.passed > 0 {
		s.Duration = hanalyze.Known(r.last.Time.Sub(r.first.Time))
	}
	if r.read > r.passed {
		s.Packets.Skipped[filtered] = r.read - r.passed
	}
	r.unknown.tell(s.Packets.Skipped)
	for reason := packet.OK + 1; reason < packet.NumReasons; reason++ {
		if reason != packet.UnknownLink && r.skipped[reason] > 0 {
			s.Packets.Skipped[reason.String()] += r.skipped[reason]
		}
	}
	var sums hanalyze.StatsChecksums
	for _, w := range workers {
		c := w.decode.Counters()
		s.Streams.Decoded += c.Decoded
		s.Streams.Opaque += c.Opaque
		for name, v := range c.Limits() {
			s.Limits[name] += v
		}
		for _, t := range w.shards {
			if t == nil {
				continue
			}
			addLimits(s.Limits, t.Stats())
			addChecksums(&sums, t.Stats())
		}
	}
	if sums.Left+sums.Bad > 0 {
		s.Checksums = &sums
	}
	d := r.defrag.Stats()
	s.Limits["fragments_evicted"], s.Limits["fragments_contradictory"] = d.Evicted, d.Contradictory
	s.Fragments = fragments(&d)
	n.story.Limits(s.Limits)
	n.findings.Limits(s.Limits)
	n.bodies.limits(s.Limits)
	return s
}

// fragments tells what became of fragments; nil if there were none.
func fragments(d *packet.DefragStats) *hanalyze.StatsFragments {
	if d.PeakDatagrams == 0 {
		return nil
	}
	return &hanalyze.StatsFragments{
		Reassembled: d.Completed, TimedOut: d.TimedOut, Overlapping: d.Overlaps, Differing: d.Differ,
		Contradictory: d.Contradictory, Frames: d.Suspicious,
	}
}

// addChecksums adds what a tracker found of checksums.
func addChecksums(c *hanalyze.StatsChecksums, t reassembly.Stats) {
	c.Checked += t.SumsChecked
	c.Left += t.SumsLeft
	c.Bad += t.SumsBad
}

// addLimits adds how often a tracker reached its limits.
func addLimits(m map[string]uint64, t reassembly.Stats) {
	m["flows_evicted"] += t.FlowsEvicted
	m["lingering_cut"] += t.LingeringCut
	m["reassembly_bytes_dropped"] += t.BytesDropped
	m["reassembly_half_budget"] += t.HalfBudget
	m["reassembly_total_budget"] += t.TotalBudget
	m["segments_implausible"] += t.Implausible
	m["icmp_implausible"] += t.ICMPImplausible
	m["overlaps_not_compared"] += t.OverlapsSkipped
	m["tombstones_forgotten"] += t.TombstonesLost
	m["tcp_steps_dropped"] += t.StepsDropped
	m["tcp_history_dropped"] += t.HistoryDropped
	m["tcp_holes_not_followed"] += t.HolesUntold
}
