#!/bin/bash
# bench.sh measures a whole run of hanalyze beside tcpdump, which reads and writes the same packets and decodes none.
#
# usage: bench.sh BENCHDIR BINARY
#
#   BENCHDIR   holds web-base.pcap.zst and amplify.py, which grows it to 327 MB
#   BINARY     the hanalyze to measure
#
# The large capture is made in a temporary folder (TMPDIR is honoured) and removed. Wall time in seconds, memory is the
# process's largest resident set in MiB. The runs alternate, so that a slow moment of the machine meets both.
set -euo pipefail

readonly COPIES=30 ROUNDS=3

[ $# = 2 ] || { sed -n '4p' "$0" | cut -c3- >&2; exit 2; }
bench=$1
binary=$(realpath "$2")
[ -x "$binary" ] || { echo "bench.sh: $2 cannot be run" >&2; exit 1; }
for program in zstd python3 tcpdump; do
	command -v $program >/dev/null || { echo "bench.sh: needs $program" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measured COMMAND … discards the command's output and prints its wall time in seconds and its largest resident set in KiB.
measured() {
	if [ -x /usr/bin/time ]; then
		/usr/bin/time -f '%e %M' -o "$work/figures" "$@" >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; return 1; }
		cat "$work/figures"
		return
	fi
	python3 - "$@" <<'EOF'
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print('%.2f %d' % (time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
EOF
}

zstd -q -d "$bench/web-base.pcap.zst" -o "$work/base.pcap"
python3 "$bench/amplify.py" "$work/base.pcap" "$work/big.pcap" $COPIES
cat "$work/big.pcap" >/dev/null # both find the file in the page cache

printf '%-7s %12s %12s %14s %14s\n' round 'tcpdump s' 'hanalyze s' 'tcpdump MiB' 'hanalyze MiB'
for round in $(seq $ROUNDS); do
	floor=$(measured tcpdump -r "$work/big.pcap" -w /dev/null)
	ours=$(measured "$binary" -r "$work/big.pcap" -o json)
	echo "$round $floor $ours" | tee -a "$work/rounds" |
		awk '{ printf "%-7d %12.2f %12.2f %14.1f %14.1f\n", $1, $2, $4, $3 / 1024, $5 / 1024 }'
done
awk '
	NR == 1 || $2 < floor { floor = $2 }
	NR == 1 || $4 < ours { ours = $4 }
	$5 > most { most = $5 }
	END { printf "best: tcpdump %.2f s, hanalyze %.2f s, ratio %.2f; hanalyze took at most %.1f MiB\n", floor, ours, ours / floor, most / 1024 }
' "$work/rounds"
