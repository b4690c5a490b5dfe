# If the shim's own system calls fail, the program behaves as it does without the shim.

load helpers
load faults

@test "a failing setsockopt, getsockopt, getsockname, getpeername: the program behaves as without the shim" {
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

@test "a kernel without these options: sockets work" {
	require strace
	conversation "$BATS_TEST_TMPDIR/without" "$PROGRAMS/conversation"
	unharmed setsockopt:error=ENOPROTOOPT getsockopt:error=ENOPROTOOPT
	unharmed setsockopt:error=ENOSYS getsockopt:error=ENOSYS getsockname:error=ENOSYS statx:error=ENOSYS
}

@test "a seccomp filter that kills for socket options after listen(): the server goes on serving" {
	local settings

	"$PROGRAMS/sandboxed" >/dev/null || skip_as filters
	for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_ROLE=client \
		KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_RULES='role=client idle=20; port=1-65535 idle=30' \
		KEEPALIVE_SHIM_RULES='peer=10.0.0.1 idle=20'; do
		run shimmed "$settings" "$PROGRAMS/sandboxed"
		assert_success
		assert_line "served 4"
	done
}

@test "a service that would be killed for getsockopt() runs if the journal is its output" {
	"$PROGRAMS/refuse" KILL getsockopt true || skip_as filters
	run python3 - env LD_PRELOAD="$SHIM" "$PROGRAMS/refuse" KILL getsockopt env true <<-'END'
		import os, socket, subprocess, sys
		journal, _ = socket.socketpair()
		found = os.fstat(journal.fileno())
		os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
		sys.exit(subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=journal, stderr=journal).returncode)
	END
	assert_success
	# A message about a bad setting causes no getsockopt() on the file or journal that it goes to.
	run shimmed KEEPALIVE_SHIM_IDLE=bad "$PROGRAMS/refuse" KILL getsockopt env true 2>"$BATS_TEST_TMPDIR/stderr"
	assert_success
	# Any socket other than the journal is examined, so there the program is killed.
	run python3 - env LD_PRELOAD="$SHIM" "$PROGRAMS/refuse" KILL getsockopt env true <<-'END'
		import socket, subprocess, sys
		other, _ = socket.socketpair()
		sys.exit(subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=other).returncode != -31)
	END
	assert_success
}
