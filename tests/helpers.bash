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

# What a test needs. Each of these skips the test if it is missing; each reason is worded here, once.

# require PROGRAM...
require() {
	local program

	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

require_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# require_unshare OPTION...: namespaces, as unshare(1) makes them with these options.
require_unshare() {
	require unshare
	unshare "$@" true 2>/dev/null || skip "namespaces are refused here (unshare $*)"
}

# require_supervision: seccomp user notification.
require_supervision() {
	"$KEEPALIVE" run --supervise=always true 2>/dev/null || skip_as notification
}

# require_glibc: programs of the system's own C library; musl has no RTLD_DEEPBIND, dlmopen() or /etc/ld.so.preload.
require_glibc() {
	! on_musl || skip "needs glibc"
}

# require_thorough: for what takes long, of which another test has a smaller form.
require_thorough() {
	[ "${THOROUGH-}" ] || skip "only scripts/test --suites runs this"
}

# require_machine NAME: the processor architecture, as in uname -m.
require_machine() {
	[ "$(uname -m)" = "$1" ] || skip "needs a processor of the architecture $1"
}

require_mptcp() {
	[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] || skip "MPTCP is not available here"
}

require_ipv6() {
	grep -qs ' lo$' /proc/net/if_inet6 || skip "IPv6 is not available on loopback"
}

# require_yaml: python3's module.
require_yaml() {
	python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
}

# require_cgroup2: cgroup version 2. Sets CGROUPS, where it is mounted.
require_cgroup2() {
	CGROUPS=$(awk '/ - cgroup2 /{print $5; exit}' /proc/self/mountinfo)
	[ -n "$CGROUPS" ] || skip "cgroup2 is not mounted"
}

# require_static_busybox: a busybox that runs in any root, which a dynamically linked one does not.
require_static_busybox() {
	require busybox
	! readelf -lW "$(command -v busybox)" | grep -q INTERP || skip "busybox is linked dynamically (needs busybox-static)"
}

# skip_as WORD: for tests that find out themselves what is missing.
skip_as() {
	case $1 in
	static) skip "no static C library is installed" ;;
	filters) skip "seccomp filters are refused here" ;;
	capabilities) skip "file capabilities are not available here" ;;
	rto-max) skip "the kernel has no TCP_RTO_MAX_MS" ;;
	namespaces) skip "namespaces are refused here" ;;
	notification) skip "seccomp user notification is refused here" ;;
	ptrace) skip "ptrace is refused here" ;;
	descriptors) skip "RLIMIT_NOFILE is too low here" ;;
	bpf) skip "bpf cannot be mounted here" ;;
	systemd) skip "systemd is not installed" ;;
	units) skip "there is no /etc/systemd/system" ;;
	fuse) skip "/dev/fuse is missing" ;;
	postgresql) skip "postgresql is not installed" ;;
	sanitizers) skip "no compiler here has the sanitizers" ;;
	tracing) skip "nothing can be traced here" ;;
	btf) skip "the kernel has no BTF (/sys/kernel/btf/vmlinux)" ;;
	code) skip "check does not read this processor's code" ;;
	group) skip "control groups cannot be made here" ;;
	setuid) skip "setuid has no effect here" ;;
	sandbox) skip "the program's own sandbox does not work here" ;;
	*) fail "skip_as: unknown reason '$1'" ;;
	esac
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

# compile_go 0|1 PROGRAM SOURCE [FLAG...]: without or with cgo. The standard library is compiled once for all tests.
compile_go() {
	env GOCACHE="$BUILD/go/cache" GOPATH="$BUILD/go/path" GOFLAGS= GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED="$1" \
		go build "${@:4}" -o "$2" "$3"
}

# library_by COMPILER: the library as it builds it, without a warning; once for all tests, in the folder of make lint, which
# is in $BUILT.
library_by() {
	make_by "$1" build/lint/"$1"/libkeepalive-shim.so
}

# all_by COMPILER: the same for everything, not optimised, so not for the compiler that make lint has optimise.
all_by() {
	make_by "$1" CFLAGS=-O0 all
}

make_by() {
	BUILT=$REPOSITORY/build/lint/$1
	mkdir -p "${BUILT%/*}"
	flock "${BUILT%/*}/.lock-$1" make -s -j2 -C "$REPOSITORY" CC="$1" BUILD="build/lint/$1" WERROR=-Werror "${@:2}"
}

# copy_objects FOLDER: copies the command's objects there. A make with BUILD=FOLDER and other options for the linker then
# compiles only what has changed since.
copy_objects() {
	mkdir -p "$1"
	cp -Rp "$BUILD/command-objects" "$1/"
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
