# `keepalive status`: shows what the kernel knows of connections and their keepalive, and changes nothing.

load helpers
load outside

# json FILTER PID...: the sockets, as JSON, through this filter of jq.
json() {
	local filter=$1

	shift
	"$KEEPALIVE" status --json "$@" | jq -c "$filter"
}

@test "status shows a listener and both ends of a connection, each with its role" {
	require jq
	pairs 1
	run "$KEEPALIVE" status "$PAIRS"
	assert_success
	assert_line --index 0 --regexp '^STATE +KEEPALIVE +NEXT-PROBE +PEER +PORT +PROCESS$'
	assert_line --index 1 --regexp "^LISTEN +- +- +- +[0-9]+ +python3[^ ]*/$PAIRS$"
	assert_line --index 2 --regexp '^ESTAB +off +- +-> 127\.0\.0\.1:[0-9]+ +[0-9]+ +python3'
	assert_line --index 3 --regexp '^ESTAB +off +- +<- 127\.0\.0\.1:[0-9]+ +[0-9]+ +python3'
	[ "${#lines[@]}" = 4 ]
	run "$KEEPALIVE" status --wide "$PAIRS"
	assert_line --index 0 --regexp '^STATE +KEEPALIVE +IDLE +INTERVAL +COUNT +USER-TIMEOUT +RTO-MAX +NEXT-PROBE +UNANSWERED +ROLE +PEER +LOCAL +PROTOCOL +PROCESS +FD$'
	assert_line --index 1 --regexp "^LISTEN +- .* listener +- +127\.0\.0\.1:[0-9]+ +tcp +python3[^ ]*/$PAIRS +3$"
	assert_line --index 2 --regexp '^ESTABLISHED +off +7200s +75s +9 .* client +127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:[0-9]+ .* 4$'
	assert_line --index 3 --regexp '^ESTABLISHED +off +7200s +75s +9 .* server +127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:[0-9]+ .* 5$'
}

@test "status and getsockopt agree on every value" {
	require jq
	talk server 127.0.0.1
	local server=$!
	port_of "$server"
	"$KEEPALIVE" attach --idle=17 --interval=5 --count=4 --user-timeout=1500ms "$server"
	run sockets "$server"
	assert_output --partial 'keepalive=1 idle=17 interval=5 count=4 user_timeout=1500 '
	run json '.[0] | [.keepalive, .idle_s, .interval_s, .count, .user_timeout_ms]' --listeners "$server"
	assert_output '[true,17,5,4,1500]'
	run "$KEEPALIVE" status --wide --listeners "$server"
	assert_output --regexp ' on +17s +5s +4 +1500ms '
}

@test "the time to the next probe is the one that ss shows" {
	require jq ss
	pairs 2
	"$KEEPALIVE" attach --mode=force --idle=90 "$PAIRS" >/dev/null
	local port next
	port=$(json '.[1].local | split(":")[1] | tonumber' "$PAIRS")
	next=$(json '.[1].next_probe_ms' "$PAIRS")
	run ss -Htno "sport = :$port"
	assert_output --regexp 'timer:\(keepalive,(1min(2[0-9]|30)sec|8[0-9]sec|90sec),0\)'
	((next > 60000 && next <= 92000))
	run json '.[1] | [.timer, .unanswered_probes]' "$PAIRS"
	assert_output '["keepalive",0]'
}

@test "probes that a dead link swallows are counted, and then the connection is gone" {
	require jq unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 1
	local pid=$!
	await 15 has_connections "$pid" 2
	"$KEEPALIVE" attach --role=client --idle=1 --interval=1 --count=3 "$pid"
	nsenter -t "$pid" -n ip link set lo down
	probes_unanswered() {
		[ "$(json '.[1].unanswered_probes' "$pid")" -ge 2 ]
	}
	is_dead() {
		[ "$(json '.[1].state' "$pid")" = '"CLOSE"' ]
	}
	await 10 probes_unanswered
	await 10 is_dead
}

@test "a connection with unacknowledged data waits for that, not for a probe" {
	require jq unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" server 127.0.0.1
	local server=$! port client
	port=$(port_of "$server")
	background nsenter -t "$server" -n python3 "$TESTS/programs/talk.py" \
		chatter 127.0.0.1 "$port" "$BATS_TEST_TMPDIR/count"
	client=$!
	await 15 test -s "$BATS_TEST_TMPDIR/count"
	nsenter -t "$server" -n ip link set lo down
	waits() {
		"$KEEPALIVE" status --wide "$client" "$server" | grep -E ' unacked +- '
	}
	await 10 waits
	run json 'map(select(.timer == "retransmit")) | .[0] | [.next_probe_ms, .unanswered_probes]' \
		"$client" "$server"
	assert_output '[null,null]'
}

@test "IPv6 is shown in brackets, an IPv4-mapped peer as IPv4" {
	talk server ::
	local server=$! port
	port=$(port_of "$server")
	talk client ::1 "$port" 1
	talk client 127.0.0.1 "$port" 1
	await 15 sockets "$server" 'ESTABLISHED.*ffff:127'
	await 15 sockets "$server" 'ESTABLISHED.*local=\[::1\]'
	run "$KEEPALIVE" status --wide "$server"
	assert_output --regexp "ESTAB.* server +\[::1\]:[0-9]+ +\[::1\]:$port "
	assert_output --regexp "ESTAB.* server +127\.0\.0\.1:[0-9]+ +127\.0\.0\.1:$port "
	assert_output --regexp "LISTEN.* listener +- +\[::\]:$port "
}

