# What the library costs: one system call for each option that is set, none for anything else. Counted, so that the
# figures do not depend on the machine's load: tests/programs/counts.py.
load helpers

COST=$PROGRAMS/cost
EVERYTHING=(tcp connect listen accept accept accept accept accept accept accept accept accept accept
	accept4 udp netlink unix nodelay)

# added calls|instructions [NAME=VALUE...] -- [OPTION...] COUNT OPERATION...: what the shim adds to each operation.
# Sockets that an operation needs are made before it; what that costs is listed as "between".
added() {
	local what=$1 settings=()

	shift
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	python3 "$TESTS/programs/counts.py" "$what" "$SHIM" "${settings[@]}" -- "$COST" "$@"
}

# calls ...: the same, without the calls for loading the library, which have a test of their own.
calls() {
	added calls "$@" | grep -v '^load '
}

# at_most LIMIT NAME: in $output, the line "NAME +N" has an N of at most LIMIT.
at_most() {
	local number

	number=$(sed -n "s/^$2 +//p" <<<"$output")
	echo "# $2: $number, at most $1" >&3
	[ -n "$number" ] && [ "$number" -le "$1" ]
}

@test "a TCP socket takes four system calls more; connect, listen and 1000 accepts none, nor does anything else" {
	require strace python3
	run -0 calls -- 100 "${EVERYTHING[@]}"
	# between: the sockets for connect and listen, one listener, and the socket for nodelay
	assert_output 'between setsockopt +808
tcp setsockopt +400'
}

@test "IPv6 sockets take four system calls more, raw sockets none" {
	require strace python3
	require_root
	require_ipv6
	run -0 calls -- 100 tcp6 raw
	assert_output 'tcp6 setsockopt +400'
}

@test "an option left to the kernel takes no system call, each further option takes one" {
	require strace python3
	run -0 calls KEEPALIVE_SHIM_COUNT=kernel -- 100 tcp
	assert_output 'tcp setsockopt +300'
	run -0 calls KEEPALIVE_SHIM_IDLE=kernel KEEPALIVE_SHIM_INTERVAL=kernel KEEPALIVE_SHIM_COUNT=kernel \
		-- 100 tcp
	assert_output 'tcp setsockopt +100'
	run -0 calls KEEPALIVE_SHIM_USER_TIMEOUT=auto -- 100 tcp
	assert_output 'tcp setsockopt +500'
	run -0 calls KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_RTO_MAX=5s -- 100 tcp
	assert_output 'tcp setsockopt +600'
}

@test "at load the library looks at descriptors 0 to 2, uses no network, and keeps no descriptor" {
	require strace python3
	run -0 added calls -- 1 null
	echo "# $(tr '\n' ' ' <<<"$output")" >&3
	assert_line 'load statx +3'
	# It opens the library and tries to open /etc/keepalive-shim.conf, which does not exist: no further call for that.
	assert_equal "$(sed -n 's/^load open\(at\)* +//p' <<<"$output" | awk '{ sum += $1 } END { print sum }')" 2
	assert_line 'load close +1'
	# All other calls are the loader's (musl's calls fcntl() for close-on-exec).
	refute_line --regexp '^load (brk|munmap|socket|connect|setsockopt|getsockopt|getsockname|getpeername|ioctl)'
	refute_line --regexp '^load fcntl \+([2-9]|1.)'
	refute_line --regexp '^(null|between)'
	run -0 added calls KEEPALIVE_SHIM=off -- 100 null tcp
	refute_line --regexp 'sockopt|statx|openat \+2'
}

@test "role=server: a client's sockets take no system call more, a listener four" {
	require strace python3
	run -0 calls KEEPALIVE_SHIM_ROLE=server -- 100 tcp connect listen accept accept4
	# between: the listener of accept
	assert_output 'between setsockopt +4
listen setsockopt +400'
}

@test "listen() corrects values for which server rules differ, and accept() needs no system call" {
	require strace python3
	run -0 calls KEEPALIVE_SHIM_RULES='role=server idle=30 count=3' -- 100 listen accept accept4
	assert_output 'between setsockopt +406
listen setsockopt +200'
}

