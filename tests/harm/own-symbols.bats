# A program may have functions and variables of its own with names of the C library. The shim neither calls nor
# reads them, because it looks up what it needs in the libraries that come after it.

load ../helpers

# Every name that the library imports or looks up, and the other names of environ.
names() {
	sed -n 's/^w //p' "$TESTS/golden/symbols"
	printf '%s\n' environ _environ getsockopt getsockname getpeername
}

# own COMPILER NAME [FLAG...]: builds a program with a function or variable called NAME. With the shim it must run, and
# its socket must have keepalive.
own() {
	local program=$BATS_TEST_TMPDIR/own

	"$1" -fno-builtin -w -o "$program" "$TESTS/harm/own-symbol.c" "-DNAME=$2" "${@:3}"
	"$program" >/dev/null || return 0 # fails without the shim too: the C library writes to a function called __environ
	run shimmed KEEPALIVE_SHIM_IDLE=33 "$program"
	assert_equal "$*: $output" "$*: connect -1 keepalive 1 idle 33"
	made=$((made + 1))
}

@test "a program with a function or variable called syscall, getsockopt, dlsym, environ ... keeps it" {
	local compiler name kind made=0

	require cc
	for compiler in cc musl-gcc; do
		command -v "$compiler" >/dev/null || continue
		while read -r name; do
			for kind in -UVARIABLE -DVARIABLE; do
				own "$compiler" "$name" "$kind"
				own "$compiler" "$name" "$kind" -rdynamic
			done
		done < <(names)
	done
	echo "# $made programs" >&3
	[ "$made" -gt 20 ]
}

@test "a library of the program with a variable called syscall, getsockopt, prctl ... is not called" {
	local name made=0

	require cc
	while read -r name; do
		echo "unsigned long ${name}[16] = { 8, 8 }; unsigned long *found(void) { return ${name}; }" |
			cc -fno-builtin -w -shared -fPIC -x c -o "$BATS_TEST_TMPDIR/libown.so" -
		cc -w -o "$BATS_TEST_TMPDIR/with" "$TESTS/harm/own-symbol.c" -DNAME=nothing -L "$BATS_TEST_TMPDIR" \
			-Wl,--no-as-needed,-rpath,"$BATS_TEST_TMPDIR" -lown
		"$BATS_TEST_TMPDIR/with" >/dev/null || continue # fails without the shim too
		run shimmed KEEPALIVE_SHIM_IDLE=33 "$BATS_TEST_TMPDIR/with"
		assert_equal "$name: $output" "$name: connect -1 keepalive 1 idle 33"
		made=$((made + 1))
	done < <(names | grep -vx 'getauxval\|dl.*sym\|__.*' && echo syscall && echo prctl)
	echo "# $made libraries" >&3
	[ "$made" -gt 5 ]
}

# The limit that keepalive-shim(7) names: the loader then maps the program near the libraries.
@test "the same started as the loader's argument: its dlsym and __errno_location are called, and nothing else" {
	local expected loader name program=$BATS_TEST_TMPDIR/own

	require cc readelf
	while read -r name expected; do
		cc -fno-builtin -w -rdynamic -fPIE -pie -o "$program" "$TESTS/harm/own-symbol.c" "-DNAME=$name"
		loader=$(readelf -lW "$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
		run "$loader" "$program"
		assert_success
		run shimmed "$program"
		assert_success
		run "$loader" --preload "$SHIM" "$program"
		assert_equal "$name: status $status" "$name: status $expected"
	done <<-'END'
		dlsym 3
		__errno_location 3
		getauxval 0
		syscall 0
	END
}
