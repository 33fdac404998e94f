package story

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

var (
	asksHere = netip.MustParseAddrPort("10.0.0.5:5355") // as systemd-resolved does
	asksAll  = netip.MustParseAddrPort("10.0.0.5:40001")
	llmnr    = netip.MustParseAddrPort("224.0.0.252:5355")
	mdns     = netip.MustParseAddrPort("224.0.0.251:5353")
	neighbor = netip.MustParseAddrPort("10.0.0.7:5355")
)

// grouped is a message of LLMNR between two ends.
func grouped(packet uint64, at hanalyze.Time, from, to netip.AddrPort, id uint16, name string, address string) *hanalyze.DNS {
	m := hanalyze.Meta{Packet: packet, Time: at}
	r := &hanalyze.DNS{
		Envelope: hanalyze.Envelope{Start: m, Last: m, Flow: &hanalyze.Flow{ID: packet, Client: from, Server: to, Transport: hanalyze.UDP}},
		ID:       id, Opcode: "QUERY", Protocol: "llmnr", Outcome: "one_way", Question: &hanalyze.DNSQuestion{Name: name, Type: "A", Class: "IN"},
	}
	if address == "" {
		r.Messages.Queries = 1
		return r
	}
	r.Messages.Responses, r.Rcode, r.Addresses = 1, "NOERROR", []string{address}
	r.Answers = []hanalyze.DNSRR{{Name: name, Type: "A", Class: "IN", TTL: 30, Data: address}}
	return r
}

// An answer that was sent to the asker alone belongs to the question by port, ID and question, for a time.
func TestAskedOfAll(t *testing.T) {
	elsewhere := netip.MustParseAddrPort("10.0.0.5:40002")
	for _, c := range []struct {
		name   string
		answer *hanalyze.DNS
		want   string
	}{
		{"its own", grouped(9, 1500*ms, asksAll, neighbor, 7, "NAS", "10.0.0.7"), "answered 1 2"},
		{"from and to the port of LLMNR", grouped(9, 1500*ms, neighbor, asksHere, 7, "NAS", "10.0.0.7"), "answered 1 2"},
		{"another ID", grouped(9, 1500*ms, asksAll, neighbor, 8, "nas", "10.0.0.7"), "one_way"},
		{"another port", grouped(9, 1500*ms, elsewhere, neighbor, 7, "nas", "10.0.0.7"), "one_way"},
		{"another name", grouped(9, 1500*ms, asksAll, neighbor, 7, "nas2", "10.0.0.7"), "one_way"},
		{"too late", grouped(9, 7000*ms, asksAll, neighbor, 7, "nas", "10.0.0.7"), "one_way"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := New()
			from := asksAll
			if c.answer.Flow.Server == asksHere {
				from = asksHere
			}
			j.Record(grouped(1, 100*ms, from, llmnr, 7, "nas", ""))
			j.Record(grouped(2, 1100*ms, from, llmnr, 7, "nas", ""))
			j.Record(c.answer)
			got := c.answer.Outcome
			if x := c.answer.AskedOfAll; x != nil {
				got += fmt.Sprintf(" %d %d", x.Frame, x.Queries)
				if rtt, _ := c.answer.RTT.Get(); rtt != 400*time.Millisecond {
					t.Errorf("after %v", rtt)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			f := flowAt(c.answer.Start.Time + 10*ms)
			f.Client, f.Server = netip.MustParseAddrPort("10.0.0.5:50000"), netip.MustParseAddrPort("10.0.0.7:445")
			if j.Begin(f); (f.ServerName == "NAS") != (c.want != "one_way") {
				t.Errorf("the server is %q", f.ServerName)
			}
		})
	}
}

// An answer of multicast DNS repeats no question. Who has just asked for its address has it by that name; who only heard it
// has not.
func TestAnswerToAll(t *testing.T) {
	j := New()
	ask := grouped(1, 0, netip.MustParseAddrPort("10.0.0.5:5353"), mdns, 0, "_ipp._tcp.local", "")
	ask.Protocol = "mdns"
	ask.Questions = []hanalyze.DNSQuestion{*ask.Question, {Name: "Nas.local", Type: "A", Class: "IN"}}
	j.Record(ask)
	answer := grouped(2, 50*ms, netip.MustParseAddrPort("10.0.0.7:5353"), mdns, 0, "nas.local", "10.0.0.7")
	answer.Protocol, answer.Question = "mdns", nil
	j.Record(answer)
	for from, want := range map[string]string{"10.0.0.5:50000": "nas.local", "10.0.0.6:50000": ""} {
		f := flowAt(100 * ms)
		f.Client, f.Server = netip.MustParseAddrPort(from), netip.MustParseAddrPort("10.0.0.7:631")
		if j.Begin(f); f.ServerName != want {
			t.Errorf("%s: the server is %q, want %q", from, f.ServerName, want)
		}
	}
	if answer.Outcome != "one_way" || answer.AskedOfAll != nil {
		t.Errorf("%+v", answer)
	}
}
