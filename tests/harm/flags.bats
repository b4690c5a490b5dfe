# Whatever CFLAGS and LDFLAGS a packager passes to make, the library is built by the same commands.

load ../helpers

# bare LIBRARY: what it is without symbols and build id.
bare() {
	local bare

	bare=$(mktemp)
	objcopy --strip-all --remove-section .note.gnu.build-id "$1" "$bare"
	cat "$bare"
	rm "$bare"
}

# commands COMPILER [VARIABLE=VALUE...]: prints the commands that make would run to build the library, without the
# options for debug information.
commands() {
	make -nB -C "$REPOSITORY" CC="$1" BUILD="$BATS_TEST_TMPDIR/nowhere" "${@:2}" \
		"$BATS_TEST_TMPDIR/nowhere/libkeepalive-shim.so" | sed -E 's/ -g[^ ]*//g; s/  +/ /g; /^make/d'
}

# flags CFLAGS [LDFLAGS]: with these, make must run the same commands as plain make ($plain_commands). Appends them to
# $all_cflags and $all_ldflags, with which the library is built at the end.
flags() {
	all_cflags+=" $1"
	all_ldflags+=" ${2-}"
	assert_equal "$(commands "$compiler" CFLAGS="$1" LDFLAGS="${2-}")" "$plain_commands"
}

@test "built by gcc or clang with the flags of Fedora, Debian, Ubuntu, Arch, openSUSE, with sanitizers, -O0, -O3: the same library, at most 40 KiB" {
	local compiler all_cflags all_ldflags plain_commands build plain

	require objcopy
	for compiler in gcc clang; do
		command -v "$compiler" >/dev/null || continue
		all_cflags='' all_ldflags='' plain_commands=$(commands "$compiler")
		flags '-O2 -flto=auto -ffat-lto-objects -fexceptions -g -grecord-gcc-switches -pipe -Wall
			-Werror=format-security -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS
			-fstack-protector-strong -fasynchronous-unwind-tables -fstack-clash-protection -fno-omit-frame-pointer' \
			'-Wl,-z,relro -Wl,--as-needed -Wl,-z,pack-relative-relocs -Wl,-z,now -flto=auto'
		flags '-g -O2 -fstack-protector-strong -Wformat -D_FORTIFY_SOURCE=2 -fPIE' '-fPIE -pie -Wl,-z,relro -Wl,-z,now'
		flags '-g -O3 -flto=auto -D_FORTIFY_SOURCE=3 -fstack-clash-protection' -Wl,-Bsymbolic-functions
		flags '-O2 -pipe -fno-plt -fexceptions -Wp,-D_FORTIFY_SOURCE=3 -fcf-protection' \
			'-Wl,-O1,--sort-common,--as-needed,-z,relro,-z,now,-z,pack-relative-relocs'
		flags '-O2 -Wall -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-all -funwind-tables'
		flags '-O1 -g -fsanitize=address,undefined --coverage -finstrument-functions'
		flags -O0
		flags '-O3 -funroll-loops -ftrivial-auto-var-init=zero -march=native'
		flags ''
		library_by "$compiler"
		build=$BATS_TEST_TMPDIR/$compiler
		make -s -C "$REPOSITORY" CC="$compiler" BUILD="$build" CFLAGS="$all_cflags" LDFLAGS="$all_ldflags" \
			"$build/libkeepalive-shim.so"
		# The same, byte for byte, as without these flags.
		cmp <(bare "$BUILT/libkeepalive-shim.so") <(bare "$build/libkeepalive-shim.so") ||
			fail "another object by $compiler $all_cflags $all_ldflags"
		plain=$BATS_TEST_TMPDIR/$compiler-plain
		strip -o "$plain" "$BUILT/libkeepalive-shim.so"
		echo "# $compiler: $(stat -c %s "$plain") bytes" >&3
		[ "$(stat -c %s "$plain")" -le 40960 ]
	done
	[ -n "$plain" ] || skip "neither gcc nor clang is installed"
}

@test "each hook uses less than 100 bytes of stack, compiled by gcc or clang with -O3 -flto" {
	local compiler build

	for compiler in gcc clang; do
		command -v "$compiler" >/dev/null || continue
		build=$BATS_TEST_TMPDIR/$compiler
		make -s -C "$REPOSITORY" BUILD="$build" CC="$compiler" CFLAGS='-O3 -flto -fstack-usage' \
			"$build/preload-objects/preload/interpose.o"
		echo "# $compiler: $(sed 's/.*://' "$build"/preload-objects/preload/interpose.su | cut -f1,2 | xargs)" >&3
		[ "$(wc -l <"$build/preload-objects/preload/interpose.su")" -ge 6 ]
		run awk -F'\t' '$2 >= 100' "$build/preload-objects/preload/interpose.su"
		assert_output ""
	done
}

@test "built with -march=native: the same symbols, at most 40 KiB, and sockets have keepalive" {
	local build=$BATS_TEST_TMPDIR/native

	make -s -C "$REPOSITORY" BUILD="$build" CFLAGS='-O3 -march=native -flto -g3' "$build/libkeepalive-shim.so"
	run bash -c 'nm -D "$1" | awk "{ print \$(NF-1), \$NF }" | sort' sh "$build/libkeepalive-shim.so"
	assert_output "$(golden_symbols)"
	strip "$build/libkeepalive-shim.so"
	[ "$(stat -c %s "$build/libkeepalive-shim.so")" -le 40960 ]
	LD_PRELOAD=$build/libkeepalive-shim.so run "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
}
