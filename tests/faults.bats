# Whatever the shim's own system calls come to, the program does what it does without the shim.

load helpers
load faults

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
