# A program can rely on its sockets although another process makes them: descriptor numbers, ends of connections,
# owners.

load ../helpers
load ../outside

setup_file() {
	export TRUSTING=$BATS_FILE_TMPDIR/trusting
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$TRUSTING" "$TESTS/programs/trusting.c" ||
		skip_as static
	"$KEEPALIVE" run "$TRUSTING" ports 1 || skip_as notification
}

# stop_and_go PID: stops and continues it, again and again, until it has ended; prints how often.
stop_and_go() {
	python3 -c 'import os, signal, sys, time
stops = 0
try:
    while True:
        os.kill(int(sys.argv[1]), signal.SIGSTOP)
        os.kill(int(sys.argv[1]), signal.SIGCONT)
        stops += 1
        time.sleep(0.0002)
except ProcessLookupError:
    print(stops)' "$1"
}

@test "the supervisor is stopped again and again: socket() returns the number that the program got" {
	require python3
	background "$KEEPALIVE" run "$TRUSTING" numbers "${SECONDS_OF_STOPS:-4}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/made"
	program=$!
	stops=$(stop_and_go "$(supervisor_of "$program")")
	await 10 grep -q wrong "$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/made"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" "0 wrong, 0 without keepalive"
	[ "$stops" -ge 10 ] # hundreds, fewer on a busy machine
}

# while_making COMMAND...: runs the command with the supervisor's pid as its last argument, while a supervised program
# makes sockets. What the program then reports is in $output.
while_making() {
	background "$KEEPALIVE" run "$TRUSTING" numbers_until "$BATS_TEST_TMPDIR/end" >"$BATS_TEST_TMPDIR/out"
	program=$!
	await 10 has_supervisor "$program"
	"$@" "$(supervisor_of "$program")"
	touch "$BATS_TEST_TMPDIR/end"
	await 20 grep -q wrong "$BATS_TEST_TMPDIR/out"
	run -0 cat "$BATS_TEST_TMPDIR/out"
}

# cgroups NAME: where the cgroup file system is mounted: cgroup2, or that of a controller of version 1.
cgroups() {
	awk -v word="$1" '$3 ~ /^cgroup/ && ("," $3 "," $4 ",") ~ "," word "," { print $2; exit }' /proc/mounts
}

# freeze FOLDER FILE ON OFF PID: freezes and thaws it a hundred times, by a cgroup that is made for it.
freeze() {
	mkdir "$1"
	echo "$5" >"$1/cgroup.procs"
	for _ in {1..100}; do
		echo "$3" >"$1/$2"
		echo "$4" >"$1/$2"
	done
	echo "$5" >"$(dirname "$1")/cgroup.procs"
	rmdir "$1"
}

@test "a cgroup of version 1 freezes the supervisor: no number is wrong" {
	require_root
	root=$(cgroups freezer)
	[ -n "$root" ] && mkdir "$root/keepalive-$$" 2>/dev/null && rmdir "$root/keepalive-$$" || skip "the cgroup v1 freezer is not available here"
	while_making freeze "$root/keepalive-$$" freezer.state FROZEN THAWED
	assert_output "0 wrong, 0 without keepalive"
}

@test "a cgroup of version 2 freezes the supervisor: no number is wrong" {
	require_root
	root=$(cgroups cgroup2)
	[ -n "$root" ] && mkdir "$root/keepalive-$$" 2>/dev/null && rmdir "$root/keepalive-$$" || skip_as group
	while_making freeze "$root/keepalive-$$" cgroup.freeze 1 0
	assert_output --partial "0 wrong, " # a program in another group than its supervisor gets no keepalive
}

# trace PID: attaches strace to it and detaches it, five times.
trace() {
	for _ in {1..5}; do
		timeout --signal=INT 0.4 strace -f -qq -o /dev/null -p "$1" || true
	done
}

@test "the supervisor is traced: no number is wrong" {
	require strace
	strace -qq -o /dev/null true || skip_as ptrace
	while_making trace
	assert_output "0 wrong, 0 without keepalive"
}

# suspend PID: stops program, supervisor and guard, as for a checkpoint or a suspended machine, and continues them.
suspend() {
	for _ in {1..50}; do
		kill -STOP "$program" "$1" "$(guard_of "$program")"
		kill -CONT "$1" "$(guard_of "$program")" "$program"
	done
}

@test "all are stopped and go on: no number is wrong" {
	while_making suspend
	assert_output "0 wrong, 0 without keepalive"
}

