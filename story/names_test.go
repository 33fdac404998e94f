package story

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// told is the lookup that the conn record of a flow tells.
func told(j *Joiner, f *hanalyze.Flow, kind string) *hanalyze.ConnLookup {
	r := &hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: f}, TCP: &hanalyze.TCPConn{Handshake: hanalyze.TCPHandshake{Kind: kind}}}
	j.Record(r)
	j.End(f)
	return r.Lookup
}

// dial begins a flow to an address.
func dial(j *Joiner, id uint64, addr string, at hanalyze.Time) *hanalyze.Flow {
	f := flowAt(at)
	f.ID, f.First.Packet, f.Server = id, id, netip.AddrPortFrom(netip.MustParseAddr(addr), 443)
	j.Begin(f)
	return f
}

var unexported = cmp.AllowUnexported(hanalyze.Span{})

// TestLookup follows aliases to addresses, of which the second is used, and the first when its time is over.
func TestLookup(t *testing.T) {
	j := New()
	r := answered("www.example.com", 100*ms, "203.0.113.6", "203.0.113.7")
	r.Flow.ID, r.Last.Packet = 3, 9
	r.Answers = append([]hanalyze.DNSRR{{Name: "WWW.example.com", Type: "CNAME", TTL: 5, Data: "edge.example.net"}}, r.Answers...)
	r.Answers[1].Name, r.Answers[2].Name = "edge.example.net", "edge.example.net"
	j.Record(r)
	want := &hanalyze.ConnLookup{
		Name: "www.example.com", Target: "edge.example.net", Via: viaAddress, Frame: 9, Conn: 3, Place: 2, Of: 2,
		Age: hanalyze.Known(20 * time.Millisecond), TTL: 5, Basis: hanalyze.Inferred,
	}
	if d := cmp.Diff(want, told(j, dial(j, 1, "203.0.113.7", 120*ms), "three_way"), unexported); d != "" {
		t.Error(d)
	}
	want.Place, want.Age, want.Expired = 1, hanalyze.Known(6*time.Second), true
	if d := cmp.Diff(want, told(j, dial(j, 2, "203.0.113.6", 6100*ms), "three_way"), unexported); d != "" {
		t.Error(d)
	}
	other := flowAt(120 * ms)
	other.Client = netip.MustParseAddrPort("10.0.0.6:40000")
	j.Begin(other)
	if l := told(j, other, "three_way"); l != nil || other.ServerName != "" {
		t.Errorf("another client: %+v, %q", l, other.ServerName)
	}
	dns := &hanalyze.Conn{Envelope: hanalyze.Envelope{Flow: dial(j, 4, "203.0.113.7", 130*ms), Path: "dns"}}
	if j.Record(dns); dns.Lookup != nil {
		t.Errorf("a resolver: %+v", dns.Lookup)
	}
}

// Several names of one address: the one that the client then asks for counts, else the newest. An address that came along
// with other data never comes before one that was asked for.
func TestLookupOfSeveralNames(t *testing.T) {
	j := New()
	j.Record(answered("a.example", 1*ms, "203.0.113.7"))
	j.Record(answered("b.example", 2*ms, "203.0.113.7"))
	mx := answered("example", 3*ms)
	mx.Additional = []hanalyze.DNSRR{{Name: "mx.example", Type: "A", TTL: 9, Data: "203.0.113.7"}}
	j.Record(mx)
	f := dial(j, 1, "203.0.113.7", 4*ms)
	if f.ServerName != "b.example" {
		t.Errorf("before it said so: %s", f.ServerName)
	}
	j.Record(&hanalyze.TLS{Envelope: hanalyze.Envelope{Flow: f}, SNI: "A.example"})
	if l := told(j, f, "three_way"); l.Name != "a.example" {
		t.Errorf("%+v", l)
	}
	for _, n := range []string{"c.example", "d.example", "e.example"} {
		j.Record(answered(n, 5*ms, "203.0.113.7"))
	}
	if n := len(j.names.m[lookup{client.Addr(), server.Addr()}]); n != maxAnswers {
		t.Errorf("%d answers kept", n)
	}
}

