package hanalyze

// DNS tells of one question and its answer.
type DNS struct {
	Envelope
	ID          uint16        `json:"id"`                          // message ID
	Opcode      string        `json:"opcode"`                      // IANA name: QUERY, UPDATE, …
	Rcode       string        `json:"rcode,omitzero"`              // IANA name with EDNS's upper bits; absent without an answer
	Flags       DNSFlags      `json:"flags"`                       // of the answer, or of the question when there is none
	Mismatch    string        `json:"mismatch,omitzero"`           // how an answer differs from the question that waits on this flow: id, question; or case, of the letters of the name
	Basis       Basis         `json:"basis,omitzero"`              // inferred, when question and answer have only the ID in common
	Question    *DNSQuestion  `json:"question,omitzero"`           // the first question
	Questions   []DNSQuestion `json:"questions,omitzero"`          // all of them, only when there are several
	Messages    DNSMessages   `json:"messages"`                    // what was seen of the exchange
	Answers     []DNSRR       `json:"answers,omitzero"`            // answer section; of an update or a notification what its sender says there
	Authority   []DNSRR       `json:"authority,omitzero"`          // authority section, likewise
	Additional  []DNSRR       `json:"additional,omitzero"`         // additional section of the answer, without OPT
	EDNS        *EDNS         `json:"edns,omitzero"`               // OPT of the answer, or of the question
	DSO         []DNSTLV      `json:"dso,omitzero"`                // of a stateful operation (RFC 8490), the question's and the answer's
	CNAMEChain  []string      `json:"cname_chain,omitzero"`        // names from the question to the last CNAME's target
	Addresses   []string      `json:"addresses,omitzero"`          // A and AAAA data of the answer section
	AnswerFrom  string        `json:"answer_from,omitzero"`        // who the data comes from: authoritative, recursive, cache, referral or non_authoritative
	AnswerWhy   string        `json:"answer_from_reason,omitzero"` // what says so: aa_flag, ra_flag, no_aa_no_ra, ns_without_answer, ttl_ran_down or ttl_below_first
	Negative    *DNSNegative  `json:"negative,omitzero"`           // the answer says that there is nothing
	Update      *DNSUpdate    `json:"update,omitzero"`             // what a dynamic update asks for
	Transfer    *DNSTransfer  `json:"transfer,omitzero"`           // of a zone, as asked for and as answered
	Signed      string        `json:"signed,omitzero"`             // how the question or the answer was signed: tsig or sig0
	RTT         Span          `json:"rtt_ms,omitzero"`             // last query before the answer to the answer
	Retries     uint64        `json:"retries"`                     // queries sent again
	Outcome     string        `json:"outcome"`                     // answered, unanswered, unsolicited, one_way or malformed
	Protocol    string        `json:"protocol"`                    // dns, mdns or llmnr
	Truncated   bool          `json:"truncated,omitzero"`          // the answer had TC set: the client is to ask again over TCP
	Contradicts uint64        `json:"contradicts_frame,omitzero"`  // packet of the answer to the same question that this second one differs from
	Follows     *DNSLink      `json:"follows,omitzero"`            // the exchange whose failure made the client ask once more
	AskedAgain  *DNSLink      `json:"asked_again,omitzero"`        // the exchange in which the client asked once more
	AskedOfAll  *DNSAsked     `json:"asked_of_all,omitzero"`       // mDNS, LLMNR: the question, which was sent to a group and so is on another flow
	Cached      *DNSCached    `json:"asked_before,omitzero"`       // an earlier answer that was still good when the client asked
	Race        *DNSRace      `json:"race,omitzero"`               // the question for the other address family, asked at the same time and answered first
	Missing     Missing       `json:"missing"`
}

// RecordType returns "dns".
func (*DNS) RecordType() string { return "dns" }

// DNSFlags are the header bits of RFC 1035 §4.1.1 and RFC 4035 §3.
type DNSFlags struct {
	AA bool `json:"aa"` // authoritative answer
	TC bool `json:"tc"` // truncated
	RD bool `json:"rd"` // recursion desired
	RA bool `json:"ra"` // recursion available
	AD bool `json:"ad"` // authentic data
	CD bool `json:"cd"` // checking disabled

	// LLMNR has other bits in the places of AA and RD, RFC 4795 §2.1.1.
	Conflict  bool `json:"conflict,omitzero"`  // several answered to a name that only one should have
	Tentative bool `json:"tentative,omitzero"` // the sender has the name, but not yet made sure that nobody else has
}

// DNSQuestion is one entry of the question section.
type DNSQuestion struct {
	Name  string `json:"name"`  // presentation form without the final dot; the root is "."
	Type  string `json:"type"`  // IANA name or TYPE65280
	Class string `json:"class"` // IN, CH, …, or CLASS4096

	UnicastResponse bool `json:"unicast_response,omitzero"` // mDNS: the answer is to be sent to the asker alone
}

