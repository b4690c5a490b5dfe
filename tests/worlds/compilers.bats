# The library built by other compilers, against other C libraries' headers: the same symbols, none of
# them strong, and the same behaviour on this machine.
load ../helpers
load results

teardown() {
	end_background
	record
	[ -z "${OURS-}" ] || rm -rf "$OURS"
}

symbols() {
	nm -D "$1" | awk '{ print $(NF - 1), $NF }' | sort
}

# holds LIBRARY: it has the symbols and the behaviour that each build must have.
holds() {
	diff <(golden_symbols) <(symbols "$1")
	run readelf -dW "$1"
	refute_output --partial NEEDED
	refute_output --partial TEXTREL
	run readelf -lW "$1"
	assert_output --partial GNU_EH_FRAME # needed to unwind a cancelled thread
	run env LD_PRELOAD="$1" KEEPALIVE_SHIM_RULES='role=server idle=20 interval=5' "$PROGRAMS/loopback"
	assert_success
	assert_output "listener keepalive=1 idle=20 interval=5 count=6 user_timeout=0
client $DEFAULTS user_timeout=0
server keepalive=1 idle=20 interval=5 count=6 user_timeout=0
errno unchanged"
}

# built_here COMPILER: the library built by a compiler of this host.
built_here() {
	require "$1"
	library_by "$1"
	holds "$BUILT/libkeepalive-shim.so"
}

# built_in SUITE: the library built by the compiler and with the headers of that release.
built_in() {
	local root

	require_root
	root=$("$TESTS/worlds/roots" "$1-build" 2>"$BATS_TEST_TMPDIR/why") || skip "$(cat "$BATS_TEST_TMPDIR/why")"
	OURS=$(mktemp -d "$root/tmp/build-XXXXXX")
	cp -r "$REPOSITORY/shim" "$REPOSITORY/Makefile" "$OURS/"
	COMPILER=$(chroot "$root" gcc -dumpfullversion)
	chroot "$root" make -s -j2 -C "/tmp/${OURS##*/}" CC=gcc BUILD=build build/libkeepalive-shim.so
	holds "$OURS/build/libkeepalive-shim.so"
}

@test "built with clang: the same symbols, the same behaviour" {
	world "built by clang" "$(getconf GNU_LIBC_VERSION)"
	built_here clang
	works "the same symbols, all weak; keepalive on every socket"
}

@test "built with musl's headers: the same symbols, the same behaviour" {
	world "built by musl-gcc" "musl"
	built_here musl-gcc
	works "the same symbols, all weak; keepalive on every socket"
}

@test "built in Debian bullseye: the same symbols, the same behaviour" {
	world "built in Debian bullseye" "glibc 2.31"
	built_in bullseye
	works "gcc $COMPILER: the same symbols, all weak; keepalive on every socket"
}

@test "built in Debian sid: the same symbols, the same behaviour" {
	world "built in Debian sid" "the newest glibc"
	built_in sid
	works "gcc $COMPILER: the same symbols, all weak; keepalive on every socket"
}
