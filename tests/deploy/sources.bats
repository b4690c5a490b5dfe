# make dist: distributions' tools build packages from its output.
# shellcheck shell=bash
load ../helpers
load root

bats_require_minimum_version 1.5.0

setup_file() {
	export MAINTAINER="Pat O'Brien <pat@example.org>" HOMEPAGE=https://example.org/ SOURCE_DATE_EPOCH=1700000000
	export DIST=$BATS_FILE_TMPDIR/dist SOURCES=$BATS_FILE_TMPDIR/sources
	mkdir -p "$SOURCES"
	if [ -e "$REPOSITORY/.git" ] && command -v git >/dev/null; then
		(cd "$REPOSITORY" && git -c safe.directory='*' ls-files -z | tar --null -T - --ignore-failed-read -cf -) | tar -C "$SOURCES" -xf -
	else
		tar -C "$REPOSITORY" --exclude=./build --exclude=./.git -cf - . | tar -C "$SOURCES" -xf -
	fi
	make -s -C "$SOURCES" dist >/dev/null
	mv "$SOURCES/build/dist" "$DIST"
}

tarball() {
	echo "$DIST"/keepalive-shim-*.tar.gz
}

@test "make dist: identical from the sources and from its own tarball, in any place and by any user" {
	tar -C "$BATS_TEST_TMPDIR" -xzf "$(tarball)"
	(umask 077 && TZ=Asia/Kolkata make -s -C "$BATS_TEST_TMPDIR"/keepalive-shim-* dist >/dev/null)
	run -0 diff <(cd "$DIST" && sha256sum -- *) \
		<(cd "$BATS_TEST_TMPDIR"/keepalive-shim-*/build/dist && sha256sum -- *)
	run tar -tzf "$(tarball)"
	refute_output --regexp '/(build|\.git)/'
	assert_output --partial /scripts/packaging/debian/rules
}

# refusing_git COMMAND...: git takes every repository for somebody else's, and has no settings that allow it.
refusing_git() {
	env -u SOURCE_DATE_EPOCH HOME="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR" GIT_CONFIG_NOSYSTEM=1 \
		GIT_TEST_ASSUME_DIFFERENT_OWNER=1 "$@"
}

@test "make dist, package and release: if git refuses, the tarball was empty and the time the Makefile's" {
	local target

	require git
	cp -R "$SOURCES" "$BATS_TEST_TMPDIR/clone"
	cd "$BATS_TEST_TMPDIR/clone"
	git init -q
	for target in dist package release; do
		run -2 refusing_git make -s $target
		assert_output --partial 'dubious ownership'
		assert_line --partial "git does not say the commit's time"
	done
	run -2 refusing_git make -s dist SOURCE_DATE_EPOCH=1700000000
	assert_line 'scripts/files: git does not say which files are the project'"'"'s, see above'
	run -2 make -s dist # it knows none
	assert_line 'scripts/files: git knows no files here'
	run find . -name '*.tar.gz'
	assert_output ''
}

@test "make dist and package in a clone without git: the time was the Makefile's, the tarball empty" {
	local program

	cp -R "$SOURCES" "$BATS_TEST_TMPDIR/clone"
	cd "$BATS_TEST_TMPDIR/clone"
	mkdir .git bin
	for program in dirname sh sort; do
		ln -s "$(command -v $program)" bin/
	done
	for program in dist package; do
		run -1 env -u SOURCE_DATE_EPOCH PATH="$PWD/bin" VERSION=1 scripts/packaging/$program
		assert_output --partial "git, which knows the commit's time, is not installed"
	done
	run -1 env PATH="$PWD/bin" VERSION=1 scripts/packaging/dist
	assert_output --partial 'git, which knows its files, is not installed'
}

@test "make dist in a tarball that is unpacked inside another repository: that one's time was taken" {
	require git
	cd "$BATS_TEST_TMPDIR"
	git init -q
	GIT_COMMITTER_DATE=2001-09-09T01:46:40Z git -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m x
	tar -xzf "$(tarball)"
	(cd keepalive-shim-* && env -u SOURCE_DATE_EPOCH make -s dist >/dev/null)
	run -0 diff <(cd "$DIST" && sha256sum -- *) <(cd keepalive-shim-*/build/dist && sha256sum -- *)
	run -0 env -u SOURCE_DATE_EPOCH keepalive-shim-*/scripts/packaging/commit-time
	assert_output 1700000000
}

