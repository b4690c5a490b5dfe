# A slice of other projects' test suites (scripts/test --suites runs them all): no test's result differs with the
# library.
load ../helpers

@test "other projects' test suites: no result differs with force, with the host's file, or supervised" {
	require apt-get dpkg-source unshare
	require_root
	require_unshare --net --pid --fork --mount
	run "$TESTS/suites/run" --slice --jobs 2
	refute_line --partial DIFFERS
	assert_success
	echo "# $(tail -n 1 <<<"$output")" >&3
}

@test "a result that differs in one way is found there, and is a failure" {
	require apt-get unshare
	require_root
	require_unshare --net --pid --fork --mount
	sed "s|COUNT|$BATS_TEST_TMPDIR/count|" >"$BATS_TEST_TMPDIR/difference.suite" <<'END'
title=Difference
packages=python3
format=plain
tests() {
	printf 'pass\tfamily\n'
	python3 - <<'PYTHON'
import socket
listener = socket.create_server(("127.0.0.1", 0))
ends = socket.create_connection(listener.getsockname()), listener.accept()[0]
on = any(end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) for end in ends)
print("fail" if on else "pass", "off", sep="\t")
# Without the library, present every other time only: a failure with it is a difference nevertheless.
with open("COUNT", "a+") as file:
    if not on:
        file.write(".")
    if on or file.tell() % 2:
        print("fail" if on else "pass", "flickers", sep="\t")
PYTHON
}
END
	run "$TESTS/suites/run" "$BATS_TEST_TMPDIR/difference.suite"
	rm -rf "$BUILD/suites/difference"
	assert_failure
	assert_line "0 passed, 1 failed, 0 skipped"
	assert_line --partial "bare: 3 pass, 0 fail, 0 skip"
	assert_equal "$(grep -c 'DIFFERS [a-z]*: off: pass, and fail' <<<"$output")" 4
	assert_equal "$(grep -c 'DIFFERS [a-z]*: flickers: pass, and fail' <<<"$output")" 4
}

@test "a suite that the library did not reach, or that was ended at its limit, is a failure" {
	require apt-get unshare
	require_root
	require_unshare --net --pid --fork --mount
	printf '%s\n' title=Unreached packages=bash format=plain 'tests() { env -u LD_PRELOAD printf "pass\tx\n"; }' \
		>"$BATS_TEST_TMPDIR/unreached.suite"
	printf '%s\n' title=Endless packages=bash format=plain limit=1 'tests() { printf "pass\tx\n"; sleep 1000; }' \
		>"$BATS_TEST_TMPDIR/endless.suite"
	run "$TESTS/suites/run" "$BATS_TEST_TMPDIR/unreached.suite" "$BATS_TEST_TMPDIR/endless.suite"
	grep -q '\*\*ended after 1 s: bare, preload, force, host, supervised\*\*' "$BUILD/suites/endless/row"
	rm -rf "$BUILD/suites/unreached" "$BUILD/suites/endless"
	assert_failure
	assert_line "0 passed, 2 failed, 0 skipped"
	assert_equal "$(grep -c 'Unreached: DIFFERS .*: the log is empty' <<<"$output")" 2
}

@test "a suite that does not exist ends the run with its name" {
	run -2 "$TESTS/suites/run" tcl nowhere
	assert_line --partial "no such suite: nowhere"
}

@test "interrupted while a suite is being prepared: no process is left" {
	require apt-get
	cat >"$BATS_TEST_TMPDIR/endless.suite" <<-END
		title=Endless
		packages=bash
		prepare() {
			sleep 1000 &
			echo \$! >"$BATS_TEST_TMPDIR/pid"
			wait
		}
	END
	background "$TESTS/suites/run" "$BATS_TEST_TMPDIR/endless.suite"
	await 20 test -s "$BATS_TEST_TMPDIR/pid"
	kill -TERM $!
	await 5 ended "$(cat "$BATS_TEST_TMPDIR/pid")"
	rm -rf "$BUILD/suites/endless"
}

ended() {
	! kill -0 "$1" 2>/dev/null
}
