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
	"capture.damaged":          {evidence: list("stats.inputs.error", "stats.inputs.damaged_at", "stats.inputs.skipped_bytes")},
	"capture.kernel_drops":     {evidence: list("stats.kernel.dropped", "stats.inputs.interfaces.dropped")},
	"capture.truncated":        {evidence: list("stats.inputs.truncated")},

	"dns.contradicting_answer": {evidence: list("dns.contradicts_frame"), see: list("RFC 5452 §4")},
	"dns.lame":                 {evidence: list("dns.rcode REFUSED", "dns.answer_from referral"), see: list("RFC 9499 §7")},
	"dns.malformed":            {evidence: list("dns.outcome malformed"), see: list("RFC 1035 §4", "RFC 6891 §6.1")},
	"dns.mismatched_answer":    {evidence: list("dns.mismatch id", "dns.mismatch question"), see: list("RFC 5452 §9.1")},
	"dns.nxdomain":             {evidence: list("dns.rcode NXDOMAIN"), see: list("RFC 1035 §4.1.1", "RFC 8020")},
	"dns.private_address":      {evidence: list("dns.addresses"), see: list("RFC 1918 §5", "RFC 6761 §6")},
	"dns.search_list":          {evidence: list("dns.rcode NXDOMAIN"), see: list("RFC 1536 §6", "RFC 1535 §6")},
	"dns.server_failure":       {evidence: list("dns.rcode SERVFAIL", "dns.rcode REFUSED"), see: list("RFC 1035 §4.1.1", "RFC 8914")},
	"dns.slow":                 {evidence: list("dns.rtt_ms"), see: list("RFC 1035 §4.2.1")},
	"dns.stale_address":        {evidence: list("conn.lookup.expired"), see: list("RFC 1035 §3.2.1", "RFC 2181 §8")},
	"dns.truncated":            {evidence: list("dns.truncated"), see: list("RFC 2181 §9", "RFC 7766 §5")},
	"dns.unanswered":           {evidence: list("dns.outcome unanswered"), see: list("RFC 1035 §4.2.1", "RFC 7766 §6.2.1")},
	"dns.wrong_source":         {evidence: list("dns.outcome unsolicited", "dns.outcome unanswered"), see: list("RFC 2181 §4", "RFC 5452 §9.1")},

	"grpc.cut":       {evidence: list("http.grpc.request.cut", "http.grpc.response.cut")},
	"grpc.malformed": {evidence: list("http.grpc.request.malformed", "http.grpc.response.malformed")},
	"grpc.status":    {evidence: list("http.grpc.status", "http.grpc.message")},

	"h2.continuation_flood":  {see: list("RFC 9113 §6.10", "RFC 9113 §10.5.1")},
	"h2.empty_data_flood":    {see: list("RFC 9113 §10.5")},
	"h2.error":               {see: list("RFC 9113 §5.4.1", "RFC 9113 §6.8", "RFC 9113 §7")},
	"h2.flow_stall":          {evidence: list("conn.http2.client.flow_stalls", "conn.http2.server.flow_stalls"), see: list("RFC 9113 §5.2", "RFC 9113 §6.9")},
	"h2.header_bomb":         {evidence: list("http.request.header_bytes", "stats.limits.h2_header_lists"), see: list("RFC 7541 §7.3", "RFC 9113 §10.5.1")},
	"h2.malformed":           {see: list("RFC 9113 §4.2", "RFC 9113 §5.4", "RFC 9113 §8.1.1")},
	"h2.not_processed":       {evidence: list("http.retry_safe", "http.reset.goaway"), see: list("RFC 9113 §6.8", "RFC 9113 §8.7")},
	"h2.ping_flood":          {see: list("RFC 9113 §6.7", "RFC 9113 §10.5")},
	"h2.priority_flood":      {see: list("RFC 9113 §5.3.2", "RFC 9113 §10.5")},
	"h2.provoked_resets":     {see: list("RFC 9113 §5.4.2", "RFC 9113 §10.5")},
	"h2.rapid_reset":         {see: list("RFC 9113 §5.1.2", "RFC 9113 §10.5")},
	"h2.reset":               {evidence: list("http.reset"), see: list("RFC 9113 §5.4.2", "RFC 9113 §6.4", "RFC 9113 §7")},
	"h2.settings_flood":      {see: list("RFC 9113 §6.5.3", "RFC 9113 §10.5")},
	"h2.stream_limit":        {evidence: list("conn.http2.at_limit_ms", "conn.http2.stream_limit"), see: list("RFC 9113 §5.1.2")},
	"h2.window_update_flood": {see: list("RFC 9113 §6.9", "RFC 9113 §10.5")},

	"http.ambiguous_framing": {
		evidence: list("http.request.ambiguous", "http.response.ambiguous"),
		see:      list("RFC 9112 §5.1", "RFC 9112 §6.3", "RFC 9112 §7.1", "RFC 9112 §11.2"),
	},
	"http.bad_coding":         {evidence: list("http.response.decode_error"), see: list("RFC 9110 §8.4")},
	"http.cut":                {see: list("RFC 9112 §8")},
	"http.decompression_bomb": {evidence: list("http.response.decode_error limit_ratio"), see: list("RFC 9110 §8.4")},
	"http.malformed":          {evidence: list("http.request.notes", "http.response.notes"), see: list("RFC 9112 §2.2", "RFC 9112 §3", "RFC 9112 §5")},
	"http.other_version":      {see: list("RFC 9113 §3.3", "RFC 9113 §3.4")},
	"http.server_error":       {evidence: list("http.status 5xx"), see: list("RFC 9110 §15.6")},
	"http.unanswered":         {evidence: list("http without status"), see: list("RFC 9112 §9.5")},
	"http.unexpected_body":    {evidence: list("http.method", "http.request.body_bytes"), see: list("RFC 9110 §9.3.1", "RFC 9110 §9.3.2", "RFC 9110 §9.3.8")},

	"http.basic_cleartext":   {evidence: list("http.auth.scheme", "http.path"), see: list("RFC 7617 §4", "RFC 9110 §11")},
	"http.condition_wrong":   {evidence: list("http.conditional.validator contradicts"), see: list("RFC 9110 §13.1.2", "RFC 9110 §15.4.5")},
	"http.cookie_not_secure": {evidence: list("http.cookies.set.secure"), see: list("RFC 6265 §4.1.2.5")},
	"http.cookie_refused":    {evidence: list("http.cookies.set.refused"), see: list("RFC 6265 §5.3")},
	"http.expect_unanswered": {evidence: list("http.expect"), see: list("RFC 9110 §10.1.1")},
	"http.head_of_line":      {evidence: list("http.blocked_by", "http.timing.blocked_ms"), see: list("RFC 9112 §9.3.2")},
	"http.met_close":         {evidence: list("http.met_close"), see: list("RFC 9112 §9.3.1", "RFC 9112 §9.5", "RFC 9110 §9.2.2")},
	"http.not_acceptable":    {evidence: list("http.negotiation.choices.q_permille 0"), see: list("RFC 9110 §12.5")},
	"http.range_mismatch":    {evidence: list("http.range.mismatch"), see: list("RFC 9110 §14.4", "RFC 9110 §15.3.7")},
	"http.redirect_loop":     {evidence: list("http.redirect.loop"), see: list("RFC 9110 §15.4")},
	"http.refetched":         {evidence: list("http.caching.refetch"), see: list("RFC 9111 §4.2")},

	"net.fragment_overlap": {
		evidence: list("stats.fragments.differing", "stats.fragments.contradictory", "stats.fragments.frames"),
		see:      list("RFC 791 §3.2", "RFC 1858", "RFC 3128", "RFC 5722", "RFC 8200 §4.5"),
	},
	"net.mtu": {
		evidence: list("conn.unreachable.mtu"),
		see:      list("RFC 1191", "RFC 4821", "RFC 8201"),
	},
	"net.unreachable": {
		evidence: list("conn.unreachable.hard", "conn.unreachable.from", "conn.unreachable.reason"),
		see:      list("RFC 1122 §4.2.3.9", "RFC 4443 §3.1", "RFC 5461", "RFC 5927"),
	},

	"quic.amplification_limit": {evidence: list("quic.amplification"), see: list("RFC 9000 §8.1", "RFC 8879")},
	"quic.handshake_failed":    {evidence: list("quic.close"), see: list("RFC 9000 §10.2.3", "RFC 9000 §20.1", "RFC 9001 §4.8")},
	"quic.initial_repeated": {
		evidence: list("quic.client_sent.initials_retransmitted", "quic.server_sent.initials_retransmitted"), see: list("RFC 9002 §6.2"),
	},
	"quic.malformed":           {see: list("RFC 9000 §12.4", "RFC 9000 §17.2", "RFC 9000 §18")},
	"quic.may_have_migrated":   {see: list("RFC 9000 §8.2", "RFC 9000 §9.5")},
	"quic.migrated":            {see: list("RFC 9000 §9", "RFC 9000 §9.3", "RFC 9312 §3.2")},
	"quic.retry_forged":        {evidence: list("quic.retry_packet.integrity invalid"), see: list("RFC 9000 §17.2.5", "RFC 9001 §5.8")},
	"quic.small_initial":       {evidence: list("quic.client_sent.max_datagram_bytes"), see: list("RFC 9000 §14.1")},
	"quic.stateless_reset":     {evidence: list("quic.stateless_reset"), see: list("RFC 9000 §10.3")},
	"quic.unheard":             {evidence: list("quic.unheard"), see: list("RFC 9000 §10.1", "RFC 9002 §6.2")},
	"quic.unanswered":          {evidence: list("quic.server_sent.datagrams 0"), see: list("RFC 9308 §2", "RFC 9114 §3.1")},
	"quic.version_negotiation": {evidence: list("quic.version_negotiation", "quic.supported_versions"), see: list("RFC 9000 §6", "RFC 9368")},

	"starttls.clear_login": {see: list("RFC 8314 §3")},
	"starttls.not_used":    {see: list("RFC 8314 §3", "RFC 3207 §4.1")},
	"starttls.refused":     {see: list("RFC 3207 §4.1", "RFC 2595 §2.1")},
	"starttls.stripped":    {see: list("RFC 3207 §6", "RFC 7435")},

	"tcp.challenge_ack": {
		incidents: list(hanalyze.IncidentChallengeACK),
		see:       list("RFC 5961 §3", "RFC 5961 §4"),
	},
	"tcp.delayed_ack": {
		incidents: list(hanalyze.IncidentDelayedAck),
		see:       list("RFC 9293 §3.7.4", "RFC 9293 §3.8.6.3", "RFC 896"),
	},
	"tcp.duplicate_packets": {
		evidence:  list("conn.tcp.duplicate_packets"),
		incidents: list(hanalyze.IncidentDuplicate),
		see:       list("RFC 6864 §4.1"),
	},
	"tcp.fast_retransmission": {
		evidence:  list("conn.tcp.retransmissions.fast"),
		incidents: list(hanalyze.IncidentFast),
		see:       list("RFC 5681 §3.2", "RFC 6675", "RFC 8985"),
	},
	"tcp.fruitless": {evidence: list("conn.tcp.handshake.kind incomplete", "conn.tcp.handshake.kind refused"), see: list("RFC 9293 §3.5")},
	"tcp.gap": {
		evidence:  list("conn.tcp.gap_bytes"),
		incidents: list(hanalyze.IncidentGap),
		see:       list("RFC 9293 §3.4"),
	},
	"tcp.half_closed": {
		evidence: list("conn.tcp.close.close_wait_ms"),
		see:      list("RFC 9293 §3.6"),
	},
	"tcp.half_open": {
		incidents: list(hanalyze.IncidentHalfOpen),
		see:       list("RFC 9293 §3.5.1"),
	},
	"tcp.head_of_line": {
		incidents: list(hanalyze.IncidentHeadOfLine),
		see:       list("RFC 9293 §3.4", "RFC 9114 §1.1"),
	},
	"tcp.implausible": {
		incidents: list(hanalyze.IncidentImplausible),
		see:       list("RFC 9293 §3.4", "RFC 7323 §2.3"),
	},
	"tcp.invalid_reset": {
		incidents: list(hanalyze.IncidentInvalidReset),
		see:       list("RFC 5961 §3.2", "RFC 9293 §3.5.3"),
	},
	"tcp.keep_alive": {
		evidence:  list("conn.tcp.keep_alives", "conn.tcp.client.keep_alive_acks", "conn.tcp.server.keep_alive_acks"),
		incidents: list(hanalyze.IncidentKeepAlive),
		see:       list("RFC 9293 §3.8.4"),
	},
	"tcp.lost_bytes": {
		evidence:  list("conn.tcp.lost_bytes"),
		incidents: list(hanalyze.IncidentLost),
		see:       list("RFC 9293 §3.4"),
	},
	"tcp.no_window_scaling": {
		evidence:  list("conn.tcp.handshake.client.window_scale", "conn.tcp.handshake.server.window_scale"),
		incidents: list(hanalyze.IncidentNoScaling),
		see:       list("RFC 7323 §2"),
	},
	"tcp.out_of_order": {
		evidence:  list("conn.tcp.out_of_order"),
		incidents: list(hanalyze.IncidentOutOfOrder),
		see:       list("RFC 4737", "RFC 5681 §3.2"),
	},
	"tcp.overlap_differs": {see: list("RFC 9293 §3.8.1", "RFC 9293 §3.10.7.4")},
	"tcp.refused":         {evidence: list("conn.tcp.close.kind refused"), see: list("RFC 9293 §3.5.2", "RFC 9293 §3.10.7.1")},
	"tcp.reset": {
		evidence:  list("conn.tcp.close.kind reset", "conn.tcp.close.reset"),
		incidents: list(hanalyze.IncidentHalfOpen),
		see:       list("RFC 9293 §3.5.2", "RFC 9293 §3.5.3", "RFC 5961 §3"),
	},
	"tcp.reset_injection": {
		evidence: list("conn.tcp.close.reset.injection"),
		see:      list("RFC 3360", "RFC 5961 §3"),
	},
	"tcp.retransmission_timeout": {
		evidence:  list("conn.tcp.retransmissions.rto"),
		incidents: list(hanalyze.IncidentTimeout),
		see:       list("RFC 6298 §5"),
	},
	"tcp.retransmissions": {
		evidence: list("conn.tcp.retransmissions"),
		incidents: list(hanalyze.IncidentTimeout, hanalyze.IncidentFast, hanalyze.IncidentTailProbe, hanalyze.IncidentSpurious,
			hanalyze.IncidentResent),
		see: list("RFC 6298 §5", "RFC 5681 §3.2", "RFC 6675", "RFC 8985 §7", "RFC 2883"),
	},
	"tcp.silly_window": {
		incidents: list(hanalyze.IncidentSillyWindow),
		see:       list("RFC 9293 §3.8.6.2", "RFC 813"),
	},
	"tcp.slow_handshake": {
		evidence:  list("conn.tcp.handshake.syn_retries", "conn.tcp.handshake.synack_retries"),
		incidents: list(hanalyze.IncidentTimeout),
		see:       list("RFC 6298 §2.1", "RFC 9293 §3.8.3"),
	},
	"tcp.spurious_retransmission": {
		evidence:  list("conn.tcp.retransmissions.spurious"),
		incidents: list(hanalyze.IncidentSpurious),
		see:       list("RFC 2883", "RFC 3522", "RFC 5682"),
	},
	"tcp.stale_syn": {
		incidents: list(hanalyze.IncidentStaleSYN),
		see:       list("RFC 9293 §3.5", "RFC 5961 §4"),
	},
	"tcp.tail_loss_probe": {
		evidence:  list("conn.tcp.retransmissions.tail_loss_probe"),
		incidents: list(hanalyze.IncidentTailProbe),
		see:       list("RFC 8985 §7"),
	},
	"tcp.scan":      {evidence: list("conn.tcp.handshake.kind incomplete", "conn.tcp.handshake.kind refused"), see: list("RFC 9293 §3.5")},
	"tcp.syn_flood": {evidence: list("conn.tcp.handshake.kind incomplete"), see: list("RFC 4987")},
	"tcp.unanswered": {
		evidence: list("conn.tcp.handshake.kind incomplete", "conn.tcp.handshake.syn_retries"),
		see:      list("RFC 9293 §3.8.3", "RFC 6298 §5"),
	},
	"tcp.window_full": {
		evidence:  list("conn.tcp.window_full"),
		incidents: list(hanalyze.IncidentWindowFull),
		see:       list("RFC 9293 §3.8.6"),
	},
	"tcp.zero_window": {
		evidence:  list("conn.tcp.zero_windows"),
		incidents: list(hanalyze.IncidentZeroWindow, hanalyze.IncidentWindowFull, hanalyze.IncidentWindowProbe),
		see:       list("RFC 9293 §3.8.6", "RFC 9293 §3.8.6.1"),
	},

	"tls.alert":                     {evidence: list("tls.alerts"), see: list("RFC 8446 §6", "RFC 5246 §7.2")},
	"tls.certificate_expired":       {evidence: list("tls.certificates.days_left"), see: list("RFC 5280 §4.1.2.5")},
	"tls.certificate_malformed":     {evidence: list("tls.certificates.error"), see: list("RFC 5280 §4.1")},
	"tls.certificate_name":          {evidence: list("tls.certificates.matches_sni"), see: list("RFC 9525", "RFC 6066 §3")},
	"tls.certificate_not_yet_valid": {evidence: list("tls.certificates.not_yet_valid"), see: list("RFC 5280 §4.1.2.5")},
	"tls.certificate_revoked":       {evidence: list("tls.ocsp.status revoked"), see: list("RFC 6066 §8", "RFC 6960")},
	"tls.chain":                     {evidence: list("tls.chain.out_of_order", "tls.chain.unrelated", "tls.chain.missing_issuer"), see: list("RFC 8446 §4.4.2", "RFC 5246 §7.4.2")},
	"tls.compression":               {evidence: list("tls.weak compression"), see: list("RFC 3749", "RFC 7525 §3.3")},
	"tls.downgrade":                 {evidence: list("tls.server_hello.downgrade"), see: list("RFC 8446 §4.1.3", "RFC 7507")},
	"tls.insecure_renegotiation":    {evidence: list("tls.weak insecure_renegotiation"), see: list("RFC 5746")},
	"tls.malformed":                 {see: list("RFC 8446 §4", "RFC 8446 §5.1", "RFC 5246 §7.4")},
	"tls.no_forward_secrecy":        {evidence: list("tls.forward_secrecy"), see: list("RFC 9325 §4.1")},
	"tls.old_version":               {evidence: list("tls.version"), see: list("RFC 8996", "RFC 7568")},
	"tls.renegotiation":             {see: list("RFC 5246 §7.4.1.1", "RFC 5746")},
	"tls.root_sent":                 {evidence: list("tls.chain.root_sent"), see: list("RFC 8446 §4.4.2")},
	"tls.self_signed":               {evidence: list("tls.certificates.self_signed"), see: list("RFC 5280 §3.2")},
	"tls.weak_certificate":          {evidence: list("tls.certificates.key", "tls.certificates.sig_alg"), see: list("RFC 9155", "RFC 9325 §4.5")},
	"tls.weak_cipher":               {evidence: list("tls.weak", "tls.cipher"), see: list("RFC 7465", "RFC 8429", "RFC 9325 §4.1")},
	"tls.weak_key_exchange":         {evidence: list("tls.weak", "tls.group", "tls.server_signature"), see: list("RFC 7919", "RFC 9155")},

	"ws.abnormal_close":    {evidence: list("websocket.close.code 1006"), see: list("RFC 6455 §7.1.5", "RFC 6455 §7.4.1")},
	"ws.application_close": {evidence: list("websocket.close.code 3000 to 4999"), see: list("RFC 6455 §7.4.2")},
	"ws.error_close":       {evidence: list("websocket.close.code 1002 to 1014"), see: list("RFC 6455 §7.4.1")},
	"ws.handshake":         {evidence: list("websocket.accept_valid", "websocket.violations"), see: list("RFC 6455 §4", "RFC 7692 §7.1", "RFC 8441")},
	"ws.malformed":         {evidence: list("websocket.violations"), see: list("RFC 6455 §5", "RFC 7692 §6")},
	"ws.unmasked":          {evidence: list("websocket.violations mask"), see: list("RFC 6455 §5.1", "RFC 6455 §10.3")},
}

func list(s ...string) []string { return s }
