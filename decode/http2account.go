package decode

import (
	"time"

	"hanalyze"
	"hanalyze/h2"
)

// account2 adds up what the frames of an HTTP/2 connection say about it as a whole. h2 knows no time; this does.
type account2 struct {
	full    hanalyze.Meta // the client may open no more streams since; Packet 0: it may
	atLimit time.Duration // how long it was so before
	side    [2]side2
}

// side2 is what one end of the connection did.
type side2 struct {
	shut   hanalyze.Meta // its window of the connection is used up since; Packet 0: it is not
	waited interval      // how long it was used up, if it may have had more to send: the next DATA proves it
	stalls stalls
	ping   [8]byte       // its last PING
	pinged hanalyze.Meta // when it was sent; Packet 0: it was answered
	rtt    hanalyze.Span
	goAway *hanalyze.HTTP2GoAway
	gone   hanalyze.Meta // packet of goAway
}

// interval is a time from one packet to another, none if Packet of from is 0.
type interval struct{ from, to hanalyze.Meta }

// stalls are the waits of one end for flow-control windows.
type stalls struct {
	streams, connection uint64
	total, longest      time.Duration
	until               hanalyze.Time // the end of those in total
	frames              []uint64
}

// add counts a wait. Of waits that overlap, the time in common counts once.
func (s *stalls) add(w interval, connection bool) {
	if connection {
		s.connection++
	} else {
		s.streams++
	}
	s.longest = max(s.longest, w.to.Time.Sub(w.from.Time))
	if from := max(w.from.Time, s.until); w.to.Time > from {
		s.total += w.to.Time.Sub(from)
		s.until = w.to.Time
	}
	if len(s.frames) < hanalyze.MaxIncidentFrames {
		s.frames = append(s.frames, w.to.Packet)
	}
}

// record returns what is told of s, nil when nothing was waited for.
func (s *stalls) record() *hanalyze.HTTP2Stalls {
	if s.streams+s.connection == 0 {
		return nil
	}
	return &hanalyze.HTTP2Stalls{
		Streams: s.streams, Connection: s.connection, Frames: s.frames,
		Total: hanalyze.Known(s.total), Max: hanalyze.Known(s.longest),
	}
}

// windowShut notes that a window is used up.
func (h *http2) windowShut(e *h2.Event, now hanalyze.Meta) {
	if e.StreamID == 0 {
		a := &h.account.side[e.Dir]
		a.shut, a.waited = now, interval{}
	} else if x := h.open[e.StreamID]; x != nil {
		x.shut[e.Dir], x.waited[e.Dir] = now, interval{}
	}
}

// windowOpen notes that a window is open again. Whether somebody waited for it, the next DATA tells.
func (h *http2) windowOpen(e *h2.Event, now hanalyze.Meta) {
	if e.StreamID == 0 {
		a := &h.account.side[e.Dir]
		a.waited, a.shut = interval{a.shut, now}, hanalyze.Meta{}
	} else if x := h.open[e.StreamID]; x != nil {
		x.waited[e.Dir], x.shut[e.Dir] = interval{x.shut[e.Dir], now}, hanalyze.Meta{}
	}
}

// dataFrame takes a DATA frame that is not empty: its sender had waited for the windows that were opened before it, for that
// of the connection if the stream had begun by then.
func (h *http2) dataFrame(e *h2.Event) {
	x, a := h.open[e.StreamID], &h.account.side[e.Dir]
	if x == nil {
		return
	}
	if w := &x.waited[e.Dir]; w.from.Packet != 0 {
		a.stalls.add(*w, false)
		*w = interval{}
	}
	if w := &a.waited; w.from.Packet != 0 {
		if begun := x.begin[e.Dir]; begun.Packet != 0 && begun.Time <= w.from.Time {
			a.stalls.add(*w, true)
		}
		*w = interval{}
	}
}

// pingFrame matches a PING with its answer.
func (h *http2) pingFrame(e *h2.Event, now hanalyze.Meta) {
	if e.Frame.Flags&h2.FlagAck == 0 {
		a := &h.account.side[e.Dir]
		a.ping, a.pinged = e.Frame.Ping, now
		return
	}
	a := &h.account.side[e.Dir.Reverse()]
	if a.pinged.Packet == 0 || a.ping != e.Frame.Ping {
		return
	}
	rtt := now.Time.Sub(a.pinged.Time)
	if least, known := a.rtt.Get(); rtt >= 0 && (!known || rtt < least) {
		a.rtt = hanalyze.Known(rtt)
	}
	a.pinged = hanalyze.Meta{}
}

// goAway notes a GOAWAY.
func (h *http2) goAway(e *h2.Event, now hanalyze.Meta) {
	a := &h.account.side[e.Dir]
	a.goAway = &hanalyze.HTTP2GoAway{
		Frame: now.Packet, ErrorCode: e.ErrorCode.String(), LastStreamID: e.LastStreamID, DebugData: e.Detail,
	}
	a.gone = now
}

// limited notes since when, or for how long, the client could open no more streams.
func (h *http2) limited(now hanalyze.Meta) {
	a := &h.account
	switch full := h.conn.AtLimit(); {
	case full && a.full.Packet == 0:
		a.full = now
	case !full && a.full.Packet != 0:
		a.atLimit += max(0, now.Time.Sub(a.full.Time))
		a.full = hanalyze.Meta{}
	}
}

// summary makes the account of the whole connection.
func (h *http2) summary() *hanalyze.HTTP2Conn {
	r := &hanalyze.HTTP2Conn{StreamLimit: h.conn.StreamLimit()}
	r.Streams, r.PeakConcurrent = h.conn.Streams()
	a := &h.account
	if a.full.Packet != 0 {
		a.atLimit += max(0, h.s.now.Time.Sub(a.full.Time))
	}
	if a.atLimit > 0 {
		r.AtLimit = hanalyze.Known(a.atLimit)
	}
	h.fill(hanalyze.C2S, &r.Client)
	h.fill(hanalyze.S2C, &r.Server)
	return r
}

func (h *http2) fill(d hanalyze.Dir, r *hanalyze.HTTP2Side) {
	a := &h.account.side[d]
	h.conn.Fill(d, r)
	r.FlowStalls, r.PingRTT, r.GoAway = a.stalls.record(), a.rtt, a.goAway
}

// abandoned says of an exchange without an answer that its stream is above the last one that the other end was ready to
// process when it sent GOAWAY (RFC 9113 §6.8). A request is safe to repeat then (RFC 9113 §8.7).
func (h *http2) abandoned(x *exchange2) bool {
	opener := hanalyze.C2S
	if x.StreamID%2 == 0 {
		opener = hanalyze.S2C
	}
	a := &h.account.side[opener.Reverse()]
	if a.goAway == nil || x.StreamID <= a.goAway.LastStreamID || x.Status != 0 || x.Reset != nil || x.Response != nil {
		return false
	}
	x.Reset = &hanalyze.HTTPReset{By: opener.Reverse().Sender(), ErrorCode: a.goAway.ErrorCode, GoAway: true}
	x.RetrySafe = opener == hanalyze.C2S
	if a.gone.Packet >= x.begin[hanalyze.C2S].Packet {
		x.end[hanalyze.S2C] = a.gone
	}
	return true
}
