package output

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: -want +got:\n%s", name, diff)
	}
}

// render renders all records.
func render(r Renderer, records []hanalyze.Record) []byte {
	var b []byte
	for _, rec := range records {
		b = r.Append(b, rec)
	}
	return b
}

// scene makes records of one flow. Times are in microseconds since the flow's first packet.
type scene struct {
	flow  *hanalyze.Flow
	frame uint64
	path  string
}

func newScene(id uint64, at time.Duration, tr hanalyze.Transport, client, server, name, path string) *scene {
	f := &hanalyze.Flow{
		ID: id, First: hanalyze.Meta{Packet: id * 10, Time: exampleTime.Add(at)}, Transport: tr, Orientation: hanalyze.BySYN,
		Client: netip.MustParseAddrPort(client), Server: netip.MustParseAddrPort(server), ServerName: name,
	}
	return &scene{flow: f, frame: id * 10, path: path}
}

// env returns the envelope of a record that begins and ends at these microseconds; every call takes two packets.
func (s *scene) env(start, end int) hanalyze.Envelope {
	s.frame += 2
	return hanalyze.Envelope{Flow: s.flow, Start: s.meta(s.frame-2, start), Last: s.meta(s.frame-1, end), Path: s.path}
}

func (s *scene) meta(packet uint64, us int) hanalyze.Meta {
	return hanalyze.Meta{Packet: packet, Time: s.flow.First.Time.Add(time.Duration(us) * time.Microsecond)}
}

func ms(v float64) hanalyze.Span { return hanalyze.Known(time.Duration(v * 1e6)) }

// step is a segment that opened or closed the connection.
func (s *scene) step(us int, d hanalyze.Dir, flags, phase, name string, client, server hanalyze.TCPState) hanalyze.TCPStep {
	s.frame++
	return hanalyze.TCPStep{
		Frame: s.frame - 1, TS: s.meta(0, us).Time, Dir: d, Flags: flags, Phase: phase, Step: name,
		ClientState: client, ServerState: server,
	}
}

func (s *scene) handshake() []hanalyze.TCPStep {
	return []hanalyze.TCPStep{
		s.step(0, hanalyze.C2S, "S", "handshake", "syn", hanalyze.SynSent, hanalyze.Listen),
		s.step(23900, hanalyze.S2C, "SA", "handshake", "synack", hanalyze.SynSent, hanalyze.SynReceived),
		s.step(24100, hanalyze.C2S, "A", "handshake", "ack", hanalyze.Established, hanalyze.Established),
	}
}

// conn makes the conn record from packet first on.
func (s *scene) conn(us int, t *hanalyze.TCPConn) *hanalyze.Conn {
	c := &hanalyze.Conn{
		Envelope: s.env(us, us), TCP: t, Orientation: hanalyze.BySYN, Duration: hanalyze.Known(time.Duration(us) * time.Microsecond),
		ClientSide: hanalyze.Side{Packets: 12, Bytes: 1804, PayloadBytes: 1002},
		ServerSide: hanalyze.Side{Packets: 14, Bytes: 15804, PayloadBytes: 14440},
	}
	c.Start = s.flow.First
	return c
}

func shift(n uint8) *uint8 { return &n }

// opened is a handshake as it should be.
func opened() hanalyze.TCPHandshake {
	return hanalyze.TCPHandshake{
		Kind: "three_way", RTT: ms(24.1), ClientRTT: ms(0.2), ServerRTT: ms(23.9), TFO: "none",
		Client: &hanalyze.TCPOffer{ISN: 1, MSS: 1460, WindowScale: shift(7), SACKPermitted: true, Timestamps: true},
		Server: &hanalyze.TCPOffer{ISN: 9, MSS: 1400, WindowScale: shift(8), SACKPermitted: true},
	}
}

