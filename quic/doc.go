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
// type and the number are told, and what is concluded from sizes, times and the spin bit: spin.go, probe.go, silence.go,
// shorts.go.
//
// # Where decryption goes
//
// Nothing is decrypted with secrets yet. With those of a key log, everything would come in at these places, and nothing that
// is there has to be another way:
//
//   - tlskeys.NewPacketKey makes the keys of a direction from a traffic secret of any level (RFC 9001 §5.1), with the labels
//     of the version's dialect; PacketKey.Open takes short headers as it takes long ones. Further suites are values of
//     tlskeys.Suite; what they differ in (hash, AEAD, cipher of the header) is known inside that package only. A key update
//     (RFC 9001 §6) is a secret after the label “quic ku”, of version 2 “quicv2 ku” (RFC 9369 §3.3.2), and keys that leave the
//     header's as they are. The bit of the key phase is readable in the first byte once the header's protection is removed.
//   - conn.tlsEvent sees both hellos: the client's random, by which key logs find secrets, and the server's suite.
//   - conn.long has Handshake and 0-RTT packets with the offset of their number, conn.short those with the final keys, whose
//     number stands behind an ID as long as the receiver's own: conn.cid. Each level has packet numbers of its own, in the
//     place of conn.largest, and Handshake packets a cryptoStream of their own, which continues conn.tls.
//   - A connection whose keys are known must not settle. One that goes on in another flow is read as far as the first one:
//     flows are decoded apart from one another, and only package story sees that two belong together.
//   - consumeFrame reads the frames of Initial packets. The others (RFC 9000 §19) are cases of its switch; STREAM frames
//     need a cryptoStream each, and what they hold goes to a further package for HTTP/3, as HTTP/2 goes to h2.
package quic
