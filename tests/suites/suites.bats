# A slice of other people's test suites (scripts/test --suites runs them all): no test's result differs with the library.
load ../helpers

@test "other people's test suites: no result differs in force, by the host's file, or supervised" {
	require apt-get dpkg-source unshare
	require_root
	unshare --net --pid --fork --mount true 2>/dev/null || skip "no namespaces here"
	run nice "$TESTS/suites/run" --slice --jobs 2
	refute_line --partial DIFFERS
	assert_success
	echo "# $(tail -n 1 <<<"$output")" >&3
}
