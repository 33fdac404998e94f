package output

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hanalyze"
)

// recordTypes are all records that are printed.
var recordTypes = []hanalyze.Record{
	&hanalyze.Conn{}, &hanalyze.DNS{}, &hanalyze.TLS{}, &hanalyze.HTTP{}, &hanalyze.HTTP2Frame{},
	&hanalyze.TCPEvent{}, &hanalyze.Packet{}, &hanalyze.QUIC{}, &hanalyze.WebSocket{}, &hanalyze.WebSocketMessage{}, &hanalyze.Finding{}, &hanalyze.Stats{},
	&hanalyze.BodyFile{},
}

// exampleFlow is the flow of RECORDS' examples.
func exampleFlow() *hanalyze.Flow {
	client, server := netip.MustParseAddrPort("10.0.0.5:51514"), netip.MustParseAddrPort("203.0.113.7:443")
	return &hanalyze.Flow{
		ID: 2, First: hanalyze.Meta{Packet: 3, Time: exampleTime}, Transport: hanalyze.TCP,
		Client: client, Server: server, Orientation: hanalyze.BySYN,
		CommunityID: hanalyze.CommunityIDv1(hanalyze.TCP, client, server),
		ServerName:  "www.example.com", ServerNameSource: "sni",
	}
}

// exampleTime is 2024-05-01 10:00:00.000123456 UTC.
const exampleTime = hanalyze.Time(1714557600_000123456)

