# `keepalive cgroup attach --host` on the root group of an emulated machine: the whole host, running programs, an
# upgrade of the command meanwhile, and nothing left after detach.
load ../helpers
load ../outside
load ../kernels/emulated

@test "--host: every socket, open ones too; an upgrade changes nothing; nothing is pinned after detach" {
	emulation_or_skip
	export BOOT_SECONDS=${BOOT_SECONDS:-600} # on a busy machine
	static_keepalive "$BATS_TEST_TMPDIR"
	boot trixie "$BATS_TEST_TMPDIR/keepalive" "$TESTS/cgroup/host.sh" -- '. ./host.sh'
	assert_line --partial "if you mean that, use --host"
	assert_line "/: idle=21s interval=10s count=6"
	assert_equal "$(grep -c '^open: 1 21 10 6$' <<<"$output")" 3
	assert_equal "$(grep -c '^host: 1 21 10 6$' <<<"$output")" 2
	assert_equal "$(grep -c '^inside: 1 22 10 6$' <<<"$output")" 4
	assert_line "/inner: idle=22s interval=10s count=6"
	assert_equal "$(grep -c '^upgraded: 1 23 10 6$' <<<"$output")" 2
	assert_line --regexp "^[0-9]+: yes, by its control group /, idle=23s interval=10s count=6$"
	assert_equal "$(grep -c '^detached: 0 7200 75 9$' <<<"$output")" 2
	assert_equal "$(grep -c '^inside: 0 7200 75 9$' <<<"$output")" 2
	assert_line "pins after: "
}