# frame_in_core LIBRARY DEBUG: gdb's backtrace of a core of a program that waits in a hook, with the symbols below DEBUG.
frame_in_core() {
	local core=$BATS_TEST_TMPDIR/core

	background env LD_PRELOAD="$(readlink -f "$1")" /usr/bin/perl -e '$| = 1; socket(S, 2, 1, 0); listen(S, 1);
		print "waits\n"; accept(C, S)' >"$BATS_TEST_TMPDIR/out"
	local pid=$!
	await 20 grep -q waits "$BATS_TEST_TMPDIR/out"
	await 20 grep -q accept "/proc/$pid/wchan"
	gdb -batch -nx -p $pid -ex "generate-core-file $core" >"$BATS_TEST_TMPDIR/log" 2>&1
	end_background
	gdb -batch -nx -iex "set debug-file-directory $2" -ex backtrace /usr/bin/perl "$core" 2>&1
}

# built_in SUITE: dpkg-buildpackage in a clean root of that release.
built_in() {
	require dpkg-source
	require_root
	ROOT=$("$TESTS/worlds/roots" "$1-packages" 2>&1) || skip "$ROOT"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	cp "$DIST"/*.dsc "$DIST"/*.tar.* "$BATS_TEST_TMPDIR/mnt/"
	run -0 in_root "$BATS_TEST_TMPDIR/mnt" '
		cd /tmp
		dpkg-source -x /mnt/*.dsc source
		(cd source && dpkg-buildpackage -us -uc 2>&1)
		cp *.deb *.changes *.buildinfo *.dsc *.tar.* /mnt/'
	assert_output --partial 'keepalive: idle time 33 s, as set'
	echo "$output" >"$BATS_TEST_TMPDIR/log"
	cd "$BATS_TEST_TMPDIR/mnt" || return 1

	# Tools that are not installed are left out.
	if command -v blhc >/dev/null; then
		run -0 blhc --all "$BATS_TEST_TMPDIR/log"
	fi
	if command -v lintian >/dev/null; then
		# The bug number of a request for the package is only known when it is uploaded.
		run lintian --allow-root --display-info --pedantic --suppress-tags initial-upload-closes-no-bugs ./*.changes
		assert_output ''
	fi
	mkdir files
	for deb in *.deb; do
		dpkg-deb -x "$deb" files
	done
	if command -v hardening-check >/dev/null; then
		run hardening-check files/usr/bin/keepalive
		run -1 grep -E '(Position|protected|Fortify|relocations|binding).*: no' <<<"$output"
	fi
	# With the library's debug symbols, the frame of a hook has a file and a line.
	library=$(echo files/usr/lib/*/keepalive-shim/libkeepalive-shim.so)
	id=$(readelf -n "$library" | sed -n 's/.*Build ID: //p')
	address=$(nm -D "$library" | sed -n 's/ T connect$//p')
	run -0 addr2line -e "files/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug" "0x$address"
	assert_output --regexp 'shim/preload/interpose.c:[0-9]+$'
	if command -v gdb >/dev/null; then
		run -0 frame_in_core "$library" files/usr/lib/debug
		assert_line --regexp '^#[0-9]+ .* accept4? \(.*\) at shim/preload/interpose.c:[0-9]+$'
	fi
	# The command is marked for shadow stacks if the release's own programs are.
	if readelf -n "$ROOT/usr/bin/dpkg" | grep -q 'x86 feature:.*SHSTK'; then
		run -0 readelf -n files/usr/bin/keepalive
		assert_output --partial SHSTK
	fi
	# The same files as from make package.
	run -0 sh -c 'find "$1" -path "*/.build-id" -prune -o -path "*/debug" -prune -o -type f -print | sort' sh files
	assert_line --regexp '/usr/sbin/host-preload$'
	assert_line --regexp '/usr/share/doc/libkeepalive-shim/examples/docker/Dockerfile'
	refute_output --partial /usr/local
}

