# Emulated machines with a Debian release's kernel and programs: tests/kernels/boot.
# shellcheck shell=bash

emulation_or_skip() {
	require qemu-system-x86_64
	require_static_busybox
	require_machine x86_64
}

# boot RELEASE FILE... -- COMMAND: runs the command in an emulated machine; what it printed is in $output. Skips the test
# if the release cannot be fetched.
boot() {
	local world

	for world in "$1" "${1%-systemd}-linux"; do
		"$TESTS/worlds/roots" "$world" >"$BATS_TEST_TMPDIR/why" 2>&1 || skip "$(cat "$BATS_TEST_TMPDIR/why")"
	done
	run "$TESTS/kernels/boot" "$@"
	assert_success
}
