# Other links, addresses and file formats around the same simple traffic. Sourced by make.sh.

# ipv6-get | a page over IPv6: AAAA, then TCP to fd77::2 | curl, nginx
sample_ipv6-get() {
	web
	capture
	client curl -6 -sS -o /dev/null http://six.example.test/index.html
	stop
	expect 'ipv6 && http.request' 1
	expect 'ipv6 && http.response.code==200' 1
}

# happy-eyeballs | a name with both kinds of address; IPv6 is refused, the client goes on with IPv4 | curl, python3
sample_happy-eyeballs() {
	handmade
	capture
	client curl -sS -o /dev/null http://dual.example.test:8080/hello
	stop
	expect 'ipv6 && tcp.flags.reset==1' 1
	expect 'ip && http.request' 1
}

# vlan-get | frames with an 802.1Q tag (VLAN 77), captured on the trunk between two switches | curl, nginx, wire.py
sample_vlan-get() {
	network --trunk 77
	web
	capture_in $WIRE -i trunk0 vlan
	get $SHOP/index.html
	stop
	expect 'vlan.id==77 && http.request' 1
	expect 'vlan.id==77 && http.response' 1
	expect '!vlan' 0
}

# any-sll2 | captured on "any": Linux cooked capture v2 instead of Ethernet headers; in a pcapng | curl, nginx, editcap
sample_any-sll2() {
	web
	capture -i any -y LINUX_SLL2
	get $SHOP/index.html
	stop pcapng
	expect 'sll && http.request' 1
	expect 'sll && http.response' 1
}

# snaplen-cut | only the first 96 bytes of every packet were captured | curl, nginx
sample_snaplen-cut() {
	web
	capture -s 96
	get $SHOP/{index.html,style.css}
	stop
	expect 'frame.cap_len>96' 0
	expect 'frame.cap_len<frame.len' 2+
}

# exchanges WHICH writes one of links.py's captures.
exchanges() {
	file="$work/out/$sample.pcapng"
	/usr/bin/python3 "$here/traffic/links.py" "$1" "$file"
}

# links | one small exchange behind each link type, told apart by its path; one frame of a link type nobody knows | links.py
sample_links() {
	exchanges links
	expect 'http.request' 33 # tshark reads neither PPP_PPPD nor MPLS as a link type
}

# tunnels | the exchange behind each kind of tag, label and tunnel, and behind IP headers that are not plain; last a thousand tunnels in one another | links.py
sample_tunnels() {
	exchanges tunnels
	expect 'http.request' 39 # tshark has to be told what a pseudo-wire carries
}

# fragments | the exchange with its request in IPv4 and IPv6 fragments: in order and not, twice, overlapping, contradictory, incomplete | links.py
sample_fragments() {
	exchanges fragments
	expect 'http.request' 8
	expect 'ip.fragment.overlap.conflict==1' 1
	expect 'http.request && ipv6.fragment.overlap==1' 1
}

# tags | the exchange with another VLAN each way, with one way's alone, before and behind a router, and with the same addresses and ports in two networks | links.py
sample_tags() {
	exchanges tags
	expect 'http.request.uri=="/tags/each-way-its-own"' 1
	expect 'vlan.id==1 && tcp.flags.syn==1 && ip.src==10.78.5.1' 1
	expect 'vlan.id==2 && tcp.flags.syn==1 && ip.src==10.78.5.1' 1
}
