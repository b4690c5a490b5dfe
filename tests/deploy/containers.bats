# The container examples of scripts/deploy as they stand: podman builds and runs them.
# shellcheck shell=bash
load ../helpers
load podman
load admission

bats_require_minimum_version 1.5.0

# If a file has a teardown_file, bats 1.8 counts a skip in setup_file as a failure, so setup skips.
setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
}

setup_file() {
	local world

	export STORE=$BATS_FILE_TMPDIR/store MISSING
	MISSING=$(containers_missing)
	for world in bullseye-build bookworm; do
		[ -n "$MISSING" ] || MISSING=$("$TESTS/worlds/roots" "$world" 2>&1 >/dev/null) || true
	done
	[ -z "$MISSING" ] || return 0
	image_of "$("$TESTS/worlds/roots" bullseye-build)" build
	image_of "$("$TESTS/worlds/roots" bookworm)" debian

	# busybox on musl, as in Alpine.
	if world=$("$TESTS/worlds/roots" busybox 2>&1); then
		mkdir -p "$STORE/musl/bin" "$STORE/musl/lib"
		cp "$world" "$STORE/musl/bin/busybox"
		ln -s busybox "$STORE/musl/bin/nc"
		cp -L /lib/ld-musl-*.so.1 "$STORE/musl/lib/"
		image_of "$STORE/musl" musl
	fi

	# An image without a shell, and with no C library but the program's own.
	FILES=$STORE/distroless
	mkdir -p "$FILES"
	cc -o "$FILES/dynamic" "$TESTS/programs/pid_one.c"
	cc -static -o "$FILES/static" "$TESTS/programs/pid_one.c"
	FILES=$FILES files_of "$FILES/dynamic"
	image_of "$FILES" distroless
}

teardown_file() {
	containers_away
}

# build TARGET BASE: the Dockerfile's target on top of localhost/BASE, as localhost/TARGET-BASE.
build() {
	unshare --net buildah --root "$STORE/storage" --runroot "$STORE/run" --storage-driver overlay \
		bud --quiet --isolation chroot --pull-never --layers --target "$1" \
		--build-arg BUILD=localhost/build --build-arg BASE="localhost/$2" \
		--tag "localhost/$1-$2" -f "$REPOSITORY/scripts/deploy/docker/Dockerfile" "$REPOSITORY" \
		>"$BATS_TEST_TMPDIR/build.log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/build.log"
		return 1
	}
}

server='import socket, time; s = socket.create_server(("127.0.0.1", 8080)); time.sleep(600)'

@test "Dockerfile: an image on Debian has keepalive in whatever runs in it" {
	build preloaded debian
	start_container debian --env KEEPALIVE_SHIM_IDLE=33 localhost/preloaded-debian python3 -c "$server"
	await 15 sockets "$PID" 'state=LISTEN.*keepalive=1 idle=33'
	run podman_in_store run --rm "${RESTRICTED[@]}" localhost/preloaded-debian keepalive --version
	assert_success
	assert_output --regexp '^keepalive [0-9.]+$'
}

@test "Dockerfile: an image on musl has it too, with the same library" {
	podman_in_store image exists localhost/musl || skip "$("$TESTS/worlds/roots" busybox 2>&1)"
	build preloaded musl
	start_container musl localhost/preloaded-musl nc -l -p 8080
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
}

@test "Dockerfile: the entrypoint serves a dynamic and a static program without a shell, as PID 1" {
	local kind

	build entrypoint distroless
	for kind in dynamic static; do
		start_container $kind --env KEEPALIVE_SHIM_IDLE=44 localhost/entrypoint-distroless /$kind
		await 15 says $kind 'pid 1 reaped 2, all'
		await 5 sockets "$PID" 'state=LISTEN.*keepalive=1 idle=44'
		run cat "/proc/$PID/cmdline"
		[[ $output == /$kind* ]]
		podman_in_store kill --signal TERM $kind >/dev/null
		run podman_in_store wait $kind
		assert_output 7
		says $kind 'ended by signal 15'
		await 5 test ! -e "/proc/$PID"
	done
}

