# The object is the same, whatever flags a packager uses.

load ../helpers

# built COMPILER NAME [VARIABLE=VALUE...]: builds the library; it must be byte for byte what plain make builds.
built() {
	local build=$BATS_TEST_TMPDIR/$1/$2

	make -s -C "$REPOSITORY" CC="$1" BUILD="$build" "${@:3}" "$build/libkeepalive-shim.so"
	objcopy --strip-all --remove-section .note.gnu.build-id "$build/libkeepalive-shim.so" "$build/bare"
	[ ! -e "$BATS_TEST_TMPDIR/$1/plain/bare" ] || cmp "$BATS_TEST_TMPDIR/$1/plain/bare" "$build/bare" ||
		fail "another object by $1 ${*:3}"
}

# commands COMPILER [VARIABLE=VALUE...]: those by which make builds the library, without debug information.
commands() {
	make -nB -C "$REPOSITORY" CC="$1" BUILD="$BATS_TEST_TMPDIR/nowhere" "${@:2}" \
		"$BATS_TEST_TMPDIR/nowhere/libkeepalive-shim.so" | sed -E 's/ -g[^ ]*//g; s/  +/ /g; /^make/d'
}

# flags CFLAGS [LDFLAGS]: with these the commands are those of plain make. What they all say is in $all_*.
flags() {
	all_cflags+=" $1"
	all_ldflags+=" ${2-}"
	assert_equal "$(commands "$compiler" CFLAGS="$1" LDFLAGS="${2-}")" "$(commands "$compiler")"
}

@test "built by gcc or clang with the flags of Fedora, Debian, Ubuntu, Arch, openSUSE, sanitizers left in, -O0, -O3: the same object, at most 40 KiB" {
	local compiler all_cflags all_ldflags plain

	require objcopy
	for compiler in gcc clang; do
		command -v "$compiler" >/dev/null || continue
		all_cflags='' all_ldflags=''
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
		built "$compiler" plain
		built "$compiler" all CFLAGS="$all_cflags" LDFLAGS="$all_ldflags"
		plain=$BATS_TEST_TMPDIR/$compiler/plain/libkeepalive-shim.so
		strip "$plain"
		echo "# $compiler: $(stat -c %s "$plain") bytes" >&3
		[ "$(stat -c %s "$plain")" -le 40960 ]
	done
	[ -n "$plain" ] || skip "neither gcc nor clang is installed"
}

@test "each hook takes less than 100 bytes of stack, whoever compiles it" {
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

@test "-march=native: the same symbols, at most 40 KiB, and it works" {
	local build=$BATS_TEST_TMPDIR/native

	make -s -C "$REPOSITORY" BUILD="$build" CFLAGS='-O3 -march=native -flto -g3' "$build/libkeepalive-shim.so"
	run bash -c 'nm -D "$1" | awk "{ print \$(NF-1), \$NF }" | sort' sh "$build/libkeepalive-shim.so"
	assert_output "$(golden_symbols)"
	strip "$build/libkeepalive-shim.so"
	[ "$(stat -c %s "$build/libkeepalive-shim.so")" -le 40960 ]
	LD_PRELOAD=$build/libkeepalive-shim.so run "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
}