# starve_of_memory PID: the kernel kills it because another process in its cgroup uses up the memory.
starve_of_memory() {
	mkdir "$group"
	echo "$1" >"$group/cgroup.procs"
	echo 1000 >"/proc/$1/oom_score_adj"
	echo 64M >"$group/$limit"
	# The memory is spread over four processes, so that the supervisor with its oom_score_adj comes first.
	sh -c 'echo $$ >"$0/cgroup.procs"; exec python3 -c "
import os, sys, time
others = [os.fork() for _ in range(3)]
chunk = bytearray(0)
while os.path.exists(sys.argv[1]) and len(chunk) < 30 << 20:
    chunk += bytes(1 << 20)
while os.path.exists(sys.argv[1]):
    time.sleep(0.01)" "/proc/$1/exe"' "$group" "$1" || true
	await 10 test ! -e "/proc/$1/exe"
	await 10 rmdir "$group"
}

@test "the kernel kills the supervisor, out of memory: another takes over" {
	require_root
	require python3
	root=$(cgroups memory) limit=memory.limit_in_bytes
	[ -n "$root" ] || { root=$(cgroups cgroup2) limit=memory.max; }
	group=$root/keepalive-$$
	[ -n "$root" ] && mkdir "$group" 2>/dev/null && [ -e "$group/$limit" ] && rmdir "$group" || skip "memory cannot be limited here"
	while_making starve_of_memory
	assert_output --regexp "^[0-9]+ wrong, [01] without keepalive$"
	assert_equal "$(supervisors_of "$program")" ""
}

@test "what the program closes is closed: its port is free at once" {
	run -0 "$KEEPALIVE" run "$TRUSTING" ports 2000
	assert_output "0 in use"
}

@test "no descriptor is free: keepalive or EMFILE, whichever of 32 threads gets one" {
	run -0 "$KEEPALIVE" run "$TRUSTING" full 32 500
	assert_line --partial "0 without keepalive, 0 failed"
}

@test "few descriptors for the supervisor either: it works" {
	run -0 --separate-stderr sh -c \
		"exec 3>&- 4>&- 5>&- 6>&-; ulimit -n 6; exec '$KEEPALIVE' run '$TRUSTING' numbers 1"
	assert_output "0 wrong, 0 without keepalive"
}

# threaded: makes a cgroup of version 2 whose threads can be moved one by one, below this process's own. Sets $threads, the
# file that a thread writes to, in both; the other one is empty if there can be none.
threaded() {
	local own

	own=$(cgroups cgroup2)$(sed -n 's/^0:://p' /proc/self/cgroup)
	group=${own%/}/keepalive-$$
	threads=("$own/cgroup.threads" "$group/cgroup.threads")
	mkdir "$group" 2>/dev/null && echo threaded 2>/dev/null >"$group/cgroup.type" || threads[1]=
}

@test "threads that change network namespace, user and cgroup between calls: right each time" {
	require_root
	threaded
	# The second as on a kernel before 6.13, where files of /proc are read.
	for kernel in "" "$PROGRAMS/refuse ENOSYS pidfd_open"; do
		# shellcheck disable=SC2086 # words
		run $kernel "$KEEPALIVE" run "$TRUSTING" wanderers 1000 "${threads[@]}"
		[ "$status" -ne 77 ] || skip_as namespaces
		assert_output "0 wrong"
	done
	[ -z "${threads[1]}" ] || rmdir "$group"
}

@test "somebody moves only the supervisor to another cgroup: the program's sockets stay in the program's" {
	local root supervisor out=$BATS_TEST_TMPDIR/out

	require_root
	root=$(cgroups cgroup2)
	[ -n "$root" ] && mkdir "$root/keepalive-$$" 2>/dev/null || skip_as group
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec 7<>"$BATS_TEST_TMPDIR/in"
	background "$KEEPALIVE" run --supervise=always python3 -c 'import socket, sys
for line in open(sys.argv[1]):
    print(socket.socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), flush=True)' "$BATS_TEST_TMPDIR/in" >"$out"
	supervisor=$(supervisor_of "$!")
	for group in "" "/keepalive-$$" ""; do
		echo "$supervisor" >"$root$group/cgroup.procs"
		before=$(wc -l <"$out")
		sleep 0.01 # the supervisor looks every few milliseconds
		echo >&7
		await 5 sh -c "[ \$(wc -l <'$out') -gt $before ]"
	done
	exec 7>&-
	await 10 rmdir "$root/keepalive-$$"
	assert_equal "$(cat "$out")" "1
0
1"
}

