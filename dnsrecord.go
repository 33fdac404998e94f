package hanalyze

// DNS tells of one question and its answer.
type DNS struct {
	Envelope
	ID         uint16        `json:"id"`                   // message ID
	Opcode     string        `json:"opcode"`               // IANA name: QUERY, UPDATE, …
	Rcode      string        `json:"rcode,omitzero"`       // IANA name with EDNS's upper bits; absent without an answer
	Flags      DNSFlags      `json:"flags"`                // of the answer, or of the question when there is none
	Question   *DNSQuestion  `json:"question,omitzero"`    // the first question
	Questions  []DNSQuestion `json:"questions,omitzero"`   // all of them, only when there are several
	Messages   DNSMessages   `json:"messages"`             // what was seen of the exchange
	Answers    []DNSRR       `json:"answers,omitzero"`     // answer section
	Authority  []DNSRR       `json:"authority,omitzero"`   // authority section
	Additional []DNSRR       `json:"additional,omitzero"`  // additional section without OPT
	EDNS       *EDNS         `json:"edns,omitzero"`        // OPT of the answer, or of the question
	CNAMEChain []string      `json:"cname_chain,omitzero"` // names from the question to the last CNAME's target
	Addresses  []string      `json:"addresses,omitzero"`   // A and AAAA data of the answer section
	RTT        Span          `json:"rtt_ms,omitzero"`      // last query before the answer to the answer
	Retries    uint64        `json:"retries"`              // queries sent again
	Outcome    string        `json:"outcome"`              // answered, unanswered, unsolicited, one_way or malformed
	Protocol   string        `json:"protocol"`             // dns, mdns or llmnr
	Truncated  bool          `json:"truncated,omitzero"`   // the answer had TC set: the client is to ask again over TCP
	Missing    Missing       `json:"missing"`
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
}

// DNSQuestion is one entry of the question section.
type DNSQuestion struct {
	Name  string `json:"name"`  // presentation form without the final dot; the root is "."
	Type  string `json:"type"`  // IANA name or TYPE65280
	Class string `json:"class"` // IN, CH, …, or CLASS4096
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
	Data  string `json:"data"`  // presentation form; RFC 3597 for unknown types
}

// EDNS is the OPT pseudo-record of RFC 6891.
type EDNS struct {
	Version uint8        `json:"version"`          // 0
	UDPSize uint16       `json:"udp_size"`         // largest UDP answer the sender takes
	DO      bool         `json:"do"`               // DNSSEC records wanted
	Options []EDNSOption `json:"options,omitzero"` // in wire order
}

// EDNSOption is one option of an OPT record.
type EDNSOption struct {
	Code uint16 `json:"code"`          // option code
	Name string `json:"name"`          // IANA name, or OPT65001
	Data string `json:"data,omitzero"` // readable form where one is known, else hexadecimal
}
