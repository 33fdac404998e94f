#!/bin/bash
# make.sh makes the sample captures of this folder again: real programs talk between two network namespaces, tcpdump
# listens at the client's interface, and tshark confirms that each capture shows what it is for.
#
# usage: make.sh [--install] [--list] [NAME ...]
#
#   --install   first install the Debian packages that are missing
#   --list      print every sample's name and what it shows, make nothing
#   NAME        make only these, for example: make.sh h1-keepalive tls13-full
#
# Needs root on Linux. It touches nothing outside its own namespaces but /etc/netns, and removes both when it ends.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# A sample that races (two ends closing at once, a browser's pool) is played again until tshark agrees.
readonly ATTEMPTS=5

# One line for each program: its name and the Debian package that holds it.
readonly PROGRAMS='
ip iproute2
ss iproute2
ethtool ethtool
tcpdump tcpdump
tshark tshark
editcap wireshark-common
python3 python3
nginx nginx-light
curl curl
node nodejs
nghttp nghttp2-client
h2load nghttp2-client
nghttpd nghttp2-server
nghttpx nghttp2-proxy
openssl openssl
dnsmasq dnsmasq-base
go golang-go
dig bind9-dnsutils
nsupdate bind9-dnsutils
knotd knot
unbound unbound
socat socat
zstd zstd
lz4 lz4
xz xz-utils
gtlsclient ngtcp2-client
gtlsserver ngtcp2-server
hostapd hostapd
eapol_test eapoltest
chromium chromium'

for part in network capture servers; do
	# shellcheck source=/dev/null
	. "$here/traffic/$part.sh"
done
for part in tcp http1 meaning tls http2 dns quic browser link damage files; do
	# shellcheck source=/dev/null
	. "$here/samples/$part.sh"
done

# described prints "NAME | what it shows | programs" for every sample, in the order of the files above.
described() {
	for part in tcp http1 meaning tls http2 dns quic browser link damage files; do
		sed -n 's/^# \([a-z0-9-]* | .* | .*\)$/\1/p' "$here/samples/$part.sh"
	done
}

# needs_programs ends the script with the packages to install when a program is missing.
needs_programs() {
	local program package missing=
	while read -r program package; do
		[ -n "$program" ] || continue
		command -v "$program" >/dev/null || missing+=" $package"
	done <<<"$PROGRAMS"
	/usr/bin/python3 -c 'import websockets' 2>/dev/null || missing+=' python3-websockets'
	[ -n "$missing" ] || return 0
	if [ "$install" = yes ]; then
		# shellcheck disable=SC2086
		apt-get install -y --no-install-recommends $missing
		return
	fi
	echo "make.sh: programs are missing; apt-get install$missing, or use --install" >&2
	exit 1
}

# make_one plays one sample until its checks pass, then moves the capture and the programs' own words into place. Where they
# never do, failed is 1. (Called as part of a condition it would not notice: there the shell ignores "set -e" all the way down.)
make_one() {
	local name=$1 try
	for try in $(seq $ATTEMPTS); do
		sample=$name
		rm -rf "$work/out"
		mkdir -p "$work/out"
		set +e
		(set -e; network; "sample_$name") >"$work/log" 2>&1
		local status=$?
		set -e
		network_down
		if [ $status = 0 ]; then
			rm -f "$here/$name".pcap*
			mv "$work/out/$name".pcap* "$here/"
			if [ -e "$work/out/$name.txt" ]; then
				mkdir -p "$here/truth"
				mv "$work/out/$name.txt" "$here/truth/"
			fi
			echo "$name: made"
			return 0
		fi
	done
	echo "$name: failed $ATTEMPTS times; the last time it said:" >&2
	tail -n 15 "$work/log" >&2
	failed=1
}

# write_table puts the list of samples between the two markers of README.md.
write_table() {
	local name shows by file
	{
		sed '/<!-- samples -->/q' "$here/README.md"
		echo
		echo '| file | what it shows | made by |'
		echo '|---|---|---|'
		described | while IFS='|' read -r name shows by; do
			name=${name% }
			for file in "$here/$name".pcap*; do
				[ -e "$file" ] && echo "| \`${file##*/}\` |$shows|$by |"
			done
		done
		echo
		sed -n '/<!-- end of samples -->/,$p' "$here/README.md"
	} >"$work/README.md"
	cat "$work/README.md" >"$here/README.md"
}

main() {
	install=no failed=0
	local names=() name
	while [ $# -gt 0 ]; do
		case $1 in
		--install) install=yes ;;
		--list) described; exit 0 ;;
		-*) echo "usage: make.sh [--install] [--list] [NAME ...]" >&2; exit 2 ;;
		*)
			declare -F "sample_$1" >/dev/null || { echo "make.sh: no sample is called $1; see --list" >&2; exit 2; }
			names+=("$1")
			;;
		esac
		shift
	done
	[ "$(id -u)" = 0 ] || { echo "make.sh: network namespaces need root" >&2; exit 1; }
	needs_programs

	# Two runs would tear each other's namespaces down.
	exec {lock}<"$here"
	flock -n "$lock" || { echo "make.sh: another run is under way" >&2; exit 1; }

	work=$(mktemp -d)
	trap 'network_down; rm -rf "$work" "${netns_etc[@]}"; rmdir --ignore-fail-on-non-empty /etc/netns' EXIT
	trap 'exit 130' INT TERM
	resolver_files
	[ ${#names[@]} -gt 0 ] || mapfile -t names < <(described | cut -d' ' -f1)
	for name in "${names[@]}"; do
		make_one "$name"
	done
	write_table
	exit $failed
}

main "$@"
