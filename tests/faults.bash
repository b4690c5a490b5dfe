# For the suites that let the shim's own system calls fail: strace's fault injection into a program that
# makes none of those calls itself.
# shellcheck shell=bash

ERRORS='EPERM ENOPROTOOPT ENOMEM EINTR ENOSYS'

setup() {
	LOG=$BATS_TEST_TMPDIR/log
	PATHS=() # whose calls fail; empty: all
	# Whatever the shim may do it does: values by peer, an option given back to the kernel, a log.
	SETTINGS=(KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_RTO_MAX=10 KEEPALIVE_SHIM_LOG="$LOG"
		KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.0/8 idle=20; role=server peer=127.0.0.1 off; program=c* idle=33')
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
