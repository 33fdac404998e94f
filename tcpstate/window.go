package tcpstate

import (
	"time"

	"hanalyze"
)

// Windows that are too small for the path. The window field counts to 65,535; a larger window needs the scale option in
// both SYNs (RFC 7323 §2.2).
const (
	// nearlyMax is the least window that is bounded by its field rather than by the receiver: receivers round down to
	// whole segments, of at most 4 KB on this side of jumbo frames.
	nearlyMax = 1<<16 - 4096
	// scalingHurts is how long a sender must wait for such a window to move before it is told: 64 KB every 10 ms are
	// 50 Mbit/s.
	scalingHurts = 10 * time.Millisecond
)

// Window returns the receive window that s, sent in direction d and taken already, offers in bytes. It is not known while
// the scale is not, but zero is zero by any scale.
func (c *Conn) Window(d hanalyze.Dir, s *Segment) (bytes uint64, known bool) {
	if s.Flags&hanalyze.SYN != 0 || s.Window == 0 { // RFC 7323 §2.2: the window of a SYN is never scaled
		return uint64(s.Window), true
	}
	return uint64(s.Window) << c.half[d].shift, c.handshake.scaled
}

// offer takes a window field unlike the last one of the end that sends in direction d.
func (c *Conn) offer(d hanalyze.Dir, s *Segment, class Class) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	x := &h.stall
	before, known := x.window, x.offered || h.synSeen
	x.offered, x.field, x.window = true, s.Window, int64(s.Window)<<h.shift
	x.largest = max(x.largest, x.window)
	if known && x.window > before && s.Ack == x.ack && class == ClassPureAck && s.Options.SACKs == 0 {
		x.updates++
	}
	switch {
	case s.Window != 0 && x.closed:
		c.opens(d, s.Meta.Time).show(s.Meta.Packet)
	case s.Window == 0 && !x.closed && !(peer.finKnown && s.Ack > peer.fin): // who has all bytes needs no window
		x.closed, x.closedAt = true, s.Meta.Time
		x.zeroWindows++
		c.incidents.note(hanalyze.IncidentZeroWindow, d, s.Meta.Packet)
	}
	switch {
	case !c.handshake.scaled && s.Window != 0: // any number of bytes
	case !x.measured:
		x.measured, x.minWindow, x.maxWindow = true, x.window, x.window
	default:
		x.minWindow, x.maxWindow = min(x.minWindow, x.window), max(x.maxWindow, x.window)
	}
}

// opens ends the time for which the window of the end that sends in direction d was closed, and returns the incident.
func (c *Conn) opens(d hanalyze.Dir, at hanalyze.Time) *incident {
	x := &c.half[d].stall
	x.closed = false
	return c.incidents.find(hanalyze.IncidentZeroWindow, d).took(at.Sub(x.closedAt))
}

// reach takes new bytes after which the peer's window has no room for another full segment.
func (c *Conn) reach(d hanalyze.Dir, s *Segment) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	x := &h.stall
	x.wait = wait{why: narrow, began: s.Meta.Time, edge: peer.edge, frame: s.Meta.Packet}
	if s.Seq+s.Len != peer.edge { // beyond it, the ACK that allowed it was not captured
		return
	}
	x.wait.why = full
	again := x.fulls > 0
	if again && x.fullEdge == peer.edge {
		return
	}
	c.incidents.note(hanalyze.IncidentWindowFull, d, s.Meta.Packet)
	if again {
		c.silly(d, s, peer.edge-x.fullEdge)
	}
	x.fullEdge = peer.edge
	x.fulls++
}

// silly tells a window that moved by less than is worth a segment, or a segment that uses up what a window has left
// though it is not worth one: RFC 9293 §3.8.6.2. It is called when the window, which was full and has moved by step, is
// full again, so that small windows and small segments that hold nobody back are not told.
func (c *Conn) silly(d hanalyze.Dir, s *Segment, step int64) {
	h, peer := &c.half[d], &c.half[d.Reverse()]
	worth := min(h.stall.segment, h.sent.maxSegment, peer.stall.largest/2)
	switch {
	case step < worth:
		c.incidents.note(hanalyze.IncidentSillyWindow, d.Reverse(), s.Meta.Packet).bytes += uint64(step)
	case s.Len < worth:
		c.incidents.note(hanalyze.IncidentSillyWindow, d, s.Meta.Packet).bytes += uint64(s.Len)
	}
}

// unscaled tells whose missing window scale option keeps both windows within their 16 bits. Without the client's the
// server may not send one.
func (c *Conn) unscaled() (by hanalyze.Dir, ok bool) {
	client, server := &c.half[hanalyze.C2S], &c.half[hanalyze.S2C]
	switch {
	case client.synSeen && !client.offer.hasScale:
		return hanalyze.C2S, true
	case client.synSeen && server.synSeen && !server.offer.hasScale:
		return hanalyze.S2C, true
	}
	return 0, false
}