@test "rules that never match: accept asks for the peer, connect only if the address is not on the stack" {
	require strace python3
	run -0 calls KEEPALIVE_SHIM_RULES='role=client peer=10.0.0.0/8 idle=30; role=client port=1 off' \
		-- 100 connect accept accept4 listen udp unix
	assert_output 'between setsockopt +804'
	run -0 calls KEEPALIVE_SHIM_RULES='role=client peer=10.0.0.0/8 idle=30' -- 100 connect_static
	assert_output 'between setsockopt +400
connect_static getpeername +100'
	run -0 calls KEEPALIVE_SHIM_RULES='role=server peer=10.0.0.0/8 idle=30' -- 100 connect accept accept4
	assert_output 'accept getpeername +100
accept4 getpeername +100
between setsockopt +404'
}

@test "rules that name peers: only sockets whose values change take further system calls" {
	require strace python3
	local rules='peer=127.0.0.2 idle=30; peer=127.0.0.3 idle=30 interval=5 count=3; peer=127.0.0.4 idle=60'

	run -0 calls KEEPALIVE_SHIM_RULES="$rules" -- -a 127.0.0.2 100 connect accept
	assert_output 'accept getpeername +100
accept setsockopt +100
between setsockopt +404
connect setsockopt +100'
	run -0 calls KEEPALIVE_SHIM_RULES="$rules" -- -a 127.0.0.3 100 connect accept
	assert_output 'accept getpeername +100
accept setsockopt +300
between setsockopt +404
connect setsockopt +300'
	run -0 calls KEEPALIVE_SHIM_RULES="$rules" -- -a 127.0.0.4 100 connect accept
	assert_output 'accept getpeername +100
between setsockopt +404' # the socket already has the rule's values
}

@test "a second connect() to learn the outcome, as in HAProxy, takes none; one to another peer is examined" {
	require strace python3
	local program='import errno, select, socket
server = socket.create_server(("127.0.0.1", 0))
for _ in range(10):
    client = socket.socket()
    client.setblocking(False)
    assert client.connect_ex(server.getsockname()) in (0, errno.EINPROGRESS)
    select.select([], [client], [])
    assert client.connect_ex(server.getsockname()) in (0, errno.EISCONN)'

	strace -qq -e trace=getsockopt -o "$BATS_TEST_TMPDIR/calls" -E LD_PRELOAD="$SHIM" python3 -c "$program"
	refute grep -q KEEP "$BATS_TEST_TMPDIR/calls"
}

@test "the program's own setsockopt: none with respect, one to undo it with force" {
	require strace python3
	run -0 calls -- 100 nodelay own
	assert_output 'between setsockopt +4'
	run -0 calls KEEPALIVE_SHIM_MODE=force -- 100 nodelay own
	assert_output 'between setsockopt +4
own setsockopt +100'
}

@test "user-space instructions of each hook" {
	require valgrind callgrind_annotate python3
	run -0 added instructions -- 100 tcp connect accept accept4 udp nodelay own null
	at_most 170 tcp
	at_most 115 connect
	at_most 105 accept
	at_most 110 accept4
	at_most 270 udp # both socket() and connect()
	at_most 100 nodelay
	at_most 160 own
	at_most 10 null # made by syscall(2), whose hook is a single jump
}

@test "64 rules cost less than a system call" {
	require valgrind callgrind_annotate python3
	local rules='' i

	# None matches, and each address must be compared to its end to find that out.
	for i in {1..64}; do
		rules+="peer=127.0.1.$i idle=30; "
	done
	run -0 added instructions KEEPALIVE_SHIM_RULES="$rules" -- 100 accept4 connect
	# The cheapest system call takes about 190 ns, or 1000 and more with separate page tables (KPTI); these
	# instructions take 170 ns.
	at_most 2400 accept4
	at_most 2400 connect
}

@test "at most three pages are written before the first socket, and one more for each thousand descriptors" {
	require python3 readelf
	local count log pid own=() musls=0

	# musl's loader gives what is left over at the ends of these pages to malloc(), and so writes to one more.
	! on_musl || musls=1
	for count in 0 1 1000; do
		log=$BATS_TEST_TMPDIR/$count
		background env LD_PRELOAD="$SHIM" "$COST" "$count" hold wait >"$log"
		pid=$!
		await 10 grep -q ^hold "$log"
		own+=("$(python3 "$TESTS/programs/counts.py" pages "$SHIM" "$pid")")
	done
	echo "# pages: ${own[0]} at load, ${own[1]} with a socket, ${own[2]} with a thousand" >&3
	[ "${own[0]}" -ge 1 ] # otherwise nothing was measured
	[ "${own[0]}" -le $((3 + musls)) ]
	[ "${own[1]}" -le $((4 + musls)) ]
	[ "${own[2]}" -le $((5 + musls)) ]
}
