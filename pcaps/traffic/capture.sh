# Recording, checking and packing one capture. Sourced by make.sh.

# What is asked of every capture: it stays small enough to keep in a repository.
readonly MOST_BYTES=1000000

# capture [TCPDUMP_ARGUMENT ...] starts recording at client0. Options given here win over the usual ones.
capture() { capture_in $CLIENT -i client0 "$@"; }

# capture_in NETNS TCPDUMP_ARGUMENT ... starts recording in a namespace and returns when tcpdump listens.
capture_in() {
	local space=$1 filter='ip or (ip6 and (tcp or udp or (icmp6 and ip6[40] < 128)))' i
	shift
	case " $* " in *" vlan "*) filter= ;; esac
	# shellcheck disable=SC2086
	ip netns exec "$space" timeout $PATIENCE tcpdump -U --immediate-mode -w - "$@" $filter \
		>"$work/raw.pcap" 2>"$work/tcpdump.log" &
	recorder=$!
	for i in $(seq 100); do
		! grep -q 'listening on' "$work/tcpdump.log" || return 0
		sleep 0.05
	done
	cat "$work/tcpdump.log"
	return 1
}

# stop [FORM] ends the recording and packs it as out/NAME.FORM: pcap (the default), pcap.gz, pcap.zst, or pcapng.
# A pcapng takes the TLS secrets of $work/keys.txt along, if there are any.
stop() {
	local form=${1:-pcap}
	sleep 0.4
	kill -TERM "$recorder"
	wait "$recorder" || true
	grep '^0 packets dropped by kernel' "$work/tcpdump.log"
	mv "$work/raw.pcap" "$work/whole.pcap"
	pack "$form"
}

# pack FORM writes whole.pcap as out/NAME.FORM.
pack() {
	file="$work/out/$sample.$1"
	case $1 in
	pcap) cp "$work/whole.pcap" "$file" ;;
	pcap.gz) gzip -9n <"$work/whole.pcap" >"$file" ;;
	pcap.zst) zstd -q -19 <"$work/whole.pcap" >"$file" ;;
	pcapng)
		local secrets=()
		[ ! -s "$work/keys.txt" ] || secrets=(--inject-secrets "tls,$work/keys.txt")
		editcap -F pcapng "${secrets[@]}" "$work/whole.pcap" "$file"
		;;
	esac
	rm -f "$work/keys.txt"
	[ "$(stat -c %s "$file")" -le $MOST_BYTES ]
	unrevealing
}

# expect FILTER COUNT holds the capture to a number of frames that match a display filter; "3+" is three or more.
expect() {
	local n
	n=$(tshark -r "$file" -o tcp.reassemble_out_of_order:TRUE -Y "$1" 2>/dev/null | wc -l)
	echo "$1: $n frames, want $2"
	case $2 in
	*+) [ "$n" -ge "${2%+}" ] ;;
	*) [ "$n" -eq "$2" ] ;;
	esac
}

# unrevealing fails if the machine that made the capture shows in it: the scratch folder, this folder, its name.
unrevealing() {
	local host word
	host=$(uname -n)
	for word in "$work" "$here" "$host"; do
		# A name of three letters or fewer would be found by chance in any binary file.
		if [ ${#word} -gt 3 ] && grep -qaF "$word" "$work/whole.pcap"; then
			echo "the capture says $word"
			return 1
		fi
	done
}

# fails COMMAND … succeeds where the command does not. (The shell's own "!" would let a success pass unseen under set -e.)
fails() { if "$@"; then return 1; fi; }

# truth COMMAND … runs a program and keeps what it says itself of the exchange, for later judgement.
truth() {
	"$@" 2>&1 | sed -e "s#$work/##g" -e 's/\x1b\[[0-9;]*m//g' >>"$work/out/$sample.txt"
}
