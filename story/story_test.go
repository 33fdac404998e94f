package story

import (
	"net/netip"
	"testing"
	"time"

	"hanalyze"
)

var (
	client = netip.MustParseAddrPort("10.0.0.5:40000")
	server = netip.MustParseAddrPort("203.0.113.7:443")
	ns     = netip.MustParseAddrPort("10.0.0.1:53")
)

const ms = hanalyze.Time(time.Millisecond)

// answered is a DNS record of a lookup of name that was answered at the given time.
func answered(name string, at hanalyze.Time, addrs ...string) *hanalyze.DNS {
	r := &hanalyze.DNS{
		Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{Client: client, Server: ns}, Last: hanalyze.Meta{Time: at}},
		Question: &hanalyze.DNSQuestion{Name: name, Type: "A", Class: "IN"}, Addresses: addrs, Opcode: "QUERY", Rcode: "NOERROR",
		Messages: hanalyze.DNSMessages{Queries: 1, Responses: 1},
		Outcome:  "answered", Protocol: "dns", RTT: hanalyze.Known(12 * time.Millisecond),
	}
	for _, a := range addrs {
		r.Answers = append(r.Answers, hanalyze.DNSRR{Name: name, Type: "A", Class: "IN", TTL: 60, Data: a})
	}
	return r
}

func flowAt(t hanalyze.Time) *hanalyze.Flow {
	return &hanalyze.Flow{Transport: hanalyze.TCP, Client: client, Server: server, First: hanalyze.Meta{Packet: 1, Time: t}}
}

// TestOpening follows a page from the lookup to its first exchange: the times before the request belong to it alone.
func TestOpening(t *testing.T) {
	j := New()
	j.Record(answered("www.example.com", 100*ms, "203.0.113.7", "not an address"))
	f := flowAt(120 * ms)
	j.Begin(f)
	if f.ServerName != "www.example.com" || f.ServerNameSource != "dns" {
		t.Errorf("name %q from %q", f.ServerName, f.ServerNameSource)
	}
	env := hanalyze.Envelope{Flow: f}
	env.Last.Time = 145 * ms
	j.Record(&hanalyze.TCPEvent{Envelope: env, Phase: "handshake", ClientState: hanalyze.Established})
	j.Record(&hanalyze.TLS{Envelope: env, SNI: "sni.example.com", Established: true, Handshake: hanalyze.Known(30 * time.Millisecond)})
	first := &hanalyze.HTTP{Envelope: env, IndexOnConn: 1, Authority: "host.example.com:443"}
	j.Record(first)
	want := hanalyze.HTTPTiming{
		DNS: hanalyze.Known(12 * time.Millisecond), Connect: hanalyze.Known(25 * time.Millisecond), TLS: hanalyze.Known(30 * time.Millisecond),
	}
	if first.Timing != want {
		t.Errorf("first exchange %+v, want %+v", first.Timing, want)
	}
	if f.ServerName != "sni.example.com" || f.ServerNameSource != "sni" {
		t.Errorf("the Host header replaced the SNI: %q from %q", f.ServerName, f.ServerNameSource)
	}
	second := &hanalyze.HTTP{Envelope: env, IndexOnConn: 2}
	j.Record(second)
	if second.Timing != (hanalyze.HTTPTiming{}) {
		t.Errorf("second exchange %+v, want nothing", second.Timing)
	}

	again := flowAt(200 * ms)
	j.Begin(again)
	one := &hanalyze.HTTP{Envelope: hanalyze.Envelope{Flow: again}, IndexOnConn: 1}
	j.Record(one)
	if again.ServerName != "www.example.com" || !one.Timing.DNS.IsZero() {
		t.Errorf("second connection: name %q, lookup %v; the client did not look it up again", again.ServerName, one.Timing.DNS)
	}
	j.End(f)
	j.End(again)
	if len(j.flows) != 0 {
		t.Errorf("%d flows kept", len(j.flows))
	}
}

func TestOldLookupIsNoCause(t *testing.T) {
	j := New()
	j.Record(answered("www.example.com", 0, "203.0.113.7"))
	f := flowAt(hanalyze.Time(lookupAge) + 1)
	j.Begin(f)
	r := &hanalyze.HTTP{Envelope: hanalyze.Envelope{Flow: f}, IndexOnConn: 1}
	j.Record(r)
	if f.ServerName != "www.example.com" || !r.Timing.DNS.IsZero() {
		t.Errorf("name %q, lookup %v", f.ServerName, r.Timing.DNS)
	}
}

