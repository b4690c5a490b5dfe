# Start-up: the shim works for whatever calls it first (another library's constructor, sixteen threads, a call from
# within its own set-up), and nothing waits for ever.

load helpers

setup_file() {
	local name

	require cc
	make -s -C "$REPOSITORY" fixtures
	for name in early race recursion behind; do
		cc -shared -fPIC -O1 -D_GNU_SOURCE -pthread -o "$BATS_FILE_TMPDIR/lib$name.so" \
			"$TESTS/programs/libraries/$name.c"
	done
	echo 'int main(void) { return 0; }' |
		cc -x c - -o "$BATS_FILE_TMPDIR/depends" -L "$BATS_FILE_TMPDIR" \
			-Wl,--no-as-needed,-rpath,"$BATS_FILE_TMPDIR" -learly
}

@test "a library's constructor that opens sockets before ours ran: no crash, and they have keepalive" {
	run shimmed "$BATS_FILE_TMPDIR/depends"
	assert_success
	assert_output "early: 60 60 60"
	run env LD_PRELOAD="$SHIM:$BATS_FILE_TMPDIR/libearly.so" KEEPALIVE_SHIM_IDLE=7 KEEPALIVE_SHIM_INTERVAL=3 true
	assert_success
	assert_output "early: 7 7 7"
	run env LD_PRELOAD="$BATS_FILE_TMPDIR/libearly.so:$SHIM" KEEPALIVE_SHIM_RULES='role=server idle=50' true
	assert_success
	assert_output "early: 50 60 50"
}

@test "started without descriptor 0, which a library's constructor makes a client's socket: it is one, not inetd's" {
	local order first=$BATS_TEST_TMPDIR/libfirst.so

	cc -shared -fPIC -w -o "$first" -x c - <<-'END'
		#include <sys/socket.h>
		__attribute__((constructor)) static void load(void) { socket(AF_INET, SOCK_STREAM, 0); }
	END
	for order in "$SHIM:$first" "$first:$SHIM"; do
		run bash -c 'exec env LD_PRELOAD="$1" KEEPALIVE_SHIM_ROLE=client "$2" 0 <&-' sh "$order" "$PROGRAMS/values-of"
		assert_output --partial "0 $DEFAULTS"
	done
}

@test "a bad value, and a constructor that opens sockets before ours ran: one message, and the default" {
	run shimmed KEEPALIVE_SHIM_IDLE=soon "$BATS_FILE_TMPDIR/depends"
	assert_success
	assert_line "early: 60 60 60"
	assert_equal "$(grep -c KEEPALIVE_SHIM_IDLE <<<"$output")" 1
}

@test "16 threads race for the first call, 50 starts: each socket has keepalive" {
	local started=0

	# This library's constructor runs before the shim's, so its threads race to start the shim's set-up.
	while [ "$started" -lt 50 ]; do
		LD_PRELOAD="$SHIM:$BATS_FILE_TMPDIR/librace.so" KEEPALIVE_SHIM_RULES='peer=10.0.0.1 off' /bin/true
		started=$((started + 1))
	done
	run env LD_PRELOAD="$BATS_FILE_TMPDIR/librace.so" true
	assert_failure 1 # without the shim: shows that the check above can fail
}

@test "set-up that comes back into a hook neither recurses for ever nor deadlocks" {
	local order

	for order in "$SHIM:$BATS_FILE_TMPDIR/librecursion.so" "$BATS_FILE_TMPDIR/librecursion.so:$SHIM"; do
		run timeout 20 env LD_PRELOAD="$order" "$PROGRAMS/armed"
		assert_success
		assert_output --regexp "^fd=[0-9]+ keepalive=1 idle=60 interval=10 count=6$"
	done
}

@test "clearenv() after the start: the settings stay, also for the first socket" {
	run shimmed KEEPALIVE_SHIM_IDLE=33 "$PROGRAMS/armed" clearenv socket
	assert_output --partial "keepalive=1 idle=33"
	run shimmed KEEPALIVE_SHIM=off "$PROGRAMS/armed" clearenv socket
	assert_output --partial "keepalive=0 idle=7200"
}

