# `keepalive attach`: keepalive for running programs, which do not notice.

load helpers
load outside

# value PID FD OPTION: what getsockopt() answers.
value() {
	sockets "$1" "^fd=$2 " | sed -n "s/.* $3=\([^ ]*\).*/\1/p"
}

# is VALUE PID FD OPTION
is() {
	[ "$(value "$2" "$3" "$4")" = "$1" ]
}

# A server in $SERVER, its port in $PORT.
serve() {
	talk server "${1-127.0.0.1}"
	SERVER=$!
	PORT=$(port_of "$SERVER")
}

# connect COUNT: a client of the server, in $CLIENT; its descriptors begin at 3.
connect() {
	talk client "${2-127.0.0.1}" "$PORT" "$1"
	CLIENT=$!
	await 15 has_connections "$CLIENT" "$1"
	await 15 has_connections "$SERVER" "$1"
}

@test "attach sets keepalive on the listener and both ends of every connection, and reports it" {
	pairs 1
	run "$KEEPALIVE" attach "$PAIRS"
	assert_success
	assert_line --index 0 --regexp '^fd 3 listener 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$'
	assert_line --index 1 --regexp '^fd 4 client 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$'
	assert_line --index 2 --regexp '^fd 5 server 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$'
	[ "${#lines[@]}" = 3 ]
	[ "$(sockets "$PAIRS" "$DEFAULTS" | wc -l)" = 3 ]
}

@test "a connection that is accepted after attach has keepalive from its listener" {
	serve
	"$KEEPALIVE" attach --idle=33 "$SERVER"
	connect 1
	run sockets "$SERVER" ESTABLISHED
	assert_output --partial 'keepalive=1 idle=33 interval=10 count=6 user_timeout=0 '
	run sockets "$CLIENT"
	assert_output --partial "$UNTOUCHED"
}

@test "a connection that was already waiting when attach set keepalive notices a dead peer" {
	require unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" server 127.0.0.1
	local server=$! port
	port=$(port_of "$server")
	background nsenter -t "$server" -n python3 -c '
import socket, sys
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
try:
    sock.recv(1)
except OSError as error:
    print(error, file=open(sys.argv[2], "w"))' "$port" "$BATS_TEST_TMPDIR/error"
	local client=$!
	await 15 has_connections "$client" 1
	"$KEEPALIVE" attach --idle=1 --interval=1 --count=2 "$client"
	nsenter -t "$server" -n ip link set lo down
	await 15 test -s "$BATS_TEST_TMPDIR/error"
	run cat "$BATS_TEST_TMPDIR/error"
	assert_output '[Errno 110] Connection timed out'
}

@test "an idle connection is not probed the moment attach sets keepalive" {
	require unshare ip nstat
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 1
	local pid=$! start
	await 15 has_connections "$pid" 2
	probes() {
		nsenter -t "$pid" -n nstat -asz TcpExtTCPKeepAlive | awk '/KeepAlive/ { print $2 }'
	}
	rested() { # every connection has been idle for longer, in ms, than the idle time that is about to be set
		nsenter -t "$pid" -n ss -tinH state established | grep -o 'last[ra]c[vk]:[0-9]*' |
			awk -F: '$2 < 2100 { busy = 1 } END { exit busy || NR < 4 }'
	}
	await 10 rested
	start=${EPOCHREALTIME/./}
	"$KEEPALIVE" attach --idle=2 --interval=1 "$pid"
	local seen
	seen=$(probes)
	(((${EPOCHREALTIME/./} - start) < 1900000)) || skip "this machine is too slow for the measurement"
	[ "$seen" = 0 ]
	probed() {
		[ "$(probes)" -ge 2 ]
	}
	await 10 probed
}

