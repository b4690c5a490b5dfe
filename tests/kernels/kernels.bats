# Other kernels, Debian's oldest to newest, each in an emulated machine with its release's programs: the preload, attach,
# status, supervision, and `keepalive cgroup`. A machine is booted once, for all tests here.
load ../helpers
load ../outside
load ../worlds/results
load emulated

setup_file() {
	export MADE=$BATS_FILE_TMPDIR BOOT_SECONDS=${BOOT_SECONDS:-1200}
	emulation_or_skip
	static_keepalive "$MADE"
	static_supervised "$MADE/supervised"
}

MOUNTS='./busybox mount -t cgroup2 none /sys/fs/cgroup && ./busybox mount -t bpf none /sys/fs/bpf'
MODULES='./busybox insmod modules/inet_diag.ko && ./busybox insmod modules/tcp_diag.ko'
CASES="python3 cases.py ./keepalive && python3 random-rules.py 20 $RANDOM ./keepalive cgroup pin /sys/fs/bpf"

# The kernel keeps its memory even from root.
LOCKDOWN='./busybox mount -t securityfs none /sys/kernel/security && echo confidentiality >/sys/kernel/security/lockdown &&
	./busybox cat /sys/kernel/security/lockdown'

# parts_of RELEASE: what a machine of that release does: names, and commands for its shell, in an order in which no part
# disturbs the next ones.
parts_of() {
	local cgroup="$MODULES && $CASES"

	case $1 in
	bullseye) cgroup='./busybox mkdir /sys/fs/cgroup/a && ! ./keepalive cgroup attach a' ;;
	trixie) cgroup="$MODULES && $LOCKDOWN && $CASES" ;;
	esac
	[ "$1" != sid ] || echo "part descriptors 'ROWS=shim sh grow.sh 2 100 100000'"
	echo "part programs 'ulimit -n 70000 && python3 inside.py && python3 inside.py 1 2 && echo 0 >/proc/sys/kernel/yama/ptrace_scope'"
	echo "part mounts '$MOUNTS'"
	[ "$1" != trixie ] || echo "part host '. ./host.sh'"
	echo "part cgroup '$cgroup'"
	echo "part Yama 'python3 inside.py 3'"
}

# in_machine RELEASE PART...: what these parts print there is in $output.
in_machine() {
	local printed=$MADE/$1.printed part script=

	if [ ! -e "$printed" ]; then
		boot "$1" "$SHIM" "$MADE/keepalive" "$MADE/supervised" "$PROGRAMS/cost" "$TESTS/programs/high.py" "$TESTS/kernels/inside.py" \
			"$TESTS/kernels/grow.sh" "$TESTS/cgroup/cases.py" "$TESTS/cgroup/random-rules.py" "$TESTS/cgroup/host.sh" -- \
			'part() { echo "== $1"; (eval "$2"); echo "== $1: $?"; }' $'\n' "$(parts_of "$1")"
		echo "$output" >"$printed"
	fi
	for part in "${@:2}"; do
		script+="/^== $part\$/,/^== $part: /p;"
	done
	run -0 sed -n "$script" "$printed"
	for part in "${@:2}"; do
		assert_line "== $part: 0"
	done
}

# kernel RELEASE: compares the answers that are the same on each kernel.
kernel() {
	local answer ends=' idle=20s interval=10s count=6'

	in_machine "$1" programs Yama
	world "$(sed -n 's/^kernel: //p' <<<"$output"), with Debian $1" "$(sed -n 's/^libc: //p' <<<"$output")"
	assert_line "preload: 1 60 10 6"
	for answer in 'low: 60 20' 'UDP, that far above: 0' 'low again: 60 20' 'high: 60 20' \
		'high again: 60 20' 'high client: 60' 'its own value: 99' 'other: 60 20'; do
		assert_line "high: $answer"
	done
	for answer in listener client server; do
		assert_line --regexp "^attach: fd [0-9] $answer .*:$ends$"
	done
	assert_line --regexp '^status: LISTEN +20/10/6 .* python3/[0-9]+$'
	for answer in '->' '<-'; do
		assert_line --regexp "^status: ESTAB +20/10/6 .* $answer .* python3/[0-9]+$"
	done
	for answer in 1 2; do
		assert_line --regexp "^Yama $answer: .*: kernel.yama.ptrace_scope is $answer: run as root"
	done
	assert_line --regexp "^Yama 3: .*: kernel.yama.ptrace_scope is 3, which forbids it to everybody"
}

