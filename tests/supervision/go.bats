# keepalive run with real Go programs: static and with cgo, client and server.
load ../helpers
load ../outside

setup_file() {
	command -v go >/dev/null || return 0
	compile_go 0 "$BATS_FILE_TMPDIR/talk" "$TESTS/programs/talk.go"
	compile_go 1 "$BATS_FILE_TMPDIR/talk-cgo" "$TESTS/programs/talk.go"
}

# supervised PROGRAM ON|OFF [OPTION...]: starts it in the background; returns when it has its sockets. Its pid is in $pid.
supervised() {
	require go
	background "$KEEPALIVE" run "${@:3}" "$BATS_FILE_TMPDIR/$1" "$2"
	pid=$!
	await 15 has_connections "$pid" 2
}

# assert_well: the program sends data over its connection, and reports that it arrived.
assert_well() {
	kill -USR1 "$pid"
	await 15 grep -q '^well' "/proc/$pid/comm"
}

@test "client, server and listener have keepalive" {
	for program in talk talk-cgo; do
		supervised $program off
		assert_equal "$(sockets "$pid" "$DEFAULTS" | wc -l)" 3
		assert_well
	done
}

@test "respect: what Go sets on connections stays; force: ours replace it" {
	for program in talk talk-cgo; do
		supervised $program on
		assert_equal "$(sockets "$pid" "state=ESTABLISHED .* idle=15 interval=15 count=[69] " | wc -l)" 2
		assert_equal "$(sockets "$pid" "state=LISTEN .* $DEFAULTS" | wc -l)" 1
		assert_well
		supervised $program on --mode=force
		assert_equal "$(sockets "$pid" "$DEFAULTS" | wc -l)" 3
		assert_well
	done
}

@test "roles and ports" {
	supervised talk off --role=server
	assert_equal "$(sockets "$pid" "$DEFAULTS" | wc -l)" 2
	assert_equal "$(sockets "$pid" "$UNTOUCHED" | wc -l)" 1
	supervised talk off --rule='role=client port=1-65535 idle=44'
	assert_equal "$(sockets "$pid" "ESTABLISHED .* keepalive=1 idle=44" | wc -l)" 1
	assert_equal "$(sockets "$pid" "$DEFAULTS" | wc -l)" 2
	assert_well
}

@test "check recognises Go before it runs and while it does" {
	require go
	run -1 "$KEEPALIVE" check "$BATS_FILE_TMPDIR/talk"
	assert_line --partial "static Go program"
	assert_line --partial "mode=force"
	run -1 "$KEEPALIVE" check "$BATS_FILE_TMPDIR/talk-cgo"
	assert_line --partial "Go program"
	supervised talk off
	run -0 "$KEEPALIVE" check "$pid"
	assert_line --partial "yes, by supervision"
	assert_line --partial "mode=force"
	background "$BATS_FILE_TMPDIR/talk" off
	await 5 grep -qx talk "/proc/$!/comm"
	run -1 "$KEEPALIVE" check $!
	assert_line --partial "static Go program"
}

@test "stripped Go programs are recognised" {
	require go strip
	cp "$BATS_FILE_TMPDIR/talk-cgo" "$BATS_FILE_TMPDIR/talk" "$BATS_TEST_TMPDIR"
	for program in talk talk-cgo; do
		strip "$BATS_TEST_TMPDIR/$program"
		run -1 "$KEEPALIVE" check "$BATS_TEST_TMPDIR/$program"
		assert_line --partial "Go program"
	done
}

@test "Go's signals and exit are its own" {
	supervised talk off
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	assert_equal "$status" 143
}
