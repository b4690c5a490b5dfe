# The admission policy for Kubernetes: which pods it changes, and into what.
# shellcheck shell=bash
load ../helpers
load admission

bats_require_minimum_version 1.5.0

setup() {
	admission_or_skip
}

# a_pod CONTAINERS [REST OF THE SPEC]: a labelled pod, as YAML in flow style.
a_pod() {
	echo "{apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {keepalive-shim: ${label-enabled}}},
		spec: {containers: [$1]${2+, $2}}}"
}

# after POD FILTER: the admitted pod through this filter of jq, in $output.
after() {
	admit "$1"
	assert_equal "$COMPLAINT" "${complaint-}"
	run -0 jq -cS "$2" <<<"$AFTER"
}

# untouched POD: the policy does not change it.
untouched() {
	admit "$1"
	assert_equal "$COMPLAINT" "${complaint-}"
	assert_equal "$AFTER" "$BEFORE"
	[ -n "$AFTER" ]
}

library=/usr/lib/keepalive-shim/libkeepalive-shim.so
image=registry.example/keepalive-shim:0.1.0

# by_component: what the Kustomize component adds to each container.
by_component() {
	json <"$REPOSITORY/scripts/deploy/kubernetes/component/environment.yaml" |
		jq -cS '.spec.template.spec.containers[] | del(.name)'
}

@test "policy, 1.36: the image is a volume; each container gets what the component gives, without an init container" {
	after "$(a_pod '{name: app, image: a}, {name: other, image: b}')" \
		'.spec | {volumes, initContainers}, (.containers[] | {env, volumeMounts: [.volumeMounts[] | del(.subPath)]})'
	assert_output - <<-END
		{"initContainers":null,"volumes":[{"image":{"pullPolicy":"IfNotPresent","reference":"$image"},"name":"keepalive-shim"}]}
		$(by_component | sed 'p')
	END
	after "$(a_pod '{name: app, image: a}')" '[.spec.containers[].volumeMounts[].subPath]'
	assert_output '["usr/lib/keepalive-shim"]'
}

@test "policy, 1.34: what a pod gets is what the component gives, for each of its containers" {
	policy admission-policy-1.34
	after "$(a_pod '{name: app, image: a}, {name: other, image: b}')" \
		'.spec | {volumes, initContainers}, (.containers[] | {env, volumeMounts})'
	assert_output - <<-END
		$(json <"$REPOSITORY/scripts/deploy/kubernetes/component/library.yaml" | jq -cS '.spec.template.spec')
		$(by_component | sed 'p')
	END
}

