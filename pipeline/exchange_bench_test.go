package pipeline

import (
	"net/netip"
	"testing"
	"time"

	"hanalyze"
	"hanalyze/decode"
	"hanalyze/output"
)

var (
	benchRequest = []byte("GET /static/js/app.3f9c1.js?v=17 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
		"Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://www.example.com/\r\nConnection: keep-alive\r\n" +
		"Cookie: sid=0123456789abcdef; theme=dark\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\r\n")
	benchAnswer = []byte("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: application/javascript\r\nContent-Length: 16\r\nConnection: keep-alive\r\n" +
		"ETag: \"5f3c-10\"\r\nCache-Control: max-age=3600\r\nVary: Accept-Encoding\r\nX-Frame-Options: DENY\r\nAccept-Ranges: bytes\r\n\r\n0123456789abcdef")
)

// exchanger returns what plays one exchange of ten headers each way, from the bytes of its two segments to a line of NDJSON.
func exchanger() func() {
	flow := &hanalyze.Flow{
		ID: 1, Transport: hanalyze.TCP, Orientation: hanalyze.BySYN,
		Client: netip.MustParseAddrPort("10.0.0.1:40000"), Server: netip.MustParseAddrPort("10.0.0.2:80"),
	}
	text, line := output.NewJSON(output.Options{}), make([]byte, 0, 1<<16)
	d := decode.New(decode.Config{Emit: func(r hanalyze.Record) { line = text.Append(line[:0], r) }, Reuse: true})
	s, told := d.Open(flow), decode.Told{}
	m := hanalyze.Meta{Packet: 1}
	return func() {
		m.Packet++
		m.Time = m.Time.Add(time.Millisecond)
		s.Data(hanalyze.C2S, m, benchRequest)
		m.Packet++
		m.Time = m.Time.Add(time.Millisecond)
		s.Data(hanalyze.S2C, m, benchAnswer)
		d.Told(&told)
		d.Reuse(&told) // it is rendered, as after a job
	}
}

func BenchmarkHTTP1Exchange(b *testing.B) {
	exchange := exchanger()
	b.ReportAllocs()
	b.SetBytes(int64(len(benchRequest) + len(benchAnswer)))
	for b.Loop() {
		exchange()
	}
}

// An exchange takes memory for the text of its heads and its URL only, which is taken for several at a time: that of its
// record is used again.
func TestHTTP1ExchangeAllocatesLittle(t *testing.T) {
	exchange := exchanger()
	exchange()
	if n := testing.AllocsPerRun(100, exchange); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
