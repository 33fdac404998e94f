# The two ends and the link between them. Sourced by make.sh.
#
#   hanalyze-client  client0  10.77.0.1            fd77::1
#   hanalyze-server  server0  10.77.0.2 … .9       fd77::2
#   hanalyze-wire    only when a sample asks for delay, loss or a VLAN trunk: wire.py carries the frames
#
# Offloads are off, so that the capture holds the packets of an ordinary link with MTU 1500. Neighbours are static
# and IPv6 is silent, so that it holds nothing else.

readonly CLIENT=hanalyze-client SERVER=hanalyze-server WIRE=hanalyze-wire
readonly CLIENT_MAC=02:00:0a:4d:00:01 SERVER_MAC=02:00:0a:4d:00:02 NOBODY_MAC=02:00:0a:4d:00:63

# On the link, but nobody's: what is sent there is never answered.
readonly NOBODY=10.77.0.99

# No program may run longer than this many seconds, whatever it waits for.
readonly PATIENCE=60

netns_etc=(/etc/netns/$CLIENT /etc/netns/$SERVER)

# resolver_files gives both namespaces the sample's own name server and an empty hosts file.
resolver_files() {
	local dir
	for dir in "${netns_etc[@]}"; do
		mkdir -p "$dir"
		echo 'nameserver 10.77.0.2' >"$dir/resolv.conf"
		echo '127.0.0.1 localhost' >"$dir/hosts"
		echo 'hosts: files dns' >"$dir/nsswitch.conf"
	done
}

# network [WIRE_OPTION ...] builds the namespaces afresh: no route metrics, no TIME_WAIT and no process is left over
# from the sample before. With options the link runs through wire.py.
network() {
	network_down
	ip netns add $CLIENT
	ip netns add $SERVER
	if [ $# = 0 ]; then
		ip link add client0 netns $CLIENT type veth peer name server0 netns $SERVER
	else
		ip netns add $WIRE
		ip link add client0 netns $CLIENT type veth peer name wire-client netns $WIRE
		ip link add server0 netns $SERVER type veth peer name wire-server netns $WIRE
		ip link add trunk0 netns $WIRE type veth peer name trunk1 netns $WIRE
		local end
		for end in wire-client wire-server trunk0 trunk1; do link_up $WIRE $end; done
	fi
	ip -n $CLIENT link set client0 address $CLIENT_MAC
	ip -n $SERVER link set server0 address $SERVER_MAC
	link_up $CLIENT client0
	link_up $SERVER server0
	ip -n $CLIENT addr add 10.77.0.1/24 dev client0
	ip -n $CLIENT addr add fd77::1/64 dev client0 nodad
	ip -n $SERVER addr add fd77::2/64 dev server0 nodad
	local host
	for host in 2 3 4 5 6 7 8 9; do
		ip -n $SERVER addr add 10.77.0.$host/24 dev server0
		ip -n $CLIENT neigh add 10.77.0.$host lladdr $SERVER_MAC dev client0 nud permanent
	done
	ip -n $CLIENT neigh add fd77::2 lladdr $SERVER_MAC dev client0 nud permanent
	ip -n $CLIENT neigh add $NOBODY lladdr $NOBODY_MAC dev client0 nud permanent
	ip -n $SERVER neigh add 10.77.0.1 lladdr $CLIENT_MAC dev server0 nud permanent
	ip -n $SERVER neigh add fd77::1 lladdr $CLIENT_MAC dev server0 nud permanent
	if [ $# != 0 ]; then
		ip netns exec $WIRE timeout $PATIENCE /usr/bin/python3 "$here/traffic/wire.py" "$@" &
		sleep 0.5
	fi
}

# link_up NETNS INTERFACE switches offloads and IPv6's own chatter off, then the interface and the loopback on.
link_up() {
	ip netns exec "$1" ethtool -K "$2" tx off rx off sg off tso off gso off gro off >/dev/null 2>&1
	local word
	for word in accept_dad router_solicitations accept_ra; do
		ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.$word=0"
	done
	ip -n "$1" link set lo up
	ip -n "$1" link set "$2" up
}

# kill_servers ends the programs of the server's side, so that what they buffered is written.
kill_servers() {
	local pids
	pids=$(ip netns pids $SERVER)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -TERM $pids
	sleep 0.5
}

# network_down ends every process of the namespaces and removes them.
network_down() {
	local space pids
	for space in $CLIENT $SERVER $WIRE; do
		[ -e "/run/netns/$space" ] || continue
		pids=$(ip netns pids $space)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		ip netns del $space
	done
}

# client COMMAND … and server COMMAND … run a program in a namespace, bounded in time and with an empty home.
client() { ip netns exec $CLIENT env HOME="$work" timeout $PATIENCE "$@"; }
server() { ip netns exec $SERVER env HOME="$work" timeout $PATIENCE "$@"; }

# await NETNS PORT waits until a program listens there, at most five seconds.
await() {
	local i
	for i in $(seq 100); do
		[ -z "$(ip netns exec "$1" ss -Hltn "sport = :$2")" ] || return 0
		sleep 0.05
	done
	echo "nothing listens on port $2 of $1"
	return 1
}
