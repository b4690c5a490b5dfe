# Descriptor numbers that share an entry of the shim's table, and numbers beyond it.

load ../helpers

# high_numbers LIBRARY APART: listeners, clients and a UDP socket on numbers that are APART from each other.
high_numbers() {
	[ "$(ulimit -n)" -gt $(($2 + 200)) ] || ulimit -n $(($2 + 200)) 2>/dev/null || true
	run env LD_PRELOAD="$1" KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 idle=20' \
		python3 "$TESTS/programs/high.py" "$2"
	[ "$status" != 77 ] || skip_as descriptors
	assert_success
	assert_output "$(
		cat <<-'END'
			low: 60 20
			UDP, that far above: 0
			low again: 60 20
			high: 60 20
			low again: 60 20
			high again: 60 20
			high client: 60
			its own value: 99
			other: 60 20
		END
	)"
}

@test "descriptors above 65,535, two of which share a table entry: like any other" {
	high_numbers "$SHIM" 65536
}

@test "the same with a library whose table has only 64 entries" {
	require make cc
	cp -r "$REPOSITORY/shim" "$REPOSITORY/Makefile" "$BATS_TEST_TMPDIR"
	sed -i 's/PLACES = 65536/PLACES = 64/' "$BATS_TEST_TMPDIR/shim/preload/memory.h"
	grep -q 'PLACES = 64' "$BATS_TEST_TMPDIR/shim/preload/memory.h"
	make -s -C "$BATS_TEST_TMPDIR" CFLAGS=-O1 BUILD=build build/libkeepalive-shim.so
	high_numbers "$BATS_TEST_TMPDIR/build/libkeepalive-shim.so" 64
}
