package pipeline

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"hanalyze"
	"hanalyze/decode"
	"hanalyze/output"
)

var (
	benchRequest2 = [][2]string{
		{":method", "GET"}, {":scheme", "http"}, {":authority", "www.example.com"}, {":path", "/static/js/app.3f9c1.js?v=17"},
		{"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}, {"accept", "*/*"},
		{"accept-language", "en-US,en;q=0.5"}, {"accept-encoding", "gzip, deflate, br"}, {"referer", "https://www.example.com/"},
		{"cookie", "sid=0123456789abcdef"}, {"cookie", "theme=dark"}, {"cache-control", "no-cache"}, {"pragma", "no-cache"},
	}
	benchAnswer2 = [][2]string{
		{":status", "200"}, {"date", "Thu, 01 Jan 1970 00:00:00 GMT"}, {"server", "nginx"}, {"content-type", "application/javascript"},
		{"content-length", "16"}, {"etag", `"5f3c-10"`}, {"cache-control", "max-age=3600"}, {"vary", "Accept-Encoding"},
		{"x-frame-options", "DENY"}, {"accept-ranges", "bytes"},
	}
)

// side2 writes what one end of an HTTP/2 connection sends.
type side2 struct {
	buf, block bytes.Buffer
	framer     *http2.Framer
	encoder    *hpack.Encoder
}

func newSide2() *side2 {
	s := &side2{}
	s.framer, s.encoder = http2.NewFramer(&s.buf, nil), hpack.NewEncoder(&s.block)
	return s
}

func (s *side2) headers(fields [][2]string, end bool) {
	s.block.Reset()
	for _, f := range fields {
		if err := s.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			panic(err)
		}
	}
	if err := s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: s.block.Bytes(), EndStream: end, EndHeaders: true}); err != nil {
		panic(err)
	}
}

// take returns what was written since the last time.
func (s *side2) take() []byte {
	b := bytes.Clone(s.buf.Bytes())
	s.buf.Reset()
	return b
}

// exchanger2 is exchanger for HTTP/2: a request of thirteen fields and an answer of ten with a body, all fields from the
// dynamic tables.
func exchanger2() (exchange func(), wire int) {
	flow := &hanalyze.Flow{
		ID: 1, Transport: hanalyze.TCP, Orientation: hanalyze.BySYN,
		Client: netip.MustParseAddrPort("10.0.0.1:40000"), Server: netip.MustParseAddrPort("10.0.0.2:80"),
	}
	text, line := output.NewJSON(output.Options{}), make([]byte, 0, 1<<16)
	d := decode.New(decode.Config{Emit: func(r hanalyze.Record) { line = text.Append(line[:0], r) }})
	s := d.Open(flow)
	m := hanalyze.Meta{Packet: 1}
	feed := func(dir hanalyze.Dir, b []byte) {
		m.Packet++
		m.Time = m.Time.Add(time.Millisecond)
		s.Data(dir, m, b)
	}
	client, server := newSide2(), newSide2()
	client.buf.WriteString(http2.ClientPreface)
	_, _ = client.framer.WriteSettings(), server.framer.WriteSettings()
	_, _ = client.framer.WriteSettingsAck(), server.framer.WriteSettingsAck()
	feed(hanalyze.C2S, client.take())
	feed(hanalyze.S2C, server.take())
	answer := func() (request, response []byte, body int) {
		client.headers(benchRequest2, true)
		server.headers(benchAnswer2, false)
		body = server.buf.Len()
		if err := server.framer.WriteData(1, true, []byte("0123456789abcdef")); err != nil {
			panic(err)
		}
		return client.take(), server.take(), body
	}
	stream := uint32(1)
	play := func(request, response []byte, body int) {
		for _, frame := range [...][]byte{request, response, response[body:]} {
			binary.BigEndian.PutUint32(frame[5:], stream)
		}
		stream += 2
		feed(hanalyze.C2S, request)
		feed(hanalyze.S2C, response)
	}
	play(answer())
	request, response, body := answer()
	return func() { play(request, response, body) }, len(request) + len(response)
}

func BenchmarkHTTP2Exchange(b *testing.B) {
	exchange, n := exchanger2()
	b.ReportAllocs()
	b.SetBytes(int64(n))
	for b.Loop() {
		exchange()
	}
}

// What an exchange allocates is its record: that with its messages, the lists of the fields of each head, whose text is that
// of the HPACK tables, the URL, and six for what caches, cookies and negotiation mean, with their lists.
func TestHTTP2ExchangeAllocatesItsRecordOnly(t *testing.T) {
	exchange, _ := exchanger2()
	for range 200 { // until streams are used again
		exchange()
	}
	if n := testing.AllocsPerRun(100, exchange); n > 10 {
		t.Errorf("%v allocations", n)
	}
}
