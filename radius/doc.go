// Package radius follows the EAP conversations that RADIUS packets carry (RFC 2865, RFC 3579), as far as they are TLS: EAP-TLS
// (RFC 5216, RFC 9190), EAP-TTLS (RFC 5281), PEAP and EAP-FAST (RFC 4851) begin the same way.
//
// A Flow takes the datagrams of one UDP flow between a RADIUS client, an access point as a rule, and a server. Many conversations
// share it; the server gives each a State, which the client's next request repeats, and it answers a request under the
// request's identifier. Bytes of TLS come out in order, by conversation: nothing is kept of them here.
//
// The files: packet.go RADIUS packets and EAP messages, flow.go which conversation a packet belongs to.
package radius
