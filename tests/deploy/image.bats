# make image: the library and the command in an image of their own, and the ways to bring them into a container.
# shellcheck shell=bash
load ../helpers
load podman
load packages

bats_require_minimum_version 1.5.0

setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
}

setup_file() {
	local place=$BATS_FILE_TMPDIR/sources world

	export STORE=$BATS_FILE_TMPDIR/store MISSING LAYOUT=$BATS_FILE_TMPDIR/sources/build/image
	MISSING=$(containers_missing)
	[ -n "$MISSING" ] || MISSING=$("$TESTS/worlds/roots" bookworm 2>&1 >/dev/null) || true
	[ -z "$MISSING" ] || return 0
	packages
	cp -Rp "$PACKAGED" "$place"
	make_image >/dev/null
	image_of "$("$TESTS/worlds/roots" bookworm)" debian
	(cd "$LAYOUT/.." && podman_in_store pull --quiet "oci:image:$(sed -n 's/^VERSION = //p' ../Makefile)" >/dev/null)
	podman_in_store tag "$(podman_in_store images --quiet --filter label=org.opencontainers.image.title=keepalive-shim)" \
		localhost/keepalive-shim:latest registry.example/keepalive-shim:0.1.0
	FILES=$STORE/distroless # an image without a shell, and with no C library but the program's own
	mkdir -p "$FILES"
	cc -o "$FILES/dynamic" "$TESTS/programs/pid_one.c"
	cc -static -o "$FILES/static" "$TESTS/programs/pid_one.c"
	FILES=$FILES files_of "$FILES/dynamic"
	image_of "$FILES" distroless
	if world=$("$TESTS/worlds/roots" busybox 2>/dev/null); then # busybox on musl, as in Alpine
		mkdir -p "$STORE/musl/bin" "$STORE/musl/lib"
		cp "$world" "$STORE/musl/bin/busybox"
		ln -s busybox "$STORE/musl/bin/nc"
		cp -L /lib/ld-musl-*.so.1 "$STORE/musl/lib/"
		image_of "$STORE/musl" musl
	fi
}

# make_image: the second half of make image; the first is make package.
make_image() {
	(cd "$BATS_FILE_TMPDIR/sources" && VERSION=$(sed -n 's/^VERSION = //p' Makefile) scripts/packaging/image)
}

teardown_file() {
	containers_away
}

server='import socket, time; s = socket.create_server(("127.0.0.1", 8080)); time.sleep(600)'

