# Supervision in containers made by podman: with its own seccomp profile, with one that refuses pidfd_getfd(2) as
# Docker's and containerd's do, paused, and nested.
load ../helpers
load ../outside
load ../deploy/podman

setup_file() {
	export STORE=$BATS_FILE_TMPDIR/store MISSING
	MISSING=$(containers_missing)
	[ -z "$MISSING" ] || return 0
	mkdir -p "$STORE/image"
	link_static "$STORE/build" &&
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$STORE/image/supervised" "$TESTS/programs/supervised.c" &&
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$STORE/image/trusting" "$TESTS/programs/trusting.c" ||
		MISSING="no static C library is installed"
	[ -z "$MISSING" ] || return 0
	cp "$STORE/build/keepalive" "$STORE/image"
	mkdir "$STORE/image/proc"
	image_of "$STORE/image" supervised
	nesting_image
	# A profile like Docker's and containerd's, which allow pidfd_getfd(2) only with CAP_SYS_PTRACE.
	python3 -c 'import json, sys
profile = json.load(open("/usr/share/containers/seccomp.json"))
for rule in profile["syscalls"]:
    rule["names"] = [name for name in rule["names"] if name != "pidfd_getfd"]
json.dump(profile, open(sys.argv[1], "w"))' "$STORE/docker.json" || MISSING="no seccomp profile of containers-common here"
}

# nesting_image: an image with podman and, in /inner, the files of a container in a container.
nesting_image() {
	local files=$STORE/nesting

	mkdir -p "$files"/{etc/containers,usr/share/containers,proc,sys,dev,run,tmp,var/tmp,inner/{etc,proc,sys,dev,run}}
	FILES=$files files_of "$(command -v podman)" "$(command -v runc)" "$(command -v conmon)"
	echo '{ "default": [{ "type": "insecureAcceptAnything" }] }' >"$files/etc/containers/policy.json"
	cp /usr/share/containers/seccomp.json "$files/usr/share/containers" 2>/dev/null || true
	cp "$STORE/build/keepalive" "$files"
	cp "$STORE/build/keepalive" "$STORE/image/supervised" "$files/inner"
	image_of "$files" nesting
	rm -r "$files"
}

setup() {
	[ -z "$MISSING" ] || skip "$MISSING"
}

teardown_file() {
	containers_away
}

# split [OPTION...] -- COMMAND...: puts them into $options and $command.
split() {
	options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	command=("${@:2}")
}

# contained [OPTION...] -- COMMAND...: runs it in a container with hardly any privileges.
contained() {
	local options command

	split "$@"
	podman_in_store run --rm "${RESTRICTED[@]}" "${options[@]}" localhost/supervised "${command[@]}"
}

@test "podman's own profile: sockets, roles and rules work" {
	run -0 contained -- /keepalive run /supervised kinds
	assert_line --partial "tcp: $DEFAULTS"
	run -0 contained -- /keepalive run --rule='role=server idle=33' /trusting own_table
	assert_line --partial "idle=33"
}

@test "a profile that refuses pidfd_getfd: sockets work; roles and rules are refused, or applied as far as possible" {
	docker=(--security-opt "seccomp=$STORE/docker.json")
	run -0 contained "${docker[@]}" -- /keepalive run /supervised kinds
	assert_line --partial "tcp: $DEFAULTS"
	refute_output --partial keepalive:
	for setting in --role=client --rule='role=server idle=33'; do
		run -125 contained "${docker[@]}" -- /keepalive run "$setting" /supervised kinds
		assert_line --partial "pidfd_getfd"
		run -0 contained "${docker[@]}" -- /keepalive run --best-effort "$setting" /supervised kinds
		assert_line --partial "has the same values on all its sockets"
		assert_line --partial "tcp: $DEFAULTS"
	done
	run -0 contained "${docker[@]}" -- /keepalive run --mode=force /supervised own
	assert_line --partial "socket: $DEFAULTS"
}

@test "a container is paused again and again: no number is wrong" {
	local pauses=0

	start_container paused localhost/supervised /keepalive run /trusting numbers 20
	while [ $pauses -lt 5 ]; do
		podman_in_store pause paused >/dev/null || break # on a busy machine it has ended meanwhile
		podman_in_store unpause paused >/dev/null
		pauses=$((pauses + 1))
	done
	[ $pauses -gt 0 ]
	await 40 says paused wrong
	run podman_in_store logs paused
	assert_line "0 wrong, 0 without keepalive"
}

@test "a container under a supervisor is left alone, because its network is another, and run in it reports that" {
	run -0 "$KEEPALIVE" run --supervise=always env CONTAINERS_CONF="$STORE/containers.conf" podman --root "$STORE/storage" \
		--runroot "$STORE/run" --tmpdir "$STORE/tmp" --storage-driver overlay --runtime runc --cgroup-manager cgroupfs \
		--events-backend none --log-level error run --rm "${RESTRICTED[@]}" localhost/supervised \
		/keepalive run --best-effort /supervised kinds
	assert_output --partial "another network namespace or control group"
	assert_line --partial "tcp: $UNTOUCHED"
}

# nested [OPTION...] -- COMMAND...: runs it in a container that podman starts in a container. before: what comes before the
# inner podman.
before=()
nested() {
	local options command

	split "$@"
	podman_in_store run --rm --privileged --network none localhost/nesting "${before[@]}" \
		podman --root /var/store --runroot /run/store --tmpdir /run/tmp --storage-driver vfs --runtime runc \
		--cgroup-manager cgroupfs --events-backend none --log-level error run --rm "${options[@]}" --rootfs /inner "${command[@]}"
}

require_nested() {
	run nested --network none -- /supervised kinds
	[ "$status" = 0 ] || skip "podman does not run in podman here: ${lines[-1]}"
}

@test "podman in podman: run works in the inner container, and check says so" {
	require_nested
	run -0 nested --network none -- /keepalive run /keepalive check 1
	assert_line --index 0 --partial "1: yes, by supervision"
	run -0 nested --network none -- /keepalive run /supervised kinds
	assert_line --partial "tcp: $DEFAULTS"
}

@test "podman in podman, under a supervisor outside: run and check in the inner container report it" {
	require_nested
	before=(/keepalive run --supervise=always --idle=33)
	run -1 nested --network none -- /keepalive run --best-effort /keepalive check 1
	assert_line --partial "in another network namespace or control group, which leaves its sockets alone"
	assert_line --partial "1: no: its supervisor is in another network namespace or control group"
	run nested --network host -- /keepalive run --idle=44 /keepalive check 1
	assert_line --partial "the settings of the outer 'keepalive run' apply"
	assert_line --partial "1: unknown: a supervisor outside this container serves this command"
	run -0 nested --network host -- /supervised kinds
	assert_line --partial "tcp: keepalive=1 idle=33"
}
