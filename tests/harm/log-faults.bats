# If the system calls of the log fail, the program behaves as it does without the shim.

load ../helpers
load ../faults

@test "statx, openat, write and the signal mask calls of the log fail: results as without the shim" {
	local call error first

	require strace
	conversation "$BATS_TEST_TMPDIR/without" "$PROGRAMS/conversation"
	# Which openat(2) of the process is the log's first; those before it are the loader's.
	env "${SETTINGS[@]}" strace -qq -e trace=openat -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$SHIM" \
		"$PROGRAMS/conversation" </dev/null >/dev/null 2>&1 || true
	first=$(grep -n '^openat(AT_FDCWD, "/", ' "$BATS_TEST_TMPDIR/strace" | head -1 | cut -d: -f1)
	for error in $ERRORS; do
		unharmed "statx:error=$error" "readlinkat:error=$error" "prctl:error=$error"
		for call in rt_sigprocmask rt_sigpending; do
			unharmed "$call:error=$error"
		done
		unharmed "openat:error=$error:when=$first+"
		unharmed "openat:error=$error:when=$((first + 2))+3"
		PATHS=(-P "$LOG")
		unharmed "write:error=$error"
		PATHS=()
	done
}
