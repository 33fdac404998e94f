package h1

import (
	"bytes"
	"testing"

	"hanalyze"
)

var (
	tenHeaders = []byte("GET /static/js/app.3f9c1.js?v=17 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
		"Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://www.example.com/\r\nConnection: keep-alive\r\n" +
		"Cookie: sid=0123456789abcdef; theme=dark\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\r\n")
	tenAnswer = []byte("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: application/javascript\r\nContent-Length: 16\r\nConnection: keep-alive\r\n" +
		"ETag: \"5f3c-10\"\r\nCache-Control: max-age=3600\r\nVary: Accept-Encoding\r\nX-Frame-Options: DENY\r\nAccept-Ranges: bytes\r\n\r\n0123456789abcdef")
)

func BenchmarkExchange(b *testing.B) {
	c := NewConn(func(*Event) {})
	b.ReportAllocs()
	b.SetBytes(int64(len(tenHeaders) + len(tenAnswer)))
	for b.Loop() {
		c.Feed(hanalyze.C2S, tenHeaders)
		c.Feed(hanalyze.S2C, tenAnswer)
	}
}

func BenchmarkBody(b *testing.B) {
	c := NewConn(func(*Event) {})
	c.Feed(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\n\r\n"))
	segment := bytes.Repeat([]byte("x"), 1460)
	b.ReportAllocs()
	b.SetBytes(int64(len(segment)))
	for b.Loop() {
		c.Feed(hanalyze.S2C, segment)
	}
}

func BenchmarkChunked(b *testing.B) {
	c := NewConn(func(*Event) {})
	c.Feed(hanalyze.S2C, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	segment := bytes.Repeat(append(append([]byte("2c8\r\n"), bytes.Repeat([]byte("x"), 0x2c8)...), '\r', '\n'), 2)
	b.ReportAllocs()
	b.SetBytes(int64(len(segment)))
	for b.Loop() {
		c.Feed(hanalyze.S2C, segment)
	}
}

func BenchmarkHunt(b *testing.B) {
	segment := bytes.Repeat([]byte("HTML is not what He wanted\r\n"), 52)
	b.SetBytes(int64(len(segment)))
	var c *Conn
	for i := 0; b.Loop(); i++ {
		if i%1000 == 0 {
			c = NewConn(func(*Event) {})
			c.Feed(hanalyze.S2C, tenAnswer)
			c.Gap(hanalyze.S2C, -1)
		}
		c.Feed(hanalyze.S2C, segment)
	}
}
