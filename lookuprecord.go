package hanalyze

// ConnLookup tells which answer a client had got that gave it the address it connected to. That the connection was made
// because of it is a conclusion: of client, address and time.
type ConnLookup struct {
	Name    string        `json:"name"`                  // what was asked for
	Target  string        `json:"target,omitzero"`       // the name that has the address, where it is not the one asked for
	Via     string        `json:"via"`                   // address (an A or AAAA record), https_hint, or additional (an address told along with other data)
	Frame   uint64        `json:"frame"`                 // packet of the answer
	Conn    uint64        `json:"conn"`                  // its flow
	Place   uint64        `json:"place"`                 // which of the addresses in the answer, from 1
	Of      uint64        `json:"of"`                    // how many there were
	Age     Span          `json:"age_ms"`                // from the answer to the first packet of the connection
	TTL     uint64        `json:"ttl"`                   // seconds it was good for
	Expired bool          `json:"expired,omitzero"`      // the connection began when that time was over
	Tried   []ConnAttempt `json:"tried_before,omitzero"` // other addresses of the name that were tried before and failed
	Basis   Basis         `json:"basis"`                 // inferred
}

// ConnAttempt is an earlier connection to another address of the same name that came to nothing.
type ConnAttempt struct {
	IP      string `json:"ip"`        // address
	Conn    uint64 `json:"conn"`      // flow
	Before  Span   `json:"before_ms"` // how much earlier it began
	Outcome string `json:"outcome"`   // refused, or unanswered until then
}