@test "a program in full conversation is not disturbed" {
	serve
	talk chatter 127.0.0.1 "$PORT" "$BATS_TEST_TMPDIR/count"
	local client=$! before i
	await 15 test -s "$BATS_TEST_TMPDIR/count"
	before=$(cat "$BATS_TEST_TMPDIR/count")
	for i in {1..25}; do
		"$KEEPALIVE" attach --mode=force --idle=$((10 + i)) "$client" >/dev/null
		"$KEEPALIVE" attach --mode=force --idle=$((10 + i)) "$SERVER" >/dev/null
	done
	is 35 "$client" 3 idle
	goes_on() {
		[ "$(cat "$BATS_TEST_TMPDIR/count")" -gt $((before + 100)) ]
	}
	await 15 goes_on
	kill -0 "$client" "$SERVER"
}

@test "--dry-run says what would be set, and sets nothing" {
	pairs 1
	local before
	before=$(sockets "$PAIRS")
	run "$KEEPALIVE" attach --dry-run --idle=20 "$PAIRS"
	assert_success
	assert_line --index 0 --regexp '^fd 3 listener .*: would set idle=20s interval=10s count=6$'
	[ "${#lines[@]}" = 3 ]
	[ "$(sockets "$PAIRS")" = "$before" ]
}

@test "respect leaves a socket that has keepalive on alone, force does not" {
	pairs 2
	run "$KEEPALIVE" attach --idle=20 "$PAIRS"
	assert_success
	assert_line --index 3 --regexp '^fd 6 client .*: left alone: keepalive was on already \(has idle=7200s interval=75s count=9\)$'
	is 7200 "$PAIRS" 6 idle
	is 20 "$PAIRS" 7 idle

	run "$KEEPALIVE" attach --mode=force --idle=20 "$PAIRS"
	assert_success
	assert_line --index 2 --regexp '^fd 5 server .*: already idle=20s interval=10s count=6$'
	assert_line --index 3 --regexp '^fd 6 client .*: idle=20s interval=10s count=6 \(was idle=7200s interval=75s count=9\)$'
	is 20 "$PAIRS" 6 idle
}

@test "kernel leaves an option as it is" {
	pairs 1
	run "$KEEPALIVE" attach --idle=kernel --count=3 "$PAIRS"
	assert_line --index 0 --regexp ': idle=kernel interval=10s count=3$'
	run sockets "$PAIRS" 'fd=3 '
	assert_output --partial 'keepalive=1 idle=7200 interval=10 count=3 '
}

@test "roles, rules and the environment apply as with the preload" {
	pairs 1
	local port program
	port=$(sockets "$PAIRS" LISTEN | sed 's/.*local=[^ ]*:\([0-9]*\) .*/\1/')
	program=$(basename "$(readlink "/proc/$PAIRS/exe")")
	KEEPALIVE_SHIM_COUNT=4 KEEPALIVE_SHIM_RULES="role=server port=$port peer=127.0.0.0/8 idle=22" \
		run "$KEEPALIVE" attach --rule="program=other idle=1" \
		--rule="role=client port=$port program=$program idle=21" "$PAIRS"
	assert_success
	assert_line --index 0 --regexp '^fd 3 listener .*: idle=60s interval=10s count=4( by rule [0-9])?$'
	assert_line --index 1 --regexp '^fd 4 client .*: idle=21s interval=10s count=4( by rule [0-9])?$'
	assert_line --index 2 --regexp '^fd 5 server .*: idle=22s interval=10s count=4( by rule [0-9])?$'
}

@test "sockets in the other role, and those that a rule excludes, are left alone" {
	pairs 1
	run "$KEEPALIVE" attach --role=server --rule='peer=127.0.0.1 off' "$PAIRS"
	assert_success
	assert_line --index 0 --regexp '^fd 3 listener .*: idle=60s '
	assert_line --index 1 --regexp '^fd 4 client .*: left alone: KEEPALIVE_SHIM_ROLE=server$'
	assert_line --index 2 --regexp '^fd 5 server .*: left alone: off by rule 1$'
	is 0 "$PAIRS" 4 keepalive
	is 0 "$PAIRS" 5 keepalive
}

@test "a connection that inherited keepalive from attach gets the values for its peer" {
	serve
	"$KEEPALIVE" attach "$SERVER"
	connect 1
	run "$KEEPALIVE" attach --rule='role=server peer=127.0.0.1 idle=20' "$SERVER"
	assert_line --regexp ' server .*: idle=20s interval=10s count=6 by rule 1 \(was idle=60s interval=10s count=6\)$'
}

