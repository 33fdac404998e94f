package decode

import (
	"hanalyze"
	"hanalyze/h1"
)

// Limits of streams inside streams.
const (
	// maxDerived bounds the streams inside one flow that are open at the same time, over all depths. Servers allow 100 to
	// 250 HTTP/2 streams on a connection, and few of them are tunnels.
	maxDerived = 256
	// maxDerivedQueue bounds what all of them together have queued: as much as a flow of its own may.
	maxDerivedQueue = maxQueue
	// maxLayers bounds the protocols on top of each other. Four is common (CONNECT, TLS, HTTP/2, WebSocket); a tunnel in a
	// tunnel without end is made to make paths long.
	maxLayers = 12
)

// derive returns a Stream for bytes that a layer of s takes out of its own: a tunnel through an HTTP/2 stream, for example.
// It queues what it is given until begin, and finds its own decoder then. nil says that there are too many.
//
// The bytes come in the directions of s's layer; gaps and ends are passed on as they are found. Whoever derives a Stream
// closes it.
func (s *Stream) derive() *Stream {
	top := s.top()
	if top.derived >= maxDerived || s.tooDeep() {
		s.decoder.counters.add("streams_inside_not_opened", 1)
		return nil
	}
	top.derived++
	return &Stream{decoder: s.decoder, flow: s.flow, parent: s, path: s.path, depth: s.depth, now: s.now, unbegun: true}
}

// begin lets a derived Stream look at what it was given; open is its decoder, nil where that has to be sniffed.
func (s *Stream) begin(open func(s *Stream) layer) {
	s.unbegun = false
	if open != nil {
		s.decoded = true
		s.depth++
		s.layer = open(s)
	}
	s.drain(false)
}

// tooDeep reports whether no other protocol may come on top.
func (s *Stream) tooDeep() bool { return s.depth >= maxLayers }

// top is the Stream of the flow itself.
func (s *Stream) top() *Stream {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// room reports whether n more bytes may be queued.
func (s *Stream) room(n int) bool {
	return s.queued+n <= maxQueue && len(s.queue) < maxQueueSteps && (s.parent == nil || s.top().derivedQueued+n <= maxDerivedQueue)
}

// hold counts n more bytes as queued, fewer where n is negative.
func (s *Stream) hold(n int) {
	s.queued += n
	if s.parent != nil {
		s.top().derivedQueued += n
	}
}

// datagrams reports whether each Data call is a datagram. What is derived from one is a stream.
func (s *Stream) datagrams() bool { return s.flow.Transport == hanalyze.UDP && s.parent == nil }

// A tunnel is what an HTTP/2 stream carries after CONNECT, plain (RFC 9113 §8.5) or extended (RFC 8441). It takes the place
// of the body in both directions.
type tunnel struct {
	inner *Stream
	outer *http2
	x     *exchange2
	dir   hanalyze.Dir
}

func (t tunnel) Data(b []byte) { t.inner.Data(t.dir, t.outer.s.now, b) }

func (t tunnel) Gap(n int64) { t.inner.Gap(t.dir, t.outer.s.now, n, t.outer.reason(t.dir)) }

// End passes on that the peer closed its side; that the stream was given up is not its end.
func (t tunnel) End(bool, hanalyze.Missing) {
	if t.x.end[t.dir].Packet != 0 {
		t.inner.End(t.dir, t.outer.s.now)
	}
}

// ask prepares for what a CONNECT request opens. Clients may send ahead of the answer.
func (h *http2) ask(x *exchange2) {
	if x.Method != "CONNECT" || x.inner != nil {
		return
	}
	if x.inner = h.s.derive(); x.inner == nil {
		return
	}
	for d := range x.body {
		x.body[d].asked, x.body[d].sink = true, tunnel{x.inner, h, x, hanalyze.Dir(d)}
	}
}

// answer opens the tunnel, or gives it up where it was refused.
func (h *http2) answer(x *exchange2) {
	switch {
	case x.inner == nil || !x.inner.unbegun:
	case x.Status/100 != 2:
		h.shut(x, "fin")
	case x.Upgrade == "websocket":
		x.message(hanalyze.S2C).Framing = h1.Tunnel.String()
		shake := x.HTTP
		shake.Start = x.begin[hanalyze.C2S]
		x.inner.begin(func(s *Stream) layer { return openWebSocket(s, &shake) })
	default:
		x.message(hanalyze.S2C).Framing = h1.Tunnel.String()
		x.inner.begin(nil)
	}
}

// shut closes the tunnel of x, if there is one; why is that of Stream.Close.
func (h *http2) shut(x *exchange2, why string) {
	if x.inner == nil {
		return
	}
	for d := range x.body {
		x.body[d].sink = nil
	}
	x.inner.Close(h.s.now, why)
	x.inner = nil
}

// ended says how the tunnel of an exchange that is told now ended.
func (h *http2) ended(x *exchange2) string {
	switch {
	case x.Reset != nil && x.Missing == 0:
		return "reset"
	case h.s.ending != "":
		return h.s.ending
	case x.Missing&hanalyze.MissingLimit != 0:
		return "evicted"
	case x.Reset != nil:
		return "reset"
	}
	return "fin"
}
