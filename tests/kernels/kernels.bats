# Other kernels, Debian's oldest to newest, each in an emulated machine with its release's programs: the preload,
# attach, status, and supervision.
load ../helpers
load ../outside
load ../worlds/results
load emulated

setup_file() {
	export MADE=$BATS_FILE_TMPDIR
	emulation_or_skip
	static_keepalive "$MADE"
	static_supervised "$MADE/supervised"
}

# kernel RELEASE: runs all checks there (inside.py), and compares the answers that are the same on each kernel.
kernel() {
	local answer ends=' idle=20s interval=10s count=6'

	boot "$1" "$SHIM" "$MADE/keepalive" "$MADE/supervised" "$TESTS/kernels/inside.py" \
		"$TESTS/programs/high.py" -- 'ulimit -n 70000 && python3 inside.py'
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
	kernel bookworm
	supervision
}

@test "Debian trixie's kernel: preload, descriptors above 65,535, attach, status, supervision, Yama" {
	kernel trixie
	supervision
}

@test "Debian sid's kernel: preload, descriptors above 65,535, attach, status, supervision, Yama" {
	kernel sid
	supervision
}

@test "100,000 descriptors open at once: a socket() takes no longer than above a hundred" {
	boot sid "$SHIM" "$PROGRAMS/cost" "$TESTS/kernels/grow.sh" -- 'ROWS=shim sh grow.sh 2 100 100000'
	sed 's/^/# /' <<<"$output" >&3
	python3 - "$output" <<-'END'
		import sys
		took = {int(line[0]): float(line[2]) for line in map(str.split, sys.argv[1].splitlines())}
		assert sorted(took) == [100, 100000], took
		assert took[100000] < 1.5 * took[100], took
	END
}
