# make bench runs to its end, and its counts are right; its times are for reading, not for tests.
load ../helpers

setup_file() {
	export BENCH_OUTPUT=$BATS_FILE_TMPDIR/output BENCH_STATUS=$BATS_FILE_TMPDIR/status
	local program

	for program in strace python3 strip readelf cc; do
		command -v "$program" >/dev/null || return 0 # setup skips each test with the reason
	done
	BENCH_QUICK=1 python3 "$TESTS/bench/bench.py" >"$BENCH_OUTPUT" 2>"$BENCH_OUTPUT.progress" 3>&-
	echo $? >"$BENCH_STATUS"
}

setup() {
	require strace python3 strip readelf cc
}

@test "the benchmark succeeds, and reports which goals are met" {
	run -0 cat "$BENCH_STATUS"
	[ "$output" = 0 ] || cat "$BENCH_OUTPUT.progress"
	assert_output 0
	run -0 cat "$BENCH_OUTPUT"
	echo "# $(grep -c '^- met:' <<<"$output") goals met, $(grep -c '^- MISSED:' <<<"$output") missed, $(grep -c '^- unsure:' <<<"$output") not decided by a quick run" >&3
	assert_line --regexp '^- met: .*system calls added: socket\(\) 4 .* connect\(\) 0 .* accept\(\) 0 '
	assert_line --regexp '^- met: .*memory written to before a socket is made'
}

@test "the table has a row for each library that is compared" {
	local row

	for row in 'no shim' 'an empty object' 'four setsockopts by hand' '\*\*keepalive-shim\*\*' \
		'keepalive run --supervise=always' 'a supervisor that makes the socket, without a check'; do
		run -0 grep -c "^| $row |" "$BUILD/bench/table.md"
		[ "$output" -ge 1 ]
	done
}

@test "if control groups can be attached to, it reports what that costs in connect() and setsockopt(), and how long it takes" {
	! grep -q "without keepalive cgroup" "$BENCH_OUTPUT.progress" || skip "$(grep "without keepalive cgroup" "$BENCH_OUTPUT.progress")"
	run -0 cat "$BENCH_OUTPUT"
	assert_line --regexp '^In the kernel, .* adds to a connect\(\) [0-9]+, [0-9]+, [0-9]+ ns .*, and -?[0-9]+ ns to each setsockopt.* attaching takes [0-9]+ ms\.$'
}

@test "the plot of growth is well-formed and has every panel" {
	run -0 python3 -c 'import sys, xml.dom.minidom as xml; print(len([text for text in
		xml.parse(sys.argv[1]).getElementsByTagName("text") if text.getAttribute("class") == "name"]))' \
		"$BUILD/bench/growth.svg"
	assert_output 5
}
