package pipeline

import (
	"slices"
	"strings"
)

// ownDNS leaves of a DNS record what its own messages say: not what was concluded from the absence of its other half, or from
// earlier answers, which is marked so.
func ownDNS(r record) {
	if q := r.part("question"); q != nil {
		q["name"] = strings.ToLower(q.text("name")) // RFC 4343: an answer may spell it otherwise
	}
	switch {
	case !strings.HasPrefix(r.text("answer_from_reason"), "ttl_"):
	case r.part("flags").is("ra"):
		r["answer_from"], r["answer_from_reason"] = "recursive", "ra_flag"
	default:
		r["answer_from"], r["answer_from_reason"] = "non_authoritative", "no_aa_no_ra"
	}
	if r.text("protocol") != "dns" && r.part("messages").number("queries") == 0 {
		delete(r, "outcome") // what was asked of all is on another flow
		delete(r, "rtt_ms")
		delete(r, "asked_of_all")
	}
	switch r.text("outcome") {
	case "unanswered", "unsolicited", "malformed":
		delete(r, "outcome")
		if r["rcode"] == nil { // flags and options are the question's
			delete(r, "flags")
			delete(r, "edns")
		}
	}
}

// ownHTTP leaves of an HTTP record what its own messages say: not which cookies it should have sent, which is marked as
// inferred, nor that a head is cut. Where no request was seen the version is the response's.
func ownHTTP(r record) {
	if r["method"] == nil && r["stream_id"] == nil {
		delete(r, "version")
	}
	if c := r.part("cookies"); c != nil {
		delete(c, "not_sent")
		delete(c, "basis")
		if len(c) == 0 {
			delete(r, "cookies")
		}
	}
	for _, m := range [...]record{r.part("request"), r.part("response")} {
		notes, _ := m["notes"].([]any)
		if notes = slices.DeleteFunc(notes, func(n any) bool { return n == "truncated" }); len(notes) > 0 {
			m["notes"] = notes
		} else {
			delete(m, "notes")
		}
	}
}

// halves takes apart an exchange whose request and response were only guessed to belong together.
func halves(r record) []record {
	if r.text("pairing") != "guessed" {
		return []record{r}
	}
	request, response := record{}, record{}
	for k, v := range r {
		switch k {
		case "status", "reason", "response", "persistent":
			response[k] = v
		case "type", "client", "server", "transport", "stream_id":
			request[k], response[k] = v, v
		case "cookies":
			for k, half := range map[string]record{"sent": request, "set": response} {
				if c := r.part("cookies")[k]; c != nil {
					half["cookies"] = map[string]any{k: c}
				}
			}
		case "auth":
			for k, v := range r.part(k) {
				half := request
				if k == "challenges" {
					half = response
				}
				if half["auth"] == nil {
					half["auth"] = map[string]any{}
				}
				half.part("auth")[k] = v
			}
		case "pairing", "complete":
		default:
			request[k] = v
		}
	}
	return []record{request, response}
}
