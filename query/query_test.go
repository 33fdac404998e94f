package query

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/builtin"

	"hanalyze"
)

// exchange returns a record with something in most of its fields.
func exchange() *hanalyze.HTTP {
	return &hanalyze.HTTP{
		Envelope: hanalyze.Envelope{
			Flow: &hanalyze.Flow{
				ID: 3, Transport: hanalyze.TCP, CommunityID: "1:x", ServerName: "www.example.test", ServerNameSource: "dns",
				Client: netip.MustParseAddrPort("10.0.0.5:51514"), Server: netip.MustParseAddrPort("203.0.113.7:443"),
			},
			Start: hanalyze.Meta{Packet: 5, Time: 1_700_000_000_000_000_000}, Last: hanalyze.Meta{Packet: 9}, Path: "tls>http2",
		},
		Version: "1.1", Method: "GET", URL: "https://www.example.test/a?b=1", Status: 503,
		Request:    &hanalyze.HTTPMessage{Headers: []hanalyze.Header{{Name: "Host", Value: "www.example.test"}, {Name: "User-Agent", Value: "x"}}},
		Response:   &hanalyze.HTTPMessage{BodyBytes: 12, ContentEncoding: []string{"gzip"}},
		Persistent: true, Timing: hanalyze.HTTPTiming{Total: hanalyze.Known(1500 * time.Microsecond)},
		Missing: hanalyze.MissingGap | hanalyze.MissingLimit,
	}
}

func connection() *hanalyze.Conn {
	e := exchange().Envelope
	return &hanalyze.Conn{
		Envelope: e, ClientSide: hanalyze.Side{Packets: 7, State: hanalyze.TimeWait}, ServerSide: hanalyze.Side{Packets: 6},
		TCP:   &hanalyze.TCPConn{Retransmissions: hanalyze.Retransmissions{Total: 2}, Close: hanalyze.TCPClose{Kind: "reset"}},
		HTTP2: &hanalyze.HTTP2Conn{Client: hanalyze.HTTP2Side{Frames: map[string]uint64{"HEADERS": 3}}},
	}
}