@test "Dockerfile: the entrypoint refuses a bad setting, and the program's status is the container's" {
	podman_in_store image exists localhost/entrypoint-distroless || build entrypoint distroless
	run podman_in_store run --rm "${RESTRICTED[@]}" --env KEEPALIVE_SHIM_IDLE=soon \
		localhost/entrypoint-distroless /dynamic
	assert_equal "$status" 125
	assert_output --partial "KEEPALIVE_SHIM_IDLE 'soon': not a duration"
	run -127 podman_in_store run --rm "${RESTRICTED[@]}" localhost/entrypoint-distroless /missing
}

@test "keepalive-shim.conf serves as --env-file" {
	local file=$BATS_TEST_TMPDIR/keepalive-shim.conf id

	cat >"$file" <<-'END'
		# comment

		KEEPALIVE_SHIM_IDLE=20s
		KEEPALIVE_SHIM_RULES=program=chrome* off; role=client port=5432 idle=30 interval=5 count=3
	END
	id=$(podman_in_store create --env-file "$file" localhost/true /true)
	run -0 podman_in_store inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$id"
	assert_equal "$(grep ^KEEPALIVE <<<"$output" | sort)" "$(grep ^KEEPALIVE "$file")"
}

@test "volume: somebody else's image gets the shim without being built again" {
	mkdir "$BATS_TEST_TMPDIR/shim"
	"$KEEPALIVE" copy "$BATS_TEST_TMPDIR/shim"
	start_container volume --volume "$BATS_TEST_TMPDIR/shim:/shim:ro" \
		--env LD_PRELOAD=/shim/libkeepalive-shim.so localhost/debian python3 -c "$server"
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
}

# render DIRECTORY: what kubectl makes of a kustomization.
render() {
	local kubectl

	kubectl=$("$TESTS/deploy/kubectl" 2>&1) || skip "$kubectl"
	"$kubectl" kustomize "$1"
}

@test "Kubernetes: the component gives a labelled workload the shim, fit for Pod Security restricted" {
	local example=$BATS_TEST_TMPDIR/kubernetes/example

	render "$REPOSITORY/scripts/deploy/kubernetes/example" >"$BATS_TEST_TMPDIR/pod.yaml"
	build shim debian
	podman_in_store tag localhost/shim-debian localhost/keepalive-shim:latest
	podman_in_store tag localhost/debian localhost/server:latest
	# For podman: the annotation keeps the init container, because podman fails to remove one that is slow to end; the
	# policy, because it would start the init container again and again.
	sed -e 's/^\( *\)metadata:$/&\n\1  annotations: {io.podman.annotations.init.container.type: always}/' \
		-e 's/^\( *\)containers:$/\1restartPolicy: Never\n&/' \
		"$BATS_TEST_TMPDIR/pod.yaml" >"$BATS_TEST_TMPDIR/podman.yaml"
	podman_in_store play kube --network none "$BATS_TEST_TMPDIR/podman.yaml" >/dev/null
	PID=$(podman_in_store inspect --format '{{.State.Pid}}' server-pod-0-app)
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"

	run python3 "$TESTS/deploy/restricted.py" "$BATS_TEST_TMPDIR/pod.yaml"
	assert_success
	assert_output '2 containers are restricted'

	# Other kinds of workload get the same patches; a workload without the label gets none.
	cp -R "$REPOSITORY/scripts/deploy/kubernetes" "$BATS_TEST_TMPDIR/"
	sed -i 's/^kind: Deployment/kind: StatefulSet/' "$example/deployment.yaml"
	render "$example" >"$BATS_TEST_TMPDIR/stateful.yaml"
	run diff "$BATS_TEST_TMPDIR/pod.yaml" "$BATS_TEST_TMPDIR/stateful.yaml"
	assert_line '< kind: Deployment'
	[ "${#lines[@]}" = 4 ]
	sed -i '/keepalive-shim: enabled/d' "$example/deployment.yaml"
	run -0 render "$example"
	refute_output --partial LD_PRELOAD
}

