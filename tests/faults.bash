# For the suites that make the shim's own system calls fail, by strace's fault injection, in a program that makes none
# of those calls itself.
# shellcheck shell=bash

ERRORS='EPERM ENOPROTOOPT ENOMEM EINTR ENOSYS'

setup() {
	LOG=$BATS_TEST_TMPDIR/log
	PATHS=() # strace's options that select the files whose calls fail; empty: all
	# With these settings the shim uses all its features: values by peer, an option restored to the kernel's, a log.
	SETTINGS=(KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_RTO_MAX=10 KEEPALIVE_SHIM_LOG="$LOG"
		KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.0/8 idle=20; role=server peer=127.0.0.1 off; program=c* idle=33')
}

# conversation FILE COMMAND...: runs the command; its output and exit status go to FILE, its messages to FILE.err.
conversation() {
	local to=$1 status=0

	shift
	"$@" </dev/null >"$to" 2>"$to.err" || status=$?
	echo "status $status" >>"$to"
}

# unharmed INJECTION...: with these faults in the shim's calls, the program behaves as without the shim.
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
	grep -q INJECTED "$BATS_TEST_TMPDIR/strace" || { echo "no call was made to fail: $*"; return 1; }
}
