# `keepalive cgroup`: attach, list, detach and pin; what they refuse, why, and what they leave behind.

load ../helpers
load ../outside
load group

setup() {
	group_or_skip
	NAME=${GROUP#"$CGROUPS"}
}

# Nothing is attached to our groups, and nothing pinned.
nothing_left() {
	[ -z "$(listed)" ] && [ -z "$(there ls /sys/fs/bpf | grep -v debug)" ]
}

# How many programs and maps of ours the kernel has, of other tests too.
objects() {
	python3 "$TESTS/cgroup/objects.py" | wc -l
}

no_more_than() {
	[ "$(objects)" -le "$1" ]
}

# listed: what list prints for our group and those below. Other tests may have attached to theirs.
listed() {
	cgroup list | awk -v ours="$NAME" '/^\// { on = index($0, ours) == 1 } on'
}

@test "list: each group, its settings and its rules, as lines and as JSON" {
	mkdir "$GROUP/inner"
	cgroup attach --idle=30 --mode=force "$GROUP"
	cgroup attach --rule='role=client peer=10.0.0.0/8 port=5432-5433 idle=30' --rule='off' --role=client "$NAME/inner"
	run -0 listed
	assert_line --index 0 "$NAME: idle=30s interval=10s count=6 mode=force"
	assert_line --index 1 "$NAME/inner: idle=60s interval=10s count=6 role=client"
	assert_line --index 2 "  rule 1: role=client peer=10.0.0.0/8 port=5432-5433 idle=30s interval=10s count=6 user-timeout=off rto-max=off mode=respect"
	assert_line --index 3 "  rule 2: off mode=respect"
	[ "${#lines[@]}" = 4 ]
	cgroup list --json >"$BATS_TEST_TMPDIR/list"
	run -0 python3 - "$BATS_TEST_TMPDIR/list" "$NAME" <<-'END'
		import json, sys
		for each in json.load(open(sys.argv[1])):
		    if each["group"].startswith(sys.argv[2]):
		        print(each["group"], each["by"], len(each["rules"]))
	END
	assert_output "$NAME attach 0
$NAME/inner attach 2"
	cgroup detach --all
	run -0 cgroup list --json
	refute_output --partial "\"$NAME"
	await 5 nothing_left
}

# attach_self GROUP SETTING: by a command in that group.
attach_self() {
	there sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" cgroup attach "$3" self' sh "$1" "$KEEPALIVE" "$2"
}

@test "self is the group of the command, and the service's in .control, where systemd starts commands beside the service" {
	attach_self "$GROUP" --idle=31
	run -0 listed
	assert_output "$NAME: idle=31s interval=10s count=6"
	mkdir "$GROUP/.control"
	attach_self "$GROUP/.control" --idle=32
	run -0 listed
	assert_output "$NAME: idle=32s interval=10s count=6"
	cgroup detach "$NAME"
	await 5 nothing_left
}

# off_in GROUP [NAME=VALUE...]: attach self by a command in that group, with KEEPALIVE_SHIM=off.
off_in() {
	local group=$1

	shift
	run env KEEPALIVE_SHIM=off "$@" nsenter -t "$SPACE" -m -n sh -c 'echo $$ >"$0/cgroup.procs" && exec "$1" cgroup attach self' \
		"$group" "$KEEPALIVE"
}

@test "off kept services of enable --cgroup from starting: attach self then detaches, and succeeds" {
	local off="keepalive: KEEPALIVE_SHIM is off: nothing is done"

	mkdir "$GROUP/inner" "$BATS_TEST_TMPDIR/etc"
	off_in "$GROUP"
	assert_success
	assert_output "$off"
	attach_self "$GROUP" --idle=31
	attach_self "$GROUP/inner" --idle=32
	off_in "$GROUP/inner" KEEPALIVE_SHIM_IDLE=0 # off, whatever else is wrong
	assert_success
	assert_line "$off"
	run -0 listed
	assert_output "$NAME: idle=31s interval=10s count=6"
	run -0 values_in "$GROUP/inner"
	assert_output 'client keepalive=1 idle=31' # of the outer group
	off_in "$GROUP/inner" KEEPALIVE_SHIM_RULES='program=nginx off'
	assert_success
	run -0 listed
	assert_output "$NAME: idle=31s interval=10s count=6"
	printf 'KEEPALIVE_SHIM=off\n' >"$BATS_TEST_TMPDIR/etc/keepalive-shim.conf"
	run -0 there "$TESTS/confined" "$BATS_TEST_TMPDIR/etc" sh -c 'echo 0 >"$0/cgroup.procs" && exec "$1" cgroup attach self' \
		"$GROUP" "$KEEPALIVE"
	assert_output "keepalive: /etc/keepalive-shim.conf line 1: KEEPALIVE_SHIM is off: nothing is done"
	await 5 nothing_left
	off_in "$CGROUPS" # the root, which attach self refuses
	assert_success
}

@test "off, and what is attached cannot be detached: attach self fails, with the reason" {
	attach_self "$GROUP" --idle=31
	there chmod 777 /sys/fs/bpf/keepalive-shim
	off_in "$GROUP"
	assert_failure 125
	assert_line "keepalive: /sys/fs/bpf/keepalive-shim: not a directory that only its owner, root, can write: remove it"
	there chmod 700 /sys/fs/bpf/keepalive-shim
	off_in "$GROUP"
	assert_success
	await 5 nothing_left
}

@test "a group is named by a process, by a path below the mount, or by a full path" {
	in_group sleep 1000
	local process=$!
	await 5 grep -q "$NAME" "/proc/$process/cgroup"
	cgroup attach "$process"
	run -0 listed
	assert_output --partial "$NAME: "
	for name in "$process" "$NAME" "${NAME#/}" "$GROUP" "$GROUP/"; do
		cgroup attach "$name"
		cgroup detach "$name"
	done
	run -1 cgroup detach "$NAME"
	assert_output "keepalive: $NAME: nothing is attached there by keepalive cgroup attach"
	for name in "$NAME/none" / . '' "$GROUP/.." /etc "$CGROUPS"; do
		run -125 cgroup attach "$name"
	done
	run -125 cgroup attach 1000000000
	assert_output --partial "1000000000"
	await 5 nothing_left
}

@test "the whole host only with --host" {
	run -125 cgroup attach "$CGROUPS"
	assert_output --partial "if you mean that, use --host"
	run -125 cgroup attach
	assert_output --partial "one CGROUP, PID or --host"
	run -125 cgroup attach --host "$NAME"
	run -1 cgroup detach --host
}

@test "settings that cannot apply to a group are refused: program=, a log, bad values, nonsense" {
	run -125 cgroup attach --rule=off --rule='program=nginx off' "$NAME"
	assert_output --partial "keepalive: --rule rule 2: program= does not work for a control group"
	KEEPALIVE_SHIM_RULES='program=nginx off' run -125 cgroup attach "$NAME"
	assert_output --partial "keepalive: KEEPALIVE_SHIM_RULES rule 1: program= does not work for a control group"
	run -125 cgroup attach --log=stderr "$NAME"
	assert_output --partial "--log does not apply"
	run -125 cgroup attach --idle=0 "$NAME"
	assert_output --partial "accepted: "
	for words in '' nonsense 'list more' 'pin'; do
		# shellcheck disable=SC2086 # words
		run -125 cgroup $words
	done
	KEEPALIVE_SHIM=off run -125 cgroup attach "$NAME"
	assert_output "keepalive: KEEPALIVE_SHIM is off: nothing is done"
	await 5 nothing_left
}

@test "an option that does not belong to the call is refused by name, and nothing is done" {
	local words

	cgroup attach "$NAME"
	for words in "attach --all $NAME" "attach --json $NAME" 'list --idle=bad' 'list --host' 'list --all' "detach --idle=30 $NAME" \
		"detach --json $NAME" 'pin --host /sys/fs/bpf' 'pin --json /sys/fs/bpf' 'pin --all /sys/fs/bpf'; do
		# shellcheck disable=SC2086 # words
		run -125 cgroup $words
		assert_output --regexp "^keepalive: cgroup ${words%% *} takes no --[a-z]+ \(see --help\)\$"
	done
	for words in "detach --all $NAME" 'detach --all --host'; do
		# shellcheck disable=SC2086 # words
		run -125 cgroup $words
		assert_output --partial "cgroup detach: --all means every group"
	done
	run -0 listed
	assert_output "$NAME: idle=60s interval=10s count=6"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "misspelt variables are named by attach and pin" {
	local words

	there mkdir /sys/fs/bpf/mine
	for words in "attach $NAME" 'pin /sys/fs/bpf/mine'; do
		# shellcheck disable=SC2086 # words
		KEEPALIVE_SHIM_IDEL=3 run -0 cgroup $words
		assert_line 'keepalive: warning: KEEPALIVE_SHIM_IDEL is not read: no such setting; did you mean KEEPALIVE_SHIM_IDLE?'
	done
	there rm -r /sys/fs/bpf/mine
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "off in the host's file: the message names the file and the line" {
	mkdir "$BATS_TEST_TMPDIR/etc"
	printf '\nKEEPALIVE_SHIM=off\n' >"$BATS_TEST_TMPDIR/etc/keepalive-shim.conf"
	run -125 there "$TESTS/confined" "$BATS_TEST_TMPDIR/etc" "$KEEPALIVE" cgroup attach "$NAME"
	assert_output "keepalive: /etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM is off: nothing is done"
	await 5 nothing_left
}

@test "what is missing is named: a capability, cgroup2, a mount of bpf" {
	require setpriv
	run -125 there setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-all "$KEEPALIVE" cgroup attach "$NAME"
	assert_output "keepalive: this needs CAP_BPF: run as root"
	run -125 there setpriv --bounding-set=-net_admin,-sys_admin --inh-caps=-all "$KEEPALIVE" cgroup attach "$NAME"
	assert_output "keepalive: this needs CAP_NET_ADMIN: run as root"
	cgroup attach "$NAME"
	run -125 there setpriv --bounding-set=-sys_admin --inh-caps=-all "$KEEPALIVE" cgroup list
	assert_output "keepalive: listing needs CAP_SYS_ADMIN: run as root"
	there umount /sys/fs/bpf
	run -125 cgroup attach "$NAME"
	assert_output --partial "(mount -t bpf -o mode=700 bpf /sys/fs/bpf)"
	there mount -t bpf bpf /sys/fs/bpf
	there mount -o remount,ro,bind /sys/fs/bpf
	run -125 cgroup attach "$NAME"
	assert_output --regexp "^keepalive: /sys/fs/bpf/keepalive-shim/[0-9]+: Read-only file system\$"
	there umount -l "$CGROUPS"
	run -125 cgroup attach "$NAME"
	assert_output --partial "cgroup2 is not mounted"
}

@test "capabilities of a user namespace do not suffice, and the message says so" {
	there unshare -Ur true 2>/dev/null || skip_as namespaces
	run -125 there unshare -Ur "$KEEPALIVE" cgroup attach "$NAME"
	assert_output --partial "(a user namespace, or "
}

@test "CAP_BPF and CAP_NET_ADMIN suffice to attach and detach" {
	require setpriv
	there chmod 777 /sys/fs/bpf
	there setpriv --bounding-set=-sys_admin --inh-caps=-all "$KEEPALIVE" cgroup attach "$NAME"
	there setpriv --bounding-set=-sys_admin --inh-caps=-all "$KEEPALIVE" cgroup detach "$NAME"
	await 5 nothing_left
}

# attach_without CAPABILITIES ARGUMENT...
attach_without() {
	there setpriv --bounding-set="$1" --inh-caps=-all "$KEEPALIVE" cgroup attach "${@:2}"
}

# values_in GROUP: of a client that a process in the group makes.
values_in() {
	there sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2"' sh "$1" "$PROGRAMS/values" | grep -o 'client keepalive=. idle=[0-9]*'
}

@test "without CAP_SYS_ADMIN the inner group's settings apply too, and open sockets get them from the right group" {
	require setpriv
	there chmod 777 /sys/fs/bpf
	mkdir "$GROUP/inner" "$GROUP/second"
	attach_without -sys_admin --rule=off "$NAME/inner"
	attach_without -sys_admin --idle=kernel "$NAME/second"
	GROUP=$GROUP/second in_group python3 "$TESTS/programs/talk.py" pairs 1
	await 15 has_connections $! 2
	attach_without -sys_admin "$NAME/second"
	run -0 attach_without -sys_admin --idle=50 "$NAME"
	assert_output ''
	run -0 values_in "$GROUP/inner"
	assert_output 'client keepalive=0 idle=7200'
	run -0 values_in "$GROUP/second"
	assert_output 'client keepalive=1 idle=60'
	sockets $! "state=LISTEN.* $DEFAULTS" || fail "$(sockets $!)"
	cgroup detach "$NAME/second"
	cgroup detach "$NAME/inner"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "without CAP_SYS_ADMIN open sockets of a group with programs that cannot be inspected stay, with a warning" {
	require setpriv
	there chmod 777 /sys/fs/bpf
	mkdir "$GROUP/inner"
	GROUP=$GROUP/inner in_group python3 "$TESTS/programs/talk.py" pairs 1
	await 15 has_connections $! 2
	another_attaches multi "$GROUP/inner"
	run -0 attach_without -sys_admin "$NAME"
	assert_output "keepalive: warning: the open sockets of 1 process were not changed, such as those in $NAME/inner, whose programs may not be inspected: run as root"
	run -0 cgroup attach "$NAME"
	assert_output ''
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "two groups attached to at the same time, the first ones: the inner one's settings apply" {
	require strace
	mkdir "$GROUP/inner"
	background nsenter -t "$SPACE" -m -n strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=bpf -e inject=bpf:delay_enter=20000 \
		"$KEEPALIVE" cgroup attach --rule=off "$NAME/inner"
	local inner=$!
	await 5 test -s "$BATS_TEST_TMPDIR/trace"
	cgroup attach --idle=50 "$NAME"
	wait $inner || skip_as tracing
	run -0 values_in "$GROUP/inner"
	assert_output 'client keepalive=0 idle=7200'
	cgroup detach --all
	await 5 nothing_left
}

# open_sockets_get SETTING CAPABILITIES: what is open gets it, from an attach without these capabilities.
open_sockets_get() {
	in_group python3 "$TESTS/programs/talk.py" pairs 2
	await 15 has_connections $! 4
	run -0 there setpriv --bounding-set="$2" --inh-caps=-all "$KEEPALIVE" cgroup attach --mode=force "--idle=$1" "$NAME"
	assert_output ""
	assert_equal "$(sockets $! "keepalive=1 idle=$1 interval=10 count=6 " | wc -l)" "$(sockets $! . | wc -l)"
	kill $!
}

@test "open sockets: without CAP_SYS_PTRACE by the kernel's iterator, without CAP_PERFMON by copies" {
	require setpriv
	[ -r /sys/kernel/btf/vmlinux ] || skip_as btf
	there chmod 777 /sys/fs/bpf
	open_sockets_get 41 -sys_ptrace
	open_sockets_get 42 -perfmon,-sys_admin
}

# another_attaches HOW GROUP: a program of somebody else, attached in this way, that lets nobody connect.
another_attaches() {
	background python3 "$TESTS/cgroup/objects.py" "$1" "$2" >"$BATS_TEST_TMPDIR/attached"
	await 5 grep -q 0 "$BATS_TEST_TMPDIR/attached"
}

# connects GROUP: a process in the group can connect.
connects() {
	there sh -c 'echo $$ >"$0/cgroup.procs" && exec python3 -c "
import socket
listener = socket.create_server((\"127.0.0.1\", 0))
socket.create_connection(listener.getsockname())"' "$1" 2>/dev/null
}

@test "another's program that allows no others below is named" {
	mkdir "$GROUP/inner"
	another_attaches exclusive "$GROUP"
	run -125 cgroup attach "$NAME/inner"
	assert_output --regexp "^keepalive: the connect4 program 'somebody_else' \(id [0-9]+\) on $NAME does not allow others"
	await 5 nothing_left
}

@test "another's program that ours would switch off below is named, and stays in force" {
	mkdir -p "$GROUP/inner/most"
	another_attaches override "$GROUP"
	for name in "$NAME" "$NAME/inner" "$NAME/inner/most"; do
		run -125 cgroup attach "$name"
		assert_output --regexp "^keepalive: the connect4 program 'somebody_else' \(id [0-9]+\) on $NAME would no longer run .*\(BPF_F_ALLOW_OVERRIDE\)\$"
		run ! connects "$CGROUPS$name"
	done
	await 5 nothing_left
}

@test "beside another's program that allows others: both are in force, here and below" {
	mkdir "$GROUP/inner"
	another_attaches multi "$GROUP"
	for name in "$NAME" "$NAME/inner"; do
		cgroup attach "$name"
		run ! connects "$CGROUPS$name"
		cgroup detach "$name"
	done
	await 5 nothing_left
}

@test "pin: the programs are below /sys/fs/bpf, and the lines for systemd are printed" {
	there mkdir /sys/fs/bpf/mine
	run -0 --separate-stderr cgroup pin --idle=30 /sys/fs/bpf/mine
	assert_line BPFProgram=sock_ops:/sys/fs/bpf/mine/sock_ops
	assert_line BPFProgram=connect4:/sys/fs/bpf/mine/connect4
	assert_line BPFProgram=connect6:/sys/fs/bpf/mine/connect6
	for program in setsockopt sock_ops connect4 connect6; do
		there test -f /sys/fs/bpf/mine/$program
	done
	assert_line BPFProgram=setsockopt:/sys/fs/bpf/mine/setsockopt
	run -125 cgroup pin /tmp
	assert_output --regexp "^keepalive: /tmp/setsockopt: cannot be pinned there; accepted: an existing directory below a mount of bpf, such as /sys/fs/bpf\$"
	run -0 cgroup pin --role=server /sys/fs/bpf/mine
	there test ! -e /sys/fs/bpf/mine/connect4
	there rm -r /sys/fs/bpf/mine
	await 5 nothing_left
}

@test "pin: the lines name an absolute path, as systemd reads it" {
	there mkdir "/sys/fs/bpf/100% mine"
	run -0 there env -C "/sys/fs/bpf/100% mine" "$KEEPALIVE" cgroup pin .
	assert_line "BPFProgram=sock_ops:/sys/fs/bpf/100%% mine/sock_ops"
	there rm -r "/sys/fs/bpf/100% mine"
}

@test "pin removes no file and no program of somebody else's" {
	mkdir "$BATS_TEST_TMPDIR/ordinary"
	echo precious >"$BATS_TEST_TMPDIR/ordinary/connect4"
	run -125 cgroup pin "$BATS_TEST_TMPDIR/ordinary"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/ordinary/connect4")" precious
	there mkdir /sys/fs/bpf/theirs
	there python3 "$TESTS/cgroup/objects.py" pin /sys/fs/bpf/theirs/connect4
	run -125 cgroup pin /sys/fs/bpf/theirs
	assert_output --partial "/sys/fs/bpf/theirs/connect4: cannot be pinned there: it exists, and is not ours"
	there test -f /sys/fs/bpf/theirs/connect4
	there mv /sys/fs/bpf/theirs/connect4 /sys/fs/bpf/theirs/sock_ops
	run -125 --separate-stderr cgroup pin /sys/fs/bpf/theirs
	assert_output ''
	assert_equal "$(there ls /sys/fs/bpf/theirs)" sock_ops
	there rm -r /sys/fs/bpf/theirs
}

@test "another user is refused: detach says so, and not that nothing is attached" {
	require setpriv
	make_public
	cgroup attach "$NAME"
	run -125 there "${NOBODY[@]}" "$PUBLIC/keepalive" cgroup detach "$NAME"
	assert_output --regexp "^keepalive: /sys/fs/bpf/keepalive-shim/[0-9]+: Permission denied: run as root\$"
	run -125 there "${NOBODY[@]}" "$PUBLIC/keepalive" cgroup detach --all
	assert_output "keepalive: /sys/fs/bpf/keepalive-shim: Permission denied: run as root"
	run -125 there "${NOBODY[@]}" "$PUBLIC/keepalive" cgroup list
	run -125 there "${NOBODY[@]}" "$PUBLIC/keepalive" cgroup attach "$NAME"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "another user who locks the group's directory does not keep attach and detach waiting" {
	require setpriv flock
	background "${NOBODY[@]}" flock "$GROUP" sh -c 'echo locked && exec sleep 1000' >"$BATS_TEST_TMPDIR/locked"
	await 5 grep -q locked "$BATS_TEST_TMPDIR/locked"
	there timeout 60 "$KEEPALIVE" cgroup attach "$NAME"
	there timeout 60 "$KEEPALIVE" cgroup detach "$NAME"
	await 5 nothing_left
}

@test "a directory for the pins that another user has made, or a link, is not used" {
	require setpriv
	there chmod 1777 /sys/fs/bpf
	there "${NOBODY[@]}" mkdir /sys/fs/bpf/keepalive-shim
	for arguments in "attach $NAME" "detach $NAME" 'detach --all'; do
		# shellcheck disable=SC2086 # words
		run -125 cgroup $arguments
		assert_output "keepalive: /sys/fs/bpf/keepalive-shim: not a directory that only its owner, root, can write: remove it"
	done
	there rmdir /sys/fs/bpf/keepalive-shim
	there "${NOBODY[@]}" mkdir /sys/fs/bpf/elsewhere
	there "${NOBODY[@]}" ln -s elsewhere /sys/fs/bpf/keepalive-shim
	run -125 cgroup attach "$NAME"
	there rm -r /sys/fs/bpf/keepalive-shim /sys/fs/bpf/elsewhere
}

@test "in a cgroup namespace: --host is refused, a process there is its group, others are not visible" {
	run -0 there sh -c 'echo $$ >"$1/cgroup.procs"
		exec unshare -Cm sh -c "umount -l \"\$2\" && mount -t cgroup2 none \"\$2\" || exit
			\"\$1\" cgroup attach --host
			\"\$1\" cgroup attach $2
			\"\$1\" cgroup attach --idle=31 \$\$ && \"\$1\" cgroup list
			\"\$1\" cgroup detach self" sh "$3" "$4"' sh "$GROUP" "$SPACE" "$KEEPALIVE" "$CGROUPS" 2>&1
	assert_line --index 0 --partial "keepalive: --host: the root of the hierarchy is not visible here"
	assert_line --index 1 "keepalive: process $SPACE (sleep): its control group is not visible from here"
	assert_line --index 2 "/: idle=31s interval=10s count=6"
	await 5 nothing_left
}

@test "where only a part of the hierarchy is mounted, a process elsewhere is not mistaken for one there" {
	mkdir "$GROUP/part" "$GROUP/part/inner"
	in_group sleep 1000
	local outside=$!
	await 5 grep -q "$NAME" "/proc/$outside/cgroup"
	in_group sleep 1000
	local inside=$!
	await 5 grep -q "$NAME" "/proc/$inside/cgroup"
	echo $inside >"$GROUP/part/inner/cgroup.procs"
	there mount --bind "$GROUP/part" "$CGROUPS"
	run -125 cgroup attach $outside
	assert_output --partial "its control group is not visible from here"
	cgroup attach $inside
	run -0 cgroup list
	assert_output "/inner: idle=60s interval=10s count=6"
	run -125 cgroup attach --host
	cgroup detach --all
	there umount "$CGROUPS"
	await 5 nothing_left
}

@test "groups whose names begin with a dot, or contain two, are groups like others" {
	mkdir "$GROUP/.hidden" "$GROUP/a..b"
	for name in "$NAME/.hidden" "$NAME/a..b"; do
		cgroup attach "$name"
		run -0 listed
		assert_output "$name: idle=60s interval=10s count=6"
		cgroup detach "$name"
	done
	in_group python3 "$TESTS/programs/talk.py" pairs 1
	echo $! >"$GROUP/.hidden/cgroup.procs"
	await 15 has_connections $! 2
	cgroup attach "$NAME" # whose open sockets are those of the groups below too
	await 5 sockets $! "state=LISTEN.* $DEFAULTS"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "a group that is removed takes its programs with it; the next attach removes what is left of the pins" {
	mkdir "$GROUP/short"
	cgroup attach "$NAME/short"
	rmdir "$GROUP/short"
	run -0 listed
	assert_output ''
	cgroup attach "$NAME"
	run -0 pinned_groups
	assert_output "$(stat -c %i "$GROUP")"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "groups with blanks, and with bytes that are not text, are attached to and listed without harm to a terminal" {
	local blank="$GROUP/a b" bytes=$GROUP/$'\377\033[31m' quotes="$GROUP/\"quoted\"\\"

	mkdir "$blank" "$bytes" "$quotes"
	cgroup attach "$quotes"
	cgroup attach "$blank"
	cgroup attach "${bytes#"$CGROUPS"}"
	run -0 listed
	assert_line "$NAME/a b: idle=60s interval=10s count=6"
	assert_line "$NAME/??[31m: idle=60s interval=10s count=6"
	assert_line "$NAME/\"quoted\"\\: idle=60s interval=10s count=6"
	cgroup list --json >"$BATS_TEST_TMPDIR/list"
	run -0 python3 -c 'import json, sys; print(*(each["group"] for each in json.load(sys.stdin)), sep="\n")' <"$BATS_TEST_TMPDIR/list"
	assert_line "$NAME/a b"
	assert_line "$NAME/??[31m"
	assert_line "$NAME/\"quoted\"\\"
	cgroup detach "$quotes"
	cgroup detach "${blank#"$CGROUPS"}"
	cgroup detach "$bytes"
	await 5 nothing_left
}

@test "of several mounts of cgroup2, one that is not hidden is used, even if it is read-only" {
	there mount -t tmpfs none "${CGROUPS%/*}"
	there mkdir "${CGROUPS%/*}/elsewhere"
	there mount -t cgroup2 none "${CGROUPS%/*}/elsewhere"
	there mount -o remount,ro,bind "${CGROUPS%/*}/elsewhere"
	cgroup attach "$NAME"
	cgroup detach "${CGROUPS%/*}/elsewhere$NAME"
	await 5 nothing_left
}

@test "a group is named by its path below a second mount of the hierarchy, or of a part of it" {
	mkdir -p "$GROUP/part/inner" "$BATS_TEST_TMPDIR/second" "$BATS_TEST_TMPDIR/part"
	there mount -t cgroup2 none "$BATS_TEST_TMPDIR/second"
	there mount --bind "$GROUP/part" "$BATS_TEST_TMPDIR/part"
	cgroup attach --idle=31 "$BATS_TEST_TMPDIR/second$NAME"
	cgroup attach --idle=32 "$BATS_TEST_TMPDIR/part"
	cgroup attach --idle=33 "$BATS_TEST_TMPDIR/part/inner"
	run -0 listed
	assert_output "$NAME: idle=31s interval=10s count=6
$NAME/part: idle=32s interval=10s count=6
$NAME/part/inner: idle=33s interval=10s count=6"
	cgroup detach --all
	run -125 cgroup attach "$BATS_TEST_TMPDIR"
	await 5 nothing_left
}

@test "list: groups that cannot be read, for want of descriptors, are warned of" {
	local deep=$GROUP

	for _ in {1..40}; do
		deep=$deep/d
	done
	mkdir -p "$deep"
	run there sh -c 'ulimit -n 40 && exec "$1" cgroup list' sh "$KEEPALIVE"
	assert_output --partial "the control groups there cannot be read: Too many open files"
}

@test "attach in another PID namespace: open sockets in this network namespace too, and a warning of what it cannot see" {
	in_group python3 "$TESTS/programs/talk.py" pairs 2
	local process=$!
	await 15 has_connections $process 4
	run -0 there unshare -pf --mount-proc "$KEEPALIVE" cgroup attach --mode=force --idle=44 "$NAME"
	assert_output --partial "keepalive: warning: 1 of the group's processes is in a PID namespace that is not visible here"
	[ -r /sys/kernel/btf/vmlinux ] || skip_as btf
	assert_equal "$(sockets $process 'keepalive=1 idle=44 ' | wc -l)" "$(sockets $process . | wc -l)"
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "attach killed at any moment: the next one works, and detach leaves nothing" {
	for delay in 0 0.002 0.004 0.006 0.008 0.01 0.012 0.014 0.016 0.018 0.02 0.025 0.03; do
		background nsenter -t "$SPACE" -m -n "$KEEPALIVE" cgroup attach --mode=force "$NAME"
		sleep $delay
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
	cgroup attach --idle=31 "$NAME"
	run -0 listed
	assert_output "$NAME: idle=31s interval=10s count=6"
	cgroup detach "$NAME"
	await 5 nothing_left
}

# calls FILE: which calls of bpf(2) attach or pin, counted from 1, in this output of strace.
calls() {
	grep 'bpf(' "$1" | grep -nE 'BPF_LINK_CREATE|BPF_LINK_UPDATE|BPF_OBJ_PIN' | cut -d : -f 1
}

@test "attach killed between two programs: list says half attached; detach, and another attach, mend it" {
	local number half=0 trace=$BATS_TEST_TMPDIR/trace

	require strace
	there strace -qq -o "$trace" -e trace=bpf "$KEEPALIVE" cgroup attach --mode=force "$NAME" || skip_as tracing
	cgroup detach "$NAME"
	for number in $(calls "$trace"); do
		there strace -qq -o "$trace" -e trace=bpf -e inject=bpf:signal=KILL:when="$number" \
			"$KEEPALIVE" cgroup attach --mode=force "$NAME" || true
		run -0 listed
		[ -n "$output" ] || { cgroup detach "$NAME" || true; } 2>/dev/null
		[ -n "$output" ] || continue
		[[ $output == "$NAME: idle=60s interval=10s count=6 mode=force"* ]]
		[[ $output == *" (half attached, without "*"sock_ops: attach again, or detach)" ]] || continue
		half=$((half + 1))
		[ $((half % 2)) = 0 ] || cgroup detach "$NAME"
		cgroup attach --idle=31 "$NAME"
		run -0 listed
		assert_output "$NAME: idle=31s interval=10s count=6"
		cgroup detach "$NAME"
		run -0 listed
		assert_output ''
	done
	[ $half -ge 2 ]
	cgroup attach --idle=31 "$NAME"
	there rm "/sys/fs/bpf/keepalive-shim/$(stat -c %i "$GROUP")/connect4"
	run -0 cgroup list --json
	assert_output --partial '"missing": ["connect4"]'
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "several attach at once: the settings of one of them apply, as a whole" {
	local pids=()

	for idle in 11 12 13 14 15 16; do
		background nsenter -t "$SPACE" -m -n "$KEEPALIVE" cgroup attach --idle=$idle "$NAME"
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	run -0 listed
	assert_output --regexp "^$NAME: idle=1[1-6]s interval=10s count=6\$"
	local idle=${output#*idle=}
	in_group python3 "$TESTS/programs/talk.py" pairs 2
	await 15 sockets $! "state=ESTABLISHED.* keepalive=1 idle=${idle%%s*} "
	[ "$(sockets $! "idle=${idle%%s*} " | wc -l)" -ge 3 ]
	cgroup detach "$NAME"
	await 5 nothing_left
}

@test "after detach the kernel has no program and no map of ours" {
	local before

	before=$(objects)
	cgroup attach --mode=force "$NAME"
	[ "$(objects)" -gt "$before" ]
	cgroup detach "$NAME"
	await 30 no_more_than "$before"
}

@test "check PID: an outer group that forces wins over an inner one and over a preload" {
	mkdir "$GROUP/inner"
	cgroup attach --idle=100 --mode=force "$NAME"
	cgroup attach --idle=50 "$NAME/inner"
	in_group sh -c 'echo $$ >"$1/inner/cgroup.procs" && exec sleep 60' sh "$GROUP"
	inner=$!
	in_group env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=22 sleep 60
	preloaded=$!
	await 5 grep -q sleep "/proc/$inner/comm"
	await 5 grep -q sleep "/proc/$preloaded/comm"
	for process in $inner $preloaded; do
		run -0 there "$KEEPALIVE" check "$process"
		assert_output "$process: yes, by its control group $NAME, idle=100s interval=10s count=6 mode=force"
	done
	cgroup attach --idle=100 "$NAME"
	run -0 there "$KEEPALIVE" check $inner
	assert_output "$inner: yes, by its control group $NAME/inner, idle=50s interval=10s count=6"
	run -0 there "$KEEPALIVE" check $preloaded
	assert_line --index 0 "$preloaded: yes, by preload, idle=22s interval=10s count=6"
}

@test "check PID: by its control group, with which settings; no longer after detach" {
	mkdir "$GROUP/inner"
	in_group sleep 1000
	local process=$!
	await 5 grep -q sleep "/proc/$process/comm"
	echo $process >"$GROUP/inner/cgroup.procs"
	cgroup attach --idle=35 --rule='peer=10.0.0.0/8 off' "$NAME"
	run -0 there "$KEEPALIVE" check $process
	assert_output "$process: yes, by its control group $NAME, idle=35s interval=10s count=6, and 1 rule"
	run -0 there "$KEEPALIVE" check --json $process
	assert_output --partial '"effect": "yes", "by": "cgroup", "group": "'"$NAME"'"'
	cgroup attach --idle=36 "$NAME/inner"
	run -0 there "$KEEPALIVE" check $process
	assert_output "$process: yes, by its control group $NAME/inner, idle=36s interval=10s count=6"
	cgroup detach "$NAME/inner"
	cgroup attach --rule=off "$NAME"
	run -1 there "$KEEPALIVE" check $process
	cgroup detach "$NAME"
	run -1 there "$KEEPALIVE" check $process
	assert_output --partial "the library is not loaded in it"
}

@test "random settings: what the parser accepts, the kernel takes" {
	run -0 there python3 "$TESTS/cgroup/random-rules.py" "${FUZZ_SETS:-50}" "$RANDOM" "$KEEPALIVE" cgroup pin /sys/fs/bpf
	assert_output --regexp '^[0-9]+ sets$'
}
