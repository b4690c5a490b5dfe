# The rows of the table of worlds: what each test saw, kept for tests/worlds/table.
# shellcheck shell=bash

RESULTS=${RESULTS:-$BUILD/worlds/results}

# world NAME LIBC: what this test is about. Its row says FAILED until works is called, or what skip says.
world() {
	WORLD=$1
	WORLD_LIBC=$2
	WORLD_RESULT=FAILED
}

# works TEXT: it holds, and this is what was seen.
works() {
	WORLD_RESULT=$1
}

# One file a test, so that tests may run in any order, alone or at the same time.
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
