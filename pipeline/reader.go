package pipeline

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/packet"
)

// filtered is the reason for which packets that the filter rejects count as skipped.
const filtered = "filtered"

// reader takes batches from the source, parses headers and hands each job to all workers and, in the same order, to the join.
type reader struct {
	Options
	key     hashKey
	free    chan *job // jobs not in use
	workers []chan *job
	join    chan<- *job
	failed  *atomic.Bool // the output cannot be written any more

	read    uint64 // packets so far
	passed  uint64 // of these, packets that the filter let through
	bytes   uint64
	skipped [packet.NumReasons]uint64 // packets by fate, without the fragments that defrag counts
	unknown unknownLinks
	defrag  packet.Defragmenter
	first   hanalyze.Meta
	last    hanalyze.Meta
	clock   hanalyze.Time // the latest time seen: capture clocks may step back, expiry must not
	leapt   bool          // the last packet was more than maxLeap ahead of it
}

// run reads to the end and closes the channels. It returns the error that ended the input, nil at its proper end; what was
// read before it is processed all the same.
func (r *reader) run() error {
	var err error
	for end := false; !end; {
		j := <-r.free
		j.reset(len(r.workers))
		end, err = r.fill(j)
		j.done.Add(len(r.workers))
		for _, w := range r.workers {
			w <- j
		}
		r.join <- j
	}
	for _, w := range r.workers {
		close(w)
	}
	close(r.join)
	return err
}

func (j *job) reset(workers int) {
	j.packets, j.ticks, j.names, j.end, j.idle = j.packets[:0], j.ticks[:0], j.names[:0], false, false
	if j.out == nil {
		j.out = make([]made, workers)
	}
	for i := range j.out {
		j.out[i].reset()
	}
}

// fill reads one batch into j. It reports whether that was the end.
func (r *reader) fill(j *job) (end bool, err error) {
	err = r.Source.ReadBatch(&j.batch)
	if r.failed.Load() {
		err = io.EOF // nobody hears what would be told
	}
	if err != nil {
		j.batch.Frames = j.batch.Frames[:0]
		if errors.Is(err, io.EOF) {
			err = nil
		}
		end = true
	}
	j.idle = !end && len(j.batch.Frames) == 0
	for _, n := range j.batch.Names {
		j.names = append(j.names, named{r.read + uint64(n.Before), n})
	}
	full, ferr := r.frames(j)
	if ferr != nil {
		err = ferr
	}
	end = end || full || ferr != nil
	if r.Save != nil && err == nil {
		if err = r.save(j); err != nil {
			end = true
		}
	}
	if j.idle {
		r.tick(j, r.Source.Now())
	}
	j.end, j.last = end, r.last
	return end, err
}

// save keeps the packets of j. When there are none for the moment, what was kept so far becomes readable by others.
func (r *reader) save(j *job) error {
	if j.idle && len(j.batch.Names)+len(j.batch.Secrets) == 0 {
		return r.Save.Flush()
	}
	return r.Save.WriteBatch(&j.batch)
}

// frames reads the frames of j and keeps those that the filter lets through: their ordinals are those of the input, with or
// without a filter. It reports whether a limit given by the user was reached.
func (r *reader) frames(j *job) (full bool, err error) {
	all := j.batch.Frames
	kept := 0
	names, secrets := j.batch.Names, j.batch.Secrets
	defer func() {
		j.batch.Frames = all[:kept]
		names, secrets = follow(names, secrets, len(all), kept)
	}()
	for i := range all {
		names, secrets = follow(names, secrets, i, kept)
		if r.full(all[i].Time) {
			return true, nil
		}
		r.read++
		r.bytes += uint64(all[i].Len)
		if pass, err := r.pass(&all[i]); err != nil {
			return false, err
		} else if !pass {
			continue
		}
		all[kept] = all[i]
		r.frame(j, &all[kept])
		kept++
	}
	return r.MaxPackets > 0 && r.passed >= r.MaxPackets, nil
}

