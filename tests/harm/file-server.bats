# A file server that does not answer (FUSE, NFS): a program with one of its files as descriptor 0, 1 or 2 does not
# wait for it at the start, unless the program itself does.

load ../helpers

@test "standard input, output or error on a file system whose server is dead: the program starts and ends" {
	local settings

	require_root
	require python3 unshare
	[ -e /dev/fuse ] || skip_as fuse
	for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_MODE=force; do
		run unshare -m python3 -B "$TESTS/harm/dead_file_server.py" "$BATS_TEST_TMPDIR" \
			env LD_PRELOAD="$SHIM" "$settings" "$PROGRAMS/armed" closeall
		assert_success
		assert_output "0 status 0
1 status 0
2 status 0"
	done
}
