#!/usr/bin/env bats
# KEEPALIVE_SHIM_RULES in typical cases: a proxy's two sides, a container with several programs, loopback left
# alone, two databases. Real programs, real connections.

load ../helpers
load peers

both_sides='role=client idle=30 interval=5 count=3; role=server idle=20'

@test "haproxy: one value for its clients, another for its servers" {
	require haproxy
	hold
	UPSTREAM=$PORT
	haproxy_to "127.0.0.1:$UPSTREAM" KEEPALIVE_SHIM_RULES="$both_sides"
	listener_has "keepalive=1 idle=20 interval=10 count=6"
	server_has "keepalive=1 idle=20 interval=10 count=6"
	PORT=$UPSTREAM client_has "keepalive=1 idle=30 interval=5 count=3"
}

@test "socat: one value for its clients, another for its servers" {
	require socat
	hold
	UPSTREAM=$PORT
	PORT=$(free_port)
	start KEEPALIVE_SHIM_RULES="$both_sides" \
		socat "TCP-LISTEN:$PORT,bind=127.0.0.1,fork" "TCP:127.0.0.1:$UPSTREAM"
	await 15 listens "$PORT"
	call "$PORT"
	listener_has "keepalive=1 idle=20 interval=10 count=6"
	PID=$(child "$PID")
	server_has "keepalive=1 idle=20 interval=10 count=6"
	PORT=$UPSTREAM client_has "keepalive=1 idle=30 interval=5 count=3"
}

@test "a container of several programs, of which one is exempt" {
	require socat perl redis-server
	hold
	redis_port=$(free_port)
	cat >"$BATS_TEST_TMPDIR/legacy-client" <<-'END'
		#!/usr/bin/perl
		use IO::Socket::INET;
		readline(IO::Socket::INET->new($ARGV[0]) or die $!);
	END
	chmod 755 "$BATS_TEST_TMPDIR/legacy-client"
	cat >"$BATS_TEST_TMPDIR/redis.conf" <<-END
		bind 127.0.0.1
		port $redis_port
		save ""
		tcp-keepalive 0
		logfile $BATS_TEST_TMPDIR/redis.log
	END
	# As in a container, all programs have the same environment, and the shell is their init.
	start KEEPALIVE_SHIM_RULES='program=legacy-* off; program=redis-server role=server idle=25' sh -c '
		redis-server "$2/redis.conf" &
		socat -u "TCP:$1" OPEN:/dev/null &
		"$2/legacy-client" "$1" &
		wait' sh "127.0.0.1:$PORT" "$BATS_TEST_TMPDIR"
	INIT=$PID
	await 15 listens "$redis_port"
	call "$redis_port"

	PID=$(program socat)
	client_has "$DEFAULTS"
	PID=$(program legacy-client)
	client_has "$UNTOUCHED"
	PID=$(program redis-server) PORT=$redis_port
	server_has "keepalive=1 idle=25 interval=10 count=6"
}

# program NAME: the pid of that program in the container, once it runs.
program() {
	await 15 runs "$1" || return 1
	runs "$1"
}

runs() {
	local pid

	for pid in $(cat "/proc/$INIT/task/$INIT/children"); do
		if [ "$(cat "/proc/$pid/comm")" = "$1" ]; then
			echo "$pid"
			return
		fi
	done
	return 1
}

@test "loopback exempt: connections to this machine are left alone, those to others get keepalive" {
	require_root
	require nc nsenter
	background unshare -n sh -c \
		'ip link set lo up && ip address add 10.1.1.1/32 dev lo && exec sleep 600'
	inside=(nsenter -t $! -n)
	await 15 "${inside[@]}" sh -c 'ip -o address show to 10.1.1.1 | grep .'
	for address in 127.0.0.1 127.1.2.3 ::1 10.1.1.1; do
		hold "${inside[@]}" "$address"
		background "${inside[@]}" env LD_PRELOAD="$SHIM" \
			KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.0/8 off; role=client peer=::1 off' \
			nc -d "$address" "$PORT"
		PID=$!
		case $address in
		10.*) client_has "$DEFAULTS" ;;
		*) client_has "keepalive=0" ;;
		esac
	done
}

redis_on() { # ADDRESS
	PORT=$(free_port "$1")
	background redis-server --bind "$1" --port "$PORT" --save "" \
		--logfile "$BATS_TEST_TMPDIR/redis-$PORT.log"
	await 15 listens "$PORT"
}

@test "two databases: one application's connections to them have different values" {
	require redis-server
	redis_on 127.0.0.2
	ipv4=$PORT
	redis_on ::1
	ipv6=$PORT
	redis_on 127.0.0.2
	other_port=$PORT
	start KEEPALIVE_SHIM_RULES="
		role=client peer=127.0.0.2 port=$ipv4 idle=30 interval=5 count=3
		role=client peer=::1 idle=45 user-timeout=auto
		role=client peer=127.0.0.0/8 mode=force idle=50" \
		python3 -c 'import socket, sys
held = []
for server in sys.argv[1:]:
    address, port = server.split("/")
    held.append(socket.create_connection((address, int(port))))
    held[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 7)
    held[-1].sendall(b"PING\r\n")
    assert held[-1].recv(7) == b"+PONG\r\n"
held[0].recv(1)' "127.0.0.2/$ipv4" "::1/$ipv6" "127.0.0.2/$other_port"
	PORT=$other_port client_has "keepalive=1 idle=50 interval=10 count=6"
	PORT=$ipv4 client_has "keepalive=1 idle=30 interval=7 count=3 user_timeout=0"
	PORT=$ipv6 client_has "keepalive=1 idle=45 interval=7 count=6 user_timeout=105000"
}
