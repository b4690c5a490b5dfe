#!/usr/bin/env bats
# The sources are as make lint wants them: layout, clang-tidy, cppcheck, shellcheck, no warnings.

load ../helpers

@test "make lint finds nothing" {
	require clang-format clang-tidy cppcheck shellcheck clang
	run make -s -C "$REPOSITORY" lint
	assert_success
}

@test "each reason to skip a test is worded in one place" {
	local reasons

	cd "$TESTS"
	reasons=$(grep -rhoE --include='*.bats' --include='*.bash' '\bskip "[^"]*"' . |
		grep -vE '"\$[A-Z]*"|"\$\(|"\$why"|"\$output"|"\$modules"|"\$kubectl"|"\$1: ')
	[ "$(wc -l <<<"$reasons")" -gt 20 ]
	assert_equal "$(sort <<<"$reasons" | uniq -d)" ''
	# What helpers.bash has a reason for is not said in other words.
	run grep -rnE --include='*.bats' 'skip "[^"]*(not installed|needs root|namespace|MPTCP|IPv6|cgroup2|user notification)' .
	refute_output --regexp 'skip "[^"]*(needs root|namespace|MPTCP|IPv6|cgroup2|user notification)'
}
