# The sweep of unmodified programs: three of them in each way, and README's summary of the table.
load ../helpers

@test "a client, a server and a static program: what each has in every way agrees with check" {
	require_root
	require_unshare --net --pid --fork --mount
	require curl nc busybox
	run "$TESTS/sweep/run" --jobs 2 "busybox nc" curl nc
	assert_success
	assert_line "4 passed, 0 failed, 0 skipped"
}

@test "a program that is not in the list ends the run instead of being left out" {
	run -2 "$TESTS/sweep/run" curl nowhere
	assert_line --partial "no such program: nowhere"
}

@test "README's summary agrees with the table of programs that the sweep wrote" {
	run "$TESTS/sweep/run" --sum
	assert_success
	assert_output "$(sed -n '/^<!-- reach -->$/,/^<!-- reach -->$/{ /^<!--/d; p }' "$REPOSITORY/README.md")"
}
