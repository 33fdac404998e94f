package story

import (
	"fmt"
	"net/netip"
	"testing"

	"hanalyze"
)

// Names that are asked for once, each answered by its owner, and connection IDs fill the tables and push out the oldest.
func TestQuestionsAndIDsAreBounded(t *testing.T) {
	j := New()
	const more = 10
	for i := range maxQuestions + more {
		r := answered(fmt.Sprint("n", i), 0, "192.0.2.1")
		r.Protocol, r.Opcode, r.Rcode, r.Messages = "dns", "QUERY", "NOERROR", hanalyze.DNSMessages{Queries: 1, Responses: 1}
		r.Question = &hanalyze.DNSQuestion{Name: fmt.Sprint("n", i), Type: "A", Class: "IN"}
		r.Flags.AA, r.Answers = true, []hanalyze.DNSRR{{Name: r.Question.Name, Type: "A", TTL: 60}}
		j.Record(r)
	}
	for i := range maxQUICIDs + more {
		j.rememberIDs(&hanalyze.QUIC{SCID: fmt.Sprintf("%016x", i)})
	}
	for i := range maxStill + more {
		server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 443)
		j.rememberStill(&hanalyze.QUIC{Envelope: hanalyze.Envelope{Flow: &hanalyze.Flow{Server: server}}, Established: true})
	}
	m := map[string]uint64{}
	j.Limits(m)
	if len(j.quicStill.m) != maxStill || m["quic_connections_forgotten"] != more {
		t.Errorf("%d connections, %d forgotten", len(j.quicStill.m), m["quic_connections_forgotten"])
	}
	if len(j.questions.m) != maxQuestions || len(j.origins.m) != maxQuestions || m["questions_forgotten"] != 2*more {
		t.Errorf("%d questions and %d TTLs, %d forgotten", len(j.questions.m), len(j.origins.m), m["questions_forgotten"])
	}
	if len(j.quicIDs.m) != maxQUICIDs || m["quic_ids_forgotten"] != more {
		t.Errorf("%d connection IDs, %d forgotten", len(j.quicIDs.m), m["quic_ids_forgotten"])
	}
}
