package decode

import (
	"hanalyze"
	"hanalyze/grpc"
)

// grpcBody counts the messages in the body of one direction of a gRPC call.
type grpcBody struct {
	grpc.Reader
	whole bool // nothing of the body is missing, and its sender ended it
}

func (b *grpcBody) Data(p []byte) { b.Feed(p) }

// End takes a message for cut when its peer ended the body, properly or not.
func (b *grpcBody) End(whole bool, why hanalyze.Missing) {
	b.whole = whole
	b.Reader.End(whole || why == 0)
}

// openGRPC returns what reads the body of m, nil when it is not gRPC's.
func openGRPC(m *hanalyze.HTTPMessage) *grpcBody {
	is, web, text := grpc.Media(m.ContentType)
	if !is {
		return nil
	}
	return &grpcBody{Reader: grpc.Reader{Web: web, Base64: text}}
}

// both shows a body to two sinks.
type both struct{ a, b BodySink }

func (s both) Data(b []byte) { s.a.Data(b); s.b.Data(b) }

func (s both) Gap(n int64) { s.a.Gap(n); s.b.Gap(n) }

func (s both) End(whole bool, why hanalyze.Missing) { s.a.End(whole, why); s.b.End(whole, why) }

// describeCall says what x is as a gRPC call, if it is one. Its bodies are over.
func (s *Stream) describeCall(x *hanalyze.HTTP, t *taps) {
	var is, web bool
	for _, m := range [...]*hanalyze.HTTPMessage{x.Request, x.Response} {
		if m != nil {
			i, w, _ := grpc.Media(m.ContentType)
			is, web = is || i, web || w
		}
	}
	if !is {
		return
	}
	g := &hanalyze.GRPC{Web: web}
	g.Service, g.Method, _ = grpc.Split(x.PathQuery)
	if x.Request != nil {
		if d, ok := grpc.Timeout(header(x.Request.Headers, "grpc-timeout")); ok {
			g.Timeout = hanalyze.Known(d)
		}
		countMessages(&g.Request, x.Request, t[hanalyze.C2S].grpc)
	}
	if x.Response != nil {
		countMessages(&g.Response, x.Response, t[hanalyze.S2C].grpc)
		callStatus(g, x.Response, t[hanalyze.S2C].grpc)
	}
	for d := range t {
		if b := t[d].grpc; b != nil && b.Limited {
			x.Missing |= hanalyze.MissingLimit
			s.decoder.counters.add("grpc_trailers", 1)
		}
	}
	asked := t[hanalyze.C2S].grpc
	if s.ending == "timeout" {
		g.Request.Cut, g.Response.Cut = false, false // nobody ended it
	}
	g.Kind = callKind(g, x, asked != nil && asked.whole)
	x.GRPC = g
}

// countMessages fills in the counts of one direction.
func countMessages(c *hanalyze.GRPCMessages, m *hanalyze.HTTPMessage, b *grpcBody) {
	c.Encoding = header(m.Headers, "grpc-encoding")
	if b == nil {
		return
	}
	c.Messages, c.Bytes, c.Sizes, c.Compressed = b.Messages, b.Bytes, b.Sizes, b.Compressed
	c.LostBytes, c.Cut, c.Unread, c.Malformed = uint64(b.Lost), b.Cut, b.Unread, b.Odd
}

// callStatus finds the status: in trailers, in gRPC-Web's last frame, or in the head when there is nothing else.
func callStatus(g *hanalyze.GRPC, m *hanalyze.HTTPMessage, b *grpcBody) {
	fields := m.Trailers
	if b != nil && b.Trailers != nil {
		fields = b.Trailers
	}
	status := header(fields, "grpc-status")
	if status == "" {
		fields = m.Headers
		status = header(fields, "grpc-status")
		g.TrailersOnly = status != ""
	}
	if code, ok := grpc.ParseStatus(status); ok {
		g.Status, g.StatusName = &code, grpc.StatusName(code)
	}
	g.Message = grpc.Message(header(fields, "grpc-message"))
}

// callKind says how many messages went each way. Where some may be missing, or the call was given up, only more than one
// is certain; asked says that all of the request was seen.
func callKind(g *hanalyze.GRPC, x *hanalyze.HTTP, asked bool) string {
	many, answers := g.Request.Messages > 1, g.Response.Messages > 1
	switch {
	case many && answers:
		return "bidi"
	case answers && asked:
		return "server_stream"
	case x.Missing != 0 || g.Request.Malformed || g.Response.Malformed || g.Status == nil:
		return ""
	case many:
		return "client_stream"
	}
	return "unary"
}
