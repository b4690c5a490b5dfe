# Random calls with and without the shim: each result, errno, flag and byte is the same.
# STRESS_SECONDS (20): for how long; STRESS_SEED: where to begin.

load ../helpers

# natively [NAME=VALUE...] PROGRAM [ARGUMENT...]: with the shim if there are settings, else without.
natively() {
	case $1 in
	*=*) shimmed "$@" ;;
	*) "$@" ;;
	esac
}

# emulated: the same with the library and the programs of i386; qemu-i386 answers for bad pointers as the kernel does.
emulated() {
	local -a options=()

	[[ $1 != *=* ]] || options=(-E LD_PRELOAD="$BUILD/i386/libkeepalive-shim.so")
	while [[ $1 == *=* ]]; do
		options+=(-E "$1")
		shift
	done
	qemu-i386 -L /usr/i686-linux-gnu "${options[@]}" "$@"
}

# same_with_eight_settings HOW PROGRAMS
same_with_eight_settings() {
	local how=$1 stress=$2/stress seed=${STRESS_SEED:-$((RANDOM * 32768 + RANDOM))} runs=0 settings
	local end=$((SECONDS + ${STRESS_SECONDS:-20})) log=$BATS_TEST_TMPDIR/log

	run "$how" KEEPALIVE_SHIM_IDLE=33 "$2/armed"
	assert_output --partial "keepalive=1 idle=33" # it is loaded
	echo "# from seed $seed" >&3
	while [ "$SECONDS" -lt "$end" ]; do
		"$how" "$stress" "$seed" 1500 >"$BATS_TEST_TMPDIR/without"
		grep -q '^connect -1 14$' "$BATS_TEST_TMPDIR/without" # bad pointers are refused
		for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM=off KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=client \
			KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 idle=20; off' KEEPALIVE_SHIM_LOG="$log" \
			KEEPALIVE_SHIM_RULES='role=server port=1-65535 off; role=client idle=kernel' \
			'KEEPALIVE_SHIM_RULES=role=server peer=127.0.0.1 user-timeout=auto mode=force'; do
			"$how" "$settings" "$stress" "$seed" 1500 >"$BATS_TEST_TMPDIR/with"
			diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with" || fail "seed $seed, $settings"
			runs=$((runs + 1))
		done
		: >"$log"
		seed=$((seed + 1))
	done
	echo "# $runs runs, to seed $((seed - 1))" >&3
}

@test "random calls with bad pointers, moved and shared descriptors: the same with eight settings as without the shim" {
	same_with_eight_settings natively "$PROGRAMS"
}

@test "the same on i386" {
	require i686-linux-gnu-gcc qemu-i386
	make -s -C "$REPOSITORY" BUILD="$BUILD/i386" ARCH=i386 "$BUILD/i386/libkeepalive-shim.so" "$BUILD/i386/tests/stress" \
		"$BUILD/i386/tests/armed"
	same_with_eight_settings emulated "$BUILD/i386/tests"
}
