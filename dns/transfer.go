package dns

import (
	"strconv"
	"strings"

	"hanalyze"
)

// transfer follows a zone transfer, which answers one question with many messages (RFC 5936 §2.2). The first record is the
// zone's new SOA, and so is the last; an incremental one (RFC 1995 §4) has it once more between what the last difference
// deletes and what it adds. Until the end the exchange stays open and its answers are collected.
type transfer struct {
	told        *hanalyze.DNSTransfer
	stream      bool   // over TCP, where more messages can follow
	first       string // data of the first SOA
	soas        int    // how often it came
	incremental bool
	lost        bool // messages may be missing: the first record seen need not be the first
}

// newTransfer returns what follows the transfer that a query asks for, nil when it asks for none.
func newTransfer(query *Message, stream bool) *transfer {
	if len(query.Questions) == 0 || query.Opcode != opcodeQuery {
		return nil
	}
	t := &transfer{told: &hanalyze.DNSTransfer{}, stream: stream}
	switch query.Questions[0].Type {
	case "AXFR":
		t.told.Kind = "axfr"
	case "IXFR":
		t.told.Kind = "ixfr"
	default:
		return nil
	}
	for i := range query.Authority { // RFC 1995 §3: the version that the client has
		if rr := &query.Authority[i]; rr.Type == "SOA" {
			t.told.FromSerial, _ = serial(rr.Data)
		}
	}
	return t
}

// more takes the answers of a further message and reports whether others are to come.
func (t *transfer) more(rcode uint16, rrs []hanalyze.DNSRR) bool {
	if rcode != 0 || !t.lost && t.told.Records == 0 && (len(rrs) == 0 || rrs[0].Type != "SOA") {
		t.told.Result = "refused"
		return false
	}
	var last bool
	for i := range rrs {
		last = t.record(&rrs[i])
	}
	return !t.ends(last)
}

// record takes one record and reports whether it is the new SOA.
func (t *transfer) record(rr *hanalyze.DNSRR) bool {
	t.told.Records++
	if rr.Type != "SOA" {
		return false
	}
	if t.told.Records == 1 {
		t.first = rr.Data
		if !t.unsure() {
			t.told.Serial, _ = serial(rr.Data)
		}
	}
	if t.told.Records == 2 && rr.Data != t.first {
		t.incremental = t.told.Kind == "ixfr"
	}
	if rr.Data != t.first {
		return false
	}
	t.soas++
	return true
}

// ends reports whether the transfer is at its end, and sets the result then. last says that the last record of a message
// is the new SOA.
func (t *transfer) ends(last bool) bool {
	lone := t.told.Records == 1 && t.told.Kind == "ixfr"
	switch {
	case t.unsure():
		return false
	case lone && t.told.Serial == t.told.FromSerial:
		t.told.Result = "up_to_date"
	case lone && !t.stream: // RFC 1995 §4: the differences do not fit a datagram
		t.told.Result = "cut"
	case last && t.incremental && t.soas == 3:
		t.told.Result = "incremental"
	case last && !t.incremental && t.soas == 2:
		t.told.Result = "whole"
	default:
		return false
	}
	return true
}

// unsure reports whether nobody can tell which SOA record is which: an incremental transfer has old ones too, whose place
// is known by counting only.
func (t *transfer) unsure() bool { return t.lost && t.told.Kind == "ixfr" }

// serial reads the serial number from the data of an SOA record.
func serial(soa string) (uint32, bool) {
	n, ok := soaNumber(soa, 2)
	return n, ok
}

// soaNumber reads the field of that place from the data of an SOA record. Names in it have no blanks.
func soaNumber(soa string, place int) (uint32, bool) {
	for range place {
		_, rest, ok := strings.Cut(soa, " ")
		if !ok {
			return 0, false
		}
		soa = rest
	}
	word, _, _ := strings.Cut(soa, " ")
	n, err := strconv.ParseUint(word, 10, 32)
	return uint32(n), err == nil
}
