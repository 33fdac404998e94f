package dns

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// The whole way: bytes of a query and its answer to a record.
func TestRecord(t *testing.T) {
	var got *hanalyze.DNS
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { got = r })
	q, _ := Parse(wire(t, "1234 0100 0001 0000 0000 0000 www.Example.com. 0001 0001"))
	a, _ := Parse(typical(t))
	p.Message(hanalyze.C2S, hanalyze.Meta{Packet: 1, Time: 100}, q)
	p.Message(hanalyze.S2C, hanalyze.Meta{Packet: 2, Time: 300}, a)
	want := &hanalyze.DNS{
		Envelope: hanalyze.Envelope{Start: hanalyze.Meta{Packet: 1, Time: 100}, Last: hanalyze.Meta{Packet: 2, Time: 300}},
		ID:       0x1234, Opcode: "QUERY", Rcode: "NOERROR", Flags: hanalyze.DNSFlags{RD: true, RA: true}, Mismatch: "case",
		AnswerFrom: "recursive", AnswerWhy: "ra_flag",
		Question: &hanalyze.DNSQuestion{Name: "www.Example.com", Type: "A", Class: "IN"},
		Messages: hanalyze.DNSMessages{Queries: 1, Responses: 1}, Answers: a.Answers, EDNS: a.EDNS,
		CNAMEChain: []string{"www.Example.com", "edge.example.com"}, Addresses: []string{"192.0.2.1", "192.0.2.2"},
		RTT: hanalyze.Known(200), Outcome: "answered", Protocol: "dns",
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(hanalyze.Span{})); d != "" {
		t.Error(d)
	}
}

func BenchmarkExchange(b *testing.B) {
	question, response := wire(b, "1234 0100 0001 0000 0000 0000 www.example.com. 0001 0001"), typical(b)
	p := NewPairer(ProtocolDNS, func(*hanalyze.DNS) {})
	b.ReportAllocs()
	for b.Loop() {
		q, _ := Parse(question)
		p.Message(hanalyze.C2S, hanalyze.Meta{}, q)
		a, _ := Parse(response)
		p.Message(hanalyze.S2C, hanalyze.Meta{}, a)
	}
}

// What is told of a question without its answer is also told of the two together: neither its signature nor the version of
// the zone that the client has are sections of an answer.
func TestQuestionWithoutAnswer(t *testing.T) {
	soa := hanalyze.DNSRR{Name: "a", Type: "SOA", Data: "x y 5 0"}
	key := func(data string) []hanalyze.DNSRR { return []hanalyze.DNSRR{{Name: "key", Type: "TSIG", Data: data}} }
	for _, c := range []struct {
		name, typ string
		opcode    uint8
		answers   []hanalyze.DNSRR // of the question
		authority []hanalyze.DNSRR
		kept      bool
	}{
		{"QUERY", "IXFR", opcodeQuery, nil, []hanalyze.DNSRR{soa}, false},
		{"NOTIFY", "SOA", opcodeNotify, []hanalyze.DNSRR{soa}, nil, true},
		{"UPDATE", "SOA", opcodeUpdate, []hanalyze.DNSRR{soa}, []hanalyze.DNSRR{soa}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ask := func(answered bool) (rec *hanalyze.DNS) {
				p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { rec = r })
				q := []hanalyze.DNSQuestion{{Name: "a", Type: c.typ, Class: "IN"}}
				p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{
					Questions: q, Opcode: c.opcode, Answers: c.answers, Authority: c.authority, Additional: key("question"), TSIG: true,
				})
				if answered {
					p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{Response: true, Questions: q, Opcode: c.opcode, Additional: key("answer")})
				}
				p.Close(hanalyze.Meta{}, 0)
				return rec
			}
			asked, whole := ask(false), ask(true)
			if asked.Outcome != "unanswered" || len(asked.Additional) > 0 || len(whole.Additional) != 1 || whole.Additional[0].Data != "answer" {
				t.Errorf("%+v\n%+v", asked, whole)
			}
			if kept := len(asked.Answers)+len(asked.Authority) > 0; kept != c.kept {
				t.Errorf("%v %v", asked.Answers, asked.Authority)
			}
			if d := cmp.Diff(whole.Answers, asked.Answers) + cmp.Diff(whole.Authority, asked.Authority); d != "" || asked.Signed != whole.Signed {
				t.Errorf("%s%q, %q", d, asked.Signed, whole.Signed)
			}
			if x := asked.Transfer; x != nil && (x.FromSerial != 5 || x.Result != "") {
				t.Errorf("%+v", x)
			}
		})
	}
}

// An answer to an update may have sections, but what was asked for counts. Without the question nobody knows it.
func TestAnswerToUnseenUpdate(t *testing.T) {
	var rec *hanalyze.DNS
	p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { rec = r })
	p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{
		Response: true, Opcode: opcodeUpdate, Questions: []hanalyze.DNSQuestion{{Name: "a", Type: "SOA"}},
		Answers: []hanalyze.DNSRR{{Type: "A"}}, Authority: []hanalyze.DNSRR{{Type: "A"}}, Additional: []hanalyze.DNSRR{{Type: "TSIG"}},
	})
	if rec.Outcome != "unsolicited" || len(rec.Answers)+len(rec.Authority)+len(rec.Update.Changes) > 0 || len(rec.Additional) != 1 {
		t.Errorf("%+v", rec)
	}
}

// The options of a question are not told for those of an answer whose end is missing.
func TestOptionsOfCutAnswer(t *testing.T) {
	for _, missing := range []hanalyze.Missing{0, hanalyze.MissingGap} {
		var rec *hanalyze.DNS
		p := NewPairer(ProtocolDNS, func(r *hanalyze.DNS) { rec = r })
		q := []hanalyze.DNSQuestion{{Name: "a", Type: "A"}}
		p.Message(hanalyze.C2S, hanalyze.Meta{}, &Message{Questions: q, EDNS: &hanalyze.EDNS{UDPSize: 1232}})
		p.Message(hanalyze.S2C, hanalyze.Meta{}, &Message{Response: true, Questions: q, Missing: missing})
		if told := rec.EDNS != nil; told != (missing == 0) {
			t.Errorf("%v: %+v", missing, rec.EDNS)
		}
	}
}

// RFC 4795 §2.1.1: where DNS has AA and RD, LLMNR has C and T.
func TestFlagsOfLLMNR(t *testing.T) {
	for head, want := range map[string]hanalyze.DNSFlags{
		"0001 8400": {Conflict: true}, "0001 8100": {Tentative: true}, "0001 8200": {TC: true}, "0001 8000": {},
	} {
		p := NewPairer(ProtocolLLMNR, func(r *hanalyze.DNS) {
			if r.Flags != want {
				t.Errorf("%s: %+v", head, r.Flags)
			}
		})
		m, _ := Parse(wire(t, head+" 0001 0000 0000 0000 nas. 0001 0001"))
		p.Message(hanalyze.S2C, hanalyze.Meta{}, m)
	}
}
