package decode

import (
	"testing"

	"hanalyze"
)

// BenchmarkExplain is what the meaning of one exchange costs beyond parsing it, with the headers of a browser and a server
// of static files.
func BenchmarkExplain(b *testing.B) {
	x := &record{HTTP: hanalyze.HTTP{Version: "1.1", Method: "GET", Scheme: "http", Authority: "www.example.com", PathQuery: "/style.css",
		URL: "http://www.example.com/style.css", Status: 200, Pairing: "certain", Persistent: true}}
	x.Request = &hanalyze.HTTPMessage{Framing: "none", Headers: []hanalyze.Header{
		{Name: "Host", Value: "www.example.com"}, {Name: "Connection", Value: "keep-alive"},
		{Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"},
		{Name: "Accept", Value: "text/css,*/*;q=0.1"}, {Name: "Referer", Value: "http://www.example.com/"},
		{Name: "Accept-Encoding", Value: "gzip, deflate"}, {Name: "Accept-Language", Value: "en-US,en;q=0.9"},
	}}
	x.Response = &hanalyze.HTTPMessage{Framing: "content_length", ContentType: "text/css", BodyBytes: 1000, Headers: []hanalyze.Header{
		{Name: "Server", Value: "nginx/1.22.1"}, {Name: "Date", Value: "Sun, 22 Nov 2026 06:58:51 GMT"}, {Name: "Content-Type", Value: "text/css"},
		{Name: "Content-Length", Value: "1000"}, {Name: "Last-Modified", Value: "Sat, 21 Nov 2026 06:58:51 GMT"},
		{Name: "Connection", Value: "keep-alive"}, {Name: "ETag", Value: `"65a0b1c2-3e8"`}, {Name: "Accept-Ranges", Value: "bytes"},
	}}
	t := times{begin: [2]hanalyze.Meta{{Packet: 1, Time: 1}, {Packet: 2, Time: 2}}}
	var r meaning
	b.ReportAllocs()
	for b.Loop() {
		var u usage
		c := course{piece: hanalyze.Meta{Packet: 2, Time: 2}}
		c.readHeaders(hanalyze.C2S, x.Request)
		c.readHeaders(hanalyze.S2C, x.Response)
		u.explain(&r, x, &t, &c, true)
	}
	if x.Caching == nil || x.Caching.From != "heuristic" {
		b.Errorf("%+v", x.Caching)
	}
}
