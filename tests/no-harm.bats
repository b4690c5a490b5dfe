# A program does not notice the shim: the same calls give the same results and errno, the same commands print the
# same, and sockets other than TCP stay as they were.

load helpers

setup_file() {
	"$PROGRAMS/transcript" >"$BATS_FILE_TMPDIR/without" 2>/dev/null || [ $? = 42 ]
}

# same_transcript [NAME=VALUE...]: each call that the library replaces, with good and bad arguments, has the same results
# as without the shim.
same_transcript() {
	local status=0

	shimmed "$@" "$PROGRAMS/transcript" >"$BATS_TEST_TMPDIR/with" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	assert_equal "$status" 42
	diff "$BATS_FILE_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}

@test "results, errno, descriptor numbers, flags, bad pointers: as without the shim" {
	same_transcript
	assert_equal "$(cat "$BATS_TEST_TMPDIR/stderr")" "done"
}

@test "the same for one role, with force, with values left to the kernel, and switched off" {
	same_transcript KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_USER_TIMEOUT=auto
	same_transcript KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_RTO_MAX=5
	same_transcript KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_USER_TIMEOUT=90s
	same_transcript KEEPALIVE_SHIM_IDLE=kernel KEEPALIVE_SHIM_INTERVAL=kernel KEEPALIVE_SHIM_COUNT=kernel
	same_transcript KEEPALIVE_SHIM=off
}

@test "accept() with NULL, a bad pointer or little room for the peer is unchanged, also if rules name peers" {
	same_transcript KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 idle=20; peer=::1 off; off'
	same_transcript KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 off
		role=client port=1-65535 peer=127.0.0.1 count=3'
}

@test "the same while each socket is logged" {
	same_transcript KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=30'
	grep -q ' fd 3 listener 127\.0\.0\.1:' "$BATS_TEST_TMPDIR/log"
	same_transcript KEEPALIVE_SHIM_LOG=stderr
	grep -q ' fd 3 listener 127\.0\.0\.1:' "$BATS_TEST_TMPDIR/stderr"
}

@test "bad settings never stop the program: one line each on standard error, the same otherwise" {
	local huge

	huge=$(printf 'idle=%01000d;' 0)
	same_transcript KEEPALIVE_SHIM=perhaps KEEPALIVE_SHIM_IDLE=-1 KEEPALIVE_SHIM_INTERVAL=99999999999999999999 \
		KEEPALIVE_SHIM_COUNT= KEEPALIVE_SHIM_USER_TIMEOUT=30 KEEPALIVE_SHIM_RTO_MAX=1ms KEEPALIVE_SHIM_ROLE=peer \
		KEEPALIVE_SHIM_MODE=$'\e[2J' KEEPALIVE_SHIM_LOG=relative KEEPALIVE_SHIM_RULES="$huge;;=;peer=;program=[;$huge"
	assert_equal "$(grep -c '^keepalive-shim: ' "$BATS_TEST_TMPDIR/stderr")" 12
	assert_equal "$(grep -vc '^keepalive-shim: ' "$BATS_TEST_TMPDIR/stderr")" 1
	refute grep -q $'\e' "$BATS_TEST_TMPDIR/stderr"
}

# network_calls LIBRARY: the network calls of the transcript without TCP, except for numbers that differ between runs.
network_calls() {
	strace -qq -e trace=%network -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$1" \
		"$PROGRAMS/transcript" others >/dev/null 2>&1 || [ $? = 42 ]
	sed -E 's/@"[^"]*"|0x[0-9a-f]+|fd=[0-9]+|htons\([0-9]+\)//g' "$BATS_TEST_TMPDIR/strace"
}

@test "UDP, raw, UNIX, netlink, packet, vsock and SCTP sockets: no additional system call" {
	require strace
	network_calls "" >"$BATS_TEST_TMPDIR/without"
	network_calls "$SHIM" >"$BATS_TEST_TMPDIR/with"
	diff "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/without"
	echo "# $(wc -l <"$BATS_TEST_TMPDIR/without") network calls, none added" >&3
}

# Ordinary commands, one on each line.
commands() {
	cat <<'END'
true
false
sh -c 'exit 7'
sh -c 'kill -TERM $$'
bash -c 'kill -PIPE $$'
ls /proc/self/fd
ls -l /etc/passwd /nowhere
cat /nowhere -
echo hello | cat - /etc/hostname
cat /etc/passwd | sort -t: -k3n | head -2
dd if=/dev/zero of=/dev/full bs=1k count=2 status=none
yes | head -c 70000 | cksum
find /etc -maxdepth 1 -name 'host*' | sort
grep -c root /etc/passwd
grep nothing-of-the-kind /etc/passwd
sed -n 1p /etc/passwd
awk -F: '$3 == 0 { print $1; exit 3 }' /etc/passwd
tar -C /etc -cf - hostname | tar -tvf -
gzip -c /etc/passwd | gzip -dc | cksum
date -u -d @0
id
stat -c %a /etc
xargs -n1 echo </etc/hostname
timeout 0.1 sleep 5
env -i sh -c 'echo "$LD_PRELOAD."'
getent hosts localhost
getent passwd root nobody
python3 -c 'import sys, os; print(sorted(os.listdir("/proc/self/fd"))); sys.exit(9)'
python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockopt(1, 2), s.fileno())'
python3 -c 'import socket; socket.create_connection(("127.0.0.1", 1))' 2>&1 | tail -1
perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die; print fileno(S), "\n"; connect(S, sockaddr_in(1, INADDR_LOOPBACK)) or print "$!\n"'
bash -c 'exec 3<>/dev/tcp/127.0.0.1/1'
busybox echo from busybox
git --version
openssl version
curl -sS http://127.0.0.1:1/
nc -z 127.0.0.1 1
ip -brief link show lo
END
}

