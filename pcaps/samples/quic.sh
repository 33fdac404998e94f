# QUIC, with the two ends of traffic/quicpeer, and HTTP/3 with ngtcp2's and with Chromium. Sourced by make.sh.

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

# quic-reset | the server is restarted and answers the client's next packet with a stateless reset | quicpeer
sample_quic-reset() {
	peer forget
	capture
	fails client "$work/quicpeer" ask 10.77.0.2:443 -again 1s
	stop
	expect 'quic.short' 6+
}

# h3 [GTLSSERVER_OPTION ...] starts the name server and ngtcp2's HTTP/3 server on port 443, with a page of a few kilobytes.
h3() {
	names
	certificates
	mkdir -p "$work/h3"
	head -c 4000 /dev/zero | tr '\0' x >"$work/h3/index.html"
	server gtlsserver -q --htdocs="$work/h3" "$@" 10.77.0.2 443 "$work/pki/server.key" "$work/pki/server.crt" >"$work/gtlsserver.log" 2>&1 &
	local i
	for i in $(seq 100); do
		[ -z "$(ip netns exec "$SERVER" ss -Hlun 'sport = :443')" ] || return 0
		sleep 0.05
	done
	cat "$work/gtlsserver.log"
	return 1
}

# h3_get [GTLSCLIENT_OPTION ...] fetches the page with ngtcp2's client.
h3_get() {
	client gtlsclient -q --exit-on-all-streams-close "$@" www.example.test 443 https://www.example.test/index.html
}

# quic-migration | the client moves to another port on purpose, with new connection IDs for both ends, and tries the path | gtlsclient, gtlsserver, dnsmasq
sample_quic-migration() {
	h3
	capture
	h3_get --change-local-addr 300ms --delay-stream 1s
	stop
	expect 'quic.long.packet_type==0' 2+
	[ "$(tshark -r "$file" -Y 'udp.dstport==443' -T fields -e udp.srcport | sort -u | wc -l)" -eq 2 ]
}

# quic-rebinding | the client's port changes as behind a NAT, packets to the same connection ID go on | gtlsclient, gtlsserver, dnsmasq
sample_quic-rebinding() {
	h3
	capture
	h3_get --change-local-addr 300ms --nat-rebinding --delay-stream 1s
	stop
	[ "$(tshark -r "$file" -Y 'udp.dstport==443' -T fields -e udp.srcport | sort -u | wc -l)" -eq 2 ]
}

# quic-vanished | the server hangs after the handshake: the client sends its request again and again until it gives up | gtlsclient, gtlsserver, dnsmasq
sample_quic-vanished() {
	h3
	capture
	h3_get --delay-stream 1s --timeout 5s &
	local asking=$!
	sleep 0.6
	ip netns pids "$SERVER" | xargs kill -STOP
	wait $asking || true # it has no word for this
	stop
	ip netns pids "$SERVER" | xargs kill -CONT
	expect 'quic.long.packet_type==0' 2+
}

# quic-early | the second connection resumes the session of the first and asks with 0-RTT | gtlsclient, gtlsserver, dnsmasq
sample_quic-early() {
	h3
	capture
	h3_get --session-file="$work/session" --tp-file="$work/params"
	h3_get --session-file="$work/session" --tp-file="$work/params"
	stop
	expect 'quic.long.packet_type==1' 1+
}

# quic-v2 | begun with version 1, changed to version 2 (its draft) on the way, after a Retry | gtlsclient, gtlsserver, dnsmasq
sample_quic-v2() {
	h3 --validate-addr --preferred-versions v2draft,v1
	capture
	h3_get --other-versions v1,v2draft --preferred-versions v2draft,v1
	stop
	expect 'quic.version==0x709a50c4' 1+
	expect 'quic.long.packet_type==3' 1+
}

# quic-hello-retry | the server wants a key share that the client did not send (HelloRetryRequest): the ClientHello comes twice | gtlsclient, gtlsserver, dnsmasq
sample_quic-hello-retry() {
	h3 --groups=-GROUP-ALL:+GROUP-SECP521R1
	capture
	h3_get
	stop
	expect 'tls.handshake.type==1' 2
	expect 'tls.handshake.type==2' 2
}

# chromium-h3 | a page over HTTP/3: the ClientHello takes two packets, its pieces in an order of its own | chromium, gtlsserver, dnsmasq
sample_chromium-h3() {
	h3
	capture
	browse https://www.example.test/ --enable-quic --origin-to-force-quic-on=www.example.test:443 \
		--ignore-certificate-errors-spki-list="$(spki "$work/pki/server.crt")"
	stop
	expect 'quic.long.packet_type==0' 3+
	expect 'quic.short' 4+
}

# spki CERTIFICATE prints the hash of its key as Chromium wants it.
spki() {
	openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
}
