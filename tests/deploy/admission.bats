# The admission policy for Kubernetes: which pods it changes, and into what.
# shellcheck shell=bash
load ../helpers
load admission

bats_require_minimum_version 1.5.0

setup() {
	admission_or_skip
}

# a_pod CONTAINERS [REST OF THE SPEC]: labelled, as YAML in flow style.
a_pod() {
	echo "{apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {keepalive-shim: ${label-enabled}}},
		spec: {containers: [$1]${2+, $2}}}"
}

# after POD FILTER: what jq sees of it afterwards.
after() {
	run --separate-stderr admitted <<<"$1"
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" "${complaint-}"
	assert_success
	run -0 jq -cS "$2" <<<"$output"
}

# untouched POD
untouched() {
	after "$1" .
	assert_output "$(json <<<"$1" | jq -cS .)"
}

library=/usr/lib/keepalive-shim/libkeepalive-shim.so

@test "policy: what a pod gets is what the Kustomize component gives, for each of its containers" {
	local component=$REPOSITORY/scripts/deploy/kubernetes/component

	after "$(a_pod '{name: app, image: a}, {name: other, image: b}')" \
		'.spec | {volumes, initContainers}, (.containers[] | {env, volumeMounts})'
	assert_output - <<-END
		$(json <"$component/library.yaml" | jq -cS '.spec.template.spec')
		$(json <"$component/environment.yaml" | jq -cS '.spec.template.spec.containers[] | del(.name)' |
			sed 'p')
	END
}

@test "policy: volumes, init containers, mounts and environment that a pod has all stay" {
	after "$(a_pod '{name: app, image: a, env: [{name: A, value: "1"}, {name: KEEPALIVE_SHIM_IDLE, value: 5m}],
			volumeMounts: [{name: data, mountPath: /data}]}' \
		'volumes: [{name: data, emptyDir: {}}], initContainers: [{name: first, image: a}]')" \
		'.spec | [.volumes[].name], [.initContainers[].name],
			(.containers[] | [.env[] | .name + "=" + .value], [.volumeMounts[].mountPath])'
	assert_output - <<-END
		["data","keepalive-shim"]
		["keepalive-shim","first"]
		["A=1","KEEPALIVE_SHIM_IDLE=5m","LD_PRELOAD=$library"]
		["/data","/usr/lib/keepalive-shim"]
	END
}

@test "policy: a container's own LD_PRELOAD comes after the shim; one that is not a value stays alone" {
	after "$(a_pod '{name: own, image: a, env: [{name: LD_PRELOAD, value: "/lib/a.so:/lib/b.so"}]},
			{name: empty, image: a, env: [{name: LD_PRELOAD}]},
			{name: from, image: a, env: [{name: LD_PRELOAD, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}')" \
		'.spec.containers[].env[] | select(.name == "LD_PRELOAD") | del(.name)'
	assert_output - <<-END
		{"value":"$library:/lib/a.so:/lib/b.so"}
		{"value":"$library"}
		{"valueFrom":{"configMapKeyRef":{"key":"k","name":"c"}}}
	END
}

@test "policy: no other pod is touched: without the label, with another value, that has the volume" {
	untouched "$(label=disabled a_pod '{name: app, image: a}')"
	untouched '{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: app, image: a}]}}'
	untouched "$(a_pod '{name: app, image: a}' 'volumes: [{name: keepalive-shim, configMap: {name: mine}}]')"
	# Once more changes nothing.
	a_pod '{name: app, image: a}' | admitted >"$BATS_TEST_TMPDIR/once.json"
	untouched "$(cat "$BATS_TEST_TMPDIR/once.json")"
}

@test "policy: where it cannot be applied the pod stays as it is, not half changed" {
	complaint='env: twice the same name'
	untouched "$(a_pod '{name: app, image: a, env: [{name: LD_PRELOAD, value: /a.so}, {name: LD_PRELOAD, value: /b.so}]}')"
}
