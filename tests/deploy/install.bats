# make install and make uninstall: where the files go, and how.
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

make_quietly() {
	make -s -C "$REPOSITORY" DESTDIR="$BATS_TEST_TMPDIR/root" "$@"
}

files() {
	(cd "$BATS_TEST_TMPDIR/root" && find . -type f -printf '%m %P\n' | sort -k 2)
}

@test "make install: the files, in the system's places and with their modes; uninstall leaves none" {
	make_quietly install PREFIX=/usr LIBDIR=/usr/lib/some-triplet ZSHDIR=/usr/share/zsh/functions
	run -0 grep -c '^644 usr/share/keepalive-shim/examples/' <(files)
	[ "$output" -gt 8 ]
	run grep -v /examples/ <(files)
	assert_output - <<-END
		755 usr/bin/keepalive
		644 usr/lib/some-triplet/keepalive-shim/libkeepalive-shim.so
		755 usr/sbin/host-preload
		644 usr/share/bash-completion/completions/keepalive
		644 usr/share/fish/vendor_completions.d/keepalive.fish
		644 usr/share/licenses/keepalive-shim/LICENSE
		644 usr/share/man/man1/keepalive-attach.1
		644 usr/share/man/man1/keepalive-cgroup.1
		644 usr/share/man/man1/keepalive-check.1
		644 usr/share/man/man1/keepalive-copy.1
		644 usr/share/man/man1/keepalive-disable.1
		644 usr/share/man/man1/keepalive-enable.1
		644 usr/share/man/man1/keepalive-run.1
		644 usr/share/man/man1/keepalive-status.1
		644 usr/share/man/man1/keepalive.1
		644 usr/share/man/man5/keepalive-shim.conf.5
		644 usr/share/man/man7/keepalive-shim.7
		644 usr/share/man/man8/host-preload.8
		644 usr/share/zsh/functions/_keepalive
	END
	make_quietly uninstall PREFIX=/usr LIBDIR=/usr/lib/some-triplet ZSHDIR=/usr/share/zsh/functions
	run files
	assert_output ''
	run find "$BATS_TEST_TMPDIR/root" -name 'keepalive-shim*' -o -name examples
	assert_output ''
}

@test "make uninstall after make clean, or from another clone: the manual pages were left" {
	make_quietly install
	run -0 grep -c '/man/' <(files)
	[ "$output" -gt 10 ]
	make_quietly uninstall BUILD="$BATS_TEST_TMPDIR/nowhere"
	run files
	assert_output ''
}

@test "make install: DESTDIR and PREFIX may have blanks, apostrophes and other signs of the shell" {
	local place="$BATS_TEST_TMPDIR/it's \"a\" \`root\`; & \\place"

	make_quietly install DESTDIR="$place" PREFIX="/o'p t"
	run -0 "$place/o'p t/bin/keepalive" --version
	[ -f "$place/o'p t/sbin/host-preload" ]
	make_quietly uninstall DESTDIR="$place" PREFIX="/o'p t"
	run find "$place" ! -type d
	assert_output ''
}

@test "make help: each public target, what it needs and how long it takes, in 80 columns" {
	local target

	run -0 make -s -C "$REPOSITORY" help
	for target in $(sed -n 's/^\.PHONY: //p' "$REPOSITORY/Makefile"); do
		assert_line --regexp "^$target +[^ ]"
	done
	[ "$(grep -c '^  *needs .*; takes .' <<<"$output")" = "$(grep -c '^[a-z]' <<<"$output")" ]
	[ "$(wc -L <<<"$output")" -le 80 ]
}

@test "make: without a target it builds the library, the command and the completions" {
	run -0 make -n -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/default"
	assert_output --partial "$BATS_TEST_TMPDIR/default/libkeepalive-shim.so"
	assert_output --partial "-o $BATS_TEST_TMPDIR/default/keepalive "
	assert_output --partial "$BATS_TEST_TMPDIR/default/completion/keepalive.zsh"
}

@test "make: a packager's CPPFLAGS, CFLAGS and LDFLAGS reach the command, after ours" {
	run -0 make -n -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/flags" CPPFLAGS=-DPACKAGERS=1 CFLAGS=-O3 LDFLAGS=-Wl,--as-needed
	run -0 grep -cE -e '-fPIE .*-DPACKAGERS=1 -O3 -c -o [^ ]*/command-objects/' <<<"$output"
	[ "$output" -gt 10 ]
	run -0 make -n -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/flags" LDFLAGS=-Wl,--as-needed "$BATS_TEST_TMPDIR/flags/keepalive"
	assert_line --regexp '-pie .*-z,relro,-z,now -Wl,--as-needed -o'
}

