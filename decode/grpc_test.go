package decode

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// grpcCall plays one call over HTTP/2 and returns what is told of it.
func grpcCall(t *testing.T, ending string, play func(c, s *h2Writer, p *player)) *hanalyze.GRPC {
	t.Helper()
	p := newPlayer(t, hanalyze.TCP, 443)
	c, s := newH2Writer(t), newH2Writer(t)
	c.buf.WriteString(xhttp2.ClientPreface)
	c.check(c.fr.WriteSettings())
	s.check(s.fr.WriteSettings())
	c.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "h2.example", ":path", "/a.B/C",
		"content-type", "application/grpc", "te", "trailers", "grpc-timeout", "2S")
	p.data(hanalyze.C2S, c.take())
	p.data(hanalyze.S2C, s.take())
	play(c, s, p)
	p.close(ending)
	for _, r := range p.records {
		if h, ok := r.(*hanalyze.HTTP); ok && h.StreamID == 1 {
			if d, _ := h.GRPC.Timeout.Get(); d != 2*time.Second {
				t.Errorf("the timeout is %v", d)
			}
			h.GRPC.Timeout = hanalyze.Span{}
			return h.GRPC
		}
	}
	t.Fatal("no exchange")
	return nil
}

func TestGRPC(t *testing.T) {
	message := func(w *h2Writer, end bool, n int) {
		w.check(w.fr.WriteData(1, end, append([]byte{0, 0, 0, 0, byte(n)}, bytes.Repeat([]byte{'m'}, n)...)))
	}
	ok, notFound, unavailable := uint32(0), uint32(5), uint32(14)
	head := []string{":status", "200", "content-type", "application/grpc", "grpc-encoding", "identity"}
	one := hanalyze.GRPCMessages{Messages: 1, Bytes: 3, Sizes: []uint32{3}}
	for name, tt := range map[string]struct {
		ending string
		play   func(c, s *h2Writer, p *player)
		want   hanalyze.GRPC
	}{
		"unary": {"fin", func(c, s *h2Writer, p *player) {
			message(c, true, 3)
			p.data(hanalyze.C2S, c.take())
			s.headers(1, false, head...)
			message(s, false, 2)
			s.headers(1, true, "grpc-status", "0", "grpc-message", "fine%21")
			p.data(hanalyze.S2C, s.take())
		}, hanalyze.GRPC{Kind: "unary", Status: &ok, StatusName: "OK", Message: "fine!", Request: one,
			Response: hanalyze.GRPCMessages{Messages: 1, Bytes: 2, Sizes: []uint32{2}, Encoding: "identity"}}},
		"trailers only": {"fin", func(c, s *h2Writer, p *player) {
			message(c, true, 3)
			p.data(hanalyze.C2S, c.take())
			s.headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "5")
			p.data(hanalyze.S2C, s.take())
		}, hanalyze.GRPC{Kind: "unary", Status: &notFound, StatusName: "NOT_FOUND", TrailersOnly: true, Request: one}},
		"no answer": {"end_of_capture", func(c, _ *h2Writer, p *player) {
			message(c, false, 3)
			p.data(hanalyze.C2S, c.take())
		}, hanalyze.GRPC{Request: one}},
		"both ways": {"fin", func(c, s *h2Writer, p *player) {
			message(c, false, 3)
			message(c, false, 3)
			p.data(hanalyze.C2S, c.take())
			s.headers(1, false, head...)
			message(s, false, 2)
			message(s, false, 2)
			s.headers(1, true, "grpc-status", "14")
			p.data(hanalyze.S2C, s.take())
		}, hanalyze.GRPC{Kind: "bidi", Status: &unavailable, StatusName: "UNAVAILABLE",
			Request:  hanalyze.GRPCMessages{Messages: 2, Bytes: 6, Sizes: []uint32{3, 3}},
			Response: hanalyze.GRPCMessages{Messages: 2, Bytes: 4, Sizes: []uint32{2, 2}, Encoding: "identity"}}},
		"cut": {"reset", func(c, _ *h2Writer, p *player) {
			c.check(c.fr.WriteData(1, true, []byte{0, 0, 0, 0, 9, 'm'}))
			p.data(hanalyze.C2S, c.take())
		}, hanalyze.GRPC{Request: hanalyze.GRPCMessages{Messages: 1, Sizes: []uint32{9}, Cut: true}}},
		"idle": {"timeout", func(c, _ *h2Writer, p *player) {
			c.check(c.fr.WriteData(1, false, []byte{0, 0, 0, 0, 9, 'm'}))
			p.data(hanalyze.C2S, c.take())
		}, hanalyze.GRPC{Request: hanalyze.GRPCMessages{Messages: 1, Sizes: []uint32{9}}}},
		"no gRPC": {"fin", func(c, s *h2Writer, p *player) {
			message(c, true, 3)
			p.data(hanalyze.C2S, c.take())
			s.headers(1, false, head...)
			s.check(s.fr.WriteData(1, true, []byte("<html>")))
			p.data(hanalyze.S2C, s.take())
		}, hanalyze.GRPC{Request: one, Response: hanalyze.GRPCMessages{Encoding: "identity", Malformed: true}}},
	} {
		tt.want.Service, tt.want.Method = "a.B", "C"
		if d := cmp.Diff(&tt.want, grpcCall(t, tt.ending, tt.play), cmp.AllowUnexported(hanalyze.Span{})); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}
