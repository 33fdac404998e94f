# HTTP/2 in cleartext, so that every frame shows. Sourced by make.sh. truth/ keeps what the programs say themselves.

readonly H2=http://www.example.test:8080

# h2c-prior | HTTP/2 with prior knowledge: a page | curl, nghttpd
sample_h2c-prior() {
	h2
	capture
	get --http2-prior-knowledge $H2/index.html
	stop
	expect 'http2.headers.method=="GET"' 1
	expect 'http2.headers.status==200' 1
	expect 'http2.type==4' 4+
}

# h2c-upgrade | HTTP/1.1 upgraded to HTTP/2 (Upgrade: h2c, 101), the first answer on stream 1 | nghttp, nghttpx, nghttpd
sample_h2c-upgrade() {
	h2
	server nghttpx --frontend='10.77.0.2,8081;no-tls' --backend='127.0.0.1,8080;;proto=h2' --workers=1 --single-process --conf=/dev/null >"$work/nghttpx.log" 2>&1 &
	await $SERVER 8081
	capture
	truth client nghttp -v -n -u http://www.example.test:8081/style.css http://www.example.test:8081/app.js
	stop
	expect 'http.upgrade=="h2c"' 2
	expect 'http.response.code==101' 1
	expect 'http2.headers.status==200' 2
}

# h2-push | the server pushes the style sheet along with the page (PUSH_PROMISE) | nghttp, nghttpd
sample_h2-push() {
	h2 --push=/=/style.css,/app.js -v
	capture
	truth client nghttp -v -n $H2/
	stop
	expect 'http2.type==5' 1+
}

# h2-priority | a page with everything it refers to; the client builds a tree of PRIORITY frames | nghttp, nghttpd
sample_h2-priority() {
	h2
	capture
	truth client nghttp -v -n -a $H2/pictures.html
	stop
	expect 'http2.type==2' 1+
	expect 'http2.headers.status==200' 2+
}

# h2-post-trailers | POST with trailers in both directions, answers padded | nghttp, nghttpd
sample_h2-post-trailers() {
	h2 --echo-upload --trailer='x-checksum: 0123abcd' -b 16
	capture
	truth client nghttp -v -n -b 8 -d "$work/site/data.json" --trailer='x-sent: all' $H2/upload
	stop
	expect 'http2.headers.method=="POST"' 1
	grep -q 'x-sent: all' "$work/out/$sample.txt" # tshark 4.0 does not show what follows DATA in a packet
	expect 'http2.header.name=="x-checksum"' 1
}

# h2-continuation | a header block too large for one frame goes on in CONTINUATION | nghttp, nghttpd
sample_h2-continuation() {
	h2
	capture
	truth client nghttp -v -n --continuation -H 'x-filler: abcdefghijklmnopqrstuvwxyz' $H2/style.css
	stop
	# tshark 4.0 loses the thread after a HEADERS frame without END_HEADERS, so the next frame's type, flags (END_HEADERS) and stream are looked for.
	expect 'tcp.payload contains 09:04:00:00:00:0d' 1
	expect 'http2.headers.status==200' 1
}

# h2-goaway-reset | a download reset by the client (RST_STREAM, CANCEL), a PING, then a frame that is an error: GOAWAY | python3, nghttpd
sample_h2-goaway-reset() {
	h2 -v
	capture
	client /usr/bin/python3 "$here/traffic/h2_breach.py"
	stop
	kill_servers
	truth cat "$work/nghttpd.log"
	expect 'http2.type==3' 1
	expect 'http2.type==7 && ip.src==10.77.0.2' 1
	expect 'http2.type==6' 2
}

# h2-many | fifty requests, ten at a time, over one connection; header tables filled and used | h2load, nghttpd
sample_h2-many() {
	h2
	client dig +short www.example.test >/dev/null
	capture
	truth client h2load -n 50 -c 1 -m 10 $H2/index.html $H2/style.css $H2/images/00.png $H2/images/01.png $H2/missing
	stop
	expect 'http2.headers.method=="GET"' 5+
	expect 'http2.headers.status==404' 1+
}

# h2-flow-stall | a download whose client grants small windows late: the server waits for WINDOW_UPDATE nine times | python3, nghttpd
sample_h2-flow-stall() {
	h2
	capture
	client /usr/bin/python3 "$here/traffic/h2_scenes.py" stall
	stop
	expect 'http2.type==8 && ip.src==10.77.0.1' 9+
}

# h2-refused | three requests: refused (REFUSED_STREAM), answered, and left out by GOAWAY; the first and the last may be sent again | python3
sample_h2-refused() {
	names
	server /usr/bin/python3 "$here/traffic/h2_scenes.py" server &
	await $SERVER 8080
	capture
	client /usr/bin/python3 "$here/traffic/h2_scenes.py" refused
	stop
	expect 'http2.rst_stream.error==7' 1
	expect 'http2.goaway.last_stream_id==3' 1
}

# h2-floods | a client that opens and cancels 300 streams at once, after 300 PING and 300 SETTINGS frames | python3, nghttpd
sample_h2-floods() {
	h2
	capture
	client /usr/bin/python3 "$here/traffic/h2_scenes.py" floods || true
	stop
	expect 'http2.type==6' 1+
	expect 'http2.type==4' 3+
}

# h2-loss | twelve answers over one connection on a link that loses segments: streams wait for the lost bytes of others; link of 20 ms | h2load, nghttpd
sample_h2-loss() {
	network --delay 20 --drop 9,14,22,31
	h2
	capture
	truth client h2load -n 12 -c 1 -m 12 $H2/images/0{0,1,2,3,4,5}.png
	stop
	expect 'http2.headers.status==200' 1+ # twelve, some in one packet
	expect 'tcp.analysis.out_of_order || tcp.analysis.retransmission' 2+
}

# h2-websocket | WebSocket on a stream of HTTP/2 (extended CONNECT, RFC 8441): messages, a ping, a close | python3
sample_h2-websocket() {
	names
	server /usr/bin/python3 "$here/traffic/h2_streams.py" server &
	await $SERVER 8080
	capture
	client /usr/bin/python3 "$here/traffic/h2_streams.py" websocket
	stop
	expect 'http2.headers.method=="CONNECT"' 1
	expect 'http2.type==0' 8
}

# h2-grpc | gRPC calls: unary, with three messages in answer, and one that fails (trailers only) | python3
sample_h2-grpc() {
	names
	server /usr/bin/python3 "$here/traffic/h2_streams.py" server &
	await $SERVER 8080
	capture
	client /usr/bin/python3 "$here/traffic/h2_streams.py" grpc
	stop
	expect 'grpc.message_length==5' 3
	expect 'http2.header.name=="grpc-status"' 3
}
