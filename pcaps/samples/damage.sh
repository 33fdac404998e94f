# Captures that lack something, derived from other samples without any randomness but a fixed seed. Sourced by make.sh.

# whole NAME takes the sample of this name as what is to be damaged.
whole() {
	[ -e "$here/$1.pcap" ] || { echo "$sample is made from $1: make that first"; return 1; }
	cp "$here/$1.pcap" "$work/source.pcap"
}

# damage HOW runs damage.py over the source.
damage() {
	/usr/bin/python3 "$here/traffic/damage.py" "$1" "$work/source.pcap" "$work/whole.pcap"
	pack pcap
}

# truncated | h1-get, cut off in the middle of a packet: the file ends early | head
sample_truncated() {
	whole h1-get
	head -c -700 "$work/source.pcap" >"$work/whole.pcap"
	pack pcap
	expect 'http.request' 1
	fails tshark -r "$file" >/dev/null 2>&1
}

# lossy-h1 | h1-keepalive where the capture missed every twelfth packet or so: gaps that were never retransmitted | damage.py
sample_lossy-h1() {
	whole h1-keepalive
	damage lossy
	expect 'tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment' 1+
	expect 'http.request' 3+
}

# reordered-h1 | h1-keepalive with neighbouring packets swapped and some seen twice: every byte is there | damage.py
sample_reordered-h1() {
	whole h1-keepalive
	damage reordered
	expect 'tcp.analysis.out_of_order || tcp.analysis.retransmission' 3+
	expect 'http.request' 6
}

# midstream-h1 | h1-keepalive without its beginning: neither the name nor the handshake was captured | damage.py
sample_midstream-h1() {
	whole h1-keepalive
	damage midstream
	expect 'tcp.flags.syn==1' 0
	expect 'http.request' 4+
}
