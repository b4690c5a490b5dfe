#!/usr/bin/env bats
# keepalive run for programs that a preload does not reach: their TCP sockets have keepalive, and they do not
# notice the supervisor.

load helpers
load outside

setup_file() {
	export STATIC=$BATS_FILE_TMPDIR/supervised
	static_supervised "$STATIC"
	"$KEEPALIVE" run "$STATIC" kinds >/dev/null || skip_as notification
}

# for_nobody: copies the programs to where an unprivileged user may run them.
for_nobody() {
	make_public
	install -m 755 "$SHIM" "$STATIC" "$PUBLIC"
	KEEPALIVE=$PUBLIC/keepalive STATIC=$PUBLIC/supervised
}

# supervised_server [OPTION...]: starts one in the background; its pid is in $server, its port in $port.
supervised_server() {
	background "$KEEPALIVE" run "$@" "$STATIC" server >"$BATS_TEST_TMPDIR/server"
	server=$!
	await 10 grep -q port "$BATS_TEST_TMPDIR/server"
	port=$(sed -n 's/port //p' "$BATS_TEST_TMPDIR/server")
}

# accepted: connects to the server, and prints what its accepted socket has.
accepted() {
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	await 10 grep accepted "$BATS_TEST_TMPDIR/server"
	exec 7>&-
	grep accepted "$BATS_TEST_TMPDIR/server"
}

@test "TCP sockets have keepalive, others do not, flags and descriptor numbers are right" {
	run "$KEEPALIVE" run "$STATIC" kinds
	assert_success
	assert_equal "$(sed 's/:.*fd=/ /' <<<"$output")" "$("$STATIC" kinds | sed 's/:.*fd=/ /')"
	for kind in tcp tcp6; do
		assert_line --partial "$kind: $DEFAULTS cloexec=0 nonblock=0"
	done
	assert_line --partial "cloexec: $DEFAULTS cloexec=1 nonblock=0"
	assert_line --partial "nonblock: $DEFAULTS cloexec=0 nonblock=1"
	assert_line --partial "both: $DEFAULTS cloexec=1 nonblock=1"
	assert_line --partial "udp: keepalive=0"
	assert_line --partial "unix: keepalive=0"
	assert_line --regexp "^mptcp: ($DEFAULTS cloexec=0|Protocol not)"
}

@test "a program with another C library gets the same" {
	require musl-gcc
	musl-gcc -std=gnu11 -D_GNU_SOURCE -static -pthread -idirafter /usr/include \
		-idirafter "/usr/include/$(gcc -print-multiarch)" \
		-o "$BATS_TEST_TMPDIR/musl" "$TESTS/programs/supervised.c"
	run "$KEEPALIVE" run "$BATS_TEST_TMPDIR/musl" kinds
	assert_line --partial "tcp: $DEFAULTS"
}

@test "a socket() that fails, fails with the same error" {
	"$STATIC" errors >"$BATS_TEST_TMPDIR/plain"
	run "$KEEPALIVE" run "$STATIC" errors
	assert_output "$(cat "$BATS_TEST_TMPDIR/plain")"
	assert_line --regexp "^descriptors: (Too many open files|No file descriptors available)$" # glibc, musl
}

@test "wait() sees no child that the program did not make" {
	run "$KEEPALIVE" run "$STATIC" children
	assert_line --regexp "^wait: No child process(es)?$" # glibc, musl
	assert_line --regexp "^waitid: No child process(es)?$"
	assert_line "SIGCHLD: none"
}