func TestLookupByHint(t *testing.T) {
	j := New()
	r := answered("www.example.com", 1*ms)
	r.Question.Type = "HTTPS"
	r.Answers = []hanalyze.DNSRR{{Name: "www.example.com", Type: "HTTPS", TTL: 30, Data: `1 . alpn="h3" ipv4hint=203.0.113.6,203.0.113.7 ipv6hint=x`}}
	j.Record(r)
	l := told(j, dial(j, 1, "203.0.113.7", 2*ms), "three_way")
	if l == nil || l.Via != viaHint || l.Place != 2 || l.Of != 2 || l.TTL != 30 {
		t.Errorf("%+v", l)
	}
	j.Record(answered("www.example.com", 3*ms, "203.0.113.7"))
	j.Record(r)
	if l := told(j, dial(j, 2, "203.0.113.7", 4*ms), "three_way"); l.Via != viaAddress {
		t.Errorf("the hint replaced the address: %+v", l)
	}
}

// TestTriedBefore follows a client that gets through to the third address of a name.
func TestTriedBefore(t *testing.T) {
	j := New()
	j.Record(answered("www.example.com", 0, "203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"))
	refused, silent := dial(j, 1, "203.0.113.1", 1*ms), dial(j, 2, "203.0.113.2", 2*ms)
	told(j, refused, "refused")
	f := dial(j, 3, "203.0.113.3", 252*ms)
	env := hanalyze.Envelope{Flow: f}
	j.Record(&hanalyze.TCPEvent{Envelope: env, Phase: "handshake", ClientState: hanalyze.Established})
	want := []hanalyze.ConnAttempt{
		{IP: "203.0.113.1", Conn: 1, Before: hanalyze.Known(251 * time.Millisecond), Outcome: "refused"},
		{IP: "203.0.113.2", Conn: 2, Before: hanalyze.Known(250 * time.Millisecond), Outcome: "unanswered"},
	}
	if d := cmp.Diff(want, told(j, f, "three_way").Tried, unexported); d != "" {
		t.Error(d)
	}
	told(j, silent, "incomplete")
	if got := told(j, dial(j, 4, "203.0.113.4", hanalyze.Time(lookupAge)+100*ms), "three_way").Tried; len(got) != 0 {
		t.Errorf("long after, and past one that did connect: %+v", got)
	}
	for i := range uint64(2 * maxTries) {
		dial(j, 10+i, "203.0.113.1", 20000*ms)
	}
	if n := len(j.tries.m[clientName{client.Addr(), "www.example.com"}].list); n != maxTries {
		t.Errorf("%d tries kept", n)
	}
}

// A client asks over IPv4 and connects over IPv6, in vain, and then over IPv4.
func TestTriedBeforeByTheOtherFamily(t *testing.T) {
	j := New()
	j.Record(answered("dual.example", 0, "2001:db8::7"))
	j.Record(answered("dual.example", 1*ms, "203.0.113.7"))
	six := flowAt(2 * ms)
	six.ID, six.Client, six.Server = 1, netip.MustParseAddrPort("[2001:db8::5]:40000"), netip.MustParseAddrPort("[2001:db8::7]:443")
	j.Begin(six)
	if l := told(j, six, "refused"); l == nil || l.Name != "dual.example" {
		t.Errorf("%+v", l)
	}
	l := told(j, dial(j, 2, "203.0.113.7", 3*ms), "three_way")
	if len(l.Tried) != 1 || l.Tried[0].IP != "2001:db8::7" || l.Tried[0].Outcome != "refused" {
		t.Errorf("%+v", l)
	}
	late := flowAt(hanalyze.Time(lookupAge) + 1*ms)
	late.Client, late.Server = six.Client, six.Server
	if j.Begin(late); late.ServerName != "" {
		t.Errorf("long after: %s", late.ServerName)
	}
}
