# One of other people's test suites, in a few minutes (scripts/test --suites runs them all): no test's result differs with the library.
load ../helpers

@test "other people's test suites: no result differs with the library, in force, or supervised" {
	require apt-get dpkg-source unshare
	require_root
	unshare --net --pid --fork --mount true 2>/dev/null || skip "no namespaces here"
	run nice "$TESTS/suites/run" --slice curl
	refute_line --partial DIFFERS
	assert_success
	echo "# $(tail -n 1 <<<"$output")" >&3
}