@test "a program that asks /proc for its children, and ends them, is still served" {
	run -0 "$KEEPALIVE" run --supervise=always -- python3 - <<-'END'
		import os, signal, socket
		[supervisor] = open(f"/proc/self/task/{os.getpid()}/children").read().split()
		os.kill(int(supervisor), signal.SIGTERM)
		ours = socket.socket()
		os.kill(int(supervisor), 0)
		print(ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
	END
	assert_output 1
}

@test "a parent that ignores or blocks SIGCHLD: supervised nevertheless, and no signal is pending for the program" {
	require python3
	run python3 -c "$IGNORING_CHILDREN" "$KEEPALIVE" run "$STATIC" kinds
	assert_success
	assert_line --partial "tcp: $DEFAULTS"
	blocking='import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
os.execv(sys.argv[1], sys.argv[1:])'
	run python3 -c "$blocking" "$KEEPALIVE" run --supervise=always grep -E '^S(ig|hd)Pnd' /proc/self/status
	assert_output --regexp '^SigPnd:.0{16}
ShdPnd:.0{16}$'
}

@test "exit statuses and signals are the program's" {
	run -42 "$KEEPALIVE" run --supervise=always sh -c 'exit 42'
	run -143 "$KEEPALIVE" run --supervise=always sh -c 'kill -TERM $$'
	run -2 "$KEEPALIVE" run "$STATIC" nothing
	run -127 "$KEEPALIVE" run --supervise=always /nowhere/program
	run -126 "$KEEPALIVE" run --supervise=always /etc/passwd
}

@test "the program is the same process; supervisor and guard keep none of its files open and end with it" {
	cd "$BATS_TEST_TMPDIR"
	supervised_server
	assert_equal "$(readlink "/proc/$server/exe")" "$STATIC"
	beside=$(supervisor_of "$server")
	guard=$(guard_of "$server")
	for process in "$beside" "$guard"; do
		assert_equal "$(readlink "/proc/$process/cwd")" /
		run ls -l "/proc/$process/fd"
		refute_output --partial "$BATS_TEST_TMPDIR"
		refute_output --partial pipe:
		run cut -d ' ' -f 5,6 "/proc/$process/stat"
		assert_output "$guard $guard" # process group, session
	done
	kill -KILL "$server"
	await 5 test ! -e "/proc/$beside"
	await 5 test ! -e "/proc/$guard"
}

@test "supervisor and guard are killed: the program continues, socket() for TCP fails with ENOSYS, others do not" {
	local out=$BATS_TEST_TMPDIR/out program

	background "$KEEPALIVE" run --supervise=always python3 -c 'import errno, os, socket, sys, time
socket.socket().close()
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
socket.socket(socket.AF_UNIX)
try:
    socket.socket()
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)' "$BATS_TEST_TMPDIR/go" >"$out"
	program=$!
	await 10 grep -q ready "$out"
	kill_both "$program"
	touch "$BATS_TEST_TMPDIR/go"
	await 10 grep -qx ENOSYS "$out"
}

@test "a reader of the program's output sees its end when the program closes it" {
	mkfifo "$BATS_TEST_TMPDIR/output"
	background sh -c "exec '$KEEPALIVE' run --supervise=always sh -c \
		'echo x; exec sleep 60 >/dev/null 2>&1' >'$BATS_TEST_TMPDIR/output' 2>&1"
	run timeout 10 cat "$BATS_TEST_TMPDIR/output"
	assert_success
	assert_output x
}

@test "signals to the supervisor do not end it before the program" {
	supervised_server
	beside=$(supervisor_of "$server")
	kill -INT "$beside"
	kill -TERM "$beside"
	kill -HUP "$beside"
	assert_equal "$(supervisor_of "$server")" "$beside"
	run accepted
	assert_output --partial "$DEFAULTS"
}

@test "children stay supervised after the first process has ended" {
	run "$KEEPALIVE" run unshare --pid --fork "$KEEPALIVE" run "$STATIC" orphan
	[ "$status" -ne 1 ] || skip_as namespaces
	"$KEEPALIVE" run "$STATIC" orphan >"$BATS_TEST_TMPDIR/orphan" 3>&- 4>&-
	await 10 grep -q "orphan: $DEFAULTS" "$BATS_TEST_TMPDIR/orphan"
}

@test "what the program executes is supervised too" {
	run "$KEEPALIVE" run "$STATIC" execute "$STATIC"
	assert_line --partial "before: $DEFAULTS"
	assert_line --partial "tcp: $DEFAULTS"
}

@test "200 threads at the same time" {
	run "$KEEPALIVE" run "$STATIC" threads 200 10
	assert_output "0 failed, 0 without keepalive"
}

