#!/usr/bin/env bats
# The sources are as make lint wants them: layout, clang-tidy, cppcheck, shellcheck, no warnings.

load ../helpers

@test "make lint finds nothing" {
	require clang-format clang-tidy cppcheck shellcheck clang
	run make -s -C "$REPOSITORY" lint
	assert_success
}
