# systemd as the first process of an emulated machine: the drop-in as it stands under scripts/deploy, in
# services of each kind.
load ../helpers

@test "the drop-in: a plain service, one by socket activation, one for each connection, a confined one" {
	require qemu-system-x86_64 busybox
	[ "$(uname -m)" = x86_64 ] || skip "the kernels are for x86-64"
	local world

	for world in bookworm-systemd bookworm-kernel; do
		"$TESTS/worlds/roots" "$world" >"$BATS_TEST_TMPDIR/why" 2>&1 || skip "$(cat "$BATS_TEST_TMPDIR/why")"
	done
	run "$TESTS/kernels/boot" bookworm-systemd "$SHIM" "$REPOSITORY/scripts/deploy/systemd/keepalive-shim.conf" \
		"$TESTS/kernels/systemd.sh" "$TESTS/kernels/units.py" -- '. ./systemd.sh'
	assert_success
	for world in listener client accepted; do
		assert_line "plain: $world 1 60 10 6"
	done
	assert_line "activated: listener 1 60 10 6"
	assert_line "activated: accepted 1 60 10 6"
	assert_line "each: connection 1 60 10 6"
	assert_line "confined: runs, its output is the journal"
	assert_line "confined.service: 0"
	assert_line "asking.service: 31" # SIGSYS: the filter does act
}
