package quic

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"hanalyze"
)

// Limits of what a record tells of transport parameters.
const (
	// maxParameters bounds the list. Clients send about a dozen.
	maxParameters = 64
	// maxParameterBytes bounds one that is no number. The longest in use are of some dozen bytes.
	maxParameterBytes = 256
	// maxVersions bounds lists of versions. Servers name up to ten.
	maxVersions = 32
)

// parameter is what IANA's registry says of a transport parameter.
type parameter struct {
	id     uint64
	name   string
	number bool // its value is a variable-length integer
}

// Versions that the client speaks: the one it began with, then all (RFC 9368 §3).
const (
	paramVersionInformation      = 0x11
	paramVersionInformationDraft = 0xff73db
)

// parameters is IANA's registry of QUIC transport parameters, with those of drafts and programs that are in use.
var parameters = [...]parameter{
	{0x00, "original_destination_connection_id", false},
	{0x01, "max_idle_timeout", true},
	{0x02, "stateless_reset_token", false},
	{0x03, "max_udp_payload_size", true},
	{0x04, "initial_max_data", true},
	{0x05, "initial_max_stream_data_bidi_local", true},
	{0x06, "initial_max_stream_data_bidi_remote", true},
	{0x07, "initial_max_stream_data_uni", true},
	{0x08, "initial_max_streams_bidi", true},
	{0x09, "initial_max_streams_uni", true},
	{0x0a, "ack_delay_exponent", true},
	{0x0b, "max_ack_delay", true},
	{0x0c, "disable_active_migration", false},
	{0x0d, "preferred_address", false},
	{0x0e, "active_connection_id_limit", true},
	{0x0f, "initial_source_connection_id", false},
	{0x10, "retry_source_connection_id", false},
	{paramVersionInformation, "version_information", false},
	{0x20, "max_datagram_frame_size", true},
	{0x0b61, "initial_max_path_id", true},
	{0x173e, "discard", false},
	{0x26ab, "google_handshake_message", false},
	{0x2ab2, "grease_quic_bit", false},
	{0x3127, "initial_rtt", true},
	{0x3128, "google_connection_options", false},
	{0x3129, "user_agent", false},
	{0x4752, "google_version", false},
	{0x7157, "enable_time_stamp", true},
	{paramVersionInformationDraft, "version_information_draft", false},
	{0xde1a, "min_ack_delay_draft", true},
	{0xff04de1a, "min_ack_delay_draft", true},
	{0xff04de1b, "min_ack_delay", true},
}

// parameterOf returns what is known of an identifier, nil when it is none of the registry.
func parameterOf(id uint64) *parameter {
	for i := range parameters {
		if parameters[i].id == id {
			return &parameters[i]
		}
	}
	return nil
}

// paramsVerdict says how much of the transport parameters was told.
type paramsVerdict uint8

const (
	paramsWhole     paramsVerdict = iota
	paramsCut                     // there was more than a record tells
	paramsMalformed               // they end in the middle of one
)

// parseParameters reads the body of the quic_transport_parameters extension (RFC 9000 §18). Of what is malformed or too much
// it tells what it could read.
func parseParameters(d *dialect, b []byte) (list []hanalyze.QUICParameter, available []string, verdict paramsVerdict) {
	next := consumeParameter
	if d.oldParams {
		if len(b) < 2 || int(binary.BigEndian.Uint16(b)) != len(b)-2 {
			return nil, nil, paramsMalformed
		}
		b = b[2:]
		next = consumeOldParameter
	}
	for len(b) > 0 {
		id, value, n := next(b)
		switch {
		case n == 0:
			return list, available, paramsMalformed
		case len(list) == maxParameters:
			return list, available, paramsCut
		}
		b = b[n:]
		versions := (id == paramVersionInformation || id == paramVersionInformationDraft) && len(value) >= 4
		if versions {
			available = versionNames(value[4:])
		}
		if versions && len(value) > 4+4*maxVersions || len(value) > maxParameterBytes {
			verdict = paramsCut
		}
		list = append(list, tellParameter(id, value))
	}
	return list, available, verdict
}

func consumeParameter(b []byte) (id uint64, value []byte, n int) {
	id, n = consumeVarint(b)
	if n == 0 {
		return 0, nil, 0
	}
	value, m := consumePrefixed(b[n:])
	if m == 0 {
		return 0, nil, 0
	}
	return id, value, n + m
}

// consumeOldParameter reads a parameter as drafts up to 26 wrote them: identifier and length of 16 bits each.
func consumeOldParameter(b []byte) (id uint64, value []byte, n int) {
	if len(b) < 4 {
		return 0, nil, 0
	}
	n = 4 + int(binary.BigEndian.Uint16(b[2:]))
	if len(b) < n {
		return 0, nil, 0
	}
	return uint64(binary.BigEndian.Uint16(b)), b[4:n], n
}

// tellParameter makes the record of one parameter. value is borrowed.
func tellParameter(id uint64, value []byte) hanalyze.QUICParameter {
	p := parameterOf(id)
	r := hanalyze.QUICParameter{}
	switch {
	case p != nil:
		r.Name = p.name
	case id%31 == 27: // RFC 9000 §18.1: reserved to keep receivers tolerant
		r.Name = "grease"
	default:
		r.Name = "0x" + strconv.FormatUint(id, 16)
	}
	if p != nil && p.number {
		if v, n := consumeVarint(value); n == len(value) && n > 0 {
			r.Value = &v
			return r
		}
	}
	r.Data = hex.EncodeToString(value[:min(len(value), maxParameterBytes)])
	return r
}

// versionNames names the versions in a list of four bytes each.
func versionNames(b []byte) []string {
	var names []string
	for ; len(b) >= 4 && len(names) < maxVersions; b = b[4:] {
		names = append(names, Version(binary.BigEndian.Uint32(b)).String())
	}
	return names
}
