# systemd and `keepalive cgroup`, in an emulated machine: a confined service with BPFProgram=, a slice.
load ../helpers
load ../outside
load ../kernels/emulated

@test "BPFProgram= of a confined service, and a slice that is attached to: their sockets have keepalive, others none" {
	emulation_or_skip
	export BOOT_SECONDS=${BOOT_SECONDS:-600} # on a busy machine
	static_keepalive "$BATS_TEST_TMPDIR"
	boot bookworm-systemd "$BATS_TEST_TMPDIR/keepalive" "$TESTS/cgroup/systemd.sh" "$TESTS/kernels/units.py" -- '. ./systemd.sh'
	for end in listener client accepted; do
		assert_line --partial "plain:$end 1 21 10 6"
		assert_line --partial "without:$end 0 7200 75 9"
		assert_line --partial "inside:$end 1 22 10 6"
	done
	assert_line "BPFProgram=connect4:/sys/fs/bpf/pins/connect4"
	assert_line --regexp "^/attached.slice: idle=22s interval=10s count=6$"
	assert_line --regexp "^/system.slice/lasting.service: idle=21s interval=10s count=6 \(not by keepalive cgroup attach\)$"
	assert_line --regexp "^[0-9]+: yes, by its control group /system.slice/lasting.service, idle=21s interval=10s count=6$"
	assert_line "left: "
	assert_line "failed: "
}
