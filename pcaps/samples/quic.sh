# QUIC, with the two ends of traffic/quicpeer. Sourced by make.sh.

# peer builds traffic/quicpeer, starts it as server on port 443 with the options given, and returns when it listens.
peer() {
	(cd "$here/.." && go build -o "$work/quicpeer" ./pcaps/traffic/quicpeer)
	server "$work/quicpeer" serve 10.77.0.2:443 "$@" >"$work/quicpeer.log" 2>&1 &
	local i
	for i in $(seq 100); do
		! grep -q listening "$work/quicpeer.log" || return 0
		sleep 0.05
	done
	cat "$work/quicpeer.log"
	return 1
}

# quic-v1 | QUIC version 1: handshake, a stream, close; the lookup before it finds an HTTPS record | quicpeer, dig
sample_quic-v1() {
	names
	peer
	capture
	client dig quic.example.test TYPE65 >/dev/null
	client "$work/quicpeer" ask 10.77.0.2:443
	stop
	expect 'quic.long.packet_type==0' 2+
	expect 'tls.handshake.extensions_server_name=="quic.example.test"' 1
}

# quic-retry | the server asks for a proof of the client's address (Retry) | quicpeer
sample_quic-retry() {
	peer retry
	capture
	client "$work/quicpeer" ask 10.77.0.2:443
	stop
	expect 'quic.long.packet_type==3' 1+
}

# quic-shared | three connections at once on the same addresses and ports, told apart by their connection IDs | quicpeer
sample_quic-shared() {
	peer
	capture
	client "$work/quicpeer" ask 10.77.0.2:443 -times 3
	stop
	expect 'tls.handshake.type==1' 3
}

# quic-versions | a version that stands for none, answered with Version Negotiation, then version 1 from the same port | quicpeer
sample_quic-versions() {
	peer
	capture
	client "$work/quicpeer" ask 10.77.0.2:443 -greet
	stop
	expect 'quic.supported_version' 1
}

# quic-refused | the server does not speak the client's application protocol and says so in an Initial packet | quicpeer
sample_quic-refused() {
	peer
	capture
	fails client "$work/quicpeer" ask 10.77.0.2:443 -alpn no-such-protocol
	stop
	expect 'quic.frame_type==28' 1+
}

# quic-unanswered | Initial packets to an address where nobody answers, sent again and again | quicpeer
sample_quic-unanswered() {
	peer
	capture
	fails client "$work/quicpeer" ask $NOBODY:443
	stop
	expect 'quic.long.packet_type==0' 2+
	expect "ip.src==$NOBODY" 0
}
