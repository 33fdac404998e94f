package dns

import "hanalyze"

// A zone transfer answers one question with many messages (RFC 5936 §2.2): the first record is the zone's SOA, and so is
// the last. Until then the exchange stays open and its answers are collected.

// transferGoesOn reports whether more messages are to come of the answer so far.
func transferGoesOn(q *hanalyze.DNSQuestion, rcode string, answers []hanalyze.DNSRR) bool {
	if q == nil || q.Type != "AXFR" && q.Type != "IXFR" || rcode != rcodes[0] || len(answers) == 0 {
		return false
	}
	first, last := &answers[0], &answers[len(answers)-1]
	if first.Type != "SOA" {
		return false
	}
	if len(answers) == 1 {
		return q.Type == "AXFR" // RFC 1995 §4: a lone SOA says that there is nothing newer, or that UDP cannot hold it
	}
	return last.Type != "SOA" || last.Data != first.Data
}