// follow makes the names and secrets that come before frame i come before the frame that takes its place, and returns the
// others.
func follow(names []capture.Name, secrets []capture.Secret, i, kept int) ([]capture.Name, []capture.Secret) {
	for len(names) > 0 && names[0].Before <= i {
		names[0].Before = kept
		names = names[1:]
	}
	for len(secrets) > 0 && secrets[0].Before <= i {
		secrets[0].Before = kept
		secrets = secrets[1:]
	}
	return names, secrets
}

// pass asks the filter. The error says that it does not suit the link type.
func (r *reader) pass(f *capture.Frame) (bool, error) {
	if r.Filter == nil {
		return true, nil
	}
	return r.Filter.Match(f.Link, f.Data, f.Len)
}

// full reports whether a limit given by the user ends the input before a frame of the given time.
func (r *reader) full(t hanalyze.Time) bool {
	return r.MaxPackets > 0 && r.passed >= r.MaxPackets ||
		r.MaxDuration > 0 && r.passed > 0 && t.Sub(r.first.Time) > r.MaxDuration
}

// frame parses a frame that passed the filter.
func (r *reader) frame(j *job, f *capture.Frame) {
	r.tick(j, f.Time)
	r.passed++
	r.last = hanalyze.Meta{Packet: r.read, Time: f.Time}
	if r.passed == 1 {
		r.first = r.last
	}
	p := j.next()
	p.Meta = r.last
	reason := p.Parse(f.Link, f.Data, f.Len)
	joined := p.Joined
	if reason == packet.IPFragment {
		reason = r.defrag.Add(&p.Packet)
	}
	if reason == packet.UnknownLink {
		r.unknown.add(p.Unknown)
	}
	r.keep(j, p, reason)
	if joined > 0 && r.rest(j, f, joined) && reason != packet.FragmentHeld {
		reason = packet.OK
	}
	if reason != packet.FragmentHeld {
		r.skipped[reason]++
	}
}

// rest takes the other packets that the link layer joined in a frame, from offset at on, and reports whether there was one for a
// flow. The frame is counted once, so what keeps one of them from a flow is not: fragments are let go.
func (r *reader) rest(j *job, f *capture.Frame, at int) (decoded bool) {
	for at > 0 {
		p := j.next()
		p.Meta = r.last
		reason := p.ParseJoined(f.Data, f.Len, at)
		at = p.Joined
		r.keep(j, p, reason)
		decoded = decoded || reason == packet.OK
	}
	return decoded
}

// next returns a place for another packet; it is overwritten unless it is kept.
func (j *job) next() *parsed {
	n := len(j.packets)
	if n == cap(j.packets) {
		j.packets = append(j.packets, parsed{})[:n]
	}
	return &j.packets[:n+1][n]
}

// keep lets p, the next of j, go to its shard if it is of a flow.
func (r *reader) keep(j *job, p *parsed, reason packet.Reason) {
	p.icmp = reason == packet.QuotedInICMP
	if reason == packet.OK || p.icmp {
		p.shard = uint8(r.key.shard(&p.Packet))
		j.packets = j.packets[:len(j.packets)+1]
	}
}

// maxLeap is how far one packet may move the clock by itself. A damaged or forged time, years ahead, would end all flows
// that go on after it; what leaps further is believed once the next packet confirms it.
const maxLeap = 24 * time.Hour

// tick notes when the clock passes a whole second. Seconds are the capture's own, so that ticks do not depend on how the
// input happens to be cut into batches.
func (r *reader) tick(j *job, now hanalyze.Time) {
	if r.passed > 0 && now <= r.clock {
		r.leapt = false
		return
	}
	if r.passed > 0 && !r.leapt && now.Sub(r.clock) > maxLeap {
		r.leapt = true
		return
	}
	r.leapt = false
	if r.passed > 0 && now/hanalyze.Time(time.Second) != r.clock/hanalyze.Time(time.Second) {
		j.ticks = append(j.ticks, tick{len(j.packets), now, r.last})
	}
	r.clock = now
}
