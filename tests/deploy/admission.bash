# The admission policy on a pod, without an API server (tests/deploy/admission.mjs).
# shellcheck shell=bash

# admission_or_skip [POLICY]: starts the evaluator, once for each test; by default with the policy for 1.36.
admission_or_skip() {
	local cel yaml pipes=$BATS_TEST_TMPDIR/evaluator

	require node mkfifo
	require_yaml
	cel=$("$TESTS/npm-package" @bufbuild/cel@0.6.1 2>&1) || skip "$cel"
	yaml=$("$TESTS/npm-package" yaml@2.8.1 2>&1) || skip "$yaml"
	mkfifo "$pipes.asked" "$pipes.answered"
	exec 7<>"$pipes.asked" 8<>"$pipes.answered" # opening only one end of a FIFO would block
	background sh -c 'exec node "$@" <"$0.asked" >"$0.answered"' "$pipes" "$TESTS/deploy/admission.mjs" "$cel" "$yaml"
	policy "${1-admission-policy}"
}

# policy NAME: the policy that admit applies from now on.
policy() {
	POLICY=$REPOSITORY/scripts/deploy/kubernetes/$1.yaml
}

# json: the first YAML document of standard input; json all: a list of all documents.
json() {
	python3 -c 'import json, sys, yaml
documents = list(yaml.safe_load_all(sys.stdin))
print(json.dumps(documents if sys.argv[1:] else documents[0]))' "$@"
}

# admit POD: applies the policy to the pod, which is YAML. Sets $BEFORE and $AFTER, the pod as JSON, and $COMPLAINT, the
# policy's error. $namespace, if set, is the namespace's labels.
admit() {
	local pod=$1

	printf '%s\n' "\"$POLICY\"" --- "${namespace-{\}}" --- "${pod//$'\t'/ }" ... >&7
	read -t 60 -r COMPLAINT <&8 && read -t 60 -r BEFORE <&8 && read -t 60 -r AFTER <&8
}
