# TLS handshakes. Sourced by make.sh. The certificates' keys are elliptic-curve (P-256) and thrown away.

# secure CURL_ARGUMENT … is get (see http1.sh) for a client that trusts the samples' authority.
secure() { get --cacert "$work/pki/ca.crt" "$@"; }

# ask HOST S_CLIENT_ARGUMENT … sends one request with openssl s_client, which can keep a session for the next call.
ask() {
	local host=$1
	shift
	printf 'GET /style.css HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" |
		client openssl s_client -4 -quiet -connect "$host:443" -servername "$host" -CAfile "$work/pki/ca.crt" "$@" >/dev/null
}

# tls12-full | TLS 1.2, full handshake, ALPN http/1.1, the server's certificate in the clear | curl, nginx
sample_tls12-full() {
	web
	capture
	secure --tls-max 1.2 --http1.1 https://www.example.test/index.html
	stop
	expect 'tls.handshake.type==1' 1
	expect 'tls.handshake.type==11' 1
	expect 'tls.handshake.type==12' 1
	expect 'tls.handshake.extensions_alpn_str=="http/1.1"' 2
}

# tls12-resumed | TLS 1.2 resumed by session ID, then on another server by ticket: each a full handshake and a short one | openssl, nginx
sample_tls12-resumed() {
	web
	capture
	local host
	for host in sessions early; do
		ask $host.example.test -tls1_2 -sess_out "$work/$host.session"
		ask $host.example.test -tls1_2 -sess_in "$work/$host.session"
	done
	stop
	expect 'tls.handshake.type==1' 4
	expect 'tls.handshake.type==11' 2
	expect 'tls.handshake.type==4' 1+
}

# tls13-full | TLS 1.3, full handshake, ALPN h2: all after the ServerHello is encrypted | curl, nginx
sample_tls13-full() {
	web
	capture
	secure --tlsv1.3 https://www.example.test/index.html
	stop
	expect 'tls.handshake.extensions.supported_version==0x0304 && tls.handshake.type==2' 1
	expect 'tls.handshake.type==11' 0
}

# tls13-resumed | TLS 1.3, full, then resumed with a pre-shared key, then resumed with early data (0-RTT) | openssl, nginx
sample_tls13-resumed() {
	web
	local host=early.example.test
	printf 'GET /app.js HTTP/1.1\r\nHost: %s\r\n\r\n' $host >"$work/early"
	capture
	ask $host -tls1_3 -sess_out "$work/session"
	ask $host -tls1_3 -sess_in "$work/session" -sess_out "$work/session2"
	ask $host -tls1_3 -sess_in "$work/session2" -early_data "$work/early"
	stop
	expect 'tls.handshake.type==1 && tls.handshake.extension.type==41' 2
	expect 'tls.handshake.type==2 && tls.handshake.extension.type==41' 2
	expect 'tls.handshake.type==1 && tls.handshake.extension.type==42' 1
}

# tls13-hrr | TLS 1.3 with a HelloRetryRequest: the client guesses X25519, the server takes only P-384 | curl, nginx
sample_tls13-hrr() {
	web
	capture
	secure --tlsv1.3 https://p384.example.test/style.css
	stop
	expect 'tls.handshake.type==1' 2
	expect 'tls.handshake.type==2' 2
	expect 'tls.handshake.extensions_key_share_selected_group==24' 1
}

# tls-client-cert | TLS 1.2 where the server asks for a certificate and the client shows one | curl, nginx
sample_tls-client-cert() {
	web
	capture
	secure --tls-max 1.2 --cert "$work/pki/client.crt" --key "$work/pki/client.key" https://members.example.test/style.css
	stop
	expect 'tls.handshake.type==13' 1
	expect 'tls.handshake.type==11 && ip.src==10.77.0.1' 1
	expect 'tls.handshake.type==15' 1
}

# tls-alert | handshakes that fail, TLS 1.2: unknown authority, expired certificate, no common cipher, no common version, unknown name | curl, openssl, nginx
sample_tls-alert() {
	web
	server openssl s_server -quiet -accept 10.77.0.2:8443 -tls1_2 -cert "$work/pki/server.crt" -key "$work/pki/server.key" \
		-cert2 "$work/pki/server.crt" -key2 "$work/pki/server.key" -servername www.example.test -servername_fatal &
	await $SERVER 8443
	capture
	fails secure --tls-max 1.2 https://stranger.example.test/
	fails secure --tls-max 1.2 https://expired.example.test/
	fails secure --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256 https://strict.example.test/
	fails secure --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 https://strict.example.test/
	fails secure --tls-max 1.2 --resolve other.example.test:8443:10.77.0.2 https://other.example.test:8443/
	stop
	expect 'tls.alert_message.desc==48' 1
	expect 'tls.alert_message.desc==45' 1
	expect 'tls.alert_message.desc==40' 1
	expect 'tls.alert_message.desc==70' 1
	expect 'tls.alert_message.desc==112' 1
}

# tls12-keys | TLS 1.2 with HTTP/1.1 inside, readable: the pcapng holds the session's secrets | curl, nginx, editcap
sample_tls12-keys() {
	web
	capture
	SSLKEYLOGFILE=$work/keys.txt secure --tls-max 1.2 --http1.1 https://www.example.test/{index.html,style.css}
	stop pcapng
	expect 'tls && http.request' 2
	expect 'tls && http.response.code==200' 2
}