@test "a library loaded later makes sockets with keepalive; loading the shim itself does no harm" {
	run shimmed "$PROGRAMS/armed" "dlopen=$BATS_FILE_TMPDIR/libearly.so" socket
	assert_success
	assert_line "early: 60 60 60"
	run "$PROGRAMS/armed" "dlopen=$SHIM" socket "dlopen=$BATS_FILE_TMPDIR/libearly.so"
	assert_success
	assert_line --regexp '^fd=[0-9]+ keepalive=0'
	assert_line --regexp '^early: '
	cp "$SHIM" "$BATS_TEST_TMPDIR/copy.so"
	run shimmed "$PROGRAMS/armed" "dlopen=$BATS_TEST_TMPDIR/copy.so" socket
	assert_success
	assert_output --partial "keepalive=1 idle=60"
}

@test "only symbols that every C library has are looked up" {
	require_glibc
	run env LD_DEBUG=symbols LD_PRELOAD="$SHIM" "$PROGRAMS/armed"
	# The lookups during the shim's constructor, without the loader's own (_dl_).
	assert_equal "$(sed -n '/calling init:.*libkeepalive-shim/,/calling init\|initialize program/s/.*symbol=\([^;]*\);.*/\1/p' <<<"$output" |
		grep -v '^_dl_' | sort -u | xargs)" \
		"$({ hooks && xargs -n 1 <<<'__errno_location getauxval getpeername getsockname getsockopt'; } |
			sort | xargs)"
}

@test "an interposer behind the shim is not skipped" {
	local behind=$BATS_FILE_TMPDIR/libbehind.so expected

	expected=$(LD_PRELOAD="$behind" "$PROGRAMS/transcript" 2>&1 >/dev/null | grep behind)
	run grep -E 'socket [1-9][0-9]* connect [1-9][0-9]* accept [1-9][0-9]* listen [1-9]' <<<"$expected"
	assert_success
	assert_equal "$(LD_PRELOAD="$SHIM:$behind" "$PROGRAMS/transcript" 2>&1 >/dev/null | grep behind)" "$expected"
}

# stacked PRELOAD...: with each of these lists of libraries, calls have the same results as without any.
stacked() {
	local without list

	without=$("$PROGRAMS/transcript" 2>/dev/null) || true
	for list; do
		diff <(echo "$without") <(LD_PRELOAD="$list" "$PROGRAMS/transcript" 2>/dev/null)
		run env LD_PRELOAD="$list" "$PROGRAMS/armed"
		assert_output --partial "keepalive=1 idle=60 interval=10 count=6"
	done
}

@test "preloaded twice, as one file and as two: every call returns, once" {
	cp "$SHIM" "$BATS_TEST_TMPDIR/copy.so"
	stacked "$SHIM:$SHIM" "$SHIM:$BATS_TEST_TMPDIR/copy.so" \
		"$BATS_TEST_TMPDIR/copy.so:$BATS_FILE_TMPDIR/libbehind.so:$SHIM"
}

@test "preloaded twice, or before another such library: role, off and kernel as with one copy" {
	local settings list expected library

	cp "$SHIM" "$BATS_TEST_TMPDIR/copy.so"
	for settings in KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_RULES='role=server off' KEEPALIVE_SHIM_IDLE=kernel; do
		expected=$(env LD_PRELOAD="$SHIM" "$settings" "$PROGRAMS/loopback")
		for list in "$SHIM:$BATS_TEST_TMPDIR/copy.so" "$BATS_TEST_TMPDIR/copy.so:$SHIM"; do
			run env LD_PRELOAD="$list" "$settings" "$PROGRAMS/loopback"
			assert_output "$expected"
		done
	done
	library=$(find /usr/lib -name "libdontdie.so*" -print -quit)
	[ -n "$library" ] || return 0
	run env LD_PRELOAD="$SHIM:$library" DD_TCP_KEEPALIVE_TIME=99 KEEPALIVE_SHIM_RULES='role=server off' "$PROGRAMS/loopback"
	assert_line --regexp "^server $UNTOUCHED"
}

@test "before and after libkeepalive and libdontdie: it works, with our values" {
	local library found=0 order

	for library in libkeepalive.so libdontdie.so; do
		library=$(find /usr/lib -name "$library*" -print -quit)
		[ -n "$library" ] || continue
		found=$((found + 1))
		for order in "$SHIM:$library" "$library:$SHIM"; do
			# These libraries set errno and touch raw sockets themselves, so only the options are compared.
			run env LD_PRELOAD="$order" "$PROGRAMS/armed"
			assert_success
			assert_output --partial "keepalive=1 idle=60 interval=10 count=6"
			run env LD_PRELOAD="$order" "$PROGRAMS/cancel"
			assert_output "all ended"
		done
	done
	[ "$found" -gt 0 ] || skip "neither libkeepalive0 nor libdontdie0 is installed"
}
