package dns

import (
	"strconv"
	"strings"

	"hanalyze"
)

// What an answer means as a whole.

// answerFrom says who the data of an answer comes from, and what says so. Errors have no data; mDNS and LLMNR have no
// servers but the owners of names.
//
// An answer of a resolver that also has authority may mix both, but the AA bit speaks for the name in the question
// (RFC 1035 §4.1.1).
func answerFrom(rec *hanalyze.DNS) (from, why string) {
	if rec.Opcode != opcodes[opcodeQuery] || rec.Protocol != ProtocolDNS || rec.Rcode != rcodes[0] && rec.Rcode != rcodes[rcodeNXDOMAIN] {
		return "", ""
	}
	switch {
	case rec.Flags.AA:
		return "authoritative", "aa_flag"
	case refers(rec):
		return "referral", "ns_without_answer"
	case rec.Flags.RA:
		return "recursive", "ra_flag"
	}
	return "non_authoritative", "no_aa_no_ra"
}

// refers reports whether an answer says nothing but who to ask. RFC 2308 §2.2: an answer of no data has an SOA record, or
// no NS records.
func refers(rec *hanalyze.DNS) bool {
	if rec.Rcode != rcodes[0] || len(rec.Answers) > 0 {
		return false
	}
	return has(rec.Authority, "NS") && !has(rec.Authority, "SOA")
}

func has(rrs []hanalyze.DNSRR, typ string) bool { return find(rrs, typ) != nil }

func find(rrs []hanalyze.DNSRR, typ string) *hanalyze.DNSRR {
	for i := range rrs {
		if rrs[i].Type == typ {
			return &rrs[i]
		}
	}
	return nil
}

// negative returns what an answer says there is nothing of, nil when it has data, refers, or was not seen whole.
func negative(rec *hanalyze.DNS) *hanalyze.DNSNegative {
	if rec.Question == nil || rec.Missing != 0 || rec.Truncated || rec.Opcode != opcodes[opcodeQuery] || rec.Protocol != ProtocolDNS {
		return nil
	}
	n := &hanalyze.DNSNegative{Kind: "nxdomain", Name: rec.Question.Name}
	if k := len(rec.CNAMEChain); k > 0 {
		n.Name = rec.CNAMEChain[k-1] // RFC 2308 §2.1: the code speaks for the end of the aliases
	}
	if rec.Rcode != rcodes[rcodeNXDOMAIN] {
		if rec.Rcode != rcodes[0] || rec.Transfer != nil || refers(rec) || answers(rec) {
			return nil
		}
		n.Kind = "nodata"
	}
	if soa := find(rec.Authority, "SOA"); soa != nil {
		n.Zone = soa.Name
		if minimum, ok := soaNumber(soa.Data, 6); ok {
			ttl := uint64(min(minimum, soa.TTL)) // RFC 2308 §5
			n.TTL = &ttl
		}
	}
	return n
}

// answers reports whether the answer section has data of the type asked for.
func answers(rec *hanalyze.DNS) bool {
	q := rec.Question.Type
	if q == "ANY" || q == "MAILB" || q == "MAILA" {
		return len(rec.Answers) > 0
	}
	return has(rec.Answers, q)
}

// update tells an UPDATE message in words.
func update(rec *hanalyze.DNS) *hanalyze.DNSUpdate {
	if rec.Opcode != opcodes[opcodeUpdate] || rec.Question == nil {
		return nil
	}
	return &hanalyze.DNSUpdate{
		Zone:          rec.Question.Name,
		Prerequisites: words(rec.Answers, prerequisite),
		Changes:       words(rec.Authority, change),
	}
}

func words(rrs []hanalyze.DNSRR, say func(*hanalyze.DNSRR) string) (list []string) {
	for i := range rrs[:min(len(rrs), hanalyze.MaxDNSUpdateWords)] {
		list = append(list, say(&rrs[i]))
	}
	return list
}

// prerequisite says what a record of the prerequisite section wants, RFC 2136 §2.4.
func prerequisite(rr *hanalyze.DNSRR) string {
	switch {
	case rr.Class == "ANY" && rr.Type == "ANY":
		return rr.Name + " exists"
	case rr.Class == "ANY":
		return rr.Name + " has " + rr.Type
	case rr.Class == "NONE" && rr.Type == "ANY":
		return rr.Name + " does not exist"
	case rr.Class == "NONE":
		return rr.Name + " has no " + rr.Type
	}
	return rr.Name + " has " + rr.Type + " " + rr.Data
}

// change says what a record of the update section does, RFC 2136 §2.5.
func change(rr *hanalyze.DNSRR) string {
	switch {
	case rr.Class == "ANY" && rr.Type == "ANY":
		return "delete all of " + rr.Name
	case rr.Class == "ANY":
		return "delete all " + rr.Type + " of " + rr.Name
	case rr.Class == "NONE":
		return strings.TrimRight("delete "+rr.Name+" "+rr.Type+" "+rr.Data, " ")
	}
	return "add " + rr.Name + " " + strconv.FormatUint(uint64(rr.TTL), 10) + " " + rr.Type + " " + rr.Data
}