# qos: for jq, the pod's QoS class as the kubelet determines it, init containers included.
qos='def class: [.spec.initContainers[]?, .spec.containers[]] | map(.resources // {}) |
	if all(.[]; (.requests // {}) == {} and (.limits // {}) == {}) then "BestEffort"
	elif all(.[]; .limits.cpu and .limits.memory and
		((.requests // {}) | (.cpu // null)) as $c | ((.requests // {}) | (.memory // null)) as $m |
		($c == null or $c == .limits.cpu) and ($m == null or $m == .limits.memory)) then "Guaranteed"
	else "Burstable" end;'

@test "policy: a pod keeps its QoS class, fits the same LimitRange, and needs no more resources in total" {
	local which one two

	for which in admission-policy admission-policy-1.34 kyverno-policy; do
		policy $which
		after "$(a_pod '{name: a, image: a}, {name: b, image: b}')" "$qos class"
		assert_output '"BestEffort"'
		one='{requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 250m, memory: 64Mi}}'
		two='{limits: {cpu: "2", memory: 1Gi}}'
		after "$(a_pod "{name: a, image: a, resources: $one}, {name: b, image: b, resources: $two}")" "$qos class"
		assert_output '"Guaranteed"'
		after "$(a_pod "{name: a, image: a, resources: $two}, {name: b, image: b, resources: $one}")" "$qos class"
		assert_output '"Guaranteed"'
		after "$(a_pod "{name: a, image: a, resources: {requests: {cpu: 100m}}}, {name: b, image: b}")" "$qos class"
		assert_output '"Burstable"'
		after "$(a_pod "{name: a, image: a}, {name: b, image: b, resources: {requests: {cpu: 100m}}}")" "$qos class"
		assert_output '"Burstable"'
	done
	# The init container asks for as much as the pod's own, so it meets the same minimum.
	after "$(a_pod '{name: a, image: a, resources: {requests: {cpu: 500m, memory: 1Gi}, claims: [{name: gpu}]}}')" \
		'[.spec.initContainers[].resources]'
	assert_output '[{"requests":{"cpu":"500m","memory":"1Gi"}}]'
}

@test "policy, 1.34: no fixed user except in a pod that runs as root; the image's own user is not root" {
	policy admission-policy-1.34
	after "$(a_pod '{name: a, image: a}')" '[.spec.initContainers[].securityContext.runAsUser]'
	assert_output '[null]'
	after "$(a_pod '{name: a, image: a}' 'securityContext: {runAsUser: 1000680000}')" '[.spec.initContainers[].securityContext.runAsUser]'
	assert_output '[null]'
	after "$(a_pod '{name: a, image: a}' 'securityContext: {runAsUser: 0}')" '[.spec.initContainers[].securityContext.runAsUser]'
	assert_output '[65534]'
}

@test "policy: Windows pods are left alone" {
	local which

	for which in admission-policy admission-policy-1.34 kyverno-policy; do
		policy $which
		untouched "$(a_pod '{name: app, image: a}' 'os: {name: windows}')"
		untouched "$(a_pod '{name: app, image: a}' 'nodeSelector: {kubernetes.io/os: windows}')"
		after "$(a_pod '{name: app, image: a}' 'os: {name: linux}, nodeSelector: {kubernetes.io/os: linux}')" '[.spec.volumes[].name]'
		assert_output '["keepalive-shim"]'
	done
}

@test "policy: a namespace opts in for its pods, a pod opts out; both at once is once" {
	local which namespace='{keepalive-shim: enabled}' no_label='{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: app, image: a}]}}'

	for which in admission-policy admission-policy-1.34 kyverno-policy; do
		policy $which
		after "$no_label" '[.spec.volumes[].name]'
		assert_output '["keepalive-shim"]'
		after "$(a_pod '{name: app, image: a}')" '[.spec.volumes[].name]'
		assert_output '["keepalive-shim"]'
		untouched "$(label=disabled a_pod '{name: app, image: a}')"
	done
	namespace='{keepalive-shim: other}'
	for which in admission-policy admission-policy-1.34 kyverno-policy; do
		policy $which
		untouched "$no_label"
	done
}

@test "policy: the two versions give the containers the same" {
	local one

	one=$(sed -n '/^            containers:/,/^          }}/p' "$REPOSITORY/scripts/deploy/kubernetes/admission-policy.yaml" | grep -v subPath)
	assert_equal "$(sed -n '/^            containers:/,/^          }}/p' "$REPOSITORY/scripts/deploy/kubernetes/admission-policy-1.34.yaml")" "$one"
}

@test "policy: Kyverno's differs from that of 1.34 only in how pods ask for it" {
	local which same='.[0].spec | [.failurePolicy, .matchConstraints, .matchConditions[-2:], .variables, .mutations]'

	policy admission-policy-1.34
	run -0 jq -cS "$same" <(json all <"$POLICY")
	which=$output
	policy kyverno-policy
	run -0 jq -cS "$same" <(json all <"$POLICY")
	assert_output "$which"
	run -0 jq -c '[length, .[0].kind, (.[0].spec.matchConditions | length), .[0].spec.autogen.podControllers.controllers]' \
		<(json all <"$POLICY")
	assert_output '[1,"MutatingPolicy",3,[]]'
}

@test "policy: volumes, init containers, mounts and environment that a pod has all stay" {
	policy admission-policy-1.34
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
	# Admitting it a second time changes nothing.
	admit "$(a_pod '{name: app, image: a}')"
	[ "$AFTER" != "$BEFORE" ]
	untouched "$AFTER"
}

@test "policy: if it cannot be applied, the pod stays as it is, not half changed" {
	local which complaint='env: twice the same name'

	for which in admission-policy admission-policy-1.34 kyverno-policy; do
		policy $which
		untouched "$(a_pod '{name: app, image: a, env: [{name: LD_PRELOAD, value: /a.so}, {name: LD_PRELOAD, value: /b.so}]}')"
	done
}

# kustomized STATEMENT: changes the example's workload by this Python statement, and renders it with kubectl.
kustomized() {
	local kubectl

	kubectl=$("$TESTS/deploy/kubectl" 2>&1) || skip "$kubectl"
	cp -R "$REPOSITORY/scripts/deploy/kubernetes" "$BATS_TEST_TMPDIR/"
	python3 -c 'import sys, yaml
path = sys.argv[1]
workload = yaml.safe_load(open(path))
template = workload["spec"]["template"]
exec(sys.argv[2])
yaml.safe_dump(workload, open(path, "w"))' "$BATS_TEST_TMPDIR/kubernetes/example/deployment.yaml" "$1"
	run "$kubectl" kustomize "$BATS_TEST_TMPDIR/kubernetes/example"
}

@test "component: a container of another name is an error that names the place, not an additional container" {
	kustomized 'template["spec"]["containers"][0]["name"] = "web"'
	assert_failure
	assert_output --partial 'testing value /spec/template/spec/containers/0/name failed'
}

@test "component: a CronJob gets it, a Service with the label is left alone" {
	kustomized 'workload = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": workload["metadata"],
		"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}}'
	assert_success
	json <<<"$output" >"$BATS_TEST_TMPDIR/out.json"
	run -0 jq -c '.spec.jobTemplate.spec.template.spec | [.containers[].env[].name], [.initContainers[].command]' "$BATS_TEST_TMPDIR/out.json"
	assert_output - <<-'END'
		["LD_PRELOAD","KEEPALIVE_SHIM_IDLE"]
		[["/usr/bin/keepalive","copy","/shim"]]
	END
	rm -r "$BATS_TEST_TMPDIR/kubernetes"
	kustomized 'workload = {"apiVersion": "v1", "kind": "Service", "metadata": workload["metadata"], "spec": {"ports": [{"port": 80}]}}'
	assert_success
	refute_output --partial LD_PRELOAD
}
