# Other libraries in LD_PRELOAD, before and after this one.
load ../helpers
load results

LIBRARIES=/usr/lib/$(gcc -print-multiarch 2>/dev/null)

# in_both_orders OTHER [NAME=VALUE...] COMMAND...: with that library before the shim and behind it, the command's sockets
# have keepalive.
in_both_orders() {
	local other=$1 order

	[ -e "$other" ] || skip "$other is not installed"
	shift
	for order in "$other $SHIM" "$SHIM $other"; do
		run --separate-stderr timeout 60 env LD_PRELOAD="$order" "$@"
		assert_success
		assert_equal "$stderr" ""
		assert_line "listener $DEFAULTS user_timeout=$USER_TIMEOUT"
		assert_line "client $DEFAULTS user_timeout=$USER_TIMEOUT"
		assert_line "server $DEFAULTS user_timeout=$USER_TIMEOUT"
		assert_line "errno unchanged"
	done
}

setup() {
	USER_TIMEOUT=0
	# Many threads, allocations and connections in one process.
	cat >"$BATS_TEST_TMPDIR/threads.py" <<-'PYTHON'
		import os, socket, subprocess, sys, threading, time
		def work():
		    for i in range(50):
		        socket.create_connection(listener.getsockname()).recv(1)
		listener = socket.create_server(("127.0.0.1", 0), backlog=100)
		threads = [threading.Thread(target=work) for i in range(8)]
		[thread.start() for thread in threads]
		for i in range(8 * 50):
		    accepted = listener.accept()[0]
		    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
		    accepted.close()
		[thread.join() for thread in threads]
		print(time.strftime("%Y"))
		sys.stdout.flush()
		os.execv(sys.argv[1], sys.argv[1:])
	PYTHON
}

@test "jemalloc, in either order" {
	world "jemalloc, before and after it" "$(getconf GNU_LIBC_VERSION)"
	in_both_orders "$LIBRARIES/libjemalloc.so.2" \
		python3 "$BATS_TEST_TMPDIR/threads.py" "$PROGRAMS/loopback"
	works "keepalive on every socket"
}

@test "tcmalloc, in either order" {
	world "tcmalloc, before and after it" "$(getconf GNU_LIBC_VERSION)"
	in_both_orders "$LIBRARIES/libtcmalloc_minimal.so.4" \
		python3 "$BATS_TEST_TMPDIR/threads.py" "$PROGRAMS/loopback"
	works "keepalive on every socket"
}

@test "libfaketime, in either order: the program has its time and its keepalive" {
	world "libfaketime, before and after it" "$(getconf GNU_LIBC_VERSION)"
	in_both_orders "$LIBRARIES/faketime/libfaketime.so.1" FAKETIME='@2001-01-01 00:00:00' \
		python3 "$BATS_TEST_TMPDIR/threads.py" "$PROGRAMS/loopback"
	assert_line 2001
	works "keepalive on every socket, and the time asked for"
}

@test "mptcpize's library, in either order: MPTCP sockets with keepalive" {
	local wrap=$LIBRARIES/mptcpize/libmptcpwrap.so.0

	world "mptcpize, before and after it" "$(getconf GNU_LIBC_VERSION)"
	require_mptcp
	USER_TIMEOUT=-1 # MPTCP lacks this option, which shows that these sockets are MPTCP
	in_both_orders "$wrap" "$PROGRAMS/loopback"
	works "MPTCP sockets with keepalive"
}