func TestMatch(t *testing.T) {
	finding := &hanalyze.Finding{ID: "capture.truncated", Severity: hanalyze.Warning}
	for _, c := range []struct {
		expr   string
		record hanalyze.Record
		want   bool
	}{
		{`type == "http" && status >= 500`, exchange(), true},
		{`type == "http" and status < 500`, exchange(), false},
		{`status >= 500`, connection(), false},
		{`status < 500`, connection(), false},
		{`status != 200`, connection(), false},
		{`not (status >= 500)`, connection(), true},
		{`status == nil`, connection(), true},
		{`http2.client.frames.HEADERS == 3 and http2.client.frames["HEADERS"] == 3`, connection(), true},
		{`http2.client.frames.DATA > 0`, connection(), false},
		{`http2.client.frames.HEADERS > 0`, exchange(), false},
		{`status != nil`, exchange(), true},
		{`url contains "/a?" and url startsWith "https:" and url endsWith "=1"`, exchange(), true},
		{`url contains "x"`, connection(), false},
		{`url matches "^https://www[.]"`, exchange(), true},
		{`url matches "^https://www[.]"`, connection(), false},
		{`method in ["GET", "HEAD"]`, exchange(), true},
		{`status in [502, 503, 504]`, exchange(), true},
		{`status in 500..599`, exchange(), true},
		{`status not in [502, 503]`, exchange(), false},
		{`"gzip" in response.content_encoding`, exchange(), true},
		{`"gzip" in response.content_encoding`, connection(), false},
		{`server.ip == "203.0.113.7" and server.port == 443 and client.port > 1024`, exchange(), true},
		{`server.name endsWith ".test" and server.name_source == "dns"`, exchange(), true},
		{`cidr(client.ip, "10.0.0.0/8") and not cidr(server.ip, "10.0.0.0/8")`, exchange(), true},
		{`cidr(client.ip, "10.0.0.0/8")`, finding, false},
		{`conn in [3, 4] and frame >= 5 and last_frame == 9`, exchange(), true},
		{`path == "tls>http2" and transport == "tcp" and community_id == "1:x"`, exchange(), true},
		{`ts > "2023-11-14" and ts < "2023-11-15T00:00:00Z"`, exchange(), true},
		{`timing.total_ms > 1.4 and timing.total_ms < 1.6`, exchange(), true},
		{`timing.dns_ms > 0`, exchange(), false},
		{`timing.total_ms - timing.dns_ms > 0`, exchange(), false},
		{`persistent`, exchange(), true},
		{`persistent`, connection(), false},
		{`not persistent`, connection(), true},
		{`persistent and status == 503`, exchange(), true},
		{`complete`, exchange(), false},
		{`"gap" in missing and len(missing) == 2`, exchange(), true},
		{`complete`, connection(), true},
		{`tcp.retransmissions.total > 1 and tcp.close.kind == "reset"`, connection(), true},
		{`tcp.retransmissions.total > 1`, exchange(), false},
		{`tcp == nil`, exchange(), true},
		{`tcp != nil`, connection(), true},
		{`client.packets + server.packets == 13`, connection(), true},
		{`client.state == "time_wait" and server.state == nil`, connection(), true},
		{`client.packets > 0`, exchange(), false},
		{`any(request.headers, .name == "Host" and .value contains "example")`, exchange(), true},
		{`any(request.headers, .name == "Nothing")`, exchange(), false},
		{`all(request.headers, .value != "")`, exchange(), true},
		{`any(request.headers, .name == "Host")`, connection(), false},
		{`count(request.headers, .name == "Host") == 1`, exchange(), true},
		{`sum(request.headers, len(.name)) == 14 and sum(map(request.headers, len(.value))) == 17`, exchange(), true},
		{`map(request.headers, .name)[1] == "User-Agent"`, exchange(), true},
		{`map(request.headers, .name)[1] == "User-Agent"`, connection(), false},
		{`sortBy(request.headers, .value, "desc")[0].name == "User-Agent"`, exchange(), true},
		{`len(groupBy(request.headers, .name)) == 2`, exchange(), true},
		{`len(request.headers) > 1`, exchange(), true},
		{`len(request.headers) > 1`, connection(), false},
		{`request.headers[0].name == "Host"`, exchange(), true},
		{`header(request.headers, "user-agent") == "x"`, exchange(), true},
		{`header(request.headers, "nothing") == ""`, exchange(), true},
		{`header(request.headers, "user-agent") == "x"`, connection(), false},
		{`type == "finding" and severity in ["warning", "error"]`, finding, true},
		{`id startsWith "capture."`, finding, true},
		{`lower(method) == "get"`, exchange(), true},
		{`lower(method) == "get"`, connection(), false},
		{`status > 0 ? method == "GET" : true`, connection(), true},
		{`true`, finding, true},
		{`record.len > 5`, &hanalyze.Packet{Len: 6}, true},
		{`record.len > 5`, finding, false},
		{`record.count == nil and record.severity == "warning"`, finding, true},
		{`let s = status; s == 503`, exchange(), true},
		{`let s = status; s == 503`, connection(), false},
	} {
		q, err := Compile(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if got := q.Match(c.record); got != c.want || q.Err() != nil {
			t.Errorf("%s of %s: %v, want %v (%v)", c.expr, c.record.RecordType(), got, c.want, q.Err())
		}
	}
}

func TestErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`sttus >= 500`:             "unknown name sttus\n  sttus >= 500\n  ^~~~~",
		`type == "http" and x`:     "unknown name x\n  type == \"http\" and x\n                     ^",
		`tcp.retrans > 1`:          "unknown field retrans",
		`status == "500"`:          "invalid operation: == (mismatched types int and string)",
		`status >=`:                "unexpected token EOF",
		`status`:                   "expected bool, but got int",
		`url > 5`:                  "invalid operation: > (mismatched types string and int)",
		`method = "GET"`:           "",
		`cidr(server.ip, "10.77")`: "\"10.77\" is no network like 10.0.0.0/8\n  cidr(server.ip, \"10.77\")\n                  ^",
		`cidr(server.ip)`:          "",
		`now() > ts`:               "",
		`url matches "("`:          "",
		``:                         "unexpected token EOF",
		"status\x1b[31m == 1":      "",
		strings.Repeat("1", 1<<15): "the expression is longer than 16384 bytes",
		strings.Repeat("true and ", 1500) + "true": "",
	} {
		_, err := Compile(expr)
		switch {
		case err == nil:
			t.Errorf("%.80s: no error, want %q", expr, want)
		case !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\x1b"):
			t.Errorf("%.80s\ngot  %q\nwant %q", expr, err, want)
		}
	}
}

// Fields must not hide functions, but for "type", whose function nobody misses here.
func TestNamesOfFunctions(t *testing.T) {
	for name := range recordShape().fields {
		_, hidden := builtin.Index[name]
		if hidden && name != "type" && !slices.Contains(functionNames, name) {
			t.Errorf("the field %s hides the function of that name", name)
		}
	}
}

// What cannot be computed does not hold, and the reason is told.
func TestCannotBeComputed(t *testing.T) {
	q, err := Compile(`cidr(server.ip, method)`)
	if err != nil {
		t.Fatal(err)
	}
	if q.Match(exchange()) || q.Err() == nil || !strings.Contains(q.Err().Error(), `"GET" is no network`) {
		t.Errorf("%v", q.Err())
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, text := range []string{
		`type == "http" && status >= 500`,
		`server.name endsWith ".test" and cidr(client.ip, "10.0.0.0/8")`,
		`any(request.headers, .name == "Host")`,
		`tcp.retransmissions.total > 0`,
	} {
		q, err := Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		r := exchange()
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Match(r)
			}
		})
	}
}
