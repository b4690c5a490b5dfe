# Compares the answers of `keepalive check` for every installed program with the truth, which is observed in the
# process or found by other means than check's.
load ../helpers

@test "check never answers yes for a program that is not reached, or no for one that is: the confusion table of this system" {
	require python3
	require_root # a setuid program that a user traces has no privileges
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip "at_entry.c knows no breakpoint for this architecture" ;;
	esac
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -o "$BATS_TEST_TMPDIR/at_entry" "$TESTS/worlds/programs/at_entry.c"
	[ "$(echo "$PROGRAMS/values" | "$BATS_TEST_TMPDIR/at_entry" "$SHIM")" = "loaded $PROGRAMS/values" ] ||
		skip_as ptrace
	# Each run takes another sample. CONFUSION_SECONDS=2500 is enough for all programs; SEED repeats an earlier sample.
	run python3 "$TESTS/worlds/confusion.py" "$KEEPALIVE" "$SHIM" "$BATS_TEST_TMPDIR/at_entry" \
		"${CONFUSION_SECONDS:-40}" ${SEED:+"$SEED"}
	sed 's/^/# /' <<<"$output" >&3
	assert_success
	# Of the kinds of programs, only this one is certain to be installed.
	assert_line --regexp '^reached +[1-9]'
}
