package dns

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// records reads resource records, one a line: name, class, TTL, type, data.
func records(t *testing.T, lines string) (rrs []hanalyze.DNSRR) {
	t.Helper()
	for l := range strings.Lines(lines) {
		f := strings.SplitN(strings.TrimSpace(l), " ", 5)
		if len(f) < 4 {
			continue
		}
		rr := hanalyze.DNSRR{Name: f[0], Class: f[1], Type: f[3]}
		fmt.Sscan(f[2], &rr.TTL)
		if len(f) == 5 {
			rr.Data = f[4]
		}
		rrs = append(rrs, rr)
	}
	return rrs
}

// TestMeaning tells what answers to www.example.test A mean.
func TestMeaning(t *testing.T) {
	const soa = "example.test IN 300 SOA ns.example.test root.example.test 7 7200 3600 1209600 60"
	for _, c := range []struct {
		name, answer, authority string
		flags                   hanalyze.DNSFlags
		rcode                   uint16
		from, negative          string
	}{
		{"data of the owner", "www.example.test IN 60 A 192.0.2.1", "", hanalyze.DNSFlags{AA: true, RA: true}, 0, "authoritative aa_flag", ""},
		{"data of a resolver", "www.example.test IN 60 A 192.0.2.1", "", hanalyze.DNSFlags{RA: true}, 0, "recursive ra_flag", ""},
		{"data of neither", "www.example.test IN 60 A 192.0.2.1", "", hanalyze.DNSFlags{}, 0, "non_authoritative no_aa_no_ra", ""},
		{"a referral", "", "example.test IN 60 NS ns.example.test", hanalyze.DNSFlags{}, 0, "referral ns_without_answer", ""},
		{"no such name", "", soa, hanalyze.DNSFlags{AA: true}, 3, "authoritative aa_flag", "nxdomain www.example.test example.test 60"},
		{"no such data", "", soa, hanalyze.DNSFlags{RA: true}, 0, "recursive ra_flag", "nodata www.example.test example.test 60"},
		{"no such data, not to be cached", "", "", hanalyze.DNSFlags{RA: true}, 0, "recursive ra_flag", "nodata www.example.test  -"},
		{"an alias of nothing", "www.example.test IN 60 CNAME gone.example.test", soa, hanalyze.DNSFlags{AA: true}, 3,
			"authoritative aa_flag", "nxdomain gone.example.test example.test 60"},
		{"an alias without such data", "www.example.test IN 60 CNAME web.example.test", soa, hanalyze.DNSFlags{AA: true}, 0,
			"authoritative aa_flag", "nodata web.example.test example.test 60"},
		{"truncated", "", "", hanalyze.DNSFlags{TC: true, RA: true}, 0, "recursive ra_flag", ""},
		{"a failure", "", "", hanalyze.DNSFlags{RA: true}, 2, "", ""},
	} {
		var rec *hanalyze.DNS
		p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { rec = r })
		q := []hanalyze.DNSQuestion{{Name: "www.example.test", Type: "A", Class: "IN"}}
		p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{Questions: q})
		p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{
			Response: true, Questions: q, Flags: c.flags, Rcode: c.rcode, Answers: records(t, c.answer), Authority: records(t, c.authority),
		})
		got := ""
		if n := rec.Negative; n != nil {
			got = n.Kind + " " + n.Name + " " + n.Zone + " -"
			if n.TTL != nil {
				got = fmt.Sprint(n.Kind, " ", n.Name, " ", n.Zone, " ", *n.TTL)
			}
		}
		if from := strings.TrimSpace(rec.AnswerFrom + " " + rec.AnswerWhy); from != c.from || got != c.negative {
			t.Errorf("%s: from %q, want %q; negative %q, want %q", c.name, from, c.from, got, c.negative)
		}
	}
}

// TestUpdate tells all the forms of RFC 2136 §2.4 and §2.5 in words.
func TestUpdate(t *testing.T) {
	var rec *hanalyze.DNS
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { rec = r })
	zone := []hanalyze.DNSQuestion{{Name: "example.test", Type: "SOA", Class: "IN"}}
	p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{ID: 7, Opcode: opcodeUpdate, Questions: zone, TSIG: true,
		Answers: records(t, `
			a.example.test ANY 0 ANY
			b.example.test ANY 0 MX
			c.example.test NONE 0 ANY
			d.example.test NONE 0 A
			e.example.test IN 0 A 192.0.2.1`),
		Authority: records(t, `
			f.example.test IN 300 A 192.0.2.2
			g.example.test ANY 0 ANY
			h.example.test ANY 0 TXT
			i.example.test NONE 0 A 192.0.2.3`),
	})
	p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{ID: 7, Opcode: opcodeUpdate, Response: true, Questions: zone,
		Authority: records(t, "f.example.test ANY 0 A"), // some servers send back what is left of the packet they worked on
	})
	want := &hanalyze.DNSUpdate{
		Zone: "example.test",
		Prerequisites: []string{
			"a.example.test exists", "b.example.test has MX", "c.example.test does not exist", "d.example.test has no A",
			"e.example.test has A 192.0.2.1",
		},
		Changes: []string{
			"add f.example.test 300 A 192.0.2.2", "delete all of g.example.test", "delete all TXT of h.example.test",
			"delete i.example.test A 192.0.2.3",
		},
	}
	if d := cmp.Diff(want, rec.Update); d != "" || rec.Outcome != "answered" {
		t.Errorf("%s %s", rec.Outcome, d)
	}
}

func TestUpdateWordsBounded(t *testing.T) {
	rrs := make([]hanalyze.DNSRR, hanalyze.MaxDNSUpdateWords+1)
	if n := len(words(rrs, change)); n != hanalyze.MaxDNSUpdateWords {
		t.Error(n)
	}
}
