package decode

import (
	"maps"
	"slices"

	"hanalyze"
	"hanalyze/radius"
)

// radiusLayer gives the TLS inside each EAP conversation a Stream of its own. The ends of the flow are the access point and the
// authentication server; who speaks TLS with that is the station behind the access point, which has no address yet.
type radiusLayer struct {
	s     *Stream
	flow  *radius.Flow
	inner map[uint64]*Stream // by number of the conversation
}

func sniffRADIUS(f *hanalyze.Flow, b []byte) bool {
	return radius.Sniff(b, radius.IsPort(f.Server.Port()) || radius.IsPort(f.Client.Port()))
}

func openRADIUS(s *Stream) layer {
	s.decoded = false // until there is EAP with TLS in it
	l := &radiusLayer{s: s, inner: map[uint64]*Stream{}}
	l.flow = radius.NewFlow(l.event)
	return l
}

func (l *radiusLayer) Feed(d hanalyze.Dir, b []byte) int {
	l.flow.Feed(d, b)
	return len(b)
}

// Gap is called where the capture has only a part of a datagram, which is then passed over.
func (l *radiusLayer) Gap(hanalyze.Dir, int64, hanalyze.Missing) {}

func (l *radiusLayer) End(hanalyze.Dir) {}

func (l *radiusLayer) Close(hanalyze.Missing) {
	l.flow.Close()
	for _, n := range slices.Sorted(maps.Keys(l.inner)) {
		l.inner[n].Close(l.s.now, l.s.ending)
	}
}

func (l *radiusLayer) event(e *radius.Event) {
	s := l.inner[e.Conversation]
	if e.Kind == radius.Began {
		if s = l.s.derive(); s != nil {
			s.path = join(join(s.path, e.Method), "tls")
			s.begin(openTLS)
			l.s.decoded = true
			l.inner[e.Conversation] = s
		}
		return
	}
	if s == nil {
		return
	}
	switch e.Kind {
	case radius.Data:
		s.Data(e.Dir, l.s.now, e.Bytes)
	case radius.Lost:
		for d := range hanalyze.Dir(2) {
			s.Gap(d, l.s.now, -1, hanalyze.MissingGap)
		}
	case radius.Ended, radius.Dropped:
		why := "fin"
		if e.Kind == radius.Dropped {
			why = "evicted"
			l.s.decoder.counters.add("radius_conversations_dropped", 1)
		}
		s.Close(l.s.now, why)
		delete(l.inner, e.Conversation)
	}
}
