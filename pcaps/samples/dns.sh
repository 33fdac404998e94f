# DNS by itself. Sourced by make.sh.

# dns-a-aaaa-cname-https-nxdomain | A, AAAA, a chain of CNAMEs, MX, TXT, SRV, PTR, HTTPS, an empty answer, NXDOMAIN, REFUSED; with and without EDNS | dig, dnsmasq
sample_dns-a-aaaa-cname-https-nxdomain() {
	names
	capture
	local question
	for question in 'www.example.test A' 'six.example.test AAAA' 'dual.example.test AAAA' 'shop.example.test A' 'example.test MX' \
		'example.test TXT' '_http._tcp.example.test SRV' '2.0.77.10.in-addr.arpa PTR' 'www.example.test TYPE65' \
		'www.example.test AAAA' 'nothing.example.test A' 'www.elsewhere.example A' '+noedns www.example.test A' '+dnssec +nocookie www.example.test A'; do
		# shellcheck disable=SC2086
		client dig $question >/dev/null
	done
	stop
	expect 'dns.flags.response==0' 14
	expect 'dns.flags.response==1' 14
	expect 'dns.flags.rcode==3' 1
	expect 'dns.flags.rcode==5' 1
	expect 'dns.resp.type==65' 1
	expect 'dns.resp.type==5' 1
	expect 'dns.flags.response==0 && dns.resp.type==41' 13
}

# dns-tcp-fallback | an answer too long for UDP comes truncated (TC), the client asks again over TCP | dig, dnsmasq
sample_dns-tcp-fallback() {
	names
	capture
	client dig long.example.test TXT >/dev/null
	stop
	expect 'udp && dns.flags.truncated==1' 1
	expect 'tcp && dns.flags.response==1' 1
}

# dns-unanswered | two questions of one lookup, a second apart, to an address where nobody answers; then one to a closed port (ICMP) | dig
sample_dns-unanswered() {
	capture
	fails client dig +tries=2 +timeout=1 @$NOBODY www.example.test >/dev/null
	fails client dig +tries=1 +timeout=1 -p 5353 @10.77.0.2 www.example.test >/dev/null
	stop
	expect "dns.flags.response==0 && ip.dst==$NOBODY && !icmp" 2
	expect 'dns.flags.response==1' 0
	expect 'icmp.type==3 && icmp.code==3' 1
}
