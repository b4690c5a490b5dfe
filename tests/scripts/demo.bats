#!/usr/bin/env bats
# The first command of README shows what it says.

load ../helpers

@test "scripts/demo: timers with the shim, none without; the dead peer is noticed, the other client waits" {
	unshare -rn true 2>/dev/null || unshare -n true 2>/dev/null || skip "no network namespaces here"
	require ss curl nc
	run env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR" TMPDIR="$BATS_TEST_TMPDIR" \
		"$REPOSITORY/scripts/demo" </dev/null
	assert_success
	assert_equal "$(grep -c '(no timer)' <<<"$output")" 2
	assert_equal "$(grep -cE 'timer:\(keepalive,(60|59|5[0-9]\.?[0-9]*)sec,0\)' <<<"$output")" 2
	assert_line --regexp '^ +[0-9]+ s +waits +waits; unanswered probes: 3$'
	assert_line --regexp '^ +(9|1[0-5]) s +waits +curl: \(56\) .*timed out$'
	refute_output --partial $'\033'
	run bash -c "ls -A '$BATS_TEST_TMPDIR' | grep '^tmp\.'"
	assert_output ""
}