@test "ordinary commands print the same on standard output and error, and end with the same status" {
	local command count=0 status

	while IFS= read -r command; do
		command -v "${command%% *}" >/dev/null || continue
		for with in "" "$SHIM"; do
			status=0
			# shellcheck disable=SC2016
			bash -c 'export LD_PRELOAD=$1; eval "$2"' sh "$with" "$command" </dev/null 3>&- \
				>"$BATS_TEST_TMPDIR/out${with:+.with}" \
				2>"$BATS_TEST_TMPDIR/err${with:+.with}" || status=$?
			echo "status $status" >>"$BATS_TEST_TMPDIR/out${with:+.with}"
		done
		sed -i 's/ after [0-9]* ms/ after N ms/' "$BATS_TEST_TMPDIR"/err{,.with} # curl prints times
		diff "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/out.with" || { echo "stdout: $command"; false; }
		diff "$BATS_TEST_TMPDIR/err" "$BATS_TEST_TMPDIR/err.with" || { echo "stderr: $command"; false; }
		count=$((count + 1))
	done < <(commands)
	[ "$count" -ge 20 ]
	echo "# $count commands" >&3
}

@test "a thread cancelled in accept(), accept4() or connect() ends and cleans up" {
	run shimmed "$PROGRAMS/cancel"
	assert_success
	assert_output "all ended"
}

@test "a thread cancelled in accept() runs its C++ destructors" {
	require g++
	g++ -O1 -pthread -o "$BATS_TEST_TMPDIR/cancelled" "$TESTS/programs/cancelled.cc"
	run shimmed "$BATS_TEST_TMPDIR/cancelled"
	assert_success
	assert_output "destroyed 1, caught 1"
}

@test "socket() in a signal handler: works, and needs little stack" {
	local without with

	run shimmed "$PROGRAMS/signals" storm
	assert_success
	assert_output "all well"
	without=$("$PROGRAMS/signals" stack)
	with=$(shimmed "$PROGRAMS/signals" stack)
	echo "# $((with - without)) bytes of stack more than the $without without the shim" >&3
	[ $((with - without)) -le 512 ]
	with=$(shimmed KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=20' \
		"$PROGRAMS/signals" stack)
	echo "# $((with - without)) with a log and rules" >&3
	[ $((with - without)) -le 3072 ]
}

@test "fork() and vfork() during other threads' calls: no child hangs or lacks keepalive" {
	run shimmed "$PROGRAMS/forks"
	assert_success
	assert_output "100 of 100 children well"
}

@test "64 threads that share a few descriptor numbers: each TCP socket has keepalive, no other has" {
	run shimmed "$PROGRAMS/threads" 64 300
	assert_success
	assert_output "64 threads x 300 sockets: 0 wrong"
}

@test "a filter that another filter keeps from being installed is not read where nothing is mapped" {
	local number

	for number in 0 1 2; do
		run timeout 20 env LD_PRELOAD="$SHIM" "$PROGRAMS/pointers" filter $number
		assert_success
		assert_output "$("$PROGRAMS/pointers" filter $number)"
	done
}

@test "an address that is gone when connect() returns, was never read, or lies past the stack's end: as without the shim" {
	local settings

	for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" \
		KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 off; role=client port=1 off; role=server peer=::1 idle=20'; do
		for words in unmapped 'faked 0' "faked 4" "faked 115" edge 'past 0' 'past 115'; do
			# shellcheck disable=SC2086
			run shimmed "$settings" "$PROGRAMS/pointers" $words
			assert_success
			# shellcheck disable=SC2086
			assert_output "$("$PROGRAMS/pointers" $words)"
		done
	done
}