// page2 is a TLS connection with HTTP/2, a finding and an orderly end.
func page2() []hanalyze.Record {
	s := newScene(2, 1204*time.Millisecond, hanalyze.TCP, "10.0.0.5:51514", "203.0.113.7:443", "www.example.com", "tls>http2")
	steps := s.handshake()
	tls := &hanalyze.TLS{
		Envelope: s.env(24300, 85500), Version: "1.3", SNI: "www.example.com", Group: "X25519MLKEM768",
		ALPN:   &hanalyze.ALPN{Offered: []string{"h2", "http/1.1"}, Chosen: "h2"},
		Cipher: &hanalyze.Cipher{Name: "TLS_AES_128_GCM_SHA256", Code: 4865}, KeyExchange: "ecdhe", ForwardSecrecy: true,
		Resumption: hanalyze.Resumption{Kind: "none"}, EarlyData: "not_offered", Handshake: ms(61.2), HandshakeRTTs: 1,
		Established: true, Decrypted: true,
	}
	declared := uint64(51002)
	page := &hanalyze.HTTP{
		Envelope: s.env(85000, 137400), Version: "2", IndexOnConn: 1, StreamID: 1, Method: "GET", Scheme: "https",
		Authority: "www.example.com", PathQuery: "/index.html?x=1", URL: "https://www.example.com/index.html?x=1", Status: 200,
		Request:  &hanalyze.HTTPMessage{Framing: "none"},
		Response: &hanalyze.HTTPMessage{Framing: "frames", BodyBytes: 14210, ContentType: "text/html", ContentEncoding: []string{"gzip"}},
		Timing:   hanalyze.HTTPTiming{Send: ms(0.1), Wait: ms(44), Receive: ms(8.3), Total: ms(52.4)}, Pairing: "certain",
	}
	image := &hanalyze.HTTP{
		Envelope: s.env(140000, 300000), Version: "2", IndexOnConn: 2, StreamID: 3, Method: "GET", Scheme: "https",
		Authority: "www.example.com",
		PathQuery: "/static/assets/images/2024/05/01/a-very-long-name-of-a-picture-that-fits-no-terminal-of-eighty-columns-nor-many-of-200.png?v=20240501",
		Status:    404, Response: &hanalyze.HTTPMessage{Framing: "frames", BodyBytes: 512, ContentType: "application/problem+json", DeclaredBytes: &declared},
		Timing: hanalyze.HTTPTiming{Wait: ms(150.25), Receive: ms(0), Total: ms(160)}, Pairing: "certain", Missing: hanalyze.MissingGap,
	}
	post := &hanalyze.HTTP{
		Envelope: s.env(150000, 200000), Version: "2", IndexOnConn: 3, StreamID: 5, Method: "POST", Authority: "api.example.com",
		PathQuery: "/v1/items", URL: "https://api.example.com/v1/items", Request: &hanalyze.HTTPMessage{Framing: "frames", BodyBytes: 120},
		Reset: &hanalyze.HTTPReset{By: "client", ErrorCode: "CANCEL"}, Missing: hanalyze.MissingLimit,
	}
	finding := &hanalyze.Finding{
		Envelope: s.env(400000, 1600000), ID: "tcp.zero_window", Severity: hanalyze.Warning, Title: "The client's window was full for 1.2 s",
		Why: "The application on the client did not read fast enough, so the server had to wait.", Advice: "Look at the client.",
		Frames: []uint64{33, 37}, Conns: []uint64{2}, Basis: hanalyze.Inferred,
	}
	fin := []hanalyze.TCPStep{
		s.step(811000, hanalyze.C2S, "FA", "teardown", "fin_1", hanalyze.FinWait1, hanalyze.Established),
		s.step(835000, hanalyze.S2C, "FA", "teardown", "fin_2", hanalyze.Closing, hanalyze.LastAck),
		s.step(835200, hanalyze.C2S, "A", "teardown", "fin_2_ack", hanalyze.TimeWait, hanalyze.Closed),
	}
	fin[1].Merged = true
	conn := s.conn(835200, &hanalyze.TCPConn{
		Handshake: opened(), Steps: append(steps, fin...),
		Close: hanalyze.TCPClose{Kind: "fin_3_merged", By: "client", Segments: 3, HalfClose: ms(24),
			TimeWait: &hanalyze.TCPTimeWait{Side: "client", Assumed: ms(60000)}},
		Retransmissions: hanalyze.Retransmissions{Total: 3, RTO: 1, Fast: 2}, OutOfOrder: 2, DuplicateAcks: 4, ZeroWindows: 1, GapBytes: 1400,
		RTT: &hanalyze.RTT{Min: ms(23.1), P50: ms(24), P95: ms(31.5), Max: ms(44), Samples: 31},
		Client: &hanalyze.TCPSide{
			StreamBytes: 1002, DuplicateAcks: 4,
			RTT: &hanalyze.RTT{Min: ms(23.1), P50: ms(24), P95: ms(31.5), Max: ms(44), Samples: 30},
		},
		Server: &hanalyze.TCPSide{
			StreamBytes: 64_000, Retransmissions: &hanalyze.Retransmissions{Total: 3, RTO: 1, Fast: 2}, OutOfOrder: 2, GapBytes: 1400,
			RTT:     &hanalyze.RTT{Min: ms(0.2), P50: ms(0.2), P95: ms(0.2), Max: ms(0.2), Samples: 1},
			Goodput: 1_430_000, Throughput: 1_510_000, MaxInFlight: 37_600,
		},
		Incidents: []hanalyze.TCPIncident{
			{Kind: hanalyze.IncidentTimeout, By: "server", Count: 1, Total: ms(230), Max: ms(230), Frames: []uint64{22}},
			{Kind: hanalyze.IncidentHeadOfLine, By: "server", Count: 3, Total: ms(179), Max: ms(85.6), Frames: []uint64{23, 29, 31}},
			{Kind: hanalyze.IncidentZeroWindow, By: "client", Count: 1, Total: ms(0.2), Max: ms(0.2), Frames: []uint64{40}},
		},
	})
	conn.Missing = hanalyze.MissingGap
	return []hanalyze.Record{tls, post, page, image, finding, conn}
}

