package h2

import "hanalyze"

// initialWindow is the flow-control window of a connection, and of streams before any SETTINGS_INITIAL_WINDOW_SIZE
// (RFC 9113 §6.9.2).
const initialWindow = 1<<16 - 1

const (
	// maxWindow is the largest window (RFC 9113 §6.9.1).
	maxWindow = 1<<31 - 1

	// windowSlack is by how much a window must be exceeded before it is called a violation: the two directions of a capture
	// may be some packets out of order, so that DATA is seen before the WINDOW_UPDATE that allowed it.
	windowSlack = 1<<16 - 1
)

// window is what one end may still send (RFC 9113 §5.2), less the initial size: that of streams changes for all of them
// at once, when a SETTINGS frame is acknowledged.
type window struct {
	credit int64 // increments less payloads of DATA, padding included
	shut   bool  // it was told that the window is used up
}

// streamWindow is what the sender in h may still send on a stream.
func (c *Conn) streamWindow(h *half, s *stream) int64 {
	return int64(c.half[h.dir.Reverse()].sent.obeyed.initialWindow) + s.half[h.dir].window.credit
}

// spend takes the DATA frame that is complete now off the windows of its sender, and tells which are used up by it. After
// a loss nothing is certain about windows any more.
func (c *Conn) spend(h *half) {
	if c.lossy {
		return
	}
	n := int64(h.f.Length)
	h.window.credit -= n
	if initialWindow+h.window.credit <= 0 && !h.window.shut && n > 0 {
		h.window.shut = true
		c.emit(c.event(KindWindowShut, h, 0))
	}
	s := c.streams.get(h.f.StreamID)
	if s == nil {
		return
	}
	w := &s.half[h.dir].window
	w.credit -= n
	if !w.shut && n > 0 && !s.half[h.dir].ended && c.streamWindow(h, s) <= 0 {
		w.shut = true
		h.shut++
		c.emit(c.event(KindWindowShut, h, s.id))
	}
}

// checkIncrement complains of a WINDOW_UPDATE that makes a window too large: RFC 9113 §6.9.1.
func (c *Conn) checkIncrement(h *half) {
	peer := &c.half[h.dir.Reverse()]
	size := int64(initialWindow) + peer.window.credit
	if id := h.f.StreamID; id != 0 {
		s := c.streams.get(id)
		if s == nil {
			return
		}
		size = c.streamWindow(peer, s)
	}
	if size += int64(h.f.Increment); size >= maxWindow+windowSlack && !c.lossy {
		c.complain(h, BadWindow, "makes the window %d bytes, more than %d", size, maxWindow)
	}
}

// checkFlow complains of DATA that the windows of its sender do not allow: RFC 9113 §6.9.1.
func (c *Conn) checkFlow(h *half) {
	n := int64(h.f.Length)
	if n == 0 || c.lossy {
		return
	}
	left := int64(initialWindow) + h.window.credit
	of := "the connection"
	if s := c.streams.get(h.f.StreamID); s != nil {
		// A larger initial size may have been obeyed although it is not acknowledged yet.
		receiver := &c.half[h.dir.Reverse()].sent
		more := max(0, int64(receiver.announced.initialWindow)-int64(receiver.obeyed.initialWindow))
		if w := c.streamWindow(h, s) + more; w < left {
			left, of = w, "the stream"
		}
	}
	if n-left > windowSlack {
		c.complain(h, BadFlow, "%d bytes where the window of %s has %d", n, of, max(0, left))
	}
}

// extend adds an increment sent in h to the window of the other end, for a stream or, if id is 0, for the connection.
func (c *Conn) extend(h *half, id, increment uint32) {
	if c.lossy {
		return
	}
	peer := &c.half[h.dir.Reverse()]
	if id == 0 {
		peer.window.credit += int64(increment)
		if peer.window.shut && initialWindow+peer.window.credit > 0 {
			peer.window.shut = false
			c.tellOpen(h, peer, 0)
		}
		return
	}
	if s := c.streams.get(id); s != nil {
		s.half[peer.dir].window.credit += int64(increment)
		c.reopen(h, peer, s)
	}
}

// reopen tells that the window of a stream is not used up any more, if so. The frame that did it is that of by.
func (c *Conn) reopen(by, h *half, s *stream) {
	w := &s.half[h.dir].window
	if w.shut && c.streamWindow(h, s) > 0 {
		w.shut = false
		h.shut--
		c.tellOpen(by, h, s.id)
	}
}

// reopenStreams looks for windows that the acknowledgement of a larger initial size has opened for its sender.
func (c *Conn) reopenStreams(h *half) {
	if c.lossy || h.shut == 0 {
		return
	}
	for s := c.streams.open.first; s != nil; s = s.next {
		c.reopen(h, h, s)
	}
}

// tellOpen tells of a window of h; the frame under way in by opened it.
func (c *Conn) tellOpen(by, h *half, stream uint32) {
	ev := c.event(KindWindowOpen, by, stream)
	ev.Dir = h.dir
	c.emit(ev)
}

// abandonWindow forgets that the windows of a stream are shut.
func (c *Conn) abandonWindow(s *stream, d hanalyze.Dir) {
	if w := &s.half[d].window; w.shut {
		w.shut = false
		c.half[d].shut--
	}
}
