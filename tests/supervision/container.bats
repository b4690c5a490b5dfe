# The command as the entry point of an image that contains nothing else: no shell, no C library.
load ../helpers
load ../outside

setup_file() {
	export IMAGE=$BATS_FILE_TMPDIR/image
	mkdir -p "$IMAGE/proc" "$IMAGE/dev" "$IMAGE/bin"
	static_keepalive "$BATS_FILE_TMPDIR/build"
	static_supervised "$IMAGE/bin/supervised"
	cp "$BATS_FILE_TMPDIR/build/keepalive" "$IMAGE/bin"
}

# in_image COMMAND...: runs it as PID 1 of a container with that image.
in_image() {
	unshare --pid --fork --mount sh -c "mount -t proc proc '$IMAGE/proc' && exec chroot '$IMAGE' \"\$@\"" sh "$@"
}

setup() {
	require_root
	require unshare
	require_unshare --pid --fork --mount
}

@test "PID 1 is the program, supervised, alone" {
	run -0 in_image /bin/keepalive run /bin/supervised kinds
	assert_line --partial "tcp: $DEFAULTS"
	run -0 in_image /bin/keepalive run --mode=force /bin/supervised children
	assert_line "wait: No child processes"
}

@test "the command is found in PATH, and what is missing is reported" {
	run -0 in_image /bin/keepalive run supervised kinds
	assert_line --partial "tcp: $DEFAULTS"
	run -127 in_image /bin/keepalive run no-such-program
	run -127 in_image /bin/keepalive run /bin/sh
	run -1 in_image /bin/keepalive check /bin/supervised
	assert_line --partial "statically linked"
}

@test "a dynamic program without its dynamic linker: the message names it" {
	cp "$PROGRAMS/supervised" "$IMAGE/bin/dynamic"
	run -127 in_image /bin/keepalive run /bin/dynamic kinds
	assert_output --regexp "dynamic linker '/lib.*' is missing"
}
