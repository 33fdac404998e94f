package decode

import (
	"fmt"
	"testing"

	"hanalyze"
)

// radiusMessage makes a RADIUS packet with a State and an EAP-TLS message.
func radiusMessage(code, id, eapCode, eapID byte, state, tls string) []byte {
	n := 6 + len(tls)
	eap := append([]byte{eapCode, eapID, byte(n >> 8), byte(n), 13, 0}, tls...)
	b := append([]byte{code, id, 0, 0, eapID}, make([]byte, 15)...)
	b = append(append(b, 24, byte(len(state)+2)), state...)
	b = append(append(b, 79, byte(len(eap)+2)), eap...)
	b[2], b[3] = byte(len(b)>>8), byte(len(b))
	return b
}

// tinyHello is a ClientHello of TLS 1.2 with one cipher suite and nothing else, in a record.
var tinyHello = "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03" + fmt.Sprintf("%032d", 0) + "\x00\x00\x02\xc0\x2f\x01\x00"

// Two conversations share a flow; the hello of one comes in two fragments. Both are told, with what carried them.
func TestRADIUS(t *testing.T) {
	p := newPlayer(t, hanalyze.UDP, 1812)
	p.data(client, radiusMessage(1, 1, 2, 5, "one", tinyHello[:20]))
	p.data(client, radiusMessage(1, 2, 2, 5, "two", tinyHello))
	p.data(server, radiusMessage(11, 1, 1, 6, "one2", ""))
	p.data(client, radiusMessage(1, 3, 2, 6, "one2", tinyHello[20:]))
	p.data(server, []byte{3, 2, 0, 20, 15: 0, 19: 0}) // Access-Reject
	p.close("end_of_capture")
	var paths []string
	for _, r := range p.records {
		h := r.(*hanalyze.TLS)
		paths = append(paths, fmt.Sprint(h.Path, " ", h.Start.Packet, " ", h.ClientHello != nil, " ", h.Missing&hanalyze.MissingEndOfCapture != 0))
	}
	// Both began before the capture: the State of their first packet is unknown, and nobody knows where their first bytes stand.
	if want := "[radius>eap_tls>tls 2 true false radius>eap_tls>tls 1 true true]"; fmt.Sprint(paths) != want {
		t.Errorf("%v", paths)
	}
}

// RADIUS without EAP is known by its name only.
func TestRADIUSPassword(t *testing.T) {
	p := newPlayer(t, hanalyze.UDP, 1812)
	p.data(client, append([]byte{1, 1, 0, 24, 19: 0}, 1, 4, 'm', 'e'))
	p.close("timeout")
	if c := p.decoder.Counters(); p.stream.Path() != "radius" || len(p.records) != 0 || c.Decoded != 0 || c.Opaque != 1 {
		t.Errorf("path %q, %d records, %+v", p.stream.Path(), len(p.records), c)
	}
}

// A conversation more than are followed is counted.
func TestRADIUSLimit(t *testing.T) {
	const followed = 128
	p := newPlayer(t, hanalyze.UDP, 1812)
	for i := range followed + 1 {
		p.data(client, radiusMessage(1, byte(i), 2, 5, fmt.Sprint("state", i), tinyHello))
	}
	if n := len(p.records); n != 1 || p.records[0].Head().Start.Packet != 1 {
		t.Errorf("%d records", n)
	}
	p.close("end_of_capture")
	if n := p.decoder.counters.Limits()["radius_conversations_dropped"]; n != 1 || len(p.records) != followed+1 {
		t.Errorf("%d dropped, %d records", n, len(p.records))
	}
}