@test "a number used again by a process in another network namespace: right each time" {
	require_root
	require unshare
	require_unshare --pid --fork --mount-proc
	for kernel in "" "$PROGRAMS/refuse ENOSYS pidfd_open"; do
		# shellcheck disable=SC2086 # words
		run unshare --pid --fork --mount-proc $kernel "$KEEPALIVE" run "$TRUSTING" same_number 200
		[ "$status" -ne 77 ] || skip "process ids cannot be chosen here"
		assert_output "0 wrong"
	done
}

@test "a thread in another namespace executes, and gets the id of the first: right" {
	require_root
	for kernel in "" "$PROGRAMS/refuse ENOSYS pidfd_open"; do
		# shellcheck disable=SC2086 # words
		run -0 $kernel "$KEEPALIVE" run "$TRUSTING" executor "$TRUSTING"
		assert_line "before: right"
		assert_line "after: right"
	done
}

@test "supplementary groups of the program's own: supervised" {
	require_root
	run -0 "$KEEPALIVE" run "$TRUSTING" groups
	assert_output "keepalive: 1"
}

@test "a user with 400 groups, whose line in proc(5) is long: supervised" {
	require_root
	run -0 python3 -c 'import os, sys
os.setgroups(range(10**9, 10**9 + 400))
os.setuid(65534)
os.execv(sys.argv[1], sys.argv[1:])' "$KEEPALIVE" run --supervise=always python3 -c 'import socket
print(socket.socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))'
	assert_output 1
}

@test "a thread with a descriptor table of its own: its listener gets keepalive" {
	run -0 --separate-stderr "$KEEPALIVE" run --rule='role=server idle=33' "$TRUSTING" own_table
	assert_output "idle=33"
}

@test "a second connect() on the same socket: the second peer's values" {
	run -0 --separate-stderr "$KEEPALIVE" run --rule='port=1 idle=11' --rule='port=2 idle=22' "$TRUSTING" two_peers 1 2
	assert_line --index 0 "idle=11"
	assert_line --index 1 "idle=22"
}

@test "40 threads that hardly get a processor make sockets: that of another takes at most twice as long" {
	[ "$(nproc)" -gt 1 ] || skip "needs two processors"
	run -0 --separate-stderr "$KEEPALIVE" run "$TRUSTING" siblings 40 5
	echo "$stderr"
	[ "${output%.*}" -lt 2 ] # hundreds, in each of the five rounds, if one waits for the others
}

@test "a second /proc mounted over the first: supervised as before" {
	require_root
	run -0 "$KEEPALIVE" run --supervise=always unshare --mount --propagation unchanged sh -c \
		"mount -t proc -o hidepid=2 proc /proc && '$TRUSTING' numbers 0 && umount /proc && '$TRUSTING' groups"
	assert_line "keepalive: 1"
}

@test "10,000 threads, 100,000 sockets: descriptors and memory of the supervisor stay bounded; idle, it does nothing" {
	background "$KEEPALIVE" run "$TRUSTING" many 10000 10 "$BATS_TEST_TMPDIR/end" >"$BATS_TEST_TMPDIR/out"
	await 10 has_supervisor "$!"
	beside=$(supervisor_of "$!")
	await 120 grep -q "without keepalive" "$BATS_TEST_TMPDIR/out"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" "0 without keepalive, 0 failed"
	[ "$(ls "/proc/$beside/fd" | wc -l)" -lt 700 ]
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$beside/status")" -lt 8192 ]
	before=$(awk '{ print $14 + $15 }' "/proc/$beside/stat")
	sleep 1
	[ $(($(awk '{ print $14 + $15 }' "/proc/$beside/stat") - before)) -le 1 ]
	touch "$BATS_TEST_TMPDIR/end"
}

@test "the supervisor runs at a higher priority if allowed: signals interrupt fewer calls" {
	background "$KEEPALIVE" run "$TRUSTING" numbers_until "$BATS_TEST_TMPDIR/end"
	await 10 has_supervisor "$!"
	beside=$(supervisor_of "$!")
	if chrt --fifo 1 true 2>/dev/null; then
		await 5 sh -c "ps -L -o cls= -p $beside | grep -q FF"
	else
		await 5 sh -c "ps -L -o cls= -p $beside | grep -q TS"
	fi
	touch "$BATS_TEST_TMPDIR/end"
}

@test "the supervisor closes a socket with lingering data: nothing waits" {
	run -0 --separate-stderr "$KEEPALIVE" run --rule='role=server idle=70' "$TRUSTING" lingering
	[ "${output% ms}" -lt 1000 ] # close() alone would take 20 s
}

