package findings

import "hanalyze"

// Explanations returns what every identifier means, in the order of Catalog.
func Explanations() []hanalyze.Explanation {
	list := make([]hanalyze.Explanation, 0, len(Catalog))
	for _, k := range Catalog {
		s := sources[k.ID]
		list = append(list, hanalyze.Explanation{
			ID: k.ID, Severity: k.Severity, Title: k.Title, Why: k.Why, Advice: k.Advice,
			Evidence: s.evidence, Incidents: s.incidents, See: s.see,
		})
	}
	return list
}

// source is what a kind rests on; the fields are those of hanalyze.Explanation.
type source struct{ evidence, incidents, see []string }

// sources are by identifier. What a decoder met and tells with the packet needs no evidence here.
var sources = map[string]source{
	"capture.checksum_offload": {evidence: list("stats.checksums.left", "stats.checksums.bad"), see: list("RFC 9293 §3.1")},
	"capture.kernel_drops":     {evidence: list("stats.kernel.dropped")},
	"capture.truncated":        {evidence: list("stats.inputs.truncated")},

	"dns.malformed":      {evidence: list("dns.outcome malformed"), see: list("RFC 1035 §4", "RFC 6891 §6.1")},
	"dns.nxdomain":       {evidence: list("dns.rcode NXDOMAIN"), see: list("RFC 1035 §4.1.1", "RFC 8020")},
	"dns.server_failure": {evidence: list("dns.rcode SERVFAIL", "dns.rcode REFUSED"), see: list("RFC 1035 §4.1.1", "RFC 8914")},
	"dns.unanswered":     {evidence: list("dns.outcome unanswered"), see: list("RFC 1035 §4.2.1", "RFC 7766 §6.2.1")},

	"h2.error":     {see: list("RFC 9113 §5.4.1", "RFC 9113 §6.8", "RFC 9113 §7")},
	"h2.malformed": {see: list("RFC 9113 §4.2", "RFC 9113 §5.4", "RFC 9113 §8.1.1")},
	"h2.reset":     {evidence: list("http.reset"), see: list("RFC 9113 §5.4.2", "RFC 9113 §6.4", "RFC 9113 §7")},

	"http.ambiguous_framing": {see: list("RFC 9112 §6.3", "RFC 9112 §11.2")},
	"http.cut":               {see: list("RFC 9112 §8")},
	"http.malformed":         {see: list("RFC 9112 §2.2", "RFC 9112 §3", "RFC 9112 §5")},
	"http.server_error":      {evidence: list("http.status 5xx"), see: list("RFC 9110 §15.6")},
	"http.unanswered":        {evidence: list("http without status"), see: list("RFC 9112 §9.5")},

	"net.mtu": {
		evidence: list("conn.unreachable.mtu"),
		see:      list("RFC 1191", "RFC 4821", "RFC 8201"),
	},
	"net.unreachable": {
		evidence: list("conn.unreachable.hard", "conn.unreachable.from", "conn.unreachable.reason"),
		see:      list("RFC 1122 §4.2.3.9", "RFC 4443 §3.1", "RFC 5461", "RFC 5927"),
	},

	"tcp.gap": {
		evidence:  list("conn.tcp.gap_bytes"),
		incidents: list(hanalyze.IncidentGap),
		see:       list("RFC 9293 §3.4"),
	},
	"tcp.overlap_differs": {see: list("RFC 9293 §3.8.1", "RFC 9293 §3.10.7.4")},
	"tcp.refused":         {evidence: list("conn.tcp.close.kind refused"), see: list("RFC 9293 §3.5.2", "RFC 9293 §3.10.7.1")},
	"tcp.reset": {
		evidence:  list("conn.tcp.close.kind reset", "conn.tcp.close.reset"),
		incidents: list(hanalyze.IncidentHalfOpen),
		see:       list("RFC 9293 §3.5.2", "RFC 9293 §3.5.3", "RFC 5961 §3"),
	},
	"tcp.retransmissions": {
		evidence: list("conn.tcp.retransmissions"),
		incidents: list(hanalyze.IncidentTimeout, hanalyze.IncidentFast, hanalyze.IncidentTailProbe, hanalyze.IncidentSpurious,
			hanalyze.IncidentResent),
		see: list("RFC 6298 §5", "RFC 5681 §3.2", "RFC 6675", "RFC 8985 §7", "RFC 2883"),
	},
	"tcp.unanswered": {
		evidence: list("conn.tcp.handshake.kind incomplete", "conn.tcp.handshake.syn_retries"),
		see:      list("RFC 9293 §3.8.3", "RFC 6298 §5"),
	},
	"tcp.zero_window": {
		evidence:  list("conn.tcp.zero_windows"),
		incidents: list(hanalyze.IncidentZeroWindow, hanalyze.IncidentWindowFull, hanalyze.IncidentWindowProbe),
		see:       list("RFC 9293 §3.8.6", "RFC 9293 §3.8.6.1"),
	},

	"tls.alert":               {evidence: list("tls.alerts"), see: list("RFC 8446 §6", "RFC 5246 §7.2")},
	"tls.certificate_expired": {evidence: list("tls.certificates.days_left"), see: list("RFC 5280 §4.1.2.5")},
	"tls.certificate_name":    {evidence: list("tls.certificates.matches_sni"), see: list("RFC 9525", "RFC 6066 §3")},
	"tls.malformed":           {see: list("RFC 8446 §4", "RFC 8446 §5.1", "RFC 5246 §7.4")},
	"tls.old_version":         {evidence: list("tls.version"), see: list("RFC 8996", "RFC 7568")},
}

func list(s ...string) []string { return s }