# tls13-keys | TLS 1.3 with HTTP/2 inside, readable: the pcapng holds the session's secrets | curl, nginx, editcap
sample_tls13-keys() {
	web
	capture
	SSLKEYLOGFILE=$work/keys.txt secure --tlsv1.3 https://www.example.test/{index.html,style.css,data.json}
	stop pcapng
	expect 'tls && http2.headers.method=="GET"' 3
	expect 'tls && http2.headers.status==200' 3
}

# tls-starttls | dialogues that turn to TLS: SMTP, POP3, IMAP, FTP, PostgreSQL, MySQL; then a server that refuses, and a login in the clear | openssl, python3
sample_tls-starttls() {
	certificates
	server /usr/bin/python3 "$here/traffic/dialogues.py" 10.77.0.2 "$work/pki/server.crt" "$work/pki/server.key" >"$work/dialogues.log" 2>&1 &
	await $SERVER 3306 || await $SERVER 3306
	capture
	local pair
	for pair in smtp:25 pop3:110 imap:143 ftp:21 postgres:5432 mysql:3306; do
		client openssl s_client -4 -starttls "${pair%:*}" -connect "10.77.0.2:${pair#*:}" -servername mail.example.test </dev/null
	done
	printf 'EHLO client.example.test\r\nSTARTTLS\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nQUIT\r\n' |
		while read -r line; do printf '%s\n' "$line"; sleep 0.2; done | client socat -t 1 - TCP:10.77.0.2:2525
	stop
	expect 'tls.handshake.type==1' 6
	expect 'tls.handshake.type==2' 6
	expect 'tcp.port==2525 && tcp.payload contains "AUTH PLAIN"' 2
}

# dtls12 | DTLS 1.2: HelloVerifyRequest, a certificate in fragments, SRTP profiles, connection closed | openssl
sample_dtls12() {
	certificates
	server openssl s_server -quiet -dtls1_2 -listen -accept 10.77.0.2:4433 -mtu 300 -use_srtp SRTP_AES128_CM_SHA1_80 \
		-cert "$work/pki/server.crt" -key "$work/pki/server.key" >/dev/null 2>&1 < <(sleep 3) &
	sleep 1
	capture
	(echo hello; sleep 1) | client openssl s_client -4 -quiet -dtls1_2 -connect 10.77.0.2:4433 -servername www.example.test \
		-mtu 300 -use_srtp SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80 -alpn webrtc >/dev/null
	stop
	expect 'dtls.handshake.type==3' 1
	expect 'dtls.handshake.type==1' 2+
	expect 'dtls.handshake.type==2' 1+
	expect 'dtls.record.content_type==23' 1+
}

# dtls12-again | DTLS 1.2 twice between the same two ports: a client that begins anew with another cipher suite | openssl
sample_dtls12-again() {
	certificates
	server openssl s_server -quiet -dtls1_2 -accept 10.77.0.2:4433 -mtu 1200 \
		-cert "$work/pki/server.crt" -key "$work/pki/server.key" >/dev/null 2>&1 < <(sleep 6) &
	sleep 1
	capture
	local suite
	for suite in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384; do
		(echo hello; sleep 1) | client openssl s_client -4 -quiet -dtls1_2 -bind 10.77.0.1:40000 -connect 10.77.0.2:4433 \
			-servername www.example.test -mtu 1200 -cipher $suite >/dev/null
	done
	stop
	expect 'udp.stream==1' 0
	expect 'dtls.handshake.type==2' 2
	expect 'dtls.handshake.type==3' 2
}

# eap-radius | EAP in RADIUS: EAP-TLS with a client certificate, PEAP and EAP-TTLS, TLS in fragments | hostapd, eapol_test
sample_eap-radius() {
	certificates
	echo '10.77.0.1 secret' >"$work/clients"
	printf '"%s" %s\n' tls TLS peap PEAP ttls TTLS >"$work/users"
	printf '"%s" %s "password" [2]\n' peap MSCHAPV2 ttls TTLS-MSCHAPV2 >>"$work/users"
	printf '%s\n' driver=none eap_server=1 radius_server_auth_port=1812 fragment_size=500 "radius_server_clients=$work/clients" \
		"eap_user_file=$work/users" "ca_cert=$work/pki/ca.crt" "server_cert=$work/pki/server.crt" "private_key=$work/pki/server.key" >"$work/hostapd.conf"
	server hostapd "$work/hostapd.conf" &
	sleep 1
	capture
	local method
	for method in tls peap ttls; do
		printf '%s\n' 'network={' key_mgmt=IEEE8021X "eap=${method^^}" "identity=\"$method\"" "ca_cert=\"$work/pki/ca.crt\"" \
			"client_cert=\"$work/pki/client.crt\"" "private_key=\"$work/pki/client.key\"" fragment_size=300 'password="password"' \
			'phase2="auth=MSCHAPV2"' '}' >"$work/$method.conf"
		client eapol_test -c "$work/$method.conf" -a 10.77.0.2 -s secret -t 5
	done
	stop
	expect 'radius.code==2' 3
	expect 'tls.handshake.type==1' 3
	expect 'tls.handshake.type==2' 3
	expect 'eap.type==13 && tls.handshake.type==11' 2
}
