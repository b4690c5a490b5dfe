# The examples for Docker, as they stand under scripts/deploy/docker: built and run, by podman.
# shellcheck shell=bash
load ../helpers
load podman

bats_require_minimum_version 1.5.0

setup_file() {
	local world

	containers_or_skip
	command -v buildah >/dev/null || skip "buildah is not installed"
	world=$("$TESTS/worlds/roots" bullseye-build 2>&1) || skip "$world"
	image_of "$world" build
	world=$("$TESTS/worlds/roots" bookworm 2>&1) || skip "$world"
	image_of "$world" debian

	# As Alpine has it: busybox on musl.
	if world=$("$TESTS/worlds/roots" busybox 2>&1); then
		mkdir -p "$STORE/musl/bin" "$STORE/musl/lib"
		cp "$world" "$STORE/musl/bin/busybox"
		ln -s busybox "$STORE/musl/bin/nc"
		cp -L /lib/ld-musl-*.so.1 "$STORE/musl/lib/"
		image_of "$STORE/musl" musl
	fi

	# No shell, no libc but the program's own.
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

server='import socket, time
s = socket.create_server(("127.0.0.1", 8080))
time.sleep(600)'

@test "Dockerfile: an image on Debian has keepalive in whatever runs in it" {
	build preloaded debian
	start_container debian --env KEEPALIVE_IDLE=33 localhost/preloaded-debian python3 -c "$server"
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
		start_container $kind --env KEEPALIVE_IDLE=44 localhost/entrypoint-distroless /$kind
		await 15 says $kind 'pid 1 reaped 2'
		await 5 sockets "$PID" 'state=LISTEN.*keepalive=1 idle=44'
		run cat "/proc/$PID/cmdline"
		[[ $output == /$kind* ]]
		podman_in_store kill --signal TERM $kind >/dev/null
		run podman_in_store wait $kind
		assert_output 7
		says $kind 'told to end by signal 15'
		await 5 test ! -e "/proc/$PID"
	done
}

@test "Dockerfile: the entrypoint refuses a bad setting, and the program's status is the container's" {
	podman_in_store image exists localhost/entrypoint-distroless || build entrypoint distroless
	run podman_in_store run --rm "${RESTRICTED[@]}" --env KEEPALIVE_IDLE=soon \
		localhost/entrypoint-distroless /dynamic
	assert_equal "$status" 125
	assert_output --partial "KEEPALIVE_IDLE 'soon': not a duration"
	run -127 podman_in_store run --rm "${RESTRICTED[@]}" localhost/entrypoint-distroless /missing
}

@test "volume: somebody else's image gets the shim without being built again" {
	mkdir "$BATS_TEST_TMPDIR/shim"
	cp "$SHIM" "$BATS_TEST_TMPDIR/shim/"
	chmod -R a+rX "$BATS_TEST_TMPDIR/shim"
	start_container volume --volume "$BATS_TEST_TMPDIR/shim:/shim:ro" \
		--env LD_PRELOAD=/shim/libkeepalive-shim.so localhost/debian python3 -c "$server"
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
}