@test "make: the command is position independent, with read-only relocations and stack protection; so is STATIC=yes" {
	local program

	copy_objects "$BATS_TEST_TMPDIR/static"
	make -s -j2 -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/static" STATIC=yes "$BATS_TEST_TMPDIR/static/keepalive"
	for program in "$KEEPALIVE" "$BATS_TEST_TMPDIR/static/keepalive"; do
		run -0 readelf -hldsW "$program"
		assert_output --regexp 'Type: +DYN'
		assert_output --partial GNU_RELRO
		assert_output --regexp 'FLAGS(_1)?\) .*NOW'
		assert_output --partial __stack_chk_fail
	done
	refute_output --partial INTERP
}

@test "make: another make, or an unsuitable compiler, is refused in one sentence; nothing is left half built" {
	local compiler

	if command -v bmake >/dev/null; then
		run -1 bmake -C "$REPOSITORY" package
		assert_output --partial 'this Makefile is for GNU make'
	fi
	cat >"$BATS_TEST_TMPDIR/small" <<-'END'
		#!/bin/sh
		echo "small: error: no input files" >&2
		exit 1
	END
	chmod +x "$BATS_TEST_TMPDIR/small"
	for compiler in tcc "$BATS_TEST_TMPDIR/small" nowhere-cc; do
		[ $compiler != tcc ] || command -v tcc >/dev/null || continue
		run -2 make -s -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/build" CC="$compiler"
		assert_line --partial "CC=$compiler: gcc or clang is needed"
		run find "$BATS_TEST_TMPDIR" -name '*.o'
		assert_output ''
		# Targets that need no compiler work.
		run -0 make -s -C "$REPOSITORY" CC="$compiler" help
		assert_line --partial 'build the library and the command'
	done
	run -2 make -s -C "$REPOSITORY" BUILD="$BATS_TEST_TMPDIR/a place"
	assert_output --partial 'must be a path without spaces'
}

@test "make: CC=musl-gcc builds both for musl, CC=clang as well" {
	local compiler interpreter

	for compiler in musl-gcc:ld-musl clang:ld-linux; do
		interpreter=${compiler#*:} compiler=${compiler%:*}
		command -v $compiler >/dev/null || continue
		all_by $compiler
		run readelf -hlW "$BUILT/keepalive"
		assert_output --regexp "program interpreter: [^]]*$interpreter"
		assert_output --regexp 'Type: +DYN'
		# The library is the same for every C library.
		run -0 "$BUILT/keepalive" run --idle=44 -- \
			python3 -c 'import socket; print(socket.socket().getsockopt(6, 4))'
		assert_output 44
	done
}

@test "make install: the command finds the library that was installed with it" {
	local prefix libdir

	for prefix in /usr /opt/keepalive; do
		for libdir in "$prefix/lib/$(cc -print-multiarch)" "$prefix/lib" "$prefix/lib64"; do
			make_quietly install PREFIX=$prefix LIBDIR="$libdir"
			run "$BATS_TEST_TMPDIR/root$prefix/bin/keepalive" run -- sh -c 'echo "$LD_PRELOAD"'
			assert_output "$BATS_TEST_TMPDIR/root$libdir/keepalive-shim/libkeepalive-shim.so"
			make_quietly uninstall PREFIX=$prefix LIBDIR="$libdir"
		done
	done
}

@test "make install: with PREFIX=/usr/local, zsh did not find its completion" {
	local prefix

	require zsh
	for prefix in /usr /usr/local; do
		zsh -fc 'print -l $fpath' | grep -q "^$prefix/share/zsh/[a-z]*-" || continue # not this system's zsh
		make_quietly install PREFIX=$prefix
		run -0 grep -xF -f <(zsh -fc 'print -l $fpath') \
			<(cd "$BATS_TEST_TMPDIR/root" && find . -name _keepalive -printf '/%P\n' | sed 's,/[^/]*$,,')
		assert_output --partial "$prefix/share/zsh/"
		make_quietly uninstall PREFIX=$prefix
	done
}

@test "a 32-bit library in /usr/lib32, where Arch has them, was not found for 32-bit programs" {
	local place=$BATS_TEST_TMPDIR/root/usr/lib32/keepalive-shim

	require_machine x86_64
	make_quietly install PREFIX=/usr LIBDIR=/usr/lib
	mkdir -p "$place"
	# Stand-ins, because a 32-bit C library may be missing.
	cc -m32 -shared -nostdlib -o "$place/libkeepalive-shim.so" -x c - <<<'int socket, connect, listen, accept4, setsockopt;'
	touch "$BATS_TEST_TMPDIR/ld-linux.so.2"
	cc -m32 -nostdlib -fPIE -pie -Wl,--unresolved-symbols=ignore-all,--dynamic-linker="$BATS_TEST_TMPDIR/ld-linux.so.2" \
		-o "$BATS_TEST_TMPDIR/program" -x c - <<<'int socket(void); int _start(void) { return socket(); }'
	run -0 "$BATS_TEST_TMPDIR/root/usr/bin/keepalive" check "$BATS_TEST_TMPDIR/program"
	assert_line --index 0 --partial 'program: yes, by preload'
}

@test "make install: by rename, so that a program with the old library keeps running" {
	local library=$BATS_TEST_TMPDIR/root/usr/lib/keepalive-shim/libkeepalive-shim.so

	make_quietly install LIBDIR=/usr/lib
	background env LD_PRELOAD="$library" python3 -c 'import os, socket, sys, time
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
with socket.socket() as s:
    print("idle", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), flush=True)
time.sleep(600)' "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out"
	local pid=$! before
	await 10 grep -q ready "$BATS_TEST_TMPDIR/out"
	before=$(stat -c %i "$library")
	make_quietly install LIBDIR=/usr/lib
	assert_not_equal "$(stat -c %i "$library")" "$before"
	grep -q 'libkeepalive-shim.so (deleted)' "/proc/$pid/maps"
	touch "$BATS_TEST_TMPDIR/go"
	await 10 grep -qx 'idle 60' "$BATS_TEST_TMPDIR/out"
	run find "$BATS_TEST_TMPDIR/root" -name '*.new.*'
	assert_output ''
}

