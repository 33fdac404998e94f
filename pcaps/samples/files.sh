# One capture in the formats and compressions there are, and damaged ones. Derived from other samples. Sourced by make.sh.

# again FORMAT EXTENSION SOURCE writes the sample SOURCE again with formats.py.
again() {
	whole "$3"
	file="$work/out/$sample.$2"
	/usr/bin/python3 "$here/traffic/formats.py" "$1" "$work/source.pcap" "$file"
}

# compressed COMMAND … writes h1-get compressed as out/NAME.pcap.EXTENSION.
compressed() {
	whole h1-get
	file="$work/out/$sample.pcap.$1"
	shift
	"$@" <"$work/source.pcap" >"$file"
}

# file-zstd | h1-get compressed with zstd | zstd
sample_file-zstd() {
	compressed zst zstd -q -19
	zstd -dqc "$file" | cmp - "$work/source.pcap"
}

# file-lz4 | h1-get compressed with lz4 | lz4
sample_file-lz4() {
	compressed lz4 lz4 -9cq
	lz4 -dcq "$file" | cmp - "$work/source.pcap"
}

# file-xz | h1-get compressed with xz | xz
sample_file-xz() {
	compressed xz xz -9c
	xz -dc "$file" | cmp - "$work/source.pcap"
}

# file-big-endian | h1-get as a machine with the other byte order writes it | formats.py
sample_file-big-endian() {
	again big-endian pcap h1-get
	expect 'http.request' 1
}

# file-modified | h1-get with the longer record headers of Alexey Kuznetzov's libpcap | formats.py
sample_file-modified() {
	again modified pcap h1-get
	expect 'http.request' 1
}

# file-ixia | h1-get as Ixia's lcap writes it, in nanoseconds | formats.py
sample_file-ixia() {
	again ixia pcap h1-get
	expect 'http.request' 1
}

# file-version-2 | h1-get in pcap 2.2, where a packet's two lengths stand the other way round | formats.py
sample_file-version-2() {
	again version-2 pcap h1-get
	tcpdump -nr "$file" 'tcp port 80' 2>/dev/null | grep -c 'GET /'
}

# file-blocks | h1-keepalive as a pcapng with every kind of block: two sections of different byte orders, interfaces with units of 10^-9 s and 2^-20 s, enhanced, obsolete and simple packets, names, secrets, statistics with drops, comments, a custom block | formats.py
sample_file-blocks() {
	again blocks pcapng h1-keepalive
	expect 'http.request' 6
	expect 'frame.comment' 1
}

# file-zeros | h1-keepalive with 600 bytes in the middle that are zeros, as after a crash: reading goes on behind them | formats.py
sample_file-zeros() {
	again zeros pcap h1-keepalive
}

# file-smashed | h1-keepalive as a pcapng with two places overwritten: reading goes on behind each | formats.py
sample_file-smashed() {
	again smashed pcapng h1-keepalive
	fails tshark -r "$file" >/dev/null 2>&1
}
