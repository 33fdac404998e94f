package decode

import (
	"fmt"
	"time"

	"hanalyze"
	"hanalyze/h2"
)

const (
	// floodBurst is how many frames of a kind may come at once, and floodRate how many a second in the long run, before they
	// are called a flood. More than a few PING, SETTINGS or PRIORITY frames in a connection's life are rare. A browser that
	// leaves a page cancels all its streams at once: as many as the server allows, 100 where it does not say.
	floodBurst = 100
	floodRate  = 33

	// mostStreams bounds the allowance for cancelled streams where a server allows any number at a time.
	mostStreams = 1000

	// floodCost is what a frame takes of the allowance, in time that must pass to have it back.
	floodCost = time.Second / floodRate

	// maxContinuations is how many CONTINUATION frames a field block may take. A block of 1 MiB takes 64.
	maxContinuations = 128

	// dataGrant is how many WINDOW_UPDATE frames each DATA frame of the other end allows: one for the stream, one for the
	// connection, and as much again for receivers that give back small pieces. It allows a PING as well, by which gRPC
	// measures the path.
	dataGrant = 4
)

// bucket is the allowance of one kind of frame from one end: a bucket of floodBurst that leaks floodRate a second.
type bucket struct {
	empty  hanalyze.Time // when it will have leaked out
	count  uint64        // frames since it was empty last
	from   hanalyze.Meta // the first of them
	over   bool          // it has overflowed
	worst  uint64        // most frames of a time in which it overflowed
	period interval      // that time
}

// add takes a frame; burst is how many the bucket holds.
func (b *bucket) add(now hanalyze.Meta, burst time.Duration) {
	if b.empty <= now.Time {
		b.empty, b.count, b.from = now.Time, 0, now
	}
	b.empty = b.empty.Add(floodCost)
	b.count++
	if b.empty.Sub(now.Time) > burst*floodCost {
		b.over = true
		b.empty = now.Time.Add(burst * floodCost) // what overflows is gone
	}
	if b.over && b.count > b.worst {
		b.worst, b.period = b.count, interval{b.from, now}
	}
}

// allow gives back what n frames cost.
func (b *bucket) allow(n int) { b.empty = b.empty.Add(-time.Duration(n) * floodCost) }

// floods watches for frames that cost their receiver much and their sender little.
type floods struct {
	kind   [2][numFloods]bucket
	resets bucket // streams that one end opened and cancelled before they were answered
	run    [2]int // CONTINUATION frames of the field block under way
	untold uint64 // exchanges of such streams that were not told one by one
}

// The kinds of floods by what is sent.
const (
	floodPing = iota
	floodSettings
	floodEmptyData
	floodPriority
	floodWindowUpdate
	floodContinuation
	floodProvoked // RST_STREAM of the end that was asked, because of errors it was led to
	numFloods
)

// floodKinds are the identifiers of findings, and what each is a flood of.
var floodKinds = [numFloods]struct{ id, what string }{
	{"h2.ping_flood", "PING frames"},
	{"h2.settings_flood", "SETTINGS frames"},
	{"h2.empty_data_flood", "DATA frames without data"},
	{"h2.priority_flood", "PRIORITY frames"},
	{"h2.window_update_flood", "WINDOW_UPDATE frames"},
	{"h2.continuation_flood", "CONTINUATION frames in one field block"},
	{"h2.provoked_resets", "RST_STREAM frames because of errors"},
}

// frame takes any frame.
func (f *floods) frame(e *h2.Event, now hanalyze.Meta) {
	k, peer := &f.kind[e.Dir], &f.kind[e.Dir.Reverse()]
	ack := e.Frame.Flags&h2.FlagAck != 0
	switch e.Frame.Type {
	case h2.FrameData:
		peer[floodWindowUpdate].allow(dataGrant)
		peer[floodPing].allow(1)
		if e.Frame.Length <= e.Frame.PadBytes+1 && e.Frame.Flags&h2.FlagEndStream == 0 && (e.Frame.Length == 0 || e.Frame.Flags&h2.FlagPadded != 0) {
			k[floodEmptyData].add(now, floodBurst)
		}
	case h2.FrameHeaders:
		f.run[e.Dir] = 0
		k[floodPriority].allow(1)
		k[floodWindowUpdate].allow(1)
	case h2.FramePushPromise:
		f.run[e.Dir] = 0
	case h2.FrameContinuation:
		f.continuation(e, now)
	case h2.FramePing:
		if !ack {
			k[floodPing].add(now, floodBurst)
		}
	case h2.FrameSettings:
		if !ack {
			k[floodSettings].add(now, floodBurst)
		}
	case h2.FramePriority, h2.FramePriorityUpdate:
		k[floodPriority].add(now, floodBurst)
	case h2.FrameWindowUpdate:
		k[floodWindowUpdate].add(now, floodBurst)
	case h2.FrameRSTStream, h2.FrameGoAway, h2.FrameAltSvc, h2.FrameOrigin:
	}
}

// continuation counts the frames of one field block, however long they take.
func (f *floods) continuation(e *h2.Event, now hanalyze.Meta) {
	b := &f.kind[e.Dir][floodContinuation]
	f.run[e.Dir]++
	n := uint64(f.run[e.Dir])
	if n == 1 {
		b.from = now
	}
	if n > maxContinuations && n > b.worst {
		b.over, b.worst, b.period = true, n, interval{b.from, now}
	}
	if e.Frame.Flags&h2.FlagEndHeaders != 0 {
		f.run[e.Dir] = 0
	}
}

// reset takes an RST_STREAM that ends the exchange x; limit is how many streams the server allows, 0 if it does not say.
func (f *floods) reset(e *h2.Event, x *exchange2, now hanalyze.Meta, limit uint32) {
	asked := hanalyze.C2S
	switch {
	case x.Status != 0:
	case e.Dir == asked && x.StreamID%2 == 1:
		f.resets.add(now, max(floodBurst, min(time.Duration(limit), mostStreams)))
	case e.Dir != asked && isError(e.ErrorCode):
		f.kind[e.Dir][floodProvoked].add(now, floodBurst)
	}
}

// isError reports whether an RST_STREAM says that the peer broke a rule.
func isError(c h2.ErrorCode) bool {
	const internal, cancel = 2, 8
	return c != noError && c != internal && c != cancel && c != h2.RefusedStream
}

// tellFloods reports the floods of a connection that ends.
func (h *http2) tellFloods() {
	if b := &h.floods.resets; b.over {
		detail := fmt.Sprintf("The client opened and cancelled %d streams within %s, before they were answered", b.worst, b.lasted())
		if n := h.floods.untold; n > 0 {
			detail += fmt.Sprintf("; %d of them are not told one by one", n)
		}
		h.tellFlood(b, "h2.rapid_reset", detail)
	}
	for d := range h.floods.kind {
		for i := range h.floods.kind[d] {
			if b := &h.floods.kind[d][i]; b.over {
				k := &floodKinds[i]
				h.tellFlood(b, k.id, fmt.Sprintf("The %s sent %d %s within %s", hanalyze.Dir(d).Sender(), b.worst, k.what, b.lasted()))
			}
		}
	}
}

func (h *http2) tellFlood(b *bucket, id, detail string) {
	h.s.emit(&hanalyze.Notice{Envelope: h.s.envelope(b.period.from, b.period.to), ID: id, Detail: detail})
}

// lasted is how long the worst time lasted, to be read by people.
func (b *bucket) lasted() string {
	d := b.period.to.Time.Sub(b.period.from.Time)
	if d < time.Second {
		return fmt.Sprintf("%.3g ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}
