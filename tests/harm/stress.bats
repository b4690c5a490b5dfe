# Random calls with and without the shim: each result, errno, flag and byte is the same.
# STRESS_SECONDS (20): for how long; STRESS_SEED: where to begin.

load ../helpers

@test "random calls with bad pointers, moved and shared descriptors: the same with eight settings as without the shim" {
	local seed=${STRESS_SEED:-$((RANDOM * 32768 + RANDOM))} end=$((SECONDS + ${STRESS_SECONDS:-20})) runs=0 settings
	local log=$BATS_TEST_TMPDIR/log

	echo "# from seed $seed" >&3
	while [ "$SECONDS" -lt "$end" ]; do
		"$PROGRAMS/stress" "$seed" 1500 >"$BATS_TEST_TMPDIR/without"
		for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM=off KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=client \
			KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 idle=20; off' KEEPALIVE_SHIM_LOG="$log" \
			KEEPALIVE_SHIM_RULES='role=server port=1-65535 off; role=client idle=kernel' \
			'KEEPALIVE_SHIM_RULES=role=server peer=127.0.0.1 user-timeout=auto mode=force'; do
			shimmed "$settings" "$PROGRAMS/stress" "$seed" 1500 >"$BATS_TEST_TMPDIR/with"
			diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with" || fail "seed $seed, $settings"
			runs=$((runs + 1))
		done
		: >"$log"
		seed=$((seed + 1))
	done
	echo "# $runs runs, to seed $((seed - 1))" >&3
}
