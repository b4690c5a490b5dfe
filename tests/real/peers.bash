# A program with the shim, its peer, and the kernel's view of the connection between them.
# shellcheck shell=bash

# start [NAME=VALUE...] COMMAND...: in the background with the shim preloaded; its pid in $PID.
start() {
	background env LD_PRELOAD="$SHIM" "$@"
	PID=$!
}

# hold [COMMAND-PREFIX...] [ADDRESS]: a server that accepts connections and sends nothing; its port is in $PORT.
hold() {
	local address=127.0.0.1 file

	if [ $# -gt 0 ]; then
		address=${*: -1}
		set -- "${@:1:$#-1}"
	fi
	file=$(mktemp "$BATS_TEST_TMPDIR/hold.XXXXXX")
	background "$@" python3 "$TESTS/programs/hold.py" "$address" >"$file"
	await 15 test -s "$file" || return 1
	PORT=$(cat "$file")
}

# call PORT [ADDRESS]: a client without the shim that connects and stays connected.
call() {
	background python3 -c 'import socket, sys, time
held = socket.create_connection((sys.argv[2], int(sys.argv[1])), 15)
time.sleep(600)' "$1" "${2:-127.0.0.1}"
	CALLER=$!
}

# free_port [ADDRESS]: a port that is free at the moment, for programs that cannot choose one themselves. It is below the
# ports that the kernel assigns by itself, so that it is likely to stay free until the program binds it.
free_port() {
	python3 -c 'import random, socket, sys
address = sys.argv[1]
while True:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as s:
        try:
            s.bind((address, random.randint(10000, 32000)))
        except OSError:
            continue
        print(s.getsockname()[1])
        break' "${1:-127.0.0.1}"
}

# listens PORT: whether any process listens on it.
listens() {
	[ -n "$(ss -tlnH "sport = :$1")" ]
}

# sent PORT: whether data that nobody has read was sent on a connection with that port; then the program has finished
# setting up its socket.
sent() {
	[ -n "$(ss -tnH state established "sport = :$1 or dport = :$1" | awk '$1 > 0')" ]
}

# expect PID PATTERN VALUES: a socket of the process that matches the pattern has the values within 15 s; otherwise prints
# all its sockets.
expect() {
	local values="$3"

	await 15 has "$1" "$2" "$values" && return
	echo "expected of pid $1 ($2): $values; its sockets:" >&2
	sockets "$1" >&2
	return 1
}

has() {
	sockets "$1" "$2" | grep -F -e "$3"
}

# connection_has LISTENER SERVER CLIENT: $PID, which has both ends of a connection, has these values on its sockets.
connection_has() {
	await 15 connection_is "$@" && return
	printf 'expected of listener, server and client: %s; %s; %s; they have:\n' "$@" >&2
	sockets "$PID" >&2
	return 1
}

connection_is() {
	local all

	all=$(sockets "$PID")
	grep -F -e "$1" <<<"$all" | grep -q " state=LISTEN " &&
		grep -F -e "$2" <<<"$all" | grep -q " state=ESTABLISHED .* local=[^ ]*:$PORT " &&
		grep -F -e "$3" <<<"$all" | grep -q " state=ESTABLISHED .* peer=[^ ]*:$PORT "
}

# listener_has VALUES, server_has VALUES [PID], client_has VALUES: that socket of $PID at $PORT has them.
listener_has() {
	expect "$PID" "state=LISTEN .*local=[^ ]*:$PORT " "$1"
}

server_has() {
	expect "${2:-$PID}" "state=ESTABLISHED .*local=[^ ]*:$PORT " "$1"
}

client_has() {
	expect "$PID" "state=ESTABLISHED .*peer=[^ ]*:$PORT " "$1"
}

# child PID: the first child of that process, once it has one.
child() {
	await 15 has_child "$1" || return 1
	read -r pid _ <"/proc/$1/task/$1/children"
	echo "$pid"
}

has_child() {
	[ -n "$(cat "/proc/$1/task/$1/children")" ]
}

# private_run COMMAND...: sets $PRIVATE to the command line that runs it with a private /run, where daemons write pid
# files and expect directories. The process stays the same.
private_run() {
	PRIVATE=(unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$@"' sh "$@")
}

# haproxy_to ENDPOINT [NAME=VALUE...]: HAProxy at $PORT in front of the endpoint, with a client connected; $OPTIONS are
# further lines of its configuration.
haproxy_to() {
	local endpoint=$1

	shift
	PORT=$(free_port)
	cat >"$BATS_TEST_TMPDIR/haproxy-$PORT.cfg" <<-END
		defaults
			mode tcp
			timeout connect 10s
			timeout client 10m
			timeout server 10m
			${OPTIONS-}
		listen proxy
			bind 127.0.0.1:$PORT
			server one $endpoint
	END
	start "$@" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy-$PORT.cfg"
	await 15 listens "$PORT"
	call "$PORT"
}
