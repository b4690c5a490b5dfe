# Programs built with sanitizers, and valgrind, which bring their own allocators, intercept the same functions, and
# report errors; and the library itself built with sanitizers.
load ../helpers
load results

setup() {
	WORLDS=$BUILD/worlds
	mkdir -p "$WORLDS"
}

# host COMPILER SANITIZERS SOURCE: builds the program with these sanitizers; its path is in $HOST.
host() {
	require "$1"
	HOST=$WORLDS/${3##*/}-$1-$2
	"$1" -D_GNU_SOURCE -O1 -g -fsanitize="$2" -pthread -o "$HOST" "$3" ||
		skip_as sanitizers
}

# instrumented SANITIZERS: builds the library with these by gcc, linked to the C library; its path is in $INSTRUMENTED.
instrumented() {
	local sources=("$REPOSITORY"/shim/common/*.c)

	INSTRUMENTED=$WORLDS/libkeepalive-shim-$1.so
	for source in "$REPOSITORY"/shim/preload/*.c; do
		[ "${source##*/}" = freestanding.c ] || sources+=("$source")
	done
	gcc -std=gnu11 -D_GNU_SOURCE -DVERSION='""' -I"$REPOSITORY/shim/common" -O1 -g -fPIC -shared \
		-fvisibility=hidden -fno-optimize-sibling-calls -fsanitize="$1" \
		-Wl,--version-script="$BUILD/libkeepalive-shim.map" \
		-o "$INSTRUMENTED" "${sources[@]}"
}

# serves PRELOAD PROGRAM...: all three sockets of the program have keepalive, and nothing else is printed.
serves() {
	run env LD_PRELOAD="$1" "${@:2}"
	assert_success
	assert_output "listener $DEFAULTS user_timeout=0
client $DEFAULTS user_timeout=0
server $DEFAULTS user_timeout=0
errno unchanged"
}

# Settings of every kind at once: rules by peer and port, an option restored to the kernel's value, bad values.
ALL=(KEEPALIVE_SHIM_IDLE=5x KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_MODE=force
	KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.0/8 idle=kernel user-timeout=off; peer=::1/x off; role=server peer=127.0.0.1 port=1-65535 idle=20; program=[!a]* off')

@test "a host with AddressSanitizer and UBSan: keepalive, and no finding" {
	world "ASan, UBSan" "$(getconf GNU_LIBC_VERSION)"
	host gcc address,undefined "$TESTS/programs/loopback.c"
	serves "$(gcc -print-file-name=libasan.so) $SHIM" "$HOST" # ASan requires that its library comes first
	host clang address,undefined "$TESTS/programs/loopback.c"
	serves "$SHIM" "$HOST"
	works "gcc's and clang's: keepalive on every socket, no finding"
}

@test "the library built with AddressSanitizer and UBSan: no finding with any settings" {
	world "the library built with ASan, UBSan" "$(getconf GNU_LIBC_VERSION)"
	host gcc address,undefined "$TESTS/programs/loopback.c"
	instrumented address,undefined
	PRELOAD="$(gcc -print-file-name=libasan.so) $INSTRUMENTED"

	serves "$PRELOAD" "$HOST"
	run --separate-stderr env LD_PRELOAD="$PRELOAD" UBSAN_OPTIONS=halt_on_error=1 "${ALL[@]}" \
		KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" "$HOST"
	assert_success
	assert_line "client keepalive=1 idle=7200 interval=10 count=6 user_timeout=0"
	assert_line "server keepalive=1 idle=20 interval=10 count=6 user_timeout=80000"
	refute [ "$(grep -vc '^keepalive-shim: ' <<<"$stderr")" -gt 0 ]
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" 3
	works "no finding"
}

@test "64 threads x 10,000 sockets under ThreadSanitizer: each has keepalive, and no race" {
	world TSan "$(getconf GNU_LIBC_VERSION)"
	host gcc thread "$TESTS/worlds/programs/many_sockets.c"
	run env LD_PRELOAD="$SHIM" "$HOST" 64 10000
	assert_success
	assert_output "640000 of 640000"
	works "64 threads x 10,000 sockets: each has keepalive, no finding"
}

@test "the library built with ThreadSanitizer: threads that make and close sockets have no data race" {
	world "the library built with TSan" "$(getconf GNU_LIBC_VERSION)"
	host gcc thread "$TESTS/worlds/programs/many_sockets.c"
	instrumented thread
	run env LD_PRELOAD="$INSTRUMENTED" KEEPALIVE_SHIM_LOG=/dev/null "$HOST" 16 500
	assert_success
	assert_output "8000 of 8000"
	works "no finding"
}

@test "valgrind finds nothing with the library that it does not find without it" {
	world "valgrind memcheck" "$(getconf GNU_LIBC_VERSION)"
	require valgrind
	serves "$SHIM" valgrind -q --leak-check=full --show-leak-kinds=all --error-exitcode=9 \
		"$PROGRAMS/loopback"
	run --separate-stderr env LD_PRELOAD="$SHIM" "${ALL[@]}" KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" \
		valgrind -q --leak-check=full --show-leak-kinds=all --error-exitcode=9 "$PROGRAMS/loopback"
	assert_success
	assert_line "server keepalive=1 idle=20 interval=10 count=6 user_timeout=80000"
	refute [ "$(grep -vc '^keepalive-shim: ' <<<"$stderr")" -gt 0 ]
	works "keepalive on every socket, no finding"
}
