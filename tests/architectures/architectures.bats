# The library on other architectures: cross-built, and run in programs of that architecture.
load ../helpers
load ../worlds/results

# on ARCH TRIPLET QEMU: builds for it, and defines guest, which runs a program there with the library.
on() {
	local arch=$1 triplet=$2 qemu=$3

	world "$arch" "glibc, cross"
	require "$triplet-gcc" "$triplet-nm" "$qemu"
	[ -e "/usr/$triplet/lib/libc.so.6" ] || skip "the C library of $triplet is not installed"
	WORLD_LIBC="glibc $(grep -aoPm 1 'GNU C Library.* version \K[0-9.]+[0-9]' "/usr/$triplet/lib/libc.so.6")"
	make -s -C "$REPOSITORY" ARCH="$arch" WERROR=-Werror "build/$arch/libkeepalive-shim.so" \
		"build/$arch/tests/loopback"
	CROSS=$triplet-
	OBJECT=$REPOSITORY/build/$arch/libkeepalive-shim.so
	GUESTS=$REPOSITORY/build/$arch/tests
	"${CROSS}gcc" -O1 -fexceptions -pthread -o "$GUESTS/cancel" \
		"$TESTS/architectures/programs/cancel.c"
	GUEST=("$qemu" -L "/usr/$triplet")
}

# guest [NAME=VALUE...] PROGRAM [ARGUMENT...]: runs the fixture with the library preloaded and these settings.
guest() {
	local settings=()

	while [[ $1 == *=* ]]; do
		settings+=(-E "$1")
		shift
	done
	timeout 60 "${GUEST[@]}" -E LD_PRELOAD="$OBJECT" "${settings[@]}" "$GUESTS/$1" "${@:2}"
}

# The names and kinds of the dynamic symbols, without their addresses.
symbols() {
	"${CROSS-}nm" -D "$1" | awk '{ print $(NF - 1), $NF }' | sort
}

# holds ARCH: the checks that are the same on each of them.
holds() {
	local size limit

	# Nothing of libgcc, and only weak symbols of libc: the same list as on this machine, plus two names on 32-bit
	# machines.
	diff <(golden_symbols) <(symbols "$OBJECT" | grep -vx 'T __setsockopt64\|T __prctl_time64')
	run "${CROSS}readelf" -dW "$OBJECT"
	refute_output --partial NEEDED
	refute_output --partial TEXTREL

	run --separate-stderr guest loopback
	assert_success
	assert_equal "$stderr" ""
	assert_line "listener $DEFAULTS user_timeout=0"
	assert_line "client $DEFAULTS user_timeout=0"
	assert_line "server $DEFAULTS user_timeout=0"
	assert_line "errno unchanged"

	run --separate-stderr guest KEEPALIVE_SHIM_IDLE=5x KEEPALIVE_SHIM_USER_TIMEOUT=auto \
		KEEPALIVE_SHIM_RULES='role=server idle=1h count=3; port=70000 off' loopback
	assert_success
	assert_line "listener keepalive=1 idle=3600 interval=10 count=3 user_timeout=3630000"
	assert_line "client keepalive=1 idle=60 interval=10 count=6 user_timeout=120000"
	assert_line "server keepalive=1 idle=3600 interval=10 count=3 user_timeout=3630000"
	assert_line "errno unchanged"
	[[ ${stderr_lines[0]} == "keepalive-shim: KEEPALIVE_SHIM_IDLE '5x': not a duration; "*"using 60s" ]]
	[[ $stderr == *"rule 2 'port=70000': not a port"* ]]

	run guest KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.0/8 off' KEEPALIVE_SHIM_LOG=stderr loopback
	assert_success
	assert_line --regexp 'loopback: fd [0-9]+ listener 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$'
	assert_line --regexp 'fd [0-9]+ client .*: left alone: off by rule 1$'
	assert_line --regexp '^client keepalive=0 '

	# Under qemu-i386 a thread in accept(2) cannot be cancelled, with or without the library.
	run timeout 5 "${GUEST[@]}" "$GUESTS/cancel"
	if [ "$status" = 0 ]; then
		run guest cancel
		assert_success
		assert_line "cleaned up"
		assert_line "cancelled"
	else
		echo "# $1: threads cannot be cancelled under ${GUEST[0]}, even without the library" >&3
	fi

	"${CROSS}strip" -o "$BATS_TEST_TMPDIR/stripped" "$OBJECT"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/stripped")
	echo "# $1: $size bytes stripped" >&3
	# On aarch64 a page may have 64 KiB, so the linker puts that distance between read-only and writable data.
	limit=40960
	[ "$1" != aarch64 ] || limit=81920
	[ "$size" -le "$limit" ]
	works "cross-built and run under ${GUEST[0]}: keepalive on every socket"
}

@test "aarch64: keepalive on every socket, and no symbol of libgcc" {
	on aarch64 aarch64-linux-gnu qemu-aarch64
	holds aarch64
}

@test "i386: keepalive on every socket, and no symbol of libgcc" {
	on i386 i686-linux-gnu qemu-i386
	holds i386
}

@test "armhf: keepalive on every socket, and no symbol of libgcc" {
	on armhf arm-linux-gnueabihf qemu-arm
	holds armhf
}

@test "riscv64: keepalive on every socket, and no symbol of libgcc" {
	on riscv64 riscv64-linux-gnu qemu-riscv64
	holds riscv64
}

# own_values_stand: what a program with a 64-bit time_t sets stays; its setsockopt() is __setsockopt64().
own_values_stand() {
	"${CROSS}gcc" -D_GNU_SOURCE -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 -o "$GUESTS/values64" "$TESTS/programs/values.c"
	"${CROSS}nm" -D "$GUESTS/values64" | grep -q ' U __setsockopt64' || skip "glibc before 2.34"
	# prctl() has another name there too, and filters are installed through it.
	symbols "$OBJECT" | grep -x 'T __prctl_time64'
	run guest KEEPALIVE_SHIM_RULES='role=server idle=20' values64 -l idle=200
	assert_success
	assert_line --partial "listener keepalive=1 idle=200 interval=10"
	run guest KEEPALIVE_SHIM_MODE=force values64 -s keepalive=0
	assert_success
	assert_line --partial "client $DEFAULTS"
}

@test "i386, 64-bit time: what the program sets itself stays, and does not under force" {
	on i386 i686-linux-gnu qemu-i386
	own_values_stand
}

@test "armhf, 64-bit time: what the program sets itself stays, and does not under force" {
	on armhf arm-linux-gnueabihf qemu-arm
	own_values_stand
}

@test "the command compiles without a warning for each of them" {
	local triplet found=0

	for triplet in aarch64-linux-gnu i686-linux-gnu arm-linux-gnueabihf riscv64-linux-gnu; do
		command -v "$triplet-gcc" || continue
		found=1
		find "$REPOSITORY/shim/common" "$REPOSITORY/shim/command" -name '*.c' -exec "$triplet-gcc" -fsyntax-only -std=gnu11 \
			-D_GNU_SOURCE '-DVERSION="0"' -I"$REPOSITORY/shim/common" -I"$REPOSITORY/shim/command" -Wall -Wextra -Wshadow \
			-Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wwrite-strings -Werror {} +
	done
	[ "$found" = 1 ] || skip "no cross compiler is installed"
}
