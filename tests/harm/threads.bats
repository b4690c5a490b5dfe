# Many threads that make sockets at the same time.

load ../helpers

@test "64 threads x 10,000 sockets on the same descriptor numbers: each TCP socket has keepalive, no other" {
	run shimmed KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=20' "$PROGRAMS/threads" 64 10000
	assert_success
	assert_output "64 threads x 10000 sockets: 0 wrong"
}

@test "16 threads race for the first call, 300 starts: each socket has keepalive" {
	local started=0

	require cc
	cc -shared -fPIC -O1 -D_GNU_SOURCE -pthread -o "$BATS_TEST_TMPDIR/librace.so" \
		"$TESTS/programs/libraries/race.c"
	while [ "$started" -lt 300 ]; do
		LD_PRELOAD="$SHIM:$BATS_TEST_TMPDIR/librace.so" KEEPALIVE_SHIM_RULES='peer=10.0.0.1 off' /bin/true
		started=$((started + 1))
	done
}
