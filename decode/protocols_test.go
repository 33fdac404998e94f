package decode

import (
	"crypto/tls"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
	"hanalyze/internal/convo"
)

func c2s(b string) convo.Step { return convo.Step{Dir: hanalyze.C2S, Data: []byte(b)} }
func s2c(b string) convo.Step { return convo.Step{Dir: hanalyze.S2C, Data: []byte(b)} }

const ( // CONNECT and what opens the tunnel
	connect   = "CONNECT tls.example:443 HTTP/1.1\r\nHost: tls.example:443\r\n\r\n"
	connected = "HTTP/1.1 200 OK\r\n\r\n"
)

// told is what the record lines begin with, one a line and without what lies indented below them.
func told(records []hanalyze.Record) (lines []string) {
	for line := range strings.Lines(text(records, false)) {
		if !strings.HasPrefix(line, "\t") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func checkTold(t *testing.T, records []hanalyze.Record, want ...string) {
	t.Helper()
	if d := diff(strings.Join(want, "\n"), strings.Join(told(records), "\n")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestProtocols plays bytes that other libraries made, whole and cut.
func TestProtocols(t *testing.T) {
	tls12, tls13 := recordTLS(t, tls.VersionTLS12), recordTLS(t, tls.VersionTLS13)
	for _, c := range []struct {
		name  string
		steps []convo.Step
		path  string
		want  []string
	}{
		{"TLS 1.2", tls12, "tls", []string{"tls tls version=1.2 sni=tls.example alpn=http/1.1 established complete"}},
		{"TLS 1.3", tls13, "tls", []string{"tls tls version=1.3 sni=tls.example established complete"}},
		{"TLS inside of CONNECT", append([]convo.Step{c2s(connect), s2c(connected)}, tls13...), "http1>tls", []string{
			"http http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete",
			"tls http1>tls version=1.3 sni=tls.example established complete",
		}},
		{"TLS hello sent ahead of the answer to CONNECT", append([]convo.Step{c2s(connect + string(tls12[0].Data)), s2c(connected)}, tls12[1:]...), "http1>tls", []string{
			"http http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete",
			"tls http1>tls version=1.2 sni=tls.example alpn=http/1.1 established complete",
		}},
		{"CONNECT inside of CONNECT", append([]convo.Step{c2s(connect), s2c(connected), c2s(connect), s2c(connected)}, tls13...), "http1>http1>tls", []string{
			"http http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete",
			"http http1>http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete",
			"tls http1>http1>tls version=1.3 sni=tls.example established complete",
		}},
		{"HTTP/2 by its preface", http2Steps(t), "http2", []string{
			"http http2 HTTP/2 #2 GET /b -> 404 certain complete",
			"http http2 HTTP/2 #1 POST /a -> 200 certain complete",
			"http http2 HTTP/2 #3 GET /c complete",
		}},
		{"h2c by Upgrade", h2cSteps(t), "http1>http2", []string{
			"http http1 HTTP/1.1 #1 GET /up -> 101 Switching Protocols certain complete",
			"http http1>http2 HTTP/2 #1 GET /up -> 200 certain complete",
			"http http1>http2 HTTP/2 #2 GET /next -> 200 certain complete",
		}},
		{"DNS over TCP", []convo.Step{
			c2s(string(framed(dnsQuery(t, 1, "a.example."), dnsQuery(t, 2, "b.example.")))),
			s2c(string(framed(dnsAnswer(t, 2, "b.example.", dnsmessage.RCodeNameError), dnsAnswer(t, 1, "a.example.", 0, [4]byte{192, 0, 2, 1})))),
		}, "dns", []string{
			"dns dns dns id=2 b.example A answered NXDOMAIN queries=1 responses=1 complete",
			"dns dns dns id=1 a.example A answered NOERROR 192.0.2.1 queries=1 responses=1 complete",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, cut := range []func(int) bool{
				nil,
				func(int) bool { return true },
				func(i int) bool { return i*2654435761>>7%5 == 0 },
				func(i int) bool { return i%100 == 99 },
			} {
				p := newPlayer(t, hanalyze.TCP, 443)
				p.steps(c.steps, cut)
				p.end(hanalyze.C2S)
				p.end(hanalyze.S2C)
				p.close("fin")
				checkTold(t, p.records, c.want...)
				if p.stream.Path() != c.path {
					t.Errorf("path %q, want %q", p.stream.Path(), c.path)
				}
				if n := p.decoder.Counters(); n.Decoded != 1 || n.Opaque != 0 {
					t.Errorf("%d decoded and %d opaque streams", n.Decoded, n.Opaque)
				}
			}
		})
	}
}

func http2Steps(t testing.TB) []convo.Step {
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingMaxConcurrentStreams, Val: 100}))
	c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "h2.example", ":path", "/a", "content-length", "10")
	steps := []convo.Step{c2s(string(c.take())), s2c(string(s.take()))}
	c.get(3, "/b")
	c.data(1, true, 10)
	s.headers(3, false, ":status", "404", "content-type", "text/plain")
	s.data(3, true, 30)
	s.headers(1, false, ":status", "200")
	s.data(1, false, 1000)
	s.headers(1, true, "grpc-status", "0")
	steps = append(steps, c2s(string(c.take())), s2c(string(s.take())))
	c.get(5, "/c")
	c.check(c.fr.WriteRSTStream(5, xhttp2.ErrCodeCancel))
	return append(steps, c2s(string(c.take())))
}

