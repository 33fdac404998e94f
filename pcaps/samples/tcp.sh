# How TCP connections begin, end and go wrong. Sourced by make.sh.

# scene NAME plays a scene of tcp.py, which holds both ends.
scene() { timeout $PATIENCE /usr/bin/python3 "$here/traffic/tcp.py" "$1" $CLIENT $SERVER; }

# tcp-close-fin4 | three-way handshake, data, orderly close in four segments: FIN, ACK, FIN, ACK; nanosecond timestamps | python3
sample_tcp-close-fin4() {
	capture --time-stamp-precision=nano
	scene fin4
	stop
	expect tcp 11
	expect 'tcp.flags.fin==1' 2
	expect 'tcp.flags==0x010 && tcp.analysis.acks_frame && tcp.seq>1' 3+
}

# tcp-close-fin3 | orderly close in three segments: the server's FIN carries its ACK | python3
sample_tcp-close-fin3() {
	capture
	scene fin3
	stop
	expect tcp 10
	expect 'tcp.flags.fin==1' 2
}

# tcp-close-simultaneous | both ends close before either has seen the other's FIN (CLOSING on both sides); link of 50 ms | python3
sample_tcp-close-simultaneous() {
	network --delay 50
	capture
	scene simultaneous-close
	stop
	# Neither FIN acknowledges the other: both carry the acknowledgement number of before.
	expect 'tcp.flags.fin==1 && ip.src==10.77.0.1 && tcp.seq==12 && tcp.ack==11' 1
	expect 'tcp.flags.fin==1 && ip.src==10.77.0.2 && tcp.seq==11 && tcp.ack==12' 1
	expect 'tcp.flags==0x010 && (tcp.ack==12 || tcp.ack==13) && tcp.seq>11' 2+
}

# tcp-halfclose | the client shuts its sending side down, the server goes on sending for a second | python3
sample_tcp-halfclose() {
	capture
	scene half-close
	stop
	expect 'tcp.flags.fin==1' 2
	expect 'ip.src==10.77.0.2 && tcp.len>20' 5
}

# tcp-refused | a SYN to a closed port is answered by RST | python3
sample_tcp-refused() {
	capture
	scene refused
	stop
	expect tcp 2
	expect 'tcp.flags.reset==1' 1
}

# tcp-reset | the client aborts an established connection (SO_LINGER 0) | python3
sample_tcp-reset() {
	capture
	scene reset
	stop
	expect 'tcp.flags.reset==1 && ip.src==10.77.0.1' 1
	expect 'tcp.flags.fin==1' 0
}

# tcp-unanswered | a SYN that nobody answers, and its retries after 1 and 3 seconds | python3
sample_tcp-unanswered() {
	# Linux 6.5 and later would otherwise retry every second at first.
	ip netns exec $CLIENT sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0 || true
	capture
	scene unanswered
	stop
	expect tcp 3
	expect 'tcp.flags==0x002 && tcp.analysis.retransmission' 2
}

# tcp-filtered | SYNs that a router answers with ICMP: host unreachable, then forbidden by its rules; the same over IPv6 | python3
sample_tcp-filtered() {
	ip netns exec $SERVER sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n $CLIENT route add 10.78.0.0/24 via 10.77.0.2
	ip -n $CLIENT route add fd78::/64 via fd77::2
	ip -n $SERVER route add unreachable 10.78.0.1
	ip -n $SERVER route add prohibit 10.78.0.2
	ip -n $SERVER route add unreachable fd78::1
	ip -n $SERVER route add prohibit fd78::2
	capture
	scene filtered
	stop
	expect 'tcp.flags==0x002 && !icmp && !icmpv6' 4+
	expect 'icmp.type==3 && icmp.code==1' 1+
	expect 'icmp.type==3 && icmp.code==13' 1+
	expect 'icmpv6.type==1' 2+
}

# udp-too-big | datagrams too big for the link behind a router: fragmentation needed, with the MTU; over IPv6 packet too big | python3
sample_udp-too-big() {
	ip netns exec $SERVER sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n $SERVER link add narrow0 mtu 1280 type veth peer name narrow1 mtu 1280
	ip -n $SERVER addr add 10.78.0.1/24 dev narrow0
	ip -n $SERVER addr add fd78::1/64 dev narrow0 nodad
	ip -n $SERVER link set narrow0 up
	ip -n $SERVER link set narrow1 up
	ip -n $CLIENT route add 10.78.0.0/24 via 10.77.0.2
	ip -n $CLIENT route add fd78::/64 via fd77::2
	capture
	scene too-big
	stop
	expect 'icmp.type==3 && icmp.code==4 && icmp.mtu==1280' 1+
	expect 'icmpv6.type==2' 1+
}

# tcp-simultaneous-open | both ends connect to each other at once: two SYNs cross, two SYN-ACKs follow; link of 50 ms | python3
sample_tcp-simultaneous-open() {
	network --delay 50
	capture
	scene simultaneous-open
	stop
	expect 'tcp.flags==0x002' 2
	expect 'tcp.flags==0x012' 2
	expect 'tcp.flags.fin==1' 2
}

# tcp-keepalive | an idle connection is probed every second and the probes are answered | python3
sample_tcp-keepalive() {
	capture
	scene keep-alive
	stop
	expect 'tcp.analysis.keep_alive' 3
	expect 'tcp.analysis.keep_alive_ack' 3
}

# tcp-zero-window | a receiver that does not read closes its window, the sender probes it, reading opens it again | python3
sample_tcp-zero-window() {
	capture
	scene zero-window
	stop
	expect 'tcp.analysis.zero_window' 1+
	expect 'tcp.analysis.keep_alive' 1+ # so it calls the probes, which lie one byte before the window
	expect 'tcp.analysis.window_update' 1+
}

# tcp-loss | the link loses four full segments: duplicate ACKs with SACK, fast retransmission, and a loss near the end; link of 20 ms | python3
sample_tcp-loss() {
	network --delay 20 --drop 5,6,20,57
	capture
	scene bulk
	stop
	expect 'tcp.analysis.duplicate_ack' 3+
	expect 'tcp.analysis.out_of_order || tcp.analysis.retransmission' 3+
	expect 'tcp.options.sack_le' 3+
}
