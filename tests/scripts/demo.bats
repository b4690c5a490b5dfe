#!/usr/bin/env bats
# scripts/demo shows what README describes.

load ../helpers

@test "scripts/demo: timers with the shim, none without; the dead peer is noticed, the other client waits" {
	unshare -rn true 2>/dev/null || require_unshare -n
	require ss curl nc
	run env -i PATH="$PATH" HOME="$BATS_TEST_TMPDIR" TMPDIR="$BATS_TEST_TMPDIR" \
		"$REPOSITORY/scripts/demo" </dev/null
	assert_success
	assert_equal "$(grep -c '(no timer)' <<<"$output")" 2
	assert_equal "$(grep -cE 'timer:\(keepalive,(60|59|5[0-9]\.?[0-9]*)sec,0\)' <<<"$output")" 2
	# Whole seconds as a person would count them: 0 3 5 7 9, unless the machine is too busy.
	assert_line --regexp '^ +[0-9]+ s +waits +waits; unanswered probes: 3$'
	assert_line --regexp '^ +(9|1[0-5]) s +waits +curl: \(56\) .*timed out$'
	local noticed
	noticed=$(sed -n 's/^ *\([0-9]*\) s .*timed out$/\1/p' <<<"$output")
	assert_line --partial "noticed after $noticed s."
	refute_output --partial $'\033'
	run bash -c "ls -A '$BATS_TEST_TMPDIR' | grep '^tmp\.'"
	assert_output ""
}

@test "scripts/demo: with an argument, --help too, it installed packages and ran" {
	local option

	run -0 "$REPOSITORY/scripts/demo" --help
	assert_line --index 0 'usage: scripts/demo'
	refute_line --partial Building
	for option in --hepl demo '--disappears now'; do
		# shellcheck disable=SC2086 # words
		run -2 "$REPOSITORY/scripts/demo" $option
		assert_output 'usage: scripts/demo'
	done
}

@test "scripts/demo works from a path with a space in it" {
	unshare -rn true 2>/dev/null || require_unshare -n
	require ss curl nc
	local copy="$BATS_TEST_TMPDIR/a path"
	mkdir -p "$copy/build"
	# What is built already is not compiled again.
	cp -Rp "$REPOSITORY"/{Makefile,scripts,shim} "$copy/"
	cp -Rp "$BUILD"/{preload-objects,libkeepalive-shim.*} "$copy/build/"
	run "$copy/scripts/demo" </dev/null
	assert_success
	assert_line --partial 'timer:(keepalive'
	assert_line --regexp ' s +waits +curl: .*timed out$'
}
