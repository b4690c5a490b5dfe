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
	cat >"$BATS_TEST_TMPDIR/difference.suite" <<'END'
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
PYTHON
}
END
	run "$TESTS/suites/run" "$BATS_TEST_TMPDIR/difference.suite"
	rm -rf "$BUILD/suites/difference"
	assert_failure
	assert_line "0 passed, 1 failed, 0 skipped"
	assert_line --partial "bare: 2 pass, 0 fail, 0 skip"
	assert_equal "$(grep -c 'DIFFERS [a-z]*: off: pass, and fail' <<<"$output")" 4
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
