# Random calls with and without the shim: each result, errno, descriptor flag and byte is the same (stress.sh).
# Environment: STRESS_SECONDS, for how long (10, or 120 in scripts/test --suites); STRESS_SEED, the first seed (a random one).

load ../helpers
load ../kernels/emulated

SECONDS_EACH=${STRESS_SECONDS:-$([ "${THOROUGH-}" ] && echo 120 || echo 10)}
SEED=${STRESS_SEED:-$((RANDOM * 32768 + RANDOM))}

@test "random calls with bad pointers, moved and shared descriptors: the same with eight settings as without the shim" {
	local -a alone=()

	# shellcheck disable=SC2016
	! unshare -rn true 2>/dev/null || alone=(unshare -rn sh -c 'ip link set lo up && exec "$@"' sh)
	run "${alone[@]}" sh "$TESTS/harm/stress.sh" "$SECONDS_EACH" "$SEED" "$SHIM" "$PROGRAMS"
	sed 's/^/# /' <<<"$output" >&3
	assert_success
}

# In an emulated machine with a kernel that runs both: under qemu-i386 a child of this program sometimes vanishes, with
# or without the shim.
@test "the same on i386" {
	local libc=/usr/i686-linux-gnu/lib built=$BUILD/i386

	emulation_or_skip
	require i686-linux-gnu-gcc
	make -s -C "$REPOSITORY" BUILD="$built" ARCH=i386 "$built/libkeepalive-shim.so" "$built/tests/stress" "$built/tests/armed"
	BOOT_SECONDS=$((SECONDS_EACH + 600)) boot bookworm "$built/libkeepalive-shim.so" "$built/tests/stress" "$built/tests/armed" \
		"$libc/ld-linux.so.2" "$libc/libc.so.6" "$TESTS/harm/stress.sh" -- \
		"sh stress.sh $SECONDS_EACH $SEED /here/libkeepalive-shim.so /here ./ld-linux.so.2 --library-path /here"
	sed 's/^/# /' <<<"$output" >&3
	assert_line --regexp "^loaded: .*keepalive=1 idle=33"
	assert_line --regexp "runs, seeds [0-9]+ to [0-9]+: 0 differ"
}