@test "sockets that are not TCP are left as they are" {
	background python3 -c '
import signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
kept = [socket.socket(socket.AF_UNIX), socket.socket(type=socket.SOCK_DGRAM),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6), socket.socket()]
signal.sigwait({signal.SIGUSR1})
print(*[sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) for sock in kept],
      file=open(sys.argv[1], "w"))' "$BATS_TEST_TMPDIR/values"
	local pid=$!
	await 15 test -e "/proc/$pid/fd/6"
	run "$KEEPALIVE" attach "$pid"
	assert_success
	assert_output 'fd 6 not connected: idle=60s interval=10s count=6'
	is 1 "$pid" 6 keepalive
	kill -USR1 "$pid"
	await 15 test -s "$BATS_TEST_TMPDIR/values"
	run cat "$BATS_TEST_TMPDIR/values"
	assert_output '0 0 0 1'
}

@test "IPv6 connections get keepalive, by IPv6 and IPv4-mapped rules" {
	serve ::
	connect 1 ::1
	talk client 127.0.0.1 "$PORT" 1
	await 15 has_connections "$SERVER" 2
	run "$KEEPALIVE" attach --rule='peer=::1 idle=21' --rule='peer=127.0.0.1 idle=22' "$SERVER"
	assert_success
	assert_line --regexp "^fd [0-9]+ server \[::1\]:$PORT -> \[::1\]:[0-9]+: idle=21s "
	assert_line --regexp "^fd [0-9]+ server 127\.0\.0\.1:$PORT -> 127\.0\.0\.1:[0-9]+: idle=22s "
	assert_line --regexp "^fd [0-9]+ listener \[::\]:$PORT: idle=60s "
}

@test "MPTCP connections get keepalive; options that they lack are reported, with exit status 1" {
	require_mptcp
	MPTCP=1 talk pairs 1
	local pid=$!
	await 15 has_connections "$pid" 2
	run "$KEEPALIVE" attach --user-timeout=auto "$pid"
	assert_failure 1
	assert_line --index 2 --regexp '^fd 5 server .*: idle=60s interval=10s count=6 user-timeout=120s; user-timeout not set: Protocol not available$'
	[ "$(sockets "$pid" "protocol=mptcp .*$DEFAULTS" | wc -l)" = 3 ]
	run "$KEEPALIVE" attach "$pid"
	assert_success
}

@test "user timeout and RTO cap are set if asked for" {
	pairs 1
	run "$KEEPALIVE" attach --user-timeout=auto "$PAIRS"
	assert_success
	is 120000 "$PAIRS" 4 user_timeout
	[ "$(value "$PAIRS" 4 rto_max)" != - ] || skip_as rto-max
	run "$KEEPALIVE" attach --mode=force --rto-max=5s "$PAIRS"
	assert_success
	assert_line --index 1 --regexp '^fd 4 client .*: idle=60s interval=10s count=6 rto-max=5s'
	is 5000 "$PAIRS" 4 rto_max
}

@test "attach reaches into another network namespace and its roles" {
	require unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 1
	local pid=$!
	await 15 has_connections "$pid" 2
	run "$KEEPALIVE" attach "$pid"
	assert_success
	assert_line --index 1 --regexp '^fd 4 client .*$'
	assert_line --index 2 --regexp '^fd 5 server .*$'
}

@test "a worker with only an accepted connection is server side, although another process has the listener" {
	background python3 -c '
import os, signal, socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
accepted = listener.accept()[0]
if os.fork() == 0:
    listener.close()
    client.close()
signal.pause()'
	local parent=$! child
	child=$(child_of "$parent")
	await 15 test ! -e "/proc/$child/fd/4"
	run "$KEEPALIVE" attach "$child"
	assert_output --regexp '^fd 5 server .*: idle=60s '
}

