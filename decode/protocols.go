package decode

import (
	"slices"

	"hanalyze"
	"hanalyze/dns"
	"hanalyze/h1"
	"hanalyze/h2"
	"hanalyze/quic"
	"hanalyze/tlsinfo"
)

// protocol is a protocol over TCP, or inside another one.
type protocol struct {
	name  string // in the path
	sniff func(c2s, s2c []byte) verdict
	open  func(s *Stream) layer
	late  bool // also looked for in later segments of a stream nobody could read: the sniffer is sure of itself
}

// streamProtocols are asked in this order; the first that does not say no decides. TLS and HTTP/2 begin with bytes that
// nothing else begins with. HTTP/1 may also be asked by the end that accepted the connection. Then come those that may turn
// to TLS. DNS is last: its length and header could be almost anything.
var streamProtocols = slices.Concat([]protocol{
	{"tls", func(c, s []byte) verdict { return verdict(tlsinfo.Sniff(c, s)) }, openTLS, true},
	{"http2", func(c, s []byte) verdict { return verdict(h2.Sniff(c, s)) }, openHTTP2, true},
	{"http1", func(c, s []byte) verdict { return verdict(h1.Sniff(c, s)) }, openHTTP1, true},
	{"http1", func(c, s []byte) verdict { return verdict(h1.Sniff(s, c)) }, openReversedHTTP1, true},
}, startTLSProtocols(), []protocol{
	{"dns", func(c, s []byte) verdict { return verdict(dns.Sniff(c, s)) }, openDNS, false},
})

// datagramProtocol is a protocol over UDP.
type datagramProtocol struct {
	name  string
	sniff func(f *hanalyze.Flow, b []byte) bool
	open  func(s *Stream) layer
}

// datagramProtocols are asked in this order about each of the first datagrams of a flow until one says yes. It is no variable
// because what is inside RADIUS finds its own decoder again.
func datagramProtocols() [5]datagramProtocol {
	return [...]datagramProtocol{
		{"dtls", func(_ *hanalyze.Flow, b []byte) bool { return verdict(tlsinfo.SniffDatagram(b, nil)) == yes }, openDTLS},
		{"quic", func(_ *hanalyze.Flow, b []byte) bool { return quic.Sniff(b) }, openQUIC},
		{"radius", sniffRADIUS, openRADIUS},
		{"nbns", func(_ *hanalyze.Flow, b []byte) bool { return verdict(dns.SniffNetBIOS(b)) == yes }, openNamed},
		{"dns", sniffDNS, openDNS},
	}
}

// sniffDNS believes a plausible message on any port. On DNS's own ports a message that starts like one is enough, so that
// damaged ones are told as such.
func sniffDNS(f *hanalyze.Flow, b []byte) bool {
	if verdict(dns.SniffDatagram(b)) == yes {
		return true
	}
	const portDNS, headerBytes = 53, 12
	return len(b) >= headerBytes && (hasPort(f, portDNS) || hasPort(f, portMDNS) || hasPort(f, portLLMNR))
}

// openNamed opens a protocol over UDP that is known by its name only.
func openNamed(s *Stream) layer {
	s.decoded = false
	return ignore{}
}
