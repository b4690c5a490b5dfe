# Whatever the shim's own system calls come to, the program does what it does without the shim.

load helpers

ERRORS='EPERM ENOPROTOOPT ENOMEM EINTR ENOSYS'

setup() {
	LOG=$BATS_TEST_TMPDIR/log
	PATHS=() # whose calls fail; empty: all
	# Whatever the shim may do it does: values by peer, an option given back to the kernel, a log.
	SETTINGS=(KEEPALIVE_USER_TIMEOUT=auto KEEPALIVE_RTO_MAX=10 KEEPALIVE_LOG="$LOG"
		KEEPALIVE_RULES='role=client peer=127.0.0.0/8 idle=20; role=server peer=127.0.0.1 off; program=c* idle=33')
}

# conversation COMMAND...: runs it; its output, messages and exit status go to the file $1 and $1.err.
conversation() {
	local to=$1 status=0

	shift
	"$@" </dev/null >"$to" 2>"$to.err" || status=$?
	echo "status $status" >>"$to"
}

# unharmed INJECTION...: strace's fault injection into the shim's calls; the program must not notice.
unharmed() {
	local status=0 injection arguments=()

	for injection; do
		arguments+=(-e "inject=$injection")
	done
	conversation "$BATS_TEST_TMPDIR/with" env "${SETTINGS[@]}" \
		strace -qq -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$SHIM" "${arguments[@]}" \
		"${PATHS[@]}" "$PROGRAMS/conversation"
	diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with" || { echo "with $*"; return 1; }
	diff "$BATS_TEST_TMPDIR/without.err" "$BATS_TEST_TMPDIR/with.err" || { echo "with $*"; return 1; }
	grep -q INJECTED "$BATS_TEST_TMPDIR/strace" || { echo "nothing to fail: $*"; return 1; }
}

@test "a failing setsockopt, getsockopt, getsockname, getpeername: the program does as without the shim" {
	local call error

	require strace
	conversation "$BATS_TEST_TMPDIR/without" "$PROGRAMS/conversation"
	grep -q '^status 42$' "$BATS_TEST_TMPDIR/without"
	for error in $ERRORS; do
		for call in setsockopt getsockopt getsockname getpeername; do
			unharmed "$call:error=$error"
		done
		unharmed "setsockopt:error=$error:when=2+3" "getsockopt:error=$error:when=4+2"
	done
}

@test "a failing log: statx, openat, ppoll, sendto, write, signal masks" {
	local call error first

	require strace
	conversation "$BATS_TEST_TMPDIR/without" "$PROGRAMS/conversation"
	# The log's first openat, after those of the loader.
	env "${SETTINGS[@]}" strace -qq -e trace=openat -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$SHIM" \
		"$PROGRAMS/conversation" </dev/null >/dev/null 2>&1 || true
	first=$(grep -n '^openat(AT_FDCWD, "/", ' "$BATS_TEST_TMPDIR/strace" | head -1 | cut -d: -f1)
	for error in $ERRORS; do
		unharmed "statx:error=$error" "readlinkat:error=$error" "prctl:error=$error"
		for call in ppoll sendto rt_sigprocmask rt_sigpending; do
			unharmed "$call:error=$error"
		done
		unharmed "openat:error=$error:when=$first+"
		unharmed "openat:error=$error:when=$((first + 2))+3"
		PATHS=(-P "$LOG")
		unharmed "write:error=$error"
		PATHS=()
	done
}

@test "a kernel without these options: sockets work" {
	require strace
	conversation "$BATS_TEST_TMPDIR/without" "$PROGRAMS/conversation"
	unharmed setsockopt:error=ENOPROTOOPT getsockopt:error=ENOPROTOOPT
	unharmed setsockopt:error=ENOSYS getsockopt:error=ENOSYS getsockname:error=ENOSYS statx:error=ENOSYS
}

@test "a seccomp filter that kills for socket options after listen(): the server goes on serving" {
	local settings

	"$PROGRAMS/sandboxed" >/dev/null || skip "no seccomp filters here"
	for settings in KEEPALIVE=on KEEPALIVE_MODE=force KEEPALIVE_ROLE=server KEEPALIVE_ROLE=client \
		KEEPALIVE_USER_TIMEOUT=auto KEEPALIVE_RULES='role=client idle=20; port=1-65535 idle=30' \
		KEEPALIVE_RULES='peer=10.0.0.1 idle=20'; do
		run shimmed "$settings" "$PROGRAMS/sandboxed"
		assert_success
		assert_line "served 4"
	done
}