@test "a storm of signals interrupts no socket()" {
	local restart=$((0x10000000)) # SA_RESTART

	run "$KEEPALIVE" run "$STATIC" signals 2000 $restart 500
	assert_output "0 interrupted, 0 failed, 0 without keepalive"
}

@test "signals whose handlers do not restart calls interrupt as few as keepalive-run(1) says" {
	local limit=500 count=5000 # 1 in 10

	! chrt --fifo 1 true 2>/dev/null || limit=50 # 1 in 100
	run "$KEEPALIVE" run "$STATIC" signals $count 0 1000
	assert_output --regexp "^[0-9]+ interrupted, 0 failed, 0 without keepalive$"
	echo "# ${output%%,*}, of $count" >&3
	[ "${output%% *}" -lt "$limit" ]
}

@test "processes killed while they wait do no harm to others" {
	run "$KEEPALIVE" run "$STATIC" killed 100
	assert_output --partial "after: $DEFAULTS"
}

@test "a program in another network namespace gets sockets of that namespace" {
	run "$KEEPALIVE" run "$STATIC" network
	[ "$status" -ne 77 ] || skip_as namespaces
	assert_success
	assert_line "loopback: down"
}

@test "a program that becomes another user gets sockets of that user" {
	require_root
	run "$KEEPALIVE" run "$STATIC" user 65534
	assert_line --regexp "^before: $DEFAULTS .* uid=0 "
	assert_line --regexp "^after: $DEFAULTS .* uid=65534 "
}

@test "a program in another cgroup gets sockets of that cgroup" {
	require_root
	root=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
	[ -n "$root" ] && mkdir "$root/keepalive-test-$$" 2>/dev/null || skip_as group
	run "$KEEPALIVE" run --supervise=always sh -c \
		"echo \$\$ >'$root/keepalive-test-$$/cgroup.procs' && exec '$STATIC' kinds"
	rmdir "$root/keepalive-test-$$"
	assert_success
	assert_line --partial "tcp: $UNTOUCHED" # made by the program's own call, in its own cgroup
}

@test "every system call interface of this machine is supervised" {
	run "$KEEPALIVE" run "$STATIC" entries
	assert_success
	assert_line --partial native
	refute_line --partial keepalive=0
}

@test "without privileges, as another user" {
	for_nobody
	run "${NOBODY[@]}" "$KEEPALIVE" run "$STATIC" kinds
	assert_success
	assert_line --regexp "^tcp: $DEFAULTS .* uid=65534 "
}

@test "as PID 1 of a container, with all capabilities dropped" {
	for_nobody
	require unshare
	require_unshare --pid --fork --mount-proc
	drop=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all
		--no-new-privs)
	run unshare --pid --fork --mount-proc "${drop[@]}" "$KEEPALIVE" run "$STATIC" children
	assert_success
	assert_line --regexp "^wait: No child process"
	run unshare --pid --fork --mount-proc "${drop[@]}" "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "tcp: $DEFAULTS"
	run -42 unshare --pid --fork --mount-proc "$KEEPALIVE" run --supervise=always sh -c 'exit 42'
}

@test "without privileges setuid programs gain none, with CAP_SYS_ADMIN they do" {
	for_nobody
	install -m 4755 "$(command -v id)" "$PUBLIC/id-setuid"
	[ "$("${NOBODY[@]}" "$PUBLIC/id-setuid" -u)" = 0 ] || skip_as setuid
	run -0 "${NOBODY[@]}" "$KEEPALIVE" run --supervise=always sh -c "'$PUBLIC/id-setuid' -u"
	assert_output 65534
	admin=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +sys_admin --ambient-caps +sys_admin)
	run -0 "${admin[@]}" "$KEEPALIVE" run "$PUBLIC/id-setuid" -u
	assert_output 0
}

@test "if supervision is refused, the reason is printed, and the program is not started without --best-effort" {
	for refusing in "refuse EPERM seccomp" "refuse ENOSYS seccomp" notified; do
		# shellcheck disable=SC2086 # words
		run -125 "$PROGRAMS/"$refusing "$KEEPALIVE" run "$STATIC" kinds
		assert_line --partial "would run without keepalive"
		refute_line --partial "tcp:"
		# shellcheck disable=SC2086
		run -0 "$PROGRAMS/"$refusing "$KEEPALIVE" run --best-effort "$STATIC" kinds
		assert_line --partial "warning: "
		assert_line --partial "tcp: $UNTOUCHED"
	done
	run -0 --separate-stderr "$PROGRAMS/refuse" EPERM seccomp "$KEEPALIVE" run --supervise=never "$STATIC" kinds
	assert_line --partial "tcp: $UNTOUCHED"
	[[ $stderr == *"statically linked"* ]]
}

