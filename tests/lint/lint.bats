#!/usr/bin/env bats
# What make lint checks: formatting, clang-tidy, cppcheck, shellcheck, no warnings.

load ../helpers

@test "make lint finds nothing" {
	require clang-format clang-tidy cppcheck shellcheck clang
	[ "${THOROUGH-}" ] || export ANALYZER=no # it takes minutes
	run make -s -C "$REPOSITORY" lint
	assert_success
}

@test "make lint: if git refused to name the files, it checked none and was content" {
	[ -e "$REPOSITORY/.git" ] || skip "these sources are not a clone"
	require git
	run -1 env HOME="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR" GIT_CONFIG_NOSYSTEM=1 \
		GIT_TEST_ASSUME_DIFFERENT_OWNER=1 "$REPOSITORY/scripts/lint"
	assert_line "scripts/files: git does not say which files are the project's, see above"
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