@test "MPTCP sockets are shown once, with the timer of their subflow" {
	require jq
	require_mptcp
	MPTCP=1 talk pairs 2
	local pid=$!
	await 15 has_connections "$pid" 4
	run json 'map([.protocol, .role, .keepalive, .timer == "keepalive"]) | .[]' "$pid"
	assert_line --index 0 '["mptcp","listener",null,false]'
	assert_line --index 1 '["mptcp","client",false,false]'
	assert_line --index 2 '["mptcp","server",false,false]'
	assert_line --index 3 '["mptcp","client",true,true]'
	assert_line --index 4 '["mptcp","server",false,false]'
	[ "${#lines[@]}" = 5 ]
}

@test "a socket that forked workers share has a line for each, duplicated descriptors one line" {
	require jq
	background python3 -c '
import os, signal, socket
listener = socket.create_server(("127.0.0.1", 0))
os.dup2(listener.fileno(), 40)
os.fork()
signal.pause()'
	local parent=$! child
	child=$(child_of "$parent")
	run json 'map([.pid, .fds]) | .[]' "$parent" "$child"
	assert_line --index 0 "[$parent,[3,40]]"
	assert_line --index 1 "[$child,[3,40]]"
	[ "${#lines[@]}" = 2 ]
}

@test "what is not TCP is not shown" {
	require jq
	background python3 -c '
import signal, socket
kept = [socket.socket(socket.AF_UNIX), socket.socket(type=socket.SOCK_DGRAM), socket.socket(),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6)]
signal.pause()'
	local pid=$!
	await 15 test -e "/proc/$pid/fd/6"
	run json 'map([.state, .role, .peer]) | .[]' "$pid"
	assert_output '["CLOSE",null,null]'
}

@test "a process that an accepted connection was passed on to is still server side" {
	require jq
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
	run json '.[] | [.fds[0], .role]' "$child"
	assert_output '[5,"server"]'
}

@test "connections in another network namespace are shown with their timers" {
	require jq unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 2
	local pid=$!
	await 15 has_connections "$pid" 4
	run json '.[3] | [.role, .keepalive, .timer]' "$pid"
	assert_output '["client",true,"keepalive"]'
	[ "$("$KEEPALIVE" status --json 2>/dev/null | jq "map(select(.pid == $pid)) | length")" = 5 ]
}

@test "timers of another network namespace are shown even if SIGCHLD is ignored" {
	require jq unshare ip
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 2
	local pid=$!
	await 15 has_connections "$pid" 4
	run -0 --separate-stderr python3 -c "$IGNORING_CHILDREN" "$KEEPALIVE" status --json "$pid"
	assert_equal "$stderr" ""
	assert_output --partial '"timer": "none"'
}

@test "a network namespace that may not be entered: values without timers, and why" {
	require jq unshare ip setpriv
	require_root
	in_namespace python3 "$TESTS/programs/talk.py" pairs 2
	local pid=$!
	await 15 has_connections "$pid" 4
	run --separate-stderr setpriv --bounding-set=-sys_admin "$KEEPALIVE" status --json "$pid"
	assert_success
	[ "$(jq -c '.[3] | [.role, .keepalive, .idle_s, .timer]' <<<"$output")" = '["client",true,7200,null]' ]
	[[ $stderr == "keepalive: no timers for process $pid ("*"): its network namespace cannot be entered, which requires CAP_SYS_ADMIN: Operation not permitted" ]]
}

@test "a user sees into the network namespace of a rootless container" {
	require jq unshare ip
	make_public
	"${NOBODY[@]}" unshare -Urn true || skip_as namespaces
	background "${NOBODY[@]}" unshare -Urn sh -c 'ip link set lo up && exec "$@"' sh \
		python3 -c "$(cat "$TESTS/programs/talk.py")" pairs 2
	local pid=$!
	await 15 has_connections "$pid" 4
	run as_nobody status --json "$pid"
	assert_success
	[ "$(jq -c '.[3] | [.role, .keepalive, .timer]' <<<"$output")" = '["client",true,"keepalive"]' ]
}

@test "without a PID an unprivileged user sees their own processes, and how many sockets are not shown" {
	require jq
	make_public
	pairs 1
	talk_as_nobody pairs 1
	local own=$!
	await 15 has_connections "$own" 2
	run --separate-stderr as_nobody status --json
	assert_success
	[ "$(jq -c "map(.pid) | unique | [index($own) != null, index($PAIRS) != null]" <<<"$output")" = '[true,false]' ]
	[[ $stderr == *" more TCP sockets in processes that this user may not inspect, such as process "* ]]
}

@test "another user's process is refused, with what would help" {
	require jq
	make_public
	pairs 1
	run --separate-stderr as_nobody status "$PAIRS"
	assert_failure 125
	assert_output ''
	[[ $stderr == "keepalive: process $PAIRS (python3"*"): it belongs to another user (uid 0): run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH" ]]

	run "${NOBODY[@]}" --inh-caps=+sys_ptrace,+dac_read_search \
		--ambient-caps=+sys_ptrace,+dac_read_search "$PUBLIC/keepalive" status "$PAIRS"
	assert_success
	assert_line --regexp '^ESTAB +off '
}

@test "if descriptors may not be copied: dashes, the reason once, but on and off" {
	require_refuse
	require jq
	pairs 2
	run --separate-stderr "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" status --wide "$PAIRS"
	assert_success
	assert_line --index 1 --regexp '^LISTEN( +-){8} +listener '
	assert_line --index 2 --regexp '^ESTABLISHED +off( +-){7} +client '
	assert_line --index 4 --regexp '^ESTABLISHED +on( +-){5} +[0-9.]+s +0 +client '
	run -0 --separate-stderr "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" status "$PAIRS"
	assert_line --index 4 --regexp '^ESTAB +on +[0-9.]+s +-> '
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == "keepalive: no values for process $PAIRS ("* ]]
}

