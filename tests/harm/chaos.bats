# Random calls on random sockets: each returns what it returns without the shim, and each socket has the options that
# the manual describes. A failure prints the seed, with which tests/programs/chaos.py makes the same calls again.

load ../helpers

CALLS=300

# chaos SEED [NAME=VALUE...]: makes the calls of this seed with the shim and these settings, and compares.
chaos() {
	local seed=$1

	shift
	[ -f "$BATS_TEST_TMPDIR/$seed" ] || python3 "$TESTS/programs/chaos.py" "$seed" "$CALLS" >"$BATS_TEST_TMPDIR/$seed"
	shimmed "$@" python3 "$TESTS/programs/chaos.py" "$seed" "$CALLS" >"$BATS_TEST_TMPDIR/with" 2>"$BATS_TEST_TMPDIR/looks" ||
		fail "seed $seed, $*: $(cat "$BATS_TEST_TMPDIR/looks")"
	diff "$BATS_TEST_TMPDIR/$seed" "$BATS_TEST_TMPDIR/with" || fail "seed $seed, $*: another result"
	looks=$((looks + $(sed 's/ looks$//' "$BATS_TEST_TMPDIR/looks")))
}

@test "random calls: results as without the shim, options as the manual says" {
	local seed looks=0 accepted

	for seed in 1 2; do
		chaos "$seed" KEEPALIVE_SHIM_IDLE=50
		chaos "$seed" KEEPALIVE_SHIM_ROLE=client
		chaos "$seed" KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_USER_TIMEOUT=auto
		chaos "$seed" KEEPALIVE_SHIM_MODE=force
		chaos "$seed" KEEPALIVE_SHIM_RULES='role=server idle=20; role=client idle=30'
		chaos "$seed" KEEPALIVE_SHIM_RULES='role=server idle=20 count=kernel; role=client off'
		chaos "$seed" KEEPALIVE_SHIM_RULES='peer=127.0.0.2 off; peer=127.0.0.3 idle=33 mode=force;
			peer=::1 count=9; role=server idle=21'
		chaos "$seed" KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.2 idle=31; port=1-65535 idle=32'
		chaos "$seed" KEEPALIVE_SHIM_RULES='role=server port=1-32767 idle=22; role=server peer=127.0.0.1 interval=5;
			role=server peer=::1 off'
		chaos "$seed" KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_INTERVAL=kernel \
			KEEPALIVE_SHIM_RULES='role=server off; peer=127.0.0.0/8 mode=respect idle=40'
		chaos "$seed" KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" KEEPALIVE_SHIM_RULES='role=server mode=force; idle=12'
	done
	accepted=$(cat "$BATS_TEST_TMPDIR"/[12] | grep -Ec '^accept4? [0-9]')
	echo "# $looks sockets checked; $accepted connections accepted without the shim" >&3
	[ "$looks" -gt 20000 ]
	[ "$accepted" -gt 5 ]
}