@test "attach works from inside a container's PID namespace, and from outside with the outer number" {
	require unshare
	require_root
	require_unshare -pf --mount-proc
	background unshare -pf --mount-proc --kill-child python3 "$TESTS/programs/talk.py" server 127.0.0.1
	local outer
	outer=$(child_of "$!")
	port_of "$outer"
	# --root: where these tests run in a plain chroot, the namespace's own root is another.
	run nsenter -t "$outer" -p -m --root "$KEEPALIVE" attach --idle=20 1
	assert_success
	is 20 "$outer" "$(sockets "$outer" LISTEN | sed 's/fd=\([0-9]*\) .*/\1/')" idle
	run "$KEEPALIVE" attach --mode=force --idle=30 "$outer"
	assert_success
	assert_output --regexp ': idle=30s interval=10s count=6 \(was idle=20s '
}

@test "an unprivileged user can attach to their own processes, but not to another user's" {
	make_public
	talk_as_nobody pairs 1
	local own=$!
	await 15 has_connections "$own" 2
	run as_nobody attach "$own"
	assert_success
	[ "$(sockets "$own" "$DEFAULTS" | wc -l)" = 3 ]

	pairs 1
	run as_nobody attach "$PAIRS"
	assert_failure 125
	assert_output --regexp "^keepalive: process $PAIRS \(python3[^)]*\): it belongs to another user \(uid 0\): run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH$"
	[ "$(sockets "$PAIRS" "$UNTOUCHED" | wc -l)" = 3 ]
}

@test "the capabilities that the error message names are enough" {
	make_public
	pairs 1
	run "${NOBODY[@]}" --inh-caps=+sys_ptrace,+dac_read_search \
		--ambient-caps=+sys_ptrace,+dac_read_search "$PUBLIC/keepalive" attach "$PAIRS"
	assert_success
	[ "$(sockets "$PAIRS" "$DEFAULTS" | wc -l)" = 3 ]
}

@test "if Yama forbids it, the message names kernel.yama.ptrace_scope" {
	require unshare
	require_refuse
	make_public
	require_unshare -m
	install -m 755 "$PROGRAMS/refuse" "$PUBLIC/refuse"
	talk_as_nobody pairs 1
	local own=$! scope
	await 15 has_connections "$own" 2
	for scope in 1 3; do
		run unshare -m sh -c 'mount -t tmpfs none /proc/sys/kernel && mkdir /proc/sys/kernel/yama &&
			echo '"$scope"' >/proc/sys/kernel/yama/ptrace_scope && exec "$@"' sh \
			"${NOBODY[@]}" "$PUBLIC/refuse" EPERM pidfd_getfd "$PUBLIC/keepalive" attach "$own"
		assert_failure 125
		assert_output --partial "kernel.yama.ptrace_scope is $scope"
	done
}

@test "on a kernel without pidfd_getfd attach reports which kernel has it" {
	require_refuse
	pairs 1
	local call
	for call in pidfd_open pidfd_getfd; do
		run "$PROGRAMS/refuse" ENOSYS "$call" "$KEEPALIVE" attach "$PAIRS"
		assert_failure 125
		assert_output --partial "this needs pidfd_getfd(2), new in Linux 5.6; this is Linux $(uname -r)"
	done
}

@test "several processes in one call: each line names its process; a missing one is reported, and the others are done" {
	talk server 127.0.0.1
	local one=$! two
	talk server 127.0.0.1
	two=$!
	await 15 sockets "$one" state=LISTEN
	await 15 sockets "$two" state=LISTEN
	run -125 --separate-stderr "$KEEPALIVE" attach --idle=31 "$one" 2147483647 "$two"
	assert_line --regexp "^$one: fd [0-9]+ listener "
	assert_line --regexp "^$two: fd [0-9]+ listener "
	[[ $stderr == *"process 2147483647 does not exist"* ]]
	sockets "$one" 'keepalive=1 idle=31' && sockets "$two" 'keepalive=1 idle=31'
	run -125 "$KEEPALIVE" attach --unit=no-such-unit
	assert_output --partial "unit 'no-such-unit' is not running, or systemd does not answer"
}