# build NAME BLOCK BASE: builds localhost/NAME from the Dockerfile BLOCK in scripts/deploy/README.md as it stands; the
# image that it names in FROM is localhost/BASE.
build() {
	local file=$BATS_TEST_TMPDIR/Dockerfile from

	sed -n "/^<!-- dockerfile $2 -->\$/,/^\`\`\`\$/{ /^<!--/d; /^\`\`\`/d; p }" "$REPOSITORY/scripts/deploy/README.md" >"$file"
	from=$(sed -n 's/^FROM //p' "$file")
	case $from in
	*.*/*) podman_in_store tag "localhost/$3" "$from" ;;
	*) podman_in_store tag "localhost/$3" "localhost/$from" ;;
	esac
	unshare --net buildah --root "$STORE/storage" --runroot "$STORE/run" --storage-driver overlay \
		bud --quiet --isolation chroot --pull-never --tag "localhost/$1" -f "$file" "$BATS_TEST_TMPDIR/context" \
		>"$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
}

@test "image: small, owned by nobody, labelled, and reproducible" {
	local before

	run -0 make -n -C "$REPOSITORY" image
	assert_output --regexp 'scripts/packaging/package.*scripts/packaging/image'
	before=$(cd "$LAYOUT" && find . -type f | sort | xargs sha256sum)
	(unset SOURCE_DATE_EPOCH && make_image >/dev/null)
	assert_equal "$(cd "$LAYOUT" && find . -type f | sort | xargs sha256sum)" "$before"
	[ "$(du -sb "$LAYOUT" | cut -f 1)" -lt 1200000 ]
	run -0 podman_in_store inspect --format '{{.Config.User}} {{.Config.Entrypoint}} {{index .Config.Labels "org.opencontainers.image.url"}}' \
		localhost/keepalive-shim
	assert_output '65534:65534 [/usr/bin/keepalive] https://example.org/'
	run -0 podman_in_store run --rm --network none --read-only --cap-drop all localhost/keepalive-shim --version
	assert_output --regexp '^keepalive [0-9.]+$'
}

@test "image: one that is larger than 1.2 MB is refused, for each architecture" {
	local name=keepalive-shim-9-linux-riscv64 place=$BATS_TEST_TMPDIR

	mkdir -p "$place/build/packages" "$place/$name/bin" "$place/$name/lib/keepalive-shim"
	touch "$place/$name"/{LICENSE,NOTICE,lib/keepalive-shim/libkeepalive-shim.so}
	local size
	for size in 1000000 1200000; do
		head -c $size /dev/urandom >"$place/$name/bin/keepalive"
		tar -C "$place" -czf "$place/build/packages/$name.tar.gz" "$name"
		run env -C "$place" VERSION=9 HOMEPAGE=- MAINTAINER=- "$REPOSITORY/scripts/packaging/image"
		[ $size != 1000000 ] || assert_success
	done
	assert_failure
	assert_line "image: riscv64: larger than 1200000 bytes"
}

@test "image: COPY --from into a Debian and a musl image, LD_PRELOAD names the library" {
	mkdir "$BATS_TEST_TMPDIR/context"
	build with-debian preload debian
	start_container copied --env KEEPALIVE_SHIM_IDLE=33 localhost/with-debian python3 -c "$server"
	await 15 sockets "$PID" 'state=LISTEN.*keepalive=1 idle=33'
	podman_in_store image exists localhost/musl || skip "passed on Debian; no busybox for musl is available"
	build with-musl preload musl
	start_container musl localhost/with-musl nc -l -p 8080
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
}

@test "image: COPY --from into one without a shell; the entrypoint serves static programs as PID 1, restricted, RuntimeDefault" {
	local kind

	mkdir "$BATS_TEST_TMPDIR/context"
	for kind in static dynamic; do
		cp "$STORE/distroless/$kind" "$BATS_TEST_TMPDIR/context/your-program"
		build with-$kind entrypoint distroless
		start_container $kind localhost/with-$kind
		await 15 says $kind 'pid 1 reaped 2, all'
		await 5 sockets "$PID" "state=LISTEN.*$DEFAULTS"
		# As under restricted Pod Security and RuntimeDefault: no privileges, and the runtime's filter besides ours.
		run -0 cat "/proc/$PID/status"
		assert_line --regexp '^Uid:.65534.65534'
		assert_line --regexp '^CapBnd:.0000000000000000$'
		assert_line --regexp '^NoNewPrivs:.1$'
		assert_line --regexp '^Seccomp:.2$'
		if [ $kind = static ]; then
			[ "$(awk '$1 == "Seccomp_filters:" { print $2 }' "/proc/$PID/status")" -ge 2 ]
		fi
	done
}

@test "image: mounted into a container as it is, without a copy" {
	start_container mounted --mount type=image,source=localhost/keepalive-shim,destination=/shim \
		--env LD_PRELOAD=/shim/usr/lib/keepalive-shim/libkeepalive-shim.so localhost/debian python3 -c "$server"
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
}

@test "image: as an init container, restricted, it copies into a volume, and again under a running program" {
	local volume=$BATS_TEST_TMPDIR/volume

	mkdir -m 777 "$volume"
	run -0 podman_in_store run --rm "${RESTRICTED[@]}" --volume "$volume:/shim" localhost/keepalive-shim copy /shim
	assert_line /shim/libkeepalive-shim.so
	start_container uses --volume "$volume:/usr/lib/keepalive-shim:ro" \
		--env LD_PRELOAD=/usr/lib/keepalive-shim/libkeepalive-shim.so localhost/debian python3 -c "$server"
	await 15 sockets "$PID" "state=LISTEN.*$DEFAULTS"
	run -0 podman_in_store run --rm "${RESTRICTED[@]}" --volume "$volume:/shim" localhost/keepalive-shim copy /shim
	await 5 grep -q 'libkeepalive-shim.so (deleted)' "/proc/$PID/maps"
	# The command that was copied along serves a static program.
	start_container static-by-volume --volume "$volume:/shim:ro" localhost/distroless /shim/keepalive run --idle=55 -- /static
	await 15 sockets "$PID" 'state=LISTEN.*keepalive=1 idle=55'
}