func h2cSteps(t testing.TB) []convo.Step {
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings())
	s.headers(1, false, ":status", "200")
	s.data(1, true, 5)
	steps := []convo.Step{
		c2s("GET /up HTTP/1.1\r\nHost: h2c.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
		s2c("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + string(s.take())),
	}
	c.get(3, "/next")
	s.headers(3, true, ":status", "200")
	return append(steps, c2s(string(c.take())), s2c(string(s.take())))
}

// The two records of an h2c upgrade name each other, and a cancelled stream tells who cancelled it.
func TestHTTP2Details(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 80)
	p.steps(h2cSteps(t), nil)
	p.close("end_of_capture")
	first, second := p.records[0].(*hanalyze.HTTP), p.records[1].(*hanalyze.HTTP)
	if first.Upgrade != "h2c" || !second.Upgraded || second.StreamID != 1 || second.URL != "http://h2c.example/up" || second.Response.BodyBytes != 5 {
		t.Errorf("%+v\n%+v", first, second)
	}

	p = newPlayer(t, hanalyze.TCP, 80)
	p.steps(http2Steps(t), nil)
	p.close("fin")
	last := p.records[2].(*hanalyze.HTTP)
	if last.Reset == nil || last.Reset.By != "client" || last.Reset.ErrorCode != "CANCEL" {
		t.Errorf("reset %+v", last.Reset)
	}
	post := p.records[1].(*hanalyze.HTTP)
	if post.Request.BodyBytes != 10 || *post.Request.DeclaredBytes != 10 || post.Response.BodyBytes != 1000 || len(post.Response.Trailers) != 1 {
		t.Errorf("%+v %+v", post.Request, post.Response)
	}
	if p.records[0].(*hanalyze.HTTP).Response.ContentType != "text/plain" {
		t.Error("no content type")
	}
}

// The request and the final answer are lost: the interim answer alone says where the exchange was.
func TestHTTP2InterimOnly(t *testing.T) {
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings())
	s.headers(1, false, ":status", "103")
	p := newPlayer(t, hanalyze.TCP, 80)
	p.steps([]convo.Step{c2s(string(c.take())), {Dir: hanalyze.C2S, Gap: 50}, s2c(string(s.take()))}, nil)
	p.close("end_of_capture")
	x, ok := p.records[0].(*hanalyze.HTTP)
	if !ok || x.Version != "2" || x.Start.Packet != 3 || x.Last.Packet != 3 || len(x.Response.Interim) != 1 {
		t.Errorf("%+v", p.records)
	}
}