# unit: a systemctl that knows it.service, whose control group has one process, and one more in a group below.
unit() {
	require_root
	require_cgroup2
	UNIT=$CGROUPS/keepalive-$BASHPID
	mkdir -p "$UNIT/below" 2>/dev/null || skip_as group
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/systemctl" <<-END
		#!/bin/sh
		[ "\$*" = "show --value --property ControlGroup -- it.service" ] && echo "/${UNIT##*/}"
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/systemctl"
	pairs 1
	echo "$PAIRS" >"$UNIT/cgroup.procs"
	FIRST=$PAIRS
	pairs 1
	echo "$PAIRS" >"$UNIT/below/cgroup.procs"
}

@test "--unit: the processes of a service and of the groups below it, with --follow also later ones" {
	unit
	PATH=$BATS_TEST_TMPDIR/bin:$PATH background "$KEEPALIVE" attach --unit=it.service --follow=0.1 \
		>"$BATS_TEST_TMPDIR/out"
	local follow=$!
	await 15 is 1 "$FIRST" 3 keepalive
	await 15 is 1 "$PAIRS" 3 keepalive
	grep -q "^$FIRST: fd 3 listener " "$BATS_TEST_TMPDIR/out"
	local second=$PAIRS
	pairs 1
	echo "$PAIRS" >"$UNIT/below/cgroup.procs"
	await 15 is 1 "$PAIRS" 3 keepalive
	kill "$FIRST" "$second" "$PAIRS"
	wait "$follow" # ends with the last of them
	await 5 rmdir "$UNIT/below" "$UNIT"
}

@test "--unit: a process that may not be inspected, or a bad setting, is reported once" {
	require setpriv
	unit
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$KEEPALIVE" attach --unit=it.service --idle=bad
	assert_failure 125
	assert_equal "${#lines[@]}" 1
	# Another user may inspect only what is its own.
	background setpriv --reuid=65534 --regid=65534 --clear-groups python3 -c 'import socket, time
sockets = []
while len(sockets) < 20:
    sockets.append(socket.socket())
    time.sleep(0.1)
time.sleep(60)'
	local other=$!
	echo "$other" >"$UNIT/below/cgroup.procs"
	place=$(mktemp -d) # where that user may enter
	cp "$BATS_TEST_TMPDIR/bin/systemctl" "$place"
	chmod 755 "$place"
	PATH=$place:$PATH background setpriv --reuid=65534 --regid=65534 --clear-groups "$KEEPALIVE" \
		attach --unit=it.service --follow=0.1 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/errors"
	local follow=$!
	all_served() {
		[ "$(sockets "$other" "$DEFAULTS" | wc -l)" = 20 ] # it has looked again
	}
	await 15 all_served
	assert_equal "$(grep -c "process $FIRST" "$BATS_TEST_TMPDIR/errors")" 1
	kill "$other" "$follow"
	rm -r "$place"
}

@test "--follow for several processes sets keepalive on what each opens, and ends with the last of them" {
	talk server 127.0.0.1
	local server=$! port one two follow
	port=$(port_of "$server")
	talk client 127.0.0.1 "$port" 1
	one=$!
	talk client 127.0.0.1 "$port" 1
	two=$!
	await 15 has_connections "$two" 1
	await 15 has_connections "$one" 1
	background "$KEEPALIVE" attach --follow=0.1 --idle=32 "$one" "$two" >/dev/null
	follow=$!
	await 15 sockets "$one" 'keepalive=1 idle=32'
	kill -USR1 "$two"
	await 15 has_connections "$two" 2
	both_served() {
		[ "$(sockets "$two" 'keepalive=1 idle=32' | wc -l)" = 2 ]
	}
	await 15 both_served
	kill "$one"
	kill -USR1 "$two"
	all_served() {
		[ "$(sockets "$two" 'keepalive=1 idle=32' | wc -l)" = 3 ]
	}
	await 15 all_served
	kill -0 "$follow"
	kill "$two"
	await 15 test ! -e "/proc/$follow/exe"
}

