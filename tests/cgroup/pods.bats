# The DaemonSet of scripts/deploy/kubernetes/cgroup.yaml: podman runs its container with the privileges it has
# there, and a stand-in for kubectl answers for the API server. The pods' groups are made as the kubelet makes
# them.
load ../helpers
load ../outside
load ../deploy/podman

setup() {
	local missing

	require python3 unshare ip
	require_static_busybox
	require_yaml
	require_root
	require_cgroup2
	STORE=$(mktemp -d /tmp/store.XXXX)
	missing=$(containers_missing)
	[ -z "$missing" ] || skip "$missing"
	PODS=$CGROUPS/kubepods-$BASHPID
	mkdir "$PODS" 2>/dev/null || skip_as group
	mkdir "$STORE/programs"
	mount -t bpf bpf "$STORE/programs" || skip_as bpf
	"$KEEPALIVE" cgroup list >"$BATS_TEST_TMPDIR/list" 2>&1 || skip "$(cat "$BATS_TEST_TMPDIR/list")"
}

teardown() {
	end_background
	containers_away
	[ -z "${PODS-}" ] || await 5 remove_group "$PODS"
}

# remove_group GROUP: with those below, once the processes have ended.
remove_group() {
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$1" ]
}

# of_container EXPRESSION: of the container in the manifest, as Python sees it.
of_container() {
	python3 - "$REPOSITORY/scripts/deploy/kubernetes/cgroup.yaml" "$1" <<-'END'
		import sys, yaml
		pod = next(each for each in yaml.safe_load_all(open(sys.argv[1])) if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]
		container = pod["containers"][0]
		print(eval(sys.argv[2]))
	END
}

# An image with a shell, what keepalive loads, and a kubectl that says which pods there are: what comes through a pipe.
make_image() {
	local files=$STORE/kubectl

	mkdir -p "$files/bin" "$files/shim" "$files/api"
	FILES=$files files_of "$KEEPALIVE"
	cp -L "$(command -v busybox)" "$files/bin/busybox"
	for applet in sh find stat tr cat; do
		ln -s busybox "$files/bin/$applet"
	done
	cat >"$files/bin/kubectl" <<-'END'
		#!/bin/sh
		[ "$*" = 'get pods --all-namespaces --selector=keepalive-shim-group=enabled --watch --field-selector=spec.nodeName=this --output=jsonpath={.metadata.uid} {.metadata.annotations.kubernetes\.io/config\.hash}{"\n"}' ] &&
			exec cat /api/pods
		echo "unexpected: $*" >&2
		exit 1
	END
	chmod 755 "$files/bin/kubectl"
	image_of "$files" kubectl
	mkdir "$STORE/api"
	mkfifo "$STORE/api/pods"
}

start_daemon() {
	local capabilities=()

	for name in $(of_container '" ".join(container["securityContext"]["capabilities"]["add"])'); do
		capabilities+=(--cap-add "$name")
	done
	[ "$(of_container 'pod["hostPID"] and container["command"] == ["sh", "-c"]')" = True ]
	podman_in_store run --detach --name attach --network none --pid host --read-only --cap-drop all "${capabilities[@]}" \
		-v "$CGROUPS:/sys/fs/cgroup" -v "$STORE/programs:/sys/fs/bpf" -v "$BUILD:/shim:ro" -v "$STORE/api:/api" \
		-e NODE=this -e "KEEPALIVE_SHIM_IDLE=$(of_container 'container["env"][0]["value"]')" \
		localhost/kubectl /bin/sh -c "$(of_container 'container["args"][0]')" >/dev/null
}

# in_pod GROUP: a program that has connections open, in a network namespace of its own; its pid is in $!.
in_pod() {
	mkdir -p "$1"
	background unshare -n sh -c 'echo $$ >"$0/cgroup.procs" && ip link set lo up && exec python3 "$1" pairs 1' \
		"$1" "$TESTS/programs/talk.py"
	await 15 has_connections $! 2
}

# has_values PID: its listener and both ends of its connection have ours; the program itself switches one end off.
has_values() {
	[ "$(sockets "$1" "idle=60 interval=10 count=6 " | wc -l)" = 3 ] && [ "$(sockets "$1" "$DEFAULTS" | wc -l)" -ge 2 ]
}

# The groups are named as in the kubelet's pod_container_manager_linux.go and cgroup_manager_linux.go: with the systemd
# driver, the cgroupfs driver, and as kind has them, below --cgroup-root=/kubelet.
@test "the DaemonSet: a labelled pod's connections have keepalive, its later containers too, another pod's none" {
	local labelled=11111111-2222-3333-4444-555555555555 second=66666666-7777-8888-9999-000000000000 first other later
	local mirror=aaaaaaaa-7777-8888-9999-000000000000 hash=0123456789abcdef0123456789abcdef static
	local by_systemd=$PODS/kubepods-burstable-pod${labelled//-/_}.slice by_cgroupfs=$PODS/besteffort/pod$second
	local of_kind=$PODS/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod$hash.slice

	make_image
	in_pod "$by_systemd/cri-containerd-1.scope"
	first=$!
	in_pod "$PODS/kubepods-burstable-pod99999999_2222_3333_4444_555555555555.slice/cri-containerd-2.scope"
	other=$!
	in_pod "$of_kind/crio-4.scope/container"
	static=$!
	start_daemon
	exec {pods}>"$STORE/api/pods"
	echo "$labelled " >&$pods
	echo "$mirror $hash" >&$pods
	await 15 has_values $static || fail "$(podman_in_store logs attach 2>&1)"
	has_values $first
	in_pod "$by_systemd/cri-containerd-3.scope"
	has_values $!
	echo "$second " >&$pods # which has no group yet
	in_pod "$by_cgroupfs/1"
	later=$!
	echo "$labelled " >&$pods # something about it has changed
	echo "$second " >&$pods
	await 15 has_values $later
	[ "$(sockets $other "$UNTOUCHED" | wc -l)" = 3 ]
	run -0 podman_in_store exec attach /shim/keepalive cgroup list
	assert_equal "$(grep -c "^/${PODS##*/}.*idle=60s interval=10s count=6$" <<<"$output")" 3

	# The kubelet makes a static pod's group again when it starts the pod again.
	kill $static
	await 15 remove_group "$of_kind"
	in_pod "$of_kind/crio-5.scope/container"
	echo "$mirror $hash" >&$pods
	await 15 has_values $!
	podman_in_store exec attach /shim/keepalive cgroup detach --all
	run -0 podman_in_store logs attach
	assert_output ""
	exec {pods}>&-
}