# As SystemCallFilter= of systemd.exec(5) does with sets such as @system-service or ~@resources.
@test "a filter that kills for what the supervisor calls: the program is served without these calls, or not started" {
	run -0 "$PROGRAMS/refuse" KILL sched_setscheduler "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "tcp: $DEFAULTS"
	run -0 "$PROGRAMS/refuse" KILL pidfd_getfd "$KEEPALIVE" run --mode=force "$STATIC" kinds
	assert_line --partial "tcp: $DEFAULTS"
	for call in pidfd_getfd process_vm_readv; do
		run -125 "$PROGRAMS/refuse" KILL $call "$KEEPALIVE" run --rule='role=client port=1 idle=5' "$STATIC" kinds
		assert_line --partial "which is refused here (by the seccomp profile of a container or service"
		run -0 "$PROGRAMS/refuse" KILL $call "$KEEPALIVE" run --best-effort --rule='role=client port=1 idle=5' "$STATIC" kinds
		assert_line --partial "has the same values on all its sockets"
		assert_line --partial "tcp: $DEFAULTS"
	done
}

@test "a user who may start no more processes: the message names that, not seccomp" {
	require prlimit
	for_nobody
	run -125 "${NOBODY[@]}" prlimit --nproc=1 "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "no process can be started beside it (Resource temporarily unavailable)"
}

@test "without /proc supervision is refused" {
	require_root
	unshare --mount umount -l /proc || skip_as namespaces
	run -125 unshare --mount sh -c "umount -l /proc; '$KEEPALIVE' run --library='$SHIM' '$STATIC' kinds"
	assert_line --partial "/proc"
	refute_line --partial "tcp:"
	# Under the /proc of another PID namespace the numbers are those of other processes.
	run -125 unshare --pid --fork "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "/proc"
}

@test "unshare --pid without --fork: refused; with --best-effort the program's first child is PID 1, as without it" {
	require_root
	require_unshare --pid
	run -125 unshare --pid "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "(unshare --pid needs --fork)"
	run -0 --separate-stderr unshare --pid "$KEEPALIVE" run --supervise=always --best-effort sh -c 'sh -c "echo \$\$"; :'
	assert_output 1
}

@test "nested supervision: the outer one applies" {
	run -0 "$KEEPALIVE" run --supervise=always --idle=33 "$KEEPALIVE" run --idle=44 "$STATIC" kinds
	assert_line --partial "tcp: keepalive=1 idle=33"
	run -0 "$KEEPALIVE" run --supervise=always --role=server "$KEEPALIVE" run "$STATIC" kinds
	assert_line --partial "tcp: $UNTOUCHED"
}

@test "a library that is loaded into the command itself does not set its values" {
	run -0 shimmed KEEPALIVE_SHIM_MODE=force "$KEEPALIVE" run --idle=30 "$STATIC" kinds
	assert_line --partial "tcp: keepalive=1 idle=30"
	supervised_server --rule='role=server off'
	run -0 shimmed KEEPALIVE_SHIM_MODE=force "$KEEPALIVE" attach --idle=33 --mode=force "$server"
	run sockets "$server" state=LISTEN
	assert_output --partial "keepalive=1 idle=33"
}

@test "--supervise=always supervises dynamic programs, without a preload" {
	run -0 "$KEEPALIVE" run --supervise=always sh -c "echo \"[\$LD_PRELOAD]\"; '$PROGRAMS/supervised' kinds"
	assert_line "[]"
	assert_line --partial "tcp: $DEFAULTS"
}

@test "a static program's dynamic children get keepalive" {
	run -0 "$KEEPALIVE" run "$STATIC" execute "$PROGRAMS/supervised"
	assert_line --partial "tcp: $DEFAULTS"
}

