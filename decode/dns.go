package decode

import (
	"strings"

	"hanalyze"
	"hanalyze/dns"
)

// Ports of the multicast relatives of DNS. The messages look the same; only the port tells (RFC 6762 §5, RFC 4795 §2).
const (
	portMDNS  = 5353
	portLLMNR = 5355
)

// dnsLayer makes DNS records of messages.
type dnsLayer struct {
	s     *Stream
	pairs *dns.Pairer
	conn  *dns.Conn // TCP only
	why   hanalyze.Missing
	parse func([]byte) (*dns.Message, error)
}

func openDNS(s *Stream) layer {
	l := &dnsLayer{s: s, parse: dns.Parse}
	protocol := dns.ProtocolDNS
	switch {
	case hasPort(s.flow, portMDNS):
		protocol, l.parse = dns.ProtocolMDNS, dns.ParseMDNS
	case hasPort(s.flow, portLLMNR):
		protocol = dns.ProtocolLLMNR
	}
	l.pairs = dns.NewPairer(protocol, l.record)
	l.pairs.Group = s.flow.Server.Addr().IsMulticast() || s.flow.Client.Addr().IsMulticast()
	if s.flow.Transport == hanalyze.TCP {
		l.pairs.Stream = true
		if s.flow.MidStream {
			l.pairs.Lost(hanalyze.C2S, hanalyze.MissingMidStream)
		}
		l.conn = dns.NewConn(l.event)
	}
	return l
}

func hasPort(f *hanalyze.Flow, port uint16) bool {
	return f.Client.Port() == port || f.Server.Port() == port
}

func (l *dnsLayer) Feed(d hanalyze.Dir, b []byte) int {
	if l.conn != nil {
		return l.conn.Feed(d, b)
	}
	m, _ := l.parse(b)
	m.Missing |= l.why
	l.why = 0
	l.message(d, m)
	return len(b)
}

func (l *dnsLayer) Gap(d hanalyze.Dir, n int64, why hanalyze.Missing) {
	l.why = why
	if l.conn != nil {
		l.pairs.Lost(d, why)
		l.conn.Gap(d, n)
	}
}

func (l *dnsLayer) End(d hanalyze.Dir) {
	if l.conn != nil {
		l.conn.End(d)
	}
}

func (l *dnsLayer) Close(why hanalyze.Missing) {
	l.pairs.Close(l.s.now, why)
	c := &l.s.decoder.counters
	c.add("dns_queries_evicted", l.pairs.Evicted)
	c.add("dns_messages_cut", l.pairs.Limited)
}

func (l *dnsLayer) event(e *dns.Event) {
	switch e.Kind {
	case dns.KindMessage:
		if e.Message.Missing&hanalyze.MissingGap != 0 && l.why != 0 {
			e.Message.Missing = e.Message.Missing&^hanalyze.MissingGap | l.why
		}
		l.message(e.Dir, e.Message)
	case dns.KindDead:
		if e.Reason == "length" {
			l.s.notice("dns.malformed", "A length that is too short for a message: these are no DNS messages")
		}
	}
}

func (l *dnsLayer) message(d hanalyze.Dir, m *dns.Message) {
	if m.Err != nil && m.Missing == 0 {
		l.s.notice("dns.malformed", strings.TrimPrefix(m.Err.Error(), "dns: "))
	}
	l.pairs.Message(d, l.s.now, m)
}

func (l *dnsLayer) record(r *hanalyze.DNS) {
	r.Envelope = l.s.envelope(r.Start, r.Last)
	l.s.emit(r)
}
