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

# dns-types | every type of record that a zone file can hold, with signatures; DNSKEY, DS, NSEC3; a DNAME; an unknown type; NSID and cookies | dig, knotd
sample_dns-types() {
	zone
	sleep 1
	capture
	local type
	for type in SOA NS MX TXT CAA CDS CDNSKEY CSYNC LOC RP AFSDB NAPTR HINFO CERT DHCID APL URI EUI48 EUI64 NID L32 L64 LP KX \
		IPSECKEY SPF MINFO SVCB HTTPS SSHFP SMIMEA OPENPGPKEY ZONEMD TYPE65280 NSEC3PARAM; do
		client dig +norec +ignore +bufsize=1232 example.test "$type" >/dev/null
	done
	client dig +norec +dnssec +tcp +nsid example.test DNSKEY _443._tcp.www.example.test TLSA nothing.example.test A >/dev/null
	client dig +norec +dnssec +bufsize=4096 www.example.test AAAA >/dev/null
	client dig +norec host.old.example.test A >/dev/null
	client dig +norec host.child.example.test A >/dev/null
	client dig +norec child.example.test DS >/dev/null
	client dig +norec below.example.test A >/dev/null
	stop
	expect 'udp && dns.flags.response==1' 40
	expect 'dns.resp.type==46' 4
	expect 'dns.resp.type==50' 1
	expect 'dns.resp.type==39' 1
}

# dns-zone | a zone is transferred (AXFR), changed by a signed update (TSIG), announced (NOTIFY) and transferred again by its differences (IXFR) | nsupdate, knotd
sample_dns-zone() {
	zone
	sleep 1
	capture
	second
	sleep 2
	client nsupdate -y hmac-sha256:hanalyze-test:c2VjcmV0IG9mIHRoZSBzYW1wbGVzLCBrbm93biB0byBhbGw= <<-END
		server 10.77.0.2
		zone example.test
		prereq nxdomain added.example.test
		prereq yxrrset www.example.test A
		update add added.example.test 300 A 10.77.0.7
		update delete ns2.example.test A
		update delete www.example.test AAAA fd77::2
		send
	END
	sleep 3
	stop
	expect 'dns.flags.opcode==5 && dns.flags.response==0' 1
	expect 'dns.flags.opcode==4 && dns.flags.response==1' 1
	expect 'dns.qry.type==252 && dns.flags.response==0' 1
	expect 'dns.qry.type==251 && dns.flags.response==0 && tcp' 1
}

# dns-resolver | a resolver asks and keeps: TTLs that run down, a name that does not exist and one without data, a search list, SERVFAIL with its reason (EDE), a client that asks although it knows | dig, unbound, knotd
sample_dns-resolver() {
	zone
	sleep 1
	resolve
	capture
	local question
	for question in 'alias.example.test A' 'nothing.example.test A' 'www.example.test MX' 'www.broken.test A'; do
		# shellcheck disable=SC2086
		client dig @10.77.0.3 $question >/dev/null
	done
	for question in db.shop.example.test db.old.shop.example.test db.example.test; do
		client dig @10.77.0.3 +nocookie "$question" >/dev/null
	done
	sleep 3
	client dig @10.77.0.3 alias.example.test A >/dev/null
	stop
	expect 'dns.flags.response==1' 8
	expect 'dns.flags.rcode==3' 4
	expect 'dns.flags.rcode==2' 1
}

# dns-odd | answers that a client must not trust: two that differ, guessed IDs, one from another address, letters in another case, one that is late, a referral to the root, a name that points at itself | python3
sample_dns-odd() {
	server /usr/bin/python3 "$here/traffic/dns.py" serve >"$work/dns.log" 2>&1 &
	await $SERVER 53
	capture
	client /usr/bin/python3 "$here/traffic/dns.py" ask
	stop
	expect 'dns.flags.response==0' 7
	expect 'dns.flags.response==1 && !icmp' 11
}

# dns-mdns | multicast DNS: a question that wants its answer by unicast, and a service announced with records that replace older ones | python3
sample_dns-mdns() {
	ip -n $CLIENT route add 224.0.0.0/4 dev client0
	capture
	client /usr/bin/python3 "$here/traffic/dns.py" mdns
	stop
	expect 'mdns' 2
}

# dns-llmnr | LLMNR and a one-shot question of multicast DNS: asked of all, answered to the asker alone, who then connects; a name that nobody has | python3
sample_dns-llmnr() {
	ip -n $CLIENT route add 224.0.0.0/4 dev client0
	server /usr/bin/python3 "$here/traffic/dns.py" printer >"$work/dns.log" 2>&1 &
	await $SERVER 9100
	capture
	client /usr/bin/python3 "$here/traffic/dns.py" link
	stop
	expect 'llmnr && dns.flags.response==0' 3
	expect 'llmnr && dns.flags.response==1' 1
	expect 'mdns' 2
	expect 'tcp.flags.syn==1 && tcp.flags.ack==0' 2
}
