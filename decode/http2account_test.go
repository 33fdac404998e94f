package decode

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	xhttp2 "golang.org/x/net/http2"

	"hanalyze"
)

// h2Play is an HTTP/2 connection of which each call is a packet, a millisecond after the last one.
type h2Play struct {
	*player
	c, s *h2Writer
}

func newH2Play(t *testing.T) *h2Play {
	return &h2Play{newPlayer(t, hanalyze.TCP, 80), newH2Writer(t), newH2Writer(t)}
}

// open sends what a connection begins with; settings are the two ends' own.
func (p *h2Play) open(client, server []xhttp2.Setting) {
	p.c.buf.WriteString(xhttp2.ClientPreface)
	p.c.check(p.c.fr.WriteSettings(client...))
	p.client()
	p.s.check(p.s.fr.WriteSettings(server...))
	p.s.check(p.s.fr.WriteSettingsAck())
	p.server()
	p.c.check(p.c.fr.WriteSettingsAck())
	p.client()
}

func (p *h2Play) client() { p.data(hanalyze.C2S, p.c.take()) }
func (p *h2Play) server() { p.data(hanalyze.S2C, p.s.take()) }

// account closes the connection and returns its account.
func (p *h2Play) account() *hanalyze.HTTP2Conn {
	p.close("fin")
	var r hanalyze.Conn
	p.stream.Complete(&r)
	if r.HTTP2 == nil {
		p.t.Fatal("no account")
	}
	return r.HTTP2
}

func (p *h2Play) exchanges() (list []*hanalyze.HTTP) {
	for _, r := range p.records {
		if x, ok := r.(*hanalyze.HTTP); ok {
			list = append(list, x)
		}
	}
	return list
}

func spanMS(n float64) hanalyze.Span {
	return hanalyze.Known(time.Duration(n * float64(time.Millisecond)))
}

var spans = cmp.AllowUnexported(hanalyze.Span{})

// A response larger than the client's windows waits for WINDOW_UPDATE: once for the window of its stream, once for that of
// the connection.
func TestFlowStalls(t *testing.T) {
	p := newH2Play(t)
	p.open([]xhttp2.Setting{{ID: xhttp2.SettingInitialWindowSize, Val: 40_000}}, nil) // packets 1 to 3
	p.c.get(1, "/a")
	p.c.get(3, "/b")
	p.client() // 4
	p.s.headers(1, false, ":status", "200")
	p.s.headers(3, false, ":status", "200")
	p.s.data(1, false, 40_000)
	p.server() // 5: the window of stream 1 is used up
	p.c.check(p.c.fr.WriteWindowUpdate(1, 20_000))
	p.client() // 6: and open again
	p.s.data(1, true, 1_000)
	p.s.data(3, false, 24_535)
	p.server() // 7: the window of the connection is used up
	p.c.check(p.c.fr.WriteWindowUpdate(3, 20_000))
	p.client() // 8: not this one
	p.c.check(p.c.fr.WriteWindowUpdate(0, 20_000))
	p.client() // 9
	p.s.data(3, true, 10_000)
	p.server() // 10
	want := &hanalyze.HTTP2Stalls{Streams: 1, Connection: 1, Total: spanMS(3), Max: spanMS(2), Frames: []uint64{6, 9}}
	got := p.account()
	if d := cmp.Diff(want, got.Server.FlowStalls, spans); d != "" || got.Client.FlowStalls != nil {
		t.Errorf("client %v, server:\n%s", got.Client.FlowStalls, d)
	}
}

// Windows that are used up are no stall where nothing more was to be sent, and after a loss nobody knows.
func TestNoFlowStalls(t *testing.T) {
	for _, lossy := range []bool{false, true} {
		p := newH2Play(t)
		p.open(nil, nil)
		p.c.get(1, "/a")
		p.client()
		p.s.headers(1, false, ":status", "200")
		p.s.data(1, !lossy, 65_535)
		p.server()
		if lossy {
			p.gap(hanalyze.C2S, 100, hanalyze.MissingGap)
		}
		p.c.check(p.c.fr.WriteWindowUpdate(0, 65_535))
		p.c.check(p.c.fr.WriteWindowUpdate(1, 65_535))
		p.c.get(3, "/b")
		p.client()
		if lossy {
			p.s.data(1, true, 1_000)
		}
		p.s.headers(3, false, ":status", "200")
		p.s.data(3, true, 1_000)
		p.server()
		if got := p.account().Server.FlowStalls; got != nil {
			t.Errorf("lossy %v: %+v", lossy, got)
		}
	}
}

