# `keepalive cgroup`: which programs it reaches, each tested with the real thing.

load ../helpers
load ../outside
load group
load ../deploy/podman

setup_file() {
	export MADE=$BATS_FILE_TMPDIR
	cc -static -O1 -D_GNU_SOURCE -o "$MADE/static" "$TESTS/programs/values.c" 2>/dev/null || true
	! command -v go >/dev/null || compile_go 0 "$MADE/talk" "$TESTS/programs/talk.go"
}

setup() {
	group_or_skip
}

teardown() {
	end_background
	containers_away
	[ -z "${GROUP-}" ] || await 5 remove_group
	# The groups that a container runtime makes in hierarchies of version 1.
	find /sys/fs/cgroup/*/"${GROUP##*/}" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# said COMMAND...: runs it in the group; what it prints is in $output.
said() {
	run -0 there sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$GROUP" "$@"
}

# assert_served [IDLE]: tests/programs/values.c has printed our values for its listener, client and accepted socket.
assert_served() {
	for role in listener client server; do
		assert_line --partial "$role keepalive=1 idle=${1:-60} interval=10 count=6 "
	done
}

@test "a static program" {
	[ -x "$MADE/static" ] || skip_as static
	cgroup attach "$GROUP"
	said "$MADE/static"
	assert_served
}

@test "a setuid program, started by another user" {
	require setpriv
	cgroup attach "$GROUP"
	local place
	place=$(mktemp -d)
	chmod 755 "$place"
	install -m 4755 "$PROGRAMS/values" "$place/values"
	said setpriv --reuid=65534 --regid=65534 --clear-groups "$place/values"
	rm -r "$place"
	assert_served
}

@test "a program that makes its sockets by io_uring" {
	cgroup attach "$GROUP"
	run there sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$GROUP" "$PROGRAMS/uring"
	[ "$status" != 77 ] || skip "this kernel has no io_uring, or it is off"
	assert_success
	assert_output "client 1 60 10 6
accepted 1 60 10 6"
}

@test "a program without privileges, with seccomp or an empty environment" {
	require setpriv
	cgroup attach "$GROUP"
	said env -i setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all "$PROGRAMS/values"
	assert_served
}

@test "a program with the preload: its values stay, unless forced; where it is off the group's apply" {
	cgroup attach "$GROUP"
	said env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=20 "$PROGRAMS/values"
	assert_served 20
	said env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM=off "$PROGRAMS/values"
	assert_served
	cgroup attach --mode=force --idle=31 "$GROUP"
	said env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=20 KEEPALIVE_SHIM_MODE=force "$PROGRAMS/values"
	assert_served 31
}

@test "a Go program that sets nothing has ours; one that sets 15/15/9 keeps them, unless forced" {
	[ -x "$MADE/talk" ] || skip "go is not installed"
	cgroup attach "$GROUP"
	in_group "$MADE/talk" off
	await 15 has_connections $! 2
	assert_equal "$(sockets $! "$DEFAULTS" | wc -l)" 3
	in_group "$MADE/talk" on
	await 15 has_connections $! 2
	assert_equal "$(sockets $! "state=ESTABLISHED .* idle=15 interval=15 count=[69] " | wc -l)" 2
	cgroup attach --mode=force --idle=31 "$GROUP"
	in_group "$MADE/talk" on
	local pid=$!
	await 15 has_connections $pid 2
	assert_equal "$(sockets $pid "keepalive=1 idle=31 interval=10 count=6 " | wc -l)" 3
	kill -USR1 $pid
	await 15 grep -q '^well' "/proc/$pid/comm"
}

