#!/usr/bin/env bats
# The scripts work with busybox's shell and tools, as on Alpine before the GNU ones are installed. Debian's busybox
# is used here. Its shell prefers its own ip, nc and unshare, so scripts/demo is not run.

load ../helpers

setup() {
	local program

	require busybox unshare make
	require_root
	require_unshare -m
	PLACE=$BATS_TEST_TMPDIR/bin
	mkdir "$PLACE"
	for program in $(busybox --list); do
		ln -s "$(command -v busybox)" "$PLACE/$program"
	done
	for program in make cc; do
		ln -sf "$(command -v "$program")" "$PLACE/$program"
	done
	printf '#!/bin/sh\n[ "$1" = info ]\n' >"$PLACE/apk" # all is installed
	chmod 755 "$PLACE/apk"
	rm -f "$PLACE/dpkg"
}

# by_busybox COMMAND...: with these programs only, and with busybox as /bin/sh.
by_busybox() {
	run unshare -m sh -euc '
		mount --bind "$1" "$(readlink -f /bin/sh)"
		shift
		exec "$@"' sh "$(command -v busybox)" env -i PATH="$PLACE" TMPDIR="$BATS_TEST_TMPDIR" "$@"
}

@test "scripts/install by busybox: what is missing is named, and no tool's option is unknown" {
	printf '#!/bin/sh\n[ "$1" != info ]\n' >"$PLACE/apk" # nothing is installed, all can be had
	by_busybox sh -c 'readlink /proc/$$/exe; exec "$1" demo' sh "$REPOSITORY/scripts/install"
	assert_line --index 0 --partial busybox
	assert_line --regexp '^Installing demo: make gcc musl-dev .* util-linux '
	assert_line --regexp '^Could not be installed: make gcc .*' # since the stand-in installs nothing
	refute_output --partial invalid
}

@test "make install and uninstall by busybox: the same files" {
	local by

	for by in tools busybox; do
		install=(make -s -C "$REPOSITORY" DESTDIR="$BATS_TEST_TMPDIR/$by" LIBDIR=/usr/lib ZSHDIR=/zsh install)
		if [ $by = busybox ]; then
			by_busybox "${install[@]}"
		else
			run "${install[@]}"
		fi
		assert_success
	done
	assert_equal "$(list busybox)" "$(list tools)"
	[ -n "$(list busybox)" ]
	by_busybox "${install[@]/%install/uninstall}"
	assert_success
	assert_equal "$(find "$BATS_TEST_TMPDIR/busybox" -type f)" ""
}

list() {
	(cd "$BATS_TEST_TMPDIR/$1" && find . -type f -printf '%m %p\n' | sort)
}
