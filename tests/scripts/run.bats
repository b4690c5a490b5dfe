#!/usr/bin/env bats
# tests/run: its counts, and that an interrupted run leaves nothing behind.

load ../helpers

# suite NAME: a bats file for tests/run, its tests on standard input.
suite() {
	SUITE=$BATS_TEST_TMPDIR/$1.bats
	sed "s/^test /@test /" >"$SUITE" # bats would take an @test here for one of its own
}

@test "passed, failed and skipped tests are counted; a failed one is named with how to run it alone" {
	suite counted <<-'TEXT'
		test "one that passes" { true; }
		test "one that fails" { false; }
		test "one that is skipped" { skip "nothing is installed"; }
	TEXT
	run -1 "$TESTS/run" "$SUITE"
	assert_line --regexp "^FAILED: .*counted: one that fails +\(alone: tests/run $SUITE\)$"
	assert_line --index -2 '1 passed, 1 failed, 1 skipped, 0 flaky'
	assert_line --index -1 '1 passed, 1 failed, 1 skipped'
	assert_line --regexp '^ +1 nothing is installed$'
	assert_line --partial '1 of 1 suites'
}

@test "a test that passes only the second time is counted as flaky" {
	suite flaky <<-TEXT
		test "one that passes the second time" { [ -e "$BATS_TEST_TMPDIR/seen" ] || ! touch "$BATS_TEST_TMPDIR/seen"; }
	TEXT
	run -0 "$TESTS/run" "$SUITE"
	assert_line --regexp '^FLAKY: .*flaky: one that passes the second time$'
	assert_line --index -2 '1 passed, 0 failed, 0 skipped, 1 flaky'
}

@test "a file may be named from the repository, from tests/ and from beside it; one that is nowhere ends the run" {
	suite here <<<'test "one" { true; }'
	cd "$BATS_TEST_TMPDIR"
	run -0 "$TESTS/run" here.bats
	cd "$REPOSITORY"
	run -0 "$TESTS/run" tests/deploy/systemd.bats supervision/container.bats
	assert_line --partial "2 of 2 suites"
	run -2 "$TESTS/run" nowhere.bats
	assert_output "run: 'nowhere.bats': neither a file here nor in $TESTS"
}

@test "a run in which no test ran fails" {
	suite none </dev/null
	run -1 "$TESTS/run" "$SUITE"
}

# interrupted PIPE: presses Ctrl-C on a terminal in which tests/run runs, its output in that pipe if PIPE is not empty.
interrupted() {
	require tmux
	suite interrupted <<-TEXT
		test "one that waits" {
			setsid sleep 1000 &
			echo \$! >"$BATS_TEST_TMPDIR/pid"
			echo "\$TMPDIR" >"$BATS_TEST_TMPDIR/place"
			sleep 1000
		}
	TEXT
	local pid place server=$BATS_TEST_TMPDIR/tmux
	tmux -S "$server" -f /dev/null new-session -d "trap : INT; env --default-signal=PIPE '$TESTS/run' '$SUITE' $1; echo \${PIPESTATUS-\$?} >'$BATS_TEST_TMPDIR/status'"
	await 30 test -s "$BATS_TEST_TMPDIR/place"
	pid=$(cat "$BATS_TEST_TMPDIR/pid") place=$(cat "$BATS_TEST_TMPDIR/place")
	tmux -S "$server" send-keys C-c
	await 15 test -s "$BATS_TEST_TMPDIR/status"
	ended() { # gone, or waiting for whoever reaps it
		! kill -0 "$pid" 2>/dev/null || grep -q '^State:.Z' "/proc/$pid/status"
	}
	await 10 ended
	await 10 test ! -e "$place"
}

@test "Ctrl-C ends what the tests started, also what left their process group, and removes the files" {
	interrupted ''
	assert_equal "$(cat "$BATS_TEST_TMPDIR/status")" 130
}

@test "Ctrl-C with the output in a pipe whose reader has ended: the same" {
	interrupted '| :'
}

@test "an option that a script does not know: it took that for a file or a group, or ran without it" {
	local script

	cd "$REPOSITORY"
	for script in scripts/{test,coverage,lint,lint-includes,files,packaging/install} tests/run tests/{fuzz,suites,sweep}/run; do
		run -2 timeout 60 $script --nonsense
		assert_output --partial 'usage: '
	done
	for script in scripts/{demo,test,install} tests/run tests/{suites,sweep}/run; do
		run -0 timeout 60 $script --help
	done
}