@test "make install: on a full disk, or interrupted, it left keepalive.new.PID" {
	local place=$BATS_TEST_TMPDIR/root

	require_root
	require_unshare --mount
	# shellcheck disable=SC2016 # for the inner shell
	run -2 unshare --mount sh -c '
		mount -t tmpfs -o "size=$3" none "$1"
		make -s -C "$2" install DESTDIR="$1"
		status=$?
		find "$1" -type f
		exit $status' sh "$(mkdir "$place" && echo "$place")" "$REPOSITORY" \
		$(($(stat -c %s "$SHIM") + $(stat -c %s "$KEEPALIVE") / 2))
	assert_output --partial 'No space left'
	assert_line --regexp '/libkeepalive-shim.so$'
	refute_line --regexp '[.]new[.][0-9]+$'

	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nkill -s TERM $PPID\n' >"$BATS_TEST_TMPDIR/bin/chmod"
	chmod 755 "$BATS_TEST_TMPDIR/bin/chmod"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -2 make_quietly install
	run files
	assert_output ''
}

@test "make install: a relative PREFIX or LIBDIR, which was taken as one in the sources, is refused" {
	local place

	for place in PREFIX=rel-prefix LIBDIR=rel-libdir ZSHDIR=rel-zshdir; do
		run -2 make -s -C "$REPOSITORY" install PREFIX="$BATS_TEST_TMPDIR/other" DESTDIR= $place
		assert_line --regexp "^install: '${place#*=}.*': PREFIX, LIBDIR and so on must be absolute paths"
		run find "$BATS_TEST_TMPDIR" "$REPOSITORY/${place#*=}"
		refute_output --partial keepalive
	done
}

@test "make install: under umask 077 too, programs of all users reach the library" {
	(umask 077 && make_quietly install PREFIX=/usr LIBDIR=/usr/lib)
	run find "$BATS_TEST_TMPDIR/root" -mindepth 1 -type d ! -perm 755
	assert_output ''
}

@test "a path with a space: it is built and installed there, and the command reports that it cannot be preloaded" {
	local place="$BATS_TEST_TMPDIR/a place" made

	mkdir "$place"
	cp -R "$REPOSITORY"/{LICENSE,Makefile,shim,scripts} "$place/"
	make -s -j2 -C "$place" CFLAGS=-O0 install DESTDIR="$place/root" PREFIX='/opt/my programs' LIBDIR='/opt/my programs/lib'
	made="$place/root/opt/my programs"
	[ -f "$made/lib/keepalive-shim/libkeepalive-shim.so" ]
	run -125 "$made/bin/keepalive" run true
	assert_output --partial 'LD_PRELOAD cannot hold a path with a space'
	make -s -C "$place" uninstall DESTDIR="$place/root" PREFIX='/opt/my programs' LIBDIR='/opt/my programs/lib'
	run find "$place/root" -type f
	assert_output ''
}

# with_entry ENTRY COMMAND...: with this entry in the host's /etc/ld.so.preload.
with_entry() {
	mkdir -p "$BATS_TEST_TMPDIR/etc"
	printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/etc/ld.so.preload"
	"$TESTS/confined" "$BATS_TEST_TMPDIR/etc" "${@:2}"
}

