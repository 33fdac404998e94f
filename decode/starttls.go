package decode

import (
	"fmt"

	"hanalyze"
	"hanalyze/starttls"
)

// starttlsLayer follows a dialogue that may turn to TLS. It tells no records: the path does, and notices.
type starttlsLayer struct {
	s       *Stream
	name    string
	conn    *starttls.Conn
	offered bool
}

// startTLSProtocols are the protocols of package starttls.
func startTLSProtocols() []protocol {
	all := make([]protocol, len(starttls.Protocols))
	for i := range starttls.Protocols {
		p := &starttls.Protocols[i]
		all[i] = protocol{
			name:  p.Name,
			sniff: func(c, s []byte) verdict { return verdict(p.Sniff(c, s)) },
			open: func(s *Stream) layer {
				l := &starttlsLayer{s: s, name: p.Name}
				l.conn = starttls.NewConn(p, l.event)
				return l
			},
		}
	}
	return all
}

// Feed takes what is of the dialogue; what follows is TLS, which the Stream finds by itself.
func (l *starttlsLayer) Feed(d hanalyze.Dir, b []byte) int {
	n := l.conn.Feed(d, b)
	if l.conn.Switched() {
		l.s.switchTo(nil, "")
	}
	return n
}

func (l *starttlsLayer) Gap(d hanalyze.Dir, n int64, _ hanalyze.Missing) { l.conn.Gap(d, n) }
func (l *starttlsLayer) End(d hanalyze.Dir)                              { l.conn.End(d) }
func (l *starttlsLayer) Close(hanalyze.Missing)                          {}

func (l *starttlsLayer) event(e starttls.Event) {
	switch e.Kind {
	case starttls.Offered:
		l.offered = true
	case starttls.Asked:
	case starttls.Stripped:
		l.s.notice("starttls.stripped", fmt.Sprintf("Somebody overwrote a capability of the %s server: it reads %s", l.name, e.Detail))
	case starttls.Refused:
		l.s.notice("starttls.refused", fmt.Sprintf("The %s server refused to turn to TLS, and the client went on in the clear", l.name))
	case starttls.Login:
		l.login(e.Detail)
	}
}

func (l *starttlsLayer) login(command string) {
	if l.offered {
		l.s.notice("starttls.not_used", fmt.Sprintf("The client logged in over %s in the clear (%s) although the server offers TLS", l.name, command))
		return
	}
	l.s.notice("starttls.clear_login", fmt.Sprintf("The client logged in over %s in the clear (%s)", l.name, command))
}