@test "curl's 60 seconds stay, unless forced; its switch --no-keepalive too" {
	require curl
	background nsenter -t "$SPACE" -n python3 "$TESTS/programs/hold.py" 127.0.0.1 >"$BATS_TEST_TMPDIR/port"
	await 15 test -s "$BATS_TEST_TMPDIR/port"
	local url
	url=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/
	# has PATTERN [OPTION...]: curl's connection.
	has() {
		in_group curl -s "${@:2}" "$url"
		await 15 sockets $! "state=ESTABLISHED.* $1" || fail "$(sockets $!)"
	}
	cgroup attach --idle=33 "$GROUP"
	has 'keepalive=1 idle=60 interval=60 '
	has 'keepalive=1 idle=33 interval=10 count=6 ' --no-keepalive # it sets none: nobody can tell
	cgroup attach --idle=33 --mode=force "$GROUP"
	has 'keepalive=1 idle=33 interval=10 count=6 '
}

@test "kubectl (client-go) sets 30 seconds: they stay, unless forced" {
	require kubectl
	background nsenter -t "$SPACE" -n python3 "$TESTS/programs/hold.py" 127.0.0.1 >"$BATS_TEST_TMPDIR/port"
	await 15 test -s "$BATS_TEST_TMPDIR/port"
	# has PATTERN: its connection.
	has() {
		in_group env KUBECONFIG=/dev/null kubectl --cache-dir="$BATS_TEST_TMPDIR" \
			--server="http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")" get pods
		await 30 sockets $! "state=ESTABLISHED.* $1" || fail "$(sockets $!)"
	}
	cgroup attach --idle=33 "$GROUP"
	has 'keepalive=1 idle=30 interval=(15|30) '
	cgroup attach --idle=33 --mode=force "$GROUP"
	has 'keepalive=1 idle=33 interval=10 count=6 '
}

@test "redis sets its clients' connections to 300 seconds: they stay, unless forced" {
	require redis-server redis-cli
	# serve SETTING...: a client of redis is served.
	serve() {
		cgroup attach "$@" "$GROUP"
		in_group redis-server --port 0 --unixsocket "$BATS_TEST_TMPDIR/$1" --save '' --port 6399 --bind 127.0.0.1
		SERVER=$!
		await 15 there redis-cli -p 6399 ping
		background nsenter -t "$SPACE" -n redis-cli -p 6399 subscribe none
		await 15 has_connections $SERVER 1
	}
	serve --idle=34
	await 5 sockets $SERVER 'state=ESTABLISHED.* keepalive=1 idle=300 interval=100 count=3 '
	sockets $SERVER 'state=LISTEN.* keepalive=1 idle=34 interval=10 count=6 '
	kill $SERVER
	await 15 test ! -d /proc/$SERVER
	serve --mode=force
	await 5 sockets $SERVER "state=ESTABLISHED.* $DEFAULTS"
}

@test "a process in another network namespace, with sysctls of its own" {
	cgroup attach "$GROUP"
	said unshare -n sh -c "ip link set lo up; exec '$PROGRAMS/values'"
	assert_served
	said unshare -n sh -c "echo 300 >/proc/sys/net/ipv4/tcp_keepalive_time; ip link set lo up; exec '$PROGRAMS/values'"
	assert_served
	in_group unshare -n sh -c "echo 900 >/proc/sys/net/ipv4/tcp_keepalive_time; ip link set lo up; exec sleep 1000"
	await 5 grep -q sleep /proc/$!/comm
	run -0 nsenter -t $! -n sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$GROUP" "$PROGRAMS/values"
	assert_served
}

@test "open sockets in a network namespace with sysctls of its own, beside many other namespaces" {
	for _ in {1..34}; do
		in_group unshare -n sleep 1000
	done
	mkdir "$GROUP/inner"
	GROUP=$GROUP/inner in_group unshare -n sh -c 'echo 300 >/proc/sys/net/ipv4/tcp_keepalive_time; ip link set lo up; exec "$@"' \
		sh python3 "$TESTS/programs/talk.py" pairs 1
	await 15 has_connections $! 2
	await 15 eval '[ "$(grep -c . "$GROUP/cgroup.procs")" = 34 ]'
	cgroup attach "$GROUP"
	sockets $! "state=LISTEN.* $DEFAULTS" || fail "$(sockets $!)"
}

