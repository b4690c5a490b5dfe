# The admission policy on a pod, without an API server (tests/deploy/admission.mjs).
# shellcheck shell=bash

# admission_or_skip [POLICY]: what it needs, and the policy, by default that of 1.36, as JSON.
admission_or_skip() {
	require node
	require_yaml
	MODULES=$("$TESTS/npm-package" @bufbuild/cel@0.6.1 2>&1) || skip "$MODULES"
	policy "${1-admission-policy}"
}

# policy NAME: what is to be admitted by from now on.
policy() {
	python3 -c 'import json, sys, yaml
print(json.dumps(list(yaml.safe_load_all(sys.stdin))))' <"$REPOSITORY/scripts/deploy/kubernetes/$1.yaml" \
		>"$BATS_TEST_TMPDIR/policy.json"
}

# json: YAML from standard input, its first document.
json() {
	python3 -c 'import json, sys, yaml
print(json.dumps(next(yaml.safe_load_all(sys.stdin.read().expandtabs()))))'
}

# admitted: the pod on standard input, as YAML, after the policy, as JSON; $namespace has its namespace's labels.
admitted() {
	json <<<"${namespace-{\}}" >"$BATS_TEST_TMPDIR/namespace.json"
	json >"$BATS_TEST_TMPDIR/pod.json"
	node "$TESTS/deploy/admission.mjs" "$MODULES" "$BATS_TEST_TMPDIR/policy.json" "$BATS_TEST_TMPDIR/pod.json" \
		"$BATS_TEST_TMPDIR/namespace.json"
}