# A program one of whose threads has its own table of descriptors, with a listener in it; it prints the thread's id
# once that is open.
apart() {
	background python3 -c '
import ctypes, os, signal, socket, sys, threading
def alone():
    assert ctypes.CDLL(None).unshare(0x400) == 0  # CLONE_FILES
    kept.append(socket.create_server(("127.0.0.1", 0)))
    print(threading.get_native_id(), flush=True)
    signal.sigwait([signal.SIGUSR2])
    kept.append(socket.create_server(("127.0.0.1", 0)))
    signal.pause()
kept = [socket.create_server(("127.0.0.1", 0))]
threading.Thread(target=alone).start()
signal.pause()' >thread
	APART=$!
	await 15 grep -q . thread
}

@test "a thread with descriptors of its own is reached, or reported" {
	cd "$BATS_TEST_TMPDIR"
	apart
	run "$KEEPALIVE" attach --idle=21 "$APART"
	assert_line --regexp '^fd .* listener .* idle=21s'
	if [ "$status" = 125 ]; then
		assert_line "keepalive: thread $(cat thread) of process $APART has descriptors of its own; reaching them requires Linux 6.9"
	else
		assert_success
		assert_line --regexp "^$(cat thread): fd .* listener .* idle=21s"
	fi
}

@test "threads with descriptors of their own that end meanwhile are not a failure" {
	cd "$BATS_TEST_TMPDIR"
	background python3 -c '
import ctypes, threading, time
def alone():
    ctypes.CDLL(None).unshare(0x400)  # CLONE_FILES
    time.sleep(0.0005)
print("ready", flush=True)
while True:
    threads = [threading.Thread(target=alone) for _ in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()' >ready
	local churning=$!
	await 15 grep -q ready ready
	for _ in {1..60}; do
		run "$KEEPALIVE" attach --dry-run "$churning"
		[[ $output != *"requires Linux 6.9"* ]] || skip "needs Linux 6.9"
		assert_success
	done
}

@test "messages distinguish why a process cannot be attached to" {
	run "$KEEPALIVE" attach
	assert_failure 125
	assert_output "keepalive: attach: expected process ids or --unit=NAME (see --help)"
	run "$KEEPALIVE" attach nginx
	assert_failure 125
	assert_output "keepalive: 'nginx' is not a process id; accepted: the number of a running process"
	run "$KEEPALIVE" attach 2147483647
	assert_failure 125
	assert_output 'keepalive: process 2147483647 does not exist, or is hidden from this user'

	background python3 -c '
import os, signal
if os.fork() == 0:
    os._exit(0)
signal.pause()'
	local pid=$! zombie
	zombie=$(child_of "$pid")
	await 15 grep -q '^State:.Z' "/proc/$zombie/status"
	run "$KEEPALIVE" attach "$zombie"
	assert_failure 125
	assert_output --partial "keepalive: process $zombie has ended (a zombie"
	run "$KEEPALIVE" attach "$pid"
	assert_success
	assert_output "keepalive: process $pid has no TCP sockets"
}

@test "a bad value is reported under the name that the user wrote, and nothing is done" {
	pairs 1
	run "$KEEPALIVE" attach --idle=5x "$PAIRS"
	assert_failure 125
	assert_output --regexp "^keepalive: --idle '5x': not a duration; accepted: "
	KEEPALIVE_SHIM_COUNT=200 run "$KEEPALIVE" attach "$PAIRS"
	assert_failure 125
	assert_output --regexp "^keepalive: KEEPALIVE_SHIM_COUNT '200': out of range"
	KEEPALIVE_SHIM_IDEL=20 run "$KEEPALIVE" attach --mode=x "$PAIRS"
	assert_line --partial 'KEEPALIVE_SHIM_IDEL is not read: no such setting; did you mean KEEPALIVE_SHIM_IDLE?'
	run "$KEEPALIVE" attach --dry-run --follow "$PAIRS"
	assert_failure 125
	run "$KEEPALIVE" attach --follow=never "$PAIRS"
	assert_failure 125
	assert_output --regexp "^keepalive: --follow 'never': not an interval"
	[ "$(sockets "$PAIRS" "$UNTOUCHED" | wc -l)" = 3 ]
}

@test "KEEPALIVE_SHIM=off is obeyed, and the exit status says that nothing was done" {
	pairs 1
	run env KEEPALIVE_SHIM=off "$KEEPALIVE" attach "$PAIRS"
	assert_failure 125
	assert_output 'keepalive: KEEPALIVE_SHIM is off: nothing is done'
	[ "$(sockets "$PAIRS" "$UNTOUCHED" | wc -l)" = 3 ]
}

@test "--log appends the lines to a file; stderr has them instead" {
	pairs 1
	echo before >"$BATS_TEST_TMPDIR/log"
	"$KEEPALIVE" attach --dry-run --log="$BATS_TEST_TMPDIR/log" "$PAIRS"
	run cat "$BATS_TEST_TMPDIR/log"
	assert_line --index 0 before
	assert_line --index 1 --regexp "^keepalive-shim\[$PAIRS\] python[0-9.]*: fd [0-9]+ listener "
	run "$KEEPALIVE" attach --log="$BATS_TEST_TMPDIR/nowhere/log" "$PAIRS"
	assert_failure 125
	assert_output --partial 'cannot write the log'
	run --separate-stderr "$KEEPALIVE" attach --dry-run --log=stderr "$PAIRS"
	assert_success
	assert_output ''
	[[ ${stderr_lines[0]} == "keepalive-shim[$PAIRS] "*": fd 3 listener "* ]]
}

@test "--follow sets keepalive on later connections, and ends with status 0 when the process ends" {
	serve
	connect 1
	background "$KEEPALIVE" attach --follow=0.1 "$CLIENT" >"$BATS_TEST_TMPDIR/out"
	local follow=$! status=0
	await 15 is 1 "$CLIENT" 3 keepalive
	kill -USR1 "$CLIENT"
	await 15 is 1 "$CLIENT" 4 keepalive
	kill -USR2 "$CLIENT" # the number is used again
	await 15 has_connections "$CLIENT" 1
	kill -USR1 "$CLIENT"
	await 15 is 1 "$CLIENT" 4 keepalive
	kill "$CLIENT"
	wait "$follow" || status=$?
	[ "$status" = 0 ]
	[ "$(grep -c '^fd [34] client .*$' "$BATS_TEST_TMPDIR/out")" = 3 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 3 ]
}

@test "--follow reaches connections that were waiting to be accepted" {
	background python3 -c '
import signal, socket
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
while True:
    signal.sigwait({signal.SIGUSR1})
    accepted = listener.accept()[0]'
	local pid=$!
	await 15 has_connections "$pid" 1
	background "$KEEPALIVE" attach --follow=0.1 "$pid"
	await 15 is 1 "$pid" 3 keepalive
	kill -USR1 "$pid"
	await 15 is 1 "$pid" 5 keepalive
	run sockets "$pid" 'fd=5 '
	assert_output --partial "$DEFAULTS"
}

@test "--follow gives a socket the values for its peer or for listening, once that is known" {
	serve
	talk later 127.0.0.1 "$PORT"
	local later=$!
	await 15 test -e "/proc/$later/fd/4"
	background "$KEEPALIVE" attach --follow=0.1 --rule="role=client port=$PORT idle=21" \
		--rule='role=server idle=22' "$later" >"$BATS_TEST_TMPDIR/out"
	await 15 is 60 "$later" 3 idle
	await 15 is 60 "$later" 4 idle
	kill -USR1 "$later"
	await 15 is 21 "$later" 3 idle
	kill -USR2 "$later"
	await 15 is 22 "$later" 4 idle
	run cat "$BATS_TEST_TMPDIR/out"
	assert_line --index 0 'fd 3 not connected: idle=60s interval=10s count=6'
	assert_line --index 2 --regexp '^fd 3 client .*: idle=21s interval=10s count=6 by rule 1 \(was idle=60s interval=10s count=6\)$'
	assert_line --index 3 --regexp '^fd 4 listener .*: idle=22s interval=10s count=6 by rule 2 \(was idle=60s interval=10s count=6\)$'
}

# own_values before|after OPTION...: runs attach --follow with these options on a program that sets an idle time of its
# own as soon as descriptor 4, its socket, has keepalive: before or after it connects.
own_values() {
	background python3 -c '
import signal, socket, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
first = socket.create_server(("127.0.0.1", 0))
signal.sigwait({signal.SIGUSR1})
sock = socket.socket()
address = ("127.0.0.1", int(sys.argv[1]))
if sys.argv[2] == "after":
    sock.connect(address)
while not sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE):
    time.sleep(0.01)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
if sys.argv[2] == "before":
    sock.connect(address)
open("/proc/self/comm", "w").write("own values")
signal.pause()' "$PORT" "$1"
	OWN=$!
	await 15 test -e "/proc/$OWN/fd/3"
	background "$KEEPALIVE" attach --follow=0.3 "${@:2}" "$OWN"
	await 15 is 1 "$OWN" 3 keepalive
	kill -USR1 "$OWN"
	await 15 grep -q '^own values' "/proc/$OWN/comm"
}

