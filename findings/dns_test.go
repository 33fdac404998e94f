package findings

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hanalyze"
)

var (
	resolver = netip.MustParseAddrPort("10.0.0.1:53")
	stub     = netip.MustParseAddrPort("10.0.0.5:40000")
)

// lookup is a record of an exchange on a flow of its own.
func lookup(packet uint64, name, rcode string) *hanalyze.DNS {
	f := &hanalyze.Flow{ID: packet, Transport: hanalyze.UDP, Client: stub, Server: resolver}
	e := envelope(f, packet, packet+1)
	e.Start.Time = hanalyze.Time(packet) * hanalyze.Time(10*time.Millisecond)
	e.Last.Time = e.Start.Time + 1
	return &hanalyze.DNS{
		Envelope: e, ID: uint16(packet), Question: &hanalyze.DNSQuestion{Name: name, Type: "A", Class: "IN"},
		Rcode: rcode, Outcome: "answered", Protocol: "dns", Flags: hanalyze.DNSFlags{RD: true},
	}
}

// conclude ends the flows of records and returns their findings, one a line: flow, identifier, title.
func conclude(records ...*hanalyze.DNS) string {
	e := New()
	for _, r := range records {
		e.Record(r)
	}
	var b strings.Builder
	for _, r := range records {
		for _, f := range e.Record(&hanalyze.Conn{Envelope: envelope(r.Flow, r.Start.Packet, r.Last.Packet)}) {
			fmt.Fprintf(&b, "%d %s: %s\n", r.Flow.ID, f.ID, f.Title)
		}
	}
	return b.String()
}

