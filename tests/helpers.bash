# What every suite loads: paths, requirements, processes that end with the test, the kernel's view.
# shellcheck shell=bash

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(dirname "$TESTS")
BUILD=${BUILD:-$REPOSITORY/build}
SHIM=${SHIM:-$BUILD/libkeepalive-shim.so}
KEEPALIVE=$BUILD/keepalive
PROGRAMS=$BUILD/tests # fixtures, built from tests/programs/ by `make fixtures`

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Settings of whoever runs the tests must not reach them.
unset "${!KEEPALIVE_@}" LD_PRELOAD LISTEN_PID LISTEN_FDS
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
export LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH # the programs themselves, not a version manager's scripts

# require PROGRAM...: skips the test, with the reason, where one is missing.
require() {
	local program

	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# require_root: skips where the test needs root.
require_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# on_musl: whether the programs that the tests run were built for musl.
on_musl() {
	readelf -lW "$PROGRAMS/armed" | grep -q ld-musl
}

# background COMMAND...: starts it detached from bats; its pid is in $! and it ends with the test.
background() {
	"$@" 3>&- 4>&- &
	echo $! >>"$BATS_TEST_TMPDIR/background"
}

# Ends what background started, the whole of each process tree, by pid.
end_background() {
	local pid

	[ -f "$BATS_TEST_TMPDIR/background" ] || return 0
	while read -r pid; do
		end_tree "$pid"
	done <"$BATS_TEST_TMPDIR/background"
}

# The parent first: a server starts another worker for the one it loses. Stopped, it starts none meanwhile.
end_tree() {
	local child children

	kill -STOP "$1" 2>/dev/null || return 0
	children=$(cat "/proc/$1/task/"*/children 2>/dev/null) || true # some may have ended
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	for child in $children; do
		end_tree "$child"
	done
}

teardown() {
	end_background
}

# await SECONDS COMMAND...: until the command succeeds; fails with its name when the time is over.
await() {
	local seconds=$1 end

	shift
	end=$((SECONDS + seconds + 1))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "after $seconds s still not: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# sockets PID [PATTERN]: the TCP sockets of a process as the kernel has them, a line each (tests/programs/sockets.py),
# those that match the extended regular expression.
sockets() {
	python3 "$TESTS/programs/sockets.py" "$1" | grep -E -e "${2:-.}"
}

# port_of PID: the first port the process listens on, once it does.
port_of() {
	await 15 sockets "$1" state=LISTEN || return 1
	sockets "$1" state=LISTEN | sed -n '1s/.* local=[^ ]*:\([0-9]*\) .*/\1/p'
}

# The functions that the library takes the place of, and all its dynamic symbols, each with its type.
hooks() {
	sed -n 's/^\tROW(\([a-z0-9]*\),.*/\1/p; /OTHER/q' "$REPOSITORY/shim/preload/hooks.h"
	echo syscall # in assembly
}

golden_symbols() {
	{ hooks | sed 's/^/T /' && cat "$TESTS/golden/symbols"; } | sort
}

# shimmed [NAME=VALUE...] COMMAND...: runs it with the shim preloaded.
shimmed() {
	env LD_PRELOAD="$SHIM" "$@"
}

# The defaults as sockets prints them.
DEFAULTS='keepalive=1 idle=60 interval=10 count=6'
UNTOUCHED='keepalive=0 idle=7200 interval=75 count=9'

# For python3 -c: executes its arguments with SIGCHLD ignored, as some parents do; sh(1) does not hand that on.
IGNORING_CHILDREN='import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])'