@test "respect: what the program sets stays" {
	run "$KEEPALIVE" run "$STATIC" own
	assert_line --partial "socket: keepalive=0 idle=200 interval=33 count=2"
	assert_line "nodelay=1 user_timeout=1234"
}

@test "force: our values win over the program's own calls, which succeed; other options are the program's" {
	run "$KEEPALIVE" run --mode=force "$STATIC" own
	assert_output "socket: $DEFAULTS cloexec=0 nonblock=0 uid=$(id -u) fd=5
nodelay=1 user_timeout=1234"
	run "$KEEPALIVE" run --mode=force --idle=kernel --user-timeout=300s "$STATIC" own
	assert_line --partial "socket: keepalive=1 idle=200 interval=10 count=6"
	assert_line "nodelay=1 user_timeout=300000"
	run "$KEEPALIVE" run --rule='program=supervised mode=force off' "$STATIC" own
	assert_line --partial "keepalive=0 idle=200"
}

@test "who wins is settled option by option, as with a preload" {
	values=$BATS_FILE_TMPDIR/values
	[ -x "$values" ] || "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -o "$values" "$TESTS/programs/values.c"
	run -0 "$KEEPALIVE" run "$values" -s idle=200
	for line in socket listener; do
		assert_line --partial "$line $DEFAULTS"
	done
	for line in client server; do
		assert_line --partial "$line keepalive=1 idle=200 interval=10 count=6"
	done
	run -0 "$KEEPALIVE" run --rule='role=server idle=20 count=3' "$values" -l idle=200
	for line in listener server; do
		assert_line --partial "$line keepalive=1 idle=200 interval=10 count=3"
	done
	run -0 "$KEEPALIVE" run --role=server "$values" -l keepalive=1
	for line in listener server; do
		assert_line --partial "$line $DEFAULTS"
	done
	assert_line --partial "client $UNTOUCHED"
	run -0 "$KEEPALIVE" run --mode=force "$values" -s keepalive=0 -l idle=200
	for line in socket listener client server; do
		assert_line --partial "$line $DEFAULTS"
	done
}

# early OPTION...: what a program has that sets its options before it listens and connects (1, 200, 33 and 1, 200) and another
# listener that sets SO_KEEPALIVE 0: keepalive/idle/interval/count of listener, client and accepted socket, and of that one.
early() {
	require python3
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always "$@" python3 "$TESTS/programs/early.py"
	output=$(sed 's/.*(\(.*\), [0-9]*)$/\1/; s|, |/|g' <<<"$output" | paste -sd ' ')
}

@test "force in one role: what the program sets on sockets of the other one stands" {
	early --mode=force --role=client
	assert_output "1/200/33/9 1/60/10/6 1/200/33/9 0/7200/75/9"
	early --mode=force --rule='role=server off mode=respect'
	assert_output "1/200/33/9 1/60/10/6 1/200/33/9 0/7200/75/9"
	early --mode=force --rule='role=client peer=127.0.0.1 off mode=respect'
	assert_output "1/60/10/6 1/200/75/9 1/60/10/6 1/60/10/6"
	early --rule='role=client mode=force'
	assert_output "1/200/33/6 1/60/10/6 1/200/33/6 0/60/10/6"
	early --rule='role=server mode=force'
	assert_output "1/60/10/6 1/200/10/6 1/60/10/6 1/60/10/6"
	early --mode=force --role=server
	assert_output "1/60/10/6 1/200/75/9 1/60/10/6 1/60/10/6"
	early --mode=force
	assert_output "1/60/10/6 1/60/10/6 1/60/10/6 1/60/10/6"
}

@test "respect: SO_KEEPALIVE that the program sets before it listens or connects stays, as with a preload" {
	early --role=client
	assert_output "1/200/33/9 1/200/10/6 1/200/33/9 0/7200/75/9"
	early --role=server
	assert_output "1/200/33/6 1/200/75/9 1/200/33/6 0/60/10/6"
	early --rule='role=client peer=127.0.0.1 off'
	assert_output "1/200/33/6 1/200/75/9 1/200/33/6 0/60/10/6"
	early --rule='role=client off' --rule='role=server idle=20'
	assert_output "1/200/33/6 1/200/75/9 1/200/33/6 0/20/10/6"
	early --idle=30
	assert_output "1/200/33/6 1/200/10/6 1/200/33/6 0/30/10/6"
}