# own COMMAND...: runs with this command a program that sets keepalive and 15 s itself, on a TCP and on a UDP socket, and
# prints what they have.
own() {
	run -0 "$@" python3 -c 'import socket
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if kind == socket.SOCK_STREAM:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
        try:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 99999)
        except OSError as error:
            print(error.strerror)
        print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), end=" ")
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))'
}

@test "force: our values win, and the program's own calls return what the kernel answers" {
	own "$KEEPALIVE" run --supervise=always --mode=force
	assert_output "Invalid argument
60 1
1"
	own "$KEEPALIVE" run --supervise=always --mode=force --rule='mode=force off'
	assert_line --index 1 "15 0"
}

@test "force: sockets that the role, a rule or a namespace leaves alone are the program's" {
	own "$KEEPALIVE" run --supervise=always --role=server --mode=force
	assert_line "15 1"
	own "$KEEPALIVE" run --supervise=always --mode=force --rule='off mode=respect'
	assert_line --index 1 "15 1"
	require_root
	own "$KEEPALIVE" run --supervise=always --mode=force unshare --net
	assert_line --index 1 "15 1"
	# There is no way to 127.0.0.1 in the new namespace.
	run -0 "$KEEPALIVE" run --supervise=always --mode=force --role=client unshare --net python3 -c 'import socket
s = socket.socket()
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
s.connect_ex(("127.0.0.1", 1))
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	assert_line "0 15"
}

