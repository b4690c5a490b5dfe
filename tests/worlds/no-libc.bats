# Programs that the library cannot reach, because they do not make their system calls through a C library: they
# work unchanged.
load ../helpers
load results

setup() {
	WORLDS=$BUILD/worlds
	mkdir -p "$WORLDS"
}

# unharmed COMMAND...: it succeeds, with the same output as without the library.
unharmed() {
	local without

	run "$@"
	assert_success
	without=$output
	run shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_RULES='idle=20' "$@"
	assert_success
	assert_equal "$output" "$without"
}

# go_program 0|1 MODE PROGRAM: loopback.go, without or with cgo.
go_program() {
	require go gcc
	compile_go "$1" "$3" "$TESTS/worlds/programs/loopback.go" -buildmode="$2"
}

@test "a dynamic program without a C library starts and works" {
	world "a libc-free PIE" none
	require_machine x86_64
	require gcc
	gcc -O1 -nostdlib -pie -fPIE -o "$WORLDS/nolibc" "$TESTS/worlds/programs/nolibc.c"
	run readelf -ldW "$WORLDS/nolibc"
	assert_output --partial "program interpreter"
	refute_output --partial NEEDED

	unharmed "$WORLDS/nolibc"
	assert_output "no libc"
	works "runs unchanged"
}

@test "a Go program built as PIE, which loads the preload without a C library, is unharmed" {
	world "Go, PIE" none
	go_program 0 pie "$WORLDS/go-pie"
	run readelf -ldW "$WORLDS/go-pie"
	assert_output --partial "program interpreter"
	refute_output --partial NEEDED

	unharmed "$WORLDS/go-pie"
	assert_output "client keepalive=1 idle=15"
	works "runs unchanged, with Go's own keepalive"
}

@test "a Go program with cgo, which links the C library and does not use it for sockets, is unharmed" {
	world "Go, cgo" "$(getconf GNU_LIBC_VERSION)"
	go_program 1 exe "$WORLDS/go-cgo"
	run readelf -dW "$WORLDS/go-cgo"
	assert_output --partial NEEDED

	unharmed "$WORLDS/go-cgo"
	assert_output "client keepalive=1 idle=15"
	works "runs unchanged, with Go's own keepalive"
}

@test "static programs, glibc's, musl's and Go's, are unharmed" {
	world "static programs" "glibc, musl, none"
	require gcc musl-gcc
	go_program 0 exe "$WORLDS/go-static"
	gcc -D_GNU_SOURCE -O1 -static -o "$WORLDS/static-glibc" "$TESTS/programs/loopback.c"
	musl-gcc -D_GNU_SOURCE -O1 -static -o "$WORLDS/static-musl" "$TESTS/programs/loopback.c"

	unharmed "$WORLDS/go-static"
	unharmed "$WORLDS/static-glibc"
	assert_line "client $UNTOUCHED user_timeout=0"
	unharmed "$WORLDS/static-musl"
	assert_line "client $UNTOUCHED user_timeout=0"
	works "run unchanged"
}

@test "the host's musl: keepalive on every socket" {
	world "musl-gcc, dynamic" "musl"
	require musl-gcc
	musl-gcc -D_GNU_SOURCE -O1 -o "$WORLDS/dynamic-musl" "$TESTS/programs/loopback.c"

	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES='role=server idle=20' "$WORLDS/dynamic-musl"
	assert_success
	assert_equal "$stderr" ""
	assert_line "client $DEFAULTS user_timeout=0"
	assert_line "server keepalive=1 idle=20 interval=10 count=6 user_timeout=0"
	assert_line "errno unchanged"
	works "keepalive on every socket"
}