func exampleHTTP() *hanalyze.HTTP {
	h := &hanalyze.HTTP{
		Version: "1.1", IndexOnConn: 1, Method: "GET", Scheme: "http", Authority: "www.example.com",
		PathQuery: "/index.html?x=1", URL: "http://www.example.com/index.html?x=1", Status: 200, Reason: "OK",
		Request: &hanalyze.HTTPMessage{Framing: "none", HeaderBytes: 280, Headers: []hanalyze.Header{
			{Name: "Host", Value: "www.example.com"},
			{Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"},
			{Name: "Accept", Value: "text/html,application/xhtml+xml,*/*;q=0.8"},
			{Name: "Accept-Language", Value: "en-US,en;q=0.5"},
			{Name: "Accept-Encoding", Value: "gzip, deflate, br"},
			{Name: "Connection", Value: "keep-alive"},
			{Name: "Cookie", Value: "a=1; b=2"},
			{Name: "Upgrade-Insecure-Requests", Value: "1"},
		}},
		Response: &hanalyze.HTTPMessage{Framing: "chunked", HeaderBytes: 230, BodyBytes: 14210, BodyWireBytes: 14250, Chunks: 3,
			ContentType: "text/html", ContentEncoding: []string{"gzip"}, Headers: []hanalyze.Header{
				{Name: "Date", Value: "Wed, 01 May 2024 10:00:00 GMT"},
				{Name: "Server", Value: "nginx/1.24.0"},
				{Name: "Content-Type", Value: "text/html; charset=utf-8"},
				{Name: "Transfer-Encoding", Value: "chunked"},
				{Name: "Connection", Value: "keep-alive"},
				{Name: "Content-Encoding", Value: "gzip"},
				{Name: "Set-Cookie", Value: "sid=abc; Path=/"},
				{Name: "Cache-Control", Value: "max-age=3600"},
			}},
		Persistent: true, Pairing: "certain",
		Timing: hanalyze.HTTPTiming{
			Send: hanalyze.Known(100 * time.Microsecond), Wait: hanalyze.Known(44 * time.Millisecond),
			Receive: hanalyze.Known(8300 * time.Microsecond), Total: hanalyze.Known(52400 * time.Microsecond),
		},
	}
	h.Envelope = hanalyze.Envelope{
		Flow: exampleFlow(), Path: "http1",
		Start: hanalyze.Meta{Packet: 6, Time: exampleTime.Add(85 * time.Millisecond)},
		Last:  hanalyze.Meta{Packet: 11, Time: exampleTime.Add(137 * time.Millisecond)},
	}
	return h
}

func TestJSONExact(t *testing.T) {
	h := exampleHTTP()
	h.Request.Headers, h.Response = h.Request.Headers[6:7], nil
	h.Missing = hanalyze.MissingGap | hanalyze.MissingEndOfCapture
	const want = `{"type":"http","ts":"2024-05-01T10:00:00.085123456Z","frame":6,"last_frame":11,"conn":2,` +
		`"community_id":"1:KNYnKGssheGewfLxAEweGpsNxOQ=","transport":"tcp","client":{"ip":"10.0.0.5","port":51514},` +
		`"server":{"ip":"203.0.113.7","port":443,"name":"www.example.com","name_source":"sni"},"path":"http1",` +
		`"version":"1.1","index_on_conn":1,"method":"GET","scheme":"http","authority":"www.example.com",` +
		`"path_query":"/index.html?x=1","url":"http://www.example.com/index.html?x=1","status":200,"reason":"OK",` +
		`"request":{"headers":[{"name":"Cookie","value":"a=***; b=***"}],"header_bytes":280,"body_bytes":0,"framing":"none"},` +
		`"persistent":true,"pipelined":false,"timing":{"send_ms":0.1,"wait_ms":44,"receive_ms":8.3,"total_ms":52.4},` +
		`"pairing":"certain","complete":false,"missing":["gap","end_of_capture"]}` + "\n"
	if diff := cmp.Diff(want, string(NewJSON(Options{}).Append(nil, h))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A conn record's counts join the endpoints of its envelope; nil lists and maps that are always printed are empty.
func TestJSONConnAndEmpty(t *testing.T) {
	c := &hanalyze.Conn{
		Envelope:    hanalyze.Envelope{Flow: exampleFlow()},
		ClientSide:  hanalyze.Side{Packets: 12, Bytes: 1804, PayloadBytes: 1002, State: hanalyze.TimeWait},
		Orientation: hanalyze.BySYN,
		TCP:         &hanalyze.TCPConn{},
	}
	got := string(NewJSON(Options{}).Append(nil, c))
	for _, want := range []string{
		`"client":{"ip":"10.0.0.5","port":51514,"packets":12,"bytes":1804,"payload_bytes":1002,"state":"time_wait"}`,
		`"server":{"ip":"203.0.113.7","port":443,"name":"www.example.com","name_source":"sni","packets":0,"bytes":0,"payload_bytes":0}`,
		`"steps":[]`, `"complete":true}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	empty := string(NewJSON(Options{}).Append(nil, &hanalyze.Stats{}))
	if !strings.Contains(empty, `"inputs":[]`) || !strings.Contains(empty, `"records":{}`) || strings.Contains(empty, "null") {
		t.Errorf("empty stats: %s", empty)
	}
}

func TestJSONNoticeIsNotPrinted(t *testing.T) {
	b := []byte("before")
	if got := NewJSON(Options{}).Append(b, &hanalyze.Notice{Envelope: hanalyze.Envelope{Flow: exampleFlow()}}); string(got) != "before" {
		t.Errorf("got %q", got)
	}
}

// Random records say the same in our JSON as in that of encoding/json, and every line is valid by the schema.
func TestJSONAgainstEncodingJSON(t *testing.T) {
	schema := compileSchema(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	f := newFiller(t, rnd)
	j := NewJSON(Options{ShowSecrets: true})
	for range 300 {
		for _, proto := range recordTypes {
			r := reflect.New(reflect.TypeOf(proto).Elem()).Interface().(hanalyze.Record)
			f.record(r)
			line := j.Append(nil, r)
			checkLine(t, schema, line)
			got, want := decode(t, line), decode(t, marshal(t, r))
			checkEnvelope(t, got, r)
			for _, key := range []string{"Flow", "Start", "Last", "Path", "complete", "missing"} {
				delete(want, key)
			}
			for _, key := range []string{"type", "frame", "last_frame", "conn", "community_id", "transport", "path", "complete", "missing"} {
				delete(got, key)
			}
			if _, ok := want["ts"]; !ok {
				delete(got, "ts")
			}
			dropAddresses(got)
			dropInner(want, got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: -want +got:\n%s", r.RecordType(), diff)
			}
		}
	}
}

// dropInner leaves out what a record inside another one, the TLS handshake of QUIC, has of a record's own.
func dropInner(want, got map[string]any) {
	inner, _ := want["tls"].(map[string]any)
	for _, key := range []string{"Flow", "Start", "Last", "Path", "complete", "missing"} {
		delete(inner, key)
	}
	printed, _ := got["tls"].(map[string]any)
	delete(printed, "complete")
	delete(printed, "missing")
}

// Every record type of the root package is in the table of this test, and so in the encoder and the schema.
func TestEveryRecordTypeIsTested(t *testing.T) {
	var want, got []string
	for _, r := range recordTypes {
		want = append(want, "#/$defs/"+r.RecordType())
	}
	for _, ref := range decode(t, Schema())["oneOf"].([]any) {
		got = append(got, ref.(map[string]any)["$ref"].(string))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-tested +schema:\n%s", diff)
	}
}

// The schema refuses what it should: members it does not know, values out of their set, null and missing members.
func TestSchemaIsStrict(t *testing.T) {
	schema := compileSchema(t)
	good := string(NewJSON(Options{}).Append(nil, exampleHTTP()))
	checkLine(t, schema, []byte(good))
	for _, edit := range [][2]string{
		{`"framing":"chunked"`, `"framing":"odd"`},
		{`"persistent":true`, `"persistent":null`},
		{`"persistent":true,`, ``},
		{`"status":200`, `"status":200,"novel":1`},
		{`"status":200`, `"status":70000`},
		{`"transport":"tcp"`, `"transport":"sctp"`},
		{`"method":"GET"`, `"method":""`},
		{`"type":"http"`, `"type":"https"`},
	} {
		bad := strings.Replace(good, edit[0], edit[1], 1)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil || bad == good {
			t.Fatalf("%s: edit failed: %v", edit[1], err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("the schema accepts %s", edit[1])
		}
	}
}

func TestJSONAllocatesNothing(t *testing.T) {
	j, b := NewJSON(Options{}), make([]byte, 0, 8192)
	var r hanalyze.Record = exampleHTTP()
	if n := testing.AllocsPerRun(100, func() { b = j.Append(b[:0], r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkJSON(b *testing.B) {
	j, buf := NewJSON(Options{}), make([]byte, 0, 8192)
	var r hanalyze.Record = exampleHTTP()
	b.ReportAllocs()
	for b.Loop() {
		buf = j.Append(buf[:0], r)
	}
	b.SetBytes(int64(len(buf)))
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("records.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("records.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkLine checks the rules that hold for every line.
func checkLine(t *testing.T, schema *jsonschema.Schema, line []byte) {
	t.Helper()
	if !bytes.HasPrefix(line, []byte(`{"type":"`)) || line[len(line)-1] != '\n' || bytes.IndexByte(line, '\n') != len(line)-1 {
		t.Fatalf("not one line that begins with its type: %s", line)
	}
	checkKeys(t, json.NewDecoder(bytes.NewReader(line)), line)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
}

// checkKeys reads one JSON value and wants no null and no key twice in an object.
func checkKeys(t *testing.T, d *json.Decoder, line []byte) {
	t.Helper()
	tok, err := d.Token()
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if tok == nil {
		t.Fatalf("null in %s", line)
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return
	}
	seen := map[any]bool{}
	for n := 0; d.More(); n++ {
		if delim == '{' {
			key, _ := d.Token()
			if seen[key] {
				t.Fatalf("key %v twice in %s", key, line)
			}
			seen[key] = true
		}
		checkKeys(t, d, line)
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
}

func checkEnvelope(t *testing.T, got map[string]any, r hanalyze.Record) {
	t.Helper()
	e := r.Head()
	if e == nil {
		return
	}
	client := got["client"].(map[string]any)
	if got["ts"] != e.Start.Time.String() || got["community_id"] != e.Flow.CommunityID || client["ip"] != e.Flow.Client.Addr().String() {
		t.Fatalf("envelope of %+v:\n%v", e, got)
	}
}

// dropAddresses leaves of the endpoints what a conn record's own fields say of them, and nothing for other records.
func dropAddresses(got map[string]any) {
	for _, end := range []string{"client", "server"} {
		m, ok := got[end].(map[string]any)
		if !ok {
			continue
		}
		maps.DeleteFunc(m, func(k string, _ any) bool { return slices.Contains([]string{"ip", "port", "name", "name_source"}, k) })
		if len(m) == 0 {
			delete(got, end)
		}
	}
}

func decode(t *testing.T, b []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return m
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// filler fills records with random values that the schema allows.
type filler struct {
	t    *testing.T
	rnd  *rand.Rand
	defs map[string]any
}

func newFiller(t *testing.T, rnd *rand.Rand) *filler {
	return &filler{t, rnd, decode(t, Schema())["$defs"].(map[string]any)}
}

func (f *filler) record(r hanalyze.Record) {
	v := reflect.ValueOf(r).Elem()
	f.fill(v, f.defs[r.RecordType()])
	if e := r.Head(); e != nil {
		flow := exampleFlow()
		flow.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(f.rnd.Uint32()), 1}), uint16(f.rnd.Uint32()))
		if f.rnd.IntN(2) == 0 {
			flow.ServerName, flow.ServerNameSource = "", ""
		}
		*e = hanalyze.Envelope{Flow: flow, Start: hanalyze.Meta{Packet: 1 + f.rnd.Uint64N(9), Time: f.time()}, Path: "tls>http2"}
	}
}

func (f *filler) time() hanalyze.Time { return hanalyze.Time(f.rnd.Uint64()) }

// fill fills v as the schema says; def is the schema of v, nil when the type alone rules.
func (f *filler) fill(v reflect.Value, def any) {
	schema, _ := def.(map[string]any)
	if ref, ok := schema["$ref"].(string); ok {
		schema = f.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	switch v.Interface().(type) {
	case hanalyze.Span:
		v.Set(reflect.ValueOf(hanalyze.Known(time.Duration(f.rnd.Int64N(1e12) - 1e6))))
		return
	case hanalyze.Time:
		v.Set(reflect.ValueOf(f.time()))
		return
	case hanalyze.Dir, hanalyze.Orientation, hanalyze.Severity:
		first := uint64(1)
		if v.Type() == reflect.TypeFor[hanalyze.Dir]() {
			first = 0
		}
		v.SetUint(first + f.rnd.Uint64N(uint64(len(schema["enum"].([]any)))))
		return
	case hanalyze.Missing:
		v.SetUint(f.rnd.Uint64N(1 << len(hanalyze.MissingNames)))
		return
	case hanalyze.Envelope:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text(schema))
	case reflect.Bool:
		v.SetBool(f.rnd.IntN(2) == 0)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(f.rnd.Uint64() >> f.rnd.UintN(64) & (1<<v.Type().Bits() - 1))
	case reflect.Int64:
		v.SetInt(int64(f.rnd.Uint64()) >> f.rnd.UintN(64))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), schema)
	case reflect.Slice:
		n := 1 + f.rnd.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i), schema["items"])
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]uint64{"b": f.rnd.Uint64(), "a": 0, "\"": 1}))
	case reflect.Struct:
		f.fields(v, schema)
	default:
		f.t.Fatalf("filler does not know %v", v.Type())
	}
}

