package decode

import (
	"hanalyze"
	"hanalyze/quic"
)

// quicLayer gives the datagrams of a flow to a quic.Flow and its records an envelope.
type quicLayer struct {
	s    *Stream
	flow *quic.Flow
}

func openQUIC(s *Stream) layer {
	l := &quicLayer{s: s}
	l.flow = quic.NewFlow(quic.Sink{Record: l.record, Notice: s.notice})
	l.flow.FirstDecides = s.flow.Orientation == hanalyze.ByFirstPacket
	return l
}

func (l *quicLayer) Feed(d hanalyze.Dir, b []byte) int {
	l.flow.Datagram(d, l.s.now, b)
	return len(b)
}

// Gap is called where the capture has only a part of the last datagram.
func (l *quicLayer) Gap(_ hanalyze.Dir, n int64, why hanalyze.Missing) { l.flow.Cut(n, why) }

func (l *quicLayer) End(hanalyze.Dir) {}

func (l *quicLayer) Close(why hanalyze.Missing) {
	l.flow.Close(why)
	x, c := &l.flow.Limits, &l.s.decoder.counters
	c.add("quic_connections_evicted", x.ConnsEvicted)
	c.add("quic_pending_packets_dropped", x.PendingDropped)
	c.add("quic_crypto_bytes_dropped", x.CryptoDropped)
	c.add("quic_initials_untried", x.KeysUntried)
	c.add("quic_lists_cut", x.ListsCut)
	c.add("quic_tls_limits", x.TLSLimits)
}

func (l *quicLayer) record(r *hanalyze.QUIC) {
	r.Envelope = l.s.envelope(r.Start, r.Last)
	l.s.emit(r)
}