func TestNamesAreBounded(t *testing.T) {
	j := New()
	addr := netip.MustParseAddr("10.1.0.0")
	for range maxNames + 10 {
		j.Record(answered("n", 0, addr.String()))
		addr = addr.Next()
	}
	limits := map[string]uint64{}
	j.Limits(limits)
	if len(j.names.m) != maxNames || limits["names_forgotten"] != 10 {
		t.Errorf("%d names, %d forgotten", len(j.names.m), limits["names_forgotten"])
	}
	if j.names.m[lookup{client.Addr(), netip.MustParseAddr("10.1.0.9")}] != nil || j.names.m[lookup{client.Addr(), netip.MustParseAddr("10.1.0.10")}] == nil {
		t.Error("not the oldest were forgotten")
	}
}

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "example.com", "example.com:8080": "example.com", "10.0.0.1": "", "10.0.0.1:80": "", "[2001:db8::1]:80": "",
		"": "", ":80": "", "host1": "host1", "a1:": "a1",
		"user:pass@example.com:80": "example.com", "token@": "", "a folded line": "",
	} {
		if got := hostName(in); got != want {
			t.Errorf("hostName(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestResetAfter names the message that a reset left without an answer.
func TestResetAfter(t *testing.T) {
	hello := &hanalyze.TLS{ClientHello: &hanalyze.ClientHello{}}
	greeted := &hanalyze.TLS{ClientHello: &hanalyze.ClientHello{}, ServerHello: &hanalyze.ServerHello{}}
	asked := &hanalyze.HTTP{Request: &hanalyze.HTTPMessage{}}
	for _, c := range []struct {
		record      hanalyze.Record
		after, want string
	}{
		{hello, "unread_data", "client_hello"},
		{hello, "idle", "idle"},
		{hello, "fin", "fin"},
		{greeted, "data", "data"},
		{asked, "acknowledgment", "request"},
	} {
		j, f := New(), flowAt(0)
		j.Begin(f)
		switch r := c.record.(type) {
		case *hanalyze.TLS:
			r.Flow = f
		case *hanalyze.HTTP:
			r.Flow = f
		}
		j.Record(c.record)
		end := &hanalyze.TCPConn{Close: hanalyze.TCPClose{Kind: "reset", Reset: &hanalyze.TCPReset{After: c.after}}}
		j.Record(&hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: f}, TCP: end})
		if got := end.Close.Reset.After; got != c.want {
			t.Errorf("%T, reset after %s: %s, want %s", c.record, c.after, got, c.want)
		}
	}
}

// The capture's own name for a server counts where no other is known, also when it comes after the flow began.
func TestCaptureNames(t *testing.T) {
	j := New()
	j.Name(server.Addr(), "old.lan")
	j.Name(server.Addr(), "server.lan")
	f := flowAt(0)
	j.Begin(f)
	if f.ServerName != "server.lan" || f.ServerNameSource != "capture" {
		t.Errorf("name %q from %q", f.ServerName, f.ServerNameSource)
	}
	j.Record(answered("www.example.com", 0, "203.0.113.7"))
	f = flowAt(0)
	j.Begin(f)
	if f.ServerName != "www.example.com" || f.ServerNameSource != "dns" {
		t.Errorf("after a lookup: name %q from %q", f.ServerName, f.ServerNameSource)
	}

	j, f = New(), flowAt(0)
	j.Begin(f)
	j.Name(server.Addr(), "late.lan")
	j.Record(&hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: f}})
	if f.ServerName != "late.lan" || f.ServerNameSource != "capture" {
		t.Errorf("late: name %q from %q", f.ServerName, f.ServerNameSource)
	}
}

func TestCaptureNamesLimit(t *testing.T) {
	j := New()
	for i := range maxHosts + 3 {
		j.Name(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "n")
	}
	limits := map[string]uint64{}
	j.Limits(limits)
	if len(j.hosts) != maxHosts || limits["names_forgotten"] != 3 {
		t.Errorf("%d names, %v", len(j.hosts), limits)
	}
}
