package decode

import (
	"hanalyze"
	"hanalyze/tlsinfo"
)

// tlsConn is what streams and datagrams of TLS have in common.
type tlsConn interface {
	Feed(d hanalyze.Dir, b []byte) int
	Gap(d hanalyze.Dir, n int64)
	End(d hanalyze.Dir)
	Info(now hanalyze.Time) hanalyze.TLS
}

// tlsLayer makes a TLS record when the handshake is over, or when the flow ends before that.
type tlsLayer struct {
	s     *Stream
	conn  tlsConn
	begin hanalyze.Meta // first byte
	last  hanalyze.Meta // last thing of the handshake
	hello bool          // a hello or an alert was seen: there is something to tell
	told  bool
	why   hanalyze.Missing
}

func openTLS(s *Stream) layer {
	l := &tlsLayer{s: s}
	l.conn = tlsinfo.NewConn(l.event)
	return l
}

func openDTLS(s *Stream) layer {
	l := &tlsLayer{s: s}
	l.conn = tlsinfo.NewDatagramConn(l.event)
	return l
}

func (l *tlsLayer) Feed(d hanalyze.Dir, b []byte) int {
	if l.begin.Packet == 0 {
		l.begin = l.s.now
	}
	if c, ok := l.conn.(*tlsinfo.Conn); ok && l.behind() {
		c.Behind(d.Reverse())
	}
	return l.conn.Feed(d, b)
}

// behind reports whether the sender of what is being fed may have read more of the other direction than was fed. Nobody knows
// that of a Stream inside another.
func (l *tlsLayer) behind() bool {
	return l.s.unshown > 0 || l.s.since.Packet != 0 || l.s.parent != nil
}

func (l *tlsLayer) Gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	l.why |= why
	l.conn.Gap(d, n)
}

func (l *tlsLayer) End(d hanalyze.Dir) { l.conn.End(d) }

func (l *tlsLayer) Close(why hanalyze.Missing) {
	if !l.told && l.hello {
		l.tell(why)
	}
}

func (l *tlsLayer) event(e *tlsinfo.Event) {
	switch e.Kind {
	case tlsinfo.EventApplicationData, tlsinfo.EventEncryptedAlert:
		return
	case tlsinfo.EventRenegotiation:
		l.s.notice("tls.renegotiation", "The "+e.Dir.Sender()+" began another handshake inside the connection")
		return
	case tlsinfo.EventAnother:
		if !l.told && l.hello {
			l.tell(0)
		}
		l.told, l.hello, l.begin = false, false, l.s.now
		return
	case tlsinfo.EventMalformed:
		l.s.notice("tls.malformed", e.Code+": "+e.Detail)
		return
	case tlsinfo.EventLimit:
		l.s.decoder.counters.add("tls_"+e.Code, 1)
		return
	case tlsinfo.EventClientHello, tlsinfo.EventServerHello, tlsinfo.EventHelloRetryRequest, tlsinfo.EventAlert:
		l.hello = true
	}
	l.last = l.s.now
	if e.Kind == tlsinfo.EventHandshakeDone && !l.told && l.hello {
		l.tell(0)
	}
}

// tell makes the record; missing is what it lacks besides what the parser knows.
func (l *tlsLayer) tell(missing hanalyze.Missing) {
	l.told = true
	r := l.conn.Info(l.s.now.Time)
	r.Envelope = l.s.envelope(l.begin, l.last)
	r.Handshake = span(l.begin, l.last)
	r.Missing |= missing
	// The parser calls every hole a gap; the flow knows better where the snaplen or a limit made it.
	if r.Missing&hanalyze.MissingGap != 0 && l.why != 0 {
		r.Missing = r.Missing&^hanalyze.MissingGap | l.why
	}
	if r.Established {
		r.NotDecrypted = "no_keys"
	}
	l.s.emit(&r)
}