# values_image [PROGRAM...]: localhost/values, an image with the static program values, and others.
values_image() {
	local missing program

	STORE=$(mktemp -d /tmp/store.XXXX)
	missing=$(containers_missing)
	[ -z "$missing" ] || skip "$missing"
	[ -x "$MADE/static" ] || skip_as static
	mkdir "$STORE/image"
	cp "$MADE/static" "$STORE/image/values"
	for program; do
		cp -L "$program" "$STORE/image"
	done
	image_of "$STORE/image" values
}

@test "a container: what it starts is in its group, below the one that is served" {
	values_image
	cgroup attach "$GROUP"
	run -0 podman_in_store run --rm --cgroup-parent "${GROUP#"$CGROUPS"}" "${RESTRICTED[@]}" localhost/values /values
	assert_served
}

@test "a container's group in a group: the inner settings apply, unless the outer ones are forced; it is removed while attached" {
	local inner

	require_static_busybox
	values_image "$(command -v busybox)"
	cgroup attach --idle=30 "$GROUP"
	start_container inner --cgroup-parent "${GROUP#"$CGROUPS"}" localhost/values /busybox sleep 1000
	inner=$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
	[[ $inner == "${GROUP#"$CGROUPS"}"/* ]]
	# contained: what sockets of the container's group have.
	contained() {
		run -0 there sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CGROUPS$inner" "$PROGRAMS/values"
	}
	contained
	assert_served 30
	cgroup attach --idle=20 "$PID"
	run -0 podman_in_store exec inner /values
	assert_served 20
	cgroup detach "$GROUP"
	contained
	assert_served 20
	cgroup attach --mode=force --idle=40 "$GROUP"
	contained
	assert_served 40
	cgroup attach --idle=30 "$GROUP"
	cgroup detach "$PID"
	contained
	assert_served 30
	cgroup attach --idle=20 "$PID"
	podman_in_store rm --force --time 0 inner
	await 15 test ! -d "$CGROUPS$inner"
	run -0 cgroup list
	refute_output --partial "$inner"
	assert_output --partial "${GROUP#"$CGROUPS"}: idle=30s "
	cgroup attach --idle=30 "$GROUP"
	run -0 pinned_groups
	assert_output "$(stat -c %i "$GROUP")"
}

@test "a process that moves into the group: what it opens from then on; its old listener stays its old group's" {
	cgroup attach "$GROUP"
	background nsenter -t "$SPACE" -n python3 "$TESTS/programs/talk.py" server 127.0.0.1
	local server=$! port
	port=$(port_of $server)
	background nsenter -t "$SPACE" -n python3 "$TESTS/programs/talk.py" client 127.0.0.1 "$port" 1
	local client=$!
	await 15 has_connections $client 1
	echo $server >"$GROUP/cgroup.procs"
	echo $client >"$GROUP/cgroup.procs"
	kill -USR1 $client
	await 15 has_connections $client 2
	assert_equal "$(sockets $client "ESTABLISHED.* $DEFAULTS" | wc -l)" 1
	assert_equal "$(sockets $server "$UNTOUCHED" | wc -l)" 3
	cgroup attach "$GROUP" # its open ones
	assert_equal "$(sockets $server "$DEFAULTS" | wc -l)" 3
}

@test "a dead peer is noticed" {
	cgroup attach --idle=1 --interval=1 --count=2 "$GROUP"
	background nsenter -t "$SPACE" -n python3 "$TESTS/programs/talk.py" server 127.0.0.1
	local server=$! port
	port=$(port_of $server)
	in_group python3 -c '
import socket, sys
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
try:
    sock.recv(1)
except OSError as error:
    print(error, file=open(sys.argv[2], "w"))' "$port" "$BATS_TEST_TMPDIR/error"
	await 15 has_connections $! 1
	there ip link set lo down
	await 15 test -s "$BATS_TEST_TMPDIR/error"
	run cat "$BATS_TEST_TMPDIR/error"
	assert_output '[Errno 110] Connection timed out'
}
