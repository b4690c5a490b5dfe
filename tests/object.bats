# One object for every C library: which symbols it needs, and which it exports.

load helpers

# symbols FILE: type and name of each dynamic symbol, with its version if it has one.
symbols() {
	nm -D "$1" | awk '{ print $(NF-1), $NF }' | sort
}

@test "no symbol beyond golden/symbols, because no program would start on a system that lacks it" {
	require nm
	run symbols "$SHIM"
	assert_output "$(golden_symbols)"
	# Every undefined symbol is weak, so that programs without a C library start too.
	refute_line --regexp '^U'
	refute_output --partial "@"
}

@test "a library's own global of any name is not replaced: the hooks are exported, no data" {
	require nm
	run bash -c 'nm -D --defined-only "$1" | awk "{ print \$2, \$3 }" | sort | xargs' sh "$SHIM"
	assert_output "$(hooks | sort | sed 's/^/T /' | xargs)"
}

@test "no library needed, no versions, no search path, no text relocation, bound at load" {
	local tag

	require readelf
	readelf -dW "$SHIM" | sed -n 's/^ *0x[0-9a-f]* (\([A-Z0-9_]*\)).*/\1/p' >"$BATS_TEST_TMPDIR/tags"
	[ -s "$BATS_TEST_TMPDIR/tags" ]
	while read -r tag; do
		grep -qx "$tag" "$TESTS/golden/dynamic" || fail "$tag is not in golden/dynamic"
	done <"$BATS_TEST_TMPDIR/tags"
	run readelf -dW "$SHIM"
	assert_line --regexp '\(FLAGS\) +BIND_NOW'
	assert_line --regexp '\(SONAME\) .*\[libkeepalive-shim.so\]'
	run readelf -VW "$SHIM"
	assert_output --partial "No version information"
	refute_output --partial GLIBC
}

@test "no thread-local storage, no executable stack, nothing both writable and executable, relro" {
	require readelf
	run readelf -lW "$SHIM"
	refute_line --regexp '^ +TLS '
	refute_line --regexp '^ +INTERP '
	assert_line --regexp '^ +GNU_STACK .* RW '
	assert_line --regexp '^ +GNU_RELRO '
	assert_line --regexp '^ +LOAD .* R E '
	refute_line --regexp '^ +LOAD .* RWE '
	# Only the table of descriptors and the settings stay writable, and they take no space in the file.
	run readelf -SW "$SHIM"
	refute_line --regexp ' \.(data|tdata|tbss|fini|init|dtors|fini_array) +'
	assert_line --regexp ' \.init_array +'
}

@test "a shadow stack, where the processor has one, is not lost" {
	require readelf
	run readelf -nW "$SHIM"
	case $(uname -m) in
	x86_64) assert_output --regexp 'x86 feature:.* SHSTK' ;;
	aarch64) assert_output --regexp 'AArch64 feature:.* BTI' ;;
	*) skip "no object marks on $(uname -m)" ;;
	esac
}

@test "unwind tables: a cancelled thread finds its way through each hook" {
	local name address

	require readelf nm strip
	strip -o "$BATS_TEST_TMPDIR/stripped" "$SHIM"
	readelf --debug-dump=frames "$BATS_TEST_TMPDIR/stripped" >"$BATS_TEST_TMPDIR/frames"
	for name in $(hooks); do
		address=$(nm -D "$SHIM" | sed -n "s/ T $name\$//p")
		grep -q " pc=$address\.\." "$BATS_TEST_TMPDIR/frames" || fail "no unwind entry for $name"
	done
}

@test "at most 40 KiB stripped" {
	local size

	require strip
	strip -o "$BATS_TEST_TMPDIR/stripped" "$SHIM"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/stripped")
	echo "# $size bytes stripped" >&3
	[ "$size" -le 40960 ]
}
