# What a program relies on holds although its sockets are made by somebody else: numbers, ends, owners.

load ../helpers
load ../outside

setup_file() {
	export TRUSTING=$BATS_FILE_TMPDIR/trusting
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$TRUSTING" "$TESTS/programs/trusting.c" ||
		skip "no static C library is installed"
	"$KEEPALIVE" run "$TRUSTING" ports 1 || skip "seccomp user notification is refused here"
}

# stop_and_go PID: stops it and lets it go on, again and again, until it has ended; prints how often.
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
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" "0 wrong, 0 unarmed"
	[ "$stops" -gt 300 ]
}

@test "what the program closes is closed: its port is free at once" {
	run -0 "$KEEPALIVE" run "$TRUSTING" ports 2000
	assert_output "0 in use"
}

@test "no descriptor is free: armed or EMFILE, whichever of 32 threads gets one" {
	run -0 "$KEEPALIVE" run "$TRUSTING" full 32 500
	assert_line --partial "0 unarmed, 0 failed"
}

@test "next to no descriptors for the supervisor either: served" {
	run -0 --separate-stderr sh -c \
		"exec 3>&- 4>&- 5>&- 6>&-; ulimit -n 6; exec '$KEEPALIVE' run '$TRUSTING' numbers 1"
	assert_output "0 wrong, 0 unarmed"
}

@test "threads that change network namespace and user between calls: right each time" {
	require_root
	run "$KEEPALIVE" run "$TRUSTING" wanderers 200
	[ "$status" -ne 77 ] || skip "network namespaces are refused here"
	assert_output "0 wrong"
	# the same on a kernel before 6.13: by files of /proc
	run -0 "$PROGRAMS/refuse" ENOSYS pidfd_open "$KEEPALIVE" run "$TRUSTING" wanderers 200
	assert_output "0 wrong"
}

@test "a number used again by a process in another network namespace: right each time" {
	require_root
	require unshare
	unshare --pid --fork --mount-proc true || skip "PID namespaces are refused here"
	for kernel in "" "$PROGRAMS/refuse ENOSYS pidfd_open"; do
		# shellcheck disable=SC2086 # words
		run unshare --pid --fork --mount-proc $kernel "$KEEPALIVE" run "$TRUSTING" same_number 200
		[ "$status" -ne 77 ] || skip "numbers cannot be chosen here"
		assert_output "0 wrong"
	done
}

@test "a thread in another namespace executes, and gets the number of the first: right" {
	require_root
	for kernel in "" "$PROGRAMS/refuse ENOSYS pidfd_open"; do
		# shellcheck disable=SC2086 # words
		run -0 $kernel "$KEEPALIVE" run "$TRUSTING" executor "$TRUSTING"
		assert_line "before: right"
		assert_line "after: right"
	done
}

@test "supplementary groups of the program's own: served" {
	require_root
	run -0 "$KEEPALIVE" run "$TRUSTING" groups
	assert_output "armed: 1"
}

@test "a thread with a descriptor table of its own: its listener is served" {
	run -0 "$KEEPALIVE" run --rule='role=server idle=33' "$TRUSTING" own_table
	assert_output "idle=33"
}

@test "a second connect() on the same socket: the second peer's values" {
	run -0 "$KEEPALIVE" run --rule='port=1 idle=11' --rule='port=2 idle=22' "$TRUSTING" two_peers 1 2
	assert_line --index 0 "idle=11"
	assert_line --index 1 "idle=22"
}

@test "nobody waits for a sibling that gets no processor" {
	[ "$(nproc)" -gt 1 ] || skip "takes two processors"
	run -0 "$KEEPALIVE" run "$TRUSTING" siblings 2
	[ "${output% ms}" -lt 150 ] # where one waits for the other it is half a second and more
}

@test "a second /proc over the first: served as before" {
	require_root
	run -0 "$KEEPALIVE" run --supervise=always unshare --mount --propagation unchanged sh -c \
		"mount -t proc -o hidepid=2 proc /proc && '$TRUSTING' numbers 0 && umount /proc && '$TRUSTING' groups"
	assert_line "armed: 1"
}

@test "10,000 threads: descriptors and memory of the supervisor stay bounded" {
	background "$KEEPALIVE" run --supervise=always python3 -c 'import socket, sys, threading, time
def make():
    for _ in range(5):
        socket.socket().close()
for _ in range(int(sys.argv[1])):
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
print("done", flush=True)
time.sleep(60)' 2000 >"$BATS_TEST_TMPDIR/out"
	beside=$(supervisor_of "$!")
	await 60 grep -q done "$BATS_TEST_TMPDIR/out"
	[ "$(ls "/proc/$beside/fd" | wc -l)" -lt 700 ]
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$beside/status")" -lt 8192 ]
	# idle, it uses no processor
	before=$(awk '{ print $14 + $15 }' "/proc/$beside/stat")
	sleep 1
	[ $(($(awk '{ print $14 + $15 }' "/proc/$beside/stat") - before)) -le 1 ]
}
