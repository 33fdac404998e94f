package main

import (
	"fmt"
	"strings"
)

// stringers are the number types that print the name their String method gives, with all the names there are.
var stringers = map[string]string{
	"Dir":         "c2s s2c",
	"Orientation": "syn syn_ack port content first_packet",
	"Severity":    "info note warning error",
	"Transport":   "tcp udp",
}

// decodeErrors are the reasons for which the codings of a body could not be undone to the end.
const decodeErrors = "truncated checksum corrupt trailing_bytes mislabelled unsupported partial_content coding_unknown " +
	"limit_ratio limit_size limit_memory limit_layers limit_window"

// fieldEnums are the string fields with a closed set of values, by Type.Field. Registries that grow without us (cipher
// suites, RR types, header names) are not here.
var fieldEnums = map[string]string{
	"TCPHandshake.Kind":       "three_way simultaneous incomplete refused mid_stream",
	"TCPHandshake.TFO":        "none cookie_request data_on_syn accepted",
	"TCPClose.Kind":           "fin_4 fin_3_merged simultaneous half_closed reset refused timeout open",
	"TCPClose.By":             "client server",
	"TCPTimeWait.Side":        "client server both",
	"TCPTimeWait.Ended":       "reused assassinated",
	"TCPReset.By":             "client server",
	"TCPReset.Phase":          "handshake data teardown",
	"TCPReset.After":          "syn syn_ack handshake client_hello request data acknowledgment idle fin unread_data nothing",
	"TCPInjection.Confidence": "low medium high",
	"TCPInjection.Evidence":   "ttl ip_id sequence options spoke_after",
	"TCPIncident.By":          "client server",
	"TCPIncident.Kind": "retransmission_timeout fast_retransmission tail_loss_probe spurious_retransmission retransmission " +
		"out_of_order duplicate_packet capture_gap lost_bytes head_of_line zero_window window_full window_probe silly_window " +
		"no_window_scaling delayed_ack keep_alive idle stale_syn challenge_ack invalid_reset implausible half_open bad_checksum",
	"Unreachable.Reason": "net_unreachable host_unreachable protocol_unreachable port_unreachable fragmentation_needed " +
		"source_route_failed net_unknown host_unknown source_isolated net_prohibited host_prohibited net_unreachable_for_tos " +
		"host_unreachable_for_tos admin_prohibited precedence_violation precedence_cutoff no_route beyond_scope source_policy " +
		"reject_route headers_too_long packet_too_big source_quench ttl_exceeded reassembly_timeout parameter_problem unreachable",
	"TCPStep.Phase":  "handshake data teardown reset keep_alive",
	"TCPStep.Step":   "syn synack ack fin_1 fin_1_ack fin_2 fin_2_ack rst",
	"TCPEvent.Phase": "handshake data teardown reset keep_alive",
	"TCPEvent.Step":  "syn synack ack fin_1 fin_1_ack fin_2 fin_2_ack rst",
	"Packet.Class": "new ahead pure_ack duplicate_ack retransmission out_of_order keep_alive window_probe duplicate_packet " +
		"old_duplicate invalid",
	"Packet.Cause":        "rto fast tail_loss_probe spurious",
	"Packet.Phase":        "handshake data teardown reset keep_alive",
	"Packet.Step":         "syn synack ack fin_1 fin_1_ack fin_2 fin_2_ack rst",
	"DNS.Outcome":         "answered unanswered unsolicited one_way malformed",
	"DNS.Mismatch":        "id question case",
	"DNS.AnswerFrom":      "authoritative recursive cache referral non_authoritative",
	"DNS.AnswerWhy":       "aa_flag ra_flag no_aa_no_ra ns_without_answer ttl_ran_down ttl_below_first",
	"DNS.Signed":          "tsig sig0",
	"DNSNegative.Kind":    "nxdomain nodata",
	"DNSTransfer.Kind":    "axfr ixfr",
	"DNSTransfer.Result":  "whole incremental up_to_date refused cut",
	"DNSLink.Reason":      "truncated unanswered failed",
	"DNSRace.Type":        "A AAAA",
	"ConnLookup.Via":      "address https_hint additional",
	"ConnAttempt.Outcome": "refused unanswered",
	"DNS.Protocol":        "dns mdns llmnr",
	"TLS.EarlyData":       "not_offered offered accepted rejected",
	"TLS.ECH":             "offered accepted rejected",
	"TLS.Weak": "null_cipher export anonymous rc4 rc2 3des des idea md5_mac no_forward_secrecy small_dh compression md5_signature " +
		"sha1_signature insecure_renegotiation",
	"ClientHello.Heartbeat":   "allowed not_allowed",
	"ServerHello.Heartbeat":   "allowed not_allowed",
	"ServerHello.Downgrade":   "1.2 1.3",
	"ECHOffer.Type":           "outer inner",
	"OCSPStaple.Status":       "good revoked unknown",
	"Resumption.Kind":         "none session_id ticket psk",
	"Resumption.Offered":      "session_id ticket psk",
	"TLSAlert.Level":          "warning fatal",
	"QUICRetry.Integrity":     "valid invalid unknown",
	"QUICClose.By":            "client server",
	"QUICReset.By":            "client server",
	"QUICUnheard.By":          "client server",
	"QUIC.TokenFrom":          "earlier_connection",
	"QUICLedBy.Kind":          "https_record alt_svc",
	"HTTP.Pairing":            "certain guessed",
	"HTTPMessage.Framing":     "none content_length chunked until_close frames tunnel",
	"HTTPReset.By":            "client server",
	"HTTP2Frame.StreamState":  "idle reserved_local reserved_remote open half_closed_local half_closed_remote closed",
	"WebSocketClose.By":       "client server",
	"WebSocketMessage.Opcode": "continuation text binary close ping pong",
	"GRPC.Kind":               "unary client_stream server_stream bidi",
	"StatsInput.Format":       "pcap pcapng live unknown",
	"StatsInput.Compression":  "gzip zstd lz4 xz",

	"BodyFile.Error":          decodeErrors,
	"BodyFile.Pairing":        "guessed",
	"BodyFile.Missing":        "gap snaplen mid_stream no_keys limit end_of_capture",
	"HTTPContent.Charset":     "utf-8 utf-16le utf-16be windows-1252",
	"HTTPContent.DecodeError": decodeErrors,

	"HTTPPersistence.Why":        "connection_close keep_alive http10 until_close",
	"HTTPPersistence.By":         "client server both",
	"HTTPMetClose.How":           "fin reset",
	"HTTPMetClose.When":          "before during",
	"HTTPMetClose.Retry":         "safe unsafe",
	"HTTPExpect.Answer":          "100 417 final none",
	"HTTPDelivery.Kind":          "sse stream long_poll",
	"HTTPRange.Outcome":          "partial several unsatisfiable whole",
	"HTTPRange.Mismatch":         "body_length not_asked invalid",
	"HTTPConditional.Conditions": "if_match if_none_match if_modified_since if_unmodified_since if_range",
	"HTTPConditional.Outcome":    "not_modified sent precondition_failed",
	"HTTPConditional.Validator":  "agrees contradicts",
	"HTTPCaching.Storable":       "any private none",
	"HTTPCaching.From":           "max_age expires heuristic",
	"HTTPRefetch.Asked":          "check whole reload",
	"HTTPCookie.SameSite":        "strict lax none",
	"HTTPCookie.Refused":         "foreign_domain secure_over_http same_site_none_not_secure secure_prefix host_prefix public_suffix partitioned_not_secure",
	"HTTPChoice.Of":              "type coding language",
	"HTTPAuth.Outcome":           "challenged refused accepted",
	"HTTPUse.End":                "connection_close http10 until_close upgrade idle aborted open",
	"HTTPUse.By":                 "client server",
}