# late OPTION...: what the client and the accepted socket have after the program sets the idle time 200 on both; the client
# also while it connects.
late() {
	require python3
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always "$@" python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.socket()
client.setblocking(False)
client.connect_ex(listener.getsockname())
for _ in range(2):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 200)
    client.setblocking(True)
    client.sendall(b"x" * 70000)
server, _ = listener.accept()
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 200)
print(*[s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) for s in (client, server)])'
}

@test "force in one role: connected and accepted sockets are told apart, with the same values too" {
	late --rule='role=client mode=force'
	assert_output "60 200"
	late --rule='role=server mode=force'
	assert_output "200 60"
	late --mode=force --rule='role=client peer=127.0.0.1 off mode=respect'
	assert_output "200 60"
	late --rule='role=client peer=127.0.0.1 mode=force'
	assert_output "60 200"
}

@test "an exempt program is not supervised" {
	run -0 "$KEEPALIVE" run --rule='program=supervised off' "$STATIC" kinds
	assert_line --partial "tcp: $UNTOUCHED"
	run -0 env KEEPALIVE_SHIM=off "$KEEPALIVE" run --supervise=always "$STATIC" kinds
	assert_line --partial "tcp: $UNTOUCHED"
}

@test "accepted sockets have their listener's values" {
	supervised_server
	run accepted
	assert_output --partial "$DEFAULTS"
}

@test "role=server touches listeners only, role=client all other sockets" {
	run -0 "$KEEPALIVE" run --role=server "$STATIC" kinds
	assert_line --partial "tcp: $UNTOUCHED"
	supervised_server --role=server
	run accepted
	assert_output --partial "$DEFAULTS"
	run -0 "$KEEPALIVE" run --role=client "$STATIC" kinds
	assert_line --partial "tcp: $DEFAULTS"
	supervised_server --role=client
	run accepted
	assert_output --partial "$UNTOUCHED"
}

@test "rules for roles, peers and ports" {
	supervised_server --rule='role=server idle=20' --rule='idle=30'
	run sockets "$server" state=LISTEN
	assert_output --partial "keepalive=1 idle=20"
	run -0 "$KEEPALIVE" run --rule="role=client port=$port idle=40" --rule='peer=127.0.0.0/8 off' \
		"$STATIC" client "$port"
	assert_line --partial "ipv4: keepalive=1 idle=40"
	assert_line --partial "mapped: keepalive=1 idle=40"
	run -0 "$KEEPALIVE" run --rule='peer=127.0.0.0/8 off' "$STATIC" client "$port"
	assert_line --partial "ipv4: $UNTOUCHED"
	assert_line --partial "mapped: $UNTOUCHED"
	run -0 "$KEEPALIVE" run --rule='peer=192.0.2.1 off' "$STATIC" client "$port"
	assert_line --partial "ipv4: $DEFAULTS"
	assert_line --partial "mapped: $DEFAULTS"
}

@test "a client that a rule switches off, dissolved, listens: it has the values of a listener" {
	require python3
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always --rule='role=client peer=127.0.0.2 off' python3 -c 'import ctypes, socket
def show(s):
    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))
listener = socket.create_server(("127.0.0.2", 0))
s = socket.create_connection(listener.getsockname())
show(s)
ctypes.CDLL(None).connect(s.fileno(), bytes(16), 16)
s.listen()
show(s)'
	assert_output "0 7200
1 60"
}

@test "a peer is who getpeername(2) says: 0.0.0.0, ::, IPv4 in IPv6, a short sockaddr_in6" {
	require_ipv6
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always --rule='peer=127.0.0.0/8 off' --rule='peer=::1 off' \
		"$PROGRAMS/pointers" peers
	assert_equal "$(wc -l <<<"$output")" 20
	refute_line --regexp ' 1$'
}