// DNSMessages counts what was seen of an exchange, repetitions included.
type DNSMessages struct {
	Queries   uint64 `json:"queries"`   // queries seen
	Responses uint64 `json:"responses"` // responses seen
}

// DNSRR is one resource record.
type DNSRR struct {
	Name  string `json:"name"`  // owner
	Type  string `json:"type"`  // IANA name or TYPE65280
	Class string `json:"class"` // IN, CH, …
	TTL   uint32 `json:"ttl"`   // seconds

	CacheFlush bool `json:"cache_flush,omitzero"` // mDNS: what others said before of this name and type is void

	Data string `json:"data"` // presentation form; RFC 3597 for unknown types
}

// EDNS is the OPT pseudo-record of RFC 6891.
type EDNS struct {
	Version uint8        `json:"version"`          // 0
	UDPSize uint16       `json:"udp_size"`         // largest UDP answer the sender takes
	DO      bool         `json:"do"`               // DNSSEC records wanted
	CO      bool         `json:"co,omitzero"`      // compact denial of existence understood (RFC 9824)
	Options []EDNSOption `json:"options,omitzero"` // in wire order
}

// EDNSOption is one option of an OPT record.
type EDNSOption struct {
	Code uint16 `json:"code"`          // option code
	Name string `json:"name"`          // IANA name, or OPT65001
	Data string `json:"data,omitzero"` // readable form where one is known, else hexadecimal
}

// DNSTLV is one TLV of a stateful operation, RFC 8490.
type DNSTLV struct {
	Code     uint16   `json:"code"`              // DSO type code
	Name     string   `json:"name"`              // IANA name, or DSO63488
	Response bool     `json:"response,omitzero"` // it is the answer's
	Data     string   `json:"data,omitzero"`     // readable form where one is known, else hexadecimal
	Changes  []string `json:"changes,omitzero"`  // PUSH: what has changed, at most MaxDNSUpdateWords
}

// DNSNegative is what an answer without data says: there is no such name, or the name has no such data (RFC 2308).
type DNSNegative struct {
	Kind string  `json:"kind"`          // nxdomain or nodata
	Name string  `json:"name"`          // the name there is nothing of: the question's, or the end of its aliases
	Zone string  `json:"zone,omitzero"` // owner of the SOA record
	TTL  *uint64 `json:"ttl,omitzero"`  // seconds it may be cached: the lower of the SOA record's TTL and minimum (RFC 2308 §5)
}

// DNSUpdate tells an UPDATE message (RFC 2136) in words. The records themselves are in answers (prerequisites) and
// authority (changes).
type DNSUpdate struct {
	Zone          string   `json:"zone"`                   // to be changed
	Prerequisites []string `json:"prerequisites,omitzero"` // what must be so, at most MaxDNSUpdateWords
	Changes       []string `json:"changes,omitzero"`       // what is to be added and deleted, at most MaxDNSUpdateWords
}

// MaxDNSUpdateWords bounds both lists of DNSUpdate: a client registers a handful of records, and the sections hold all.
const MaxDNSUpdateWords = 64

// DNSTransfer is the account of a zone transfer (RFC 5936, RFC 1995).
type DNSTransfer struct {
	Kind       string `json:"kind"`                 // axfr or ixfr
	FromSerial uint32 `json:"from_serial,omitzero"` // ixfr: what the client has
	Serial     uint32 `json:"serial,omitzero"`      // what the server has
	Records    uint64 `json:"records"`              // resource records of all messages, the SOA records among them
	Result     string `json:"result,omitzero"`      // whole, incremental, up_to_date, refused, or cut, where it ended before its end; absent where packets are missing that may have told
}

// DNSLink leads to another exchange about the same question.
type DNSLink struct {
	Frame  uint64 `json:"frame"`  // its first packet
	Conn   uint64 `json:"conn"`   // its flow
	Reason string `json:"reason"` // why it was asked once more: truncated, unanswered or failed
}

// DNSAsked leads to a question that was sent to a group. That an answer belongs to it is concluded from the asker's port, the
// ID and the question.
type DNSAsked struct {
	Frame   uint64 `json:"frame"`   // its first packet
	Conn    uint64 `json:"conn"`    // its flow
	Queries uint64 `json:"queries"` // how often it was asked until the answer
	Basis   Basis  `json:"basis"`   // inferred
}

// DNSCached leads to an earlier answer.
type DNSCached struct {
	Frame uint64 `json:"frame"`    // packet of the answer
	Conn  uint64 `json:"conn"`     // its flow
	Age   Span   `json:"age_ms"`   // from the answer to the question
	Left  uint64 `json:"ttl_left"` // seconds of its lowest TTL that were left
}

// DNSRace leads to the question for the other address family.
type DNSRace struct {
	Type  string `json:"type"`    // A or AAAA
	Frame uint64 `json:"frame"`   // its first packet
	Conn  uint64 `json:"conn"`    // its flow
	Lead  Span   `json:"lead_ms"` // how much earlier its answer came
}
