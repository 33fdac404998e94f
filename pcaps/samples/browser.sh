# A browser loads a page with thirty small pictures. Sourced by make.sh.

# browse URL [OPTION ...] opens a page in a fresh headless Chromium, which looks only the samples' own names up, and waits until
# it is loaded. Without options it does not try QUIC.
browse() {
	local url=$1
	shift
	[ $# -gt 0 ] || set -- --disable-quic
	rm -rf "$work/profile"
	client chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --disable-extensions --disable-default-apps \
		--ignore-certificate-errors --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE *.example.test' \
		--user-data-dir="$work/profile" --virtual-time-budget=10000 --dump-dom "$@" "$url" >"$work/dom.html" 2>"$work/chromium.log"
}

# chromium-h1 | a page with a style sheet, a script and thirty pictures over HTTP/1.1: six connections in parallel; link of 10 ms | chromium, nginx
sample_chromium-h1() {
	network --delay 10
	web
	capture
	browse http://plain.example.test/pictures.html
	stop
	expect 'http.request.method=="GET"' 33
	expect 'http.response.code==200' 33
	expect 'tcp.flags==0x002' 6+
}

# chromium-h2 | the same page over TLS and HTTP/2: one connection, thirty streams at once; the pcapng holds the secrets; link of 10 ms | chromium, nginx, editcap
sample_chromium-h2() {
	network --delay 10
	web
	capture
	SSLKEYLOGFILE=$work/keys.txt browse https://www.example.test/pictures.html
	stop pcapng
	expect 'http2.headers.method=="GET"' 5+
	expect 'http2.header.value contains "/images/29.png"' 1+
	expect 'http2.headers.status==200' 5+
}