// patterns are the string fields with a form, by Type.Field, as regular expressions.
var patterns = map[string]string{
	"TCPStep.Flags":  "^F?S?R?P?A?U?E?C?N?$",
	"Packet.Flags":   "^F?S?R?P?A?U?E?C?N?$",
	"TCPEvent.Flags": "^F?S?R?P?A?U?E?C?N?$",
}

// checkEnums makes sure that a renamed type or field does not silently lose its values.
func (m *model) checkEnums() error {
	for _, table := range []map[string]string{fieldEnums, patterns} {
		for name := range table {
			if !m.hasField(name) {
				return fmt.Errorf("enums.go: the root package has no field %s", name)
			}
		}
	}
	for name := range stringers {
		if _, ok := m.named[name]; !ok {
			return fmt.Errorf("enums.go: the root package has no type %s", name)
		}
	}
	return nil
}

func (m *model) hasField(name string) bool {
	structName, fieldName, _ := strings.Cut(name, ".")
	s := m.structs[structName]
	if s == nil {
		return false
	}
	for _, f := range s.fields {
		if f.name == fieldName {
			return true
		}
	}
	return false
}

// enum returns the values a field can take, nil for any.
func (m *model) enum(s *structType, f field) []string {
	if values, ok := fieldEnums[s.name+"."+f.name]; ok {
		return strings.Fields(values)
	}
	if values, ok := stringers[f.typ.name]; ok {
		return strings.Fields(values)
	}
	return m.consts[f.typ.name]
}
