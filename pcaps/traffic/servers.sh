# The programs of the server's side. Sourced by make.sh. Each returns when its port is open.

# names starts the name server of example.test.
names() {
	server dnsmasq --keep-in-foreground --conf-file="$here/traffic/dnsmasq.conf" --pid-file= --user=root --log-facility=- >"$work/dnsmasq.log" 2>&1 &
	await $SERVER 53
}

# zone starts knotd with the zone of traffic/example.test.zone, signed, at the address of the name server.
zone() {
	knot "$SERVER" knot.conf
	await $SERVER 53
}

# second starts knotd at the client's end, which takes the zone from the first.
second() {
	knot "$CLIENT" knot-secondary.conf
	await $CLIENT 53
}

# knot NETNS CONF starts knotd in a namespace, with a folder of its own.
knot() {
	local store=$work/$2.d
	rm -rf "$store"
	mkdir -p "$store"
	[ "$1" != "$SERVER" ] || cp "$here/traffic/example.test.zone" "$store/"
	sed -e "s#STORE#$store#; s#LISTEN#10.77.0.2#; s#NSEC3#on#" "$here/traffic/$2" >"$store/knot.conf"
	ip netns exec "$1" timeout $PATIENCE knotd -c "$store/knot.conf" >"$work/$2.log" 2>&1 &
}

# resolve starts unbound at 10.77.0.3, which asks the server of example.test and keeps what it is told. It trusts a key for
# broken.example.test that nobody has, so that nothing below it can be right.
resolve() {
	server unbound -d -c "$here/traffic/unbound.conf" >"$work/unbound.log" 2>&1 &
	server_ready 10.77.0.3
}

# server_ready ADDRESS returns when somebody answers questions there.
server_ready() {
	local i
	for i in $(seq 100); do
		! server dig +time=1 +tries=1 "@$1" example.test SOA >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	return 1
}

# site makes the files that the web servers serve, always the same ones.
site() {
	[ -d "$work/site" ] || /usr/bin/python3 "$here/traffic/site.py" "$work/site"
}

# web starts the name server and nginx; traffic/nginx.conf says what each address and path does.
web() {
	names
	web_beside
}

# web_beside starts nginx where a name server is there already.
web_beside() {
	site
	certificates
	mkdir -p "$work/nginx"
	cp "$here/traffic/nginx.conf" "$work/nginx.conf"
	server nginx -p "$work" -c "$work/nginx.conf" -g 'daemon off;' >"$work/nginx.log" 2>&1 &
	await $SERVER 80
	await $SERVER 443
}

# handmade [OPTION ...] starts the name server and server.py on port 8080, for answers that nginx does not give.
handmade() {
	names
	server /usr/bin/python3 "$here/traffic/server.py" "$@" >"$work/server.log" 2>&1 &
	await $SERVER 8080
}

# h2 [NGHTTPD_OPTION ...] starts the name server and nghttpd on port 8080, in cleartext.
h2() {
	names
	site
	server nghttpd --no-tls --htdocs="$work/site" "$@" 8080 >"$work/nghttpd.log" 2>&1 &
	await $SERVER 8080
}

# certificates makes an authority and what it signs, once for each run of make.sh; all keys are thrown away with it.
certificates() {
	[ ! -d "$work/pki" ] || return 0
	mkdir "$work/pki"
	(
		cd "$work/pki"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Example Test CA' \
			-keyout ca.key -out ca.crt
		issue server '/CN=www.example.test' 'subjectAltName=DNS:example.test,DNS:*.example.test' 3650
		issue client '/CN=alice/O=Example Shop' 'extendedKeyUsage=clientAuth' 3650
		issue expired '/CN=expired.example.test' 'subjectAltName=DNS:expired.example.test' -1
		# The second authority is one that no client trusts.
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Nobody' \
			-addext 'subjectAltName=DNS:stranger.example.test' -keyout stranger.key -out stranger.crt
	) >"$work/openssl.log" 2>&1
}

# issue NAME SUBJECT EXTENSION DAYS makes NAME.key and NAME.crt, signed by the authority.
issue() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$4" \
		-extfile <(printf '%s\n' "$3") -out "$1.crt"
}
