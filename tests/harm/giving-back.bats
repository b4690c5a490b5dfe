# Options that get the kernel's values back (off, kernel): no hook opens a descriptor for that, and what the kernel
# refuses is logged.

load ../helpers

@test "a server that may no longer make sockets, and a rule that switches a peer off: its options are restored nevertheless" {
	run "$PROGRAMS/confined" prctl kill none
	[[ $output == *"status 0" ]] || skip_as filters
	run shimmed KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 off; role=server idle=20' \
		"$PROGRAMS/confined" prctl kill socket
	assert_output '1/20 0/7200 1/60 status 0'
}

@test "the last free descriptor goes to accept(): its options are restored nevertheless" {
	run shimmed KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 off' python3 -c '
import os, resource, socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
free = os.open("/dev/null", os.O_RDONLY)
os.close(free)
resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, free + 1))
accepted = server.accept()[0]
print(accepted.fileno() == free, accepted.getsockopt(1, 9), accepted.getsockopt(6, 4))'
	assert_output 'True 0 7200'
}

@test "an idle time by sysctl that no program may set: it stays as it was, and the log says so" {
	require_root
	require unshare ip
	# shellcheck disable=SC2016
	run unshare -n sh -c 'ip link set lo up && echo 86400 >/proc/sys/net/ipv4/tcp_keepalive_time &&
		exec env LD_PRELOAD="$1" KEEPALIVE_SHIM_LOG="$2" KEEPALIVE_SHIM_RULES="role=server off" "$3"' sh \
		"$SHIM" "$BATS_TEST_TMPDIR/log" "$PROGRAMS/loopback"
	assert_success
	assert_line --regexp '^server keepalive=0 idle=60'
	grep -q 'fd [0-9]*: idle refused by the kernel, errno 22' "$BATS_TEST_TMPDIR/log"
}

@test "without the sysctl files (ProcSubset=pid of systemd, a chroot): the values that a network namespace starts with" {
	require_root
	require unshare ip
	# shellcheck disable=SC2016
	run unshare -n -m -p -f sh -c 'mount -t proc -o subset=pid proc /proc && ip link set lo up &&
		exec env LD_PRELOAD="$1" KEEPALIVE_SHIM_RULES="role=server off; role=client count=kernel" "$2"' sh \
		"$SHIM" "$PROGRAMS/loopback"
	[[ $output != *mount:* ]] || skip "/proc cannot be mounted with subset=pid (Linux 5.8)"
	assert_success
	assert_line --partial "server $UNTOUCHED"
	assert_line --partial "client keepalive=1 idle=60 interval=10 count=9"
}