@test "--follow with respect leaves what the program sets itself meanwhile" {
	serve
	own_values before --rule="role=client port=$PORT idle=20 count=4"
	await 15 is 4 "$OWN" 4 count
	is 5 "$OWN" 4 idle
}

@test "--follow with force restores our values when the program sets its own after connect, as Go does" {
	serve
	own_values after --mode=force
	await 15 is 60 "$OWN" 4 idle
}

@test "--follow undoes keepalive on a socket that a rule turns out to exclude" {
	serve
	talk later 127.0.0.1 "$PORT"
	local later=$!
	await 15 test -e "/proc/$later/fd/4"
	background "$KEEPALIVE" attach --follow=0.1 --rule="peer=127.0.0.1 off" "$later"
	await 15 is 1 "$later" 3 keepalive
	kill -USR1 "$later"
	await 15 is 0 "$later" 3 keepalive
	is 1 "$later" 4 keepalive
}

@test "--follow holds no connection open that the process has closed" {
	serve
	connect 2
	background "$KEEPALIVE" attach --follow=0.1 "$CLIENT"
	await 15 is 1 "$CLIENT" 4 keepalive
	kill -USR2 "$CLIENT"
	await 15 has_connections "$SERVER" 1 # the server has seen the other one end
	run sockets "$SERVER"
	refute_output --partial CLOSE_WAIT
}

