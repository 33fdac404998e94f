// Package quic follows the opening of QUIC connections (RFC 8999, RFC 9000, RFC 9001, RFC 9369) as an onlooker without keys
// can: packet headers, and what Initial packets hold. These are protected with keys that follow from the Destination
// Connection ID of the client's first packet, so that whoever saw that packet can read them: the ClientHello with the
// client's transport parameters, the ServerHello, acknowledgments, and a connection that is refused.
//
// A Flow takes the datagrams of one UDP flow and makes a record of each connection in it. The files: version.go what the
// versions differ in, header.go packet headers, frame.go and crypto.go what is in Initial packets, initial.go their keys,
// conn.go a connection and its record, match.go which packet belongs to which connection, flow.go the datagrams.
//
// Everything after the Initial packets is protected with keys that only the two ends have. Of these packets the header's
// type and the number are told.
package quic
