#!/usr/bin/env bats
# What make lint checks: formatting, clang-tidy, cppcheck, shellcheck, no warnings.

load ../helpers

@test "make lint finds nothing" {
	require clang-format clang-tidy cppcheck shellcheck clang
	run make -s -C "$REPOSITORY" lint
	assert_success
}

@test "each reason to skip a test is worded in one place" {
	local reasons

	cd "$TESTS"
	# Reasons that are a variable or the output of a command are not compared.
	reasons=$(grep -rhoE --include='*.bats' --include='*.bash' '\bskip "[^"]*"' . | grep -vE '^skip "(\$|\[)')
	[ "$(wc -l <<<"$reasons")" -gt 20 ]
	assert_equal "$(sort <<<"$reasons" | uniq -d)" ''
	# Reasons that the helpers have are not worded differently elsewhere.
	run grep -rnE --include='*.bats' 'skip "[^"[]*(needs root|namespace|MPTCP|IPv6|cgroup2|user notification)' .
	assert_output ''
}
