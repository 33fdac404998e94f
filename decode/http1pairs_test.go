package decode

import (
	"testing"

	"hanalyze"
)

// Answers that may be to a request which still waits do not pile up, however many there are.
func TestAnswersWithoutRequestsAreToldAtOnce(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 80)
	const get, ok = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	p.data(hanalyze.C2S, []byte(get))
	p.stream.Gap(hanalyze.C2S, hanalyze.Meta{Packet: 1}, 200, hanalyze.MissingGap)
	p.data(hanalyze.C2S, []byte(get))
	for range 1000 {
		p.data(hanalyze.S2C, []byte(ok))
	}
	if n := len(p.stream.layer.(*http1).open); n > 5 {
		t.Errorf("%d exchanges are open", n)
	}
	p.close("timeout")
	if n := len(p.records); n < 1000 {
		t.Errorf("%d records", n)
	}
}
