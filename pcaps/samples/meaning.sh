# What HTTP means: where pages send clients, what clients keep, how answers are asked for and come. Sourced by make.sh.

# odd starts the name server and meaning.js on port 8080, for answers that nginx does not give.
odd() {
	names
	server node "$here/traffic/meaning.js" >"$work/node.log" 2>&1 &
	await $SERVER 8080
}

# h1-redirect-loop | two pages that send to each other until the client gives up; then a page that sends to itself once, with a cookie | curl, nginx
sample_h1-redirect-loop() {
	web
	capture
	fails client curl -4 -sS -o /dev/null -L --max-redirs 5 $SHOP/circle/one
	get -L -c "$work/loop.jar" -b "$work/loop.jar" $SHOP/wall
	stop
	expect 'http.response.code==302' 7
	expect 'http.location contains "/wall"' 1
}

# h1-cookie-rules | cookies that browsers refuse, one for another folder, one that is taken back, and a client that sends none back | curl, nginx
sample_h1-cookie-rules() {
	web
	capture
	get -c "$work/rules.jar" -b "$work/rules.jar" $SHOP/cookies/set "${next[@]}" -c "$work/rules.jar" -b "$work/rules.jar" $SHOP/cookies/show \
		"${next[@]}" -c "$work/rules.jar" -b "$work/rules.jar" $SHOP/cookies/leave "${next[@]}" -c "$work/rules.jar" -b "$work/rules.jar" $SHOP/cookies/show \
		"${next[@]}" $SHOP/cookies/set "${next[@]}" $SHOP/cookies/show
	stop
	expect 'http.set_cookie' 3
	expect 'http.cookie contains "session="' 2
	expect 'http.cookie contains "other="' 0
}

# h1-met-close | a POST on a connection that the server had closed, then a GET that crosses the server's FIN on its way; link of 60 ms | python3, nginx
sample_h1-met-close() {
	network --delay 60
	web
	capture
	client /usr/bin/python3 "$here/traffic/late.py"
	stop
	expect 'http.request.method=="POST"' 1
	expect 'http.request.method=="GET"' 3
	expect 'http.response' 2
	expect 'tcp.flags.reset==1' 2+
}

# h1-expectations | Expect: 100-continue answered, ignored until the client sends anyway, refused with 417, and met with another answer | curl, node
sample_h1-expectations() {
	odd
	site
	capture
	local page
	for page in answered ignored refused too-large; do
		get -H 'Expect: 100-continue' --expect100-timeout 0.3 --data-binary @"$work/site/style.css" $MADE/expectations/$page
	done
	stop
	expect 'http.response.code==100' 1
	expect 'http.response.code==417' 1
	expect 'http.response.code==413' 1
	expect 'frame contains "POST /expectations/"' 4+
}

# h1-range-wrong | parts that nobody asked for, that are shorter than they say, that cannot be read; If-Range that holds and does not | curl, node, nginx
sample_h1-range-wrong() {
	odd
	web_beside
	capture
	local dated='If-Range: Mon, 01 Jan 2024 00:00:00 GMT' stale='If-Range: "stale"'
	get -r 0-99 $MADE/ranges/{not-asked,too-short,unreadable} "${next[@]}" -r 0-99 -H "$dated" $SHOP/style.css \
		"${next[@]}" -r 0-99 -H "$stale" $SHOP/style.css
	stop
	expect 'http.response.code==206' 4
	expect 'http.response.line contains "Content-Range"' 4
}

# h1-range-joined | a picture in two halves on two connections, then a download that ends early and is resumed | curl, node, nginx
sample_h1-range-joined() {
	odd
	web_beside
	capture
	get -r 0-699 $SHOP/images/00.png
	get -r 700- $SHOP/images/00.png
	fails client curl -4 -sS -o "$work/part" $MADE/ranges/download
	client curl -4 -sS -C - -o "$work/part" $MADE/ranges/download
	stop
	expect 'http.response.code==206' 3
	expect 'tcp.flags==0x002' 4
}