// lookups are two DNS flows.
func lookups() []hanalyze.Record {
	s := newScene(1, 0, hanalyze.UDP, "10.0.0.5:40000", "10.0.0.1:53", "", "dns")
	found := &hanalyze.DNS{
		Envelope: s.env(0, 12481), ID: 1, Opcode: "QUERY", Rcode: "NOERROR", Question: &hanalyze.DNSQuestion{Name: "www.example.com", Type: "A", Class: "IN"},
		Answers: []hanalyze.DNSRR{
			{Name: "www.example.com", Type: "CNAME", Class: "IN", TTL: 60, Data: "edge.example.net"},
			{Name: "edge.example.net", Type: "A", Class: "IN", TTL: 60, Data: "203.0.113.7"},
		},
		CNAMEChain: []string{"www.example.com", "edge.example.net"}, Addresses: []string{"203.0.113.7"},
		RTT: ms(12.481), Outcome: "answered", Protocol: "dns", Messages: hanalyze.DNSMessages{Queries: 1, Responses: 1},
	}
	c := s.conn(12481, nil)
	s2 := newScene(3, 2*time.Second, hanalyze.UDP, "[2001:db8::5]:40001", "[2001:db8::1]:53", "", "dns")
	lost := &hanalyze.DNS{
		Envelope: s2.env(0, 5000000), ID: 2, Opcode: "QUERY", Question: &hanalyze.DNSQuestion{Name: "no\x1b[31m.example\u202e", Type: "AAAA", Class: "IN"},
		Retries: 2, Outcome: "unanswered", Protocol: "dns", Messages: hanalyze.DNSMessages{Queries: 3}, Missing: hanalyze.MissingEndOfCapture,
	}
	return []hanalyze.Record{found, c, lost, s2.conn(5000000, nil)}
}

// failures are connections that went wrong.
func failures() []hanalyze.Record {
	refused := newScene(4, 3*time.Second, hanalyze.TCP, "10.0.0.5:51520", "203.0.113.9:8080", "", "")
	steps := []hanalyze.TCPStep{
		refused.step(0, hanalyze.C2S, "S", "handshake", "syn", hanalyze.SynSent, hanalyze.Listen),
		refused.step(900, hanalyze.S2C, "RA", "reset", "rst", hanalyze.Closed, hanalyze.Closed),
	}
	r := refused.conn(900, &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: "refused", TFO: "none"}, Steps: steps,
		Close: hanalyze.TCPClose{Kind: "refused", By: "server"}})

	silent := newScene(5, 4*time.Second, hanalyze.TCP, "10.0.0.5:51521", "198.51.100.1:443", "", "")
	steps = []hanalyze.TCPStep{silent.step(0, hanalyze.C2S, "S", "handshake", "syn", hanalyze.SynSent, hanalyze.Listen)}
	steps = append(steps, silent.step(1000000, hanalyze.C2S, "S", "handshake", "syn", hanalyze.SynSent, hanalyze.Listen))
	steps[1].Retry = 1
	u := silent.conn(1000000, &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: "incomplete", SynRetries: 1, TFO: "cookie_request"},
		Steps: steps, Close: hanalyze.TCPClose{Kind: "open"}})
	u.Missing = hanalyze.MissingEndOfCapture

	middle := newScene(6, 5*time.Second, hanalyze.TCP, "[2001:db8::5]:51522", "[2001:db8:1:2:3:4:5:6]:80", "漢字.example", "http1")
	middle.flow.MidStream = true
	h := &hanalyze.HTTP{Envelope: middle.env(10, 20), Version: "1.1", IndexOnConn: 1, Status: 500, Reason: "Oops\r\n\x1b]0;owned\a",
		Response: &hanalyze.HTTPMessage{Framing: "until_close", BodyBytes: 3}, Missing: hanalyze.MissingMidStream}
	bad := &hanalyze.TLS{Envelope: middle.env(30, 40), SNI: "漢字.example", Resumption: hanalyze.Resumption{Kind: "none"}, EarlyData: "not_offered",
		Alerts: []hanalyze.TLSAlert{{Dir: hanalyze.S2C, Level: "fatal", Description: "handshake_failure"}}}
	m := middle.conn(125_000_000, &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: "mid_stream", TFO: "none"},
		Steps: []hanalyze.TCPStep{middle.step(50, hanalyze.S2C, "R", "reset", "rst", hanalyze.Closed, hanalyze.Closed)},
		Close: hanalyze.TCPClose{Kind: "reset", By: "server"}})
	m.Missing = hanalyze.MissingMidStream
	return []hanalyze.Record{r, u, h, bad, m}
}

