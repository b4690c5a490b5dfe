# `keepalive cgroup` on other kernels, the oldest that supports it and Debian's newest, each in an emulated
# machine.
load ../helpers
load ../outside
load ../kernels/emulated

setup_file() {
	export MADE=$BATS_FILE_TMPDIR BOOT_SECONDS=${BOOT_SECONDS:-600}
	emulation_or_skip
	static_keepalive "$MADE"
}

MOUNTS='./busybox mount -t cgroup2 none /sys/fs/cgroup && ./busybox mount -t bpf none /sys/fs/bpf'
MODULES='./busybox insmod modules/inet_diag.ko && ./busybox insmod modules/tcp_diag.ko'

# The kernel keeps its memory even from root.
LOCKDOWN='./busybox mount -t securityfs none /sys/kernel/security && echo confidentiality >/sys/kernel/security/lockdown &&
	./busybox cat /sys/kernel/security/lockdown'

# kernel RELEASE [COMMAND]: every case, after the command.
kernel() {
	boot "$1" "$MADE/keepalive" "$TESTS/cgroup/cases.py" "$TESTS/cgroup/random-rules.py" -- "$MOUNTS && $MODULES && ${2-:} &&
		python3 cases.py ./keepalive && python3 random-rules.py 20 $RANDOM ./keepalive cgroup pin /sys/fs/bpf"
	assert_line '20 sets'
	refute_output --partial 'not ok'
	[ "$(grep -c '^ok ' <<<"$output")" -ge 30 ]
	# What no process holds yet is reached by the kernel's iterator alone.
	assert_line "ok what waits to be accepted when the programs come has them too"
}

@test "Debian bullseye's kernel: refused, with the version that is needed" {
	boot bullseye "$MADE/keepalive" -- "$MOUNTS && ./busybox mkdir /sys/fs/cgroup/a && ! ./keepalive cgroup attach a"
	assert_line --regexp '^keepalive: this needs Linux 6\.1 or later .*; this is 5\.10\.'
}

@test "Debian bookworm's kernel: every socket, every rule, respect and force" {
	kernel bookworm
}

@test "Debian trixie's kernel, in lockdown: every socket, every rule, respect and force" {
	kernel trixie "$LOCKDOWN"
	assert_line "none integrity [confidentiality]"
}

@test "Debian sid's kernel: every socket, every rule, respect and force" {
	kernel sid
}