@test "on a kernel without pidfd_getfd: dashes, and which kernel has it" {
	require_refuse
	require jq
	pairs 2
	local call
	for call in pidfd_open pidfd_getfd; do
		run --separate-stderr "$PROGRAMS/refuse" ENOSYS "$call" "$KEEPALIVE" status "$PAIRS"
		assert_success
		assert_line --index 4 --regexp '^ESTAB +on +[0-9.]+s +-> '
		[[ $stderr == *"pidfd_getfd(2), new in Linux 5.6; this is Linux $(uname -r)"* ]]
	done
}

@test "if the kernel's table cannot be read: values without timers, and why" {
	require_refuse
	require jq
	pairs 2
	run --separate-stderr "$PROGRAMS/refuse" EPERM socket "$KEEPALIVE" status "$PAIRS"
	assert_success
	assert_line --index 4 --regexp '^ESTAB +7200/75/9 +- +-> '
	[[ $stderr == "keepalive: no timers for process $PAIRS ("*"sock_diag"* ]]
}

@test "a hostile process name neither breaks the JSON nor reaches the terminal" {
	require jq
	background python3 -c '
import signal, socket, sys
open("/proc/self/comm", "wb").write(b"a\"\\\x1b[2J\n\xc3\xa9\xff\xc2\x9b")
listener = socket.create_server(("127.0.0.1", 0))
signal.pause()'
	local pid=$!
	await 15 sockets "$pid" LISTEN
	run json '.[0].process' "$pid"
	assert_output '"a\"\\?[2J?é???"'
	run "$KEEPALIVE" status "$pid"
	assert_line --index 1 --regexp "^LISTEN .* a\"\\\\\?\[2J\?é\?\?\?/$pid\$"
}

@test "status --watch redraws until the process ends" {
	require jq
	pairs 1
	background "$KEEPALIVE" status --watch=0.1 "$PAIRS" >"$BATS_TEST_TMPDIR/out" 2>&1
	local watch=$!
	drawn_thrice() {
		[ "$(grep -c '^STATE' "$BATS_TEST_TMPDIR/out")" -ge 3 ]
	}
	await 10 drawn_thrice
	kill "$PAIRS"
	wait "$watch"
	run cat "$BATS_TEST_TMPDIR/out"
	assert_line --regexp "^keepalive: process $PAIRS (does not exist|has ended)"
}

@test "status --watch of a process that never was there: exit status 125; of one that ends later: 0" {
	run -125 "$KEEPALIVE" status --watch=0.1 2147483647
	assert_output "keepalive: process 2147483647 does not exist, or is hidden from this user"
	background sleep 1
	run -0 "$KEEPALIVE" status --watch=0.1 $!
	background sleep 1
	run -125 "$KEEPALIVE" status --watch=0.1 $! 2147483647
}

@test "a process that is just ending is not called refused: its user sees that it has ended" {
	require_root
	require unshare
	[ -e /dev/fuse ] || skip_as fuse
	make_public
	mkdir "$PUBLIC/mount"
	run unshare -m python3 -B "$TESTS/programs/ending.py" "$PUBLIC/mount" "$PUBLIC/keepalive" status PID
	[[ $output != mount:* ]] || skip "$output"
	assert_line --index 0 --regexp '^keepalive: process PID \(python3[.0-9]*\) has ended$'
	assert_line --index 1 "status 125 "
	[ "${#lines[@]}" = 2 ]
}

@test "status changes nothing" {
	require jq
	pairs 4
	local before
	before=$(sockets "$PAIRS")
	"$KEEPALIVE" status "$PAIRS" >/dev/null
	"$KEEPALIVE" status --json >/dev/null
	[ "$(sockets "$PAIRS")" = "$before" ]
}

