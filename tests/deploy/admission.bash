# The admission policy on a pod, without an API server (tests/deploy/admission.mjs).
# shellcheck shell=bash

# admission_or_skip [POLICY]: starts what evaluates, once for a test; the policy is by default that of 1.36.
admission_or_skip() {
	local cel yaml pipes=$BATS_TEST_TMPDIR/evaluator

	require node mkfifo
	require_yaml
	cel=$("$TESTS/npm-package" @bufbuild/cel@0.6.1 2>&1) || skip "$cel"
	yaml=$("$TESTS/npm-package" yaml@2.8.1 2>&1) || skip "$yaml"
	mkfifo "$pipes.asked" "$pipes.answered"
	exec 7<>"$pipes.asked" 8<>"$pipes.answered" # either end alone would wait for the other
	background sh -c 'exec node "$@" <"$0.asked" >"$0.answered"' "$pipes" "$TESTS/deploy/admission.mjs" "$cel" "$yaml"
	policy "${1-admission-policy}"
}

# policy NAME: what is to be admitted by from now on.
policy() {
	POLICY=$REPOSITORY/scripts/deploy/kubernetes/$1.yaml
}

# json: YAML from standard input, its first document; json all: a list of all.
json() {
	python3 -c 'import json, sys, yaml
documents = list(yaml.safe_load_all(sys.stdin))
print(json.dumps(documents if sys.argv[1:] else documents[0]))' "$@"
}

# admit POD: as YAML, into $BEFORE and, by the policy, $AFTER, as JSON, and $COMPLAINT; $namespace has its
# namespace's labels.
admit() {
	local pod=$1

	printf '%s\n' "\"$POLICY\"" --- "${namespace-{\}}" --- "${pod//$'\t'/ }" ... >&7
	read -t 60 -r COMPLAINT <&8 && read -t 60 -r BEFORE <&8 && read -t 60 -r AFTER <&8
}