# h1-caching | an answer that is fresh for an hour fetched again and asked after, one that is stale after a second, and those that must not be kept | curl, nginx
sample_h1-caching() {
	web
	client curl -4 -sS -o /dev/null --etag-save "$work/etag" $SHOP/cached/style.css
	capture
	get $SHOP/cached/{style.css,style.css} "${next[@]}" --etag-compare "$work/etag" $SHOP/cached/style.css \
		"${next[@]}" -H 'Cache-Control: no-cache' $SHOP/cached/style.css "${next[@]}" -H 'If-Match: "other"' $SHOP/cached/style.css \
		"${next[@]}" $SHOP/{brief,kept-nowhere,checked,private}/style.css
	sleep 2
	get --etag-compare "$work/etag" $SHOP/brief/style.css "${next[@]}" $SHOP/{kept-nowhere,private}/style.css
	stop
	expect 'http.response.code==304' 2
	expect 'http.response.code==412' 1
}

# h1-codings | bodies in br, gzip within br, both forms of deflate, gzip in two members; then damaged, cut, mislabelled and exploding ones | curl, node
sample_h1-codings() {
	odd
	capture
	get $MADE/codings/{br,stacked,deflate,deflate-raw,members,trailing,checksum,corrupt,ends-early,mislabelled,unknown,bomb}
	fails client curl -4 -sS -o /dev/null $MADE/codings/cut
	stop
	expect 'http.content_encoding' 12+
}

# h1-delivery | answers that come as they arise: a stream, server-sent events, long polls; beside a download that stalls and a slow answer | curl, node
sample_h1-delivery() {
	odd
	capture
	get $MADE/deliveries/{log,events,download,report,poll,poll} "${next[@]}" -H 'Prefer: wait=5' $MADE/deliveries/wait
	stop
	expect 'http.request' 7
	expect 'http.content_type contains "event-stream"' 1
}

# h1-forms | forms with names that are odd or meant to escape: urlencoded, multipart with files, multipart that is cut, compressed | curl, node
sample_h1-forms() {
	odd
	site
	capture
	get --data-raw 'q=100%&name=J%C3%BCrgen+M&empty=&=nameless&flag&a%5B0%5D=x;y' $MADE/forms/search \
		"${next[@]}" -F 'user[name]=alice' -F 'up=@'"$work"'/site/images/03.png;filename="../../etc/pass\"wd"' \
		-F 'up=@'"$work"'/site/style.css;filename="CON.css";type=text/css' -F 'note=--not a border;type=text/plain' $MADE/forms/upload \
		"${next[@]}" -H 'Content-Type: application/x-www-form-urlencoded' -H 'Content-Encoding: gzip' -H 'Expect:' --data-binary @<(printf 'zipped=yes&password=wonderland' | gzip -n) $MADE/forms/zipped \
		"${next[@]}" -H 'Content-Type: multipart/form-data; boundary=b' --data-binary $'--b\r\nContent-Disposition: form-data; name="whole"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="cut"\r\n\r\n12' $MADE/forms/open
	stop
	expect 'http.request.method=="POST"' 4
	expect 'http.content_type contains "multipart/form-data"' 2
}

# h1-logins | challenges of Basic, Digest, Negotiate, Bearer and NTLM, and credentials that are accepted, refused and forbidden | curl, node
sample_h1-logins() {
	odd
	capture
	get $MADE/logins/several "${next[@]}" -u alice:wrong $MADE/logins/basic "${next[@]}" -u alice:wonderland $MADE/logins/basic \
		"${next[@]}" --digest -u alice:wonderland $MADE/logins/digest "${next[@]}" $MADE/logins/bearer \
		"${next[@]}" --oauth2-bearer not.a.real.token $MADE/logins/bearer "${next[@]}" --oauth2-bearer not.a.real.token $MADE/logins/forbidden
	get --ntlm -u alice:wonderland $MADE/logins/ntlm
	stop
	expect 'http.response.code==401' 7
	expect 'http.authorization contains "NTLM"' 2
	expect 'http.response.code==403' 1
}