@test "Kubernetes: the admission policy gives all containers of a pod keepalive, fit for Pod Security restricted" {
	local context='{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}'
	local other=libBrokenLocale.so.1 name pid=

	admission_or_skip admission-policy-1.34
	build shim debian
	podman_in_store tag localhost/shim-debian localhost/keepalive-shim:latest
	podman_in_store tag localhost/debian localhost/server:latest
	# The annotation and the restart policy are for podman, as above.
	cat >"$BATS_TEST_TMPDIR/pod.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: policy
		  labels: {keepalive-shim: enabled}
		  annotations: {io.podman.annotations.init.container.type: always}
		spec:
		  restartPolicy: Never
		  securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}
		  volumes: [{name: data, emptyDir: {}}]
		  containers:
		    - name: plain
		      image: localhost/server:latest
		      command: [/usr/bin/python3, -c, '$server']
		      securityContext: $context
		    - name: own
		      image: localhost/server:latest
		      command: [/usr/bin/python3, -c, '${server/8080/8081}']
		      env:
		        - {name: LD_PRELOAD, value: $other}
		        - {name: KEEPALIVE_SHIM_IDLE, value: 33s}
		      volumeMounts: [{name: data, mountPath: /data}]
		      securityContext: $context
	END
	admit "$(cat "$BATS_TEST_TMPDIR/pod.yaml")"
	echo "${AFTER//registry.example\/keepalive-shim:0.1.0/localhost/keepalive-shim:latest}" >"$BATS_TEST_TMPDIR/admitted.json"
	run python3 "$TESTS/deploy/restricted.py" "$BATS_TEST_TMPDIR/admitted.json"
	assert_success
	assert_output '3 containers are restricted'

	podman_in_store play kube --network none "$BATS_TEST_TMPDIR/admitted.json" >/dev/null
	for name in plain own; do
		pid=$(podman_in_store inspect --format '{{.State.Pid}}' policy-$name)
		await 15 sockets "$pid" "state=LISTEN.*keepalive=1 idle=$([ $name = own ] && echo 33 || echo 60)"
	done
	run tr '\0' '\n' <"/proc/$pid/environ"
	assert_line "LD_PRELOAD=/usr/lib/keepalive-shim/libkeepalive-shim.so:$other"
	grep -q "$other" "/proc/$pid/maps"
}

@test "compose: the override adds the volume, the environment and the order to a service as it is" {
	local directory=$BATS_TEST_TMPDIR/compose

	require podman-compose
	mkdir -p "$directory/bin"
	cp "$REPOSITORY/scripts/deploy/docker/compose.keepalive.yaml" "$directory/"
	cat >"$directory/compose.yaml" <<-END
		services:
		  app:
		    image: localhost/debian
		    network_mode: none
		    command: [python3, -c, '$server']
	END
	build shim debian
	podman_in_store tag localhost/shim-debian localhost/keepalive-shim:latest
	# podman-compose calls this podman, which uses our store and removes the network that podman-compose adds.
	cat >"$directory/bin/podman" <<-END
		#!/bin/bash
		export STORE=$STORE
		PATH=/usr/bin:/bin
		. '$TESTS/deploy/podman.bash'
		words=()
		while [ \$# -gt 0 ]; do
		    case \$1 in
		    --net | --network-alias) shift ;;
		    *) words+=("\$1") ;;
		    esac
		    shift
		done
		podman_in_store "\${words[@]}"
	END
	chmod +x "$directory/bin/podman"
	cd "$directory"
	compose_up keepalive-shim
	assert_equal "$(podman_in_store wait compose_keepalive-shim_1)" 0
	compose_up app
	PID=$(podman_in_store inspect --format '{{.State.Pid}}' compose_app_1)
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"

	# Again while the service runs: its library is mapped, so it must be replaced, not written into.
	compose_up keepalive-shim
	assert_equal "$(podman_in_store wait compose_keepalive-shim_1)" 0
	await 5 grep -q 'libkeepalive-shim.so (deleted)' "/proc/$PID/maps"
}

# compose_up SERVICE: starts one service, because this release of podman-compose does not wait for those it depends on.
compose_up() {
	PATH=$directory/bin:$PATH timeout 60 podman-compose -f compose.yaml -f compose.keepalive.yaml \
		up -d "$1" 3>&- 4>&- >log 2>&1 || fail "$(cat log)"
}