@test "force in one role: the next supervisor knows what the program set before its predecessor was killed" {
	background "$KEEPALIVE" run --supervise=always --mode=force --role=client python3 -c 'import os, socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.bind(("127.0.0.1", 0))
print("set", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
s.listen()
time.sleep(60)' "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out"
	local program=$! beside
	await 10 grep -q set "$BATS_TEST_TMPDIR/out"
	beside=$(supervisor_of "$program")
	kill -KILL "$beside"
	touch "$BATS_TEST_TMPDIR/go"
	await 10 sockets "$program" state=LISTEN
	run sockets "$program" state=LISTEN
	assert_output --partial "keepalive=1 idle=7200"
}

@test "force: a server's accepted connections keep ours, its own clients with role=server are its own" {
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always --role=server --mode=force python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
for s in client, server:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
    print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	assert_output "15
60"
}

@test "best effort, descriptors out of reach: what can be set is set, with a warning about the rest" {
	for setting in --role=client --rule='role=client port=1 idle=11' --rule='role=server idle=20'; do
		run -125 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run "$setting" "$TRUSTING" numbers 0
		run -0 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --best-effort "$setting" "$TRUSTING" groups
		assert_line "keepalive: 1"
		assert_line --partial "has the same values on all its sockets"
	done
	# With only servers' sockets to serve, nothing is left that can be set.
	run -0 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --best-effort --role=server "$TRUSTING" groups
	assert_line "keepalive: 0"
	assert_line --partial "runs without keepalive"
	# Without rules, the filter alone can do force.
	own "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --supervise=always --mode=force
	assert_line --index 0 "60 1"
}

@test "a program whose file may not be read: roles and rules are refused, not forgotten" {
	make_public
	install -m 711 "$TRUSTING" "$PUBLIC/protected"
	run -125 "${NOBODY[@]}" "$PUBLIC/keepalive" run --supervise=always --role=client "$PUBLIC/protected" numbers 0
	assert_line --partial "its file may not be read"
	run -0 "${NOBODY[@]}" "$PUBLIC/keepalive" run --supervise=always "$PUBLIC/protected" numbers 0
	assert_line "0 wrong, 0 without keepalive"
	# Started by another program: the log says what is not applied.
	run -0 "${NOBODY[@]}" "$PUBLIC/keepalive" run --supervise=always --rule='role=server idle=33' --log=stderr \
		sh -c "exec '$PUBLIC/protected' own_table"
	assert_line "idle=60"
	assert_line --partial "fd 0 left as it is: the process does not let its descriptors be copied"
}

@test "run inside run: the message names the one that applies" {
	run -0 "$KEEPALIVE" run --supervise=always "$KEEPALIVE" run --idle=44 "$TRUSTING" groups
	assert_line "keepalive: 1"
	assert_line --partial "warning: '$TRUSTING' is supervised already"
	run -0 "$KEEPALIVE" run --supervise=always env KEEPALIVE_SHIM=off "$KEEPALIVE" run "$TRUSTING" groups
	assert_line "keepalive: 1"
	assert_line --partial "is supervised anyway"
	require_root
	run -125 "$KEEPALIVE" run --supervise=always unshare --net "$KEEPALIVE" run "$TRUSTING" groups
	assert_line --partial "in another network namespace or control group"
	run -0 "$KEEPALIVE" run --supervise=always unshare --net "$KEEPALIVE" run --best-effort "$TRUSTING" groups
	assert_line "keepalive: 0"
}

@test "a sandbox of the program's own: what it refuses is refused; strict mode is refused, as the manual says" {
	run -0 "$KEEPALIVE" run "$TRUSTING" confined
	assert_output "strict: Invalid argument
socket: Operation not permitted"
}

# killed_on_and_on PID: kills each of its supervisors, one after the other, until it has ended; prints how many.
killed_on_and_on() {
	python3 -c 'import os, sys, time
def children(pid):
    try:
        return open(f"/proc/{pid}/task/{pid}/children").read().split()
    except OSError:
        return []
kills, guard = set(), children(sys.argv[1])[0]
while os.path.exists(f"/proc/{sys.argv[1]}/exe"):
    for beside in set(children(guard)) - kills:
        time.sleep(0.01)
        try:
            os.kill(int(beside), 9)
        except ProcessLookupError: # the program has ended, and the supervisor with it
            break
        kills.add(beside)
    time.sleep(0.002)
print(len(kills))' "$1"
}

@test "the supervisor is killed again and again: another takes its place, and no call fails" {
	background "$KEEPALIVE" run --rule='role=server idle=20' --rule='role=client port=1 idle=30' "$TRUSTING" served 4 \
		>"$BATS_TEST_TMPDIR/out"
	program=$!
	await 10 has_supervisor "$program"
	kills=$(killed_on_and_on "$program")
	echo "$kills kills, $(cat "$BATS_TEST_TMPDIR/out")"
	[ "$kills" -ge 10 ]
	# Each kill leaves at most the call that was in progress to the kernel.
	[[ $(cat "$BATS_TEST_TMPDIR/out") =~ ^"0 failed, "([0-9]+)" of "[0-9]+" without keepalive"$ ]]
	[ "${BASH_REMATCH[1]}" -le $((2 * kills)) ]
}

# kill_guard: kills the guard of the program that while_making has started.
kill_guard() {
	local guard

	guard=$(guard_of "$program")
	kill -KILL "$guard"
	await 10 test ! -e "/proc/$guard/exe"
}

@test "the guard is killed: supervision continues" {
	while_making kill_guard
	assert_output "0 wrong, 0 without keepalive"
}

@test "check finds the process that replaced a killed supervisor" {
	background "$KEEPALIVE" run --supervise=always --idle=33 sleep 60
	await 10 grep -qx sleep "/proc/$!/comm"
	first=$(supervisor_of "$!")
	kill -KILL "$first"
	await 5 test ! -e "/proc/$first"
	run -0 "$KEEPALIVE" check "$!"
	assert_output --partial "idle=33s"
}

@test "supervisor and guard are killed: the calls that they were handed fail with ENOSYS, others do not" {
	background "$KEEPALIVE" run --supervise=always python3 -c 'import errno, os, socket, sys, time
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
for call in socket.socket, lambda: os.setgroups([4]), lambda: socket.socket(type=socket.SOCK_DGRAM).connect(("127.0.0.1", 1)):
    try:
        call()
        print("done", flush=True)
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)' "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out"
	program=$!
	require_root
	await 10 grep -q ready "$BATS_TEST_TMPDIR/out"
	kill_both "$program"
	touch "$BATS_TEST_TMPDIR/go"
	await 10 grep -q "done" "$BATS_TEST_TMPDIR/out"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" "ready
ENOSYS
ENOSYS
done"
}

@test "check of a process in a run inside a run: the settings that apply; in another network namespace: no" {
	background "$KEEPALIVE" run --supervise=always --idle=33 "$KEEPALIVE" run --idle=44 "$TRUSTING" numbers 60 2>/dev/null
	await 10 grep -qx trusting "/proc/$!/comm"
	run -0 "$KEEPALIVE" check "$!"
	assert_output --partial "idle=33s"
	refute_output --partial "idle=44s"
	require_root
	background "$KEEPALIVE" run --supervise=always unshare --net sleep 60
	await 10 grep -qx sleep "/proc/$!/comm"
	run -1 "$KEEPALIVE" check "$!"
	assert_output --partial "in another network namespace or control group"
}