# supervises NAME: sockets of a supervised program have keepalive; NAME is what the lines begin with.
supervises() {
	local kind

	for kind in tcp tcp6 mptcp; do
		assert_line --partial "$1: $kind: $DEFAULTS cloexec=0 nonblock=0"
	done
	assert_line --partial "$1: cloexec: $DEFAULTS cloexec=1 nonblock=0"
	assert_line --partial "$1: udp: keepalive=0"
	assert_line --partial "$1: unix: keepalive=0"
}

# supervision: its answers on each kernel that has it.
supervision() {
	supervises "supervised"
	supervises "supervised with a rule"
	supervises "supervised under Yama 1"
	assert_line --regexp '^supervised under Yama 1: keepalive: warning: kernel.yama.ptrace_scope is not 0: roles, rules and force hold'
	supervises "default under Yama 1" # a child, without roles and rules
	refute_line --regexp '^default under Yama 1: keepalive: warning'
	for scope in 2 3; do
		assert_line --regexp "^supervised under Yama $scope: .*Yama's ptrace_scope"
		assert_line "supervised under Yama $scope: exit status 125"
	done
	works "emulated: keepalive on every socket, attach, status and supervision; Yama's scopes as documented"
}

@test "Debian bullseye's kernel: preload, attach, status, supervision" {
	kernel bullseye
	assert_line --partial "supervised: tcp: $DEFAULTS cloexec=0 nonblock=0"
	assert_line --partial "supervised with a rule: tcp: $DEFAULTS cloexec=0 nonblock=0"
	assert_line --partial "supervised: udp: keepalive=0"
	works "emulated: keepalive on every socket, attach, status and supervision"
}

@test "Debian bookworm's kernel: preload, descriptors above 65,535, attach, status, supervision, Yama" {
	require_thorough
	kernel bookworm
	supervision
}

@test "Debian trixie's kernel: preload, descriptors above 65,535, attach, status, supervision, Yama" {
	kernel trixie
	supervision
}

@test "Debian sid's kernel: preload, descriptors above 65,535, attach, status, supervision, Yama" {
	require_thorough
	kernel sid
	supervision
}

@test "100,000 descriptors open at once: a socket() takes no longer than above a hundred" {
	require_thorough
	in_machine sid descriptors
	run -0 grep -v == <<<"$output"
	sed 's/^/# /' <<<"$output" >&3
	python3 - "$output" <<-'END'
		import sys
		took = {int(line[0]): float(line[2]) for line in map(str.split, sys.argv[1].splitlines())}
		assert sorted(took) == [100, 100000], took
		assert took[100000] < 1.5 * took[100], took
	END
}

# groups RELEASE: every case of `keepalive cgroup`.
groups() {
	in_machine "$1" mounts cgroup
	assert_line '20 sets'
	refute_output --partial 'not ok'
	[ "$(grep -c '^ok ' <<<"$output")" -ge 30 ]
	# What no process holds yet is reached by the kernel's iterator alone.
	assert_line "ok what waits to be accepted when the programs come has them too"
}

@test "keepalive cgroup on Debian bullseye's kernel: refused, with the version that is needed" {
	in_machine bullseye mounts cgroup
	assert_line --regexp '^keepalive: this needs Linux 6\.1 or later .*; this is 5\.10\.'
}

@test "keepalive cgroup on Debian bookworm's kernel: every socket, every rule, respect and force" {
	require_thorough
	groups bookworm
}

@test "keepalive cgroup on Debian trixie's kernel, in lockdown: every socket, every rule, respect and force" {
	groups trixie
	assert_line "none integrity [confidentiality]"
}

@test "keepalive cgroup on Debian sid's kernel: every socket, every rule, respect and force" {
	require_thorough
	groups sid
}

@test "keepalive cgroup attach --host: every socket, open ones too; an upgrade changes nothing; nothing is pinned after detach" {
	in_machine trixie mounts host
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