func TestDNS(t *testing.T) {
	with := func(r *hanalyze.DNS, change func(*hanalyze.DNS)) *hanalyze.DNS {
		change(r)
		return r
	}
	lost := with(lookup(1, "a.example.com", ""), func(r *hanalyze.DNS) { r.Outcome = "unanswered" })
	for _, c := range []struct {
		name    string
		records []*hanalyze.DNS
		want    string
	}{
		{"why a server failed", []*hanalyze.DNS{with(lookup(1, "a.example.com", "SERVFAIL"), func(r *hanalyze.DNS) {
			r.EDNS = &hanalyze.EDNS{Options: []hanalyze.EDNSOption{{Code: 10, Data: "x"}, {Code: 15, Data: "22 (No Reachable Authority)"}}}
		})}, "1 dns.server_failure: a.example.com A: SERVFAIL, 22 (No Reachable Authority)\n"},
		{"refused to a resolver", []*hanalyze.DNS{with(lookup(1, "a.example.com", "REFUSED"), func(r *hanalyze.DNS) { r.Flags.RD = false })},
			"1 dns.lame: a.example.com A: the server is not responsible for the name\n"},
		{"a referral up, and one down", []*hanalyze.DNS{
			with(lookup(1, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) {
				r.AnswerFrom, r.Authority = "referral", []hanalyze.DNSRR{{Name: ".", Type: "NS", Data: "a.root-servers.net"}}
			}),
			with(lookup(2, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) {
				r.AnswerFrom, r.Authority = "referral", []hanalyze.DNSRR{{Name: "com", Type: "NS", Data: "a.gtld-servers.net"}}
			}),
		}, "1 dns.lame: a.example.com A: the server is not responsible for the name\n"},
		{"slow", []*hanalyze.DNS{
			with(lookup(1, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.RTT = hanalyze.Known(slowAnswer) }),
			with(lookup(2, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.RTT = hanalyze.Known(slowAnswer - 1) }),
		}, "1 dns.slow: a.example.com A was answered after 1 s\n"},
		{"truncated, and what came of it", []*hanalyze.DNS{
			with(lookup(1, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Truncated = true }),
			with(lookup(3, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) {
				r.Flow.Transport, r.Follows = hanalyze.TCP, &hanalyze.DNSLink{Frame: 1, Conn: 1, Reason: "truncated"}
			}),
			with(lookup(5, "b.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Truncated = true }),
		}, "1 dns.truncated: a.example.com A did not fit a datagram: it was asked again over TCP in packet 3\n" +
			"5 dns.truncated: b.example.com A did not fit a datagram\n"},
		{"unanswered and asked again", []*hanalyze.DNS{with(lookup(1, "a.example.com", ""), func(r *hanalyze.DNS) {
			r.Outcome, r.AskedAgain = "unanswered", &hanalyze.DNSLink{Frame: 7, Conn: 3, Reason: "unanswered"}
		})}, "1 dns.unanswered: a.example.com A was never answered; it was asked again in packet 7\n"},
		{"answered by somebody else", []*hanalyze.DNS{
			with(lookup(2, "A.example.com", "NOERROR"), func(r *hanalyze.DNS) {
				r.ID, r.Outcome, r.Flow.Server = 1, "unsolicited", netip.MustParseAddrPort("10.0.0.2:53")
			}),
			with(lookup(1, "a.example.com", ""), func(r *hanalyze.DNS) {
				r.Outcome, r.Missing = "unanswered", hanalyze.MissingEndOfCapture
			}),
		}, "1 dns.wrong_source: a.example.com A was asked of 10.0.0.1:53 and answered by 10.0.0.2:53\n"},
		{"answered by somebody else, to another question, ID or port", []*hanalyze.DNS{
			with(lookup(2, "b.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.ID, r.Outcome = 1, "unsolicited" }),
			with(lookup(3, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Outcome = "unsolicited" }),
			with(lookup(4, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) {
				r.ID, r.Outcome, r.Flow.Client = 1, "unsolicited", resolver
			}),
			lost,
		}, "1 dns.unanswered: a.example.com A was never answered\n"},
		{"somebody guesses", []*hanalyze.DNS{
			with(lookup(1, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Outcome, r.Mismatch = "unsolicited", "id" }),
			with(lookup(2, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Outcome, r.Mismatch = "unsolicited", "question" }),
			with(lookup(3, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Outcome, r.Contradicts = "unsolicited", 1 }),
		}, "1 dns.mismatched_answer: An answer to a.example.com A has the ID 1, with which no question was captured\n" +
			"2 dns.mismatched_answer: An answer to a.example.com A has the ID of another question\n" +
			"3 dns.contradicting_answer: a.example.com A was answered twice, differently\n"},
		{"private addresses", []*hanalyze.DNS{
			with(lookup(1, "a.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Addresses = []string{"192.0.2.1", "192.168.1.1"} }),
			with(lookup(2, "printer.lan", "NOERROR"), func(r *hanalyze.DNS) { r.Addresses = []string{"192.168.1.1"} }),
			with(lookup(3, "printer", "NOERROR"), func(r *hanalyze.DNS) { r.Addresses = []string{"192.168.1.1"} }),
			with(lookup(4, "ads.example.com", "NOERROR"), func(r *hanalyze.DNS) { r.Addresses = []string{"0.0.0.0"} }),
		}, "1 dns.private_address: a.example.com A is 192.168.1.1, which is not a public address\n"},
		{"a search list, told once", []*hanalyze.DNS{
			lookup(1, "db.shop.svc.cluster.local", "NXDOMAIN"), lookup(2, "db.svc.cluster.local", "NXDOMAIN"),
			lookup(3, "db.svc.cluster.local", "NXDOMAIN"), lookup(4, "db.cluster.local", "NXDOMAIN"), lookup(5, "db", "NXDOMAIN"),
		}, "1 dns.nxdomain: db.shop.svc.cluster.local A does not exist\n2 dns.nxdomain: db.svc.cluster.local A does not exist\n" +
			"3 dns.nxdomain: db.svc.cluster.local A does not exist\n4 dns.nxdomain: db.cluster.local A does not exist\n" +
			"4 dns.search_list: db was tried with endings that do not exist: shop.svc.cluster.local, svc.cluster.local, cluster.local\n" +
			"5 dns.nxdomain: db A does not exist\n"},
		{"services", []*hanalyze.DNS{
			lookup(1, "_ldap._tcp.dc.corp.lan", "NXDOMAIN"), lookup(2, "_ldap._tcp.corp.lan", "NXDOMAIN"), lookup(3, "_ldap._tcp.lan", "NXDOMAIN"),
		}, "1 dns.nxdomain: _ldap._tcp.dc.corp.lan A does not exist\n2 dns.nxdomain: _ldap._tcp.corp.lan A does not exist\n3 dns.nxdomain: _ldap._tcp.lan A does not exist\n"},
		{"names that begin differently", []*hanalyze.DNS{
			lookup(1, "a.example.com", "NXDOMAIN"), lookup(2, "b.example.com", "NXDOMAIN"), lookup(3, "c.example.com", "NXDOMAIN"),
		}, "1 dns.nxdomain: a.example.com A does not exist\n2 dns.nxdomain: b.example.com A does not exist\n3 dns.nxdomain: c.example.com A does not exist\n"},
	} {
		if got := conclude(c.records...); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func TestStaleAddress(t *testing.T) {
	for over, want := range map[time.Duration]int{staleAddress: 1, staleAddress - 1: 0} {
		e, f := New(), &hanalyze.Flow{ID: 1}
		l := &hanalyze.ConnLookup{Name: "a.example", Via: "address", TTL: 60, Expired: true, Age: hanalyze.Known(time.Minute + over)}
		told := e.Record(&hanalyze.Conn{Envelope: envelope(f, 1, 9), Lookup: l})
		if len(told) != want {
			t.Errorf("%v over: %v", over, ids(told))
		}
	}
}

// What is remembered between records stays within its limits.
func TestDNSMemory(t *testing.T) {
	e := New()
	addr := netip.MustParseAddr("10.1.0.0")
	for i := range uint64(maxSearches + 10) {
		r := lookup(i, "a.example.com", "NXDOMAIN")
		r.Flow.Client = netip.AddrPortFrom(addr, 1)
		addr = addr.Next()
		e.Record(r)
		u := lookup(i, "a.example.com", "NOERROR")
		u.Outcome = "unsolicited"
		e.Record(u)
		c := lookup(i, "a.example.com", "NOERROR")
		c.Truncated = true
		e.Record(c)
	}
	if q := &e.questions; len(q.searches) > maxSearches || len(q.unsolicited) > maxUnsolicited || len(q.truncated) > maxTruncated {
		t.Errorf("%d searches, %d unsolicited, %d truncated", len(q.searches), len(q.unsolicited), len(q.truncated))
	}
}
