package decode

import (
	"strings"
	"time"

	"hanalyze"
)

// What tells a body that comes as it arises, or an answer that was held back, from a slow one.
const (
	// minPauses is how often a body must have stood still to be a stream: once is a slow server.
	minPauses = 2
	// maxBurst is the most a stream sends between two pauses on average. More is a download on a bad link.
	maxBurst = 16 << 10
	// minHeldBack is how long an answer must have been waited for. Few answers take longer because of work.
	minHeldBack = time.Second
	// maxHeldBack bounds the body of an answer that was held back: it tells of an event.
	maxHeldBack = 64 << 10
)

// delivery tells how a body came, where not at once.
func (u *usage) delivery(r *meaning) *hanalyze.HTTPDelivery {
	polled, since := u.polled, u.polledTo
	u.polled = ""
	m := r.x.Response
	if !r.response || r.x.Status > 299 && r.x.Status != 304 || r.c.piece.Packet == 0 && r.x.Timing.Wait.IsZero() {
		return nil
	}
	if m.ContentType == "text/event-stream" {
		return r.c.flow("sse", "")
	}
	if m.DeclaredBytes == nil && r.c.pauses >= minPauses && m.BodyBytes/(r.c.pauses+1) <= maxBurst && r.x.Missing == 0 {
		return r.c.flow("stream", hanalyze.Inferred)
	}
	if !r.heldBack() {
		return nil
	}
	path, _, _ := strings.Cut(r.x.PathQuery, "?")
	u.polled, u.polledTo = strings.Clone(path), r.t.end[hanalyze.S2C]
	again := path == polled && path != "" && r.t.begin[hanalyze.C2S].Packet > since.Packet // not one of several at once
	if _, prefers := r.asked.Waits(); !prefers && !(again && r.sure) {
		return nil // a slow answer; if the client asks again and waits again, that is a poll
	}
	return &hanalyze.HTTPDelivery{Kind: "long_poll", Basis: hanalyze.Inferred}
}

// heldBack reports whether the answer was waited for long and is short.
func (r *meaning) heldBack() bool {
	wait, known := r.x.Timing.Wait.Get()
	return r.pair && known && wait >= minHeldBack && r.x.Response.BodyBytes <= maxHeldBack && r.c.pauses == 0 && r.x.Missing == 0
}

// flow tells of a body that came in pieces.
func (c *course) flow(kind string, basis hanalyze.Basis) *hanalyze.HTTPDelivery {
	d := &hanalyze.HTTPDelivery{Kind: kind, Pauses: c.pauses, Basis: basis}
	if c.pauses > 0 {
		d.MaxPause = hanalyze.Known(c.maxPause)
	}
	return d
}