@test "make uninstall: refuses while /etc/ld.so.preload names the library, by any path or with \$LIB" {
	local at=$BATS_TEST_TMPDIR/usr entry libdir
	libdir=$at/lib/$(cc -print-multiarch)

	require_root
	require_unshare --net --pid --fork --mount --ipc
	ln -s usr "$BATS_TEST_TMPDIR/other"
	make -s -C "$REPOSITORY" install PREFIX="$at" LIBDIR="$libdir"
	for entry in "$libdir" "$BATS_TEST_TMPDIR/other/${libdir#"$at"/}" "$at/\$LIB" "$at/\${LIB}"; do
		run -2 with_entry "/nowhere.so:$entry/keepalive-shim/libkeepalive-shim.so # ours" \
			make -s -C "$REPOSITORY" uninstall PREFIX="$at" LIBDIR="$libdir"
		assert_line "uninstall: /etc/ld.so.preload names the library; first run:"
		assert_line "  $at/sbin/host-preload remove"
		[ -f "$libdir/keepalive-shim/libkeepalive-shim.so" ]
	done
}

@test "make uninstall: a trial could not be removed while another installation, or a remark, was in /etc/ld.so.preload" {
	local at=$BATS_TEST_TMPDIR/trial entry

	require_root
	require_unshare --net --pid --fork --mount --ipc
	for entry in "$SHIM" '/usr/$LIB/keepalive-shim/libkeepalive-shim.so' "# $at/lib/keepalive-shim/libkeepalive-shim.so"; do
		make -s -C "$REPOSITORY" install PREFIX="$at" LIBDIR="$at/lib"
		run -0 with_entry "$entry" make -s -C "$REPOSITORY" uninstall PREFIX="$at" LIBDIR="$at/lib"
		[ ! -e "$at/lib/keepalive-shim" ]
	done
}

@test "make uninstall: of an image, it looked at this host's /etc/ld.so.preload" {
	local image=$BATS_TEST_TMPDIR/root

	make_quietly install LIBDIR=/usr/lib
	mkdir "$image/etc"
	echo /usr/lib/keepalive-shim/libkeepalive-shim.so >"$image/etc/ld.so.preload"
	run -2 make_quietly uninstall LIBDIR=/usr/lib
	assert_line "uninstall: $image/etc/ld.so.preload names the library; first run:"
	assert_line "  chroot $image /usr/sbin/host-preload remove"
	[ -f "$image/usr/lib/keepalive-shim/libkeepalive-shim.so" ]
	rm "$image/etc/ld.so.preload"
	run -0 make_quietly uninstall LIBDIR=/usr/lib
	run -1 find "$image/usr/lib/keepalive-shim"
}

@test "copy: the library and the command, for all users, by rename; a directory that is not there is named" {
	local place=$BATS_TEST_TMPDIR/place before

	mkdir "$place"
	umask 077
	run -0 "$KEEPALIVE" copy "$place"
	assert_output - <<-END
		$place/libkeepalive-shim.so
		$place/keepalive
	END
	assert_equal "$(cd "$place" && stat -c '%a %n' -- * | tr '\n' ' ')" '755 keepalive 644 libkeepalive-shim.so '
	cmp "$SHIM" "$place/libkeepalive-shim.so"
	before=$(stat -c %i "$place/libkeepalive-shim.so")
	# The copy finds the library beside itself: it copies both, and that copy runs programs.
	mkdir "$place/next"
	run -0 "$place/keepalive" copy "$place/next"
	run -0 "$place/next/keepalive" run --idle=44 -- python3 -c 'import socket; print(socket.socket().getsockopt(6, 4))'
	assert_output 44
	run -0 "$KEEPALIVE" copy "$place"
	assert_not_equal "$(stat -c %i "$place/libkeepalive-shim.so")" "$before"
	run -125 "$KEEPALIVE" copy "$place/nowhere"
	assert_output --partial 'nowhere/libkeepalive-shim.so: no file can be made beside it: No such file or directory'
	run -125 "$KEEPALIVE" copy
	run -125 "$KEEPALIVE" copy --library="$place/missing" "$place"
	run find "$place" -name '.*'
	assert_output ''
}

@test "copy: killed half-way as process 1 of a container, it does not stop the next one, which is process 1 too" {
	local place=$BATS_TEST_TMPDIR/place
	local contained=(unshare -rpf --kill-child "$KEEPALIVE" copy "$place")

	require unshare strace
	"${contained[@]:0:3}" true 2>/dev/null || skip_as namespaces
	mkdir "$place"
	for _ in 1 2; do
		run strace -f -qq -o /dev/null -e trace=rename,renameat,renameat2 \
			-e inject=rename,renameat,renameat2:signal=KILL:when=1 "${contained[@]}"
		[ "$status" != 0 ]
		[ ! -e "$place/libkeepalive-shim.so" ]
	done
	[ "$(find "$place" -name '.lib*' | wc -l)" = 2 ]
	run -0 "${contained[@]}"
	cmp "$SHIM" "$place/libkeepalive-shim.so"
}
