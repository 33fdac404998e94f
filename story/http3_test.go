package story

import (
	"fmt"
	"testing"

	"hanalyze"
)

func quicTo(name string, packet uint64) *hanalyze.QUIC {
	f := flowAt(0)
	f.Transport = hanalyze.UDP
	return &hanalyze.QUIC{Envelope: hanalyze.Envelope{Flow: f, Start: hanalyze.Meta{Packet: packet}}, TLS: &hanalyze.TLS{SNI: name}}
}

func TestLedToHTTP3(t *testing.T) {
	https := func(data string) *hanalyze.DNS {
		d := answered("Www.Example.com", 0)
		d.Question.Type = "HTTPS"
		d.Answers = []hanalyze.DNSRR{{Type: "HTTPS", Data: data}}
		d.Last.Packet, d.Flow.ID = 4, 2
		return d
	}
	altSvc := func(value string) *hanalyze.HTTP {
		f := flowAt(0)
		f.ID = 3
		return &hanalyze.HTTP{
			Envelope: hanalyze.Envelope{Flow: f, Last: hanalyze.Meta{Packet: 5}}, Authority: "www.example.com",
			Response: &hanalyze.HTTPMessage{Headers: []hanalyze.Header{{Name: "alt-svc", Value: value}}},
		}
	}
	byDNS, byHeader := "&{https_record 4 2}", "&{alt_svc 5 3}"
	for name, c := range map[string]struct {
		told  hanalyze.Record
		quic  *hanalyze.QUIC
		ledBy string
	}{
		"https record":        {https(`1 . alpn="h2,h3" ipv4hint=203.0.113.7`), quicTo("www.example.com", 9), byDNS},
		"draft of HTTP/3":     {https(`1 . alpn="h3-29"`), quicTo("www.example.com", 9), byDNS},
		"its port":            {https(`1 . alpn=h3 port=443`), quicTo("www.example.com", 9), byDNS},
		"another port":        {https(`1 . alpn=h3 port=8443`), quicTo("www.example.com", 9), "<nil>"},
		"HTTP/2 only":         {https(`1 . alpn="h2"`), quicTo("www.example.com", 9), "<nil>"},
		"another name":        {https(`1 . alpn="h3"`), quicTo("example.com", 9), "<nil>"},
		"told too late":       {https(`1 . alpn="h3"`), quicTo("www.example.com", 3), "<nil>"},
		"header":              {altSvc(`h3=":443"; ma=86400, h3-29=":443"`), quicTo("www.example.com", 9), byHeader},
		"header, second":      {altSvc(`h2=":443", h3=":443"`), quicTo("www.example.com", 9), byHeader},
		"header, other host":  {altSvc(`h3="alt.example.net:443"`), quicTo("www.example.com", 9), byHeader},
		"header, cleared":     {altSvc(`clear`), quicTo("www.example.com", 9), "<nil>"},
		"header, no port":     {altSvc(`h3="host"`), quicTo("www.example.com", 9), "<nil>"},
		"header, malformed":   {altSvc(`h3=":99999", =, ;`), quicTo("www.example.com", 9), "<nil>"},
		"a quic without name": {altSvc(`h3=":443"`), quicTo("", 9), "<nil>"},
	} {
		j := New()
		j.Record(c.told)
		j.Record(c.quic)
		if got := fmt.Sprint(c.quic.LedBy); got != c.ledBy {
			t.Errorf("%s: %s, want %s", name, got, c.ledBy)
		}
	}
}

// TestAlternativesTakenBack has headers of one server one after the other, each in the packet of its number.
func TestAlternativesTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		values []string // the n-th is of packet n
		start  uint64
		ledBy  string
	}{
		"told":                       {[]string{`h3=":443"`}, 9, "&{alt_svc 0 3}"},
		"told twice":                 {[]string{`h3=":443"`, `h3=":443"`}, 9, "&{alt_svc 0 3}"},
		"taken back":                 {[]string{`h3=":443"`, ` clear `}, 9, "<nil>"},
		"taken back, told again":     {[]string{`h3=":443"`, `clear`, `h3=":443"`}, 9, "&{alt_svc 2 3}"},
		"taken back too late":        {[]string{`h3=":443"`, `h2=":443"`, `clear`}, 1, "&{alt_svc 0 3}"},
		"taken back before any":      {[]string{`clear`, `h3=":443"`}, 9, "&{alt_svc 1 3}"},
		"taken back again and again": {[]string{`h3=":443"`, `clear`, `clear`}, 9, "<nil>"},
	} {
		j := New()
		for i, value := range c.values {
			f := flowAt(0)
			f.ID = 3
			j.Record(&hanalyze.HTTP{
				Envelope: hanalyze.Envelope{Flow: f, Last: hanalyze.Meta{Packet: uint64(i)}}, Authority: "www.example.com",
				Response: &hanalyze.HTTPMessage{Headers: []hanalyze.Header{{Name: "Alt-Svc", Value: value}}},
			})
		}
		q := quicTo("WWW.example.com", c.start)
		j.Record(q)
		if got := fmt.Sprint(q.LedBy); got != c.ledBy {
			t.Errorf("%s: %s, want %s", name, got, c.ledBy)
		}
	}
}

// TestHTTPSOrigin has the names under which HTTPS records of other ports stand (RFC 9460 §9.1).
func TestHTTPSOrigin(t *testing.T) {
	for name, want := range map[string]string{
		"www.example.com": "www.example.com 443", "_8443._https.www.example.com": "www.example.com 8443",
		"8443._https.www.example.com": "8443._https.www.example.com 443", "_._https.example.com": "_._https.example.com 443",
		"_99999._https.example.com": "_99999._https.example.com 443", "._https.": "._https. 443", "": " 443",
	} {
		if host, port := httpsOrigin(name); fmt.Sprint(host, " ", port) != want {
			t.Errorf("%q: %s %d, want %s", name, host, port, want)
		}
	}
}

func TestHintsAreBounded(t *testing.T) {
	j := New()
	for i := range maxHints + 10 {
		j.tell(origin{port: uint16(i), name: fmt.Sprint(i)}, hanalyze.QUICLedBy{})
	}
	if len(j.http3.m) != maxHints || j.http3.forgotten != 10 {
		t.Errorf("%d remembered, %d forgotten", len(j.http3.m), j.http3.forgotten)
	}
}
