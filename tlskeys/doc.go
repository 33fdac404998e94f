// Package tlskeys holds what turns secrets into keys and protected packets into plain ones: the key schedule of TLS 1.3
// (RFC 8446 §7) and the packet protection of QUIC (RFC 9001 §5). It knows no connections and no wire format above a packet.
//
// QUIC's Initial packets are protected with keys that everybody can derive from what the packets show, so they need no
// key log. Cipher suites are a table: further ones are a row and a header protection each.
package tlskeys