// A larger initial window opens the streams once the sender acknowledges it, not before.
func TestInitialWindowRaised(t *testing.T) {
	p := newH2Play(t)
	p.open([]xhttp2.Setting{{ID: xhttp2.SettingInitialWindowSize, Val: 1_000}}, nil) // 1 to 3
	p.c.get(1, "/a")
	p.client() // 4
	p.s.headers(1, false, ":status", "200")
	p.s.data(1, false, 1_000)
	p.server() // 5
	p.c.check(p.c.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 5_000}))
	p.client() // 6
	p.s.check(p.s.fr.WriteSettingsAck())
	p.s.data(1, true, 1_000)
	p.server() // 7
	want := &hanalyze.HTTP2Stalls{Streams: 1, Total: spanMS(2), Max: spanMS(2), Frames: []uint64{7}}
	if d := cmp.Diff(want, p.account().Server.FlowStalls, spans); d != "" {
		t.Error(d)
	}
}

func TestConnectionAccount(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, []xhttp2.Setting{{ID: xhttp2.SettingMaxConcurrentStreams, Val: 2}}) // 1 to 3
	p.c.check(p.c.fr.WritePing(false, [8]byte{1}))
	p.c.get(1, "/a")
	p.client() // 4
	p.s.check(p.s.fr.WritePing(true, [8]byte{1}))
	p.server() // 5
	p.c.get(3, "/b")
	p.client() // 6: at the limit
	p.s.headers(1, true, ":status", "204")
	p.server() // 7: below it
	p.c.get(5, "/c")
	p.client() // 8: at it again
	p.s.headers(3, true, ":status", "204")
	p.s.check(p.s.fr.WriteGoAway(3, xhttp2.ErrCodeNo, []byte("maintenance\x1b")))
	p.server() // 9
	limit := uint32(2)
	want := &hanalyze.HTTP2Conn{
		Streams: 3, PeakConcurrent: 2, StreamLimit: &limit, AtLimit: spanMS(2),
		Client: hanalyze.HTTP2Side{Frames: map[string]uint64{"SETTINGS": 2, "PING": 1, "HEADERS": 3}, PingRTT: spanMS(1)},
		Server: hanalyze.HTTP2Side{
			Frames:   map[string]uint64{"SETTINGS": 2, "PING": 1, "HEADERS": 2, "GOAWAY": 1},
			Settings: []hanalyze.HTTP2Setting{{Name: "MAX_CONCURRENT_STREAMS", Value: 2}}, SettingsAcked: true,
			GoAway: &hanalyze.HTTP2GoAway{Frame: 9, ErrorCode: "NO_ERROR", LastStreamID: 3, DebugData: `maintenance\x1b`},
		},
	}
	got := p.account()
	if d := cmp.Diff(want, got, spans, cmpopts.IgnoreFields(hanalyze.HTTP2Side{}, "HPACK", "SettingsAcked")); d != "" {
		t.Error(d)
	}
	if h := got.Client.HPACK; h == nil || h.Fields != 15 || h.FromTable != 4 || h.Bytes == 0 || h.DecodedBytes <= h.Bytes || h.TableLimit != 4096 {
		t.Errorf("HPACK %+v", h)
	}
	x := p.exchanges()[2]
	reset := &hanalyze.HTTPReset{By: "server", ErrorCode: "NO_ERROR", GoAway: true}
	if d := cmp.Diff(reset, x.Reset); x.PathQuery != "/c" || !x.RetrySafe || x.Missing != 0 || d != "" || x.Last.Packet != 9 {
		t.Errorf("%s: retry_safe %v, missing %v, last packet %d\n%s", x.PathQuery, x.RetrySafe, x.Missing, x.Last.Packet, d)
	}
}

// What a server refuses it has not processed; what it processed in part nobody can tell.
func TestRetrySafe(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	for i := range uint32(3) {
		p.c.get(2*i+1, "/")
	}
	p.client()
	p.s.check(p.s.fr.WriteRSTStream(1, xhttp2.ErrCodeRefusedStream))
	p.s.check(p.s.fr.WriteRSTStream(3, xhttp2.ErrCodeInternal))
	p.s.headers(5, false, ":status", "200")
	p.s.check(p.s.fr.WriteGoAway(3, xhttp2.ErrCodeInternal, nil)) // although it has answered stream 5
	p.server()
	p.account()
	for i, want := range []bool{true, false, false} {
		if x := p.exchanges()[i]; x.RetrySafe != want || x.StreamID == 5 && x.Reset != nil {
			t.Errorf("stream %d: %v, %+v", x.StreamID, x.RetrySafe, x.Reset)
		}
	}
}

// What a server sends before it learns that a stream was cancelled makes no second exchange.
func TestAnswerAfterReset(t *testing.T) {
	p := newH2Play(t)
	p.open(nil, nil)
	p.c.get(1, "/")
	p.c.check(p.c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	p.client()
	p.s.headers(1, false, ":status", "200")
	p.s.data(1, true, 10)
	p.server()
	p.account()
	if n := len(p.exchanges()); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}