func TestHTTP2FramesOnDemand(t *testing.T) {
	for _, on := range []bool{false, true} {
		p := newPlayer(t, hanalyze.TCP, 80)
		p.decoder = New(Config{Emit: p.emit, Frames: on})
		p.stream = p.decoder.Open(p.flow)
		p.steps(http2Steps(t), nil)
		p.close("fin")
		n := 0
		for _, r := range p.records {
			if _, ok := r.(*hanalyze.HTTP2Frame); ok {
				n++
			}
		}
		if want := map[bool]int{true: 12}[on]; n != want {
			t.Errorf("%d frames, want %d", n, want)
		}
	}
}

func TestDatagrams(t *testing.T) {
	query, answer := dnsQuery(t, 7, "u.example."), dnsAnswer(t, 7, "u.example.", 0, [4]byte{192, 0, 2, 7})
	t.Run("DNS with a repeated question", func(t *testing.T) {
		p := newPlayer(t, hanalyze.UDP, 53)
		p.data(hanalyze.C2S, query)
		p.data(hanalyze.C2S, query)
		p.data(hanalyze.S2C, answer)
		p.close("timeout")
		checkTold(t, p.records, "dns dns dns id=7 u.example A answered NOERROR 192.0.2.7 queries=2 responses=1 complete")
		if rtt, _ := p.records[0].(*hanalyze.DNS).RTT.Get(); rtt != 1e6 {
			t.Errorf("rtt %v", rtt)
		}
	})
	t.Run("unanswered", func(t *testing.T) {
		for why, want := range map[string]string{"timeout": "complete", "end_of_capture": "missing=end_of_capture", "evicted": "missing=limit"} {
			p := newPlayer(t, hanalyze.UDP, 5300)
			p.data(hanalyze.C2S, query)
			p.close(why)
			checkTold(t, p.records, "dns dns dns id=7 u.example A unanswered queries=1 responses=0 "+want)
		}
	})
	t.Run("cut by the snaplen", func(t *testing.T) {
		p := newPlayer(t, hanalyze.UDP, 53)
		p.data(hanalyze.C2S, query)
		p.gap(hanalyze.S2C, 10, hanalyze.MissingSnaplen)
		p.data(hanalyze.S2C, answer[:len(answer)-10])
		p.close("timeout")
		for _, r := range p.records {
			if d, ok := r.(*hanalyze.DNS); ok && d.Messages.Responses > 0 && d.Missing != hanalyze.MissingSnaplen {
				t.Errorf("missing %v", d.Missing)
			}
		}
	})
	t.Run("damaged, on the port of DNS", func(t *testing.T) {
		p := newPlayer(t, hanalyze.UDP, 53)
		p.data(hanalyze.C2S, append(query[:12:12], 0xff, 0xff, 0xff))
		p.close("timeout")
		if lines := strings.Join(told(p.records), "\n"); !strings.HasPrefix(lines, "notice dns.malformed") {
			t.Error(lines)
		}
	})
	t.Run("multicast relatives by port", func(t *testing.T) {
		for port, protocol := range map[uint16]string{5353: "mdns", 5355: "llmnr"} {
			p := newPlayer(t, hanalyze.UDP, port)
			p.data(hanalyze.C2S, query)
			p.close("timeout")
			if r := p.records[0].(*hanalyze.DNS); r.Protocol != protocol {
				t.Errorf("port %d is %s", port, r.Protocol)
			}
		}
	})
	t.Run("nothing known", func(t *testing.T) {
		p := newPlayer(t, hanalyze.UDP, 9)
		p.data(hanalyze.C2S, []byte("discard"))
		p.data(hanalyze.C2S, nil)
		p.close("timeout")
		if n := p.decoder.Counters(); len(p.records) != 0 || n.Opaque != 1 || p.stream.Path() != "" {
			t.Errorf("%v, %d opaque", told(p.records), n.Opaque)
		}
	})
}

// NetBIOS's name service is named, but nobody reads it.
func TestNamedDatagrams(t *testing.T) {
	p := newPlayer(t, hanalyze.UDP, 137)
	p.data(hanalyze.C2S, []byte("\x12\x34\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x20\x00\x01"))
	p.close("timeout")
	if c := p.decoder.Counters(); p.stream.Path() != "nbns" || len(p.records) != 0 || c.Decoded != 0 || c.Opaque != 1 {
		t.Errorf("path %q, %d records, %+v", p.stream.Path(), len(p.records), c)
	}
}
