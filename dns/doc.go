// Package dns reads DNS messages (RFC 1035 and the RFCs that extend it), finds them in datagrams and byte streams, and
// pairs questions with answers.
//
// Parse turns one message into words: names and record data in presentation form, as a zone file would spell them. Conn
// cuts a TCP byte stream into messages (RFC 1035 §4.2.2). Pairer turns the messages of one flow into hanalyze.DNS records.
// Plausible, Sniff and SniffDatagram tell whether bytes are DNS at all.
//
// Multicast DNS (RFC 6762) and LLMNR (RFC 4795) use the same format and are read by the same code; NetBIOS name service
// only looks alike and is refused.
//
// All input is hostile. A message that cannot be read to its end gives what was readable before the fault, and the
// fault's place.
package dns
