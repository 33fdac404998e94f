# HTTP/1.0 and HTTP/1.1. Sourced by make.sh.

# get CURL_ARGUMENT … is curl at the client, over IPv4, quiet but for errors.
get() { client curl -4 -sS -o /dev/null --max-time 20 "$@"; }

# Between two sets of arguments: what follows is a request of its own, on the same connection where that is possible.
readonly next=(-: -4 -sS -o /dev/null)

# say TEXT HOST PORT sends raw bytes (printf escapes) over one connection and waits a second for all answers.
say() { printf "$1" | client socat -t1 - "TCP4:$2:$3" >/dev/null; }

readonly SHOP=http://www.example.test MADE=http://www.example.test:8080

# h1-get | the name is looked up, the page fetched, the connection closed: DNS, TCP and HTTP of one request | curl, nginx, dnsmasq
sample_h1-get() {
	web
	capture
	get $SHOP/index.html
	stop
	expect 'http.request' 1
	expect 'http.response.code==200' 1
	expect 'dns.a==10.77.0.2' 1
	expect 'tcp.flags.fin==1' 2
}

# h1-keepalive | six requests one after the other on one connection | curl, nginx
sample_h1-keepalive() {
	web
	capture
	get $SHOP/{index.html,style.css,app.js,data.json,text.txt,images/00.png}
	stop
	expect 'http.request' 6
	expect 'http.response.code==200' 6
	expect 'tcp.flags==0x002' 1
}

# h1-pipelining | three requests in one segment, three answers in their order; the last asks to close | socat, nginx
sample_h1-pipelining() {
	web
	capture
	say 'GET /style.css HTTP/1.1\r\nHost: www.example.test\r\n\r\nHEAD /index.html HTTP/1.1\r\nHost: www.example.test\r\n\r\nGET /app.js HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n' www.example.test 80
	stop
	expect 'frame contains "GET /style.css" && frame contains "HEAD /index.html" && frame contains "GET /app.js"' 1
	expect 'http.response' 2+
}

# h1-chunked | a body in chunks with a chunk extension and trailers; then an upload in chunks | curl, python3
sample_h1-chunked() {
	handmade
	site
	capture
	get -H 'TE: trailers' $MADE/chunked "${next[@]}" -H 'Transfer-Encoding: chunked' -H 'Expect:' --data-binary @"$work/site/data.json" $MADE/upload
	stop
	expect 'http.transfer_encoding=="chunked"' 2
	expect 'frame contains "X-Checksum: "' 1
}

# h1-gzip | answers compressed with gzip, in chunks, and a picture that is not; the file itself is gzip too | curl, nginx
sample_h1-gzip() {
	web
	capture
	get --compressed $SHOP/compressed/{index.html,style.css,data.json,text.txt,images/01.png}
	stop pcap.gz
	expect 'http.content_encoding=="gzip"' 4
	expect 'http.request' 5
}

# h1-encodings | content codings deflate, zstd, and gzip flushed in the middle | curl, python3, zstd
sample_h1-encodings() {
	handmade
	capture
	get -H 'Accept-Encoding: gzip, deflate, zstd' $MADE/{deflate,zstd,gzip-chunked}
	stop pcap
	file=$work/whole.pcap
	expect 'http.content_encoding' 3
}

# h1-range | one range (206), two ranges (multipart/byteranges), a suffix, and a range that cannot be satisfied (416) | curl, nginx
sample_h1-range() {
	web
	capture
	get -r 100-299 $SHOP/text.txt "${next[@]}" -r 0-99,1000-1099 $SHOP/text.txt "${next[@]}" -r -50 $SHOP/text.txt \
		"${next[@]}" -r 900000- $SHOP/text.txt
	stop
	expect 'http.response.code==206' 3
	expect 'http.response.code==416' 1
	expect 'http.content_type contains "multipart/byteranges"' 1
}

# h1-conditional | If-None-Match and If-Modified-Since answered 304, and once 200 with a stale ETag | curl, nginx
sample_h1-conditional() {
	web
	client curl -4 -sS -o /dev/null --etag-save "$work/etag" $SHOP/text.txt
	capture
	get $SHOP/text.txt "${next[@]}" --etag-compare "$work/etag" $SHOP/text.txt \
		"${next[@]}" -H 'If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT' $SHOP/text.txt \
		"${next[@]}" -H 'If-None-Match: "stale"' $SHOP/style.css
	stop
	expect 'http.response.code==304' 2
	expect 'http.response.code==200' 2
}

# h1-cookies | a login sets two cookies, the next requests send them back; then Basic and Bearer authorization | curl, nginx
sample_h1-cookies() {
	web
	capture
	get -L -c "$work/jar" -b "$work/jar" $SHOP/login $SHOP/account "${next[@]}" -u alice:wonderland $SHOP/account \
		"${next[@]}" -H 'Authorization: Bearer not.a.real.token' $SHOP/account
	stop
	expect 'http.set_cookie' 5
	expect 'http.cookie contains "session="' 2
	expect 'http.authorization' 2
}

# h1-redirects | 301, 302, 303, 307 and 308 in a row, followed to the page | curl, nginx
sample_h1-redirects() {
	web
	capture
	get -L $SHOP/moved
	stop
	expect 'http.response.code>=301 && http.response.code<=308' 5
	expect 'http.response.code==200' 1
}

# h1-expect | POST with Expect: 100-continue and its interim answer; then 103 Early Hints | curl, python3
sample_h1-expect() {
	handmade
	site
	capture
	get -H 'Expect: 100-continue' --data-binary @"$work/site/data.json" $MADE/upload "${next[@]}" $MADE/hints
	stop
	expect 'http.response.code==100' 1
	expect 'http.response.code==103 || frame contains "HTTP/1.1 103"' 1
}