func summary() *hanalyze.Stats {
	return &hanalyze.Stats{
		TS: exampleTime.Add(12 * time.Second), Duration: ms(12000), Bytes: 1234567,
		Inputs:      []hanalyze.StatsInput{{Name: "trace.pcap", Format: "pcapng", Packets: 701, Truncated: true, Error: "block 702: cut short"}},
		Packets:     hanalyze.StatsPackets{Read: 701, Decoded: 691, Skipped: map[string]uint64{"not_ip": 9, "fragment_timeout": 1, "other": 0}},
		Connections: hanalyze.StatsConnections{TCP: 4, UDP: 2}, Records: map[string]uint64{"conn": 6, "http": 4, "dns": 2},
		Streams: hanalyze.StatsStreams{Decoded: 4, Opaque: 1}, Limits: map[string]uint64{"flows_evicted": 0, "reassembly_bytes_dropped": 7},
		Kernel: &hanalyze.StatsKernel{Received: 701, Dropped: 2},
	}
}

// everything is what the golden files tell.
func everything() []hanalyze.Record {
	cut := &hanalyze.Finding{ID: "capture.truncated", Severity: hanalyze.Warning, Title: "The capture file ends in the middle of a packet",
		Why: "The program that wrote it was stopped, or the file was copied too early."}
	records := append(append(lookups(), page2()...), failures()...)
	return append(records, &hanalyze.Notice{}, cut, summary())
}

func TestStoryGolden(t *testing.T) {
	golden(t, "story80.txt", render(NewStory(Options{}), everything()))
	golden(t, "story200.txt", render(NewStory(Options{Width: 200}), everything()))
	golden(t, "story80color.txt", render(NewStory(Options{Color: true}), page2()))
}

// steps80 makes tcp_event records of page2's steps, as a live capture tells them.
func liveRecords() []hanalyze.Record {
	var list []hanalyze.Record
	for _, r := range everything() {
		c, ok := r.(*hanalyze.Conn)
		if !ok || c.TCP == nil {
			list = append(list, r)
			continue
		}
		for i, st := range c.TCP.Steps {
			at := hanalyze.Meta{Packet: st.Frame, Time: st.TS}
			list = append(list, &hanalyze.TCPEvent{Envelope: hanalyze.Envelope{Flow: c.Flow, Start: at, Last: at}, Dir: st.Dir, Flags: st.Flags,
				Phase: st.Phase, Step: st.Step, Retry: st.Retry, ClientState: st.ClientState, ServerState: st.ServerState, Seq: int64(i)})
		}
		list = append(list, r)
	}
	return list
}

func TestLiveGolden(t *testing.T) {
	golden(t, "live80.txt", render(NewLive(Options{}), liveRecords()))
	golden(t, "live200.txt", render(NewLive(Options{Width: 200}), liveRecords()))
}

// No line of text is wider than the page, and nothing captured reaches the terminal raw.
func TestTextFitsAndIsClean(t *testing.T) {
	for _, width := range []int{60, 80, 100, 139, 140, 200} {
		for name, text := range map[string][]byte{
			"story": render(NewStory(Options{Width: width}), everything()),
			"live":  render(NewLive(Options{Width: width}), liveRecords()),
		} {
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSuffix(line, "\n")
				if n := textColumns(line); n > width {
					t.Errorf("%s at %d: %d columns: %s", name, width, n, line)
				}
				if Printable(line) != line {
					t.Errorf("%s: raw text: %q", name, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s at %d: spaces at the end: %q", name, width, line)
				}
			}
		}
	}
}

// Without colours the text is the coloured text without its sequences.
func TestColorOnlyAddsSequences(t *testing.T) {
	strip := strings.NewReplacer(sgr[dim], "", sgr[bold], "", sgr[red], "", sgr[green], "", sgr[yellow], "", sgr[cyan], "", sgrReset, "")
	for _, render2 := range []func(o Options) []byte{
		func(o Options) []byte { return render(NewStory(o), everything()) },
		func(o Options) []byte { return render(NewLive(o), liveRecords()) },
	} {
		colored := string(render2(Options{Color: true}))
		if diff := cmp.Diff(string(render2(Options{})), strip.Replace(colored)); diff != "" {
			t.Errorf("-plain +coloured:\n%s", diff)
		}
		if !strings.Contains(colored, sgr[red]) {
			t.Error("no colour")
		}
	}
}