@test ".dsc: dpkg-buildpackage in a clean bookworm; lintian, blhc, hardening-check, debug symbols" {
	built_in bookworm
}

@test ".dsc: dpkg-buildpackage in a clean trixie" {
	require_thorough
	built_in trixie
}

@test ".dsc: dpkg-buildpackage in a clean sid" {
	require_thorough
	built_in sid
}

@test ".spec: rpmbuild -ba makes a source package and one that works, with a C library's dependencies" {
	require rpmbuild
	mkdir -p "$BATS_TEST_TMPDIR/top/SOURCES"
	cp "$(tarball)" "$BATS_TEST_TMPDIR/top/SOURCES/"
	run -0 rpmbuild -ba --nodeps --define "_topdir $BATS_TEST_TMPDIR/top" --define "_libdir /usr/lib64" \
		--define "_dbpath $BATS_TEST_TMPDIR/db" "$DIST/keepalive-shim.spec"
	assert_output --partial 'keepalive: idle time 33 s, as set'
	compgen -G "$BATS_TEST_TMPDIR/top/SRPMS/keepalive-shim-*.src.rpm"
	run -0 rpm -qp --dbpath "$BATS_TEST_TMPDIR/db" --requires --list --changelog "$BATS_TEST_TMPDIR"/top/RPMS/*/keepalive-shim-[0-9]*.rpm
	assert_line --partial 'libc.so.6'
	assert_line /usr/sbin/host-preload
	assert_line /usr/lib64/keepalive-shim/libkeepalive-shim.so
	assert_line --partial "Pat O'Brien <pat@example.org>"
	if compgen -G "$BATS_TEST_TMPDIR/top/RPMS/*/*debuginfo*.rpm" && command -v gdb cpio; then
		mkdir "$BATS_TEST_TMPDIR/files"
		for rpm in "$BATS_TEST_TMPDIR"/top/RPMS/*/*.rpm; do
			rpm2cpio "$rpm" | (cd "$BATS_TEST_TMPDIR/files" && cpio -idmu --quiet)
		done
		run -0 frame_in_core "$BATS_TEST_TMPDIR/files/usr/lib64/keepalive-shim/libkeepalive-shim.so" \
			"$BATS_TEST_TMPDIR/files/usr/lib/debug"
		assert_line --regexp '^#[0-9]+ .* accept4? \(.*\) at .*/preload/interpose.c:[0-9]+$'
	fi
	if command -v rpmlint >/dev/null; then
		run rpmlint -c "$REPOSITORY/scripts/packaging/rpmlint.toml" "$DIST/keepalive-shim.spec" \
			"$BATS_TEST_TMPDIR"/top/SRPMS/*.rpm "$BATS_TEST_TMPDIR"/top/RPMS/*/keepalive-shim-[0-9]*.rpm
		assert_line --partial '0 errors, 0 warnings'
	fi
}

# abuild exists only on Alpine: here the functions are called as abuild calls them, with a compiler for musl.
@test "APKBUILD: its functions build, check and package the sources for musl; the checksum is the tarball's" {
	require musl-gcc sha512sum
	cd "$BATS_TEST_TMPDIR"
	mkdir bin src pkg
	cat >bin/gcc <<-END
		#!/bin/sh
		exec musl-gcc -idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch) "\$@"
	END
	chmod +x bin/gcc
	ln -s gcc bin/cc
	run -0 env PATH="$PWD/bin:$PATH" CFLAGS='-Os -fstack-clash-protection' sh -euc '
		. "$1/APKBUILD"
		pkgdir=$PWD/pkg
		echo "$sha512sums" | sed "/^$/d" | (cd "$1" && sha512sum -c -)
		tar -C src -xzf "$1/$source"
		cd "src/$pkgname-$pkgver"
		build && check && package' sh "$DIST"
	assert_output --partial 'keepalive: idle time 33 s, as set'
	run readelf -lW pkg/usr/bin/keepalive
	assert_output --partial ld-musl
	[ ! -e pkg/usr/sbin ]
	[ -f pkg/usr/lib/keepalive-shim/libkeepalive-shim.so ]
}