@test "a client that connects to any address from its own: the peer is who getpeername(2) says" {
	require python3
	require_ipv6
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always --idle=50 --rule='role=client peer=127.0.0.1 idle=51' \
		--rule='role=client peer=127.0.0.2 idle=52' --rule='role=client peer=::1 idle=53' python3 -c 'import socket
idle = {"127.0.0.1": 51, "127.0.0.2": 52, "::1": 53}
listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
for bound in "0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:127.0.0.2":
    for any in ["::", "::ffff:0.0.0.0"] if ":" in bound else ["0.0.0.0"]:
        client = socket.socket(socket.AF_INET6 if ":" in bound else socket.AF_INET)
        client.bind((bound, 0))
        if client.connect_ex((any, listener.getsockname()[1])) == 0:
            peer = client.getpeername()[0].replace("::ffff:", "")
            has = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            print(bound, any, peer, "right" if has == idle[peer] else has)'
	[ "$(wc -l <<<"$output")" -ge 11 ]
	refute_line --regexp '[0-9]$'
}

@test "a connect() or listen() that fails on a connection or a listener changes nothing" {
	for supervise in always never; do
		"$KEEPALIVE" run --supervise=$supervise --rule='role=client peer=127.0.0.1 idle=11; role=client peer=127.0.0.2 idle=22' \
			--rule='role=server idle=33' python3 -c 'import socket
def fails(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return error.strerror
def idle(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
listener = socket.create_server(("127.0.0.1", 0))
other = "127.0.0.2", listener.getsockname()[1]
client = socket.create_connection(listener.getsockname())
print(fails(client.connect, other), idle(client))
print(fails(client.listen), idle(client))
print(fails(listener.connect, other), idle(listener))
print(idle(listener.accept()[0]))' >"$BATS_TEST_TMPDIR/$supervise" 2>/dev/null
		assert_equal "$(cat "$BATS_TEST_TMPDIR/$supervise")" \
			$'Transport endpoint is already connected 11\nInvalid argument 11\nTransport endpoint is already connected 33\n33'
	done
}

@test "the supervisor is killed while it closes a socket with lingering data: the port is free, and no process is left" {
	require cc
	cc -shared -fPIC -w -o "$BATS_TEST_TMPDIR/kill.so" -x c - <<-'END'
		#define _GNU_SOURCE
		#include <signal.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int kill(pid_t pid, int number) { return syscall(SYS_kill, number == SIGKILL ? getpid() : pid, number); }
	END
	run -0 env LD_PRELOAD="$BATS_TEST_TMPDIR/kill.so" MARK="$BATS_TEST_TMPDIR" "$KEEPALIVE" run --supervise=always \
		--rule='role=server idle=70' python3 -c 'import socket, struct, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 20))
listener.bind(("127.0.0.1", 0))
name = listener.getsockname()
listener.listen()
listener.close()
for _ in range(100):
    try:
        socket.socket().bind(name)
        print("free")
        break
    except OSError:
        time.sleep(0.05)'
	assert_line free
	await 5 nobody_has "MARK=$BATS_TEST_TMPDIR"
}

# nobody_has TEXT: no process has it in its environment.
nobody_has() {
	! grep -lszxF "$1" /proc/[0-9]*/environ
}

@test "rules that cannot be followed: a warning" {
	run -0 "$KEEPALIVE" run --rule='peer=10.0.0.1 off' "$STATIC" kinds
	assert_line --partial "warning: rules by peer do not apply to connections that"
	run -0 "$KEEPALIVE" run --rule='role=client peer=10.0.0.1 off' "$STATIC" kinds
	refute_line --partial "connections that"
	assert_line --partial "warning: with these roles or rules connect(2) and listen(2) wait"
	for setting in --role=server --role=client --rule='role=client idle=30' --rule='role=server port=80 idle=20'; do
		run -0 "$KEEPALIVE" run "$setting" "$STATIC" kinds
		assert_line --partial "warning: with these roles or rules listen(2) waits"
	done
	# Rules whose values are right from socket() on need no further call.
	for setting in --idle=30 --rule='idle=30' --rule='role=client port=80 idle=60' --rule='role=server peer=::1 idle=60'; do
		run -0 "$KEEPALIVE" run "$setting" "$STATIC" kinds
		refute_line --partial "for the supervisor"
	done
	run -125 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --role=server "$STATIC" kinds
	assert_line --partial "pidfd_getfd"
	run -125 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --rule='peer=10.0.0.1 off' "$STATIC" kinds
	run -0 "$PROGRAMS/refuse" EPERM pidfd_getfd "$KEEPALIVE" run --rule='idle=20' "$STATIC" kinds
	assert_line --partial "tcp: keepalive=1 idle=20"
}

@test "sockets that the program is started with get keepalive" {
	activate='import os, socket, sys
s = socket.create_server(("127.0.0.1", 0))
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])'
	background python3 -c "$activate" "$KEEPALIVE" run --mode=force --supervise=always sleep 60
	await 10 grep -qx sleep "/proc/$!/comm"
	run sockets "$!" "fd=3 state=LISTEN"
	assert_output --partial "$DEFAULTS"
}