# h1-connect | CONNECT through a proxy, then TLS 1.3 with HTTP/2 inside the tunnel | curl, python3, nginx
sample_h1-connect() {
	web
	server /usr/bin/python3 "$here/traffic/proxy.py" &
	await $SERVER 3128
	capture
	get --cacert "$work/pki/ca.crt" -x http://10.77.0.2:3128 https://www.example.test/index.html
	stop
	expect 'http.request.method=="CONNECT"' 1
	expect 'tls.handshake.type==1' 1
}

# h1-proxy | a proxy that wants a password: 407, then absolute-form requests with Proxy-Authorization | curl, python3, nginx
sample_h1-proxy() {
	web
	server /usr/bin/python3 "$here/traffic/proxy.py" --auth &
	await $SERVER 3128
	capture
	get -x http://10.77.0.2:3128 --proxy-anyauth --proxy-user alice:wonderland $SHOP/style.css
	stop
	expect 'http.response.code==407' 1
	expect 'http.request.uri contains "http://www.example.test"' 2
	expect 'http.response.code==200' 1
}

# h1-websocket | Upgrade to WebSocket, text, binary, fragments, ping and pong, close; again with permessage-deflate | python3-websockets
sample_h1-websocket() {
	names
	server /usr/bin/python3 "$here/traffic/websocket.py" server &
	await $SERVER 8080
	capture
	client /usr/bin/python3 "$here/traffic/websocket.py" client
	stop
	expect 'http.response.code==101' 2
	expect 'websocket.opcode==9' 2
	expect 'websocket.opcode==8' 4
	expect 'websocket.fin==0' 4+
}

# h1-http10 | HTTP/1.0: without Host, with a length, with a body that ends with the connection, and asking for keep-alive | curl, socat, python3
sample_h1-http10() {
	handmade HTTP/1.0
	capture
	get -0 $MADE/hello
	get -0 $MADE/until-close
	say 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' www.example.test 8080
	stop
	expect 'http.request.version=="HTTP/1.0"' 3
	expect 'http.response.version=="HTTP/1.0"' 3
	expect 'tcp.flags==0x002' 3
}

# h1-head-204 | answers without a body on one connection: HEAD with a length, 204, 304, OPTIONS, DELETE; then a GET that has one | curl, nginx
sample_h1-head-204() {
	web
	capture
	get -I $SHOP/text.txt "${next[@]}" $SHOP/none "${next[@]}" -H 'If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT' $SHOP/text.txt \
		"${next[@]}" -X OPTIONS $SHOP/none "${next[@]}" -X DELETE $SHOP/none "${next[@]}" $SHOP/style.css
	stop
	expect 'http.response.code==204' 3
	expect 'http.request' 6
	expect 'tcp.flags==0x002' 1
}

# h1-upload | a form, a multipart form with two files, and a PUT | curl, python3
sample_h1-upload() {
	handmade
	site
	capture
	get -d 'name=Alice+Example&item=17' $MADE/order \
		"${next[@]}" -F name=Alice -F picture=@"$work/site/images/03.png" -F notes=@"$work/site/text.txt" $MADE/order \
		"${next[@]}" -H 'Expect:' -T "$work/site/data.json" $MADE/data.json
	stop
	expect 'http.request.method=="POST"' 2
	expect 'http.request.method=="PUT"' 1
	expect 'http.content_type contains "multipart/form-data"' 1
}

# h1-errors | 404, 403, 405, 413, 500, 502, and 400 for a request that is not HTTP | curl, socat, nginx
sample_h1-errors() {
	web
	site
	capture
	get $SHOP/missing $SHOP/forbidden $SHOP/broken $SHOP/down "${next[@]}" -d a=b $SHOP/style.css \
		"${next[@]}" --data-binary @"$work/site/style.css" $SHOP/small || true
	say 'this is no request\r\n\r\n' www.example.test 80
	stop
	local code
	for code in 404 403 405 413 500 502; do expect "http.response.code==$code" 1; done
	expect 'frame contains "400 Bad Request"' 1
}

# h1-sse | server-sent events: one answer that lasts, an event every 200 ms | curl, python3
sample_h1-sse() {
	handmade
	capture
	get -H 'Accept: text/event-stream' $MADE/events
	stop
	expect 'frame contains "event: price"' 4
}

# h1-slow | a server that thinks for half a second, and a body that stalls as long | curl, python3
sample_h1-slow() {
	handmade
	capture
	get $MADE/hello $MADE/slow
	stop
	expect 'http.time>0.9' 1
}

# h1-ambiguous | seven requests that two servers could read differently, each on a connection of its own: both framings, a hidden field, a repeated length, chunks with bare LF, a request as a body | socat, nginx
sample_h1-ambiguous() {
	web
	capture
	local post='POST /style.css HTTP/1.1\r\nHost: www.example.test\r\n' smuggled='GET /app.js HTTP/1.1\r\nHost: www.example.test\r\n\r\n'
	say "${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n30\r\n${smuggled}\r\n0\r\n\r\n" www.example.test 80
	say "${post}Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}" www.example.test 80
	say "${post}Content-Length: 5\r\nContent-Length: 53\r\n\r\nhello${smuggled}" www.example.test 80
	say "${post}Content-Length: 010\r\n\r\n0123456789${smuggled}" www.example.test 80
	say "${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}" www.example.test 80
	say "${post}Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n${smuggled}" www.example.test 80
	say "${post}Content-Length: 48\r\n\r\n${smuggled}" www.example.test 80
	stop
	expect 'tcp.flags==0x002' 7
	expect 'frame contains "GET /app.js"' 7
}
