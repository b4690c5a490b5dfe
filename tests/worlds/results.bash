# The rows of the table in tests/README.md, "Where it has been tried": what each test found, recorded for
# tests/worlds/table.
# shellcheck shell=bash

RESULTS=${RESULTS:-$BUILD/worlds/results}

# world NAME LIBC: the system that this test is about, a row of the table. The row reads FAILED until works is called, or
# the reason why the test was skipped.
world() {
	WORLD=$1
	WORLD_LIBC=$2
	WORLD_RESULT=FAILED
}

# works TEXT: the test passed, with this result. tests/README.md must have the row, apart from versions and other numbers.
works() {
	local row

	row=$(sed 's/[0-9][0-9.]*/N/g' <<<"| $WORLD | $1 |")
	sed -n 's/[0-9][0-9.]*/N/g; s/^| \(.*\) | .* | \(.*\) |$/| \1 | \2 |/p' "$TESTS/README.md" | grep -qxF "$row" ||
		fail "tests/README.md has no row for '$WORLD' with '$1' (tests/worlds/table prints them all)"
	WORLD_RESULT=$1
}

# One file for each test, so that tests can run in any order, alone or at the same time.
record() {
	local file

	[ -n "${WORLD-}" ] || return 0
	mkdir -p "$RESULTS"
	file=$RESULTS/$(basename "$BATS_TEST_FILENAME" .bats)-$(printf %03d "$BATS_TEST_NUMBER")
	if [ -n "${BATS_TEST_SKIPPED-}" ]; then
		WORLD_RESULT="not run: $BATS_TEST_SKIPPED"
	elif [ -z "${BATS_TEST_COMPLETED-}" ]; then
		WORLD_RESULT=FAILED
	fi
	printf '%s\t%s\t%s\n' "$WORLD" "$WORLD_LIBC" "$WORLD_RESULT" >"$file"
}

teardown() {
	end_background
	record
}
