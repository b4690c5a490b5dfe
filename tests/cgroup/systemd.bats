# systemd and `keepalive cgroup`, in an emulated machine: a confined service with BPFProgram=, a slice, a restart.
load ../helpers
load ../outside
load ../kernels/emulated

@test "what is attached ends with a restart, but for what units attach again: a slice, BPFProgram= of a confined service" {
	emulation_or_skip
	export BOOT_SECONDS=${BOOT_SECONDS:-600} # on a busy machine
	static_keepalive "$BATS_TEST_TMPDIR"
	RESTARTS=yes boot bookworm-systemd "$BATS_TEST_TMPDIR/keepalive" "$TESTS/cgroup/systemd.sh" "$TESTS/kernels/units.py" -- '. ./systemd.sh'
	assert_line "before the restart: /attached.slice: idle=22s interval=10s count=6"
	assert_line "before the restart: /: idle=23s interval=10s count=6"
	assert_line "after the restart:  "
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
