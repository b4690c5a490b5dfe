# The parsers of settings and rules on the fuzzers' corpus, with AddressSanitizer and UBSan; make fuzz continues
# from there.
load helpers

FLAGS=(-std=gnu11 -D_GNU_SOURCE -O1 -g '-fsanitize=address,undefined' -fno-sanitize-recover=all)

setup_file() {
	require gcc
	# What each target needs.
	(cd "$BATS_FILE_TMPDIR" && gcc "${FLAGS[@]}" -I"$REPOSITORY/shim/common" -c "$TESTS"/fuzz/{driver,invariants}.c \
		"$REPOSITORY"/shim/common/*.c) || skip_as sanitizers
}

# corpus TARGET: runs the target on each input of its corpus; it aborts if an invariant is broken.
corpus() {
	local target=$BATS_TEST_TMPDIR/$1 inputs=("$TESTS/fuzz/corpus-$1"/*)

	gcc "${FLAGS[@]}" -I"$REPOSITORY/shim/common" -o "$target" "$TESTS/fuzz/$1.c" \
		"$REPOSITORY/shim/command/base/system.c" "$BATS_FILE_TMPDIR"/*.o || skip_as sanitizers
	run "$target" "${inputs[@]}"
	assert_success
	assert_output "${#inputs[@]} inputs"
}

@test "no text of the variables breaks the settings" {
	corpus settings
}

@test "no text of KEEPALIVE_SHIM_RULES breaks the rules" {
	corpus rules
}

@test "no text of the host's file breaks its reader" {
	corpus host-file
}
