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

func TestHintsAreBounded(t *testing.T) {
	j := New()
	for i := range maxHints + 10 {
		j.tell(origin{port: uint16(i), name: fmt.Sprint(i)}, hanalyze.QUICLedBy{})
	}
	if len(j.http3.m) != maxHints || j.http3.forgotten != 10 {
		t.Errorf("%d remembered, %d forgotten", len(j.http3.m), j.http3.forgotten)
	}
}
