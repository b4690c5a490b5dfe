# Built by another compiler, the library has the same symbols and works.

load ../helpers

@test "built with clang or musl-gcc: no other symbols, and it works in a glibc program" {
	local compiler made=0 build

	for compiler in clang musl-gcc; do
		command -v "$compiler" >/dev/null || continue
		build=$BATS_TEST_TMPDIR/$compiler
		make -s -C "$REPOSITORY" BUILD="$build" CC="$compiler" WERROR=-Werror "$build/libkeepalive-shim.so"
		run bash -c 'nm -D "$1" | awk "{ print \$(NF-1), \$NF }" | sort' sh "$build/libkeepalive-shim.so"
		assert_output "$(golden_symbols)"
		run env LD_PRELOAD="$build/libkeepalive-shim.so" "$PROGRAMS/armed"
		assert_output --partial "keepalive=1 idle=60 interval=10 count=6"
		made=$((made + 1))
	done
	[ "$made" -gt 0 ] || skip "neither clang nor musl-gcc is installed"
}