@test "--follow with 9,000 idle sockets costs less than 1 % of a CPU, at a look each second" {
	require unshare ip
	require_root
	ulimit -n 9200 2>/dev/null || skip_as descriptors
	# A namespace of its own, because connections of others in the same one mean a look at every descriptor.
	in_namespace python3 "$TESTS/programs/talk.py" pairs 4500
	PAIRS=$!
	await 60 test -e "/proc/$PAIRS/fd/9003"
	background "$KEEPALIVE" attach --follow=0.1 "$PAIRS" >"$BATS_TEST_TMPDIR/out"
	local follow=$! before after looks
	ticks() {
		awk '{ print $14 + $15 }' "/proc/$follow/stat"
	}
	slept() { # how often it has slept: once after each look
		sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$follow/status"
	}
	looked() {
		[ "$(slept)" -ge $((looks + $1)) ]
	}
	await 60 eval '[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 9001 ]'
	looks=$(slept)
	await 15 looked 5
	before=$(ticks)
	looks=$(slept)
	await 30 looked 30
	after=$(ticks)
	echo "# 9,001 sockets, 30 looks: $((after - before)) hundredths of a second of CPU" >&3
	((after - before < 30))
}

@test "attach --help and its error messages" {
	run "$KEEPALIVE" attach --help
	assert_success
	assert_output --partial 'Usage: keepalive attach'
	assert_output --partial '--idle=DURATION'
	assert_output --partial 'Exit status'
	run "$KEEPALIVE" attach --version
	assert_success
}