// fields fills the fields of a struct; those with omitzero only half the time.
func (f *filler) fields(v reflect.Value, schema map[string]any) {
	props, _ := schema["properties"].(map[string]any)
	for i := range v.NumField() {
		key, opts, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		prop := props[key]
		if v.Type().Field(i).Type == reflect.TypeFor[hanalyze.Side]() {
			prop = f.defs["conn_client"]
		}
		if opts == "omitzero" && f.rnd.IntN(2) == 0 {
			continue
		}
		if v.Type().Field(i).Anonymous && v.Field(i).Kind() == reflect.Pointer {
			v.Field(i).Set(reflect.New(v.Field(i).Type().Elem()))
			f.fields(v.Field(i).Elem(), schema)
			continue
		}
		f.fill(v.Field(i), prop)
	}
}

func (f *filler) text(schema map[string]any) string {
	if enum, ok := schema["enum"].([]any); ok {
		return enum[f.rnd.IntN(len(enum))].(string)
	}
	if _, ok := schema["pattern"]; ok {
		return "SA"
	}
	const alphabet = "abc  xyz/\"\\<>&\n\t\x00\x1f\x7f\u0085\u2028é漢😀\ufffd"
	runes := []rune(alphabet)
	b := []rune{'x'}
	for range f.rnd.IntN(20) {
		b = append(b, runes[f.rnd.IntN(len(runes))])
	}
	return string(b)
}