@test "a connection that the program is started with: the client's values if this side opened it, as with a preload" {
	local arguments supervise

	opened='import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
listener.set_inheritable(True)
connection = socket.create_connection(listener.getsockname())
os.dup2(connection.fileno(), 0)
os.execv(sys.argv[1], sys.argv[1:])'
	for supervise in always never; do
		for arguments in --role=client --role=server '--rule=role=client idle=11; role=server idle=22'; do
			python3 -c "$opened" "$KEEPALIVE" run --supervise=$supervise "$arguments" \
				python3 -c 'import socket; s = socket.socket(fileno=0); print(s.getsockopt(1, 9), s.getsockopt(6, 4))'
		done >"$BATS_TEST_TMPDIR/$supervise"
		assert_equal "$(cat "$BATS_TEST_TMPDIR/$supervise")" $'1 60\n0 7200\n1 11'
	done
}

@test "force: our values win as well if the kernel rounds one or does not return it" {
	"$PROGRAMS/values" | grep -q 'rto_max=[0-9]' || skip_as rto-max
	for arguments in --rto-max=1001ms '--rto-max=1s --user-timeout=auto'; do
		run "$KEEPALIVE" run --supervise=always --mode=force $arguments python3 -c 'import socket
for protocol in 0, 262:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    s.setsockopt(6, 4, 15)
    s.setsockopt(1, 9, 0)
    print(s.getsockopt(1, 9), s.getsockopt(6, 4))'
		assert_output $'1 60\n1 60'
	done
}

@test "an absurd LISTEN_FDS: no more descriptors are examined than are open" {
	require strace
	strace -qq -e trace=fcntl,getsockopt -o "$BATS_TEST_TMPDIR/trace" \
		sh -c 'LISTEN_FDS=1000 LISTEN_PID=$$ exec "$0" run --supervise=always true' "$KEEPALIVE"
	run grep -c getsockopt "$BATS_TEST_TMPDIR/trace"
	[ "$output" -ge 1 ] # otherwise nothing was examined
	[ "$output" -le 20 ]
}

@test "the log has a line for each socket" {
	run sh -c "'$KEEPALIVE' run --log=stderr '$STATIC' own 2>&1 >/dev/null | cat"
	assert_output --regexp '^keepalive-shim\[[0-9]+\] supervised: fd [0-9]+ socket: idle=60s interval=10s count=6$'
	log=$BATS_TEST_TMPDIR/log
	run -0 --separate-stderr "$KEEPALIVE" run --log="$log" --role=client "$STATIC" kinds
	[[ $stderr != *keepalive-shim* ]]
	await 5 sh -c "[ \"\$(grep -c 'fd [0-9]* socket: idle=60s' '$log')\" -ge 5 ]"
}

@test "a program's name cannot forge lines of the log" {
	cp "$STATIC" "$BATS_TEST_TMPDIR/"$'a\nb\e[31m'
	run sh -c '"$1" run --log=stderr "$2" own 2>&1 >/dev/null | cat' sh "$KEEPALIVE" "$BATS_TEST_TMPDIR/"$'a\nb\e[31m'
	assert_output --regexp '^keepalive-shim\[[0-9]+\] a\?b\?\[31m: fd [0-9]+ socket: idle=60s interval=10s count=6$'
}
