// Package tcpstate follows what the two ends of a TCP connection must be thinking, seen from the middle.
//
// A Conn is given the connection's segments in capture order and tells, for each, what kind of segment it is (Class),
// which handshake or teardown step it takes, and the state of both ends after it (RFC 9293 §3.3.2). When the connection
// is over it gives the tcp part of the conn record. It holds no packets, asks no clock and allocates nothing for a
// segment of an established connection.
//
// What it says is concluded, not observed: a segment seen in the middle proves what its sender had done before it left,
// and says nothing yet about whether it arrived. See state.go for the rules.
//
// Sequence numbers are int64 offsets from the initial sequence number of their direction: the SYN covers offset 0 and
// the first data byte is 1. The caller makes them from wire numbers, once, at the door.
package tcpstate