@test "10,000 connections, 20,000 sockets: under a second" {
	local -a pids=() seconds
	local i pid milliseconds wall=999999 busy=999999 TIMEFORMAT='%R %U %S'
	(($(ulimit -Hn) >= 2100)) || skip_as descriptors
	for i in {1..10}; do
		talk pairs 1000
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		await 60 test -e "/proc/$pid/fd/2003"
	done
	for i in {1..5}; do
		read -ra seconds < <({ time "$KEEPALIVE" status --wide "${pids[@]}" >"$BATS_TEST_TMPDIR/out"; } 2>&1)
		milliseconds=$((10#${seconds[0]/./}))
		((milliseconds >= wall)) || wall=$milliseconds
		milliseconds=$((10#${seconds[1]/./} + 10#${seconds[2]/./}))
		((milliseconds >= busy)) || busy=$milliseconds
	done
	[ "$(grep -c ESTABLISHED "$BATS_TEST_TMPDIR/out")" = 20000 ]
	[ "$(grep -c ' on ' "$BATS_TEST_TMPDIR/out")" = 5000 ]
	echo "# 20,000 sockets, the best of 5: $wall ms, of which CPU $busy ms" >&3
	((busy < 1000)) # CPU time, because the clock also counts what others run
}

@test "messages distinguish: not a number, no such process, ended, a thread" {
	run "$KEEPALIVE" status 12x
	assert_failure 125
	assert_output "keepalive: '12x' is not a process id; accepted: the number of a running process"
	run "$KEEPALIVE" status -- -1
	assert_failure 125
	run "$KEEPALIVE" status 2147483647
	assert_failure 125
	assert_output "keepalive: process 2147483647 does not exist, or is hidden from this user"

	background python3 -c '
import os, signal, threading
if os.fork() == 0:
    os._exit(0)
threading.Thread(target=signal.pause).start()
signal.pause()'
	local pid=$! zombie thread
	zombie=$(child_of "$pid")
	await 15 grep -q '^State:.Z' "/proc/$zombie/status"
	run "$KEEPALIVE" status "$zombie"
	assert_failure 125
	assert_output --partial "keepalive: process $zombie has ended (a zombie"
	await 15 grep -q '^Threads:.2' "/proc/$pid/status"
	# The process's own number is not always first in the list: 10000 sorts before 9999.
	for thread in "/proc/$pid/task/"*; do
		thread=${thread##*/}
		[ "$thread" = "$pid" ] || break
	done
	run "$KEEPALIVE" status "$thread"
	assert_failure 125
	assert_output "keepalive: process $thread is a thread; its process is $pid"
}

@test "one process of several is missing: the others are shown, and the exit status is 125" {
	require jq
	pairs 1
	run --separate-stderr "$KEEPALIVE" status "$PAIRS" 2147483647
	assert_failure 125
	assert_line --regexp '^ESTAB .* -> '
	[[ $stderr == *2147483647* ]]
}

@test "the /proc of another PID namespace is not used" {
	require unshare
	require_root
	require_unshare -pf --mount-proc
	run unshare -pf "$KEEPALIVE" status
	assert_failure 125
	assert_output "keepalive: /proc is that of another PID namespace: mount the proc of this one"
	run unshare -pf --mount-proc "$KEEPALIVE" status
	assert_success
}

# exposed COUNT [NAME]: a process in a namespace of its own with COUNT connections to each of three addresses, two of
# which are not on loopback; of each connection one end has no keepalive and would hang. Its pid is in $EXPOSED.
exposed() {
	require jq unshare ip
	require_root
	background unshare -n sh -c 'ip link set lo up && ip addr add 10.9.9.1/32 dev lo &&
		ip addr add 2001:db8:1111:2222:3333:4444:5555:6666/128 dev lo && exec "$@"' sh python3 -c '
import signal, socket, sys
open("/proc/self/comm", "w").write(sys.argv[2])
kept = []
for address in "10.9.9.1", "2001:db8:1111:2222:3333:4444:5555:6666", "127.0.0.1":
    kept.append(socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET))
    listener = kept[-1]
    for i in range(int(sys.argv[1])):
        kept.append(socket.create_connection(listener.getsockname()[:2]))
        kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        kept.append(listener.accept()[0])
signal.pause()' "$1" "${2:-exposed}"
	EXPOSED=$!
	await 15 has_connections "$EXPOSED" $((6 * $1))
}

@test "status --off: connections that would hang, counted by process and peer, exit status 1; not those on loopback" {
	exposed 3
	run -1 --separate-stderr "$KEEPALIVE" status --off "$EXPOSED"
	assert_line --index 0 --regexp '^CONNECTIONS +ROLE +PORT +PEER +PROCESS$'
	assert_line --regexp "^ +3 +server +[0-9]+ +10\.9\.9\.1 +exposed/$EXPOSED$"
	assert_line --regexp "^ +3 +server +[0-9]+ +\[2001:db8:1111:2222:3333:4444:5555:6666\] +exposed/$EXPOSED$"
	[ "${#lines[@]}" = 3 ]
	assert_equal "$stderr" "keepalive: 3 more without keepalive on loopback, where neither end can disappear alone"
	run -1 --separate-stderr "$KEEPALIVE" status --off --json "$EXPOSED"
	[ "$(jq -c 'map([.process, .role, .connections]) | .[]' <<<"$output")" = \
		$'["exposed","server",3]\n["exposed","server",3]' ]
	"$KEEPALIVE" attach "$EXPOSED" >/dev/null
	run -0 "$KEEPALIVE" status --off "$EXPOSED"
	assert_output ""
	run -0 "$KEEPALIVE" status --off --json "$EXPOSED"
	assert_output "[]"
}

# exposed_abroad: a process with two connections that would hang, made in a network namespace that it has left since.
# Nothing but its sockets keeps that in existence. Its pid is in $EXPOSED.
exposed_abroad() {
	require jq unshare ip
	require_root
	require_unshare -n
	background python3 -c '
import ctypes, os, signal, socket, subprocess
libc = ctypes.CDLL(None)
NEWNET = 0x40000000
here = os.open("/proc/self/ns/net", os.O_RDONLY)
assert libc.unshare(NEWNET) == 0
subprocess.run("ip link set lo up && ip addr add 10.9.9.1/32 dev lo", shell=True, check=True)
kept = [socket.create_server(("10.9.9.1", 0))]
for _ in range(2):
    kept.append(socket.create_connection(kept[0].getsockname()))
    kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    kept.append(kept[0].accept()[0])
assert libc.setns(here, NEWNET) == 0
kept.append(socket.socket())
print("ready", flush=True)
signal.pause()' >"$BATS_TEST_TMPDIR/ready"
	EXPOSED=$!
	await 15 grep -q ready "$BATS_TEST_TMPDIR/ready"
}

@test "connections that were made in a network namespace that the process has left are shown as connected" {
	exposed_abroad
	run -0 json 'map([.state, .role, .keepalive, .timer]) | .[]' "$EXPOSED"
	assert_line --index 0 '["LISTEN","listener",false,null]'
	assert_line --index 1 '["ESTABLISHED","client",true,null]'
	assert_line --index 2 '["ESTABLISHED","server",false,null]'
	assert_line --index 5 '["CLOSE",null,false,null]'
	[ "${#lines[@]}" = 6 ]
	local pids
	for pids in "$EXPOSED" ""; do
		run -1 --separate-stderr "$KEEPALIVE" status --off $pids
		assert_line --regexp "^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3.*/$EXPOSED$"
	done
}

@test "connections in another network namespace that may not be copied: unknown, and --off says so with 125" {
	require_refuse
	exposed_abroad
	run --separate-stderr "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" status --json "$EXPOSED"
	assert_success
	[ "$(jq -c 'map([.state, .role, .keepalive]) | unique' <<<"$output")" = '[[null,null,null]]' ]
	[[ $stderr == "keepalive: no values for process $EXPOSED ("* ]]
	local options
	for options in "" --listeners --state=established --port=5432; do
		run -125 --separate-stderr "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" status --off $options "$EXPOSED"
		assert_output ""
		assert_equal "${stderr_lines[0]}" "keepalive: 6 more of which this user cannot see whether they are connected"
	done
	run -0 --separate-stderr "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" status --state=established "$EXPOSED"
	[ "${#lines[@]}" = 1 ]
}

@test "connections in the network namespace of another process are shown with their timers, and only once" {
	require jq
	exposed 1
	background python3 -c '
import ctypes, os, signal, socket, sys
libc = ctypes.CDLL(None)
NEWNET = 0x40000000
here = os.open("/proc/self/ns/net", os.O_RDONLY)
assert libc.setns(os.open(f"/proc/{sys.argv[1]}/ns/net", os.O_RDONLY), NEWNET) == 0
listener = socket.create_server(("10.9.9.1", 0))
client = socket.create_connection(listener.getsockname())
server = listener.accept()[0]
assert libc.setns(here, NEWNET) == 0
print("ready", flush=True)
signal.pause()' "$EXPOSED" >"$BATS_TEST_TMPDIR/ready"
	local visitor=$!
	await 15 grep -q ready "$BATS_TEST_TMPDIR/ready"
	run json "map(select(.pid == $visitor) | [.state, .role, .timer, .idle_s]) | .[]" "$visitor" "$EXPOSED"
	assert_line --index 0 '["LISTEN","listener","none",null]'
	assert_line --index 1 '["ESTABLISHED","client","none",7200]'
	assert_line --index 2 '["ESTABLISHED","server","none",7200]'
	run -1 --separate-stderr "$KEEPALIVE" status --off
	[ "$(grep -c ' server .* 10\.9\.9\.1 ' <<<"$output")" = 2 ]
	[ "$(grep -c "/$visitor$" <<<"$output")" = 2 ]
	refute_line --regexp ' \?$'
}

# exposed_thread HOW: a process in a namespace of its own one of whose threads has two connections that would hang, in a
# table of descriptors of its own (apart), or in that of a process whose first thread has ended (orphaned). Its pid is
# in $EXPOSED.
exposed_thread() {
	require unshare ip
	require_root
	background unshare -n sh -c 'ip link set lo up && ip addr add 10.9.9.1/32 dev lo && exec "$@"' sh python3 -c '
import ctypes, signal, socket, sys, threading
libc = ctypes.CDLL(None)
listener = socket.create_server(("10.9.9.1", 0))
kept = []

def connect():
    assert sys.argv[1] != "apart" or libc.unshare(0x400) == 0  # CLONE_FILES
    for _ in range(2):
        kept.append(socket.create_connection(listener.getsockname()))
        kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        kept.append(listener.accept()[0])
    print("ready", flush=True)
    signal.pause()

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
threading.Thread(target=connect).start()
if sys.argv[1] == "orphaned":
    libc.pthread_exit(None)
signal.pause()' "$1" >"$BATS_TEST_TMPDIR/ready"
	EXPOSED=$!
	await 15 grep -q ready "$BATS_TEST_TMPDIR/ready"
}

@test "connections of a thread with descriptors of its own are shown, those that it shares only once" {
	require jq
	exposed_thread apart
	run json 'map([.pid, .state]) | .[]' "$EXPOSED"
	assert_line --index 0 "[$EXPOSED,\"LISTEN\"]"
	assert_line --index 1 "[$EXPOSED,\"ESTABLISHED\"]"
	[ "${#lines[@]}" = 5 ]
	run -1 --separate-stderr "$KEEPALIVE" status --off "$EXPOSED"
	assert_line --index 1 --regexp "^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3.*/$EXPOSED$"
	run -1 --separate-stderr "$KEEPALIVE" status --off
	assert_line --regexp "^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3.*/$EXPOSED$"
}

@test "a thread with descriptors of its own before Linux 6.9: timers, and which kernel shows the values" {
	require strace
	exposed_thread apart
	run --separate-stderr strace -qq -o "$BATS_TEST_TMPDIR/strace" -e trace=pidfd_open \
		-e inject=pidfd_open:error=EINVAL:when=2 "$KEEPALIVE" status "$EXPOSED"
	assert_line --index 2 --regexp '^ESTAB +on +[0-9.]+s +-> 10\.9\.9\.1:'
	assert_line --index 3 --regexp '^ESTAB +off +- +<- 10\.9\.9\.1:'
	[[ $stderr =~ ^"keepalive: no values for process $EXPOSED ("[^:]*"): its thread "[0-9]+" has descriptors of its own; reaching them requires Linux 6.9"$ ]]
}

@test "connections of a process whose first thread has ended are shown" {
	exposed_thread orphaned
	await 5 grep -q '^State:.Z' "/proc/$EXPOSED/status"
	run -1 --separate-stderr "$KEEPALIVE" status --off "$EXPOSED"
	assert_line --index 1 --regexp "^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3.*/$EXPOSED$"
	run -1 --separate-stderr "$KEEPALIVE" status --off
	assert_line --regexp "^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3.*/$EXPOSED$"
}

# ending_at COMMAND...: in namespaces of its own runs three processes with sockets in turn, of which the first has two
# connections that would hang, and this command. The second process is killed while the command is held in a system
# call. \$SECOND in the command is that process.
ending_at() {
	require strace unshare ip
	require_root
	require_unshare -pfn --mount-proc
	unshare -pfn --mount-proc sh -c 'ip link set lo up && ip addr add 10.9.9.1/32 dev lo && exec "$@"' sh python3 -c '
import os, signal, socket, subprocess, sys, time

def start(connections):
    ready, done = os.pipe()
    pid = os.fork()
    if pid:
        os.read(ready, 1)
        return pid
    kept = [socket.create_server(("10.9.9.1", 0))]
    for _ in range(connections):
        kept.append(socket.create_connection(kept[0].getsockname()))
        kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        kept.append(kept[0].accept()[0])
    os.write(done, b"x")
    signal.pause()

def read(path):
    try:
        return open(path).read()
    except OSError:
        return ""  # it has ended

def is_held(tracer):
    """Whether what it traces stays where it is."""
    for _ in range(15):
        time.sleep(0.02)
        children = read(f"/proc/{tracer}/task/{tracer}/children").split()
        if not any("State:\tt" in read(f"/proc/{child}/status") for child in children):
            return False
    return True

first, second, third = start(2), start(0), start(0)
command = subprocess.Popen([word.replace("$SECOND", str(second)) for word in sys.argv[1:]])
while not is_held(command.pid):
    assert command.poll() is None
os.kill(second, signal.SIGKILL)
os.waitpid(second, 0)
sys.exit(command.wait())' "$@"
}

@test "a process that ends while status reads it does not make the connections of others appear twice" {
	local -a late=(-e trace=pidfd_open -e inject=pidfd_open:delay_enter=2s:when=2)
	local -a early=(-P "/proc/\$SECOND/ns/net" -e trace=%file -e inject=%file:delay_enter=2s:when=1)
	run -1 --separate-stderr ending_at strace -qq -o "$BATS_TEST_TMPDIR/late" "${late[@]}" "$KEEPALIVE" status --off
	assert_line --index 1 --regexp '^ +2 +server +[0-9]+ +10\.9\.9\.1 +python3'
	[ "${#lines[@]}" = 2 ]
	grep -q DELAYED "$BATS_TEST_TMPDIR/late"
	run -1 --separate-stderr ending_at strace -qq -o "$BATS_TEST_TMPDIR/early" "${early[@]}" "$KEEPALIVE" status --off
	[ "${#lines[@]}" = 2 ]
	grep -q DELAYED "$BATS_TEST_TMPDIR/early"
}

@test "status --off of a user who may not see the processes: the connections all the same" {
	exposed 2
	make_public
	run -1 --separate-stderr nsenter -t "$EXPOSED" -n setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$PUBLIC/keepalive" status --off --json
	[ "$(jq -c 'map([.pid, .process, .role, .connections]) | .[0]' <<<"$output")" = '[null,null,"server",2]' ]
}

# off_of_user SCRIPT: in namespaces of its own runs a shell script as root. In it, look prints what "status --off" says
# to a user and its exit status, and connected makes two connections in a further network namespace.
off_of_user() {
	require ip
	require_unshare -pfn --mount-proc
	[ -n "${PUBLIC-}" ] || make_public
	TALK=$TESTS/programs/talk.py run unshare -pfn --mount-proc bash -c '
		look() {
			setpriv --reuid=65534 --regid=65534 --clear-groups "$0" status --off 2>&1 && :
			echo "status $?"
		}
		connected() {
			unshare -n sh -c "ip link set lo up && exec python3 $TALK pairs 1" &
			until [ "$(grep -c " 01 [0-9A-F]*:" /proc/$!/net/tcp)" = 2 ]; do sleep 0.05; done
		}
		set -e
		'"$1" "$PUBLIC/keepalive"
	assert_success
}

@test "status --off of a user: connections in a network namespace that cannot be read are reported, with 125" {
	off_of_user 'connected; look; connected; look'
	assert_line --index 0 --regexp '^keepalive: 1 network namespace with connections that this user cannot see, namely that of process [0-9]+ \(python3.*\): run as root$'
	assert_line --index 1 "status 125"
	assert_line --index 2 --regexp '^keepalive: 2 network namespaces with connections that this user cannot see, such as that of process [0-9]+ \(python3.*\): run as root$'
	assert_line --index 3 "status 125"
	[ "${#lines[@]}" = 4 ]
}

@test "status --off of a user: other users' processes in the same namespace, or where nothing is connected: 0" {
	off_of_user 'sleep 60 & unshare -n sleep 60 &
		until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
		look'
	assert_output "status 0"
}

@test "status --off of a user from whom /proc hides other users' processes: says so, with 125" {
	local hide
	for hide in 1 2; do
		off_of_user "mount -o remount,hidepid=$hide /proc; look"
		assert_line --index 0 "keepalive: processes of other users are hidden from this user (hidepid, proc(5)), and so are connections in other network namespaces: run as root"
		assert_line --index 1 "status 125"
	done
}

@test "a hostile or long name, IPv6 addresses and a thousand descriptors fit 80 columns" {
	exposed 1 $'\e[31m\nfifteen-chars'
	run -0 "$KEEPALIVE" status "$EXPOSED"
	refute_output --partial $'\e'
	for line in "${lines[@]}"; do
		((${#line} <= 80)) || fail "${#line}: $line"
	done
	assert_output --regexp '<- \[2001:db8:[0-9a-f:]+\+\]:[0-9]+ '
	background python3 -c '
import resource, signal, socket, os
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0))
copies = [os.dup(listener.fileno()) for _ in range(1000)]
signal.pause()'
	await 15 test -e "/proc/$!/fd/1003"
	run -0 "$KEEPALIVE" status --wide $!
	assert_line --index 1 --regexp ' 3,4,5,6,\+997$'
}

# named NAME: a process of this name, in which \u0000 stands for a character, with a listener; its pid is in $NAMED.
named() {
	background python3 -c '
import signal, socket, sys
open("/proc/self/comm", "wb").write(sys.argv[1].encode().decode("unicode_escape").encode())
listener = socket.create_server(("127.0.0.1", 0))
signal.pause()' "$1"
	NAMED=$!
	await 15 sockets "$NAMED" LISTEN
}

# columns TEXT: how many columns of a terminal it takes.
columns() {
	LC_ALL=C.UTF-8 wc -L <<<"$1"
}

WIDE='\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d'

@test "names in characters of two columns, or of none, are cut to 80 columns, and what follows stays in line" {
	local name
	[ "$(columns 中)" = 2 ] || skip "wc does not know the width of characters here"
	exposed 1 日本語日本
	for name in "$WIDE" '\U0001f600\U0001f600\U0001f600' 'e\u0301e\u0301e\u0301e\u0301e\u0301'; do
		named "$name"
		run -0 "$KEEPALIVE" status "$EXPOSED" "$NAMED"
		for line in "${lines[@]}"; do
			(($(columns "$line") <= 80)) || fail "$(columns "$line"): $line"
		done
		run -0 "$KEEPALIVE" status --wide "$NAMED"
		assert_equal "$(columns "${lines[0]% FD}")" "$(columns "${lines[1]% 3}")"
	done
}

@test "characters of a name that cannot be seen, or that turn the text around, are shown as question marks" {
	require jq
	local character
	for character in '\u202e' '\u2066' '\u200b' '\u200f' '\ufeff' '\u2028' '\u00ad' '\ufe0f' '\U000e0041'; do
		named "a${character}b"
		run -0 json '.[0].process' "$NAMED"
		assert_output --regexp '^"a[?]+b"$'
		run -0 "$KEEPALIVE" status "$NAMED"
		assert_line --regexp " a[?]+b/$NAMED\$"
	done
}

@test "a process that is named twice is shown, counted and attached to once" {
	exposed 2
	run -0 "$KEEPALIVE" status "$EXPOSED" "$EXPOSED"
	[ "${#lines[@]}" = 16 ]
	run -1 --separate-stderr "$KEEPALIVE" status --off --json "$EXPOSED" "$EXPOSED"
	[ "$(jq 'map(.connections) | add' <<<"$output")" = 4 ]
	run -0 "$KEEPALIVE" attach --dry-run "$EXPOSED" "$EXPOSED"
	[ "${#lines[@]}" = 15 ]
}

@test "status by port, state and process, sorted" {
	pairs 3
	local port
	port=$(port_of "$PAIRS")
	run -0 "$KEEPALIVE" status --port="$port" --state=ESTAB --sort=probe "$PAIRS"
	[ "${#lines[@]}" = 7 ]
	assert_line --index 1 --partial " 7200/75/9 "
	run -0 "$KEEPALIVE" status --state=listen,close-wait "$PAIRS"
	[ "${#lines[@]}" = 2 ]
	run -0 "$KEEPALIVE" status --port=1-2 "$PAIRS"
	[ "${#lines[@]}" = 1 ]
	run -0 "$KEEPALIVE" status --process='no-such-*' "$PAIRS"
	[ "${#lines[@]}" = 1 ]
	run -0 "$KEEPALIVE" status --process='python*' "$PAIRS"
	[ "${#lines[@]}" = 8 ]
	run -0 "$KEEPALIVE" status --sort=port --state=established "$PAIRS"
	[ "${#lines[@]}" = 7 ]
	local option
	for option in --port=0 --port=9-1 --port=70000 --state=open --sort=age; do
		run -125 "$KEEPALIVE" status "$option"
		assert_output --regexp "^keepalive: ${option%=*} '.*': not known; accepted: "
	done
}

# copies COMMAND...: how many copies of another process's descriptors the command makes.
copies() {
	require strace
	strace -f -qq -e trace=pidfd_getfd -o "$BATS_TEST_TMPDIR/traced" "$@" >/dev/null
	grep -c pidfd_getfd "$BATS_TEST_TMPDIR/traced" || true # grep fails if there are none
}

# While a copy exists, a program that closes its listener cannot bind the port again. (Reading a link in /proc/PID/fd, as
# ls -l and ss -p do, has the same effect for about 100 ns.)
@test "status copies no socket that listens or is bound" {
	background python3 -c '
import signal, socket
listener = socket.create_server(("127.0.0.1", 0))
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
new = [socket.socket(socket.AF_INET6), socket.socket()]
client = socket.create_connection(listener.getsockname())
accepted = listener.accept()[0]
signal.pause()'
	local pid=$!
	await 15 has_connections "$pid" 2
	# What is in none of the kernel's tables is copied; before Linux 6.8 that may be bound.
	local copied=4
	printf '%s\n' 6.8 "$(uname -r)" | sort -VC || copied=5
	[ "$(copies "$KEEPALIVE" status "$pid")" = "$copied" ]
	[ "$(copies "$KEEPALIVE" status --off "$pid")" = "$copied" ]
	[ "$(copies "$KEEPALIVE" status --listeners "$pid")" = 6 ]
}

@test "what is bound, and neither connected nor listening, is shown with its port" {
	require jq
	printf '%s\n' 6.8 "$(uname -r)" | sort -VC || skip "needs Linux 6.8"
	background python3 -c '
import signal, socket
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
print(bound.getsockname()[1], flush=True)
signal.pause()' >"$BATS_TEST_TMPDIR/ready"
	await 15 grep -q . "$BATS_TEST_TMPDIR/ready"
	run json '.[] | [.state, .local, .keepalive]' $!
	assert_output "[\"CLOSE\",\"127.0.0.1:$(cat "$BATS_TEST_TMPDIR/ready")\",null]"
}

@test "a listener that is closed and bound again all the time, beside one status after the other: next to none fails" {
	background python3 -c '
import os, socket, sys, time
address, binds, failed = ("127.0.0.1", 0), 0, 0
while not os.path.exists(sys.argv[1]):
    listener = socket.socket()
    try:
        listener.bind(address)
        listener.listen()
    except OSError:
        failed += 1
    else:
        address = listener.getsockname()
    listener.close()
    binds += 1
print(failed, binds)' "$BATS_TEST_TMPDIR/end" >"$BATS_TEST_TMPDIR/out"
	local loop=$! failed binds
	for _ in $(seq 50); do
		"$KEEPALIVE" status "$loop" >/dev/null
	done
	touch "$BATS_TEST_TMPDIR/end"
	await 10 test -s "$BATS_TEST_TMPDIR/out"
	read -r failed binds <"$BATS_TEST_TMPDIR/out"
	echo "$failed of $binds"
	[ "$binds" -ge 1000 ]
	[ $((failed * 2000)) -le $((binds + 4000)) ] # 1 in 2,000 as in keepalive-status(1), and 2 for chance
}

@test "check copies no listener that a program has just made" {
	require_root
	background env LD_PRELOAD="$SHIM" python3 -c '
import itertools, socket
first = socket.create_server(("127.0.0.1", 0))
address = first.getsockname()
first.close()
while True:
    listener = socket.socket()
    try:
        listener.bind(address)
        listener.listen()
    except OSError:
        pass
    listener.close()'
	local pid=$!
	await 15 sockets "$pid"
	[ "$(copies "$KEEPALIVE" check "$pid")" = 0 ]
}

@test "a service's sockets that come from systemd's network namespace are shown in full" {
	require jq unshare ip
	require_root
	background python3 -c '
import ctypes, os, signal, socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
accepted = listener.accept()[0]
assert ctypes.CDLL(None).unshare(0x40000000) == 0
signal.pause()'
	local pid=$!
	unshared() {
		[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
	}
	await 15 unshared
	run json 'map([.state, .idle_s]) | .[]' "$pid"
	assert_line --index 0 '["LISTEN",null]'
	assert_line --index 1 '["ESTABLISHED",7200]'
}

# in_window COMMAND...: runs it in a terminal of 80 x 12, whose contents window prints.
in_window() {
	require tmux
	WINDOW=(tmux -L "keepalive-$$-$BATS_TEST_NUMBER" -f /dev/null)
	"${WINDOW[@]}" new-session -d -x 80 -y 12 "env PS1=ready: bash --norc" 3>&- 4>&-
	"${WINDOW[@]}" display-message -p '#{pid}' >>"$BATS_TEST_TMPDIR/background" # so that teardown ends it
	"${WINDOW[@]}" send-keys "clear; echo before; $*" Enter
}

window() {
	"${WINDOW[@]}" capture-pane -p "$@"
}

shows() {
	window | grep -E -e "$1"
}

@test "status --watch in a window: header, clock, as many lines as fit, another size, and the screen comes back" {
	pairs 10
	in_window "NO_COLOR= '$KEEPALIVE' status --watch=0.2 $PAIRS"
	await 10 shows '^keepalive status +[0-9:]{8} +every 0.2 s +21 sockets'
	await 10 shows '^STATE +KEEPALIVE'
	await 10 shows '^\+13 more'
	refute shows before
	"${WINDOW[@]}" resize-window -x 100 -y 20
	await 10 shows '^\+5 more'
	window -e | grep -q $'\e\\[33moff'
	"${WINDOW[@]}" send-keys C-z
	await 10 shows '^before'
	"${WINDOW[@]}" send-keys fg Enter
	await 10 shows '^STATE +KEEPALIVE'
	"${WINDOW[@]}" send-keys C-c
	await 10 shows '^before'
	refute shows '^STATE'
	"${WINDOW[@]}" send-keys "clear; NO_COLOR=1 '$KEEPALIVE' status --watch=0.2 $PAIRS" Enter
	await 10 shows '^STATE +KEEPALIVE'
	refute eval "window -e | grep -q $'\\e\\\\[33moff'"
	kill "$PAIRS"
	await 10 shows "^keepalive: process $PAIRS (does not exist|has ended)"
	"${WINDOW[@]}" kill-server
}

@test "status --watch in a window that is narrower than a name of wide characters: no line is broken" {
	export LC_ALL=C.UTF-8 # for tmux
	named "$WIDE"
	in_window "'$KEEPALIVE' status --watch=0.2 $NAMED"
	local width
	for width in 54 55 56 57; do
		"${WINDOW[@]}" resize-window -x "$width" -y 12
		await 10 shows '^STATE +KEEPALIVE'
		await 10 shows '^LISTEN'
		sized() {
			[ "$(window | grep -c .)" = 3 ]
		}
		await 10 sized
	done
	"${WINDOW[@]}" kill-server
}

@test "status --help, and unknown options and values" {
	run "$KEEPALIVE" status --help
	assert_success
	assert_output --partial 'Usage: keepalive status'
	run "$KEEPALIVE" status --version
	assert_success
	run "$KEEPALIVE" status --watch=0
	assert_failure 125
	assert_output "keepalive: --watch '0': not an interval; accepted: 0.1 to 86400 seconds"
	run "$KEEPALIVE" status --nonsense
	assert_failure 125
	run -125 "$KEEPALIVE" status --w
	assert_output "keepalive: status: option '--w' is ambiguous (keepalive status --help lists the options)"
	run -125 "$KEEPALIVE" status -w
	assert_output "keepalive: status: unknown option '-w' (keepalive status --help lists the options)"
	run sh -c 'exec "$1" status >/dev/full' sh "$KEEPALIVE"
	assert_failure 125
	assert_output --partial 'keepalive: standard output: not everything was written'
}
