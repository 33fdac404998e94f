// Package tlsinfo reads TLS and DTLS handshakes from the bytes of a connection and tells what the two ends agreed on.
//
// Conn is a push parser for a byte stream (SSL 2.0 hellos, SSL 3.0, TLS 1.0 to 1.3); DatagramConn is the same for DTLS,
// HandshakeConn for handshake messages alone, as QUIC carries them. All feed one session, which follows the handshake as far as it is in the clear and fills a hanalyze.TLS record.
// ParseClientHello, ParseServerHello, JA3, JA3S and JA4 work on single messages, for QUIC.
//
// Files, from the wire upwards:
//
//	conn.go       bytes → TLS records → handshake messages; loss and resynchronisation
//	datagram.go   datagrams → DTLS records → handshake messages
//	handshake.go  the CRYPTO streams of QUIC → handshake messages
//	ssl2conn.go   the one record of SSL 2.0 a connection may begin with
//	messages.go   what each handshake message tells
//	session.go    what follows from it and from encrypted records: the state machine
//	hello.go      ClientHello, ServerHello; ssl2.go: those of SSL 2.0; keyexchange.go: ServerKeyExchange
//	certificate.go, name.go   X.509
//	event.go, limits.go       what is told on the way; what is bounded
//	info.go       state → hanalyze.TLS
//	fingerprint.go            JA3, JA3S, JA4
//	names.go, registries.go, ciphersuites.go, suite.go   numbers → names
package tlsinfo
